"""`vexfsctl check`: the verdict of `status` in one line, for monitoring systems."""

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.options import window_option
from vexfsctl.cli.target_types import VOLUME
from vexfsctl.host.volumes import Target

EXAMPLES = """\
Examples:
  vexfsctl check                        every volume of this host
  vexfsctl check loop0 --window 15m     one volume, errors of the last 15 minutes
  vexfsctl check --json                 with every reason and number by name
  vexfsctl check --log customer.dmesg   a log from elsewhere, judged by its last hour
"""


@click.command("check", cls=Command, epilog=EXAMPLES)
@click.argument("volumes", metavar="[VOLUME]...", type=VOLUME, nargs=-1)
@window_option("check")
@pass_app
def check(app: AppContext, volumes: tuple[Target, ...], window_ms: int | None) -> None:
    """Report volume health to monitoring: OK, WARNING, CRITICAL or UNKNOWN, with numbers.

    One line in the format of the Monitoring Plugins guidelines: the verdict, the worst reasons,
    and after the bar the performance data. The exit status is the verdict: 0 OK, 1 WARNING,
    2 CRITICAL, 3 UNKNOWN; wrong usage and failures exit with 3 too.

    CRITICAL means an open superblock or storage breaker, a volume that does not answer, refused
    writes, or errors of critical severity. WARNING means any other breaker that is not closed,
    calls past their deadline, a volume that only a busy host keeps from answering in time, or
    errors of high severity. If no attribute tree answers, the verdict rests on the log alone.
    """
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.answers.check import check_result
    from vexfsctl.host.assessment import assess

    host = app.host
    assessment = assess(host, volumes, host.windows.check_ms if window_ms is None else window_ms)
    # Before it is shown: a reader that has gone must not change the verdict.
    app.exit_status = assessment.summary.verdict
    app.show(check_result(assessment))
