"""What reading the log gave: records, and how complete they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from vexfsctl.logs.sources.holes import Hole, gaps_since
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.record import LogRecord


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What one source gave."""

    name: str
    records: tuple[LogRecord, ...] = ()
    """In the order of the source."""
    holes: tuple[Hole, ...] = ()
    failure: str | None = None
    """Why it could not be read, or not to its end."""

    def forget_older_boots(self) -> "SourceReading":
        """Return it with the boot id on records of its last boot only."""
        *older, latest = split_boots(self.records)
        forgotten = (replace(record, boot_id=None) for record in chain.from_iterable(older))
        return replace(self, records=(*forgotten, *latest))

    def gaps(self, since_us: int | None) -> tuple[Gap, ...]:
        """Return what this source lacks since that uptime; None: ever."""
        unread = () if self.failure is None else (Gap(self.name, "unreadable", None, self.failure),)
        return (*unread, *gaps_since(self.name, self.holes, since_us))


@dataclass(frozen=True, slots=True)
class LogReading:
    """What all sources gave."""

    records: tuple[LogRecord, ...]
    """In order of time, as far as the sources give times."""
    sources: tuple[SourceReading, ...]

    @classmethod
    def of(cls, sources: Iterable[SourceReading]) -> "LogReading":
        """Merge the records of all sources in order of time."""
        sources = tuple(sources)
        return cls(merge_by_time(source.records for source in sources), sources)

    def coverage(self, since_us: int | None = None) -> Coverage:
        """Return what was read, and what was missing since that uptime (None: ever)."""
        gaps = (gap for source in self.sources for gap in source.gaps(since_us))
        return Coverage(tuple(source.name for source in self.sources), tuple(gaps))


_REORDERING_US = 5_000_000
"""The clock of a kernel that just started jumps back by up to a second once it is calibrated."""


def split_boots(records: Sequence[LogRecord]) -> list[Sequence[LogRecord]]:
    """Cut the records of one source where the machine was restarted; at least one part."""
    cuts = [at for at, pair in enumerate(pairwise(records), 1) if _restarted(*pair)]
    bounds = [0, *cuts, len(records)]
    return [records[start:end] for start, end in pairwise(bounds)]


def merge_by_time(sources: Iterable[Sequence[LogRecord]]) -> tuple[LogRecord, ...]:
    """Return all records by boot and uptime; those of one source keep their order.

    Uptimes of different sources are compared within the last boot of each, then within the one
    before, and so on: a source need not say which boot it is of. Those that have no uptimes are
    put in order by wall-clock time, as far as they have that.
    """
    keyed = chain.from_iterable(map(_keyed, sources))
    return tuple(record for *_, record in sorted(keyed, key=lambda item: item[:3]))


def _keyed(records: Sequence[LogRecord]) -> Iterable[tuple[int, int, float, LogRecord]]:
    boots = split_boots(records)
    for boot, part in enumerate(boots, 1 - len(boots)):
        latest, wall = 0, 0.0
        for record in part:
            latest = max(latest, record.uptime_us or 0)
            wall = max(wall, record.wall_time_s or 0.0)
            yield boot, latest, wall, record


def _restarted(before: LogRecord, after: LogRecord) -> bool:
    if before.uptime_us is None or after.uptime_us is None:
        return False
    if before.sequence is not None and after.sequence is not None:
        return after.sequence <= before.sequence and after.uptime_us < before.uptime_us
    return before.uptime_us - after.uptime_us > _REORDERING_US
