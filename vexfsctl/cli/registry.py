"""Every command of vexfsctl, one line each, so that help lists them without importing them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command: module `vexfsctl.cli.<name>` holds a click command called `<name>`."""

    name: str
    summary: str
    """First line of the command's own help; a test holds the two together."""
    hidden: bool = False


COMMANDS = (
    CommandEntry(
        "status",
        "Show what is wrong, in one screen: volumes, breakers, recent errors, next step.",
    ),
    CommandEntry("log", "Show the records of VexFS from every source, in time order."),
    CommandEntry(
        "trace",
        "Show one incident: timeline, causes below it, consequences above it, what to do.",
    ),
    CommandEntry("breaker", "See and operate the circuit breakers of volumes."),
    CommandEntry("volume", "Show volumes whole; set access mode and retries."),
    CommandEntry("mount", "Guard the directory SOURCE and serve it as a volume at MOUNTPOINT."),
    CommandEntry("umount", "Sync and unmount the volume called NAME or mounted on MOUNTPOINT."),
    CommandEntry("lab", "Try things on a volume whose device fails on demand."),
    CommandEntry(
        "generate",
        "Write the man pages, completions or reference that are checked in.",
        hidden=True,
    ),
)
