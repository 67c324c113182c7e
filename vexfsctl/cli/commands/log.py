"""`vexfsctl log`: the records of VexFS, from every source, in time order."""

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.filters import Filters, filter_options
from vexfsctl.cli.targets import consult
from vexfsctl.exceptions import ExitStatus
from vexfsctl.model.coverage import Coverage
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.envelope import render_ndjson_row
from vexfsctl.render.result import CommandResult, Paragraph

if TYPE_CHECKING:
    from vexfsctl.cli.log_rows import LogRow
    from vexfsctl.cli.log_view import FollowedLog

_FOLLOWED_FIRST = 10
"""Records that `--follow` shows before it waits for more, as tail does."""

EXAMPLES = """\
Examples:
  vexfsctl log -n 20                               the last 20 records
  vexfsctl log -S -15m -s high                     severe errors of the last quarter of an hour
  vexfsctl log -V loop0 -o storage -o sync         one volume, two of its operation types
  vexfsctl log -d sdb                              with the kernel's lines about the disk
  vexfsctl log -f --json                           each new record as one line of JSON
  dmesg | vexfsctl log --log -                     from standard input
  vexfsctl log -s high --log host7-dmesg.txt.xz    a log somebody sent
"""


@click.command("log", cls=Command, epilog=EXAMPLES)
@filter_options
@click.option("-n", "--lines", type=click.IntRange(min=0), metavar="N", help="The last N only.")
@click.option("-r", "--reverse", is_flag=True, help="Newest first.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new records as they come.")
@pass_app
def log(app: AppContext, filters: Filters, lines: int | None, reverse: bool, follow: bool) -> None:
    """Show the records of VexFS from every source, in time order.

    Sources are the kernel log and the files that live volumes write; --log SOURCE replaces them
    with kmsg, a path or - (standard input), in any form that dmesg, journalctl and syslog daemons
    print, plain or compressed (gzip, xz, bzip2). Each record is marked with who wrote it: the
    kernel, a driver, or unverified, which anybody who may write to the kernel log can do. What
    earlier VexFS builds write is shown with what it is worth; expected noise is marked.
    """
    if follow and reverse:
        raise click.UsageError("--reverse and --follow cannot go together")
    if follow:
        _follow(app, filters, lines)
    else:
        app.show(_look(app, filters, lines, reverse=reverse))


def _look(app: AppContext, filters: Filters, lines: int | None, *, reverse: bool) -> CommandResult:
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.cli.evidence import read_evidence
    from vexfsctl.cli.log_rows import log_table
    from vexfsctl.cli.log_view import LogView

    volumes = consult(app, ()).volumes
    view = LogView(app, filters, volumes)
    evidence = view.select(read_evidence(app, volumes))
    rows = _last(tuple(view.rows(evidence.entries)), lines)
    rows = rows[::-1] if reverse else rows
    if not rows:
        app.note("vexfsctl: no record matches")
    as_table = app.output is OutputFormat.TSV
    body = (
        log_table(rows) if as_table else Paragraph(tuple(row.line for row in rows), verbatim=True)
    )
    return CommandResult("log", rows, (body,), view.coverage(evidence.reading))


def _follow(app: AppContext, filters: Filters, lines: int | None) -> None:
    from vexfsctl.cli.log_view import FollowedLog, LogView

    volumes = consult(app, ()).volumes
    view = LogView(app, filters, volumes)
    if lines is None and filters.since is None:
        lines = _FOLLOWED_FIRST
    with closing(FollowedLog(app, view, volumes)) as followed:
        for row in _last(followed.present_rows(), lines):
            _show(app, row)
        _tell_gaps(app, followed)
        for row in followed.further_rows():
            _tell_gaps(app, followed)
            _show(app, row)


def _last(rows: tuple["LogRow", ...], lines: int | None) -> tuple["LogRow", ...]:
    return rows if lines is None else rows[max(0, len(rows) - lines) :]


def _show(app: AppContext, row: "LogRow") -> None:
    from vexfsctl.cli.log_rows import log_table

    app.show_row(row, log_table(()), row.line)


def _tell_gaps(app: AppContext, followed: "FollowedLog") -> None:
    """Tell what was lost meanwhile, and end with 3 then: part of what was asked for is missing."""
    gaps = followed.new_gaps()
    if not gaps:
        return
    app.exit_status = max(app.exit_status, ExitStatus.INCOMPLETE)
    app.tell_gaps(Coverage(gaps=gaps))
    if app.output.is_json:
        for gap in gaps:
            app.write(render_ndjson_row({"kind": "gap", **asdict(gap)}))
