"""`vexfsctl trace`: one incident from the application's call down to the kernel's own lines."""

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.filter_options import filter_options
from vexfsctl.cli.target_types import INCIDENT
from vexfsctl.host.filters import Filters

EXAMPLES = """\
Examples:
  vexfsctl trace --last                      the most recent error
  vexfsctl trace --last -v                   and why which device is to blame
  vexfsctl trace 2A                          an id, or its last digits if they are unambiguous
  vexfsctl trace loop0/storage               the most recent error there
  vexfsctl trace CORR-6F1C93A20000002A --json
  vexfsctl trace --last --log saved.kmsg     from a saved log
  vexfsctl trace CALL-3@read_file            a numbered call of an earlier build
"""


@click.command("trace", cls=Command, epilog=EXAMPLES)
@click.argument(
    "incidents", metavar="[ID|CALL-N[@SITE]|VOLUME[/OPERATION]]...", type=INCIDENT, nargs=-1
)
@click.option("--last", is_flag=True, help="Show the most recent incident with an error.")
@filter_options
@pass_app
def trace(app: AppContext, incidents: tuple[str, ...], last: bool, filters: Filters) -> None:
    """Show one incident: its timeline, causes, consequences and what to do.

    The first lines name the device, filesystem or stuck task to blame, with a certainty from 0 to
    1 that comes from the kernel's own lines about it; --verbose shows the arithmetic for each
    suspect. Volumes that fail at once point to what they share. If the kernel wrote nothing, trace
    says why that is: device mapper and md, for instance, fail requests without a line.

    The timeline shows the application's call and its nested calls with every attempt, the kernel's
    own lines about the backing device at that time, and if a breaker opened, what happened until it
    closed. If no line of that time tells the cause, trouble of the three minutes before is shown,
    which may last; in a log without times, what stands beside the records. ID may be the last
    digits of an id, at least two. Earlier builds number the calls of each call site from 1: CALL-3
    is such a call, CALL-3@read_file names the call site too, and CALL-3@read_file#2 also the load
    of the module. Filters narrow the choice of incidents.
    """
    if last == bool(incidents):
        raise click.UsageError("give an id, CALL-N, VOLUME[/OPERATION], or --last")
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.host.trace import IncidentLog

    log = IncidentLog(app.host, filters)
    found = {id(subject): subject for subject in map(log.find, incidents or (None,))}
    traces = [log.trace(subject) for subject in found.values()]
    # Deferred, so that a failure to find one needs no words for it.
    from vexfsctl.answers.next_steps import log_options
    from vexfsctl.answers.trace import trace_result

    words = log_options(app.host, log.volumes)
    app.show(trace_result(traces, words, verbose=app.verbose))
