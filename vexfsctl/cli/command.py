"""What every click command of vexfsctl has: global options in either place, verbatim examples.

Global options may stand before or after a command's name, at every level; the last one given
wins. Only the outermost level reads the environment, so that an option always overrides it.
The examples of a command are its epilog.
"""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from vexfsctl import __version__
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.global_options import (
    ENVIRONMENT_OPTIONS,
    GLOBAL_OPTIONS,
    GlobalOption,
    configure,
    decided_options,
)
from vexfsctl.cli.registry import COMMANDS, gives_verdict
from vexfsctl.cli.usage import MissingCommand, NoSuchCommand
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.signs import stand_in

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_WHOLE = 1_000
"""Limit of a short help in characters, more than any of them has."""


class Command(click.Command):
    """A command or a verb: the parameters that it declares, and the global options."""

    failure_status: int | None = None
    """Exit status of all failures of our own, where others would be taken for another program's."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        settings = {"help_option_names": ["-h", "--help"]}
        keywords["context_settings"] = settings | (keywords.get("context_settings") or {})
        super().__init__(*arguments, **keywords)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters, help, and the global options."""
        return [*super().get_params(ctx), *_global_options(ctx)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, after noting in the application which command this is."""
        if ctx.parent is not None:
            app, words = ctx.ensure_object(AppContext), ctx.command_path.split()[1:]
            app.command = ".".join(words)
            app.judging = gives_verdict(words)
            app.failure_status = self.failure_status
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as refusal:
            # click does not say of which command an option lacks its value.
            refusal.ctx = refusal.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run, once every level has been parsed and the configuration applied."""
        if not isinstance(self, click.Group):
            self.configure(ctx)
        return super().invoke(ctx)

    def configure(self, ctx: click.Context) -> None:
        """Apply the configuration; raise ConfigurationInvalid."""
        configure(ctx.ensure_object(AppContext), decided_options(ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the command's own options; list the global ones only at the top level."""
        _write_options(super().get_params(ctx), "Options", ctx, formatter)
        if ctx.parent is None:
            title = "Global options, before or after the command"
            _write_options(_global_options(ctx), title, ctx, formatter)
        else:
            formatter.write_paragraph()
            formatter.write_text("Global options such as --json and --timeout: vexfsctl --help")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, not rewrapped as a paragraph."""
        if self.epilog:
            formatter.write(f"\n{fit_examples(self.epilog.strip(), formatter.width)}\n")


class UnconfiguredCommand(Command):
    """A command that runs whatever is in the configuration."""

    def configure(self, ctx: click.Context) -> None:
        """Leave the configuration alone."""


class Group(Command, click.Group):
    """A command with verbs."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; raise MissingCommand if there is nothing to parse."""
        if not args and not ctx.resilient_parsing:
            raise MissingCommand(ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that *args* begin with; raise NoSuchCommand if there is none."""
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            raise NoSuchCommand(name, self.offered(ctx), ctx)
        return super().resolve_command(ctx, args)

    def offered(self, ctx: click.Context) -> list[str]:
        """Return the names that help lists."""
        return self.list_commands(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the verbs in the order of their declaration."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with their whole first sentence."""
        verbs = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, verb.get_short_help_str(limit=_WHOLE)) for name, verb in verbs if verb]
            )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List verbs, then options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)


class Root(Group):
    """The program: knows its commands by name and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the registry."""
        return [entry.name for entry in COMMANDS]

    def offered(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that are not hidden."""
        return [entry.name for entry in COMMANDS if not entry.hidden]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command called *cmd_name*; None if there is none."""
        if cmd_name not in self.list_commands(ctx):
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(f"vexfsctl.cli.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Offer commands from the registry, importing none, and the global options."""
        from click.shell_completion import CompletionItem

        # The group's own method would import every command that it offers.
        offered = [
            CompletionItem(entry.name, help=entry.summary) for entry in COMMANDS if not entry.hidden
        ]
        return [*offered, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the registry, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(e.name, e.summary) for e in COMMANDS if not e.hidden])


def _global_options(ctx: click.Context) -> list[GlobalOption]:
    return ENVIRONMENT_OPTIONS if ctx.parent is None else GLOBAL_OPTIONS


def _write_options(
    options: Sequence[click.Parameter],
    title: str,
    ctx: click.Context,
    formatter: click.HelpFormatter,
) -> None:
    encoding = ctx.ensure_object(AppContext).terminal.encoding
    records = [
        option.get_help_record(ctx) for option in options if isinstance(option, click.Option)
    ]
    shown = [
        (stand_in(names, encoding), stand_in(words, encoding))
        for names, words in filter(None, records)
    ]
    if shown:
        with formatter.section(title):
            formatter.write_dl(shown)


_EXAMPLE = re.compile(r"(?P<command>  \S(?:.*?\S)?)(?: {2,}(?P<purpose>\S.*))?")
_BELOW = " " * 6


def fit_examples(examples: str, width: int) -> str:
    """Return *examples* with no line longer than *width*, as far as words allow."""
    lines = examples.splitlines()
    if all(len(line) <= width for line in lines):
        return examples
    return "\n".join(fitted for line in lines for fitted in _fit_line(line, width))


def _fit_line(line: str, width: int) -> Iterator[str]:
    match = _EXAMPLE.fullmatch(line)
    if match is None:
        yield line
        return
    yield from _continued(match["command"], width)
    if match["purpose"] is not None:
        yield _BELOW + match["purpose"]


def _continued(command: str, width: int) -> Iterator[str]:
    while len(command) > width:
        # After a space that is not indentation; the backslash takes two characters.
        end = command.rfind(" ", len(_BELOW), width - 1)
        if end < 0:
            break
        yield f"{command[:end]} \\"
        command = _BELOW + command[end + 1 :]
    yield command


EXAMPLES = """\
Examples:
  vexfsctl status                           what is wrong, and what to type next
  vexfsctl trace --last                     the last incident, down to the failing sector
  vexfsctl breaker reset loop0/storage      close a breaker that tripped
  vexfsctl volume show loop0 --json         one volume, for a program to read
"""


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    app = ctx.ensure_object(AppContext)
    if app.output is OutputFormat.TABLE:
        app.write(f"vexfsctl {__version__}\n")
    else:
        # Deferred: asking for the versions of packages takes longer than all else.
        from vexfsctl.answers.version import version_result

        app.show(version_result())
    ctx.exit()


@click.group("vexfsctl", cls=Root, epilog=EXAMPLES)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version; with --json also those of what it runs on.",
)
def root() -> None:
    """See and operate the error handling of VexFS volumes.

    A volume is served by the VexFS kernel module or by vexfsctl mount; both show the same
    attributes and write the same records, and every command works on either. Start with status.
    """
