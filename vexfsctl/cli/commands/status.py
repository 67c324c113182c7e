"""`vexfsctl status`: what is wrong, in one screen."""

from typing import TYPE_CHECKING

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.options import window_option
from vexfsctl.cli.target_types import VOLUME
from vexfsctl.cli.types import SECONDS
from vexfsctl.host.volumes import Target
from vexfsctl.render.envelope import render_ndjson_row
from vexfsctl.render.result import CommandResult
from vexfsctl.render.signs import stand_in

if TYPE_CHECKING:
    from vexfsctl.host.guarded.breakers import SharedBreakers
    from vexfsctl.host.host import Host

CLEAR_SCREEN = "\x1b[H\x1b[2J"

EXAMPLES = """\
Examples:
  vexfsctl status                          every volume, open breakers, recent errors, next step
  vexfsctl status loop0 --window 15m       one volume, errors of the last 15 minutes
  vexfsctl status -x                       only volumes with something wrong
  vexfsctl status --watch --interval 5     refreshed every 5 seconds
  vexfsctl status --log customer.dmesg     a log from elsewhere, judged by its last hour
  vexfsctl status --exit-code >/dev/null   for scripts: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
"""


@click.command("status", cls=Command, epilog=EXAMPLES)
@click.argument("volumes", metavar="[VOLUME]...", type=VOLUME, nargs=-1)
@click.option("-x", "--problems", is_flag=True, help="Show only volumes with something wrong.")
@click.option("-w", "--watch", is_flag=True, help="Repeat until interrupted.")
@click.option(
    "--interval",
    type=SECONDS,
    default="2",
    show_default=True,
    metavar="SECONDS",
    help="Interval of --watch.",
)
@window_option("status")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with the verdict: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
)
@pass_app
def status(
    app: AppContext,
    volumes: tuple[Target, ...],
    problems: bool,
    watch: bool,
    interval: float,
    window_ms: int | None,
    exit_code: bool,
) -> None:
    """Show what is wrong, in one screen: volumes, breakers, recent errors, next step.

    Where something is wrong with a volume, the kernel's lines of trouble with the devices below it
    are counted; of a saved log without such a volume, those about all devices. The worst come
    first: what was not recovered, and causes before what follows from them. What a replay of a
    recovery reads is left out. Breakers that shell commands share (vexfsctl guard) are listed, and
    do not change the verdict.
    """
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.answers.next_steps import log_options
    from vexfsctl.answers.status import status_result
    from vexfsctl.host.assessment import assess

    host = app.host
    while True:
        assessment = assess(host, volumes, window_ms)
        log_words = log_options(host, assessment.observation.volumes)
        result = status_result(
            assessment, log_words, _shared_breakers(host, volumes), only_problems=problems
        )
        if not watch:
            # The screen to look at first: a pager would hide what is shown beside it.
            app.show(result, paged=False)
            if exit_code:
                app.exit_status = assessment.summary.verdict
            return
        _refresh(app, result)
        host.clock.sleep(interval)


def _shared_breakers(host: "Host", volumes: tuple[Target, ...]) -> "SharedBreakers | None":
    """Return those of this host, where the question is about all of it."""
    from vexfsctl.host.guarded.places import breaker_files

    if volumes or set(host.logs) - host.usual_logs or not breaker_files(host):
        return None
    from vexfsctl.host.guarded.breakers import read_shared

    return read_shared(host)


def _refresh(app: AppContext, result: CommandResult) -> None:
    if app.output.is_json:
        app.write(render_ndjson_row(result.data))
        return
    text, terminal = app.text_of(result), app.terminal
    if terminal.shows_screens:
        app.write(CLEAR_SCREEN + _top(text, terminal.height, terminal.encoding))
    else:
        app.write(text + "\n")


def _top(text: str, height: int, encoding: str) -> str:
    """Return as much of *text* as keeps its first line, the verdict, on the screen."""
    lines = text.splitlines(keepends=True)
    if len(lines) < height:
        return text
    shown = height - 2
    return "".join(lines[:shown]) + stand_in(f"… {len(lines) - shown} more lines", encoding)
