"""What reading the log gave: records, and how complete they are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from vexfsctl.logs.holes import Hole, gaps_since
from vexfsctl.logs.order import merge_by_time, split_boots
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
    """In time order, as far as the sources tell time."""
    sources: tuple[SourceReading, ...]

    @classmethod
    def of(cls, sources: Iterable[SourceReading]) -> "LogReading":
        """Put the records of all sources into one order."""
        sources = tuple(sources)
        return cls(merge_by_time(source.records for source in sources), sources)

    def coverage(self, since_us: int | None = None) -> Coverage:
        """Return what was read, and what was missing since that uptime (None: ever)."""
        gaps = (gap for source in self.sources for gap in source.gaps(since_us))
        return Coverage(tuple(source.name for source in self.sources), tuple(gaps))
