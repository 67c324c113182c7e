"""What `log` shows of a log: the records that the filters pick, and what is missing of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.evidence import (
    Calendar,
    LogEvidence,
    live_logs_of,
    log_host,
    select_boot,
    source_names,
)
from vexfsctl.cli.filters import Filters
from vexfsctl.cli.log_rows import LogRow, is_vexfs_record, log_row
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.logs.sources.follow import LogFollower
from vexfsctl.logs.sources.reading import LogReading
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.record import LogEntry, LogRecord
from vexfsctl.model.volume import Volume

_PATIENCE_S = 1.0
"""How long to wait for the kernel log before looking at files again."""


class LogView:
    """Picks what was asked for; knows what could not be judged."""

    def __init__(self, app: AppContext, filters: Filters, volumes: Sequence[Volume]) -> None:
        self._boot = filters.boot
        self._selection = filters.selection(app, volumes)
        self._at_any_time = replace(self._selection, since=None, until=None)
        self._calendar = Calendar.of(app)
        self._undated: dict[str, int] = {}
        logs = live_logs_of(volumes).values()
        self._kernel_log_unneeded = bool(logs) and not app.logs and SOURCE_NAME not in logs

    def rows(self, entries: Iterable[LogEntry]) -> Iterator[LogRow]:
        """Hand out the rows of those *entries* that were asked for, in their order."""
        return (log_row(entry, moment) for entry, moment in self.pick(entries))

    def pick(self, entries: Iterable[LogEntry]) -> Iterator[tuple[LogEntry, datetime | None]]:
        """Hand out those *entries* that were asked for, and when they were written if known."""
        for entry in entries:
            if not is_vexfs_record(entry) and entry.evidence is None:
                continue
            moment = self._calendar.moment(entry.record)
            if self._selection.accepts(entry, moment):
                yield entry, moment
            elif moment is None and self._at_any_time.accepts(entry, None):
                source = entry.record.source
                self._undated[source] = self._undated.get(source, 0) + 1

    def select(self, evidence: LogEvidence) -> LogEvidence:
        """Return what *evidence* has of the boot asked for."""
        return LogEvidence(select_boot(evidence.reading, self._boot), evidence.live_logs)

    def coverage(self, reading: LogReading) -> Coverage:
        """Return how complete *reading* is for what was asked; after `rows` was exhausted.

        Who named no begin asked for what there is: that the log begins late is then no gap. Nor is
        a kernel log that may not be read where all volumes write to files.
        """
        since = self._selection.since
        known = reading.coverage(None if since is None else self._calendar.uptime_us(since))
        gaps = [gap for gap in known.gaps if not self._is_beside_the_point(gap)]
        undated = (Gap(source, "undated", lost) for source, lost in self._undated.items())
        return Coverage(known.sources, (*gaps, *undated))

    def _is_beside_the_point(self, gap: Gap) -> bool:
        if gap.reason == "starts_late":
            return self._selection.since is None
        return (
            (gap.source, gap.reason) == (SOURCE_NAME, "unreadable")
            and self._kernel_log_unneeded
            and not self._selection.devices
        )


class FollowedLog:
    """A log that goes on; as rows, the first those of what is there already."""

    def __init__(self, app: AppContext, view: LogView, volumes: Sequence[Volume]) -> None:
        """Open the sources; raise LogUnreadable when none can be read."""
        self._view = view
        self._follower = LogFollower(source_names(app, volumes), log_host(app, volumes))
        self._reading = self._follower.read()
        self._told: Sequence[Gap] = ()
        records = chain(self._reading.records, self._further_records())
        # One interpreter for all: a record's epoch and origin depend on those before it.
        self._entries = interpret_records(records, live_logs_of(volumes))

    def present_rows(self) -> tuple[LogRow, ...]:
        """Return the rows of what is there already."""
        return tuple(self._view.rows(islice(self._entries, len(self._reading.records))))

    def further_rows(self) -> Iterator[LogRow]:
        """Hand out rows as their records come, until the sources end."""
        return self._view.rows(self._entries)

    def new_gaps(self) -> tuple[Gap, ...]:
        """Return what has been lost since this was asked last."""
        gaps = self._view.coverage(self._reading).gaps
        new = tuple(gap for gap in gaps if gap not in self._told)
        self._told = gaps
        return new

    def close(self) -> None:
        """Read nothing any more."""
        self._follower.close()

    def _further_records(self) -> Iterator[LogRecord]:
        while not self._follower.ended:
            self._follower.wait(_PATIENCE_S)
            self._reading = self._follower.read()
            yield from self._reading.records
