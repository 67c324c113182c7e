"""What all verbs that change something share: asking first, and telling before → after.

A verb plans what it would do, asks (or is told `--yes`), does it, reads back, and reports one
`Change` for each thing it was asked to change, whether it moved or not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.targets import Consulted
from vexfsctl.exceptions import ActionFailed, InvalidInput, VexfsctlException
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Paragraph, Problem, Span, Table, Tone

_F = TypeVar("_F", bound=Callable[..., Any])


class Declined(ActionFailed):
    """The person at the terminal said no."""

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
class Consent:
    """How a verb is allowed to go ahead."""

    yes: bool
    dry_run: bool


def consent_options(function: _F) -> _F:
    """Add `--yes` and `--dry-run`, handed over as `yes` and `dry_run`."""
    function = click.option(
        "--dry-run", is_flag=True, help="Tell what would change, and change nothing."
    )(function)
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)


def reason_option(function: _F) -> _F:
    """Add `--reason`, which goes into the provider's log or the ledger."""
    return click.option("--reason", metavar="TEXT", help="Why; it is recorded with what is done.")(
        function
    )


def tell_doubts(app: AppContext, doubts: Sequence[str]) -> None:
    """Tell what is known against doing it, whoever decides."""
    for doubt in doubts:
        app.tell((Span("vexfsctl: ", Tone.STRONG), doubt))


def obtain_consent(app: AppContext, consent: Consent, question: str) -> None:
    """Ask *question*; raise Declined, or InvalidInput when nobody can be asked."""
    if consent.yes:
        return
    if not app.surroundings.interactive:
        raise InvalidInput(
            f"{question} Nobody can be asked here",
            hint="--yes does it, --dry-run shows what it would do",
        )
    if not app.ask(question):
        raise Declined("nothing was changed")


def change_result(schema: str, outcomes: Sequence[Outcome], consulted: Consulted) -> CommandResult:
    """Make the answer of a verb; status 1 when something did not come about, 3 for a gap."""
    changes = tuple(
        outcome.unchanged if isinstance(outcome, Refusal) else outcome for outcome in outcomes
    )
    causes = [outcome.cause for outcome in outcomes if isinstance(outcome, Refusal)]
    failed = max((cause.exit_status for cause in causes), default=None)
    dry_run = any(change.dry_run for change in changes)
    return CommandResult(
        schema,
        changes,
        body=(Table(_COLUMNS, changes), *([_NOTHING_CHANGED] if dry_run else [])),
        coverage=consulted.coverage,
        problems=(*map(Problem.of, causes), *consulted.problems),
        exit_status=failed,
    )


_COLUMNS = (
    Column("TARGET", lambda change: change.target),
    Column("KEY", lambda change: change.key),
    Column("BEFORE", lambda change: change.before, tone=lambda change: tone_of_word(change.before)),
    Column("AFTER", lambda change: change.after, tone=lambda change: tone_of_word(change.after)),
    Column("CHANGED", lambda change: str(change.changed).lower()),
)
_NOTHING_CHANGED = Paragraph(("Dry run: nothing was changed.",))
