"""Pasted text into log entries: a line in whatever form it was copied, quotes eaten by a shell."""

import re
from collections.abc import Iterator

from vexfsctl.answers.log import log_row
from vexfsctl.explanation.form import Explanation
from vexfsctl.explanation.lines import explain_entry
from vexfsctl.logs.formats.text import RecordDecoder
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.model.record import LogEntry, LogRecord, Unrecognised

LONGEST_LINE = 16 << 10
"""Characters of a line that is looked at: a record has at most 8 KiB."""

_SOURCE = "-"
_BEGINNINGS = (re.compile(r"\bkernel: "), re.compile(r"(?=\bvexfs\b)", re.IGNORECASE))
_UNQUOTED = re.compile(r"(?<= )(msg|reason)=(?!\")(.*)", re.DOTALL)


def explain_line(text: str) -> tuple[Explanation, ...]:
    """Return what a pasted line says and names; empty if it is no line that tells us anything."""
    entry = read_line(text)
    return () if entry is None else explain_read_line(entry)


def explain_read_line(entry: LogEntry) -> tuple[Explanation, ...]:
    """Return what a line says and names that `read_line` has read."""
    return explain_entry(entry, log_row(entry, None).kind)


def read_line(text: str) -> LogEntry | None:
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
    """Hand out what *line* may be, likeliest first."""
    for text in dict.fromkeys((line, _requote(line))):
        decoder = RecordDecoder(_SOURCE)
        decoded = (*decoder.feed(text.encode(errors="surrogateescape")), *decoder.finish())
        yield from (record for record in decoded if record is not None)
        yield LogRecord(text, _SOURCE)
        for beginning in _BEGINNINGS:
            if (found := beginning.search(text)) is not None:
                yield LogRecord(text[found.end() :], _SOURCE)


def _requote(line: str) -> str:
    """Put back the quotes of the one value that a shell takes them from, the last."""
    return _UNQUOTED.sub(lambda found: f'{found[1]}="{found[2]}"', line, count=1)
