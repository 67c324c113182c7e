"""A shared breaker: what it does, seen by two who share its file."""

import gc
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vexfsctl.resilience.shared
from tests.resilience.shared.breakers import Bench, fail, in_child
from tests.support.injector import Points, interruptions
from vexfsctl.resilience import (
    FAILED,
    BreakerAction,
    BreakerOpen,
    CircuitBreaker,
    Outcome,
    SharedFileUnusable,
    StateConflict,
    Transition,
    Verdict,
    resilient,
)
from vexfsctl.resilience.shared.layout import MOST_FAILURES
from vexfsctl.resilience.testing import VirtualClock


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A file that does not exist yet."""
    return Bench(tmp_path / "backup")


def test_one_trips_and_the_other_rejects(bench: Bench) -> None:
    """Failures of both count together; both reject, and one success closes for both."""
    one, other = bench.breaker(), bench.breaker()
    changes: list[Transition] = []
    other.listen(changes.append)
    fail(one, 2)
    fail(other)
    with pytest.raises(BreakerOpen) as rejection:
        one.call(len, "")
    assert rejection.value.args == ("backup", "open", 60.0, "ConnectionError: refused")
    bench.clock.advance(60)
    assert one.call(len, "ab") == 2
    assert (other.state, other.status().trips) == ("closed", 1)
    seen = [(change.before, change.after, change.by, change.rule) for change in changes]
    assert seen == [
        ("closed", "open", "outcome", "failures"),
        ("open", "closed", "outcome", None),
    ]
    assert bench.said == []


def test_only_recent_failures_count(bench: Bench) -> None:
    """A failure that is older than the window does not trip it, and is not shown."""
    one, other = bench.breaker(), bench.breaker()
    fail(one, 2)
    bench.clock.advance(10)
    fail(other)
    assert (one.state, one.status().failures) == ("closed", 1)
    fail(one, 2)
    assert other.state == "open"


def test_half_open_place_is_one_for_all(bench: Bench) -> None:
    """While one makes the trial call the others are refused; its failure opens for all."""
    one, other = bench.breaker(), bench.breaker()
    fail(one, 3)
    bench.clock.advance(60)
    with suppress(ConnectionError), one.calling():
        assert not other.would_admit()
        with pytest.raises(BreakerOpen) as rejection:
            other.acquire()
        assert rejection.value.state == "half_open"
        raise ConnectionError
    assert (other.state, other.retry_after) == ("open", 60.0)


def test_lease_ends_at_its_deadline(bench: Bench) -> None:
    """A trial call that does not end gives its place up; what becomes of it no longer matters."""
    one, other = bench.breaker(lease=5), bench.breaker(lease=5)
    fail(one, 3)
    bench.clock.advance(60)
    overdue = one.acquire()
    bench.clock.advance(5)
    place = other.acquire()
    one.settle(overdue, FAILED)
    assert other.state == "half_open"
    other.settle(place, Outcome(Verdict.SUCCESS))
    assert one.state == "closed"


def test_place_ends_with_its_frame(bench: Bench) -> None:
    """A permit that was lost gives its place back."""
    one, other = bench.breaker(), bench.breaker()
    fail(one, 3)
    bench.clock.advance(60)
    one.acquire()
    gc.collect()
    assert other.would_admit()


def test_place_of_a_dead_process_is_free_at_once(bench: Bench) -> None:
    """A process that died in its trial call blocks nobody, however long its lease."""
    one = bench.breaker(lease=3600)
    fail(one, 3)
    bench.clock.advance(60)
    assert in_child(lambda: (one.acquire(), os._exit(0))) == 0
    assert one.state == "half_open"
    assert one.call(len, "") == 0


def test_commands_reach_everybody(bench: Bench) -> None:
    """A trip, and its reason, is everybody's; reset ends it."""
    one, other = bench.breaker(), bench.breaker()
    one.trip(for_=30, reason="maintenance", author="ops")
    status = other.status()
    assert (status.state, status.reason, status.author) == ("forced_open", "maintenance", "ops")
    assert other.retry_after == 30.0
    with pytest.raises(StateConflict):
        other.reset() and other.probe()
    assert one.state == "closed"


def test_settings_are_those_of_each(bench: Bench) -> None:
    """Each judges what all have seen by its own settings; `configure` changes one's own."""
    strict, lenient = bench.breaker(failures=2), bench.breaker(failures=5)
    fail(lenient, 3)
    assert strict.state == "closed"
    fail(strict)
    assert lenient.state == "open"
    lenient.reset()
    lenient.configure(failures=1)
    fail(lenient)
    assert strict.state == "open"


def test_failure_that_is_dated_back_never_opens(bench: Bench) -> None:
    """A date before the newest failure counts, and trips nothing by itself."""
    one = bench.breaker()
    fail(one, 2)
    permit = one.acquire()
    one.settle(permit, FAILED, at_ns=bench.clock.now_ns() - 1_000_000_000)
    assert (one.state, one.status().failures) == ("closed", 3)
    fail(one)
    assert one.state == "open"


def test_failure_that_trips_at_once(bench: Bench) -> None:
    """An outcome may open it by itself."""
    one = bench.breaker()
    one.settle(one.acquire(), Outcome(Verdict.FAILURE, trip=True))
    assert bench.breaker().state == "open"


@pytest.mark.parametrize(
    "setting",
    [
        {"consecutive": 3},
        {"failure_rate": 0.5},
        {"slow": 1.0, "slow_rate": 0.5},
        {"failure_rate": 0.5, "probes": 3},
        {"kinds": {"a": 1}},
        {"at_once": {"a": None}},
        {"failures": None},
        {"failures": MOST_FAILURES + 1},
        {"half_open_calls": 17},
    ],
    ids=str,
)
def test_other_rules_are_refused(bench: Bench, setting: dict[str, Any]) -> None:
    """Any rule but failures within a time is a ValueError, as is more than the file holds."""
    with pytest.raises(ValueError, match="with shared"):
        bench.breaker(**setting)


def test_most_failures_are_counted_exactly(bench: Bench) -> None:
    """The largest limit trips at that failure and none before, also where the ring begins anew."""
    one = bench.breaker(failures=MOST_FAILURES)
    fail(one, MOST_FAILURES - 1)
    one.reset()
    fail(one, MOST_FAILURES - 1)
    assert (one.state, one.status().failures) == ("closed", MOST_FAILURES - 1)
    fail(one)
    assert one.state == "open"


def test_observe_is_refused(bench: Bench) -> None:
    """What a shared breaker would have done is not kept."""
    with pytest.raises(ValueError, match="cannot observe"):
        bench.breaker().observe()


def test_policies_take_it_for_a_breaker(bench: Bench) -> None:
    """It stands in `resilient` like any other, with retries and results that are judged."""
    other = bench.breaker()
    answers = iter([0, 500, 500, 500])

    def classify(answer: object) -> Outcome | None:
        return FAILED if answer == 500 else None

    @resilient(breaker=bench.breaker(failures=4, classify=classify))
    def ask() -> int:
        answer = next(answers)
        if not answer:
            raise ConnectionError
        return answer

    with suppress(ConnectionError):
        ask()
    assert [ask(), ask(), ask()] == [500, 500, 500]
    assert other.state == "open"


def test_no_directory_is_said(tmp_path: Path) -> None:
    """A file that cannot be made is an exception when the breaker is."""
    bench = Bench(tmp_path / "none" / "backup")
    with pytest.raises(SharedFileUnusable, match="No such file or directory"):
        bench.breaker()


def test_threads_lose_nothing(bench: Bench) -> None:
    """Threads of one process exclude each other: every failure counts once."""
    one = bench.breaker(failures=1000)
    threads = [threading.Thread(target=fail, args=(one, 50)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.status().failures + one.stats().unrecorded == 400


def test_forked_child_is_another_process(bench: Bench) -> None:
    """A child that inherited the breaker counts in the same file, with counters of its own."""
    one = bench.breaker()
    fail(one)
    assert in_child(lambda: fail(one)) == 0
    assert (one.status().failures, one.stats().failed) == (2, 1)


def test_forked_child_does_not_settle_for_its_parent(bench: Bench) -> None:
    """What a child does with the copy of its parent's trial call changes nothing."""
    one = bench.breaker()
    fail(one, 3)
    bench.clock.advance(60)
    place = one.acquire()
    assert in_child(lambda: one.settle(place, FAILED)) == 0
    assert one.state == "half_open"
    one.settle(place, Outcome(Verdict.SUCCESS))
    assert one.state == "closed"


ACTIONS = st.lists(
    st.sampled_from(["fail", "work", "trip", "reset", "probe", "disable", "enable"])
    | st.floats(0.1, 40).map(lambda seconds: round(seconds, 3)),
    max_size=25,
)


@settings(max_examples=40)
@given(ACTIONS, st.integers(0, 2**32))
def test_it_does_what_a_breaker_of_one_process_does(
    tmp_path_factory: pytest.TempPathFactory, actions: list[Any], seed: int
) -> None:
    """Whatever is done to it, by either of two, leads to the state of an unshared breaker."""
    clock = VirtualClock()
    both: dict[str, Any] = {"failures": 3, "open_for": 20, "successes": 2, "clock": clock}
    path = tmp_path_factory.mktemp("model") / "breaker"
    alone = CircuitBreaker(**both, open_backoff=1.5)
    two = [CircuitBreaker(shared=path, **both, open_backoff=1.5) for _ in range(2)]
    for number, action in enumerate(actions):
        shared = two[seed >> number & 1]
        assert _done(alone, clock, action) == _done(shared, None, action)
        for each in two:
            assert (each.state, each.retry_after) == (alone.state, alone.retry_after)
            assert each.status().failures == alone.status().failures
            assert each.status().trips == alone.status().trips


def _done(breaker: CircuitBreaker, clock: VirtualClock | None, action: Any) -> str:
    try:
        if isinstance(action, float):
            if clock is not None:
                clock.advance(action)
        elif action == "fail":
            breaker.call(_broken)
        elif action == "work":
            breaker.call(len, "")
        else:
            breaker.command(BreakerAction(action))
    except (OSError, BreakerOpen, StateConflict) as error:
        return type(error).__name__
    return "done"


def _broken() -> None:
    raise OSError(5, "Input/output error")


# What is raised in a finaliser cannot reach anybody.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupt_wherever_a_signal_can_strike(bench: Bench) -> None:
    """Once the frame is gone the lock is free, no place is taken and the file is whole."""
    one, other = bench.breaker(failures=1), bench.breaker(failures=1)

    def scenario() -> None:
        one.reset()
        fail(one)
        bench.clock.advance(60)
        one.call(len, "")

    library = Path(vexfsctl.resilience.shared.__path__[0])
    for _ in interruptions(scenario, library, Points.SIGNALS, step=11):
        other.trip()
        other.probe()
        other.call(len, "")
        assert (other.state, other.stats().unrecorded, bench.said) == ("closed", 0, [])
