"""Output of VexFS daemons that carries no time of the kernel: bare lines, and the tracing library.

The daemons print most of what they say to standard output and error; some use Rust's `tracing`,
whose text form is `TIME LEVEL module::path: message`.
"""

import re
from datetime import datetime

from vexfsctl.logs.formats.renderings import Reading, decode_text, possible_time
from vexfsctl.logs.own_records import DAEMON_FIELD
from vexfsctl.logs.upstream import is_bare_line
from vexfsctl.model.record import LogRecord

_TRACED = re.compile(
    rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?)\s{1,4}"
    rb"(?P<level>ERROR|WARN|INFO|DEBUG|TRACE) (?P<target>[\w:]{1,128}): (?P<text>.*)",
    re.DOTALL,
)
_LEVELS = {b"ERROR": 3, b"WARN": 4, b"INFO": 6, b"DEBUG": 7, b"TRACE": 7}
_COLOURS = re.compile(rb"\x1b\[[\d;]{0,16}m")
"""The tracing library colours its words even into a pipe, unless told not to."""


def parse_bare_line(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record of a line of a VexFS daemon's output; None for every other line."""
    text = decode_text(line)
    return LogRecord(text, reading.source, boot_id=reading.boot_id) if is_bare_line(text) else None


def parse_traced_line(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record of a line that the tracing library wrote; None for every other line."""
    match = _TRACED.fullmatch(_COLOURS.sub(b"", line))
    if match is None:
        return None
    try:
        moment = possible_time(datetime.fromisoformat(match["time"].decode()).timestamp())
    except (ValueError, OverflowError):
        moment = None
    return LogRecord(
        text=decode_text(match["text"]),
        source=reading.source,
        level=_LEVELS[match["level"]],
        boot_id=reading.boot_id,
        wall_time_s=moment,
        fields=((DAEMON_FIELD, decode_text(match["target"])),),
    )
