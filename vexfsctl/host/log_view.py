"""What `log` shows: the records that the filters select, and which of them are missing."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from vexfsctl.exceptions import covering
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.filters import Filters
from vexfsctl.host.host import Host
from vexfsctl.host.log import (
    Calendar,
    HostLog,
    is_elsewhere,
    live_logs_of,
    log_host,
    read_log,
    select_boot,
    source_names,
    vouching_logs_of,
)
from vexfsctl.host.volumes import consult_logs
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.reading.duplicates import Shown
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.cursor import Cursor
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.record import LogRecord
from vexfsctl.model.volume import Volume

if TYPE_CHECKING:
    from vexfsctl.logs.interpret import Loads

_PATIENCE_S = 1.0
"""How long to wait for the kernel log before checking the files again."""

_ENDING = 1 << 20
"""Bytes of a log's end that are looked at first for its last records; after that …"""
_FEW = 16_384
"""So many entries are kept to be shown, which takes about 20 MiB."""
_GROWTH = 8
"""… so many times as many."""
_LATEST = 16_384
"""So many records are remembered to know them if another source has them later: some MiB."""

Picked = tuple[LogEntry, datetime | None]
"""An entry, and when it was written; None if that is not known."""


class PickedLog:
    """The entries of a log that filters select, in time order; iterate as often as you like."""

    def __init__(self, log: HostLog, view: "LogView") -> None:
        self._log = log
        self._view = view
        self._few: Sequence[Picked] | None = None
        """All of them, if they are known and not many."""

    def __iter__(self) -> Iterator[Picked]:
        """Yield each with the moment at which it was written."""
        if self._few is not None:
            return iter(self._few)
        return self._view.anew().pick(self._log.entries)

    def last(self, count: int) -> Sequence[Picked]:
        """Return the last *count* of them."""

        def pick(reading: LogReading) -> Iterator[Picked]:
            return self._view.anew().pick(HostLog(reading, self._log.live_logs).entries)

        return _last(self._log.reading, count, pick, whole=self._view.after is not None)

    @cached_property
    def coverage(self) -> Coverage:
        """How complete they are; if times are asked for, all of the log is looked at for that."""
        view = self._view.anew()
        if view.asks_for_times:
            picked = view.pick(self._log.entries)
            first = (*islice(picked, _FEW),)
            if next(picked, None) is None:
                self._few = first
            deque(picked, maxlen=0)
        return view.coverage(self._log.reading)


def pick_log(
    host: Host,
    filters: Filters,
    *,
    few: bool = False,
    kernel: bool = False,
    after: Cursor | None = None,
) -> PickedLog:
    """Read the log and return what *filters* select of it; *few*: only its last ones are wanted.

    *kernel*: with the kernel's own lines about all devices. *after*: only what stands there. Raises
    LogUnreadable if no source can be read, and what `Filters.selection` and `select_boot` raise.
    """
    consulted = consult_logs(host)
    with covering(consulted.coverage):
        # The kernel's own lines are shown on request only.
        evidence = kernel or bool(filters.devices)
        searched = few or filters.since is not None
        log = read_log(host, consulted.volumes, evidence=evidence, searched=searched)
        elsewhere = is_elsewhere(host, log, consulted.volumes)
        finder = DeviceFinder(host, log.reading, elsewhere=elsewhere)
        view = LogView(host, filters, consulted.volumes, finder, kernel=kernel, after=after)
        chosen = view.select(log)
        view.look_for_cursor(chosen.reading)
        return PickedLog(chosen, view)


def follow_log(
    host: Host, filters: Filters, *, kernel: bool = False, after: Cursor | None = None
) -> "FollowedLog":
    """Open the log to follow what is selected; arguments and failures are those of `pick_log`."""
    consulted = consult_logs(host)
    with covering(consulted.coverage):
        # A device that is not here may yet come: the log is not searched for it.
        finder = DeviceFinder(host)
        view = LogView(host, filters, consulted.volumes, finder, kernel=kernel, after=after)
        return FollowedLog(host, view, consulted.volumes)


class LogView:
    """Selects what was requested; knows what could not be judged."""

    def __init__(
        self,
        host: Host,
        filters: Filters,
        volumes: Sequence[Volume],
        finder: DeviceFinder,
        *,
        kernel: bool = False,
        after: Cursor | None = None,
    ) -> None:
        """*finder* finds the devices that are asked for; the others are those of `pick_log`.

        Raises what `Filters.selection` raises.
        """
        self.after = after
        self._begun = after is None
        """Whether the place to begin after has come."""
        self._by_time = False
        """Whether the log does not have it: then times tell what stands after it."""
        self._boot = filters.boot
        self._selection = replace(filters.selection(host, volumes, finder), kernel=kernel)
        self._at_any_time = replace(self._selection, since=None, until=None)
        self._selects_all = kernel and after is None and filters == Filters()
        self._calendar = Calendar.of(host)
        self._undated: dict[str, int] = {}
        logs = live_logs_of(volumes).values()
        self._kernel_log_unneeded = bool(logs) and not host.logs and SOURCE_NAME not in logs

    def pick(self, entries: Iterable[LogEntry]) -> Iterator[Picked]:
        """Yield the requested *entries* in their order, and when each was written."""
        timed = self.asks_for_times
        for entry in entries:
            if entry.meaning is None:
                continue
            if not self._begun and not self._begins_at(entry.record):
                continue
            moment = self._calendar.moment(entry.record)
            if self._selection.accepts(entry, moment):
                yield entry, moment
            elif moment is None and timed and self._at_any_time.accepts(entry, None):
                source = entry.record.source
                self._undated[source] = self._undated.get(source, 0) + 1

    def has(self, entry: LogEntry) -> bool:
        """Whether *entry*, of VexFS or the kernel, is requested."""
        return self._selects_all or any(True for _ in self.pick((entry,)))

    def anew(self) -> "LogView":
        """Return one that selects the same and has not looked at anything."""
        view = copy(self)
        view._undated = {}
        view._begun = self.after is None
        return view

    def look_for_cursor(self, reading: LogReading) -> None:
        """Find out whether *reading* has the record after which to begin."""
        after = self.after
        self._by_time = after is not None and all(Cursor.after(each) != after for each in reading)

    def _begins_at(self, record: LogRecord) -> bool:
        assert self.after is not None
        if self._by_time:
            return self.after.is_passed_by(record)
        self._begun = Cursor.after(record) == self.after
        return False

    @property
    def asks_for_times(self) -> bool:
        """Whether only records of a certain time are wanted: those without a time are then gaps."""
        return self._selection != self._at_any_time

    @property
    def since_us(self) -> int | None:
        """From which uptime on records are wanted; None: ever."""
        since, after = self._selection.since, self.after
        known = [] if since is None else [self._calendar.uptime_us(since)]
        if after is not None and after.uptime_us is not None and self._is_of_this_boot(after):
            known.append(after.uptime_us)
        return max(known, default=None)

    def select(self, log: HostLog) -> HostLog:
        """Return what *log* has of the requested boot and time; raise InvalidInput or NotFound."""
        chosen = HostLog(select_boot(log.reading, self._boot), log.live_logs)
        if self._selection.since is None:
            return chosen
        # Deferred: needed for this only.
        from vexfsctl.logs.reading.wanted import Since

        return chosen.only(Since(time_s=self._selection.since.timestamp() - 1))

    def coverage(self, reading: LogReading) -> Coverage:
        """Return how complete *reading* is for the request; call it once `pick` is exhausted.

        Without a start time, a log that begins late is not a gap. Nor is an unreadable kernel log
        if all volumes write to files.
        """
        known = reading.coverage(self.since_us)
        gaps = [gap for gap in known.gaps if not self._is_beside_the_point(gap)]
        undated = (Gap(source, "undated", lost) for source, lost in self._undated.items())
        return Coverage(known.sources, (*gaps, *undated), known.notes)

    def _is_of_this_boot(self, cursor: Cursor) -> bool:
        boot_id = (self._calendar.boot_id or "").replace("-", "")
        return cursor.boot_id in (None, boot_id)

    def _is_beside_the_point(self, gap: Gap) -> bool:
        if gap.reason == "starts_late":
            return self._selection.since is None and self.after is None
        return (
            (gap.source, gap.reason) == (SOURCE_NAME, "unreadable")
            and self._kernel_log_unneeded
            and not (self._selection.devices or self._selection.kernel)
        )


class FollowedLog:
    """A log that is followed: first what it has already, then new records."""

    def __init__(self, host: Host, view: LogView, volumes: Sequence[Volume]) -> None:
        """Open the sources; raise LogUnreadable if none can be read."""
        # Deferred, as few ask to follow a log.
        from vexfsctl.logs.sources.following.follower import LogFollower

        self._view = view
        self._follower = LogFollower(
            source_names(host, volumes),
            log_host(host, volumes),
            every_record=host.every_record,
            since_us=view.since_us,
        )
        self._reading = self._follower.read()
        view.look_for_cursor(self._reading)
        self._told: dict[tuple[str, str], Gap] = {}
        self._live_logs = vouching_logs_of(volumes)
        self._loads: Loads = {}
        self._shown = Shown()
        """What came from each of several sources."""

    def batches(self, lines: int | None = None) -> Iterator[Iterator[Picked]]:
        """Yield what the log has already, then what has come since, until the sources end.

        Of the first only the last *lines*. Take each to its end. There is one, if only an empty
        one, every second at least.
        """
        yield self._pick(self._reading) if lines is None else iter(self._present(lines))
        while not self._follower.ended:
            self._follower.wait(_PATIENCE_S)
            self._reading = self._follower.read()
            self._shown.forget_older(_LATEST)
            yield self._pick(self._reading)

    def new_gaps(self, *, grown: bool = True) -> tuple[Gap, ...]:
        """Return what has been lost since the last call.

        Unless gaps that have *grown* are wanted, only those of a kind that is new for its source.
        """
        gaps = {(gap.source, gap.reason): gap for gap in self._view.coverage(self._reading).gaps}
        if not grown:
            gaps = {kind: gap for kind, gap in gaps.items() if kind not in self._told}
        new = tuple(gap for kind, gap in gaps.items() if gap != self._told.get(kind))
        self._told |= gaps
        return new

    def close(self) -> None:
        """Stop reading."""
        self._follower.close()

    def _present(self, lines: int) -> Sequence[Picked]:
        def pick(reading: LogReading) -> Iterator[Picked]:
            self._loads, self._shown = {}, Shown()
            return self._pick(reading)

        return _last(self._reading, lines, pick, whole=self._view.after is not None)

    def _pick(self, reading: LogReading) -> Iterator[Picked]:
        # Deferred, as nothing may have been read, and it brings the wordings of all VexFS builds.
        from vexfsctl.logs.interpret import interpret_records

        named = reading.naming_writers
        records = reading.not_yet(self._shown)
        return self._view.pick(interpret_records(records, self._live_logs, self._loads, named))


def _last(
    reading: LogReading,
    count: int,
    pick: Callable[[LogReading], Iterator[Picked]],
    *,
    whole: bool = False,
) -> Sequence[Picked]:
    """Return the last *count* that *pick* selects of *reading*; *whole*: it needs to see it all."""
    if whole:
        return deque(pick(reading), maxlen=count)
    # Deferred: needed for this only.
    from vexfsctl.logs.reading.wanted import STATES

    size = _ENDING
    # Records of states are read from all of the log: so many may stand before its end.
    enough = count + sum(1 for _ in reading.only(STATES))
    while (ending := reading.ending(size, before=STATES)) is not None:
        numbered = deque(enumerate(pick(ending), 1), maxlen=count)
        if numbered and numbered[-1][0] >= enough:
            return [picked for _, picked in numbered]
        size *= _GROWTH
    return deque(pick(reading), maxlen=count)
