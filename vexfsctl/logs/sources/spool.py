"""Records of a log, kept to be read more than once: a few in memory, many in an unlinked file.

What a log holds that matters may be larger than memory, and a pipe cannot be read again. If the
disk has no room for it, memory has to do.
"""

import marshal
import math
import os
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from vexfsctl.model.record import Counted, LogRecord

Position = tuple[int, float]
"""Where a record stands among those of other sources: the latest uptime (µs) and the latest Unix
time that its boot had reached."""
Placed = tuple[Position, LogRecord]

_BATCH = 512
"""Records that are written and read back together."""
_IN_MEMORY = 4 << 20
"""Bytes of a spool that need no file."""


class Spool:
    """Records in the order in which they were added, in sections that are read one by one."""

    def __init__(self) -> None:
        self._batch: list[tuple[Any, ...]] = []
        self._blobs: list[bytes | _Extent] = []
        self._counts: list[int] = []
        """Of the records in each of these."""
        self._size = 0
        """Bytes of those that are in memory."""
        self._most: float = _IN_MEMORY
        self._file: int | None = None
        """Descriptor of the unlinked file."""
        self._end = 0
        """Of that file."""

    def append(self, position: Position, record: LogRecord) -> None:
        """Add a record."""
        self._batch.append(
            (
                *(position, record.text, record.source, record.uptime_us, record.sequence),
                *(record.level, record.facility, record.boot_id, record.wall_time_s),
                *(record.fields, record.counted and tuple(record.counted)),
            )
        )
        if len(self._batch) == _BATCH:
            self._end_batch()

    def mark(self) -> int:
        """Begin a section, and return where it begins and the one before it ends."""
        self._end_batch()
        return len(self._blobs)

    def read(self, start: int, end: int) -> Iterator[Placed]:
        """Yield the records of the sections from *start* to *end*, and their positions."""
        for blob in self._blobs[start:end]:
            text = blob
            if isinstance(text, _Extent):
                assert self._file is not None
                text = os.pread(self._file, text.length, text.offset)
            yield from map(_placed, marshal.loads(text))

    def count(self, start: int, end: int) -> int:
        """Return how many these are."""
        return sum(self._counts[start:end])

    def _end_batch(self) -> None:
        if not self._batch:
            return
        blob = marshal.dumps(self._batch)
        self._blobs.append(blob)
        self._counts.append(len(self._batch))
        self._batch.clear()
        self._size += len(blob)
        if self._size > self._most:
            self._write_out()

    def _write_out(self) -> None:
        """Move what is in memory to the file; if that cannot be, it stays, and so does the rest."""
        # Deferred: most logs have few such records, and it loads half a dozen modules.
        from tempfile import TemporaryFile

        try:
            if self._file is None:
                with TemporaryFile(buffering=0) as file:
                    self._file = os.dup(file.fileno())
                weakref.finalize(self, os.close, self._file)
            for place, blob in enumerate(self._blobs):
                if isinstance(blob, bytes):
                    self._blobs[place] = self._write(self._file, blob)
            self._size = 0
        except OSError:
            # A full disk may be what the log tells of.
            self._most = math.inf

    def _write(self, file: int, blob: bytes) -> "_Extent":
        rest, end = memoryview(blob), self._end
        while rest:
            size = os.pwrite(file, rest, end)
            rest, end = rest[size:], end + size
        extent = _Extent(self._end, len(blob))
        self._end += len(blob)
        return extent


class _Extent(NamedTuple):
    """Where in the file something is."""

    offset: int
    length: int


def _placed(values: tuple[Any, ...]) -> Placed:
    counted = None if values[-1] is None else Counted(*values[-1])
    record = LogRecord(*values[1:-1])
    return values[0], record if counted is None else replace(record, counted=counted)
