"""The click tree as plain values: what man pages and the reference say about a command."""

import inspect
import re
from dataclasses import dataclass

import click

from vexfsctl.cli.command import Group, root
from vexfsctl.cli.registry import COMMANDS


@dataclass(frozen=True, slots=True)
class OptionDocument:
    """One option."""

    names: tuple[str, ...]
    """Short names first: `-y`, `--yes`."""
    value: str | None
    """Placeholder for its value; None for a switch."""
    help: str
    required: bool = False
    variable: str | None = None
    """Environment variable that sets it."""

    @property
    def usage(self) -> str:
        """The longest name with its value."""
        return self.names[-1] if self.value is None else f"{self.names[-1]} {self.value}"


@dataclass(frozen=True, slots=True)
class ArgumentDocument:
    """One argument."""

    name: str
    required: bool
    repeated: bool

    @property
    def usage(self) -> str:
        """As in a usage line."""
        name = f"{self.name}..." if self.repeated else self.name
        return name if self.required else f"[{name}]"


@dataclass(frozen=True, slots=True)
class CommandDocument:
    """One command or verb with what it takes, and its verbs."""

    path: str
    """`vexfsctl breaker reset`."""
    summary: str
    """One sentence, with its full stop."""
    paragraphs: tuple[str, ...]
    """The help after the summary."""
    arguments: tuple[ArgumentDocument, ...]
    options: tuple[OptionDocument, ...]
    """The command's own; the global ones are the root's."""
    examples: str
    """Lines of the epilog, without their common indentation and without the word Examples."""
    verbs: "tuple[CommandDocument, ...]" = ()


def read_root() -> CommandDocument:
    """Return the whole tree, without hidden commands."""
    return read_command(root, None, "vexfsctl")


def read_command(
    command: click.Command, parent: click.Context | None, name: str
) -> CommandDocument:
    """Return *command*, called *name* below *parent*, with its verbs."""
    context = click.Context(command, parent, info_name=name, **command.context_settings)
    summary, *paragraphs = _paragraphs(command.help or "")
    parameters = command.get_params(context) if parent is None else command.params
    return CommandDocument(
        path=context.command_path,
        summary=summary,
        paragraphs=tuple(paragraphs),
        arguments=tuple(_argument(p, context) for p in parameters if isinstance(p, click.Argument)),
        options=tuple(
            _option(p) for p in parameters if isinstance(p, click.Option) and not p.hidden
        ),
        examples=_examples(command.epilog or ""),
        verbs=_verbs(command, context),
    )


def _verbs(command: click.Command, context: click.Context) -> tuple[CommandDocument, ...]:
    if not isinstance(command, Group):
        return ()
    hidden = {entry.name for entry in COMMANDS if entry.hidden} if context.parent is None else set()
    children = [
        (name, command.get_command(context, name))
        for name in command.list_commands(context)
        if name not in hidden
    ]
    return tuple(
        read_command(child, context, name) for name, child in children if child is not None
    )


def _paragraphs(text: str) -> list[str]:
    """Split help into its summary sentence and the paragraphs after it."""
    summary, *paragraphs = [" ".join(p.split()) for p in inspect.cleandoc(text).split("\n\n")]
    sentence, stop, rest = summary.partition(". ")
    return [sentence + stop.strip(), *([rest] if rest else []), *paragraphs]


def _argument(argument: click.Argument, context: click.Context) -> ArgumentDocument:
    (name,) = argument.get_usage_pieces(context)
    repeated = argument.nargs == -1 or name.endswith("...")
    plain = name.removesuffix("...")
    # Brackets around a whole metavar of ours say that it is optional.
    if re.fullmatch(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]", plain):
        plain = plain[1:-1]
    return ArgumentDocument(plain, argument.required, repeated)


def _option(option: click.Option) -> OptionDocument:
    takes_value = not (option.is_flag or option.count)
    default = option.default
    shown = option.show_default and default is not None and takes_value
    return OptionDocument(
        names=tuple(sorted((*option.opts, *option.secondary_opts), key=len)),
        value=_value(option) if takes_value else None,
        help=(option.help or "") + (f" Default: {default}." if shown else ""),
        required=option.required,
        variable=option.envvar if isinstance(option.envvar, str) else None,
    )


def _value(option: click.Option) -> str:
    if option.metavar is not None:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return "|".join(option.type.choices)
    return option.type.name.upper()


def _examples(epilog: str) -> str:
    lines = epilog.strip().splitlines()
    return inspect.cleandoc("\n".join(lines[1:]))
