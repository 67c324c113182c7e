"""Text of a source that is followed: what it holds so far, and what was missing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vexfsctl.logs.reading.holes import WITHOUT_RECORD, HoleFinder, no_log
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch


class LiveText:
    """Takes the bytes of one source as they come; yields records, and stretches of them.

    Stretches are of records that need no decoding (`RecordDecoder.sift`).
    """

    def __init__(
        self, source: str, *, boot_id: str | None = None, every_record: bool = False
    ) -> None:
        """With *every_record*, all are decoded and there are no stretches: much slower."""
        # Deferred: it brings the wordings of all VexFS builds.
        from vexfsctl.logs.decoder import RecordDecoder

        self._decoder = RecordDecoder(source, boot_id=boot_id)
        self._decode = self._decoder.feed if every_record else self._decoder.sift
        self.finder = HoleFinder()
        # The same sets, which grow.
        self.finder.zones, self.finder.lacks = self._decoder.zones, self._decoder.lacks
        """Knows what was missing."""
        self.size = 0
        """Bytes so far."""
        self.failure: str | None = None
        """Why some of the source could not be read, although it goes on."""

    @property
    def is_no_log(self) -> bool:
        """Whether it has no record among its lines, or in many bytes."""
        so_far = self.finder.ordinary or self.size >= WITHOUT_RECORD
        return bool(so_far) and not self.finder.has_records

    def take(self, chunk: bytes) -> "Iterator[LogRecord | Stretch]":
        """Yield what *chunk* completes; raise LogUnreadable if there is much and no record."""
        self.size += len(chunk)
        yield from self.finder.passing(self._decode(chunk))
        if self.size >= WITHOUT_RECORD and not self.finder.has_records:
            raise no_log()

    def settle(self) -> "Iterator[LogRecord | Stretch]":
        """Yield the record that was waiting for more lines, since none have come."""
        yield from self.finder.passing(self._decoder.settle())

    def finish(self) -> "Iterator[LogRecord | Stretch]":
        """Yield what is left, since no more can come."""
        yield from self.finder.passing(self._decoder.finish())
