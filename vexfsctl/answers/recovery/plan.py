"""What `recover plan` answers: the steps as a table, then each step in full."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.answers.next_steps import NextCommand, command_line, next_lines
from vexfsctl.host.recovery.plan import Planned
from vexfsctl.recovery.plan.ranges import describe
from vexfsctl.recovery.plan.recovery_plan import Column as PlanColumn
from vexfsctl.recovery.plan.recovery_plan import Plan, RangeSource
from vexfsctl.recovery.plan.steps import Risk, Step
from vexfsctl.recovery.plan.subject import HintSource
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Span, Table, Tone

_INDENT = "  "
_SOME_DEVICE = Path("DEV")


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan, and the commands that carry it out."""

    plan: Plan
    volume_is_live: bool
    needs_device: bool
    """Whether a device must be given first; DEV stands for it in the command."""
    replay_command: str | None
    """None if there is nothing to carry out."""
    device_plan_command: str | None
    """For a plan through the volume: the command that plans the same for its device, if known."""


@dataclass(frozen=True, slots=True)
class _NumberedStep:
    number: int
    step: Step


def plan_result(planned: Planned, log_words: tuple[str, ...]) -> CommandResult:
    """Answer `recover plan`; *log_words* make suggested commands read the same log."""
    return _result("recover.plan", planned, log_words)


def dry_run_result(planned: Planned, log_words: tuple[str, ...]) -> CommandResult:
    """Answer `recover replay --dry-run`: the plan that would be carried out."""
    nothing = Paragraph(("Dry run: nothing was changed.",))
    return _result("recover.replay", planned, log_words, nothing)


def _result(
    schema: str, planned: Planned, log_words: tuple[str, ...], *more: Paragraph
) -> CommandResult:
    report = _report(planned, log_words)
    body = (*_body(report), *more)
    return CommandResult(schema, report, body, coverage=planned.found.coverage)


def _report(planned: Planned, log_words: tuple[str, ...]) -> PlanReport:
    plan, device = planned.plan, planned.place.device
    live = planned.found.volume is not None
    # Without a device, only a volume that answers can be used.
    somewhere = device or (None if live else _SOME_DEVICE)
    under = planned.volume_device if device is None else None
    return PlanReport(
        plan,
        volume_is_live=live,
        needs_device=somewhere is _SOME_DEVICE,
        replay_command=_command("replay", planned, somewhere, log_words) if plan.steps else None,
        device_plan_command=_command("plan", planned, under, log_words) if under else None,
    )


def _body(report: PlanReport) -> Iterator[Table | Paragraph]:
    plan = report.plan
    steps = tuple(_NumberedStep(number, step) for number, step in enumerate(plan.steps, 1))
    yield Paragraph(tuple(_head(plan)))
    if steps:
        yield Table(_COLUMNS, steps)
    for each in steps:
        yield Paragraph(tuple(_details(each)))
    yield Paragraph(tuple(_tail(report)))


def _head(plan: Plan) -> Iterator[Line]:
    subject = plan.subject
    errors = f": {', '.join(subject.errors)}" if subject.errors != (subject.name,) else ""
    yield (Span(subject.name, Tone.STRONG), f"{_place(plan)}{errors if subject.errors else ''}")
    if plan.ranges_from is RangeSource.SAMPLE:
        yield "the failing range is not known: a sample of the device is read (--offset, --length)"
    elif plan.ranges_from is not None:
        source = "by the kernel's log" if plan.ranges_from is RangeSource.KERNEL_LOG else "as given"
        yield f"what failed, {source}: {describe(plan.ranges)}"
    for contradiction in plan.contradictions:
        yield (Span("but: ", Tone.NOTICE), contradiction)


def _place(plan: Plan) -> str:
    subject = plan.subject
    if subject.volume is None:
        return ""
    operation = f"/{subject.operation}" if subject.operation is not None else ""
    return f" on {subject.volume}{operation}"


def _details(numbered: _NumberedStep) -> Iterator[Line]:
    step = numbered.step
    yield (Span(f"{numbered.number}. {step.hint}", Tone.STRONG), f" on {step.target}")
    yield f"{_INDENT}why: {step.why}"
    yield f"{_INDENT}needs: {step.precondition}"
    yield f"{_INDENT}verified: {step.verification}"
    yield f"{_INDENT}undo: {step.undo}"
    for obstacle in step.obstacles:
        yield (f"{_INDENT}", Span("but: ", Tone.NOTICE), obstacle)


def _tail(report: PlanReport) -> Iterator[Line]:
    plan = report.plan
    if not plan.steps:
        yield "There is nothing to carry out."
        return
    through = plan.column is PlanColumn.VOLUME and report.volume_is_live
    purpose = "carries this out" + (" through the volume" if through else "")
    if report.needs_device:
        purpose += "; DEV stands for the device"
    commands = [NextCommand(report.replay_command or "", purpose)]
    if report.device_plan_command is not None:
        commands.append(NextCommand(report.device_plan_command, "plans the same for its device"))
    yield from next_lines(commands)


def _command(verb: str, planned: Planned, device: Path | None, log_words: tuple[str, ...]) -> str:
    plan, fallback = planned.plan, planned.place.fallback
    subject = plan.subject
    words = [subject.name]
    if subject.hints_from is HintSource.GIVEN:
        words = ["--hints", *words]
    elif subject.errors == (subject.name,):
        words = ["--error", *words]
    words += [] if device is None else ["--device", str(device)]
    words += [] if fallback is None else ["--fallback", str(fallback)]
    if plan.ranges_from is RangeSource.GIVEN:
        words += ["--offset", str(plan.ranges[0].offset), "--length", str(plan.ranges[0].length)]
    in_log = planned.found.recorded is not None
    return command_line(("recover", verb, *words), log_words if in_log else ())


def _risk_tone(numbered: _NumberedStep) -> Tone | None:
    return Tone.GOOD if numbered.step.risk is Risk.SAFE else Tone.NOTICE


_COLUMNS = (
    Column("STEP", lambda each: each.number, right=True),
    Column("HINT", lambda each: each.step.hint, tone=lambda each: tone_of_word(each.step.hint)),
    Column("RISK", lambda each: each.step.risk, tone=_risk_tone),
    Column("TARGET", lambda each: each.step.target),
    Column("WHAT", lambda each: each.step.what, wraps=True),
)
