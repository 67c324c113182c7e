"""Records of a log, kept to be read more than once: a few in memory, many in an unlinked file.

What a log holds that matters may be larger than memory, and a pipe cannot be read again.
"""

import marshal
import os
import weakref
from collections.abc import Iterator
from typing import Any

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.model.record import LogRecord

Position = tuple[int, float]
"""Where a record stands among those of other sources: the latest uptime (µs) and the latest Unix
time that its boot had reached."""
Placed = tuple[Position, LogRecord]

_BATCH = 512
"""Records that are written and read back together."""
_IN_MEMORY = 4 << 20
"""Bytes of a spool that need no file."""


class Spool:
    """Records in the order in which they were added; iterate as often as you like."""

    def __init__(self) -> None:
        self._batch: list[tuple[Any, ...]] = []
        self._blobs: list[bytes] = []
        self._size = 0
        self._file: int | None = None
        """Descriptor of the unlinked file."""
        self._lengths: list[int] = []
        """Of the blobs that are in the file, in their order."""
        self._count = 0

    def __len__(self) -> int:
        """Return how many records it has."""
        return self._count

    def __iter__(self) -> Iterator[Placed]:
        """Yield the records and their positions."""
        offset = 0
        for length in tuple(self._lengths):
            assert self._file is not None
            yield from _load(os.pread(self._file, length, offset))
            offset += length
        for blob in tuple(self._blobs):
            yield from _load(blob)
        yield from map(_placed, tuple(self._batch))

    def append(self, position: Position, record: LogRecord) -> None:
        """Add a record; raise LogUnreadable if there is no room for it on the disk."""
        self._batch.append(
            (
                *(position, record.text, record.source, record.uptime_us, record.sequence),
                *(record.level, record.facility, record.boot_id, record.wall_time_s),
                record.fields,
            )
        )
        self._count += 1
        if len(self._batch) == _BATCH:
            blob = marshal.dumps(self._batch)
            self._batch.clear()
            self._blobs.append(blob)
            self._size += len(blob)
            if self._size > _IN_MEMORY:
                self._write_out()

    def _write_out(self) -> None:
        # Deferred: most logs have few such records, and it loads half a dozen modules.
        from tempfile import TemporaryFile

        try:
            if self._file is None:
                with TemporaryFile(buffering=0) as file:
                    self._file = os.dup(file.fileno())
                weakref.finalize(self, os.close, self._file)
            for blob in self._blobs:
                view = memoryview(blob)
                while view:
                    view = view[os.write(self._file, view) :]
        except OSError as cause:
            raise LogUnreadable(
                f"cannot keep its records: {cause.strerror}",
                hint="set TMPDIR to a directory with more room",
            ) from cause
        self._lengths += map(len, self._blobs)
        self._blobs.clear()
        self._size = 0


def _load(blob: bytes) -> Iterator[Placed]:
    return map(_placed, marshal.loads(blob))


def _placed(values: tuple[Any, ...]) -> Placed:
    return values[0], LogRecord(*values[1:])
