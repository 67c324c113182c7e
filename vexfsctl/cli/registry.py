"""Every command of vexfsctl, one line each, so that help lists them without importing them."""

from collections.abc import Iterable
from typing import NamedTuple


class CommandEntry(NamedTuple):
    """A command: module `vexfsctl.cli.commands.<name>` holds a click command called `<name>`."""

    name: str
    summary: str
    """First line of the command's own help; a test keeps the two equal."""
    hidden: bool = False
    judges: bool = False
    """Whether its exit status is a verdict: any failure is then 3, UNKNOWN."""


COMMANDS = (
    CommandEntry(
        "status",
        "Show what is wrong, in one screen: volumes, breakers, recent errors, next step.",
    ),
    CommandEntry(
        "check",
        "Report volume health to monitoring: OK, WARNING, CRITICAL or UNKNOWN, with numbers.",
        judges=True,
    ),
    CommandEntry("log", "Show the records of VexFS from every source, in time order."),
    CommandEntry("errors", "Count errors in groups, and compare them with the volumes' counters."),
    CommandEntry(
        "trace",
        "Show one incident: its timeline, causes, consequences and what to do.",
    ),
    CommandEntry(
        "explain",
        "Explain a number, a name, a word or a log line, and what to do.",
    ),
    CommandEntry("breaker", "Show and operate the circuit breakers of volumes."),
    CommandEntry("guard", "Run shell commands behind circuit breakers that the whole host shares."),
    CommandEntry("volume", "Show volumes in full; set access mode, retries and limits."),
    CommandEntry("device", "Show block devices with their state and what the kernel says of them."),
    CommandEntry(
        "recover", "Turn the hints of an error into recovery steps, run them, and see past runs."
    ),
    CommandEntry("mount", "Guard the directory SOURCE and serve it as a volume at MOUNTPOINT."),
    CommandEntry("umount", "Sync and unmount the volume called NAME or mounted on MOUNTPOINT."),
    CommandEntry("lab", "Experiment with a volume that fails on demand."),
    CommandEntry("config", "Show the settings in force, and check the configuration file."),
    CommandEntry("completion", "Print the completion script of a shell."),
    CommandEntry("help", "Show the help of a command or verb."),
    CommandEntry(
        "generate",
        "Write the man pages, completions, reference or examples that are checked in.",
        hidden=True,
    ),
)


def gives_verdict(words: Iterable[str]) -> bool:
    """Whether the first command among *words* of a command line gives a verdict."""
    judges = {entry.name: entry.judges for entry in COMMANDS}
    return next((judges[word] for word in words if word in judges), False)
