"""What one file or stream holds: its records in their order, and what kept it from being read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.sources.compression import decompressed
from vexfsctl.logs.sources.holes import HoleFinder
from vexfsctl.logs.sources.reading import SourceReading
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.formats.text import RecordDecoder

_WITHOUT_RECORD = 4 << 20
"""Bytes after which a source without any record is not a log: a disk, /dev/zero, an archive."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Records of a source in order, None for each line that is not one."""

    items: list[LogRecord | None]
    failure: LogUnreadable | None

    @property
    def records(self) -> tuple[LogRecord, ...]:
        """The records alone."""
        return tuple(item for item in self.items if item is not None)

    @property
    def begins_in_the_middle(self) -> bool:
        """Whether its first record is not the first of its log."""
        return any(record.sequence for record in self.records[:1])

    def precedes(self, later: "Contents") -> bool:
        """Whether its last record stands before the first of *later*."""
        # Not so if the file was rotated again between the two readings.
        last, first = self.records[-1:], later.records[:1]
        return bool(last and first) and (last[0].sequence or 0) < (first[0].sequence or 0)

    def followed_by(self, later: "Contents") -> "Contents":
        """Return both as one; only a failure to read *later* to its end counts."""
        return Contents([*self.items, *later.items], later.failure)

    def into_reading(self, name: str) -> SourceReading:
        """Return it as what the source *name* gave; raise LogUnreadable if that is nothing."""
        if self.failure is None:
            failure = None
        elif self.items:
            failure = f"not read to its end: {self.failure.message}"
        else:
            raise LogUnreadable(
                f"cannot read {name}: {self.failure.message}", hint=self.failure.hint
            ) from self.failure
        finder = HoleFinder()
        return SourceReading(name, tuple(finder.passing(self.items)), finder.holes, failure)


def read_contents(
    chunks: Iterator[bytes],
    source: str,
    *,
    boot_id: str | None = None,
    today: datetime | None = None,
) -> Contents:
    """Decode *chunks*, compressed or not; the other arguments are those of `RecordDecoder`."""
    items: list[LogRecord | None] = []
    decoder: RecordDecoder | None = None
    failure = None
    try:
        for chunk in _resembling_a_log(decompressed(chunks), items):
            decoder = decoder or _decoder(source, boot_id, today)
            items += decoder.feed(chunk)
    except LogUnreadable as cause:
        failure = cause
    return Contents([*items, *(decoder.finish() if decoder else ())], failure)


def _decoder(source: str, boot_id: str | None, today: datetime | None) -> "RecordDecoder":
    # Deferred: there may be nothing to decode, and it brings the wordings of all VexFS builds.
    from vexfsctl.logs.formats.text import RecordDecoder

    return RecordDecoder(source, boot_id=boot_id, today=today)


def _resembling_a_log(
    chunks: Iterator[bytes], items: Sequence[LogRecord | None]
) -> Iterator[bytes]:
    """Yield *chunks*; raise LogUnreadable if many have added no record to *items*."""
    size = 0
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        if size >= _WITHOUT_RECORD:
            if not any(items):
                raise LogUnreadable(
                    f"not a log: no record in the first {_WITHOUT_RECORD >> 20} MiB"
                )
            yield from chunks
