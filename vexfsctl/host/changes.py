"""What all that changes something shares: asking first, and telling before and after.

A use case plans what it would do, asks (or has leave to), does it, reads back, and returns one
`Change` or `Refusal` for each thing that it was asked to change, whether it moved or not.
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
    """One thing before and after; with `dry_run` what would be."""

    target: str
    """`loop0/storage`, `loop0`."""
    key: str
    """What of it: `state`, `failure_threshold`."""
    before: str
    after: str
    changed: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that did not come about, and why; the thing is as `unchanged` says."""

    unchanged: Change
    cause: VexfsctlException


Outcome = Change | Refusal


@dataclass(frozen=True, slots=True)
class Changes:
    """What came of everything that was asked for, and what had been consulted for it."""

    outcomes: tuple[Outcome, ...]
    consulted: Consulted

    @property
    def rows(self) -> tuple[Change, ...]:
        """The change or, where it did not come about, how the thing is, of each."""
        return tuple(
            each.unchanged if isinstance(each, Refusal) else each for each in self.outcomes
        )


@dataclass(frozen=True, slots=True)
class Consent:
    """What was said beforehand: go ahead without asking, or only tell what would change."""

    yes: bool
    dry_run: bool


def tell_doubts(operator: Operator, doubts: Sequence[str]) -> None:
    """Tell what is known against doing it, whoever decides."""
    for doubt in doubts:
        operator.tell(doubt)


def obtain_consent(operator: Operator, consent: Consent, question: str) -> None:
    """Ask *question*; raise Declined, or InvalidInput when nobody can be asked."""
    if consent.yes:
        return
    if not operator.interactive:
        raise InvalidInput(
            f"{question} Nobody can be asked here",
            hint="--yes does it, --dry-run shows what it would do",
        )
    if not operator.ask(question):
        raise Declined("nothing was changed")
