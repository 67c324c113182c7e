"""What `trace` answers: each incident as data, as a table and as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add

from vexfsctl.analysis.health.next_steps import NextStep
from vexfsctl.analysis.incident.reread import Reread
from vexfsctl.analysis.incident.timeline import Actor, Refusals, TimelineLine
from vexfsctl.analysis.trace.silence import Silence
from vexfsctl.analysis.trace.story import Advice, BreakerNow, Story, TracedCall, Unfinished
from vexfsctl.analysis.trace.suspects import Suspect
from vexfsctl.analysis.wording import call_time
from vexfsctl.answers.blame import (
    LIKELY,
    SuspectRow,
    advice_about,
    arithmetic_lines,
    blame_lines,
    silence_line,
    suspect_row,
)
from vexfsctl.answers.log import LogRow, log_row
from vexfsctl.answers.next_steps import next_commands, next_lines
from vexfsctl.host.log import Calendar
from vexfsctl.host.trace import Trace
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.device_graph import DeviceKind
from vexfsctl.model.entry import Origin
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.units import format_duration
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Span, Table, Tone
from vexfsctl.render.words import word

_INDENT = "  "
_SHORT_ID = 4
"""Digits of an id that a line of the timeline shows; the list of calls above has full ids."""


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One line of the timeline."""

    actor: Actor
    depth: int
    offset_us: int | None
    """Time since the first record of the incident."""
    meaning: str
    within: bool
    """Whether the record has an id of the incident."""
    record: LogRow


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """One incident with everything known about it."""

    volume: str | None
    """None if an earlier build wrote it: those name no volume."""
    root: CorrelationId | str
    """A string for a numbered call of an earlier build: `CALL-3@read_file#1`."""
    aliases: tuple[CorrelationId, ...]
    """Other ids of the failure, if an earlier build gave it several."""
    boot_id: str | None
    epoch: int | None
    begin: datetime | None
    """Wall-clock time of its first record, if the boot is known."""
    device: str | None
    """The kernel's name of the device that the volume lies on; None: not known."""
    devices: tuple[str, ...] | None
    """The devices whose kernel lines are shown; None: it, or what it is made from, is not known, so
    the lines of all devices."""
    reread: Reread | None
    """The call by which the kernel may have read again: the application then got its errno."""
    suspects: tuple[SuspectRow, ...]
    """Who may be to blame, the most certain first."""
    silence: Silence | None
    """Why no line of the kernel says who."""
    calls: tuple[TracedCall, ...]
    timeline: tuple[TraceRow, ...]
    refusals: tuple[Refusals, ...]
    counted: tuple[CorrelationId, ...]
    """Earlier calls whose failures counted towards opening a breaker in this incident."""
    opened_by: CorrelationId | None
    """What opened the breaker that rejected a call of this incident."""
    advice: tuple[Advice, ...]
    breakers_now: tuple[BreakerNow, ...]


def trace_result(
    traces: Sequence[Trace], log_words: tuple[str, ...], *, verbose: bool = False
) -> CommandResult:
    """Answer `trace`: *traces* in order; *log_words* make suggested commands read the same log.

    *verbose*: also how certain each suspect is, and why.
    """
    reports = tuple(map(_report, traces))
    return CommandResult(
        "trace",
        reports,
        body=tuple(
            block
            for trace, report in zip(traces, reports, strict=True)
            for block in _body(trace.story, report, log_words, verbose=verbose)
        ),
        coverage=reduce(add, (trace.coverage for trace in traces)),
    )


def _report(trace: Trace) -> IncidentReport:
    story = trace.story
    rows = tuple(_row(line, trace.calendar) for line in story.timeline.lines)
    return IncidentReport(
        volume=story.volume,
        root=story.root,
        aliases=story.aliases,
        boot_id=story.boot_id,
        epoch=story.epoch,
        begin=next((row.record.time for row in rows if row.within), None),
        device=trace.device,
        devices=trace.devices,
        reread=story.reread,
        suspects=tuple(map(suspect_row, story.suspects)),
        silence=story.silence,
        calls=story.calls,
        timeline=rows,
        refusals=story.timeline.refusals,
        counted=story.counted,
        opened_by=story.opened_by,
        advice=story.advice,
        breakers_now=story.breakers_now,
    )


def _body(
    story: Story, trace: IncidentReport, log_words: tuple[str, ...], *, verbose: bool
) -> tuple[Table | Paragraph, ...]:
    return (
        Paragraph((*_head(trace), *_cause(story, trace))),
        Table(_COLUMNS, trace.timeline),
        Paragraph(tuple(arithmetic_lines(story.suspects)) if verbose else ()),
        Paragraph(tuple(_outcome(trace))),
        Paragraph((*_advice_about(story.suspects), *_advice(trace.advice))),
        Paragraph(tuple(_now(story, trace, log_words))),
    )


def _row(line: TimelineLine, calendar: Calendar) -> TraceRow:
    return TraceRow(
        actor=line.actor,
        depth=line.depth,
        offset_us=line.offset_us,
        meaning=line.meaning,
        within=line.within,
        record=log_row(line.entry, calendar.moment(line.entry.record)),
    )


def _head(trace: IncidentReport) -> Iterator[Line]:
    begin = trace.begin and f", {trace.begin.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    volume = "" if trace.volume is None else f" on {trace.volume}"
    yield (Span(str(trace.root), Tone.STRONG), f"{volume}{begin or ''}")
    if trace.aliases:
        yield f"also called {', '.join(map(str, trace.aliases))}: several ids for one failure"
    if not trace.calls:
        yield "no call of an application: only what operators, recovery or the driver itself did"
    for call in trace.calls:
        identifier = "" if call.id is None else f"  {call.id}"
        yield f"{_INDENT * call.depth}{_call_name(call)}: {_result(call)}{identifier}"
    if trace.reread is not None:
        got = errno_name(trace.reread.errno)
        again = f"if {trace.reread.id} is that, the application got {got}"
        yield f"the kernel may have read again (before Linux 6.6): {again}"


def _cause(story: Story, trace: IncidentReport) -> Iterator[Line]:
    """Yield what brought it about, or why that is not known."""
    if trace.opened_by is not None and trace.silence is Silence.REFUSED:
        yield f"cause: the breaker was opened by {trace.opened_by}; no device was asked"
    elif trace.silence is not None:
        lost = sum(line.evidence.lost or 0 for line in story.timeline.kernel_lines if line.evidence)
        yield silence_line(trace.silence, trace.device, lost)
    yield from blame_lines(story.suspects)


def _call_name(call: TracedCall) -> str:
    who = "application call" if call.depth == 0 else "nested call"
    who = "call into the Rust part" if call.id is None else who
    words = (who, call.operation, call.call)
    return " ".join(word for word in words if word is not None)


def _result(call: TracedCall) -> str:
    error = "" if call.errno is None else f" with {errno_name(call.errno)}"
    took = call.duration_us and f" after {call_time(call.duration_us)}"
    nothing = "left no record" if call.unfinished is None else _without_end(call.unfinished)
    return f"{call.outcome or nothing}{error}{took or ''}"


def _without_end(unfinished: Unfinished) -> str:
    if unfinished.goes_on_us is None:
        return "never returned, as far as the log tells"
    later = format_duration(unfinished.goes_on_us / 1_000)
    return f"had not returned when the {unfinished.ended} ended, {later} after its last record"


def _who(row: TraceRow) -> str:
    return f"{_INDENT * row.depth}{_name(row)}{_doubt(row.record)}"


def _name(row: TraceRow) -> str:
    record = row.record
    match row.actor:
        case Actor.CALL:
            return " ".join(filter(None, (record.operation, _call_of(record)))) or record.kind
        case Actor.BREAKER:
            return f"breaker {record.operation}"
        case Actor.KERNEL:
            return f"kernel {record.event['device'] or ''}".rstrip()
        case actor:
            return str(actor)


def _call_of(record: LogRow) -> str | None:
    call = record.event["call"]
    return None if call is None else str(call)


def _doubt(record: LogRow) -> str:
    return " (unverified)" if record.origin is Origin.UNVERIFIED else ""


def _uptime(row: TraceRow) -> str | None:
    uptime, moment = row.record.uptime_us, row.record.time
    if uptime is not None:
        return f"{uptime / 1_000_000:.6f}"
    if moment is None:
        return None
    # As closely as the log has it.
    unit = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone().isoformat(" ", unit)[:-6]


def _offset(row: TraceRow) -> str | None:
    if row.offset_us is None:
        return None
    moment = row.record.time
    rough = row.record.uptime_us is None and moment is not None and not moment.microsecond
    return f"{row.offset_us / 1_000_000:+.{0 if rough else 6}f}"


def _tone(row: TraceRow) -> Tone | None:
    if row.actor is Actor.KERNEL:
        return Tone.NOTICE
    return None if row.within else Tone.DIM


_COLUMNS = (
    Column("TIME", _uptime, right=True),
    Column("OFFSET", _offset, right=True),
    Column("ID", lambda row: row.record.id and str(row.record.id)[-_SHORT_ID:]),
    Column("WHO", _who),
    Column("WHAT", lambda row: row.meaning, wraps=True, tone=_tone),
)


def _outcome(trace: IncidentReport) -> Iterator[Line]:
    for refused in trace.refusals:
        breaker = f"refused by the open breaker of {refused.operation}"
        if refused.calls == 1:
            yield f"cost: 1 call was {breaker}: {refused.first}"
        else:
            ids = f"from {refused.first} to {refused.last}"
            yield f"cost: {refused.calls} calls were {breaker}, {ids}"
    if trace.counted:
        earlier = ", ".join(map(str, trace.counted))
        yield f"the breaker counted failures of earlier calls too: {earlier}"
    shown = {row.record.event["device"] for row in trace.timeline if row.actor is Actor.KERNEL}
    if trace.devices is None and shown - {None, trace.device}:
        unknown = "the device below is not known"
        if trace.device is not None:
            unknown = f"not everything below {trace.device} is known"
        yield f"{unknown}: kernel lines about all devices are shown"


def _advice_about(suspects: Sequence[Suspect]) -> Iterator[Line]:
    likely = (each for each in suspects[:1] if each.certainty >= LIKELY)
    for suspect in likely:
        if (advice := advice_about(suspect)) is not None:
            yield (Span(suspect.called, Tone.STRONG), f": {advice}")


def _advice(advice: Sequence[Advice]) -> Iterator[Line]:
    for each in advice:
        yield (Span(each.error, Tone.STRONG), f": {each.meaning}")
        yield f"{_INDENT}what to do: {each.what_you_do}"
        yield f"{_INDENT}done when: {each.done_when}"


def _changed(trace: IncidentReport, breaker: BreakerNow) -> bool:
    return any(
        row.actor is Actor.BREAKER and row.record.operation is breaker.operation
        for row in trace.timeline
    )


def _now(story: Story, trace: IncidentReport, log_words: tuple[str, ...]) -> Iterator[Line]:
    for breaker in trace.breakers_now:
        if breaker.state == BreakerState.CLOSED and not _changed(trace, breaker):
            continue
        state = word(breaker.state)
        why = f", {breaker.why}" if breaker.why else ""
        name = f"{trace.volume}/{breaker.operation}"
        yield (f"now: breaker {name} is ", Span(state, tone_of_word(state)), why)
    yield from next_lines(next_commands(_next_steps(story, trace), log_words))


def _next_steps(story: Story, trace: IncidentReport) -> Iterator[NextStep]:
    if trace.advice:
        plan = ("recover", "plan", str(trace.root))
        yield NextStep(plan, "what can be done about it, step by step")
    for suspect in story.suspects[:1]:
        if isinstance(suspect.kind, DeviceKind) and suspect.certainty >= LIKELY:
            yield NextStep(("device", "show", suspect.name), "its errors by kind, time and sector")
    for breaker in trace.breakers_now:
        if breaker.state in (BreakerState.OPEN, BreakerState.FORCED_OPEN):
            name = f"{trace.volume}/{breaker.operation}"
            yield NextStep(("breaker", "reset", name, "--probe"), "when the device is healthy")
    if trace.opened_by is not None:
        opener = ("trace", str(trace.opened_by))
        yield NextStep(opener, "the failure that opened the breaker")
