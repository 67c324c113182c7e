"""How the plan of a recovery reads: the steps as a table, then each with all there is to judge."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from vexfsctl.model.volume import Volume
from vexfsctl.recovery.plan import Column as PlanColumn
from vexfsctl.recovery.plan import Plan, RangeSource, describe_ranges
from vexfsctl.recovery.steps import Risk, Step
from vexfsctl.recovery.subject import HintSource
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, Line, Paragraph, Span, Table, Tone

_INDENT = "  "
_SOME_DEVICE = Path("DEV")


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan, and how it would be carried out."""

    plan: Plan
    volume_is_live: bool
    replay_command: str | None
    """Ready to type; None where there is nothing to carry out, or nowhere."""


@dataclass(frozen=True, slots=True)
class _NumberedStep:
    number: int
    step: Step


def make_plan_report(
    plan: Plan, volume: Volume | None, device: Path | None, fallback: Path | None
) -> PlanReport:
    """Return the report of *plan*; *device* and *fallback* are the nodes to carry it out on."""
    live = volume is not None
    # Without a device only a volume that answers can be worked through.
    nowhere = device is None and not live
    command = None if nowhere else _replay_command(plan, device, fallback)
    return PlanReport(plan, live, command)


def plan_body(report: PlanReport) -> tuple[Table | Paragraph, ...]:
    """Return how the plan reads."""
    plan = report.plan
    steps = tuple(_NumberedStep(number, step) for number, step in enumerate(plan.steps, 1))
    return (
        Paragraph(tuple(_head(plan))),
        *([Table(_COLUMNS, steps)] if steps else []),
        *(Paragraph(tuple(_details(each))) for each in steps),
        Paragraph(tuple(_tail(report))),
    )


def _head(plan: Plan) -> Iterator[Line]:
    subject = plan.subject
    errors = f": {', '.join(subject.errors)}" if subject.errors != (subject.name,) else ""
    yield (Span(subject.name, Tone.STRONG), f"{_place(plan)}{errors if subject.errors else ''}")
    if plan.ranges_from is RangeSource.SAMPLE:
        yield "where it failed is not known: a sample of the device is read (--offset, --length)"
    elif plan.ranges_from is not None:
        source = "by the kernel's log" if plan.ranges_from is RangeSource.KERNEL_LOG else "as given"
        yield f"what failed, {source}: {describe_ranges(plan.ranges)}"
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
    if plan.column is PlanColumn.VOLUME and report.volume_is_live:
        yield "This is what can be done through the volume; a plan for its device: --device"
    if report.replay_command is None:
        command = _replay_command(plan, _SOME_DEVICE, None)
        yield ("next, with its device: ", Span(command or "", Tone.STRONG))
    if report.replay_command is not None:
        yield ("next: ", Span(report.replay_command, Tone.STRONG))


def _replay_command(plan: Plan, device: Path | None, fallback: Path | None) -> str | None:
    subject = plan.subject
    if not plan.steps:
        return None
    words = [subject.name]
    if subject.hints_from is HintSource.GIVEN:
        words = ["--hints", *words]
    elif subject.errors == (subject.name,):
        words = ["--error", *words]
    words += [] if device is None else ["--device", str(device)]
    words += [] if fallback is None else ["--fallback", str(fallback)]
    if plan.ranges_from is RangeSource.GIVEN:
        words += ["--offset", str(plan.ranges[0].offset), "--length", str(plan.ranges[0].length)]
    return " ".join(["vexfsctl recover replay", *map(quote, words)])


def _risk_tone(numbered: _NumberedStep) -> Tone | None:
    return Tone.GOOD if numbered.step.risk is Risk.SAFE else Tone.NOTICE


_COLUMNS = (
    Column("STEP", lambda each: each.number, right=True),
    Column("HINT", lambda each: each.step.hint, tone=lambda each: tone_of_word(each.step.hint)),
    Column("RISK", lambda each: each.step.risk, tone=_risk_tone),
    Column("TARGET", lambda each: each.step.target),
    Column("WHAT", lambda each: each.step.what, wraps=True),
)
