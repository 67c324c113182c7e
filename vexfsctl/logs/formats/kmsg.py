r"""The record form of the kernel log, read and written.

A record is `prio,seq,usec,flags[,more];text`, then lines ` KEY=value` (the kernel's
Documentation/ABI/testing/dev-kmsg); prio is facility * 8 + level, and control characters,
backslashes and non-ASCII bytes are written `\xNN`. Escaped bytes that are not UTF-8 are read as the
text `\xNN`.
"""

import re
from collections.abc import Iterator

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.model.record import USER_FACILITY, LogRecord

SOURCE_NAME = "kmsg"

_RECORD = re.compile(
    rb"(?P<priority>\d{1,10}),(?P<sequence>\d{1,20}),(?P<usec>\d{1,20}),[^;\n]*;"
    rb"(?P<text>[^\n]*)(?:\n(?P<fields>.*))?",
    re.DOTALL,
)
_FIELD = re.compile(rb" ([^\n=]+)=([^\n]*)")
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")


def parse_kmsg_record(
    record: bytes, *, source: str = SOURCE_NAME, boot_id: str | None = None
) -> LogRecord:
    """Turn one record, its metadata lines included, into a LogRecord; raise MalformedRecord."""
    match = _RECORD.fullmatch(record)
    if match is None:
        raise MalformedRecord(f"not a kmsg record: {record[:40]!r}")
    priority = int(match["priority"])
    return LogRecord(
        text=decode_kmsg_text(match["text"]),
        source=source,
        uptime_us=int(match["usec"]),
        sequence=int(match["sequence"]),
        level=priority & 7,
        facility=priority >> 3,
        boot_id=boot_id,
        fields=tuple(_parse_fields((match["fields"] or b"").removesuffix(b"\n"))),
    )


def parse_kmsg_field(line: bytes) -> tuple[str, str] | None:
    """Return key and value of a metadata line ` KEY=value`, None for another line."""
    match = _FIELD.fullmatch(line)
    return None if match is None else (decode_kmsg_text(match[1]), decode_kmsg_text(match[2]))


def format_kmsg_record(level: int, sequence: int, uptime_us: int, text: str) -> bytes:
    """Return the record that user space's *text* becomes in the kernel log, with its newline."""
    prefix = f"{USER_FACILITY << 3 | level},{sequence},{uptime_us},-;"
    return prefix.encode() + encode_kmsg_text(text) + b"\n"


def decode_kmsg_text(text: bytes) -> str:
    """Undo the kernel's escapes; bytes that are not UTF-8 stay as `\\xNN`."""
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), text).decode(
        errors="backslashreplace"
    )


def encode_kmsg_text(text: str) -> bytes:
    """Escape *text* as the kernel does when a record is read."""
    return b"".join(map(_escape_byte, text.encode(errors="backslashreplace")))


def _parse_fields(lines: bytes) -> Iterator[tuple[str, str]]:
    for line in lines.split(b"\n") if lines else ():
        field = parse_kmsg_field(line)
        if field is None:
            raise MalformedRecord(f"not metadata of a kmsg record: {line[:40]!r}")
        yield field


def _escape_byte(byte: int) -> bytes:
    return b"\\x%02x" % byte if byte < 0x20 or byte >= 0x7F or byte == 0x5C else bytes((byte,))
