"""One incident as a story: calls, what was nested in them, the kernel below, the consequences.

The records of the incident itself are surrounded by the kernel's lines about the backing device
and, if it opened a breaker or degraded the volume, by what happened until that had recovered.
"""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.analysis.incident.incidents import (
    AnyEvent,
    Incident,
    Occurrence,
    identifier_of,
)
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.near_lines import find_near_lines
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.analysis.wording import describe
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import (
    BreakerChanged,
    CallEvent,
    CallRejected,
    DegradationChanged,
    OperatorActed,
    RecoveryStepTaken,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.upstream import UpstreamEvent
from vexfsctl.model.volume import DegradationLevel


class Actor(StrEnum):
    """Who a line of the timeline is about."""

    CALL = "call"
    BREAKER = "breaker"
    OPERATOR = "operator"
    RECOVERY = "recovery"
    VOLUME = "volume"
    KERNEL = "kernel"


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One record of the story."""

    actor: Actor
    depth: int
    """0 for the application's call and what concerns the volume, 1 for what is nested in it …"""
    offset_us: int | None
    """Since the first record of the incident; negative for kernel lines that came before it."""
    meaning: str
    """A phrase for people; a line of the kernel is left as it is."""
    within: bool
    """Whether it carries an id of the incident; the others are only its context."""
    entry: LogEntry


@dataclass(frozen=True, slots=True)
class Refusals:
    """What an opened breaker cost others until it closed."""

    operation: OperationType
    calls: int
    first: CorrelationId
    """The first of these calls."""
    last: CorrelationId
    first_us: int | None
    last_us: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole story of one incident."""

    lines: tuple[TimelineLine, ...]
    """In the order of time."""
    refusals: tuple[Refusals, ...]
    """One for each breaker that the incident opened and that refused calls."""

    @property
    def kernel_lines(self) -> tuple[LogEntry, ...]:
        """The kernel's lines in it."""
        return tuple(line.entry for line in self.lines if line.actor is Actor.KERNEL)


def build_timeline(
    incident: Incident,
    entries: Sequence[LogEntry],
    occurrences: Sequence[Occurrence],
    devices: Collection[str] | None,
    answered: str | None = None,
) -> Timeline:
    """Lay out what happened in *incident*, found among the *occurrences* of *entries*.

    *devices* are the kernel names of the backing device and those around it: lines about others are
    left out. None if unknown (a log from elsewhere): then no line is. *answered* is who got the
    outcome of the application's call, if not the application.
    """
    aftermath = tuple(_aftermath(incident, occurrences))
    told = (*incident.occurrences, *aftermath)
    near = find_near_lines(entries, incident.occurrences, find_vicinity(incident), devices)
    lines = _lines(told, incident.depths, entries, near, answered)
    return Timeline(tuple(lines), tuple(_refusals(incident, occurrences, aftermath)))


def build_call_timeline(
    call: NumberedCall, entries: Sequence[LogEntry], devices: Collection[str] | None
) -> Timeline:
    """Lay out what happened in one numbered call of an earlier build; the rest as above."""
    near = find_near_lines(entries, call.occurrences, find_vicinity(call), devices)
    lines = _lines(call.occurrences, {}, entries, near)
    return Timeline(tuple(lines), ())


def _lines(
    told: Sequence[Occurrence],
    depths: Mapping[CorrelationId, int],
    entries: Sequence[LogEntry],
    near: Container[int],
    answered: str | None = None,
) -> Iterator[TimelineLine]:
    """Yield what is *told*, with the kernel's lines at the places *near* it in between."""
    by_place = {each.place: each for each in told}
    start = _Start.of(told)
    below = max(depths.values(), default=0) + 1
    for place, entry in enumerate(entries):
        if place in by_place:
            yield _told(by_place[place], depths, start, answered)
        elif place in near:
            offset = start.offset_us(entry)
            yield TimelineLine(Actor.KERNEL, below, offset, entry.record.text, False, entry)


def _told(
    occurrence: Occurrence,
    depths: Mapping[CorrelationId, int],
    start: "_Start",
    answered: str | None,
) -> TimelineLine:
    event = occurrence.event
    identifier = identifier_of(event)
    # A numbered call has no id: its lines are the whole story.
    within = identifier in depths or not depths
    depth = 0 if identifier is None else depths.get(identifier, 0)
    offset = start.offset_us(occurrence.entry)
    meaning = describe(event, answered)
    return TimelineLine(_actor(event), depth, offset, meaning, within, occurrence.entry)


def _actor(event: AnyEvent) -> Actor:
    about_call = isinstance(event, CallEvent | UpstreamEvent)
    return _ACTORS.get(type(event), Actor.CALL if about_call else Actor.VOLUME)


_ACTORS: dict[type, Actor] = {
    BreakerChanged: Actor.BREAKER,
    OperatorActed: Actor.OPERATOR,
    RecoveryStepTaken: Actor.RECOVERY,
}


@dataclass(frozen=True, slots=True)
class _Start:
    """When the first record was written, by each clock that its log has."""

    uptime_us: int | None
    wall_time_s: float | None

    @classmethod
    def of(cls, told: Sequence[Occurrence]) -> "_Start":
        records = [each.entry.record for each in told]
        uptimes = (each.uptime_us for each in records if each.uptime_us is not None)
        times = (each.wall_time_s for each in records if each.wall_time_s is not None)
        return cls(next(uptimes, None), next(times, None))

    def offset_us(self, entry: LogEntry) -> int | None:
        """Return how long after it *entry* was written; None if unknown."""
        record = entry.record
        if record.uptime_us is not None and self.uptime_us is not None:
            return record.uptime_us - self.uptime_us
        if record.wall_time_s is not None and self.wall_time_s is not None:
            return round((record.wall_time_s - self.wall_time_s) * 1_000_000)
        return None


class Aftermath:
    """What became of the breakers that an incident opened and the volume it degraded, until they
    recovered."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._wounds: set[OperationType | None] = set()
        """The breakers, and with None the volume's degradation, that are not well."""
        self._told: set[CorrelationId] = set(incident.depths)

    def take(self, each: Occurrence) -> bool:
        """Take what occurred next, from the incident's first record on; say if it belongs to it."""
        if not same_load(each, self._incident):
            return False
        event, identifier = each.event, identifier_of(each.event)
        # An id may come again in another load of the volume.
        within = identifier in self._incident.depths and each.entry.epoch == self._incident.epoch
        match event:
            case BreakerChanged() if within or event.operation in self._wounds:
                self._note(event.operation, well=event.after is BreakerState.CLOSED)
            case DegradationChanged() if within or None in self._wounds:
                self._note(None, well=event.after == str(DegradationLevel.NORMAL))
            # An operator's record may stand before or after the change that it made.
            case OperatorActed() if event.operation in self._wounds or identifier in self._told:
                pass
            case _:
                return False
        if identifier is not None:
            self._told.add(identifier)
        return True

    @property
    def may_go_on(self) -> bool:
        """Whether anything later may belong to it, if no record of the incident is to come."""
        return bool(self._wounds) or not self._told <= self._incident.depths.keys()

    def _note(self, part: OperationType | None, *, well: bool) -> None:
        (self._wounds.discard if well else self._wounds.add)(part)


def _aftermath(incident: Incident, occurrences: Sequence[Occurrence]) -> Iterator[Occurrence]:
    start = occurrences.index(incident.occurrences[0])
    return filter(Aftermath(incident).take, occurrences[start:])


def same_load(occurrence: Occurrence, incident: Incident) -> bool:
    """Whether it is about the volume of *incident* in the epoch of that, as far as is known."""
    known = {None, incident.epoch}
    return occurrence.volume == incident.volume is not None and (
        incident.epoch is None or occurrence.entry.epoch in known
    )


def _refusals(
    incident: Incident, occurrences: Sequence[Occurrence], aftermath: Sequence[Occurrence]
) -> Iterator[Refusals]:
    """What others were refused by each breaker between its first change and its last."""
    for operation, (begin, end) in _outages(aftermath).items():
        refused = [
            (each, each.event.id)
            for each in occurrences[occurrences.index(begin) :]
            if isinstance(each.event, CallRejected)
            and each.event.limit is None
            and each.event.operation is operation
            and same_load(each, incident)
            and (end is None or each.place < end.place)
        ]
        if refused:
            calls = sum(each.entry.record.weight for each, _ in refused)
            (first, first_id), (last, last_id) = refused[0], refused[-1]
            yield Refusals(*(operation, calls, first_id, last_id), first.uptime_us, last.uptime_us)


def _outages(
    aftermath: Sequence[Occurrence],
) -> dict[OperationType, tuple[Occurrence, Occurrence | None]]:
    """For each breaker that opened: the change that opened it, and the one that closed it."""
    outages: dict[OperationType, tuple[Occurrence, Occurrence | None]] = {}
    for each in aftermath:
        if not isinstance(each.event, BreakerChanged):
            continue
        operation, after = each.event.operation, each.event.after
        if after.rejects:
            outages.setdefault(operation, (each, None))
        elif after is BreakerState.CLOSED and operation in outages:
            outages[operation] = (outages[operation][0], each)
    return outages
