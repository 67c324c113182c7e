"""Storms over breakers, each in a process of its own: `python -m tests.resilience.storms NAME`.

Each ends by itself; one that hangs is killed by the test that started it.
"""

import asyncio
import gc
import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from itertools import cycle
from random import Random
from types import FrameType

import vexfsctl.resilience
from vexfsctl.resilience import (
    FAILED,
    BreakerOpen,
    Bulkhead,
    CircuitBreaker,
    Deadline,
    Rejected,
    Retry,
    remaining,
    resilient,
)
from vexfsctl.resilience.delays import draw
from vexfsctl.resilience.events import Transition

_OUTCOMES = cycle([True, True, False, True, False, False])


def _breaker() -> CircuitBreaker:
    """One that is always on the move."""
    return CircuitBreaker(failures=2, open_for=0.0005, successes=1, half_open_calls=2, latency=True)


LIBRARY = vexfsctl.resilience.__path__[0]
BREAKER = _breaker()
BULKHEAD = Bulkhead(4)
QUEUE = Bulkhead(4, wait=0.002)
CHILDREN = 20


@resilient(deadline=60, retry=Retry(attempts=2, base=0), breaker=BREAKER, bulkhead=BULKHEAD)
def call() -> None:
    """Fail now and then."""
    if not next(_OUTCOMES):
        raise OSError(5, "from the device")


@resilient(deadline=0.004, retry=Retry(attempts=2, base=0), breaker=BREAKER, bulkhead=QUEUE)
async def call_async(seconds: float) -> None:
    """Fail now and then, after a while."""
    await asyncio.sleep(seconds)
    if seconds:
        call()
        await asyncio.sleep(seconds)
    elif not next(_OUTCOMES):
        raise OSError(5, "from the device")


@resilient(deadline=Deadline(60, worker=True))
def in_worker() -> int:
    """Return the thread."""
    return threading.get_ident()


def calls(number: int) -> None:
    """Make so many calls, however they end."""
    for _call in range(number):
        with suppress(OSError, Rejected):
            call()


def assert_nothing_is_held() -> None:
    """Nothing runs, so nothing may be held, and the breaker works."""
    gc.collect()
    stats = BREAKER.stats()
    assert stats.in_flight == 0, stats
    assert stats.calls == stats.ok + stats.failed + stats.ignored + stats.interrupted, stats
    assert (BULKHEAD.running, QUEUE.running, QUEUE.waiting, remaining()) == (0, 0, 0, None)
    BREAKER.trip()
    BREAKER.probe()
    for _place in range(2):
        with BREAKER.calling() as probe:
            probe.ignore()
    BREAKER.reset()
    assert BREAKER.call(lambda: "well") == "well"


class Struck(BaseException):
    """What the signal handler raises."""


def signals() -> None:
    """A handler every 0.3 ms that calls, commands, and sometimes raises in the library's code."""
    handled, inside = 0, 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal handled, inside
        handled += 1
        if inside > 1:
            return  # or, on a slow machine, handlers would only interrupt each other
        inside += 1
        calls(1)
        if handled % 50 == 0:
            BREAKER.trip(for_=0.0005)
        inside -= 1
        if not inside and frame is not None and frame.f_code.co_filename.startswith(LIBRARY):
            raise Struck

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
    while handled < 2000:
        with suppress(Struck):
            calls(20)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert BREAKER.stats().interrupted > 0


def finalisers() -> None:
    """The collector runs in the middle of everything, and what it collects calls."""

    class Last:
        def __init__(self) -> None:
            self.myself = self

        def __del__(self) -> None:
            calls(1)

    gc.set_threshold(7)
    for _round in range(3000):
        Last()
        calls(1)
    gc.set_threshold(700)


def listeners() -> None:
    """A listener that calls, commands and raises, in several threads."""

    over = False

    def meddle(event: Transition) -> None:
        if over:
            return
        calls(1)
        if event.generation % 5 == 0:
            BREAKER.reset()
        raise ValueError

    generations: list[int] = []
    BREAKER.listen(lambda event: generations.append(event.generation))
    BREAKER.listen(meddle)
    threads = [threading.Thread(target=calls, args=(500,)) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over = True
    assert BREAKER.stats().listener_failures > 0
    assert generations == list(range(2, BREAKER.status().generation + 1)), generations[-9:]


def tasks() -> None:
    """Tasks by the dozen in two event loops, with deadlines, and cancelled wherever they wait."""
    threads = [threading.Thread(target=_cancel_tasks, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats, ours = BREAKER.stats(), call_async.policy.stats()  # type: ignore[attr-defined]
    assert min(stats.interrupted, stats.trips, stats.ok, stats.rejected) > 0, stats
    assert min(ours.timeouts, ours.retries) > 0, ours


def _cancel_tasks(seed: int) -> None:
    random = Random(seed)

    async def work() -> None:
        for _call in range(8):
            with suppress(OSError, Rejected):
                await call_async(random.choice([0, 0, 0, 0.001, 0.003]))
            assert remaining() is None

    async def storm() -> None:
        for _round in range(200):
            running = [asyncio.create_task(work()) for _task in range(12)]
            cancelled = set()
            while not all(task.done() for task in running):
                await asyncio.sleep(random.choice([0, 0, 0.0005]))
                victim = random.choice(running)
                if random.random() < 0.1 and victim.cancel():
                    cancelled.add(victim)
            # Whoever is cancelled ends so, deadline or not, and nobody else does.
            assert {task for task in running if task.cancelled()} == cancelled
            await asyncio.gather(*running, return_exceptions=True)
            assert all(task.cancelled() or task.exception() is None for task in running)

    asyncio.run(storm(), debug=False)


def forks() -> None:
    """Children of a process whose other threads are in the middle of calls."""
    stopping = threading.Event()
    stuck = BREAKER.calling()

    def load() -> None:
        while not stopping.is_set():
            calls(10)

    def hold() -> None:
        try:
            with stuck:
                stopping.wait()
        except BreakerOpen:
            stopping.wait()

    in_worker()
    threads = [threading.Thread(target=load) for _thread in range(3)]
    threads.append(threading.Thread(target=hold))
    for thread in threads:
        thread.start()
    statuses = []
    # Python 3.12 and later warn of what is tried here.
    warnings.simplefilter("ignore", DeprecationWarning)
    for _child in range(CHILDREN):
        child = os.fork()
        if not child:
            _be_child()
        statuses.append(os.waitpid(child, 0)[1])
    stopping.set()
    for thread in threads:
        thread.join()
    assert statuses == [0] * CHILDREN, statuses


def _be_child() -> None:
    status = 1
    try:
        calls(20)
        assert in_worker() != threading.get_ident()
        assert_nothing_is_held()
        status = 0
    finally:
        os._exit(status)


def inheritance() -> None:
    """A child has state and window of its parent, and leaves the parent's listeners to it."""
    told: list[int] = []
    entered, leave = threading.Event(), threading.Event()

    def slow(event: Transition) -> None:
        told.append(event.generation)
        entered.set()
        leave.wait()

    breaker = CircuitBreaker(failures=5, latency=True)
    breaker.listen(slow)
    teller = threading.Thread(target=breaker.trip)
    teller.start()
    entered.wait()
    breaker.reset()  # generation 3, which nobody can be told of yet
    for _failure in range(4):
        breaker.settle(breaker.acquire(), FAILED)
    warnings.simplefilter("ignore", DeprecationWarning)
    child = os.fork()
    if not child:
        status = 1
        try:
            assert breaker.status().failures == 4
            leave.set()
            breaker.settle(breaker.acquire(), FAILED)
            assert breaker.state == "open"
            assert told == [2, 4], told
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert breaker.status().failures == 4
    assert len({draw(), *_drawn_by_children()}) == 3
    leave.set()
    teller.join()
    assert told == [2, 3], told


def _drawn_by_children() -> list[float]:
    """Two children, so that neither waits as long as the other."""
    ends = [os.pipe() for _child in range(2)]
    for _, there in ends:
        if not os.fork():
            os.write(there, repr(draw()).encode())
            os._exit(0)
        os.wait()
    return [float(os.read(here, 100)) for here, _ in ends]


STORMS = {
    storm.__name__: storm for storm in (signals, finalisers, listeners, tasks, forks, inheritance)
}
"""By name."""

if __name__ == "__main__":
    STORMS[sys.argv[1]]()
    assert_nothing_is_held()
    sys.stdout.write("calm\n")
