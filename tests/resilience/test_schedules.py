"""Threads that call, fail and command at random: what must hold whoever comes first."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

import pytest

from vexfsctl.resilience import (
    FAILED,
    IGNORED,
    OK,
    BreakerOpen,
    BreakerState,
    CircuitBreaker,
    StateConflict,
    Transition,
)
from vexfsctl.resilience.testing import VirtualClock

THREADS, STEPS, PLACES = 4, 150, 2


class Schedule:
    """One breaker, and what its threads have seen of it."""

    def __init__(self, seed: int) -> None:
        self.clock = VirtualClock()
        self.events: list[Transition] = []
        self.breaker = CircuitBreaker(
            failures=3,
            successes=2,
            half_open_calls=PLACES,
            open_for=1.0,
            clock=self.clock,
            listeners=(self.events.append,),
        )
        self.seed = seed
        self.lock = threading.Lock()
        self.probing: Counter[int] = Counter()
        """Probes running, by generation."""
        self.most = 0
        self.rejected = 0

    def run(self) -> None:
        """Let the threads loose, and wait for them."""
        threads = [threading.Thread(target=self.work, args=(each,)) for each in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.breaker.reset()

    def work(self, number: int) -> None:
        """Do something at random, again and again."""
        random = Random(f"{self.seed} {number}")
        for _step in range(STEPS):
            choice = random.random()
            if choice < 0.03:
                self.breaker.trip(for_=0.5)
            elif choice < 0.06:
                with suppress(StateConflict):
                    self.breaker.probe()
            elif choice < 0.2:
                self.clock.advance(0.4)
            else:
                self.attempt(random)

    def attempt(self, random: Random) -> None:
        """One attempt."""
        try:
            permit = self.breaker.acquire()
        except BreakerOpen:
            with self.lock:
                self.rejected += 1
            return
        probe = permit.watched
        if probe:
            with self.lock:
                self.probing[permit.generation] += 1
                self.most = max(self.most, self.probing[permit.generation])
        time.sleep(0)
        if probe:
            with self.lock:
                self.probing[permit.generation] -= 1
        self.breaker.settle(permit, random.choice([OK, OK, FAILED, IGNORED]))


@contextmanager
def hurried() -> Iterator[None]:
    """Let threads take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("seed", range(20))
def test_schedule(seed: int) -> None:
    """Changes form one chain, each is told once and in order, and no place is given twice."""
    schedule = Schedule(seed)
    with hurried():
        schedule.run()

    events, status = schedule.events, schedule.breaker.status()
    assert [event.generation for event in events] == list(range(2, status.generation + 1))
    states = [BreakerState.CLOSED, *(event.after for event in events)]
    assert [event.before for event in events] == states[:-1]
    assert status.trips == sum(event.after.rejects for event in events)
    assert status.trips > 0
    assert schedule.most <= PLACES
    assert schedule.breaker.stats().rejected == schedule.rejected
    assert schedule.breaker.call(lambda: "well") == "well"
