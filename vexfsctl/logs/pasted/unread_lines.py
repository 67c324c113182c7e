"""Lines that are no records: whether they are broken records, and whether one of them matters."""

import re

from vexfsctl.logs.formats.renderings import decode_text
from vexfsctl.logs.kernel.strong import find_strong
from vexfsctl.logs.own_records import NAMED
from vexfsctl.model.unread import Unread

_BEGUN = re.compile(
    # A kmsg record, an uptime, a priority, an object, a field of an entry, without the rest.
    rb"\d{1,4},\d|\[ *\d{1,12}(?:\.|$)|<\d{1,4}(?:>|$)|[\[,]?\{|__[A-Z]|\xef\xbb\xbf"
)
_ID = b"CORR-"


def kind_of_unread(line: bytes) -> Unread:
    """Say why *line*, of which no record could be made, is none."""
    if _BEGUN.match(line) is not None:
        return Unread.TORN
    if NAMED in line.lower() or _ID in line or find_strong(decode_text(line)) is not None:
        return Unread.MISSED
    return Unread.NOT_READ
