"""Every command of the program, with the least that makes it say something.

Run as a program it runs them all in its environment and prints what became of each as JSON.
"""

import json
import os
import sys
from dataclasses import asdict

import click

from tests.support.program import Program
from vexfsctl.cli.command import root

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "status": (),
    "check": (),
    "log": (),
    "errors": (),
    "trace": ("--last",),
    "explain": ("EIO",),
    "breaker list": (),
    "breaker show": ("*",),
    "breaker trip": ("*", "--dry-run"),
    "breaker reset": ("*", "--dry-run"),
    "breaker probe": ("*/storage", "--dry-run"),
    "breaker disable": ("*", "--dry-run"),
    "breaker observe": ("*", "--for", "1h", "--dry-run"),
    "breaker enable": ("*", "--dry-run"),
    "breaker set": ("*", "timeout_ms=30000", "--dry-run"),
    "breaker wait": ("sdq1/file", "--until", "closed"),
    "guard list": (),
    "guard show": ("backup",),
    "guard reset": ("backup", "--dry-run"),
    "guard trip": ("backup", "--for", "1h", "--dry-run"),
    "volume list": (),
    "volume show": ("*",),
    "volume set": ("*", "access_mode=ro", "--dry-run"),
    "device list": (),
    "device show": (),
    "recover plan": ("--error", "IoError.ReadError"),
    "recover replay": ("--error", "IoError.ReadError", "--device", "/dev/vexfs-none", "--dry-run"),
    "recover history": (),
    "umount": ("vexfs-none",),
    "lab down": ("--name", "vexfs-none"),
    "lab list": (),
    "lab inject": ("--name", "vexfs-none", "--list"),
    "config show": (),
    "config check": (),
    "completion": ("bash",),
    "help": ("breaker", "reset"),
    # What these do is done to the machine: only their help is harmless.
    "mount": ("--help",),
    "lab up": ("--help",),
    "lab run": ("--help",),
    "guard run": ("--help",),
    "generate": ("--help",),
}
"""Words after each command's name, for a tree with the recorded volume `sdq1`."""

CHANGES_THE_MACHINE = {"mount", "lab up", "lab run", "guard run", "generate"}

TELLS_OF_THE_MACHINE = {"lab list", "device list", "device show"}
"""The labs and loop devices of other tests come and go: two answers need not be the same."""


def command_lines() -> dict[str, tuple[str, ...]]:
    """Return the command line of every command there is; KeyError for one without a case."""
    return {name: (*name.split(), *ARGUMENTS[name]) for name in command_names()}


def command_names() -> list[str]:
    """Return the words of every command that is no group of others, as the program knows them."""
    return _names_below(root, click.Context(root, **root.context_settings), ())


def _names_below(group: click.Group, context: click.Context, above: tuple[str, ...]) -> list[str]:
    names = []
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        if isinstance(command, click.Group):
            inner = click.Context(command, context, word, **command.context_settings)
            names += _names_below(command, inner, (*above, word))
        else:
            names.append(" ".join((*above, word)))
    return names


if __name__ == "__main__":
    program = Program(dict(os.environ))
    answers = {name: asdict(program(*words)) for name, words in command_lines().items()}
    json.dump(answers, sys.stdout)
