"""What `trace` says about one incident: its timeline, meaning, what to do, its present state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.analysis.breakers import explain_breaker
from vexfsctl.analysis.incident.incidents import (
    AnyEvent,
    Incident,
    Occurrence,
    operation_of,
)
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.analysis.incident.reread import Reread, find_reread
from vexfsctl.analysis.incident.timeline import Timeline, build_call_timeline, build_timeline
from vexfsctl.analysis.trace.blame import find_suspects
from vexfsctl.analysis.trace.complaint import find_complaint
from vexfsctl.analysis.trace.devices_below import DevicesBelow
from vexfsctl.analysis.trace.silence import Silence, find_silence
from vexfsctl.analysis.trace.suspects import Suspect
from vexfsctl.catalogue.lookup import BREAKER_OPEN, NO_PLACE, TIMEOUT, find_entry
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.errnos import classify_errno
from vexfsctl.model.events import (
    BreakerChanged,
    CallEvent,
    CallFailed,
    CallRecovered,
    CallRejected,
    CallTimedOut,
    ErrorReported,
    Event,
    FallbackUsed,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import LogRecord
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind
from vexfsctl.model.volume import Volume

_CALLER = "its caller"


@dataclass(frozen=True, slots=True)
class TracedCall:
    """One call of the incident."""

    id: CorrelationId | None
    """None for a numbered call of an earlier build, which has none."""
    depth: int
    """0 for the application's call."""
    operation: OperationType | None
    """None, like `call`, for a call that left no record of its own."""
    call: str | None
    outcome: str | None
    """`recovered`, `fallback`, `failed`, `rejected` or `timeout`, for an earlier build also
    `succeeded` and `skipped`; None if no record says."""
    errno: int | None
    duration_us: int | None
    unfinished: "Unfinished | None"
    """How the log goes on after its last record, if that has no outcome of it."""


class End(StrEnum):
    """What ended while a call had not."""

    LOG = "log"
    BOOT = "boot"
    VOLUME = "volume"
    """Its provider ended."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """Up to where a log may tell of the end of a call."""

    record: LogRecord
    """The last record."""
    what: End = End.LOG


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A call that began and whose end no record tells."""

    goes_on_us: int | None
    """How much later that ended; None if that is not known."""
    ended: End = End.LOG


@dataclass(frozen=True, slots=True)
class Advice:
    """What an error of the incident means and what a person does about it."""

    error: str
    meaning: str
    what_you_do: str
    done_when: str


@dataclass(frozen=True, slots=True)
class BreakerNow:
    """A breaker of the incident's operations as the tree shows it at present."""

    operation: OperationType
    state: BreakerState | str
    why: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """The whole answer about one incident."""

    volume: str | None
    """None for earlier builds, which name none."""
    root: CorrelationId | str
    """A string for a numbered call of an earlier build: `CALL-3@read_file#1`."""
    aliases: tuple[CorrelationId, ...]
    """Other names of the failure, if an earlier build gave it several."""
    boot_id: str | None
    epoch: int | None
    calls: tuple[TracedCall, ...]
    """The application's call first, each before those nested in it."""
    reread: Reread | None
    """The call by which the kernel may have read again."""
    suspects: tuple[Suspect, ...]
    """Who may be to blame, the most certain first."""
    silence: Silence | None
    """Why no line of its time says who; None if any does, or if none is to be expected."""
    timeline: Timeline
    counted: tuple[CorrelationId, ...]
    """Earlier calls whose failures counted when a breaker opened in it."""
    opened_by: CorrelationId | None
    """What opened the breaker that refused one of its calls, if any did and the log has it."""
    advice: tuple[Advice, ...]
    breakers_now: tuple[BreakerNow, ...]
    """Empty if the volume does not answer, or is of another epoch."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known around an incident."""

    below: DevicesBelow
    """The devices that it may be about."""
    volume: Volume | None = None
    """Its volume as it is now; None if there is none."""
    now_ns: int = 0
    end: LogEnd | None = None
    """None if not known."""
    other_clock: bool = False
    """Whether a log has times that cannot be compared with those of its records."""
    may_read_again: bool = True
    """Whether its kernel may read through the page cache, as before Linux 6.6."""


def tell_story(
    incident: Incident,
    entries: Sequence[LogEntry],
    occurrences: Sequence[Occurrence],
    setting: Setting,
) -> Story:
    """Put together everything about *incident*, found among the *occurrences* of *entries*."""
    reread = find_reread(incident, occurrences) if setting.may_read_again else None
    answered = None if reread is None else _CALLER
    timeline = build_timeline(incident, entries, occurrences, setting.below.names, answered)
    suspects, silence = _blame(incident, timeline, setting)
    return Story(
        volume=incident.volume,
        root=incident.root,
        aliases=tuple(each for each in incident.depths if each in incident.aliases),
        boot_id=incident.boot_id,
        epoch=incident.epoch,
        calls=tuple(_traced_calls(incident, setting.end)),
        reread=reread,
        suspects=suspects,
        silence=silence,
        timeline=timeline,
        counted=tuple(dict.fromkeys(_counted(incident, occurrences))),
        opened_by=_opened_by(incident, occurrences),
        advice=tuple(_advice(incident.occurrences)),
        breakers_now=tuple(_breakers_now(incident, setting.volume, setting.now_ns)),
    )


def tell_call(call: NumberedCall, entries: Sequence[LogEntry], setting: Setting) -> Story:
    """Put together everything about one numbered call of an earlier build."""
    timeline = build_call_timeline(call, entries, setting.below.names)
    suspects, silence = _blame(call, timeline, setting)
    return Story(
        volume=None,
        root=call.name,
        aliases=(),
        boot_id=call.boot_id,
        epoch=None,
        calls=(_traced_call(None, 0, call.occurrences, setting.end),),
        reread=None,
        suspects=suspects,
        silence=silence,
        timeline=timeline,
        counted=(),
        opened_by=None,
        advice=tuple(_advice(call.occurrences)),
        breakers_now=(),
    )


def _blame(
    subject: Incident | NumberedCall, timeline: Timeline, setting: Setting
) -> tuple[tuple[Suspect, ...], Silence | None]:
    complaint, vicinity = find_complaint(subject), find_vicinity(subject)
    lines, below = timeline.kernel_lines, setting.below
    suspects = find_suspects(complaint, lines, vicinity, below)
    if any(each.is_of_its_time for each in suspects):
        return suspects, None
    other_clock = setting.other_clock
    silence = find_silence(complaint, lines, vicinity, below, other_clock=other_clock)
    return suspects, silence


def _traced_calls(incident: Incident, end: LogEnd | None) -> Iterator[TracedCall]:
    told: dict[CorrelationId, list[Occurrence]] = {}
    for each in incident.occurrences:
        if isinstance(each.event, CallEvent | UpstreamEvent) and each.event.id is not None:
            # What is logged under another name of a call belongs to that call.
            known = incident.root if each.event.id in incident.aliases else each.event.id
            told.setdefault(known, []).append(each)
    for identifier, depth in incident.depths.items():
        # A caller that met no trouble itself left no record; it is shown only as the root.
        if identifier in told or (depth == 0 and told and identifier not in incident.aliases):
            yield _traced_call(identifier, depth, told.get(identifier, ()), end)


def _traced_call(
    identifier: CorrelationId | None,
    depth: int,
    told: Sequence[Occurrence],
    end: LogEnd | None,
) -> TracedCall:
    events = [e.event for e in told if isinstance(e.event, CallEvent | UpstreamEvent)]
    outcome = next((event for event in reversed(events) if _outcome(event) is not None), None)
    return TracedCall(
        id=identifier,
        depth=depth,
        operation=events[0].operation if events else None,
        call=events[0].call if events else None,
        outcome=None if outcome is None else _outcome(outcome),
        errno=getattr(outcome, "errno", None),
        duration_us=getattr(outcome, "duration_us", None),
        unfinished=_unfinished(told[-1], end) if told and outcome is None else None,
    )


def _unfinished(last: Occurrence, end: LogEnd | None) -> Unfinished:
    if end is None:
        return Unfinished(None)
    begun_us, ended_us = last.uptime_us, end.record.uptime_us
    if begun_us is None or ended_us is None or ended_us < begun_us:
        return Unfinished(None, end.what)
    return Unfinished(ended_us - begun_us, end.what)


_OUTCOMES: dict[type, str] = {
    CallRecovered: "recovered",
    FallbackUsed: "fallback",
    CallFailed: "failed",
    CallRejected: "rejected",
    CallTimedOut: "timeout",
}


_UPSTREAM_OUTCOMES = {
    UpstreamKind.CALL_SUCCEEDED: "succeeded",
    UpstreamKind.CALL_FAILED: "failed",
    UpstreamKind.CALL_BLOCKED: "rejected",
    UpstreamKind.CALL_TIMED_OUT: "timeout",
    UpstreamKind.CALL_SKIPPED: "skipped",
    UpstreamKind.FALLBACK_USED: "fallback",
}


def _outcome(event: CallEvent | UpstreamEvent) -> str | None:
    if isinstance(event, UpstreamEvent):
        return _UPSTREAM_OUTCOMES.get(event.kind)
    return _OUTCOMES.get(type(event))


def _counted(incident: Incident, occurrences: Sequence[Occurrence]) -> Iterator[CorrelationId]:
    """Ids of other calls whose failures counted when a breaker opened in the incident."""
    for opened in incident.occurrences:
        event = opened.event
        if isinstance(event, BreakerChanged) and event.window_ms is not None:
            before = occurrences[: occurrences.index(opened)]
            for failure in _failures_in_window(opened, event.window_ms, before):
                if failure.id not in incident.depths:
                    yield failure.id


def _failures_in_window(
    opened: Occurrence, window_ms: int, before: Sequence[Occurrence]
) -> Iterator[ErrorReported | CallTimedOut]:
    """What a breaker that *opened* had counted, the latest first; its last change cleared it."""
    for each in reversed(before):
        event = each.event
        if not isinstance(event, BreakerChanged | ErrorReported | CallTimedOut):
            continue
        if _place(event) != _place(opened.event):
            continue
        too_old = each.entry.record.is_older(opened.entry.record, window_ms * 1_000)
        if isinstance(event, BreakerChanged) or too_old:
            return
        if isinstance(event, CallTimedOut) or _trips(event):
            yield event


def _place(event: AnyEvent) -> tuple[str | None, OperationType | None]:
    return event.volume if isinstance(event, Event) else None, operation_of(event)


def _trips(event: ErrorReported) -> bool:
    return classify_errno(event.errno, event.call).trips_breaker(event.errno)


def _opened_by(incident: Incident, occurrences: Sequence[Occurrence]) -> CorrelationId | None:
    """Id behind the last opening of the breaker that refused the first refused call."""
    refused = next(
        (
            each
            for each in incident.occurrences
            if isinstance(each.event, CallRejected) and each.event.limit is None
        ),
        None,
    )
    if refused is None:
        return None
    openings = [
        each.event.id
        for each in occurrences[: occurrences.index(refused)]
        if isinstance(each.event, BreakerChanged)
        and each.event.after.rejects
        and _place(each.event) == _place(refused.event)
    ]
    return openings[-1] if openings else None


def _advice(occurrences: Sequence[Occurrence]) -> Iterator[Advice]:
    """For each error that arose in it, once; a refusal counts if there was no other error."""
    names = dict.fromkeys(_error_names(occurrences))
    for error in filter(None, map(find_entry, names)):
        yield Advice(error.name, error.meaning, error.what_you_do, error.done_when)


def _error_names(occurrences: Sequence[Occurrence]) -> Iterator[str]:
    for each in occurrences:
        match each.event:
            case ErrorReported() as event:
                yield event.error
            case CallTimedOut():
                yield TIMEOUT.name
            case CallRejected() as event:
                yield (BREAKER_OPEN if event.limit is None else NO_PLACE).name
            case UpstreamEvent(error=str(name), significance=worth) if worth.is_trouble:
                yield name


def _breakers_now(incident: Incident, volume: Volume | None, now_ns: int) -> Iterator[BreakerNow]:
    if volume is None or volume.status is None:
        return
    if incident.epoch not in (None, volume.status.epoch):
        return
    touched = {operation_of(each.event) for each in incident.occurrences}
    for operation, status in volume.status.operations.items():
        if operation in touched:
            why = explain_breaker(status.breaker, now_ns)
            yield BreakerNow(operation, status.breaker.state, why)
