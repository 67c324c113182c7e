"""What one file or stream holds: its records boot by boot, and what kept it from being read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.compression import decompressed
from vexfsctl.logs.reading.boots import Boot, BootSplitter, Keeper, join_boots
from vexfsctl.logs.reading.holes import WITHOUT_RECORD, HoleFinder, no_log
from vexfsctl.logs.reading.log import SourceReading
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

if TYPE_CHECKING:
    from vexfsctl.logs.decoder import RecordDecoder
    from vexfsctl.logs.files.open_file import OpenFile
    from vexfsctl.logs.stretches.stretch import Stretch

    _Item = LogRecord | Stretch | Unread

_BEGINNING = 1 << 20
"""Bytes of a large file that are read in any case."""
_HANDED_OVER = 256 << 10
"""Bytes of a source that are searched for several records on one line; larger ones are logs that a
program wrote."""
_LARGE = 32 << 20
"""Bytes from which on a file is large."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Records of a source in order, and where it has holes."""

    boots: tuple[Boot, ...]
    finder: HoleFinder
    first: LogRecord | None
    """The first of all its records; None if it has none."""
    failure: LogUnreadable | None
    empty: bool
    """Whether it had nothing at all, not even lines that are no records."""
    misjudged: bool = False
    """Whether records of it were left out that `Manner.recent_us` asks for, as its end showed."""

    @property
    def begins_in_the_middle(self) -> bool:
        """Whether its first record is not the first of its log."""
        return self.first is not None and bool(self.first.sequence)

    def precedes(self, later: "Contents") -> bool:
        """Whether its last record stands before the first of *later*."""
        # Not so if the file was rotated again between the two readings.
        last, first = self.boots[-1].last, later.first
        if last is None or first is None:
            return False
        return (last.sequence or 0) < (first.sequence or 0)

    def followed_by(self, later: "Contents") -> "Contents":
        """Return both as one; only a failure to read *later* to its end counts."""
        return Contents(
            boots=tuple(join_boots(self.boots, later.boots, later.first)),
            finder=self.finder.followed_by(later.finder),
            first=self.first or later.first,
            failure=later.failure,
            empty=self.empty and later.empty,
        )

    def into_reading(self, name: str) -> SourceReading:
        """Return it as what the source *name* gave; raise LogUnreadable if that is nothing."""
        if self.failure is None:
            failure = None
        elif not self.empty:
            failure = f"not read to its end: {self.failure.message}"
        else:
            raise LogUnreadable(
                f"cannot read {name}: {self.failure.message}", hint=self.failure.hint
            ) from self.failure
        finder = self.finder
        return SourceReading(
            name, self.boots, finder.holes, failure, finder.names_writers, finder.notes(name)
        )


class Manner(NamedTuple):
    """How contents are read."""

    every_record: bool = False
    """Whether to decode and keep every record, even those that cannot matter: much slower."""
    ordered: bool = True
    """Whether there are other sources, among whose records these have a place."""
    evidence: bool = True
    """Whether to find the kernel's own lines about devices, too."""
    counted: bool = False
    """Whether records that say the same may be counted instead of being kept one by one
    (`record.counted`); only where nothing else is asked for that needs each of them."""
    recent_us: int | None = None
    """Of what is older than that at the end of a boot, only what says something about later records
    is wanted, and that may be counted."""
    searched: bool = False
    """Whether few records will be asked for, so that most of a large file need not be read before
    that (`regions`)."""


def read_contents(
    chunks: Iterator[bytes],
    source: str,
    today: datetime | None,
    manner: Manner,
    boot_id: str | None = None,
    take_over: "Callable[[int], OpenFile | None] | None" = None,
) -> Contents:
    """Decode *chunks*, compressed or not; *today* and *boot_id* are those of `RecordDecoder`.

    *take_over* is that of a `FileStream` that they come from.
    """
    failure = None
    contents: _Reader | None = None
    if not manner.searched or manner.ordered or manner.every_record or boot_id is not None:
        take_over = None
    try:
        for chunk in decompressed(chunks):
            contents = contents or _reader(source, today, manner, boot_id)
            contents.take_chunk(chunk)
            if take_over is not None and contents.size >= _BEGINNING and contents.has_records:
                file, take_over = take_over(contents.size), None
                if file is not None and file.size >= _LARGE:
                    contents.take_rest(file)
                    break
    except LogUnreadable as cause:
        failure = cause
    if contents is None:
        return Contents((Boot(),), HoleFinder(), None, failure, empty=True)
    return contents.finish(failure)


def _reader(source: str, today: datetime | None, manner: Manner, boot_id: str | None) -> "_Reader":
    # Deferred: there may be nothing to decode, and it brings the wordings of all VexFS builds.
    from vexfsctl.logs.decoder import RecordDecoder
    from vexfsctl.logs.sieve import sieve

    decoder = RecordDecoder(source, boot_id=boot_id, today=today)
    if manner.every_record:
        return _Reader(decoder, decoder.feed, BootSplitter())
    splitter = BootSplitter(
        sieve(evidence=manner.evidence), ordered=manner.ordered, keeper=_keeper(manner)
    )
    return _Reader(decoder, decoder.sift, splitter)


def _keeper(manner: Manner) -> Callable[[BootSplitter], Keeper] | None:
    if manner.ordered:
        return None
    from vexfsctl.logs.reading.phrases import PhraseCounter
    from vexfsctl.logs.reading.recent import RecentRecords

    if manner.recent_us is not None:
        return partial(RecentRecords, length_us=manner.recent_us)
    return PhraseCounter if manner.counted and not manner.evidence else None


class _Reader:
    """Takes the text of one source piece by piece."""

    def __init__(
        self,
        decoder: "RecordDecoder",
        decode: "Callable[[bytes], Iterable[_Item]]",
        splitter: BootSplitter,
    ) -> None:
        """*decode* is the method of *decoder* that takes its bytes."""
        self._decoder = decoder
        self._decode = decode
        self._splitter = splitter
        self._finder = HoleFinder()
        # The same sets, which grow.
        self._finder.zones, self._finder.lacks = decoder.zones, decoder.lacks
        self._empty = True
        self._whole = bytearray()
        """All of it, if it is small."""
        self.size = 0
        """Bytes that it took."""

    @property
    def has_records(self) -> bool:
        """Whether any record came so far."""
        return self._splitter.first is not None

    def take_chunk(self, chunk: bytes) -> None:
        """Take what comes next; raise LogUnreadable if there is much of it and no record."""
        self._take(self._decode(chunk))
        self.size += len(chunk)
        if self.size <= _HANDED_OVER:
            self._whole += chunk
        else:
            self._whole.clear()
        if not self.has_records and self.size >= WITHOUT_RECORD:
            raise no_log()

    def take_rest(self, file: "OpenFile") -> None:
        """Take what *file* has after that, most of it unread; raise LogUnreadable."""
        from vexfsctl.logs.reading.regions import Region
        from vexfsctl.logs.reading.sampling import parts_of

        for part in parts_of(file, self.size, lambda: self._decoder.reading):
            if isinstance(part, Region):
                self._take(self._decoder.settle())
                self._splitter.pass_over(part)
            else:
                self._take(self._decode(part))

    def finish(self, failure: LogUnreadable | None) -> Contents:
        """Return what it had up to its end, or to the *failure* to read on."""
        self._take(self._decoder.finish())
        if self._whole:
            # Deferred: large logs have none.
            from vexfsctl.logs.pasted.flattened import further_records

            self._take(further_records(bytes(self._whole)))
        splitter = self._splitter
        boots = splitter.boots()
        known = self._finder, splitter.first, failure, self._empty
        return Contents(boots, *known, misjudged=splitter.misjudged)

    def _take(self, items: "Iterable[_Item]") -> None:
        for item in items:
            self._empty = False
            self._finder.observe(item)
            if not isinstance(item, Unread):
                self._splitter.take(item)
