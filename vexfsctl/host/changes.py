"""What all changes share: asking first, and reporting before and after.

A use case plans its changes, asks (unless told not to), makes them, reads them back, and returns
one `Change` or `Refusal` for each thing that it was asked to change, changed or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vexfsctl.exceptions import ActionFailed, InvalidInput, VexfsctlException
from vexfsctl.host.operator import Operator
from vexfsctl.host.volumes import Consulted


class Declined(ActionFailed):
    """The operator said no."""

    code = "declined"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing before and after; with `dry_run`, after is what it would be."""

    target: str
    """`loop0/storage`, `loop0`."""
    key: str
    """Which property: `state`, `failure_threshold`."""
    before: str
    after: str
    changed: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that was not made, and why; the thing is as `unchanged` says."""

    unchanged: Change
    cause: VexfsctlException


Outcome = Change | Refusal


@dataclass(frozen=True, slots=True)
class Changes:
    """The results of all requested changes, and what was consulted for them."""

    outcomes: tuple[Outcome, ...]
    consulted: Consulted

    @property
    def rows(self) -> tuple[Change, ...]:
        """For each thing, the change, or its present state if it was not changed."""
        return tuple(
            each.unchanged if isinstance(each, Refusal) else each for each in self.outcomes
        )


@dataclass(frozen=True, slots=True)
class Consent:
    """What was decided beforehand: go ahead without asking, or only show what would change."""

    yes: bool
    dry_run: bool


def tell_doubts(operator: Operator, doubts: Sequence[str]) -> None:
    """Show a reason not to do it, whether or not anyone is asked."""
    for doubt in doubts:
        operator.tell(doubt)


def obtain_consent(operator: Operator, consent: Consent, question: str) -> None:
    """Ask *question*; raise Declined for a no, InvalidInput if nobody can be asked."""
    if consent.yes:
        return
    if not operator.interactive:
        raise InvalidInput(
            f"{question} Nobody can be asked here",
            hint="use --yes to go ahead, or --dry-run to see what would change",
        )
    if not operator.ask(question):
        raise Declined("nothing was changed")
