"""Explanations of the exit statuses of vexfsctl."""

from collections.abc import Iterator
from functools import partial

from vexfsctl.exceptions import ExitStatus
from vexfsctl.explanation.form import Explanation, Heading, Subject


def exit_status_headings() -> Iterator[Heading]:
    """Yield the exit statuses of vexfsctl."""
    for status in ExitStatus:
        number = str(int(status))
        names = (f"exit {number}", f"exit status {number}", number)
        yield Heading(names, partial(_explain_exit_status, status))


def _explain_exit_status(status: ExitStatus) -> Explanation:
    return Explanation(
        subject=Subject.EXIT_STATUS,
        name=f"exit status {int(status)}",
        meaning=status.meaning,
        facts={"status": int(status)},
        what_you_do="All of them are in vexfsctl(1); those of `vexfsctl check` are a "
        "verdict instead.",
    )
