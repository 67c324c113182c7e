"""The commands to type next: steps, made into command lines that can be copied."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vexfsctl.host.host import Host
from vexfsctl.host.log import live_logs_of
from vexfsctl.model.volume import Volume
from vexfsctl.render.result import Line, Span, Tone

if TYPE_CHECKING:
    from vexfsctl.analysis.health.next_steps import NextStep

_READ_A_LOG = frozenset({"log", "trace", "recover", "device"})
"""Commands that must be given again the log that an answer is from."""


@dataclass(frozen=True, slots=True)
class NextCommand:
    """A command line to type, and its purpose."""

    command: str
    purpose: str


def log_options(host: Host, volumes: Iterable[Volume]) -> tuple[str, ...]:
    """Return the words that make another command read the log that *host* was asked to read.

    Empty if the command would read it anyway. Standard input must be given again; without the word,
    the command would answer with the log of this host.
    """
    standing = {*host.usual_logs, *live_logs_of(volumes).values()}
    if standing.issuperset(host.logs):
        return ()
    return tuple(word for source in host.logs for word in ("--log", source))


def next_commands(
    steps: "Iterable[NextStep]", log_words: tuple[str, ...] = ()
) -> tuple[NextCommand, ...]:
    """Return *steps* as command lines; those that read a log end in *log_words*."""
    return tuple(NextCommand(command_line(step.words, log_words), step.purpose) for step in steps)


def command_line(words: tuple[str, ...], log_words: tuple[str, ...] = ()) -> str:
    """Return the command line of vexfsctl with *words*, quoted for a shell."""
    options = log_words if words[0] in _READ_A_LOG else ()
    return shlex.join(("vexfsctl", *words, *options))


def next_lines(commands: Iterable[NextCommand]) -> tuple[Line, ...]:
    """Return a line for each of *commands*, with the purposes aligned."""
    commands = tuple(commands)
    width = max((len(each.command) for each in commands), default=0)
    return tuple(
        (
            "next: " if at == 0 else "      ",
            Span(f"{each.command:{width}}", Tone.STRONG),
            f"  {each.purpose}",
        )
        for at, each in enumerate(commands)
    )
