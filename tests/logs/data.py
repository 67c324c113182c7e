"""Recorded kernel logs, see tests/data/kernel-logs/README.md."""

from pathlib import Path

from vexfsctl.logs.reading.contents import Manner
from vexfsctl.logs.sources.kmsg import KmsgReader
from vexfsctl.logs.sources.reader import LogHost, read_sources
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

KERNEL_LOGS = Path(__file__).parents[1] / "data" / "kernel-logs"


def recorded(name: str) -> tuple[LogRecord, ...]:
    """Return the records of one capture, all of them."""
    return tuple(read_sources([str(KERNEL_LOGS / name)], LogHost(), Manner(every_record=True)))


def drained(reader: KmsgReader) -> list[LogRecord]:
    """Return the records that a reader of every record has not returned yet."""
    return [record for record in reader.drain() if isinstance(record, LogRecord)]


def record_or_none(item: LogRecord | Unread) -> LogRecord | None:
    """Return the record that *item* is; None for a line that is none."""
    return None if isinstance(item, Unread) else item
