"""What reading the log gave: records, and how complete they are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from vexfsctl.logs.sources.boots import Boot, Position
from vexfsctl.logs.sources.holes import Hole, gaps_since
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.record import LogRecord


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What one source gave."""

    name: str
    boots: tuple[Boot, ...] = (Boot(),)
    """In the order of the source; at least one."""
    holes: tuple[Hole, ...] = ()
    failure: str | None = None
    """Why it could not be read, or not to its end."""

    def forget_older_boots(self) -> "SourceReading":
        """Return it with the boot id on records of its last boot only."""
        *older, latest = self.boots
        return replace(self, boots=(*(boot.without_id() for boot in older), latest))

    def gaps(self, since_us: int | None) -> tuple[Gap, ...]:
        """Return what this source lacks since that uptime; None: ever."""
        unread = () if self.failure is None else (Gap(self.name, "unreadable", None, self.failure),)
        return (*unread, *gaps_since(self.name, self.holes, since_us))


@dataclass(frozen=True, slots=True)
class LogReading:
    """What all sources gave."""

    sources: tuple[SourceReading, ...]
    records: tuple[LogRecord, ...]
    """Those that matter, in order of time, as far as the sources give times."""

    @classmethod
    def of(cls, sources: Iterable[SourceReading]) -> "LogReading":
        """Merge the records of all sources in order of time."""
        sources = tuple(sources)
        return cls(sources, merge_by_time([source.boots for source in sources]))

    @property
    def last(self) -> LogRecord | None:
        """The last of all records, whether it matters or not; None if there is none."""
        ends = [source.boots[-1] for source in self.sources]
        # Of equal ones the later source's, as in `merge_by_time`.
        latest = sorted((end for end in ends if end.last is not None), key=lambda end: end.end)
        return latest[-1].last if latest else None

    @property
    def boot_ids(self) -> frozenset[str | None]:
        """The boots that any record is of; None among them if a source does not say."""
        return frozenset(
            each for source in self.sources for boot in source.boots for each in boot.ends
        )

    def coverage(self, since_us: int | None = None) -> Coverage:
        """Return what was read, and what was missing since that uptime (None: ever)."""
        gaps = (gap for source in self.sources for gap in source.gaps(since_us))
        return Coverage(tuple(source.name for source in self.sources), tuple(gaps))


def merge_by_time(sources: Sequence[Sequence[Boot]]) -> tuple[LogRecord, ...]:
    """Return all records by boot and uptime; those of one source keep their order.

    Uptimes of different sources are compared within the last boot of each, then within the one
    before, and so on: a source need not say which boot it is of. Those that have no uptimes are
    put in order by wall-clock time, as far as they have that.
    """
    if len(sources) == 1:
        return tuple(record for boot in sources[0] for record in boot.records)
    placed = chain.from_iterable(map(_placed, sources))
    return tuple(record for *_, record in sorted(placed, key=lambda item: item[:2]))


def _placed(boots: Sequence[Boot]) -> Iterator[tuple[int, Position, LogRecord]]:
    for number, boot in enumerate(boots, 1 - len(boots)):
        for record, position in zip(boot.records, boot.positions, strict=True):
            yield number, position, record
