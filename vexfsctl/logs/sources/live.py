"""Text of a source that goes on: what it holds, as far as it has come, and what was missing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vexfsctl.logs.reading.holes import HoleFinder
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

    def take(self, chunk: bytes) -> "Iterator[LogRecord | Stretch]":
        """Yield what *chunk* completes."""
        self.size += len(chunk)
        yield from self.finder.passing(self._decode(chunk))

    def settle(self) -> "Iterator[LogRecord | Stretch]":
        """Yield the record that was waiting for more lines, since none have come."""
        yield from self.finder.passing(self._decoder.settle())

    def finish(self) -> "Iterator[LogRecord | Stretch]":
        """Yield what is left, since no more can come."""
        yield from self.finder.passing(self._decoder.finish())
