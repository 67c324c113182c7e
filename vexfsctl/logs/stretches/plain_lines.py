"""Records from lines that are vouched for (`stretches`): what `lines` makes of them, but quicker.

Each function knows that its line has one plain form, and has nothing to look for. For a line that
is not quite plain it returns None: `lines` reads that as well.
"""

import re
from datetime import datetime
from functools import lru_cache

from vexfsctl.logs.formats.renderings import Reading, decode_name, decode_text, parse_syslog_line
from vexfsctl.model.record import LogRecord

_KERNEL_LINE = re.compile(
    rb"(?P<minute>(?:[A-Z][a-z]{2} [ \d]\d |\d{4}-\d\d-\d\d[T ])\d\d:\d\d:)(?P<second>\d\d)"
    rb"(?:\.(?P<fraction>\d{1,6}))?(?P<zone>(?:Z|[-+]\d\d:?\d\d)?)"
    rb" (?P<host>[\w.:-]{1,255}) kernel: "
    # A priority or a caller before or after an uptime is left to `lines`.
    rb"(?:\[ *(?P<uptime>\d{1,12}\.\d{6})\] (?!\[ *[TC]\d)|(?!<\d|\[ *\d))(?P<text>.*)",
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
    """Return the record of `Nov 29 10:00:00 host kernel: [    1.234567] text`; else None.

    There need not be an uptime.
    """
    match = _KERNEL_LINE.fullmatch(line)
    if match is None:
        return None
    minute, second, fraction, zone, host, uptime, text = match.groups()
    minute_s = _minute_s(minute, zone, reading.today)
    return LogRecord(
        text=decode_text(text.removesuffix(b"\r")),
        source=reading.source,
        uptime_us=None if uptime is None else int(uptime.replace(b".", b"")),
        boot_id=reading.boot_id,
        wall_time_s=None if minute_s is None else _moment_s(minute_s, second, fraction, zone),
        host=decode_name(host),
    )


@lru_cache(maxsize=16)
def _minute_s(minute: bytes, zone: bytes, today: datetime) -> float | None:
    """Return when a minute begins, in Unix time: all its seconds are of one year and one zone."""
    read = parse_syslog_line(minute + b"00" + zone + b" host kernel: ", Reading("", None, today))
    return None if read is None else read.record.wall_time_s


def _moment_s(minute_s: float, second: bytes, fraction: bytes | None, zone: bytes) -> float:
    """Return the time in a minute as `datetime.timestamp` does, to the last bit."""
    whole_s = minute_s + int(second)
    if fraction is None:
        return whole_s
    micros = int(fraction.ljust(6, b"0"))
    if zone:
        return (int(whole_s) * 1_000_000 + micros) / 1_000_000
    return whole_s + micros / 1e6
