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


LINE_WORDS = {
    "torn": "A record that is broken off: the end of a file, a line without its rest. It is a gap:"
    " something may be missing.",
    "not read": "A line of no known form, or, in a log of up to 256 KiB, a record behind another on"
    " the same line, as where a mail lost the newlines: nobody can tell it from what a text quotes."
    " It is a note with its count. If it names VexFS or an id, or says what the kernel says of a"
    " device, it is a gap.",
    "loose": "A record that was found in a line of a form that nobody knows: behind the last uptime"
    " in it, or by words that only the kernel uses of a device. It is unverified if it claims to be"
    " VexFS's, or if its log tells who wrote other records.",
    "unexplained": "A line of a storage subsystem of the kernel, of level err or above or with a"
    " word of trouble in it, that no form knows: nothing is concluded from it. It is a note with"
    " its count by subsystem, in the answers of device, and of status for a saved log that is about"
    " no volume here.",
}
"""Words for lines that are not read as a record, or not surely, or not understood."""
