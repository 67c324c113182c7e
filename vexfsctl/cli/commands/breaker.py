"""`vexfsctl breaker`: see and operate circuit breakers."""

from typing import TYPE_CHECKING, NamedTuple

import click

from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.options import consent_options, reason_option
from vexfsctl.cli.target_types import TARGET
from vexfsctl.cli.types import DURATION, KeyValueType
from vexfsctl.host.volumes import Target
from vexfsctl.model.breaker import BreakerAction, BreakerCommand
from vexfsctl.sysfs.attributes import BREAKER_KEYS

if TYPE_CHECKING:
    from vexfsctl.host.breaker.command import Execution
    from vexfsctl.host.changes import Consent

_targets = click.argument("targets", metavar="TARGET...", type=TARGET, nargs=-1, required=True)


@click.group(
    "breaker",
    cls=Group,
    epilog="""\
Examples:
  vexfsctl breaker list                          every breaker, and why it is open
  vexfsctl breaker show loop0/storage            one breaker in full
  vexfsctl breaker reset loop0/storage --probe   close it once harmless calls succeed
  vexfsctl breaker trip 'loop*/sync' --for 15m --reason "array rebuild"
""",
)
def breaker() -> None:
    """Show and operate the circuit breakers of volumes.

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
    """Show the breakers of TARGET (default: all), and why each is open."""
    # Deferred in every verb, so that each loads only what it needs.
    from vexfsctl.answers.breaker import breaker_list
    from vexfsctl.host.volumes import consult_breakers

    app.show(breaker_list(consult_breakers(app.host, targets), app.host.clock.now_ns()))


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
    """Show state, counters and settings of the breakers of TARGET, with their meaning."""
    from vexfsctl.answers.breaker import breaker_show
    from vexfsctl.host.volumes import consult_breakers

    app.show(breaker_show(consult_breakers(app.host, targets), app.host.clock.now_ns()))


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
    help="Let probes through after this time: 90s, 15m, 1h30m. Default: stay open until reset.",
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
    """Open the breakers of TARGET: their calls are rejected."""
    from vexfsctl.host.changes import Consent

    command = BreakerCommand(BreakerAction.TRIP, for_ms=for_ms, reason=reason)
    _command(app, targets, command, Consent(yes, dry_run))


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
    help="Send harmless calls of that type through the mount; their success closes it.",
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
    """Close the breakers of TARGET and clear their failure counts.

    Warns first of reasons not to. With --probe nothing is closed by hand: harmless calls go
    through the mount one by one (statfs, getattr, read of a file, directory listing, getxattr,
    fsync of a file opened for it) until the breaker closes itself. Exits with 1 if it has not
    closed by --timeout.
    """
    from vexfsctl.host.breaker.probe import reset_by_probes
    from vexfsctl.host.changes import Consent

    app.waits = probe
    command = BreakerCommand(BreakerAction.RESET, reason=reason)
    execute = reset_by_probes if probe else None
    _command(app, targets, command, Consent(yes, dry_run), execute)


class _Verb(NamedTuple):
    """A verb that only sends a command to breakers."""

    action: BreakerAction
    help: str
    examples: str


_VERBS = (
    _Verb(
        BreakerAction.PROBE,
        """Make the open breakers of TARGET half-open now, before their timeout ends.

        Application calls then decide; to use harmless calls instead: reset --probe.
        """,
        """\
Examples:
  vexfsctl breaker probe loop0/storage
  vexfsctl breaker probe loop0/storage --yes --reason "cable reseated"
""",
    ),
    _Verb(
        BreakerAction.DISABLE,
        "Disable the breakers of TARGET: they count nothing and let every call pass.",
        """\
Examples:
  vexfsctl breaker disable loop0/vector --reason "known bad index"
""",
    ),
    _Verb(
        BreakerAction.ENABLE,
        "Enable the breakers of TARGET again, closed.",
        """\
Examples:
  vexfsctl breaker enable loop0/vector
""",
    ),
)


def _add_verb(verb: _Verb) -> None:
    @breaker.command(str(verb.action), epilog=verb.examples, help=verb.help)
    @_targets
    @reason_option
    @consent_options
    @pass_app
    def command(
        app: AppContext, targets: tuple[Target, ...], reason: str | None, yes: bool, dry_run: bool
    ) -> None:
        from vexfsctl.host.changes import Consent

        _command(app, targets, BreakerCommand(verb.action, reason=reason), Consent(yes, dry_run))


for _verb in _VERBS:
    _add_verb(_verb)


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
    from vexfsctl.answers.changes import change_result
    from vexfsctl.host.changes import Consent
    from vexfsctl.host.settings import parse_settings, set_breakers

    parsed = parse_settings(settings, BREAKER_KEYS)
    changes = set_breakers(app.host, app.terminal, target, parsed, Consent(yes, dry_run))
    app.show(change_result("breaker.set", changes))


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
    help="The state to wait for; open includes breakers tripped by an operator.",
)
@pass_app
def wait_breaker(app: AppContext, target: Target, until: str) -> None:
    """Wait until one breaker is in a state; exit with 1 if it is not by --timeout."""
    from vexfsctl.answers.breaker import breaker_wait
    from vexfsctl.host.breaker.wait import wait_for_breaker

    app.waits = True
    app.show(breaker_wait(wait_for_breaker(app.host, target, until)))


def _command(
    app: AppContext,
    targets: tuple[Target, ...],
    command: BreakerCommand,
    consent: "Consent",
    execute: "Execution | None" = None,
) -> None:
    from vexfsctl.answers.changes import change_result
    from vexfsctl.host.breaker.command import command_breakers

    changes = command_breakers(app.host, app.terminal, targets, command, consent, execute)
    app.show(change_result(f"breaker.{command.action}", changes))
