"""How the commands to type next are shown, whoever suggests them."""

from collections.abc import Sequence

from vexfsctl.analysis.health.next_steps import NextStep
from vexfsctl.render.result import Line, Span, Tone


def next_lines(steps: Sequence[NextStep]) -> tuple[Line, ...]:
    """Return a line for each of *steps*, the purposes one below the other."""
    width = max((len(step.command) for step in steps), default=0)
    return tuple(
        (
            "next: " if at == 0 else "      ",
            Span(f"{step.command:{width}}", Tone.STRONG),
            f"  {step.purpose}",
        )
        for at, step in enumerate(steps)
    )
