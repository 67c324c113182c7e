"""Records from lines that are vouched for (`stretches`): what `lines` makes of them, but quicker.

Each function knows that its line has one plain form, and has nothing to look for. For a line that
is not quite plain it returns None: `lines` reads that as well.
"""

from vexfsctl.logs.formats.renderings import Reading, decode_text
from vexfsctl.model.record import LogRecord


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
    word, sequence, uptime_us, _ = head.split(b",")
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
