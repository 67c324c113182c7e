"""`vexfsctl guard`: shell commands behind breakers that the whole host shares."""

from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.command import Command, Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.options import consent_options, for_option, reason_option
from vexfsctl.cli.param_type import ParamType
from vexfsctl.cli.types import DURATION
from vexfsctl.model.breaker import BreakerAction, BreakerCommand

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_OWN_FAILURE = 125
"""`GuardStatus.FAILED`, which help does not load."""


class BreakerNameType(ParamType[str]):
    """Name of a shared breaker; the shell completes those there are."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        # Deferred, so that help needs no breaker.
        from vexfsctl.host.guarded.places import parse_name

        return parse_name(str(value))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the breakers of this user."""
        from click.shell_completion import CompletionItem

        from vexfsctl.host.guarded.places import breaker_files

        names = breaker_files(ctx.ensure_object(AppContext).host)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class FailOnType(ParamType["frozenset[int] | None"]):
    """Exit statuses that are failures."""

    name = "statuses"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "frozenset[int] | None":
        """Return them; None for `*`."""
        from vexfsctl.host.guarded.command import parse_fail_on

        return parse_fail_on(value) if isinstance(value, str) else value


_BREAKER = BreakerNameType()
_names = click.argument("names", metavar="NAME...", type=_BREAKER, nargs=-1, required=True)

EXAMPLES = """\
Examples:
  vexfsctl guard run --breaker nas -- rsync -a /home/ nas:/backup/
  vexfsctl guard list                              which breakers there are, and why one is open
  vexfsctl guard trip nas --for 2h --reason "disk of the NAS is being replaced"
  vexfsctl guard reset nas --yes
"""


@click.group("guard", cls=Group, epilog=EXAMPLES)
def guard() -> None:
    """Run shell commands behind circuit breakers that the whole host shares.

    A breaker is a small file that all commands of a user share which name it: in
    /run/vexfsctl/breakers for root, in $XDG_RUNTIME_DIR/vexfsctl/breakers or /run/user/UID for
    others, and in the state directory where there is neither. VEXFSCTL_BREAKER_DIR names another
    directory. A reboot forgets all breakers. Python programs share them as
    CircuitBreaker(shared=FILE).
    """


class RunCommand(Command):
    """A command whose own failures must not be taken for those of what it runs."""

    failure_status = _OWN_FAILURE


@guard.command(
    "run",
    cls=RunCommand,
    epilog="""\
Examples:
  vexfsctl guard run --breaker nas --retry 3 --deadline 10m -- backup
  vexfsctl guard run --breaker api --fallback 'cat old.json' -- curl URL
  vexfsctl guard run --breaker api --fail-on 7,28 -- curl -sS URL
  # crontab(5); --within must span several runs; -q: no mail while open:
  */5 * * * * vexfsctl -q guard run --breaker nas --failures 3 --within 1h -- backup
  # systemd.service(5); an open breaker is no failure of the unit:
  ExecStart=vexfsctl guard run --breaker nas --deadline 1h -- backup
  SuccessExitStatus=75
  # CI; all jobs of a runner share the breaker:
  vexfsctl guard run --breaker hub --retry 5 -- docker pull IMAGE
""",
    context_settings={"allow_interspersed_args": False},
)
@click.option(
    "--breaker", "name", metavar="NAME", type=_BREAKER, required=True, help="The breaker."
)
@click.option(
    "--failures",
    type=click.IntRange(min=1, max=4000),
    default=5,
    show_default=True,
    metavar="N",
    help="Failures inside --within that open it, at most 4000.",
)
@click.option(
    "--within",
    "within_ms",
    type=DURATION,
    default="10s",
    show_default=True,
    metavar="DURATION",
    help="Age at which a failure no longer counts.",
)
@click.option(
    "--open-for",
    "open_for_ms",
    type=DURATION,
    default="60s",
    show_default=True,
    metavar="DURATION",
    help="How long it stays open; then one COMMAND at a time may try, and the first success "
    "closes it.",
)
@click.option(
    "--retry",
    "retries",
    type=click.IntRange(min=0, max=1_000_000),
    default=0,
    metavar="N",
    help="Try a failed COMMAND again, up to N times while the breaker is not open, after 1, 2, 4 "
    "... at most 30 seconds; only if standard input can be read again: a file, a terminal, "
    "/dev/null, closed, or at its end.",
)
@click.option(
    "--deadline",
    "deadline_ms",
    type=DURATION,
    metavar="DURATION",
    help="End COMMAND and its process group after this time, all attempts and pauses included: "
    "SIGTERM, and SIGKILL 5 seconds later. Counts as a failure.",
)
@click.option(
    "--fallback",
    metavar="CMD",
    help="Run by sh instead when the breaker is open, or when all attempts failed; its exit "
    "status is passed on.",
)
@click.option(
    "--fail-on",
    type=FailOnType(),
    default="*",
    show_default=True,
    metavar="STATUSES",
    help="Exit statuses that are failures, such as 1,2,75; * means all but 0 and 141 (SIGPIPE: "
    "who reads its output has gone). With any other, COMMAND has answered: it is neither counted "
    "nor tried again.",
)
@click.argument("command", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(
    ctx: click.Context,
    name: str,
    failures: int,
    within_ms: int,
    open_for_ms: int,
    retries: int,
    deadline_ms: int | None,
    fallback: str | None,
    fail_on: frozenset[int] | None,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND behind a shared breaker; exit with its status.

    After too many failures the breaker opens, and COMMAND is not run (75) until it may be tried
    again. COMMAND has the terminal, Ctrl-C and Ctrl-Z as in a shell; signals that end vexfsctl are
    passed on to it and count as no failure. A signal N that ended it is status 128+N. A COMMAND
    that cannot be started is no failure either. A breaker file that cannot be used is reported,
    and COMMAND runs without it.

    The environment of COMMAND has VEXFSCTL_CORR, a correlation id, and TRACEPARENT (W3C Trace
    Context) for what it calls.
    """
    from vexfsctl.host.guarded.command import GuardedCommand, run_guarded
    from vexfsctl.system.signals import end_by

    app = ctx.ensure_object(AppContext)
    guarded = GuardedCommand(
        argv=command,
        breaker=name,
        failures=failures,
        within_s=within_ms / 1000,
        open_for_s=open_for_ms / 1000,
        retries=retries,
        deadline_s=None if deadline_ms is None else deadline_ms / 1000,
        fallback=fallback,
        fail_on=fail_on,
    )
    finished = run_guarded(app.host, app.terminal, guarded, app.surroundings.environ)
    if finished.signal is not None:
        end_by(finished.signal, group=finished.whole_group)
    ctx.exit(finished.status)


@guard.command("list", epilog="Examples:\n  vexfsctl guard list --json\n")
@pass_app
def list_breakers(app: AppContext) -> None:
    """Show the shared breakers of this user, and why each is open."""
    from vexfsctl.answers.guard import guard_list
    from vexfsctl.host.guarded.breakers import read_shared

    app.show(guard_list(read_shared(app.host)))


@guard.command("show", epilog="Examples:\n  vexfsctl guard show nas\n")
@_names
@pass_app
def show_breakers(app: AppContext, names: tuple[str, ...]) -> None:
    """Show everything about the shared breakers NAME, with its meaning."""
    from vexfsctl.answers.guard import guard_show
    from vexfsctl.host.guarded.breakers import read_shared

    app.show(guard_show(read_shared(app.host, names)))


@guard.command(
    "reset", epilog='Examples:\n  vexfsctl guard reset nas --yes --reason "NAS is back"\n'
)
@_names
@reason_option
@consent_options
@pass_app
def reset_breakers(
    app: AppContext, names: tuple[str, ...], reason: str | None, yes: bool, dry_run: bool
) -> None:
    """Close the shared breakers NAME and clear their failure counts.

    Warns first of reasons not to.
    """
    _command(app, names, BreakerCommand(BreakerAction.RESET, reason=reason), yes, dry_run)


@guard.command(
    "trip",
    epilog="""\
Examples:
  vexfsctl guard trip nas --for 2h --reason "disk of the NAS is being replaced"
""",
)
@_names
@for_option("Let a command try")
@reason_option
@consent_options
@pass_app
def trip_breakers(
    app: AppContext,
    names: tuple[str, ...],
    for_ms: int | None,
    reason: str | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Open the shared breakers NAME: their commands are rejected. Makes them if there are none."""
    command = BreakerCommand(BreakerAction.TRIP, for_ms=for_ms, reason=reason)
    _command(app, names, command, yes, dry_run)


def _command(
    app: AppContext, names: tuple[str, ...], command: BreakerCommand, yes: bool, dry_run: bool
) -> None:
    from vexfsctl.answers.changes import change_result
    from vexfsctl.host.changes import Consent
    from vexfsctl.host.guarded.breakers import command_shared

    changes = command_shared(app.host, app.terminal, names, command, Consent(yes, dry_run))
    app.show(change_result(f"guard.{command.action}", changes))
