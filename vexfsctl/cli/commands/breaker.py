"""`vexfsctl breaker`: see and operate circuit breakers."""

import click

from vexfsctl.cli.breaker_actions import command_breakers
from vexfsctl.cli.breaker_probing import reset_by_probes
from vexfsctl.cli.breaker_reports import breaker_list, breaker_show
from vexfsctl.cli.breaker_waiting import wait_for_breaker
from vexfsctl.cli.changes import Consent, change_result, consent_options, reason_option
from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.settings import Task, carry_out_settings, parse_settings
from vexfsctl.cli.targets import TARGET, Target, consult
from vexfsctl.cli.types import DURATION, KeyValueType
from vexfsctl.model.breaker import BreakerAction, BreakerCommand
from vexfsctl.sysfs.attributes import BREAKER_KEYS

_targets = click.argument("targets", metavar="TARGET...", type=TARGET, nargs=-1, required=True)


@click.group(
    "breaker",
    cls=Group,
    epilog="""\
Examples:
  vexfsctl breaker list                          every breaker, and why it is open
  vexfsctl breaker show loop0/storage            one breaker whole
  vexfsctl breaker reset loop0/storage --probe   close it once harmless calls succeed
  vexfsctl breaker trip 'loop*/sync' --for 15m --reason "array rebuild"
""",
)
def breaker() -> None:
    """See and operate the circuit breakers of volumes.

    A TARGET is VOLUME or VOLUME/OPERATION; an operation is superblock, inode, file, directory,
    vector, storage or sync. Quoted globs work: '*/sync'; '*' means all.
    """


@breaker.command(
    "list",
    epilog="""\
Examples:
  vexfsctl breaker list
  vexfsctl breaker list '*/storage' --json
""",
)
@click.argument("targets", metavar="[TARGET]...", type=TARGET, nargs=-1)
@pass_app
def list_breakers(app: AppContext, targets: tuple[Target, ...]) -> None:
    """Show every breaker of TARGET, all without one, and why it is open."""
    app.show(breaker_list(consult(app, targets), app.clock.now_ns()))


@breaker.command(
    "show",
    epilog="""\
Examples:
  vexfsctl breaker show loop0/storage
  vexfsctl breaker show loop0 --json
""",
)
@_targets
@pass_app
def show_breakers(app: AppContext, targets: tuple[Target, ...]) -> None:
    """Show counters, state and settings of TARGET, with what they mean."""
    app.show(breaker_show(consult(app, targets), app.clock.now_ns()))


@breaker.command(
    "trip",
    epilog="""\
Examples:
  vexfsctl breaker trip loop0/storage --for 15m --reason "array rebuild"
  vexfsctl breaker trip '*/sync' --yes
""",
)
@_targets
@click.option(
    "--for",
    "for_ms",
    metavar="DURATION",
    type=DURATION,
    help="Let probes through after this time: 90s, 15m, 1h30m. Default: stay until reset.",
)
@reason_option
@consent_options
@pass_app
def trip_breakers(
    app: AppContext,
    targets: tuple[Target, ...],
    for_ms: int | None,
    reason: str | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Open the breakers of TARGET by hand: their calls are refused."""
    command = BreakerCommand(BreakerAction.TRIP, for_ms=for_ms, reason=reason)
    app.show(command_breakers(app, targets, command, Consent(yes, dry_run)))


@breaker.command(
    "reset",
    epilog="""\
Examples:
  vexfsctl breaker reset loop0/storage --probe
  vexfsctl breaker reset loop0/storage --yes --reason "disk replaced"
""",
)
@_targets
@click.option(
    "--probe",
    is_flag=True,
    help="Send harmless calls of that type through the mount, and let their success close it.",
)
@reason_option
@consent_options
@pass_app
def reset_breakers(
    app: AppContext,
    targets: tuple[Target, ...],
    probe: bool,
    reason: str | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Close the breakers of TARGET and forget the failures they counted.

    First tells what is known against it. With --probe nothing is closed by hand: one harmless
    call after the other goes through the mount (statfs, getattr, read of a file, listing,
    getxattr, fsync of a file opened for it) until the breaker has closed itself, which --timeout
    bounds; it ends with status 1 if it does not.
    """
    app.waits = probe
    command = BreakerCommand(BreakerAction.RESET, reason=reason)
    execute = reset_by_probes if probe else None
    app.show(command_breakers(app, targets, command, Consent(yes, dry_run), execute))


@breaker.command(
    "probe",
    epilog="""\
Examples:
  vexfsctl breaker probe loop0/storage
  vexfsctl breaker probe loop0/storage --yes --reason "cable reseated"
""",
)
@_targets
@reason_option
@consent_options
@pass_app
def probe_breakers(
    app: AppContext, targets: tuple[Target, ...], reason: str | None, yes: bool, dry_run: bool
) -> None:
    """Make the open breakers of TARGET half-open, without waiting for their time.

    The next calls of applications decide then; to decide it by harmless ones: reset --probe.
    """
    command = BreakerCommand(BreakerAction.PROBE, reason=reason)
    app.show(command_breakers(app, targets, command, Consent(yes, dry_run)))


@breaker.command(
    "disable",
    epilog="""\
Examples:
  vexfsctl breaker disable loop0/vector --reason "known bad index"
""",
)
@_targets
@reason_option
@consent_options
@pass_app
def disable_breakers(
    app: AppContext, targets: tuple[Target, ...], reason: str | None, yes: bool, dry_run: bool
) -> None:
    """Switch the breakers of TARGET off: they judge nothing and let every call pass."""
    command = BreakerCommand(BreakerAction.DISABLE, reason=reason)
    app.show(command_breakers(app, targets, command, Consent(yes, dry_run)))


@breaker.command(
    "enable",
    epilog="""\
Examples:
  vexfsctl breaker enable loop0/vector
""",
)
@_targets
@reason_option
@consent_options
@pass_app
def enable_breakers(
    app: AppContext, targets: tuple[Target, ...], reason: str | None, yes: bool, dry_run: bool
) -> None:
    """Switch the breakers of TARGET on again, closed."""
    command = BreakerCommand(BreakerAction.ENABLE, reason=reason)
    app.show(command_breakers(app, targets, command, Consent(yes, dry_run)))


@breaker.command(
    "set",
    epilog="""\
Examples:
  vexfsctl breaker set loop0/storage failure_threshold=8 timeout_ms=30000
  vexfsctl breaker set '*/sync' call_timeout_ms=10000 --dry-run
""",
)
@click.argument("target", metavar="TARGET", type=TARGET)
@click.argument(
    "settings", metavar="KEY=VALUE...", type=KeyValueType(BREAKER_KEYS), nargs=-1, required=True
)
@consent_options
@pass_app
def set_breaker(
    app: AppContext, target: Target, settings: tuple[str, ...], yes: bool, dry_run: bool
) -> None:
    """Change settings of the breakers of TARGET.

    A KEY is failure_threshold, success_threshold, timeout_ms, window_ms or half_open_max_calls
    of the breaker, or call_timeout_ms: the deadline of one call of the operation. Every value is
    checked before the first is written. vexfs-sysfs(5) says what they mean.
    """
    parsed = parse_settings(settings, BREAKER_KEYS)
    consulted = consult(app, [target])
    consulted.require_answers()
    tasks = [
        Task(chosen.name, chosen.volume, setting.attribute.of(chosen.operation).path, setting)
        for chosen in consulted.operations
        for setting in parsed
    ]
    outcomes = carry_out_settings(app, tasks, Consent(yes, dry_run))
    app.show(change_result("breaker.set", outcomes, consulted))


@breaker.command(
    "wait",
    epilog="""\
Examples:
  vexfsctl breaker wait loop0/storage --until closed --timeout 2m
""",
)
@click.argument("target", metavar="VOLUME/OPERATION", type=TARGET)
@click.option(
    "--until",
    type=click.Choice(["closed", "open", "half_open"]),
    required=True,
    help="The state to wait for; open is also one that an operator tripped.",
)
@pass_app
def wait_breaker(app: AppContext, target: Target, until: str) -> None:
    """Wait until one breaker is in a state; status 1 if it is not so at --timeout."""
    app.waits = True
    app.show(wait_for_breaker(app, target, until))
