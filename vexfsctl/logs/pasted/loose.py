"""Records from lines of a form that nobody knows, by what surely stands in them: the last attempt.

Such a record is marked (`LogRecord.loose`), for what stands before its text is not understood: it
may be anybody's. So the text must not be quoted, nor belong to the tag of a program.
"""

import re
from collections import deque

from vexfsctl.logs.formats.renderings import Reading, decode_text
from vexfsctl.logs.kernel.strong import find_strong
from vexfsctl.model.record import LogRecord

_LONGEST = 4096
"""Characters of a line that are looked at."""
_STAMP = re.compile(r"\[ *(?P<seconds>\d{1,9})\.(?P<micros>\d{6})\](?: ?\[ *[TC]\d{1,10}\])? ?")
_QUOTING = re.compile(
    # A quote, a value, what a device or a process calls itself; a tag that is not the kernel's.
    r"[\"'`=]|Product:|\bcomm\b|(?!kernel\b)[A-Za-z_][\w.@/-]{0,64}(?:\[\d{1,10}\])?:(?: |$)"
)


def parse_loose(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record that stands somewhere in *line*; None if none surely does."""
    text = decode_text(line[:_LONGEST])
    stamp = next(iter(deque(_STAMP.finditer(text), maxlen=1)), None)
    if stamp is not None:
        if _QUOTING.search(text, 0, stamp.start()) is not None:
            return None
        uptime_us = int(stamp["seconds"]) * 1_000_000 + int(stamp["micros"])
        return _record(text[stamp.end() :], reading, uptime_us)
    start = find_strong(text)
    if start is None or _QUOTING.search(text, 0, start) is not None:
        return None
    return _record(text[start:], reading)


def _record(text: str, reading: Reading, uptime_us: int | None = None) -> LogRecord:
    return LogRecord(text, reading.source, uptime_us, boot_id=reading.boot_id, loose=True)
