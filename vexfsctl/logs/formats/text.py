r"""Records from the bytes of a log, whatever its form, line by line.

Each line is read on its own, so forms may be mixed in one source: raw kmsg, what dmesg and
journalctl print, syslog files, the bare output of VexFS daemons. Another form is one more line in
`_begin`. No line is lost silently: what is not a record becomes None.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.formats.blocks import (
    Block,
    ExportEntry,
    JsonDocument,
    SingleRecord,
    extend_by_field,
    extend_by_indent,
)
from vexfsctl.logs.formats.journal import parse_json_entry, split_objects
from vexfsctl.logs.formats.kmsg import parse_kmsg_record
from vexfsctl.logs.formats.renderings import Reading, parse_dmesg_line, parse_syslog_line
from vexfsctl.logs.formats.tracing import parse_bare_line, parse_traced_line
from vexfsctl.model.record import LogRecord

MAXIMUM_LINE = 64 << 10
"""Bytes after which a line without an end is given up; a record has at most 8 KiB."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Editors of other systems begin a file with it; concatenated files have it in the middle."""
_BOOT = re.compile(
    rb"-- (?:Boot (?P<boot>[0-9a-f]{32})|Reboot|Logs begin at .*|Journal begins at .*"
    rb"|No entries) ?(?:--)?"
)


class RecordDecoder:
    """Takes the bytes of one source as they come; yields its records in order."""

    def __init__(
        self, source: str, *, boot_id: str | None = None, today: datetime | None = None
    ) -> None:
        """*today* is the reader's wall-clock time, for forms of log that leave out the year."""
        self._reading = Reading(source, boot_id, (today or datetime.now()).replace(tzinfo=None))
        self._partial = b""
        self._overlong = False
        self._open: Block | None = None

    def feed(self, chunk: bytes) -> Iterator[LogRecord | None]:
        """Yield the records that *chunk* completes; None for each line that is not a record."""
        *lines, self._partial = self._cut(self._partial + chunk)
        for line in lines:
            yield from self._take_line(line)
        if len(self._partial) > MAXIMUM_LINE:
            self._overlong = True
            self._partial = b""

    def settle(self) -> Iterator[LogRecord | None]:
        """Yield the record that was waiting for more lines, since none have come."""
        if self._open is not None and not self._open.patient:
            yield from self._close()

    def finish(self) -> Iterator[LogRecord | None]:
        """Yield what is left at the end of the source, a last line without newline included."""
        if self._partial or self._overlong:
            yield from self._take_line(self._partial)
            self._partial = b""
        yield from self._close()

    def _cut(self, text: bytes) -> list[bytes]:
        """Return the lines of *text*, the last of which may go on."""
        first, *others = text.split(b"\n")
        # The rest of a line that was given up is not a line, whatever it looks like.
        begun = [first] if self._overlong else split_objects(first)
        return begun + [part for line in others for part in split_objects(line)]

    def _close(self) -> Iterator[LogRecord | None]:
        if self._open is not None:
            block, self._open = self._open, None
            yield from block.finish()

    def _take_line(self, line: bytes) -> Iterator[LogRecord | None]:
        if self._overlong or len(line) > MAXIMUM_LINE:
            self._overlong = False
            yield from self._close()
            yield None
            return
        line = line.removesuffix(b"\r").removeprefix(_BYTE_ORDER_MARK)
        if self._open is not None and self._open.take(line):
            yield from self._open.ready()
            return
        yield from self._close()
        if line and not line.isspace() and not self._is_mark(line):
            self._open = _begin(line, self._reading)
            if self._open is None:
                yield None

    def _is_mark(self, line: bytes) -> bool:
        """Whether *line* is one of journalctl's own about boots, which is not a record."""
        match = _BOOT.fullmatch(line) if line.startswith(b"-- ") else None
        if match is not None and match["boot"] is not None:
            self._reading = replace(self._reading, boot_id=match["boot"].decode())
        return match is not None


def _begin(line: bytes, reading: Reading) -> Block | None:
    """Return what *line* begins; None if it is not a record."""
    if line[:1].isdigit() and (record := _parse_kmsg(line, reading)) is not None:
        return SingleRecord(record, extend_by_field)
    if (printed := parse_dmesg_line(line, reading)) is not None:
        record, width = printed
        return SingleRecord(record, extend_by_indent(width))
    word = line.strip()
    if word in (b"{", b"},{"):
        return JsonDocument(reading, word)
    if line.startswith(b"__CURSOR="):
        return ExportEntry(reading, line)
    for parse in (parse_json_entry, parse_traced_line):
        if (one_line := parse(line, reading)) is not None:
            return SingleRecord(one_line)
    if (logged := parse_syslog_line(line, reading)) is not None:
        record, width = logged
        return SingleRecord(record, extend_by_indent(width))
    bare = parse_bare_line(line, reading)
    return None if bare is None else SingleRecord(bare)


def _parse_kmsg(line: bytes, reading: Reading) -> LogRecord | None:
    try:
        return parse_kmsg_record(line, source=reading.source, boot_id=reading.boot_id)
    except MalformedRecord:
        return None
