"""What a breaker counts, and how long its calls take."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from vexfsctl.resilience.counters import Counter, Gauge


class Counting(StrEnum):
    """How much is counted of calls that go well; all else is always counted."""

    NONE = "none"
    COMPLETIONS = "completions"
    """Calls that ended well."""
    ALL = "all"
    """Calls in flight and interrupted ones, too."""


class Statistics(NamedTuple):
    """Counters of a breaker. Exact when no call is running.

    calls = ok + failed + ignored + interrupted + in_flight; rejected calls are counted apart.
    """

    calls: int
    ok: int
    failed: int
    ignored: int
    interrupted: int
    """Ended by an interrupt or a cancellation, wherever that struck."""
    in_flight: int
    slow: int
    rejected_open: int
    rejected_half_open: int
    would_reject: int
    """Calls that `metrics_only` let pass and an open breaker would have refused."""
    trips: int
    listener_failures: int
    """Exceptions that listeners raised; they change nothing."""
    unrecorded: int
    """What a shared breaker could not record as its file was locked, and has not made up for."""
    latency_ns: "Percentiles | None"

    @property
    def rejected(self) -> int:
        """Calls refused."""
        return self.rejected_open + self.rejected_half_open


class Percentiles(NamedTuple):
    """Nanoseconds below which a share of the calls stayed, to within 3 %."""

    calls: int
    p50: int
    p90: int
    p99: int
    max: int


class Meter:
    """The counters of one breaker."""

    __slots__ = ("_rare", "gauge", "latency", "ok", "started", "unsettled")

    def __init__(self, *, latency: bool) -> None:
        self.started = Counter()
        self.ok = Counter()
        self.gauge = Gauge()
        self.latency = Latency() if latency else None
        self._rare: dict[str, Counter] = {}
        self.unsettled = 0
        """Calls that had started, and not ended, when this process was forked off."""

    def count(self, name: str) -> None:
        """Count one of what seldom happens; its counter is made at the first time."""
        counter = self._rare.get(name)
        if counter is None:
            counter = self._rare.setdefault(name, Counter())
        counter.add()

    def value(self, name: str) -> int:
        """Return how often *name* was counted."""
        counter = self._rare.get(name)
        return 0 if counter is None else counter.value

    def start_after_fork(self) -> None:
        """Forget the calls of threads that do not exist here."""
        self.gauge.token = object()
        self.unsettled = max(0, self.started.value - self._finished())

    def statistics(self, trips: int) -> Statistics:
        """Return all of them. Read in this order, finished is never more than calls."""
        started = self.started.value - self.unsettled
        in_flight = self.gauge.value
        ok, failed, ignored = self.ok.value, self.value("failed"), self.value("ignored")
        finished = ok + failed + ignored + self.value("interrupted")
        lost = max(0, started - finished - in_flight)
        return Statistics(
            calls=finished + lost + in_flight,
            ok=ok,
            failed=failed,
            ignored=ignored,
            interrupted=finished - ok - failed - ignored + lost,
            in_flight=in_flight,
            slow=self.value("slow"),
            rejected_open=self.value("rejected_open"),
            rejected_half_open=self.value("rejected_half_open"),
            would_reject=self.value("would_reject"),
            trips=trips,
            listener_failures=self.value("listener_failures"),
            unrecorded=self.value("unrecorded") - self.value("recorded_late"),
            latency_ns=None if self.latency is None else self.latency.percentiles(),
        )

    def _finished(self) -> int:
        return self.ok.value + sum(map(self.value, ("failed", "ignored", "interrupted")))


class Latency:
    """A histogram of durations with the log-linear buckets of HdrHistogram.

    http://hdrhistogram.org: a power of two is divided into 32 buckets of one width, so a value is
    known to within 3 % whatever its size, and finding its bucket takes two shifts.
    """

    __slots__ = ("_buckets", "_octaves")

    def __init__(self) -> None:
        self._buckets: dict[int, Counter] = {}
        """By the highest value of each."""
        self._octaves: dict[int, _Octave] = {}
        """By the bit length of its values."""

    def add(self, ns: int) -> None:
        """Count one duration."""
        try:
            shift, buckets = self._octaves[ns.bit_length()]
            buckets[ns >> shift]()
        except KeyError:
            self._bucket(ns)()

    def _bucket(self, ns: int) -> Callable[[], object]:
        length = ns.bit_length()
        shift, buckets = self._octaves.setdefault(length, (max(0, length - _BITS - 1), {}))
        part = ns >> shift
        top = ((part + 1) << shift) - 1
        return buckets.setdefault(part, self._buckets.setdefault(top, Counter()).add)

    def percentiles(self) -> Percentiles:
        """Return the usual ones; all 0 when nothing was counted."""
        counts = sorted((top, bucket.value) for top, bucket in self._buckets.copy().items())
        calls = sum(count for _, count in counts)
        if not calls:
            return Percentiles(0, 0, 0, 0, 0)
        wanted = [calls * percent / 100 for percent in (50, 90, 99, 100)]
        return Percentiles(calls, *_values_at(counts, wanted))


_BITS = 5

_Octave = tuple[int, dict[int, Callable[[], object]]]
"""A power of two: how far its values are shifted, and how to count one in each of its buckets."""


def _values_at(counts: list[tuple[int, int]], wanted: list[float]) -> Iterator[int]:
    """Yield the highest value of the bucket in which each rank of *wanted* (rising) falls."""
    buckets = iter(counts)
    value, reached = next(buckets)
    for rank in wanted:
        while reached < rank:
            value, count = next(buckets)
            reached += count
        yield value


class PolicyStatistics(NamedTuple):
    """How often the policies of a function had something to do, but for its breaker."""

    retries: int
    """Attempts after the first."""
    retry_successes: int
    """Calls that went well after a retry."""
    budget_denials: int
    """Retries that a budget refused."""
    timeouts: int
    """Calls that were left behind or cancelled at their deadline."""
    late: int
    """Calls that ended by themselves, past their deadline."""
    fallbacks: int
    """Calls that a fallback answered."""
    fallback_failures: int
    """Calls for which all fallbacks failed."""


class PolicyCounters:
    """The counters behind `PolicyStatistics`."""

    __slots__ = ("_counters",)

    def __init__(self) -> None:
        self._counters = {name: Counter() for name in PolicyStatistics._fields}

    def count(self, name: str) -> None:
        """Count one."""
        self._counters[name].add()

    def values(self) -> PolicyStatistics:
        """Return all of them."""
        return PolicyStatistics(*(counter.value for counter in self._counters.values()))
