"""What reading the log gave: records, and how complete they are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

from vexfsctl.logs.reading.boots import Boot
from vexfsctl.logs.reading.holes import Hole, gaps_since, summed
from vexfsctl.logs.reading.spool import Position
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.reading.duplicates import Shown
    from vexfsctl.logs.reading.regions import Region
    from vexfsctl.logs.reading.wanted import Wanted


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What one source gave."""

    name: str
    boots: tuple[Boot, ...] = (Boot(),)
    """In the order of the source; at least one."""
    holes: tuple[Hole, ...] = ()
    failure: str | None = None
    """Why it could not be read, or not to its end."""
    names_writers: bool = False
    """Whether any record has a facility."""
    notes: tuple[Gap, ...] = ()
    """What should be known of how it was read at first, and is no gap."""

    def forget_older_boots(self) -> "SourceReading":
        """Return it with the boot id on records of its last boot only."""
        *older, latest = self.boots
        return replace(self, boots=(*(boot.without_id() for boot in older), latest))

    def only(self, wanted: "Wanted") -> "SourceReading":
        """Return it with those records only that are *wanted*; what ends its boots stays."""
        return replace(self, boots=tuple(boot.only(wanted) for boot in self.boots))

    def of_vexfs(self) -> "SourceReading":
        """Return it with those of its records only that VexFS may have written."""
        return replace(self, boots=tuple(boot.of_vexfs() for boot in self.boots))

    def gaps(self, since_us: int | None) -> tuple[Gap, ...]:
        """Return what this source lacks since that uptime, as far as it was read; None: ever."""
        unread = () if self.failure is None else (Gap(self.name, "unreadable", None, self.failure),)
        later = (hole for region in self._regions for hole in region.holes)
        return (*unread, *gaps_since(self.name, (*self.holes, *later), since_us))

    @property
    def all_notes(self) -> tuple[Gap, ...]:
        """What should be known of how it was read so far."""
        later = (note for region in self._regions for note in region.notes)
        return summed((*self.notes, *later))

    @property
    def _regions(self) -> "Iterator[Region]":
        return (region for boot in self.boots for part in boot.parts for region in part.regions)


@dataclass(frozen=True, slots=True)
class LogReading:
    """What all sources gave; iterate over its records as often as you like."""

    sources: tuple[SourceReading, ...]

    def __iter__(self) -> Iterator[LogRecord]:
        """Yield the records that matter, in order of time, as far as the sources give times."""
        return merge_by_time([source.boots for source in self.sources])

    def not_yet(self, shown: "Shown") -> Iterator[LogRecord]:
        """Yield those of them that no other source had before, as far as is known by *shown*."""
        return merge_by_time([source.boots for source in self.sources], shown)

    def __len__(self) -> int:
        """Return how many these are at most: what several sources have counts for each."""
        boots = (boot for source in self.sources for boot in source.boots)
        return sum(len(part) for boot in boots for part in boot.parts)

    def only(self, wanted: "Wanted") -> "LogReading":
        """Return what it has of the records that are *wanted*, whatever was wanted before.

        Its coverage stays that of all.
        """
        return LogReading(tuple(source.only(wanted) for source in self.sources))

    def of_vexfs(self) -> "LogReading":
        """Return what it has of the records that VexFS may have written."""
        return LogReading(tuple(source.of_vexfs() for source in self.sources))

    def ending(self, size: int, before: "Wanted") -> "LogReading | None":
        """Return its last records, about *size* bytes of them, and those *before* that are wanted.

        None if that would be all of it, or if it has several sources, whose ends are not one.
        """
        if len(self.sources) != 1:
            return None
        (source,) = self.sources
        boots: list[Boot] = []
        for boot in reversed(source.boots):
            boots.insert(0, boot.ending(size, before))
            size -= boot.size
        if not any(part.wanted is before for boot in boots for part in boot.parts):
            return None
        return LogReading((replace(source, boots=tuple(boots)),))

    @property
    def last(self) -> LogRecord | None:
        """The last of all records, whether it matters or not; None if there is none."""
        ends = [source.boots[-1] for source in self.sources]
        # Of equal ones the later source's, as in `merge_by_time`.
        latest = sorted((end for end in ends if end.last is not None), key=lambda end: end.end)
        return latest[-1].last if latest else None

    @property
    def naming_writers(self) -> frozenset[str]:
        """The sources in which any record has a facility."""
        return frozenset(source.name for source in self.sources if source.names_writers)

    @property
    def boot_ids(self) -> frozenset[str | None]:
        """The boots that any record is of; None among them if a source does not say."""
        return frozenset(
            each for source in self.sources for boot in source.boots for each in boot.ends
        )

    def uptimes_fall(self, by_us: int) -> bool:
        """Whether uptimes of records that matter fall by more than *by_us* in any source.

        That is so after a restart, whether it was noticed or not: a line without an uptime may
        stand between, or numbers of records go on.
        """
        return any(
            len(source.boots) > 1 or _fall(source.boots[0].uptimes, by_us)
            for source in self.sources
        )

    @property
    def boots_with_records(self) -> frozenset[str | None]:
        """Those of them that have any record that matters."""
        boots = (boot for source in self.sources for boot in source.boots)
        return frozenset(each for boot in boots if any(map(len, boot.parts)) for each in boot.ends)

    def coverage(self, since_us: int | None = None) -> Coverage:
        """Return what was read, and what was missing since that uptime (None: ever)."""
        gaps = (gap for source in self.sources for gap in source.gaps(since_us))
        notes = (note for source in self.sources for note in source.all_notes)
        return Coverage(tuple(source.name for source in self.sources), tuple(gaps), tuple(notes))


def merge_by_time(
    sources: Sequence[Sequence[Boot]], shown: "Shown | None" = None
) -> Iterator[LogRecord]:
    """Yield all records by boot and uptime; those of one source keep their order.

    What several sources have is yielded once (`duplicates`), and not if it was *shown* before.

    Uptimes of different sources are compared within the last boot of each, then within the one
    before, and so on: a source need not say which boot it is of. Those that have no uptimes are
    put in order by wall-clock time, as far as they have that.
    """
    if len(sources) == 1:
        return chain.from_iterable(boot.records for boot in sources[0])
    # Deferred: mostly there is one source.
    from vexfsctl.logs.reading.duplicates import Shown

    placed = merge(*map(_placed, range(len(sources)), sources), key=itemgetter(0, 1))
    return (shown or Shown()).take(map(itemgetter(2, 3), placed))


def _fall(uptimes: Iterable[int], by_us: int) -> bool:
    highest = 0
    for uptime_us in uptimes:
        if highest - uptime_us > by_us:
            return True
        highest = max(highest, uptime_us)
    return False


def _placed(source: int, boots: Sequence[Boot]) -> Iterator[tuple[int, Position, int, LogRecord]]:
    for number, boot in enumerate(boots, 1 - len(boots)):
        for part in boot.parts:
            for position, record in part:
                yield number, position, source, record
