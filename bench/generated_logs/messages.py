"""What a log has in each line, before any program has printed it."""

from typing import NamedTuple

from vexfsctl.model.record import USER_FACILITY

DAEMON_FACILITY = 3


class Message(NamedTuple):
    """One record without its time."""

    priority: int
    """Facility times 8 plus level, as /dev/kmsg has it."""
    text: str
    """Printable ASCII without a backslash: no rendering but JSON has anything to escape."""


def user_priority(level: int) -> int:
    """Return the priority of what user space writes into the kernel log at *level*."""
    return USER_FACILITY << 3 | level
