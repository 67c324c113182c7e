"""`vexfsctl status`: what is wrong, in one screen."""

from typing import TYPE_CHECKING

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.targets import VOLUME, Target, consult
from vexfsctl.cli.types import DURATION, SECONDS
from vexfsctl.render.envelope import render_ndjson_row

if TYPE_CHECKING:
    from vexfsctl.cli.status_report import StatusAnswer

CLEAR_SCREEN = "\x1b[H\x1b[2J"

EXAMPLES = """\
Examples:
  vexfsctl status                          every volume, open breakers, recent errors, next step
  vexfsctl status loop0 --window 15m       one volume, errors of the last quarter of an hour
  vexfsctl status -x                       only volumes with something wrong
  vexfsctl status --watch --interval 5     look again every 5 seconds
  vexfsctl status --exit-code >/dev/null   for scripts: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
"""


@click.command("status", cls=Command, epilog=EXAMPLES)
@click.argument("volumes", metavar="[VOLUME]...", type=VOLUME, nargs=-1)
@click.option("-x", "--problems", is_flag=True, help="Leave out volumes with nothing wrong.")
@click.option("-w", "--watch", is_flag=True, help="Look again and again, until interrupted.")
@click.option(
    "--interval",
    type=SECONDS,
    default="2",
    show_default=True,
    metavar="SECONDS",
    help="How often --watch looks.",
)
@click.option(
    "--window",
    "window_ms",
    type=DURATION,
    default="1h",
    show_default=True,
    metavar="TIME",
    help="How far back errors count.",
)
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
    window_ms: int,
    exit_code: bool,
) -> None:
    """Show what is wrong, in one screen: volumes, breakers, recent errors, next step."""
    while True:
        answer = _look(app, volumes, window_ms)
        if not watch:
            app.show(answer.result(only_problems=problems))
            if exit_code:
                app.exit_status = answer.summary.verdict
            return
        _refresh(app, answer, problems)
        app.clock.sleep(interval)


def _look(app: AppContext, targets: tuple[Target, ...], window_ms: int) -> "StatusAnswer":
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.cli.evidence import read_evidence, recent_window, source_names, unreadable_log
    from vexfsctl.cli.status_report import StatusAnswer
    from vexfsctl.exceptions import LogUnreadable

    # The tree before the log: what happens between the two readings is then in the log at least.
    consulted = consult(app, targets)
    try:
        evidence = read_evidence(app, consulted.volumes)
    except LogUnreadable as failure:
        if app.logs:
            raise
        coverage = unreadable_log(source_names(app, consulted.volumes), failure)
        return StatusAnswer.of(consulted, (), coverage, recent_window(app, (), window_ms))
    window = recent_window(app, evidence.reading.records, window_ms)
    coverage = evidence.reading.coverage(window.since_us)
    return StatusAnswer.of(consulted, evidence.own_entries, coverage, window)


def _refresh(app: AppContext, answer: "StatusAnswer", only_problems: bool) -> None:
    result = answer.result(only_problems=only_problems)
    if app.output.is_json:
        app.write(render_ndjson_row(result.data))
        return
    text = app.text_of(result)
    app.write(CLEAR_SCREEN + _top(text, app.height) if app.on_terminal else text + "\n")


def _top(text: str, height: int) -> str:
    """As much of *text* as leaves its first line, the verdict, on the screen."""
    lines = text.splitlines(keepends=True)
    if len(lines) < height:
        return text
    shown = height - 2
    return "".join(lines[:shown]) + f"… {len(lines) - shown} lines more"
