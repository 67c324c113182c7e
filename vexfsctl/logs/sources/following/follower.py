"""Several sources followed together (`log --follow`)."""

import math
import select
import time
from collections.abc import Sequence

from vexfsctl.exceptions import InvalidInput, LogUnreadable
from vexfsctl.logs.reading.boots import BootSplitter
from vexfsctl.logs.reading.log import LogReading, SourceReading
from vexfsctl.logs.sieve import sieve
from vexfsctl.logs.sources.following.logs import FollowedLogs
from vexfsctl.logs.sources.following.opening import open_live
from vexfsctl.logs.sources.following.source import LiveSource
from vexfsctl.logs.sources.log_directory import nothing_in
from vexfsctl.logs.sources.reader import LogHost

FILE_INTERVAL_S = 0.25
"""How often a file is looked at again: nothing tells us that it has grown."""
LIST_INTERVAL_S = 2.0
"""How often it is looked for new logs in a directory, which takes a child process."""

_GATHER_S = 0.02
_LITTLE = 1 << 14
"""While a source brings no more bytes at a time than these, records may gather for as long as that:
a look costs as much as dozens of records, and no ring buffer of a kernel is full so soon."""
_AT_ONCE = 1 << 20
"""Bytes of a source after which their records are shown, even if more have come."""


class LogFollower:
    """Several sources followed together; one that fails is given up and named."""

    def __init__(
        self,
        names: Sequence[str],
        host: LogHost,
        *,
        every_record: bool = False,
        since_us: int | None = None,
        list_interval_s: float = LIST_INTERVAL_S,
    ) -> None:
        """Open them; raise LogUnreadable with the first reason if none can be opened.

        InvalidInput instead if it is of a kind that cannot be followed.

        *every_record* is as in `LiveText`. Holes are wanted that reach past uptime *since_us*.
        It is looked for new logs in directories after *list_interval_s* seconds at the earliest.
        """
        self._sources: list[LiveSource | SourceReading] = []
        """Each at its place for good; of one that was given up, why."""
        self._directories: list[FollowedLogs] = []
        self._list_interval_s = list_interval_s
        self._list_at = 0.0
        """When directories are looked at again, on the clock of `time.monotonic`."""
        self._sieve = None if every_record else sieve()
        self._since_us = since_us
        self._most = math.inf
        self._much = False
        """Whether the last reading was of many bytes."""
        failures: list[LogUnreadable | InvalidInput] = []
        for name in dict.fromkeys(names):
            try:
                self._open(name, host, every_record=every_record)
            except (LogUnreadable, InvalidInput) as failure:
                failures.append(failure)
                self._sources.append(SourceReading(name, failure=failure.message))
        if failures and not self._live:
            raise failures[0]

    @property
    def ended(self) -> bool:
        """Whether nothing can come any more from any source."""
        return all(source.ended for source in self._live)

    def read(self) -> LogReading:
        """Return what has come since the last time, with all holes so far.

        At first that is everything; later, much is returned in several parts.
        """
        if self._directories and time.monotonic() >= self._list_at:
            self._look_for_logs()
        before = self._size()
        ordered = len(self._live) > 1
        readings = [self._read_one(place, ordered=ordered) for place in range(len(self._sources))]
        # What a directory had may have turned out to be no log.
        empty = [each for each in self._directories if not each.has_logs]
        readings += [self._give_up(each, nothing_in(each.name)) for each in empty]
        self._much = self._size() - before > _LITTLE
        self._most = _AT_ONCE
        return LogReading(tuple(readings))

    def wait(self, timeout_s: float) -> None:
        """Return when there may be more to read, after about *timeout_s* seconds at the latest."""
        poll = select.poll()
        for source in self._live:
            descriptor = source.fileno()
            if descriptor is None:
                timeout_s = min(timeout_s, FILE_INTERVAL_S)
            else:
                poll.register(descriptor, select.POLLIN)
        if poll.poll(timeout_s * 1000) and not self._much:
            time.sleep(min(_GATHER_S, timeout_s))

    def close(self) -> None:
        """Stop reading."""
        for source in self._live:
            source.close()

    @property
    def _live(self) -> list[LiveSource]:
        return [source for source in self._sources if not isinstance(source, SourceReading)]

    def _open(self, name: str, host: LogHost, *, every_record: bool) -> None:
        opened = open_live(name, host, every_record=every_record)
        if isinstance(opened, FollowedLogs):
            self._sources += opened.look()
            self._directories.append(opened)
            self._list_at = time.monotonic() + self._list_interval_s
        else:
            self._sources.append(opened)

    def _look_for_logs(self) -> None:
        for directory in tuple(self._directories):
            try:
                self._sources += directory.look()
            except LogUnreadable as failure:
                self._give_up(directory, failure)
        self._list_at = time.monotonic() + self._list_interval_s

    def _give_up(self, directory: FollowedLogs, failure: LogUnreadable) -> SourceReading:
        """Look for no new logs in it, and return that as what it gave."""
        self._directories.remove(directory)
        given = SourceReading(directory.name, failure=failure.message)
        self._sources.append(given)
        return given

    def _size(self) -> int:
        return sum(source.text.size for source in self._live)

    def _read_one(self, place: int, *, ordered: bool) -> SourceReading:
        source = self._sources[place]
        if isinstance(source, SourceReading):
            return source
        splitter = BootSplitter(self._sieve, ordered=ordered)
        finder = source.text.finder
        try:
            # What was yielded before a failure has been taken.
            for item in source.drain(self._most):
                splitter.take(item)
        except LogUnreadable as failure:
            self._sources[place] = SourceReading(source.name, failure=failure.message)
            source.close()
            return _reading_of(source, splitter, failure.message)
        finder.join(self._since_us)
        return _reading_of(source, splitter, source.text.failure).forget_older_boots()


def _reading_of(source: LiveSource, splitter: BootSplitter, failure: str | None) -> SourceReading:
    finder = source.text.finder
    return SourceReading(
        name=source.name,
        boots=splitter.boots(),
        holes=finder.holes,
        failure=failure,
        names_writers=finder.names_writers,
        notes=finder.notes(source.name),
    )
