"""Log entries from pasted text: a line in any form, its quotes perhaps removed by a shell."""

import re
from collections.abc import Iterator

from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.model.entry import LogEntry, Unrecognised
from vexfsctl.model.record import LogRecord

LONGEST_LINE = 16 << 10
"""Longest line that is looked at, in characters: a record has at most 8 KiB."""

_SOURCE = "-"
_BEGINNINGS = (re.compile(r"\bkernel: "), re.compile(r"(?=\bvexfs\b)", re.IGNORECASE))
_UNQUOTED = re.compile(r"(?<= )(msg|reason)=(?!\")(.*)", re.DOTALL)


def read_pasted_line(text: str) -> LogEntry | None:
    """Return the entry of a pasted line; None if it is neither VexFS's nor about a device."""
    line = text.strip()
    if not line or len(line) > LONGEST_LINE:
        return None
    garbled = None
    for record in _candidates(line):
        entry = next(interpret_records((record,)))
        if isinstance(entry.meaning, Unrecognised):
            garbled = garbled or entry
        elif entry.meaning is not None:
            return entry
    return garbled


def _candidates(line: str) -> Iterator[LogRecord]:
    """Yield what *line* may be, likeliest first."""
    for text in dict.fromkeys((line, _requote(line))):
        decoder = RecordDecoder(_SOURCE)
        decoded = (*decoder.feed(text.encode(errors="surrogateescape")), *decoder.finish())
        yield from (record for record in decoded if isinstance(record, LogRecord))
        yield LogRecord(text, _SOURCE)
        for beginning in _BEGINNINGS:
            if (found := beginning.search(text)) is not None:
                yield LogRecord(text[found.end() :], _SOURCE)


def _requote(line: str) -> str:
    """Put back the quotes around the last value, the one that needs them."""
    return _UNQUOTED.sub(lambda found: f'{found[1]}="{found[2]}"', line, count=1)
