"""Records from lines of a form that nobody knows, by what surely stands in them: the last attempt.

Such a record is marked (`LogRecord.loose`), for what stands before its text is not understood: it
may be anybody's. So the text must not be quoted, nor belong to the tag of a program.
"""

import re
from collections import deque
from collections.abc import Iterator

from vexfsctl.logs.formats.renderings import Reading, decode_text
from vexfsctl.logs.kernel.strong import find_strong
from vexfsctl.logs.pasted.decorations import as_shown
from vexfsctl.model.record import LogRecord

_LONGEST = 4096
"""Characters of a line that are looked at."""
_STAMP = re.compile(r"\[ *(?P<seconds>\d{1,9})\.(?P<micros>\d{6})\](?: ?\[ *[TC]\d{1,10}\])? ?")
_QUOTING = re.compile(
    # A quote, a value, what a process calls itself.
    "[\"'`=\u00ab\u2018-\u201f]"
    r"|\bcomm\b"
    # What a colon says of the rest, unless it is that the kernel wrote it.
    r"|(?<!(?<![\w.@/-])kernel):(?:\s|$)|\w\[\d{1,10}\]:"
    # A record of kmsg; a priority of another facility than the kernel's.
    r"|\d,\d{1,20},\d{1,20},[-c]|<(?:[89]|[1-9]\d{1,3})>"
)
_TIME = re.compile(
    r"\[[ +<]*\d{1,9}[.,]\d{6}>?\]|\d\d:\d\d:\d\d\S*(?: \d{4}\])?|\b\d{9,11}\.\d{6}\b"
)
"""A time, however it is written."""
_KERNEL_TAGS = (["kernel"], ["kernel:"], ["[kernel]"])


def parse_loose(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record that stands somewhere in *line*; None if none surely does."""
    text = decode_text(as_shown(line[:_LONGEST]))
    stamp = _last(_STAMP.finditer(text))
    if stamp is not None:
        # A host may stand there.
        if _is_of_another(text[: stamp.start()], words=1):
            return None
        uptime_us = int(stamp["seconds"]) * 1_000_000 + int(stamp["micros"])
        return _record(text[stamp.end() :], reading, uptime_us)
    start = find_strong(text)
    if start is None or _is_of_another(text[:start], words=0):
        return None
    return _record(text[start:], reading)


def _is_of_another(before: str, *, words: int) -> bool:
    """Whether what stands *before* a text says that it is quoted, or that a program wrote it.

    Behind a time, more than so many *words* are the text of a record, or who wrote that.
    """
    if _QUOTING.search(before) is not None:
        return True
    time = _last(_TIME.finditer(before))
    if time is None:
        return False
    behind = before[time.end() :].split()
    return len(behind) > (2 if behind[-1:] in _KERNEL_TAGS else words)


def _last(found: Iterator[re.Match[str]]) -> re.Match[str] | None:
    return next(iter(deque(found, maxlen=1)), None)


def _record(text: str, reading: Reading, uptime_us: int | None = None) -> LogRecord:
    return LogRecord(text, reading.source, uptime_us, boot_id=reading.boot_id, loose=True)
