"""`vexfsctl help`: what `--help` shows, for those who ask for it in this order."""

from collections.abc import Iterator
from typing import Any

import click
from click.shell_completion import CompletionItem

from vexfsctl.cli.command import Group, UnconfiguredCommand
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.documents.commands import CommandDocument, read_command
from vexfsctl.cli.param_type import ParamType
from vexfsctl.cli.usage import NoSuchCommand
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.result import Column, CommandResult, Table

EXAMPLES = """\
Examples:
  vexfsctl help                       every command
  vexfsctl help breaker               its verbs
  vexfsctl help breaker reset         as vexfsctl breaker reset --help
  vexfsctl help breaker reset --json  for a program
"""


class CommandWordType(ParamType[str]):
    """The name of a command, or of a verb behind that; the shell completes both."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the commands, or the verbs of the one that was typed."""
        try:
            above = _context_of(ctx.params.get("words") or (), ctx.find_root())
        except click.UsageError:
            return []
        group = above.command
        return group.shell_complete(above, "") if isinstance(group, Group) else []


@click.command("help", cls=UnconfiguredCommand, epilog=EXAMPLES)
@click.argument("words", metavar="[COMMAND [VERB]]", type=CommandWordType(), nargs=-1)
@pass_app
def help(app: AppContext, words: tuple[str, ...]) -> None:  # noqa: A001 - the name of the command
    """Show the help of a command or verb.

    What --help shows too. With --json: its arguments and options, and those of its verbs.
    """
    context = _context_of(words, click.get_current_context().find_root())
    if app.output is OutputFormat.TABLE:
        app.write(context.get_help() + "\n")
        return
    document = read_command(context.command, context.parent, context.info_name or "")
    columns = (Column("NAME", lambda row: row[0]), Column("HELP", lambda row: row[1]))
    app.show(CommandResult("help", document, tables=(Table(columns, tuple(_rows(document))),)))


def _context_of(words: tuple[str, ...], context: click.Context) -> click.Context:
    """Return the context of the command that *words* name, below that of the program."""
    for word in words:
        group = context.command
        if not isinstance(group, Group):
            raise click.UsageError(f"{context.command_path} has no verbs.", context)
        command = group.get_command(context, word)
        if command is None:
            raise NoSuchCommand(word, group.offered(context), context)
        context = click.Context(command, context, info_name=word, **command.context_settings)
    return context


def _rows(document: CommandDocument) -> Iterator[tuple[str, str]]:
    yield document.path, document.summary
    for option in document.options:
        yield option.usage, option.help
    for verb in document.verbs:
        yield from _rows(verb)
