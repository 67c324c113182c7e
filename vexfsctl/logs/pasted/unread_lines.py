"""Lines that are no records: whether they are broken records, and whether one of them matters."""

import re

from vexfsctl.logs.formats.journal import load_object
from vexfsctl.logs.formats.renderings import decode_text
from vexfsctl.logs.own_records import NAMED
from vexfsctl.model.unread import Unread

_BEGUN = re.compile(
    # A kmsg record, an uptime, a priority, an object, a field of an entry, without the rest.
    rb"\d{1,4},\d|\[ *\d{1,12}(?:\.|$)|<\d{1,4}(?:>|$)|[\[,]?\{|__[A-Z]|\xef\xbb\xbf"
)
_ID = b"CORR-"


def kind_of_unread(line: bytes) -> Unread:
    """Say why *line*, of which no record could be made, is none."""
    if _BEGUN.match(line) is not None and not _is_whole_object(line):
        return Unread.TORN
    if NAMED in line.lower() or _ID in line or _is_of_kernel(line):
        return Unread.MISSED
    return Unread.NOT_READ


def _is_of_kernel(line: bytes) -> bool:
    # Deferred: most logs have no such lines, and it brings all forms of the kernel.
    from vexfsctl.logs.kernel.strong import find_strong

    return find_strong(decode_text(line)) is not None


def _is_whole_object(line: bytes) -> bool:
    """Whether it is an object, of some program that logs in JSON: nothing is missing of it."""
    return line[:1] == b"{" and load_object(line) is not None
