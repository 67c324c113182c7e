"""What matters of a log, kept to be read more than once: a little in memory, much in an unlinked
file.

It may be larger than memory, and a pipe cannot be read again. If the disk has no room for it,
memory has to do. Lines of a stretch are kept as they are: most readers ask for few of them.
"""

import marshal
import math
import os
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from vexfsctl.model.record import Counted, LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.formats.renderings import Reading
    from vexfsctl.logs.reading.regions import Region
    from vexfsctl.logs.sieve import Sieve
    from vexfsctl.logs.stretches.forms import PlainForm
    from vexfsctl.logs.stretches.stretch import Stretch

Position = tuple[int, float]
"""Where a record stands among those of other sources: the latest uptime (µs) and the latest Unix
time that its boot had reached."""
Placed = tuple[Position, LogRecord]

_BATCH = 512
"""Records that are written and read back together, if lines that are kept are not larger than …"""
_BATCH_BYTES = 1 << 16
_IN_MEMORY = 4 << 20
"""Bytes of a spool that need no file."""


class Lines(NamedTuple):
    """Lines of one stretch, undecoded."""

    form: str
    """Name of their form."""
    reading: "Reading"
    text: bytes
    """Whole records."""
    low_us: int | None
    """What the uptime of each is at least; None if they have to be looked at for that."""
    high_us: int | None
    """What it is at most."""
    sifted: bool = False
    """Whether each may matter, as was found before: they need not be searched again."""

    @classmethod
    def of(cls, stretch: "Stretch", *, sifted: bool = False) -> "Lines":
        """Return those of *stretch*."""
        text = stretch.block[stretch.start : stretch.end]
        bounds = (stretch.low_us, stretch.high_us) if stretch.has_bounds else (None, None)
        return cls(stretch.form.name, stretch.reading, text, *bounds, sifted)

    @property
    def uptimes(self) -> list[int]:
        """Those of the records that have one, or bounds of those of all."""
        if self.low_us is not None and self.high_us is not None:
            return [self.low_us, self.high_us]
        return self.plain_form.uptimes_in(self.text)

    @property
    def some_lack_uptimes(self) -> bool:
        """Whether any of the records has none."""
        if self.low_us is not None:
            return False
        form = self.plain_form
        if form.uptime is not None and not form.some_have_uptimes:
            return False
        return not form.uptimes_of_all(self.text)

    @property
    def plain_form(self) -> "PlainForm":
        """Their form."""
        from vexfsctl.logs.stretches.forms import form_of

        return form_of(self.form)

    @property
    def latest_s(self) -> float | None:
        """What the Unix time of each is at most; None if any has none."""
        return self.stretch.latest_s

    @property
    def time_bounds_s(self) -> tuple[float, float] | None:
        """What the Unix time of each is at least and at most; None if any has none."""
        return self.stretch.time_bounds_s

    @property
    def stretch(self) -> "Stretch":
        """Them as a stretch."""
        from vexfsctl.logs.stretches.stretch import stretch_of

        return stretch_of(self.form, self.reading, self.text)


class Spool:
    """Records in the order in which they were added, in sections that are read one by one."""

    def __init__(self, sieve: "Sieve | None" = None) -> None:
        """*sieve* tells which of the lines that are kept may matter."""
        self.sieve = sieve
        self._batch: list[tuple[Any, ...]] = []
        self._batch_size = 0
        """Bytes of the lines in it."""
        self._batch_count = 0
        """Records in it that may matter."""
        self._readings: list[Reading] = []
        """What was known of the source when lines of it were kept."""
        self._blobs: list[bytes | _Extent | Region] = []
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
                *(record.level, record.facility, record.boot_id),
                *(record.wall_time_s, record.host),
                *(record.fields, record.loose, record.counted and tuple(record.counted)),
            )
        )
        self._added(1, 0)

    def append_lines(self, lines: Lines, count: int) -> None:
        """Add *lines*, *count* records of which may matter."""
        if not self._readings or self._readings[-1] is not lines.reading:
            self._readings.append(lines.reading)
        self._batch.append((lines.form, len(self._readings) - 1, *lines[2:]))
        self._added(count, len(lines.text))

    def append_region(self, region: "Region") -> None:
        """Add what is in *region*, which is read when something is asked of it."""
        self._end_batch()
        self._blobs.append(region)
        self._counts.append(region.count)

    def mark(self) -> int:
        """Begin a section, and return where it begins and the one before it ends."""
        self._end_batch()
        return len(self._blobs)

    def read(self, start: int, end: int) -> "Iterator[Placed | Lines | Region]":
        """Yield what is in the sections from *start* to *end*: records and their positions."""
        for blob in self._blobs[start:end]:
            if not isinstance(blob, bytes | _Extent):
                yield blob
                continue
            text = blob
            if isinstance(text, _Extent):
                assert self._file is not None
                text = os.pread(self._file, text.length, text.offset)
            yield from map(self._restored, marshal.loads(text))

    def regions(self, start: int, end: int) -> "Iterator[Region]":
        """Yield those of which only what is asked for was read."""
        return (blob for blob in self._blobs[start:end] if not isinstance(blob, bytes | _Extent))

    def count(self, start: int, end: int) -> int:
        """Return how many records these are."""
        return sum(self._counts[start:end])

    def size(self, start: int, end: int) -> int:
        """Return how many bytes they take up."""
        return sum(map(_size, self._blobs[start:end]))

    def mark_before_last(self, start: int, end: int, size: int) -> int:
        """Return the mark from which to *end* there are at least *size* bytes; *start* at least."""
        while size > 0 and start < end:
            end -= 1
            size -= _size(self._blobs[end])
        return end

    def _restored(self, values: tuple[Any, ...]) -> Placed | Lines:
        if isinstance(values[0], str):
            form, number, *others = values
            return Lines(form, self._readings[number], *others)
        return _placed(values)

    def _added(self, count: int, size: int) -> None:
        self._batch_count += count
        self._batch_size += size
        if len(self._batch) == _BATCH or self._batch_size > _BATCH_BYTES:
            self._end_batch()

    def _end_batch(self) -> None:
        if not self._batch:
            return
        blob = marshal.dumps(self._batch)
        self._blobs.append(blob)
        self._counts.append(self._batch_count)
        self._batch.clear()
        self._batch_size = self._batch_count = 0
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
            self._size = self._most = 0
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


def _size(blob: "bytes | _Extent | Region") -> int:
    if isinstance(blob, bytes):
        return len(blob)
    return blob.length if isinstance(blob, _Extent) else blob.size


def _placed(values: tuple[Any, ...]) -> Placed:
    counted = None if values[-1] is None else Counted(*values[-1])
    record, loose = LogRecord(*values[1:-2]), values[-2]
    if counted is None and not loose:
        return values[0], record
    return values[0], replace(record, counted=counted, loose=loose)
