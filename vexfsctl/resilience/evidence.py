"""What a breaker has seen since it closed, and the rules that judge it.

Each rule keeps only what it needs. An entry is one call into C (`deque.append`, `Counter.add`), so
nothing is locked; old entries are not removed but fall off or are left out when counting.
"""

from collections import deque
from typing import NamedTuple, Protocol

from vexfsctl.resilience.clock import nanoseconds
from vexfsctl.resilience.counters import Counter, Total
from vexfsctl.resilience.outcomes import Outcome, Verdict
from vexfsctl.resilience.settings import BreakerSettings

_FAILURE, _IGNORED = Verdict.FAILURE, Verdict.IGNORED


class Attempt(NamedTuple):
    """One finished attempt."""

    outcome: Outcome
    now_ns: int
    duration_ns: int
    slow: bool
    dated_back: bool = False
    """Its date was handed in and is older than the newest failure: it is counted, never opens."""
    context: object = None
    """Whatever its caller wants to be told with what follows from it."""

    @property
    def failed(self) -> bool:
        """Whether it counts as a failure."""
        return self.outcome.verdict is _FAILURE


class Rates(NamedTuple):
    """The calls of a window."""

    calls: int
    failed: int
    slow: int
    total_ns: int
    """Their durations together."""


_NO_CALLS = Rates(0, 0, 0, 0)


class FailureDates:
    """n failures inside a time."""

    __slots__ = ("_dates", "_limit", "_within_ns")

    def __init__(self, limit: int, within_ns: int) -> None:
        # A list: a deque takes 0.6 kB, and most breakers never see a failure.
        self._dates: list[int] = []
        self._limit = limit
        self._within_ns = within_ns

    def fires(self, attempt: Attempt) -> bool:
        """Take in *attempt*; True if the limit is reached."""
        if not attempt.failed:
            return False
        dates, limit = self._dates, self._limit
        dates.append(attempt.now_ns)
        if len(dates) > 2 * limit:
            del dates[:-limit]
        # The limit-th failure from the newest is all that the rule asks about, and as a rule all
        # that is looked at: a limit may be a million.
        if len(dates) < limit or attempt.now_ns - dates[-limit] >= self._within_ns:
            return False
        # Not just that one: dates that were handed in stand out of order.
        return attempt.now_ns - min(self._latest()) < self._within_ns

    def take_over(self, before: "FailureDates") -> None:
        """Begin with the failures of the rule in force *before*."""
        self._dates.extend(before._dates.copy())

    def count(self, now_ns: int) -> int:
        """Failures younger than the window."""
        return sum(now_ns - at < self._within_ns for at in self._latest())

    def _latest(self) -> list[int]:
        return self._dates[-self._limit :]


class Consecutive:
    """n failures in a row. An ignored attempt neither adds to them nor ends them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.row: list[None] = []
        """One for each; the same list always."""

    def take_over(self, before: "Consecutive") -> None:
        """Begin with the row of the rule in force *before*."""
        self.row.extend(before.row.copy())

    def fires(self, attempt: Attempt) -> bool:
        """Take in *attempt*; True if the limit is reached."""
        if not attempt.failed:
            self.row.clear()
            return False
        self.row.append(None)
        return len(self.row) >= self._limit


class Window(Protocol):
    """The latest calls."""

    def add(self, attempt: Attempt) -> None:
        """Take in *attempt*."""
        ...

    def rates(self, now_ns: int) -> Rates:
        """Return what is in the window."""
        ...


class LastCalls:
    """A window of so many calls."""

    def __init__(self, size: int) -> None:
        self._calls: deque[Attempt] = deque(maxlen=size)

    def take_over(self, before: "LastCalls") -> None:
        """Begin with the calls of the window in force *before*."""
        self._calls.extend(before._calls.copy())

    def add(self, attempt: Attempt) -> None:
        """Take in *attempt*."""
        self._calls.append(attempt)

    def rates(self, now_ns: int) -> Rates:
        """Return what is in the window."""
        calls = list(self._calls)
        return Rates(
            len(calls),
            sum(call.failed for call in calls),
            sum(call.slow for call in calls),
            sum(call.duration_ns for call in calls),
        )


class LatestTime:
    """A window of time in tenths: memory does not grow with the number of calls."""

    __slots__ = ("_others", "_parts", "_width_ns")

    def __init__(self, within_ns: int) -> None:
        self._width_ns = max(1, within_ns // _TENTHS)
        self._parts: dict[int, _Part] = {}
        self._others: tuple[int, Rates] = (0, _NO_CALLS)
        """A part, and the sum of all others in the window when it was the present one."""

    def take_over(self, before: "LatestTime") -> None:
        """Begin with the calls of the window in force *before*, as of the start of its parts."""
        for number, part in before._parts.copy().items():
            number = number * before._width_ns // self._width_ns
            known = self._parts.get(number, _Part())
            self._parts[number] = _Part(part.added_to(known.added_to(_NO_CALLS)))

    def add(self, attempt: Attempt) -> None:
        """Take in *attempt*."""
        number = attempt.now_ns // self._width_ns
        part = self._parts.get(number)
        if part is None:
            part = self._parts.setdefault(number, _Part())
            for old in [each for each in list(self._parts) if each <= number - _TENTHS]:
                self._parts.pop(old, None)
        part.calls.add()
        part.total_ns.add(attempt.duration_ns)
        if attempt.failed:
            part.failed.add()
        if attempt.slow:
            part.slow.add()

    def rates(self, now_ns: int) -> Rates:
        """Return what is in the window."""
        present = now_ns // self._width_ns
        number, others = self._others
        # Summed once for each part: only the present one grows.
        if number != present:
            others = self._sum_but(present)
            self._others = (present, others)
        part = self._parts.get(present)
        return others if part is None else part.added_to(others)

    def _sum_but(self, present: int) -> Rates:
        total = _NO_CALLS
        for number, part in self._parts.copy().items():
            if number > present - _TENTHS and number != present:
                total = part.added_to(total)
        return total


class _Part:
    __slots__ = ("calls", "failed", "slow", "total_ns")

    def __init__(self, before: Rates = _NO_CALLS) -> None:
        self.calls, self.failed = Counter(before.calls), Counter(before.failed)
        self.slow = Counter(before.slow)
        self.total_ns = Total(before.total_ns)

    def added_to(self, rates: Rates) -> Rates:
        """Return what is in this part and in *rates*."""
        return Rates(
            rates.calls + self.calls.value,
            rates.failed + self.failed.value,
            rates.slow + self.slow.value,
            rates.total_ns + self.total_ns.value,
        )


_TENTHS = 10


class Evidence:
    """Everything seen since the breaker closed."""

    __slots__ = ("_dates", "_kinds", "_row", "_settings", "_troubles", "newest", "window")

    def __init__(self, settings: BreakerSettings, *, newest: Attempt | None = None) -> None:
        self._settings = settings
        within_ns = nanoseconds(settings.within)
        limit = settings.failures
        self._dates = None if limit is None else FailureDates(limit, within_ns)
        row = settings.consecutive
        self._row = None if row is None else Consecutive(row)
        self._kinds = {
            kind: FailureDates(threshold, within_ns) for kind, threshold in settings.kinds.items()
        }
        self.window: Window | None = None
        if settings.judges_rates:
            last = settings.last
            self.window = LatestTime(within_ns) if last is None else LastCalls(last)
        self._troubles: dict[object, None] = {}
        """Not empty while a call in the window may have failed or been slow."""
        self.newest = newest
        """The newest failure, and be it of an era before."""

    def under(self, settings: BreakerSettings) -> "Evidence":
        """Return what was seen as other settings judge it: by rules that were on and still are."""
        after = Evidence(settings, newest=self.newest)
        if after._dates is not None and self._dates is not None:
            after._dates.take_over(self._dates)
        if after._row is not None and self._row is not None:
            after._row.take_over(self._row)
        for kind in after._kinds.keys() & self._kinds.keys():
            after._kinds[kind].take_over(self._kinds[kind])
        after._troubles[None] = None
        match after.window, self.window:
            case (LatestTime() as window, LatestTime() as before):
                window.take_over(before)
            case (LastCalls() as window, LastCalls() as before):
                window.take_over(before)
        return after

    @property
    def watches_successes(self) -> object:
        """What is true while a rule has to be told of successes: a row of failures ends with one.

        So a row that is empty costs a success nothing.
        """
        if self.window is not None or self._row is None:
            return self.window is not None
        return self._row.row

    def take(self, attempt: Attempt) -> str | None:
        """Take in *attempt*; return the rule that it fires, if any."""
        outcome = attempt.outcome
        if outcome.verdict is _IGNORED:
            return None
        rule = None if self.window is None else self._rate_fires(self.window, attempt)
        if self._row is not None and self._row.fires(attempt):
            rule = "consecutive"
        if attempt.failed:
            self.newest = attempt
            if self._dates is not None and self._dates.fires(attempt):
                rule = "failures"
            kind = None if outcome.kind is None else self._kinds.get(outcome.kind)
            if kind is not None and kind.fires(attempt):
                rule = "kinds"
            if outcome.trip or outcome.kind in self._settings.at_once:
                rule = "at_once"
        return None if attempt.dated_back else rule

    def failures(self, now_ns: int) -> int:
        """Failures inside the window of the count rule."""
        return 0 if self._dates is None else self._dates.count(now_ns)

    def rates(self, now_ns: int) -> Rates | None:
        """Calls in the window of the rate rules; None without one."""
        return None if self.window is None else self.window.rates(now_ns)

    def _rate_fires(self, window: Window, attempt: Attempt) -> str | None:
        window.add(attempt)
        if attempt.failed or attempt.slow:
            self._troubles[object()] = None
        elif not self._troubles:
            # To sum the window up would cost as much as all else.
            return None
        known = list(self._troubles)
        rates = window.rates(attempt.now_ns)
        # Those that come meanwhile stay, each its own object.
        for each in known[1 if rates.failed or rates.slow else 0 :]:
            self._troubles.pop(each, None)
        return exceeded(rates, self._settings, self._settings.minimum_calls)


def exceeded(rates: Rates, settings: BreakerSettings, minimum: int) -> str | None:
    """Return the rate rule that *rates* fire; None also below *minimum* calls."""
    if rates.calls < minimum:
        return None
    # Divided, not multiplied: 55 / 100 is 0.55, but 0.55 * 100 is more than 55.
    if settings.failure_rate is not None and rates.failed / rates.calls >= settings.failure_rate:
        return "failure_rate"
    if settings.slow_rate is not None and rates.slow / rates.calls >= settings.slow_rate:
        return "slow_rate"
    return None
