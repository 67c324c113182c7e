"""`vexfsctl errors`: errors counted in groups, and compared with the counters."""

import click

from vexfsctl.analysis.errors.groups import USUAL_KEYS, GroupKey
from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.filter_options import filter_options
from vexfsctl.cli.types import LOG_SOURCE
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.filters import Filters

EXAMPLES = """\
Examples:
  vexfsctl errors                            by severity, volume, operation and error
  vexfsctl errors --by error --by device     which error on which device
  vexfsctl errors --by minute -S -1h         when they happened, in the last hour
  vexfsctl errors --by hint -s high -n 3     what to do about the worst errors
  vexfsctl errors --sparkline -S -1d         how the day went
  vexfsctl errors --log customer.dmesg.gz    the errors of a log from elsewhere
  vexfsctl errors --diff old.log new.log     what is new, gone, more or less frequent
"""


@click.command("errors", cls=Command, epilog=EXAMPLES)
@filter_options
@click.option(
    "--by",
    "keys",
    type=click.Choice([key.value for key in GroupKey]),
    multiple=True,
    metavar="KEY",
    help="Group by KEY: severity, op, error, volume, hint, device, fingerprint, host or "
    "minute; repeatable. Default: severity, volume, op and error; with --diff, fingerprint.",
)
@click.option(
    "-n", "--groups", type=click.IntRange(min=0), metavar="N", help="Show only the first N groups."
)
@click.option("--sparkline", is_flag=True, help="Show with each group when its errors arose.")
@click.option(
    "--diff",
    "compared",
    type=LOG_SOURCE,
    nargs=2,
    metavar="BEFORE AFTER",
    help="Compare two logs, each named as for --log.",
)
@click.option(
    "--exit-code",
    is_flag=True,
    help="With --diff, exit with 1 if any error is new or more frequent.",
)
@pass_app
def errors(
    app: AppContext,
    filters: Filters,
    keys: tuple[str, ...],
    groups: int | None,
    sparkline: bool,
    compared: tuple[str, str] | None,
    exit_code: bool,
) -> None:
    """Count errors in groups, and compare them with the volumes' counters.

    An error is a failed attempt, a call past its deadline, or a line of another VexFS build that
    reports trouble. The worst come first, then the most frequent; with --by minute, the earliest.
    Unverified records and known noise are counted separately.

    Then each live volume's error counters are reconciled with the log: errors since the mount that
    are in the log, suppressed by the rate limit, lost since their records could not be written,
    still to be written, or unaccounted for, with the likely cause.

    A fingerprint stands for the error, its operation and its message without numbers and names: it
    is the same on every host. --diff says of each kind whether it is new or gone, or more or less
    frequent by more than chance explains.
    """
    chosen = tuple(map(GroupKey, keys))
    if compared is not None:
        _check_diff(app, compared, sparkline=sparkline)
        _compare(app, compared, filters, chosen or (GroupKey.FINGERPRINT,), groups, exit_code)
        return
    if exit_code:
        raise click.UsageError("--exit-code is for --diff")
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.answers.errors import errors_result
    from vexfsctl.answers.next_steps import log_options
    from vexfsctl.host.errors import count_errors

    keyed_by = chosen or USUAL_KEYS
    counted, coverage = count_errors(app.host, filters, keyed_by, over_time=sparkline)
    if not counted.groups:
        app.note("vexfsctl: no error matches")
    app.show(errors_result(counted.first(groups), coverage, log_options(app.host, ())))


def _check_diff(app: AppContext, compared: tuple[str, str], *, sparkline: bool) -> None:
    if sparkline:
        raise click.UsageError("--sparkline and --diff exclude each other")
    if not app.host.usual_logs.issuperset(app.logs):
        raise click.UsageError("--log and --diff exclude each other: --diff names its logs itself")
    if compared[0] == compared[1]:
        raise click.UsageError("--diff needs two different logs")


def _compare(
    app: AppContext,
    compared: tuple[str, str],
    filters: Filters,
    keys: tuple[GroupKey, ...],
    groups: int | None,
    exit_code: bool,
) -> None:
    from vexfsctl.answers.errors_diff import errors_diff
    from vexfsctl.host.errors import compare_errors

    found, coverage = compare_errors(app.host, compared, filters, keys)
    app.show(errors_diff(found.first(groups), coverage))
    if exit_code and found.is_worse:
        app.exit_status = ExitStatus.FAILED
