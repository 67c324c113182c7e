"""What one line begins, whatever its form: a record, or a block of several lines.

Another form of log is one more line in `begin_block`.
"""

import re

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.formats.blocks import (
    Block,
    ExportEntry,
    JsonDocument,
    SingleRecord,
    VerboseEntry,
    extend_by_field,
    extend_by_indent,
)
from vexfsctl.logs.formats.journal import parse_json_entry
from vexfsctl.logs.formats.kmsg import parse_kmsg_record
from vexfsctl.logs.formats.renderings import (
    Head,
    Reading,
    as_read,
    parse_dmesg_line,
    parse_syslog_line,
)
from vexfsctl.logs.formats.tracing import parse_bare_line, parse_traced_line
from vexfsctl.model.record import LogRecord

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Editors of other systems begin a file with it; concatenated files have it in the middle."""
_OBJECT_MARK = re.compile(rb"^(?:\x1e|data: )(?=\{)")
"""What `journalctl -o json-seq` (RFC 7464) and `-o json-sse` put before an object."""
_BEFORE_OBJECT = (b"\x1e", b"d")
INDENTS = (b" ", _BYTE_ORDER_MARK + b" ")
"""How each line begins that goes on with a record."""


def bare_line(line: bytes) -> bytes:
    """Return *line* without what other systems put around it."""
    line = line.removesuffix(b"\r").removeprefix(_BYTE_ORDER_MARK)
    return line if line[:1] not in _BEFORE_OBJECT else _OBJECT_MARK.sub(b"", line, count=1)


def parse_record(lines: bytes, reading: Reading) -> LogRecord | None:
    """Return the record that *lines* are: its own, and such as only go on with it; None if none."""
    first, *others = map(bare_line, lines.split(b"\n"))
    block = begin_block(first, reading)
    if not isinstance(block, SingleRecord) or not all(map(block.take, others)):
        return None
    return as_read(block.record, reading)


def begin_block(line: bytes, reading: Reading) -> Block | None:
    """Return what *line*, a bare one, begins; None if it is not a record."""
    first = line[:1]
    if first == b"{" and (entry := parse_json_entry(line, reading)) is not None:
        return SingleRecord(entry)
    if first.isdigit() and (record := _parse_kmsg(line, reading)) is not None:
        return SingleRecord(record, extend_by_field)
    if (printed := parse_dmesg_line(line, reading)) is not None:
        return _begin_printed(printed)
    if (entry_of_lines := _begin_lines(line, reading)) is not None:
        return entry_of_lines
    for parse in (parse_json_entry, parse_traced_line):
        if (one_line := parse(line, reading)) is not None:
            return SingleRecord(one_line)
    if (logged := parse_syslog_line(line, reading)) is not None:
        return _begin_printed(logged)
    if (rare := _begin_rare(line, reading)) is not None:
        return rare
    bare = parse_bare_line(line, reading)
    return None if bare is None else SingleRecord(bare)


def _begin_rare(line: bytes, reading: Reading) -> SingleRecord | None:
    # Deferred: most logs have no such line.
    from vexfsctl.logs.formats.heads import parse_head

    head = parse_head(line, reading)
    return None if head is None else _begin_printed(head)


def _begin_printed(head: Head) -> SingleRecord:
    return SingleRecord(head.record, extend_by_indent(head.width), head)


def _begin_lines(line: bytes, reading: Reading) -> Block | None:
    """Return the record of several lines, or records, that *line* begins."""
    word = line.strip()
    if word in (b"{", b"},{"):
        return JsonDocument(reading, word)
    if line.startswith(b"__CURSOR="):
        return ExportEntry(reading, line)
    return VerboseEntry.begun_by(line, reading)


def _parse_kmsg(line: bytes, reading: Reading) -> LogRecord | None:
    try:
        return parse_kmsg_record(line, source=reading.source, boot_id=reading.boot_id)
    except MalformedRecord:
        return None
