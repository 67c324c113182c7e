"""A log of which only the last part counts, while it goes by: what is held back, what is counted.

A verdict is about the last hour, but a state that was entered or a call that began long before may
still last. So of what is older, records are counted that say something about later ones, and the
rest is needed for no more than that there is any.
"""

from collections import deque
from itertools import islice

from vexfsctl.logs.interpret import meaning_of
from vexfsctl.logs.reading.boots import REORDERING_US, BootSplitter, last_record
from vexfsctl.logs.reading.passing import PASSING
from vexfsctl.logs.reading.phrases import PhraseCounter
from vexfsctl.logs.stretches.stretch import Stretch
from vexfsctl.model.events import Event
from vexfsctl.model.record import LogRecord

_MOST_HELD = 8 << 20
"""Bytes of recent lines that are held back."""
_RECORD = 256
"""Bytes that a record counts for among these."""
_LOOKED_AT = 8
"""Records of a stretch that may show that VexFS wrote any."""

_Item = LogRecord | Stretch


class RecentRecords:
    """Keeps the recent records of a boot, and counts the older ones."""

    def __init__(self, splitter: BootSplitter, length_us: int) -> None:
        """*length_us* before the end of a boot its recent records begin."""
        self._splitter = splitter
        self._length_us = length_us
        self._older = _Older(splitter)
        self._held: deque[tuple[_Item, int | None]] = deque()
        """What may be recent, with the latest uptime of each; None if it has none."""
        self._size = 0
        self._now_us = 0
        self._spilled = False
        """Whether recent records were kept in between. Those after them cannot be counted: the
        counter has to see all calls."""
        self._last: _Item | None = None
        self._latest_older: int | None = None
        """Latest uptime of what was taken for older in this boot."""
        self.misjudged = False
        """Whether that is not older after all, since the boot ends with an earlier uptime, or with
        none: before that, nothing counts as older."""

    def take(self, item: _Item) -> None:
        """Take the next item."""
        earliest, latest = _uptimes_of(item)
        self._last = item
        self._held.append((item, latest))
        self._size += _size_of(item)
        self._now_us = max(self._now_us, earliest or 0)
        # The last record may be a little older than one before it.
        since_us = self._now_us - self._length_us - REORDERING_US
        while self._held:
            oldest, latest = self._held[0]
            is_old = latest is not None and latest < since_us
            if not is_old and self._size <= _MOST_HELD:
                return
            self._held.popleft()
            self._size -= _size_of(oldest)
            self._spilled = self._spilled or not is_old
            if self._spilled or latest is None:
                self._keep(oldest)
            else:
                self._latest_older = max(latest, self._latest_older or 0)
                self._older.take(oldest)

    def flush(self, *, restarted: bool) -> None:
        """Keep what is held, since the boot ends, or only its boot id."""
        self.misjudged = self._latest_older is not None and not self._ends_after(self._latest_older)
        self._older.flush()
        for item, _ in self._held:
            self._keep(item)
        self._held.clear()
        self._size = 0
        # The same boot may go on after another id.
        self._spilled = not restarted
        if restarted:
            self._older = _Older(self._splitter)
            self._latest_older = None
            self._now_us = 0

    def _ends_after(self, older_us: int) -> bool:
        """Whether what was written until then is too old to be recent at the end."""
        last = None if self._last is None else last_record(self._last).uptime_us
        return last is not None and older_us < last - self._length_us

    def _keep(self, item: _Item) -> None:
        # What was counted stands before it.
        self._older.flush()
        self._splitter.keep(item)


class _Older:
    """Counts what is older than that, of one boot."""

    def __init__(self, splitter: BootSplitter) -> None:
        self._counter = PhraseCounter(splitter)
        self._shown = False
        """Whether what was counted shows that VexFS wrote any record."""

    def flush(self) -> None:
        """Keep what was counted."""
        self._counter.flush()

    def take(self, item: _Item) -> None:
        """Take the next item."""
        if isinstance(item, LogRecord):
            self._counter.take(item)
        elif self._shown:
            lasting = item.without(PASSING)
            if lasting is not None:
                self._counter.take(lasting)
        else:
            self._counter.take(item)
            records = (item.record(*place) for place in islice(item.named(), _LOOKED_AT))
            self._shown = any(map(_is_trusted_event, records))


def _is_trusted_event(record: LogRecord) -> bool:
    # User space may have written it if its source names a facility.
    return record.facility is None and isinstance(meaning_of(record), Event)


def _uptimes_of(item: _Item) -> tuple[int | None, int | None]:
    if isinstance(item, LogRecord):
        return item.uptime_us, item.uptime_us
    return item.uptime_bounds


def _size_of(item: _Item) -> int:
    return _RECORD if isinstance(item, LogRecord) else item.end - item.start
