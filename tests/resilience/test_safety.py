"""What interrupts, finalisers, forks and listeners may not do: leave something held, or hang."""

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import vexfsctl.resilience
from tests.resilience.calls import Flaky
from tests.resilience.storms import STORMS
from tests.resilience.test_breaker_cases import case
from tests.support.injector import Interrupt, Points, interruptions
from tests.support.program import BOUND_S
from vexfsctl.resilience import (
    BreakerState,
    Bulkhead,
    CircuitBreaker,
    Deadline,
    Retry,
    Transition,
    compose,
    remaining,
)
from vexfsctl.resilience.machine import Change, Era, enter
from vexfsctl.resilience.places import Places
from vexfsctl.resilience.testing import VirtualClock

LIBRARY = Path(vexfsctl.resilience.__path__[0])
REPOSITORY = Path(__file__).parents[2]


class Guarded:
    """A breaker that becomes half-open each time, with everything around it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.breaker = CircuitBreaker(
            failures=3, successes=1, lease=5.0, clock=self.clock, latency=True
        )
        self.bulkhead = Bulkhead(1)
        retry = Retry(attempts=2, clock=self.clock)
        deadline = Deadline(60, clock=self.clock)
        policy = compose(deadline, retry, self.breaker, self.bulkhead)
        self.recovering = policy(Flaky(*[OSError, "done"] * 5000))

    def be_half_open(self) -> None:
        """Whatever state it was left in."""
        self.breaker.trip()
        self.breaker.probe()

    def call(self) -> None:
        """A call that fails, is tried again in half-open, and recovers."""
        self.be_half_open()
        with suppress(OSError, vexfsctl.resilience.BreakerOpen):
            self.recovering()

    def block(self) -> None:
        """The same with a `with` block."""
        self.be_half_open()
        with self.breaker.calling():
            pass

    def direct(self) -> None:
        """The same with `call`."""
        self.be_half_open()
        self.breaker.call(len, "")


SCENARIOS = (Guarded.call, Guarded.block, Guarded.direct)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_interrupt_wherever_a_signal_can_strike(scenario: Callable[[Guarded], None]) -> None:
    """Once the frame is gone nothing is held: no place, no call in flight, no deadline."""
    it = Guarded()
    number = -1
    for number in interruptions(lambda: scenario(it), LIBRARY, Points.SIGNALS):
        stats = it.breaker.stats()
        assert (stats.in_flight, it.bulkhead.running, remaining()) == (0, 0, None), number
        assert stats.calls == stats.ok + stats.failed + stats.ignored + stats.interrupted
        it.be_half_open()
        assert it.breaker.call(lambda: "probe") == "probe", number
        assert it.breaker.state is BreakerState.CLOSED
    assert number > 20
    assert it.breaker.stats().interrupted > 0


@pytest.mark.parametrize("scenario", SCENARIOS[1:])
def test_interrupt_at_every_line(scenario: Callable[[Guarded], None]) -> None:
    """No clean-up of Python's survives that: places come back with their lease at the latest."""
    it = Guarded()
    for number in interruptions(lambda: scenario(it), LIBRARY, Points.LINES):
        if it.breaker.state is BreakerState.HALF_OPEN:
            it.clock.advance(5)
            assert it.breaker.call(lambda: "probe") == "probe", number
        it.breaker.reset()
        assert it.breaker.call(lambda: "well") == "well", number


def test_interrupt_at_every_line_leaves_no_deadline_behind() -> None:
    """Not even for the thread that was interrupted: it goes on as after any other call."""
    clock, left = VirtualClock(), list[float | None]()
    inner = compose(Deadline(3, clock=clock))(lambda: left.append(remaining()))
    outer = compose(Deadline(5, clock=clock), Bulkhead(1))(inner)

    def scenario() -> None:
        try:
            outer()
            return
        except Interrupt:
            sys.settrace(None)
        gc.collect(1)
        clock.advance(9)
        left.clear()
        assert remaining() is None
        outer()
        assert left == [3.0]
        raise Interrupt

    *_, number = interruptions(scenario, LIBRARY, Points.LINES)
    assert number > 20


def test_interrupt_while_probes_are_judged_together() -> None:
    """Whoever comes next goes on: it never stays half-open with nobody admitted."""
    clock = VirtualClock()
    breaker = CircuitBreaker(failures=1, probes=2, failure_rate=0.6, clock=clock)

    def probes() -> None:
        breaker.trip()
        breaker.probe()
        for error in (OSError, None):
            with suppress(OSError), breaker.calling():
                if error is not None:
                    raise error

    number = -1
    for number in interruptions(probes, LIBRARY, Points.LINES):
        if breaker.state is BreakerState.HALF_OPEN:
            clock.advance(breaker.settings.lease)
            for _probe in range(2):
                assert breaker.call(lambda: "well") == "well", number
            assert str(breaker.state) == "closed", number
    assert number > 20


def test_successor_that_was_published_by_somebody_who_was_interrupted() -> None:
    """Whoever comes next finds it, obeys it, and tells the listeners."""
    breaker, told = CircuitBreaker(), []
    breaker.listen(lambda event: told.append(event.after))
    era = breaker._era
    era.publish(enter(era, BreakerState.OPEN, 0, 10**18, Change(), "OSError: x"))
    with pytest.raises(vexfsctl.resilience.BreakerOpen):
        compose(breaker)(len)("")
    stats = breaker.stats()
    assert (stats.calls, stats.ignored, stats.rejected_open, told) == (0, 0, 1, ["open"])


def test_call_that_is_stuck_keeps_no_history() -> None:
    """A thousand changes later, the states that have passed are gone."""
    breaker = CircuitBreaker()
    entered, leave = threading.Event(), threading.Event()

    def stuck() -> None:
        entered.set()
        leave.wait()

    with in_thread(compose(breaker)(stuck)), breaker.calling():
        entered.wait()
        for _change in range(1000):
            breaker.trip()
            breaker.reset()
        assert sum(isinstance(each, Era) for each in gc.get_objects()) < 500
        leave.set()


def test_finaliser_that_takes_a_place_while_they_are_counted() -> None:
    """The collector may run in the middle of that, and what it collects may call."""
    places = Places()
    # More than the interpreter keeps spare tuples for: only a new object makes it collect.
    holders = [Holder() for _holder in range(2500)]
    for holder in holders:
        places._holders[weakref.ref(holder)] = None

    class Last:
        def __init__(self) -> None:
            self.myself = self

        def __del__(self) -> None:
            late = Holder()
            places._holders[weakref.ref(late)] = None
            holders.append(late)

    before = gc.get_threshold()
    gc.set_threshold(50)
    try:
        for _round in range(100):
            Last()
            assert 2500 <= places.taken() <= len(holders)
    finally:
        gc.set_threshold(*before)


class Holder:
    """Somebody in a place."""


def test_interrupted_listener_loses_no_later_event() -> None:
    """Whoever comes next goes on telling."""
    breaker, told = CircuitBreaker(), []
    breaker.listen(lambda event: told.append(event.generation))

    def interrupt(event: Transition) -> None:
        if event.generation == 2:
            raise Interrupt

    breaker.listen(interrupt)
    with pytest.raises(Interrupt):
        breaker.trip()
    breaker.reset()
    assert told == [2, 3]


def test_listener_that_is_stuck_delays_no_call() -> None:
    """Others go on, change states, and their events come when it is through."""
    breaker, told = CircuitBreaker(), []
    entered, leave = threading.Event(), threading.Event()

    def slow(event: Transition) -> None:
        told.append(event.generation)
        entered.set()
        leave.wait()

    breaker.listen(slow)
    with in_thread(breaker.trip):
        entered.wait()
        breaker.reset()
        assert breaker.call(lambda: "well") == "well"
        assert told == [2]
        leave.set()
    assert told == [2, 3]


@contextmanager
def in_thread(function: Callable[[], object]) -> Iterator[None]:
    """Run *function* in a thread meanwhile."""
    thread = threading.Thread(target=function)
    thread.start()
    yield
    thread.join()


@case("K65")
@pytest.mark.parametrize("storm", STORMS)
def test_storm(storm: str, _: None) -> None:
    """No hang, nothing held afterwards."""
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "tests.resilience.storms", storm],
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("calm\n", "", 0)


def test_library_imports_nothing_heavy_and_nothing_of_ours() -> None:
    """asyncio comes with the first asynchronous call, threading with the first worker."""
    program = (
        "import sys, vexfsctl.resilience.declaring\n"
        "ours = {n for n in sys.modules if n.startswith('vexfsctl.')}\n"
        "print(sorted(n for n in ours if not n.startswith('vexfsctl.resilience')))\n"
        "print([n for n in ('asyncio', 'logging', 'threading') if n in sys.modules])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("[]\n[]\n", "")
