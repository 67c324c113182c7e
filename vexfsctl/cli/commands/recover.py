"""`vexfsctl recover`: an error's hints, carried out step by step, and the ledger of past runs."""

import functools
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.error_type import ERROR
from vexfsctl.cli.options import consent_options, reason_option
from vexfsctl.cli.target_types import INCIDENT
from vexfsctl.cli.types import PATH, SECONDS, SIZE
from vexfsctl.host.changes import Consent
from vexfsctl.host.recovery.request import Asked, Place, ReplayRequest
from vexfsctl.model.hints import HintKind

EXAMPLES = """\
Examples:
  vexfsctl recover plan loop0/storage                        steps for the latest error there
  vexfsctl recover plan 2A --device /dev/loop0               the same for the device below
  vexfsctl recover replay loop0/storage --device /dev/loop0 --probe
  vexfsctl recover history                                   what was done, with what result
"""


@click.group("recover", cls=Group, epilog=EXAMPLES)
def recover() -> None:
    """Turn the hints of an error into recovery steps, run them, and see past runs.

    Say what to recover: an id or its last digits, CALL-N (a numbered call of an earlier build,
    as trace shows it), VOLUME or VOLUME/OPERATION (the latest error there), --error NAME, or
    --hints. The contents of a device are never written to.
    """


def _complete_hints(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the hints that may follow the words typed so far."""
    given, comma, begun = incomplete.rpartition(",")
    words = [hint for hint in HintKind if hint.startswith(begun) and hint not in given.split(",")]
    return [f"{given}{comma}{word}" for word in words]


_OPTIONS = (
    click.argument(
        "incident",
        metavar="[ID|CALL-N[@SITE]|VOLUME[/OPERATION]]",
        type=INCIDENT,
        required=False,
    ),
    click.option(
        "--error",
        metavar="NAME",
        type=ERROR,
        help="An error by name: IoError.ReadError.",
    ),
    click.option(
        "--hints",
        metavar="HINTS",
        shell_complete=_complete_hints,
        help="Hints alone: a flag word (0x07), or words (retry:500,use_fallback).",
    ),
    click.option("--device", type=PATH, help="The block device to work on."),
    click.option("--fallback", type=PATH, help="A device with a copy to compare with."),
    click.option(
        "--offset",
        type=SIZE,
        help="First failing byte of the device. Default: what the kernel logged with the "
        "incident, else a sample of the device.",
    ),
    click.option("--length", type=SIZE, help="Length of the failing range. Default: 128KiB."),
)
"""Add the options that say what to recover, and where."""


def _subject_options(function: Callable[..., None]) -> Callable[..., None]:
    """Pass what to recover as `asked`, and where as `place`."""

    @functools.wraps(function)
    def command(*arguments: Any, **options: Any) -> None:
        asked = Asked(**{field.name: options.pop(field.name) for field in fields(Asked)})
        place = Place(**{field.name: options.pop(field.name) for field in fields(Place)})
        if not asked.names_one:
            raise click.UsageError(
                "give an id, CALL-N or VOLUME[/OPERATION], or --error, or --hints"
            )
        function(*arguments, asked=asked, place=place, **options)

    for option in reversed(_OPTIONS):
        option(command)
    return command


@recover.command(
    "plan",
    epilog="""\
Examples:
  vexfsctl recover plan loop0/storage
  vexfsctl recover plan 2A --device /dev/sdb --fallback /dev/sdc
  vexfsctl recover plan --error IoError.ReadError
  vexfsctl recover plan --hints 0x07 --device /dev/sdb --offset 1MiB --length 64KiB --json
""",
)
@_subject_options
@pass_app
def plan(app: AppContext, asked: Asked, place: Place) -> None:
    """Show the planned steps, with reason, risk and objections.

    With --device the steps are for that device, without it for the volume. Nothing is changed,
    and nothing is read from a device.
    """
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.answers.next_steps import log_options
    from vexfsctl.answers.recovery.plan import plan_result
    from vexfsctl.host.recovery.plan import plan_recovery

    planned = plan_recovery(app.host, asked, place, to_read=False)
    app.show(plan_result(planned, log_options(app.host, planned.found.volumes)))


@recover.command(
    "replay",
    epilog="""\
Examples:
  vexfsctl recover replay loop0/storage --device /dev/loop0
  vexfsctl recover replay 2A --device /dev/sdb --fallback /dev/sdc --yes --probe
  vexfsctl recover replay loop0/storage --yes             through the volume: probe, access mode
  vexfsctl recover replay --error IoError.ReadError --device /dev/sdb --dry-run
""",
)
@_subject_options
@click.option(
    "--all", "all_steps", is_flag=True, help="Run the remaining steps even if the fault is gone."
)
@click.option("--probe", is_flag=True, help="Afterwards probe the breaker if it is open.")
@click.option(
    "--read-timeout",
    type=SECONDS,
    default="10",
    show_default=True,
    metavar="SECONDS",
    help="Deadline of one read of the device.",
)
@reason_option
@consent_options
@pass_app
def replay(
    app: AppContext,
    asked: Asked,
    place: Place,
    all_steps: bool,
    probe: bool,
    read_timeout: float,
    reason: str | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Run the plan step by step until the fault is verified gone.

    Each step is recorded in the ledger before and after it runs, and in the log under the
    incident's id. Exit status 0: the fault is gone. 4: all steps ran, but the fault is still
    there or not proven gone. 5: a person must act; the output says what to do. 1: the replay
    could not start or continue. --timeout bounds each wait and the probe, never the whole replay.
    """
    # Deferred, so that help needs neither tree nor log.
    from vexfsctl.answers.next_steps import log_options
    from vexfsctl.answers.recovery.plan import dry_run_result
    from vexfsctl.answers.recovery.replay import replay_result
    from vexfsctl.host.recovery.plan import plan_recovery
    from vexfsctl.host.recovery.replay import replay_recovery

    app.waits = True
    host = app.host
    if dry_run:
        planned = plan_recovery(host, asked, place, to_read=False)
        app.show(dry_run_result(planned, log_options(host, planned.found.volumes)))
        return
    request = ReplayRequest(
        asked=asked,
        place=place,
        consent=Consent(yes, dry_run=False),
        all_steps=all_steps,
        probe=probe,
        read_timeout_s=read_timeout,
        reason=reason,
    )
    done = replay_recovery(host, app.terminal, request)
    app.show(replay_result(done, log_options(host, done.planned.found.volumes)))


@recover.command(
    "history",
    epilog="""\
Examples:
  vexfsctl recover history
  vexfsctl recover history /dev/loop0 -n 1 --json
""",
)
@click.argument("asked", metavar="[ID|DEVICE|VOLUME]", type=INCIDENT, required=False)
@click.option(
    "-n", "limit", type=click.IntRange(min=1), metavar="N", help="The latest N. Default: all."
)
@pass_app
def history(app: AppContext, asked: str | None, limit: int | None) -> None:
    """Show past replays, the latest last: steps, outcomes and results.

    A replay that was killed is shown as interrupted. ID is the id of a replay or of its incident.
    """
    from vexfsctl.answers.recovery.history import history_result
    from vexfsctl.host.recovery.history import read_history

    app.show(history_result(read_history(app.host, asked, limit), asked))
