"""How often things happened over time, in memory that does not grow with the time."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime

_WIDTHS_S = (1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 43_200, 86_400, 604_800)
MOST_SPANS = 24


@dataclass(frozen=True, slots=True)
class OverTime:
    """How often one thing happened, in spans of equal length."""

    begin: datetime | None
    """Of the first span; None if the log has no dates, and then …"""
    uptime_s: int | None
    """… this is its beginning, in seconds since boot."""
    span_s: int
    counts: tuple[int, ...]
    """Of each span; those of several things begin and end together."""
    untimed: int
    """How often it happened at times that these spans do not show."""


class Histogram:
    """Counts things in spans of time that are the same for all of them, at most `MOST_SPANS`."""

    def __init__(self) -> None:
        self._dated = _Grid()
        self._by_uptime = _Grid()
        self._untimed: dict[Hashable, int] = {}

    def add(self, what: Hashable, moment: datetime | None, uptime_us: int | None, n: int) -> None:
        """Count *what* *n* times, at a moment or an uptime, as far as they are known."""
        if moment is not None:
            self._dated.add(what, int(moment.timestamp()), n)
        elif uptime_us is not None:
            self._by_uptime.add(what, uptime_us // 1_000_000, n)
        else:
            self._untimed[what] = self._untimed.get(what, 0) + n

    def over_time(self, what: Hashable) -> OverTime:
        """Return how often *what* happened: by dates if there are any, else by uptimes."""
        grid = self._dated if self._dated.counts else self._by_uptime
        counts, begin = grid.row(what), grid.begin_s
        dated = grid is self._dated
        not_by_dates = sum(self._by_uptime.row(what)) if dated else 0
        return OverTime(
            begin=datetime.fromtimestamp(begin, UTC) if dated else None,
            uptime_s=None if dated else begin,
            span_s=grid.width_s,
            counts=counts,
            untimed=self._untimed.get(what, 0) + not_by_dates,
        )


class _Grid:
    def __init__(self) -> None:
        self.width_s = _WIDTHS_S[0]
        self.counts: dict[Hashable, dict[int, int]] = {}
        """Of each thing, by the place of the span."""
        self._first = self._last = 0
        """Places of the first and the last span."""

    @property
    def begin_s(self) -> int:
        return self._first * self.width_s

    def add(self, what: Hashable, second: int, n: int) -> None:
        place = second // self.width_s
        if not (self.counts and self._first <= place <= self._last):
            self._cover(place)
            place = second // self.width_s
        row = self.counts.setdefault(what, {})
        row[place] = row.get(place, 0) + n

    def row(self, what: Hashable) -> tuple[int, ...]:
        if not self.counts:
            return ()
        row = self.counts.get(what, {})
        return tuple(row.get(place, 0) for place in range(self._first, self._last + 1))

    def _cover(self, place: int) -> None:
        """Make the spans reach to *place*, and wider if that takes too many of them."""
        self._first = min(self._first, place) if self.counts else place
        self._last = max(self._last, place) if self.counts else place
        while self._last - self._first >= MOST_SPANS:
            self._widen()

    def _widen(self) -> None:
        before = self.width_s
        # Each is a multiple of the one before, so that no span has to be divided.
        self.width_s = next((width for width in _WIDTHS_S if width > before), before * 2)
        for what, row in self.counts.items():
            wider: dict[int, int] = {}
            for place, n in row.items():
                at = place * before // self.width_s
                wider[at] = wider.get(at, 0) + n
            self.counts[what] = wider
        self._first = self._first * before // self.width_s
        self._last = self._last * before // self.width_s
