"""The small parts by themselves: rate limit, aggregator, degradation, clock."""

import ast
import threading
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl import guard
from vexfsctl.catalogue.lookup import entry
from vexfsctl.guard.aggregator import ErrorAggregator
from vexfsctl.guard.degradation import Degradation
from vexfsctl.guard.errors import EnhancedError
from vexfsctl.guard.ratelimit import LogRateLimit, Suppressed
from vexfsctl.guard.statistics import Latencies
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import DegradationLevel, ErrorCounts
from vexfsctl.system.clock import MonotonicClock

SECOND = 1_000_000_000


def error(identifier: int, name: str, parent: int | None = None) -> EnhancedError:
    """A failed read of storage whose entry is *name*."""
    return EnhancedError(
        entry=entry(name),
        errno=5,
        id=CorrelationId(identifier),
        operation=OperationType.STORAGE,
        call="read",
        volume="loop0",
        attempt=1,
        time_ns=identifier * 10,
        parent=None if parent is None else CorrelationId(parent),
    )


def test_twenty_calls_in_five_seconds_are_logged() -> None:
    """The rest of the interval is counted, and the next interval starts with its first call."""
    limit = LogRateLimit()

    assert [limit.admit(SECOND) for _ in range(25)] == [True] * 20 + [False] * 5
    limit.suppress_error()
    assert limit.take_suppressed(6 * SECOND - 1) is None
    assert limit.take_suppressed(6 * SECOND) == Suppressed(calls=5, errors=1, interval_ms=5000)
    assert limit.take_suppressed(6 * SECOND) is None
    assert [limit.admit(9 * SECOND) for _ in range(21)] == [True] * 20 + [False]
    assert limit.take_suppressed() == Suppressed(calls=1, errors=0, interval_ms=5000)


def test_long_silence_saves_nothing_up() -> None:
    """After an hour without errors the burst is 20 calls, not an hour's worth of them."""
    limit = LogRateLimit()
    for _ in range(21):
        limit.admit(0)

    admitted = [limit.admit(3600 * SECOND) for _ in range(30)]

    assert admitted == [True] * 20 + [False] * 10
    assert limit.take_suppressed() == Suppressed(calls=11, errors=0, interval_ms=5000)


@given(st.lists(st.integers(0, 2 * SECOND), max_size=200))
def test_rate_limit_loses_no_call(waits: list[int]) -> None:
    """Admitted and suppressed calls add up, and two intervals admit 40 calls at most."""
    limit, now, admitted, suppressed = LogRateLimit(), 0, [], 0
    for wait in waits:
        now += wait
        if limit.admit(now):
            admitted.append(now)
        if (left_out := limit.take_suppressed(now)) is not None:
            suppressed += left_out.calls
    left_out = limit.take_suppressed()
    suppressed += left_out.calls if left_out else 0

    assert len(admitted) + suppressed == len(waits)
    assert all(
        later - first >= 5 * SECOND for first, later in zip(admitted, admitted[40:], strict=False)
    )


def test_aggregator_counts_by_severity_and_finds_by_id() -> None:
    """Counters know all errors, whatever is remembered; a call's errors include nested ones."""
    aggregator = ErrorAggregator(capacity=3)
    forgotten = error(1, "Other")
    outer, inner = error(2, "OutOfSpace"), error(3, "CorruptedData", parent=2)
    other = error(4, "IoError.ReadError")
    for each in (forgotten, outer, inner, other):
        aggregator.add(each)
    aggregator.logged, aggregator.suppressed, aggregator.lost = 1, 1, 1

    assert aggregator.counts() == ErrorCounts(
        total=4,
        low=0,
        medium=0,
        high=3,
        critical=1,
        logged=1,
        suppressed=1,
        lost=1,
        last_id=CorrelationId(4),
        last_time_ns=40,
    )
    assert aggregator.counts().queued == 1
    assert aggregator.errors_of(CorrelationId(2)) == (outer, inner)
    assert aggregator.errors_of(CorrelationId(1)) == ()


def test_new_aggregator_has_no_last_error() -> None:
    """Nothing happened yet: all zero, no id."""
    assert ErrorAggregator().counts() == ErrorCounts(0, 0, 0, 0, 0, 0, 0, None, 0)


@given(st.lists(st.integers(0, 10**15), max_size=2000), st.sampled_from([1, 50, 90, 99, 100]))
def test_latencies_against_a_list(durations: list[int], percent: int) -> None:
    """Sum and maximum are exact, a percentile is at most 1 % above the true one, never below."""
    latencies = Latencies()
    for number, ns in enumerate(durations):
        latencies.add(ns)
        if number % 700 == 0:
            latencies.add_up()

    rank = -(-len(durations) * percent // 100)
    true = sorted(durations)[rank - 1] if durations else 0
    # A float has room for 24 bits: what is above a bucket's edge by less falls below it.
    assert true * (1 - 2**-24) - 1 <= latencies.percentile(percent) <= true * 1.01
    assert (latencies.total, latencies.max) == (sum(durations), max(durations, default=0))


def test_corruption_holds_read_only_over_every_judgement() -> None:
    """Judging the volume well does not end the hold; emergency is worse and shows through."""
    degradation = Degradation()
    degradation.judge(DegradationLevel.LIGHT)
    degradation.hold_read_only()

    seen = [degradation.level]
    for judged in (DegradationLevel.NORMAL, DegradationLevel.EMERGENCY, DegradationLevel.MODERATE):
        degradation.judge(judged)
        seen.append(degradation.level)
    degradation.release()

    read_only = DegradationLevel.READ_ONLY
    assert seen == [read_only, read_only, DegradationLevel.EMERGENCY, read_only]
    assert degradation.level is DegradationLevel.MODERATE


def test_clock_is_the_monotonic_one() -> None:
    """No wall-clock jump shows: it reads CLOCK_MONOTONIC, as the kernel log does."""
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    now = MonotonicClock().now_ns()

    assert before <= now <= time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def test_interrupted_clock_ends_a_sleep() -> None:
    """A retry that waits does not outlive the volume."""
    clock = MonotonicClock()
    sleeper = threading.Thread(target=clock.sleep, args=(3600,))
    sleeper.start()

    clock.interrupt()
    sleeper.join()
    clock.sleep(3600)


def test_no_module_of_the_engine_knows_the_time() -> None:
    """Each is handed it, so no clock but the given one can matter."""
    importers = []
    for path in sorted(Path(guard.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            if {"time", "datetime"} & set(names):
                importers.append(path.name)

    assert importers == []
