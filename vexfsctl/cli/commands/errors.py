"""`vexfsctl errors`: errors counted in groups, and compared with the counters."""

import click

from vexfsctl.analysis.errors.groups import USUAL_KEYS, GroupKey
from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.filter_options import filter_options
from vexfsctl.host.filters import Filters

EXAMPLES = """\
Examples:
  vexfsctl errors                            by severity, volume, operation and error
  vexfsctl errors --by error --by device     which error on which device
  vexfsctl errors --by minute -S -1h         when they happened, in the last hour
  vexfsctl errors --by hint -s high -n 3     what to do about the worst errors
  vexfsctl errors --log customer.dmesg.gz    the errors of a log from elsewhere
"""


@click.command("errors", cls=Command, epilog=EXAMPLES)
@filter_options
@click.option(
    "--by",
    "keys",
    type=click.Choice([key.value for key in GroupKey]),
    multiple=True,
    metavar="KEY",
    help="Group by KEY: severity, op, error, volume, hint, device or minute; repeatable. "
    "Default: severity, volume, op and error.",
)
@click.option(
    "-n", "--groups", type=click.IntRange(min=0), metavar="N", help="Show only the first N groups."
)
@pass_app
def errors(app: AppContext, filters: Filters, keys: tuple[str, ...], groups: int | None) -> None:
    """Count errors in groups, and compare them with the volumes' counters.

    An error is a failed attempt, a call past its deadline, or a line of another VexFS build that
    reports trouble. The worst come first, then the most frequent; with --by minute, the earliest.
    Unverified records and known noise are counted separately.

    Then each live volume's error counters are reconciled with the log: errors since the mount that
    are in the log, suppressed by the rate limit, or unaccounted for, with the likely cause.
    """
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.answers.errors import errors_result
    from vexfsctl.host.errors import count_errors

    chosen = tuple(map(GroupKey, keys)) or USUAL_KEYS
    counted, coverage = count_errors(app.host, filters, chosen)
    if not counted.groups:
        app.note("vexfsctl: no error matches")
    app.show(errors_result(counted.first(groups), coverage))
