"""`vexfsctl log`: the records of VexFS, from every source, in time order."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.cursor_type import CURSOR
from vexfsctl.cli.filter_options import filter_options
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.filters import Filters
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.cursor import Cursor
from vexfsctl.render.envelope import render_ndjson_row

if TYPE_CHECKING:
    from vexfsctl.host.log_view import FollowedLog, Picked

_FOLLOWED_FIRST = 10
"""How many records `--follow` shows before it waits for more, as tail does."""

EXAMPLES = """\
Examples:
  vexfsctl log -n 20                               the last 20 records
  vexfsctl log -S -15m -s high                     severe errors of the last 15 minutes
  vexfsctl log -V loop0 -o storage -o sync         one volume, two operation types
  vexfsctl log -d sdb                              with the kernel's lines about the disk
  vexfsctl log --kernel -S -1h                     with all the kernel says about devices
  vexfsctl log -f --json                           each new record as one line of JSON
  vexfsctl log --json --after CURSOR               what came after the record with that cursor
  dmesg | vexfsctl log --log -                     from standard input
  vexfsctl log -s high --log host7-dmesg.txt.xz    a log somebody sent
  vexfsctl log --log '/var/log/kern.log*'          a log with its rotated files
  vexfsctl log -S yesterday --log journal          the systemd journal
"""


@click.command("log", cls=Command, epilog=EXAMPLES)
@filter_options
@click.option(
    "-n", "--lines", type=click.IntRange(min=0), metavar="N", help="Show only the last N records."
)
@click.option("-r", "--reverse", is_flag=True, help="Show the newest first.")
@click.option("-f", "--follow", is_flag=True, help="Keep printing new records.")
@click.option(
    "--kernel", is_flag=True, help="Show the kernel's own lines about devices, filesystems, … too."
)
@click.option(
    "--after",
    type=CURSOR,
    metavar="CURSOR",
    help="Show what stands after a record: its `cursor` in JSON.",
)
@pass_app
def log(
    app: AppContext,
    filters: Filters,
    lines: int | None,
    reverse: bool,
    follow: bool,
    kernel: bool,
    after: Cursor | None,
) -> None:
    """Show the records of VexFS from every source, in time order.

    Sources are the kernel log and the files that live volumes write; --log SOURCE replaces them
    with kmsg, a path or - (standard input), in any format of dmesg, journalctl and syslog daemons,
    plain or compressed (gzip, xz, bzip2, zstd, lz4). A directory (not those below it), or a quoted
    pattern such as '/var/log/kern.log*', is read log by log, rotated files in the order of time.
    journal is this host's systemd journal, journal@NAMESPACE that of a namespace, journal:DIR a
    saved one, and pstore the crash logs. What several sources have is shown once.

    With --follow, a log goes on after it was rotated, and a directory or pattern with logs that
    appear in it later. Files are looked at four times a second: of a log that is rotated twice in
    between, one file is missed. What never grows cannot be followed: crash logs and compressed
    files.

    Each record is marked with its writer: the kernel, a driver, or unverified (anybody who may
    write to the kernel log). Lines of earlier VexFS builds are rated, and expected noise is marked.

    With --after, times tell what stands after a record that the log no longer has; if the log
    begins later, that is a gap.
    """
    if follow and reverse:
        raise click.UsageError("--reverse and --follow cannot go together")
    if follow:
        _follow(app, filters, lines, kernel=kernel, after=after)
    else:
        _look(app, filters, lines, reverse=reverse, kernel=kernel, after=after)


def _look(
    app: AppContext,
    filters: Filters,
    lines: int | None,
    *,
    reverse: bool,
    kernel: bool,
    after: Cursor | None,
) -> None:
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.answers.log import log_result
    from vexfsctl.host.log_view import pick_log

    few = lines is not None
    picked = pick_log(app.host, filters, few=few, kernel=kernel, after=after)
    shown: Iterable[Picked] = picked if lines is None else picked.last(lines)
    # What a large log lacks is known of the parts that were read for these.
    coverage = picked.coverage
    if reverse:
        shown = tuple(shown)[::-1]
    if next(iter(shown), None) is None:
        asked = kernel or filters != Filters()
        others = "" if asked else "; --kernel shows those of the kernel, too"
        app.note(f"vexfsctl: no record matches{others}")
        # The log need not be looked through once more.
        shown = ()
    app.show(log_result(shown, coverage))


def _follow(
    app: AppContext,
    filters: Filters,
    lines: int | None,
    *,
    kernel: bool,
    after: Cursor | None,
) -> None:
    from vexfsctl.host.log_view import follow_log

    if lines is None and filters.since is None and after is None:
        lines = _FOLLOWED_FIRST
    with closing(follow_log(app.host, filters, kernel=kernel, after=after)) as followed:
        batches = followed.batches(lines)
        _show(app, next(batches))
        _tell_gaps(app, followed)
        for batch in batches:
            first = next(batch, None)
            # A log may lose records all the time: how many is said where a record follows.
            _tell_gaps(app, followed, grown=first is not None)
            if first is not None:
                _show(app, chain((first,), batch))
        _tell_gaps(app, followed)


def _show(app: AppContext, picked: "Iterable[Picked]") -> None:
    from vexfsctl.answers.log import log_result

    app.show_rows(log_result(picked, Coverage()))


def _tell_gaps(app: AppContext, followed: "FollowedLog", *, grown: bool = True) -> None:
    """Report what was lost meanwhile; if anything was, the exit status is 3, INCOMPLETE."""
    gaps = followed.new_gaps(grown=grown)
    if not gaps:
        return
    app.exit_status = max(app.exit_status, ExitStatus.INCOMPLETE)
    app.terminal.tell_gaps(Coverage(gaps=gaps))
    if app.output.is_json:
        for gap in gaps:
            app.write(render_ndjson_row({"kind": "gap", **asdict(gap)}))
