"""The counters of one operation type, as vexfs-sysfs(5) has them. Counting takes no lock.

A call is completed when its caller has the answer: one past its deadline completes there, whatever
its thread still does. What never ran adds no latency: a call that its breaker rejected, a write to
a volume that is read-only.
"""

import collections
import sys
import threading
from array import array
from itertools import accumulate
from struct import pack, unpack

from vexfsctl.resilience.counters import Counter, Gauge

MANY = 512
"""Latencies that wait to be added up."""


class Latencies:
    """How long calls took. Taking one in is one call into C; they are added up many at a time."""

    __slots__ = ("_adding", "_buckets", "_max", "_total", "add", "waiting")

    def __init__(self) -> None:
        self.waiting: list[int] = []
        """What came in since they were last added up: do that once there are `MANY`."""
        self.add = self.waiting.append
        self.start_after_fork()
        self._total = 0
        self._max = 0
        self._buckets: collections.Counter[int] = collections.Counter()

    def start_after_fork(self) -> None:
        """Have a lock that no thread holds."""
        self._adding = threading.Lock()

    def take(self, ns: int) -> None:
        """Take one in, and add up if that is due."""
        self.add(ns)
        if len(self.waiting) >= MANY:
            self.add_up()

    def add_up(self) -> None:
        """Add up what has come in."""
        with self._adding:
            # Others append meanwhile, and only that: what was copied is what is deleted.
            batch = self.waiting.copy()
            del self.waiting[: len(batch)]
            self._total += sum(batch)
            self._max = max(self._max, max(batch, default=0))
            self._buckets.update(_buckets(batch))

    @property
    def total(self) -> int:
        """Nanoseconds that all calls took together."""
        self.add_up()
        return self._total

    @property
    def max(self) -> int:
        """Nanoseconds that the longest took."""
        self.add_up()
        return self._max

    def percentile(self, percent: int) -> int:
        """Nanoseconds that so many percent of the calls did not exceed, to within 1 %."""
        self.add_up()
        with self._adding:
            buckets = sorted(self._buckets.items())
        wanted = sum(count for _, count in buckets) * percent / 100
        for (bucket, _), reached in zip(buckets, accumulate(c for _, c in buckets), strict=True):
            if reached >= wanted:
                return min(_top(bucket), self._max)
        return 0


def _buckets(durations: list[int]) -> list[int]:
    """Return the bucket of each: log-linear ones, 128 for each power of two.

    They are what the upper half of a float holds, exponent and 7 bits of the mantissa, and in C.
    """
    return memoryview(array("f", durations)).cast("B").cast("H")[_UPPER_HALVES].tolist()


_UPPER_HALVES = slice(sys.byteorder == "little", None, 2)


def _top(bucket: int) -> int:
    """Return the highest number in *bucket*."""
    return int(unpack("f", pack("I", (bucket << 16) | 0xFFFF))[0])


COUNTERS = (
    "calls",
    "failures",
    "rejected",
    "retries",
    "retry_successes",
    "fallbacks",
    "fallback_failures",
    "timeouts",
)
GAUGES = (
    "in_flight",
    "overdue",
    "latency_ns_total",
    "latency_ns_max",
    "latency_ns_p50",
    "latency_ns_p99",
)
"""What is not counted by one."""


class OperationStatistics:
    """Counters, which only grow, and gauges, which fall again."""

    __slots__ = ("_abandoned", "_counters", "_returned", "count", "latencies", "running")

    def __init__(self) -> None:
        self._counters = {name: Counter() for name in COUNTERS}
        self.count = {name: counter.add for name, counter in self._counters.items()}
        """What to call to count one, by the name of the counter."""
        self.running = Gauge()
        self.latencies = Latencies()
        self._abandoned = Counter()
        self._returned = Counter()

    def start_after_fork(self) -> None:
        """Forget the calls of threads that do not exist here."""
        self.running.token = object()
        self.latencies.start_after_fork()

    def abandon(self, latency_ns: int) -> None:
        """Count a call that has failed by its deadline, whose thread still runs."""
        self.count["failures"]()
        self.latencies.take(latency_ns)
        self._abandoned.add()

    def take_back(self) -> None:
        """Count such a thread as returned."""
        self._returned.add()

    def value(self, name: str) -> int:
        """Return the counter or gauge that vexfs-sysfs(5) has under *name*."""
        match name:
            case "in_flight":
                return self.running.value
            case "overdue":
                # The watch counts a call soon after it took it, and its thread may come first.
                overdue = max(0, self._abandoned.value - self._returned.value)
                return min(overdue, self.running.value)
            case "latency_ns_total":
                return self.latencies.total
            case "latency_ns_max":
                return self.latencies.max
            case "latency_ns_p50":
                return self.latencies.percentile(50)
            case "latency_ns_p99":
                return self.latencies.percentile(99)
            case _:
                return self._counters[name].value
