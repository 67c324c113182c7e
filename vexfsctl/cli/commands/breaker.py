"""`vexfsctl breaker`: see and operate circuit breakers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.options import consent_options, for_option, reason_option
from vexfsctl.cli.target_types import TARGET
from vexfsctl.cli.types import KeyValueType
from vexfsctl.host.volumes import Target
from vexfsctl.model.breaker import TIMED_ACTIONS, BreakerAction, BreakerCommand
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
@for_option("Let probes through")
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


_F = TypeVar("_F", bound=Callable[..., Any])


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
  vexfsctl breaker disable loop0/vector --for 1h --reason "known bad index"
""",
    ),
    _Verb(
        BreakerAction.OBSERVE,
        """Have the breakers of TARGET judge calls and refuse none.

        Calls that an open breaker would have refused are counted (would_reject). So new settings
        can be tried: set them, observe, look at `breaker show`, then enable.
        """,
        """\
Examples:
  vexfsctl breaker observe '*/storage' --for 24h --reason "trying a lower threshold"
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


def _untimed(function: _F) -> _F:
    return function


def _add_verb(verb: _Verb) -> None:
    timed = for_option("Close it again") if verb.action in TIMED_ACTIONS else _untimed

    @breaker.command(str(verb.action), epilog=verb.examples, help=verb.help)
    @_targets
    @timed
    @reason_option
    @consent_options
    @pass_app
    def command(
        app: AppContext,
        targets: tuple[Target, ...],
        reason: str | None,
        yes: bool,
        dry_run: bool,
        for_ms: int | None = None,
    ) -> None:
        from vexfsctl.host.changes import Consent

        order = BreakerCommand(verb.action, for_ms=for_ms, reason=reason)
        _command(app, targets, order, Consent(yes, dry_run))


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

    A KEY of the breaker is failure_threshold, window_ms, failure_rate_pct, minimum_calls,
    slow_call_ms or slow_rate_pct (when it opens), timeout_ms, open_backoff_pct or max_open_ms (how
    long), success_threshold or half_open_max_calls (when it closes). call_timeout_ms is the
    deadline of one call of the operation, max_concurrent how many of its calls run at once. Every
    value is checked before the first is written. vexfs-sysfs(5) says what they mean.
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
