"""Why a line of a log is no record."""

from enum import StrEnum


class Unread(StrEnum):
    """A line that is no record."""

    TORN = "torn"
    """A record that is broken off."""
    NOT_READ = "not_read"
    """A line of no form that is known."""
    MISSED = "missed"
    """Such a line, which names VexFS or says what the kernel says of a device."""
