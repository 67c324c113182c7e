"""What `recover replay` answers: each step with its evidence, and what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vexfsctl.answers.changes import change_result
from vexfsctl.answers.next_steps import command_line
from vexfsctl.catalogue.lookup import find_entry
from vexfsctl.exceptions import Problem
from vexfsctl.host.changes import Change
from vexfsctl.host.recovery.replay import Replay
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.units import format_duration
from vexfsctl.recovery.ledger.history import Result
from vexfsctl.recovery.plan.recovery_plan import Plan
from vexfsctl.recovery.plan.steps import FaultState, Outcome, Verification
from vexfsctl.recovery.replay import TakenStep
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Span, Table, Tone

_INDENT = "  "


@dataclass(frozen=True, slots=True)
class RunbookEntry:
    """Advice for a person about one error."""

    error: str
    meaning: str
    impact: str
    what_you_do: str
    done_when: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The answer of `recover replay`."""

    replay: CorrelationId
    incident: CorrelationId
    result: Result
    message: str
    exit_status: int
    plan: Plan
    before: Verification | None
    steps: tuple[TakenStep, ...]
    runbook: tuple[RunbookEntry, ...]
    """What a person must do; empty if no person is needed."""
    probe: tuple[Change, ...]
    """Result of probing the breaker; empty if it was not probed."""
    next_commands: tuple[str, ...]


def replay_result(replay: Replay, log_words: tuple[str, ...]) -> CommandResult:
    """Answer `recover replay`; *log_words* make suggested commands read the same log."""
    replayed, probed = replay.replayed, replay.probed
    probe = None if probed is None else change_result("breaker.reset", probed)
    report = _report(replay, log_words)
    return CommandResult(
        "recover.replay",
        report,
        body=tuple(_body(report)),
        coverage=replay.planned.found.coverage,
        problems=(
            *map(Problem.of, replayed.failures),
            *(probe.problems if probe is not None else ()),
        ),
        exit_status=max(replayed.exit_status, 0 if probe is None else probe.status),
    )


def _report(replay: Replay, log_words: tuple[str, ...]) -> ReplayReport:
    plan, replayed, probed = replay.planned.plan, replay.replayed, replay.probed
    needed = replayed.result is Result.PERSON_NEEDED
    return ReplayReport(
        replay=replayed.replay,
        incident=replayed.incident,
        result=replayed.result,
        message=replayed.message,
        exit_status=replayed.exit_status,
        plan=plan,
        before=replayed.before,
        steps=replayed.steps,
        runbook=tuple(_runbook(plan.subject.errors)) if needed else (),
        probe=() if probed is None else probed.rows,
        next_commands=tuple(_next_commands(replay, log_words)),
    )


def _next_commands(replay: Replay, log_words: tuple[str, ...]) -> Iterator[str]:
    replayed, target = replay.replayed, replay.open_breaker
    if target is not None and replayed.result is not Result.INTERRUPTED:
        yield command_line(("breaker", "reset", str(target), "--probe"))
    if replayed.steps and replay.planned.found.subject.volume is not None:
        yield command_line(("trace", str(replayed.incident)), log_words)


def _body(report: ReplayReport) -> Iterator[Table | Paragraph]:
    yield Paragraph(tuple(_before(report)))
    if report.steps:
        yield Table(_COLUMNS, report.steps)
    yield Paragraph(tuple(_evidence(report.steps)))
    yield Paragraph(tuple(_outcome(report)))
    for entry in report.runbook:
        yield Paragraph(tuple(_entry_lines(entry)))
    yield Paragraph(tuple(_next(report)))


def _runbook(errors: Sequence[str]) -> Iterator[RunbookEntry]:
    for error in filter(None, map(find_entry, errors)):
        yield RunbookEntry(
            error.name, error.meaning, error.impact, error.what_you_do, error.done_when
        )


def _before(report: ReplayReport) -> Iterator[Line]:
    if report.before is not None:
        yield f"before: fault {report.before.state}: {report.before.message}"


def _evidence(steps: Sequence[TakenStep]) -> Iterator[Line]:
    for taken in steps:
        lines = (*taken.result.evidence, *_looked(taken))
        if lines:
            yield (Span(f"{taken.number}. {taken.step.hint}", Tone.STRONG),)
        for line in lines:
            yield f"{_INDENT}{line}"


def _looked(taken: TakenStep) -> Iterator[str]:
    if taken.verification is not None:
        yield f"then: fault {taken.verification.state}: {taken.verification.message}"


def _outcome(report: ReplayReport) -> Iterator[Line]:
    words, tone = _RESULTS[report.result]
    yield (Span(words, tone), f": {report.message}")
    if report.result is Result.PERSON_NEEDED and not report.runbook:
        yield "no known error, so no runbook: vexfsctl explain manual"


def _entry_lines(each: RunbookEntry) -> Iterator[Line]:
    yield (Span(each.error, Tone.STRONG), f": {each.meaning}")
    yield f"{_INDENT}impact: {each.impact}"
    yield f"{_INDENT}what to do: {each.what_you_do}"
    yield f"{_INDENT}done when: {each.done_when}"


def _next(report: ReplayReport) -> Iterator[Line]:
    for change in report.probe:
        yield f"probed: breaker {change.target}: {change.before} → {change.after}"
    for at, command in enumerate(report.next_commands):
        yield ("next: " if at == 0 else "      ", Span(command, Tone.STRONG))


_RESULTS = {
    Result.GONE: ("The fault is gone", Tone.GOOD),
    Result.STILL_THERE: ("The fault is still there", Tone.BAD),
    Result.UNPROVEN: ("It is not proven that the fault is gone", Tone.NOTICE),
    Result.PERSON_NEEDED: ("A person must act", Tone.BAD),
    Result.FAILED: ("The replay could not continue", Tone.BAD),
    Result.INTERRUPTED: ("The replay was interrupted", Tone.BAD),
}

_TONES = {
    Outcome.OK: Tone.GOOD,
    Outcome.REFUSED: Tone.DIM,
}


def _state(taken: TakenStep) -> FaultState | None:
    return None if taken.verification is None else taken.verification.state


_COLUMNS = (
    Column("STEP", lambda taken: taken.number, right=True),
    Column("HINT", lambda taken: taken.step.hint),
    Column(
        "OUTCOME",
        lambda taken: taken.result.outcome,
        tone=lambda taken: _TONES.get(taken.result.outcome, Tone.BAD),
    ),
    Column("TOOK", lambda taken: format_duration(taken.duration_us / 1_000), right=True),
    Column("CHANGED", lambda taken: str(taken.result.changed).lower()),
    Column("FAULT", _state),
    Column("WHAT", lambda taken: taken.result.message, wraps=True),
)
