"""Forms of log in which one record takes several lines: how lines join, and when a record is whole.

A block is offered each further line. It takes the line, or refuses it and thereby ends.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from vexfsctl.logs.formats.journal import load_object, record_of_entry, record_of_object
from vexfsctl.logs.formats.kmsg import parse_kmsg_field
from vexfsctl.logs.formats.renderings import Reading, decode_text
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.formats.renderings import Head

_LARGEST = 64 << 10
"""Characters of a record after which no further lines are joined to it."""
_MOST_FIELDS = 64
"""Metadata lines of a record; the kernel writes two or three."""
_PAIR = re.compile(rb'\s*("\w{1,64}" ?: .*?),?\s*', re.DOTALL)
_PUNCTUATION = frozenset((b"{", b"}", b"},", b"},{", b"]", b"],"))
_EXPORT_FIELD = re.compile(rb"(?P<key>[A-Z0-9_]{1,64})=(?P<value>.*)", re.DOTALL)
_EXPORT_BINARY = re.compile(rb"[A-Z0-9_]{1,64}")
_VERBOSE = re.compile(
    rb"\S{2,12} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \S{1,8} \[s=[0-9a-f]{1,32};"
    rb"i=[0-9a-f]{1,16};b=(?P<boot>[0-9a-f]{32});m=(?P<uptime>[0-9a-f]{1,14});"
    rb"t=(?P<time>[0-9a-f]{1,14});x=[0-9a-f]{1,16}\]"
)
"""How `journalctl -o verbose` begins an entry: time and cursor (systemd 252, logs-show.c)."""
_VERBOSE_FIELD = re.compile(rb" {4}(?P<key>[A-Z0-9_]{1,64})=(?P<value>.*)", re.DOTALL)
_EXPORT_LENGTH = 8
"""Bytes of the length that stands before a value which is not plain text."""


class Block(Protocol):
    """Lines that belong together."""

    patient: bool
    """Whether more of it is sure to come, however long that takes."""

    def take(self, line: bytes) -> bool:
        """Add the next line; False if it is not part of this block."""
        ...

    def ready(self) -> Iterator[LogRecord | None]:
        """Yield what is complete so far, None for what is torn."""
        ...

    def finish(self) -> Iterator[LogRecord | None]:
        """Yield the rest: no more lines come."""
        ...


class SingleRecord:
    """One record with the further lines that belong to it."""

    patient = False

    def __init__(
        self,
        record: LogRecord,
        extend: Callable[[LogRecord, bytes], LogRecord | None] | None = None,
        head: "Head | None" = None,
    ) -> None:
        """*extend* adds a line to the record; it returns None for one that is not part of it."""
        self.record = record
        """With the lines that were added so far."""
        self.head = head
        """What its head says of its time, and of the records after it; None if it has none."""
        self._extend = extend

    def take(self, line: bytes) -> bool:
        """Add the next line; False if it is not part of this record."""
        if self._extend is None:
            return False
        if len(self.record.text) > _LARGEST or len(self.record.fields) >= _MOST_FIELDS:
            return False
        longer = self._extend(self.record, line)
        if longer is None:
            return False
        self.record = longer
        return True

    def ready(self) -> Iterator[LogRecord | None]:
        """Yield nothing: another line may come."""
        return iter(())

    def finish(self) -> Iterator[LogRecord | None]:
        """Yield the record."""
        yield self.record


def extend_by_field(record: LogRecord, line: bytes) -> LogRecord | None:
    """Add a metadata line of /dev/kmsg."""
    field = parse_kmsg_field(line)
    return None if field is None else replace(record, fields=(*record.fields, field))


def extend_by_indent(width: int) -> Callable[[LogRecord, bytes], LogRecord | None]:
    """Return a function that adds a line indented by *width*, the column where the text began."""
    indent = b" " * width

    def extend(record: LogRecord, line: bytes) -> LogRecord | None:
        if not indent or not line.startswith(indent):
            return None
        return replace(record, text=f"{record.text}\n{decode_text(line[width:])}")

    return extend


class JsonDocument:
    """`dmesg --json`, `journalctl -o json-pretty`: objects, one key per line.

    dmesg prints one list, and either end of it may be missing.
    """

    patient = True

    def __init__(self, reading: Reading, first: bytes) -> None:
        """*first* is `{`, or `},{` where the beginning is missing."""
        self._reading = reading
        self._begun = first.strip() != b"{"
        self._listed = self._ended = self._torn = False
        self._fields: dict[str, Any] | None = {}
        self._items: list[LogRecord | None] = []

    def take(self, line: bytes) -> bool:
        """Add the next line; False after the end, or if this is not such a document."""
        word = line.strip()
        if self._ended or not (word.startswith(b'"') or (self._begun and word in _PUNCTUATION)):
            return False
        if not self._begun and word.startswith(b'"dmesg"'):
            self._fields = None
        elif word.startswith(b'"'):
            self._take_pair(line)
        else:
            self._take_punctuation(word)
        self._begun = True
        return True

    def ready(self) -> Iterator[LogRecord | None]:
        """Yield the objects that are complete."""
        items, self._items = self._items, []
        yield from items

    def finish(self) -> Iterator[LogRecord | None]:
        """Yield the last object, even if its end is missing."""
        self._close()
        yield from self.ready()

    def _take_pair(self, line: bytes) -> None:
        match = _PAIR.fullmatch(line)
        pair = None if match is None else load_object(b"{" + match[1] + b"}")
        if self._fields is None or pair is None:
            self._torn = True
        else:
            self._fields |= pair

    def _take_punctuation(self, word: bytes) -> None:
        self._ended = word == b"}" and self._listed
        self._listed = word.startswith(b"]")
        self._close()
        if word.endswith(b"{"):
            self._fields = {}

    def _close(self) -> None:
        if self._torn:
            self._items.append(None)
        elif self._fields is not None:
            self._items.append(record_of_object(self._fields, self._reading))
        self._fields, self._torn = None, False


class ExportEntry:
    """`journalctl -o export`: one field per line, an entry from its cursor to the next one."""

    patient = True

    def __init__(self, reading: Reading, first: bytes) -> None:
        self._reading = reading
        self._fields: dict[str, str] = {}
        self._key: str | None = None
        self._value = bytearray()
        self.take(first)

    def take(self, line: bytes) -> bool:
        """Add the next line; False for the next cursor."""
        if self._key is not None:
            self._take_value(line)
        elif self._fields and line.startswith(b"__CURSOR="):
            return False
        elif (match := _EXPORT_FIELD.fullmatch(line)) is not None:
            self._fields[decode_text(match["key"])] = decode_text(match["value"])
        elif _EXPORT_BINARY.fullmatch(line):
            self._key = decode_text(line)
        else:
            return False
        return True

    def ready(self) -> Iterator[LogRecord | None]:
        """Yield nothing: another field may come."""
        return iter(())

    def finish(self) -> Iterator[LogRecord | None]:
        """Yield the entry; None if it has no message."""
        # What was added last is a newline of our own.
        self._end_value(len(self._value) - 1)
        yield record_of_entry(self._fields, self._reading)

    def _take_value(self, line: bytes) -> None:
        """Add a line of a value that is not plain text; nothing in it is a field of the entry."""
        self._value += line + b"\n"
        end = _EXPORT_LENGTH + int.from_bytes(self._value[:_EXPORT_LENGTH], "little")
        if len(self._value) > min(end, _LARGEST):
            self._end_value(end)

    def _end_value(self, end: int) -> None:
        if self._key is not None:
            self._fields[self._key] = decode_text(bytes(self._value[_EXPORT_LENGTH:end]))
            self._key = None
            self._value.clear()


class VerboseEntry:
    """`journalctl -o verbose`: a line with the cursor, then one field per line, indented.

    Further lines of a value are indented to where it began, so that none of them is a field.
    """

    patient = True

    def __init__(self, reading: Reading, cursor: re.Match[bytes]) -> None:
        self._reading = reading
        self._fields = {
            "_BOOT_ID": decode_text(cursor["boot"]),
            "__MONOTONIC_TIMESTAMP": str(int(cursor["uptime"], 16)),
            "__REALTIME_TIMESTAMP": str(int(cursor["time"], 16)),
        }
        self._key: str | None = None

    @classmethod
    def begun_by(cls, line: bytes, reading: Reading) -> "VerboseEntry | None":
        """Return the entry that *line* begins; None for every other line."""
        cursor = _VERBOSE.fullmatch(line)
        return None if cursor is None else cls(reading, cursor)

    def take(self, line: bytes) -> bool:
        """Add the next line; False if it is not indented."""
        field = _VERBOSE_FIELD.fullmatch(line)
        if field is not None:
            self._key = decode_text(field["key"])
            self._fields[self._key] = decode_text(field["value"])
            return len(self._fields) <= _MOST_FIELDS
        if self._key is None or not line.startswith(b"     "):
            return False
        value = self._fields[self._key]
        if len(value) > _LARGEST:
            return False
        self._fields[self._key] = f"{value}\n{decode_text(line[5 + len(self._key) :])}"
        return True

    def ready(self) -> Iterator[LogRecord | None]:
        """Yield nothing: another field may come."""
        return iter(())

    def finish(self) -> Iterator[LogRecord | None]:
        """Yield the entry; None if it has no message."""
        yield record_of_entry(self._fields, self._reading)
