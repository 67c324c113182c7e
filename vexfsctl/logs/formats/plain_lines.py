"""Records from lines that are vouched for (`stretches`): what `lines` makes of them, but quicker.

Each function knows that its line has one plain form, and has nothing to look for. For a line that
is not quite plain it returns None: `lines` reads that as well.
"""

import re
from datetime import datetime
from functools import lru_cache

from vexfsctl.logs.formats.renderings import Reading, decode_text, parse_syslog_line
from vexfsctl.model.record import LogRecord

_KERNEL_LINE = re.compile(
    rb"(?P<time>(?:[A-Z][a-z]{2} [ \d]\d |\d{4}-\d\d-\d\d )?[-+.:\dTZ]+) [\w.:-]{1,255} kernel: "
    rb"\[ *(?P<uptime>\d{1,12}\.\d{6})\] (?!\[ *[TC]\d)(?P<text>.*)",
    re.DOTALL,
)


def read_dmesg_line(line: bytes, reading: Reading) -> LogRecord:
    """Return the record of `[    1.234567] text`."""
    head, _, text = line.partition(b"] ")
    return LogRecord(
        text=decode_text(text.removesuffix(b"\r")),
        source=reading.source,
        uptime_us=int(head[1:].replace(b".", b"")),
        boot_id=reading.boot_id,
    )


def read_kmsg_line(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record of `6,123,1234567,-;text`; None if there is metadata after it."""
    if b"\n" in line:
        return None
    head, _, text = line.partition(b";")
    word, sequence, uptime_us, *_ = head.split(b",")
    priority = int(word)
    return LogRecord(
        text=decode_text(text.removesuffix(b"\r")),
        source=reading.source,
        uptime_us=int(uptime_us),
        sequence=int(sequence),
        level=priority & 7,
        facility=priority >> 3,
        boot_id=reading.boot_id,
    )


def read_syslog_line(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record of `Nov 29 10:00:00 host kernel: [    1.234567] text`; else None."""
    match = _KERNEL_LINE.fullmatch(line)
    if match is None:
        return None
    time, uptime, text = match.groups()
    return LogRecord(
        text=decode_text(text.removesuffix(b"\r")),
        source=reading.source,
        uptime_us=int(uptime.replace(b".", b"")),
        boot_id=reading.boot_id,
        wall_time_s=_wall_time_s(time, reading.today),
    )


@lru_cache(maxsize=16)
def _wall_time_s(time: bytes, today: datetime) -> float | None:
    # A busy log has many lines of one second.
    read = parse_syslog_line(time + b" host kernel: ", Reading("", None, today))
    return None if read is None else read[0].wall_time_s
