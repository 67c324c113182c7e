"""What a change answers: before and after, and why a requested change was not made."""

from vexfsctl.exceptions import Problem
from vexfsctl.host.changes import Changes, Refusal
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Paragraph, Table


def change_result(schema: str, changes: Changes) -> CommandResult:
    """Return the answer of a verb; status 1 if a change was not made, 3 for a gap."""
    rows, consulted = changes.rows, changes.consulted
    causes = [each.cause for each in changes.outcomes if isinstance(each, Refusal)]
    failed = max((cause.exit_status for cause in causes), default=None)
    dry_run = any(row.dry_run for row in rows)
    return CommandResult(
        schema,
        rows,
        body=(Table(_COLUMNS, rows), *([_NOTHING_CHANGED] if dry_run else [])),
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
