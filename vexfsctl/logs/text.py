r"""Bytes of a log in whatever form they come, line by line, into records.

Each line is read on its own, so forms may be mixed in one source. Known are raw kmsg, and what
dmesg prints: `[  123.456789] text`, with `-r` also `<6>[  123.456789] text`. Another form is one
more function in `_FORMS`. No line is lost silently: what is no record comes out as None.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.kmsg import parse_kmsg_field, parse_kmsg_record
from vexfsctl.model.record import LogRecord

MAXIMUM_LINE = 64 << 10
"""Bytes after which a line without an end is given up; a record has at most 8 KiB."""

_Continue = Callable[[LogRecord, bytes], LogRecord | None]
"""Adds the next line to an open record; None when that line is not part of it."""
_Begun = tuple[LogRecord, _Continue]

_DMESG = re.compile(
    rb"(?P<prefix>(?:<(?P<priority>\d{1,4})>)?\[ *(?P<seconds>\d{1,12})\.(?P<micros>\d{6})\]"
    rb"(?:\[ *[TC]\d+\])? ?)(?P<text>.*)",
    re.DOTALL,
)


class RecordDecoder:
    """Takes the bytes of one source as they come; hands out its records in their order."""

    def __init__(self, source: str, *, boot_id: str | None = None) -> None:
        self._source = source
        self._boot_id = boot_id
        self._partial = b""
        self._overlong = False
        self._open: _Begun | None = None

    def feed(self, chunk: bytes) -> Iterator[LogRecord | None]:
        """Hand out the records that *chunk* completes; None for each line that is no record."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        for line in lines:
            yield from self._take_line(line)
        if len(self._partial) > MAXIMUM_LINE:
            self._overlong = True
            self._partial = b""

    def settle(self) -> Iterator[LogRecord]:
        """Hand out the record that waits for more lines: none have come."""
        if self._open is not None:
            yield self._open[0]
            self._open = None

    def finish(self) -> Iterator[LogRecord | None]:
        """Hand out what is left at the end of the source, a last line without newline included."""
        if self._partial or self._overlong:
            yield from self._take_line(self._partial)
            self._partial = b""
        yield from self.settle()

    def _take_line(self, line: bytes) -> Iterator[LogRecord | None]:
        if self._overlong:
            self._overlong = False
            yield from self.settle()
            yield None
            return
        line = line.removesuffix(b"\r")
        if self._continue(line):
            return
        yield from self.settle()
        if line:
            self._open = self._begin(line)
            if self._open is None:
                yield None

    def _continue(self, line: bytes) -> bool:
        if self._open is None:
            return False
        record, extend = self._open
        longer = extend(record, line)
        if longer is not None:
            self._open = (longer, extend)
        return longer is not None

    def _begin(self, line: bytes) -> _Begun | None:
        for form in _FORMS:
            if (begun := form(line, self._source, self._boot_id)) is not None:
                return begun
        return None


def _begin_kmsg(line: bytes, source: str, boot_id: str | None) -> _Begun | None:
    if not line[:1].isdigit():
        return None
    try:
        return parse_kmsg_record(line, source=source, boot_id=boot_id), _add_field
    except MalformedRecord:
        return None


def _add_field(record: LogRecord, line: bytes) -> LogRecord | None:
    field = parse_kmsg_field(line)
    return None if field is None else replace(record, fields=(*record.fields, field))


def _begin_dmesg(line: bytes, source: str, boot_id: str | None) -> _Begun | None:
    match = _DMESG.fullmatch(line)
    if match is None:
        return None
    priority = None if match["priority"] is None else int(match["priority"])
    record = LogRecord(
        text=_decode(match["text"]),
        source=source,
        uptime_us=int(match["seconds"]) * 1_000_000 + int(match["micros"]),
        level=None if priority is None else priority & 7,
        # util-linux 2.38 prints `<5>` for user.notice (13) too: below 8 it says nothing.
        facility=priority >> 3 if priority is not None and priority > 7 else None,
        boot_id=boot_id,
    )
    # Further lines of one message are indented to where its text began.
    return record, partial(_add_line, b" " * len(match["prefix"]))


def _add_line(indent: bytes, record: LogRecord, line: bytes) -> LogRecord | None:
    if not line.startswith(indent):
        return None
    return replace(record, text=f"{record.text}\n{_decode(line[len(indent) :])}")


def _decode(text: bytes) -> str:
    return text.decode(errors="backslashreplace")


_FORMS: tuple[Callable[[bytes, str, str | None], _Begun | None], ...] = (
    _begin_kmsg,
    _begin_dmesg,
)
