"""The resilience library beside the breakers and retry libraries of PyPI, over a plain call.

Each guards the same function that does nothing. Rows have the names of the figures to reach.
"""

import os
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from subprocess import run
from time import perf_counter_ns
from typing import Any

from bench.floor import Bound, Call, OverFloor, await_repeatedly, call_repeatedly, caught
from bench.measure import Table, duration, interleave
from bench.peers import (
    ASYNC_BREAKERS,
    ASYNC_RETRIES,
    BREAKERS,
    OPEN_AT_ONCE,
    RETRIES,
    TIMEOUTS,
    Guard,
    everybody,
    guarded,
    installed,
    module_of,
)
from bench.startup import children_cpu_ns
from vexfsctl.resilience import (
    Bulkhead,
    CircuitBreaker,
    Deadline,
    Fallback,
    Retry,
    RetryBudget,
    compose,
    resilient,
)

_Over = partial(OverFloor, subject="engine")
_FLOOR = "plain call (the floor)"
_ALL = "breaker + retry + all counters"
_FULL = "with budget deadline and percentiles"


def comparisons() -> Iterator[Table]:
    """Hand out what there is to measure."""
    yield _Over(
        "engine: a call that goes well through a breaker",
        contestants={
            _FLOOR: _nothing,
            "empty decorator": _empty(_nothing),
            **guarded(_RULES, _nothing),
            "breaker.call(function)": partial(CircuitBreaker().call, _nothing),
            "with breaker.calling()": _block(CircuitBreaker()),
            **guarded(installed(BREAKERS), _nothing),
        },
        bounds={
            _UNCOUNTED: (Bound(6), Bound(1 / 4, "circuitbreaker")),
            _COMPLETIONS: (Bound(7.5),),
        },
    )
    yield _Over(
        "engine: a call that goes well through several policies",
        contestants={
            _FLOOR: _nothing,
            **guarded(_POLICIES, _nothing),
            **guarded(installed(RETRIES), _nothing),
            **guarded(installed(TIMEOUTS, ", with a timeout"), _nothing),
        },
        bounds={_ALL: (Bound(10),), _FULL: (Bound(26), Bound(1 / 3, "pyresilience"))},
    )
    yield _Over(
        "engine: an awaited call that goes well",
        contestants={
            "plain coroutine (the floor)": _nothing_async,
            **guarded(_ASYNC, _nothing_async),
            **guarded(installed(ASYNC_BREAKERS), _nothing_async),
            **guarded(installed(ASYNC_RETRIES, ", retry"), _nothing_async),
        },
        repeat=await_repeatedly,
    )
    opened: dict[str, Guard] = {"rejection": CircuitBreaker(failures=1, open_for=3600)}
    yield _Over(
        "engine: a rejection",
        contestants={
            _FLOOR: _nothing,
            **{name: _opened(it) for name, it in {**opened, **installed(OPEN_AT_ONCE)}.items()},
        },
        bounds={"rejection": (Bound(1, "circuitbreaker"),)},
    )
    failing: dict[str, Guard] = {
        "breaker, default rule, all counters": CircuitBreaker(failures=None),
        _ALL: compose(Retry(on=KeyError), CircuitBreaker(failures=None)),
    }
    yield _Over(
        "engine: a failing call",
        contestants={
            "plain call that fails (the floor)": caught(_fail),
            **{name: caught(guard(_fail)) for name, guard in failing.items()},
        },
    )
    yield _Over(
        "engine: a call handed to a worker (time passed)",
        contestants={
            _FLOOR: _nothing,
            "worker deadline": compose(Deadline(60, worker=True))(_nothing),
            **guarded(installed(TIMEOUTS, ", with a timeout"), _nothing),
        },
        clock_ns=perf_counter_ns,
        calls=100,
    )
    yield TwoThreads(
        {
            "plain call": _nothing,
            **guarded({name: _RULES[name] for name in (_UNCOUNTED, _COMPLETIONS)}, _nothing),
            **guarded({name: _POLICIES[name] for name in (_ALL, _FULL)}, _nothing),
            **guarded(installed(BREAKERS), _nothing),
        }
    )
    yield Memory()
    yield Imports()


_UNCOUNTED = "breaker, default rule, uncounted"
_COMPLETIONS = "breaker, default rule, counting completions"
_RULES: Mapping[str, Guard] = {
    _UNCOUNTED: CircuitBreaker(counting="none"),
    _COMPLETIONS: CircuitBreaker(counting="completions"),
    "breaker, default rule, all counters": CircuitBreaker(),
    "breaker, consecutive failures": CircuitBreaker(consecutive=5),
    "breaker, failure rate of 10 s": CircuitBreaker(failure_rate=0.5),
    "breaker, failure rate of 100 calls": CircuitBreaker(failure_rate=0.5, last=100),
    "breaker, rate of slow calls": CircuitBreaker(slow=1.0, slow_rate=0.5),
    "breaker, percentiles": CircuitBreaker(latency=True),
}
_POLICIES: Mapping[str, Guard] = {
    "retry": Retry(),
    "retry with a time limit": Retry(timeout=5),
    "retry with a budget": Retry(budget=RetryBudget()),
    "bulkhead": compose(Bulkhead(10)),
    "budget deadline": compose(Deadline(2.0)),
    _ALL: resilient(retry=Retry(), breaker=CircuitBreaker()),
    "with fallback": resilient(fallback=int, retry=Retry(), breaker=CircuitBreaker()),
    "with budget deadline": resilient(retry=Retry(), breaker=CircuitBreaker(), deadline=2.0),
    _FULL: resilient(retry=Retry(), breaker=CircuitBreaker(latency=True), deadline=2.0),
    "all policies": resilient(
        fallback=Fallback(int),
        retry=Retry(),
        breaker=CircuitBreaker(latency=True),
        deadline=2.0,
        bulkhead=10,
    ),
}
_ASYNC: Mapping[str, Guard] = {
    _UNCOUNTED: CircuitBreaker(counting="none"),
    "breaker, default rule, all counters": CircuitBreaker(),
    _ALL: _POLICIES[_ALL],
    "with deadline and percentiles": _POLICIES[_FULL],
}


def _nothing() -> None:
    return None


async def _nothing_async() -> None:
    return None


def _fail() -> None:
    raise OSError(5, "from the device")


def _empty(function: Callable[[], object]) -> Callable[[], object]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> object:
        return function(*args, **kwargs)

    return wrapper


def _block(breaker: CircuitBreaker) -> Call:
    def call() -> None:
        with breaker.calling():
            return _nothing()

    return call


def _opened(guard: Guard) -> Call:
    """Return calls that a breaker refuses, since the first one failed."""
    call = caught(guard(_fail))
    call()
    return call


@dataclass(frozen=True, slots=True)
class TwoThreads:
    """How much longer two threads take for as many calls as one: what they hold up each other."""

    contestants: Mapping[str, Call]
    title: str = "engine: two threads over one"

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table."""
        yield f"{self.title:<58}{'one':>9}{'two':>9}   ratio  to reach: the plain call's"
        turns: dict[str, Callable[[], int]] = {}
        for name, call in self.contestants.items():
            turns[f"1 {name}"] = partial(_in_threads, call, 1)
            turns[f"2 {name}"] = partial(_in_threads, call, 2)
        least = {name: min(each) for name, each in interleave(turns, 30).items()}
        for name in self.contestants:
            one, two = (least[f"{threads} {name}"] / _THREADED_CALLS for threads in (1, 2))
            yield f"  {name:<56}{duration(one):>9}{duration(two):>9}{two / one:8.2f}"


_THREADED_CALLS = 20_000


def _in_threads(call: Call, number: int) -> int:
    """Return how long *number* threads take for all the calls together."""
    count = _THREADED_CALLS // number
    threads = [threading.Thread(target=call_repeatedly, args=(call, count)) for _ in range(number)]
    start_ns = perf_counter_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter_ns() - start_ns


class Memory:
    """Bytes that a breaker takes."""

    title = "engine: memory of a breaker"

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table."""
        yield f"{self.title:<58}{'bytes':>9}  to reach"
        rows: dict[str, Callable[[], object]] = {
            "with statistics, percentiles off": CircuitBreaker,
            "after a call": lambda: _used(CircuitBreaker(), _nothing),
            "after a failure": lambda: _used(CircuitBreaker(), _fail),
            "with percentiles, after a call": lambda: _used(CircuitBreaker(latency=True), _nothing),
            **{name: partial(_made, name) for name in installed(BREAKERS)},
        }
        for name, make in rows.items():
            asked = "≤ 2048" if name.startswith("with statistics") else ""
            yield f"  {name:<56}{_bytes(make):9.0f}  {asked}".rstrip()


def _used(breaker: CircuitBreaker, function: Call) -> CircuitBreaker:
    caught(partial(breaker.call, function))()
    return breaker


def _made(name: str) -> Guard:
    return installed({peer: BREAKERS[peer] for peer in BREAKERS if name.startswith(peer)})[name]


def _bytes(make: Callable[[], object]) -> float:
    number = 500
    kept: list[object] = [make(), *[None] * number]
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for at in range(number):
        kept[at] = make()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / number


class Imports:
    """CPU time to import it, on top of that of starting Python."""

    title = "engine: import"

    def lines(self) -> Iterator[str]:
        """Measure, and yield the lines of a table."""
        yield f"{self.title:<58}{'least':>9}  to reach"
        modules = {name: f"import {module_of(name)}" for name in everybody() if _is_installed(name)}
        programs = {"": "pass", _OURS: f"from vexfsctl.resilience import {_OURS}", **modules}
        turns = {name: partial(_cpu_ns, program) for name, program in programs.items()}
        least = {name: min(each) for name, each in interleave(turns, 15).items()}
        for name in list(programs)[1:]:
            ns, asked = least[name] - least[""], ""
            if name == _OURS and "pybreaker" in least:
                ratio = ns / (least["pybreaker"] - least[""])
                asked = f"≤ 1 x pybreaker: {ratio:.3g} {'reached' if ratio <= 1 else 'MISSED'}"
            yield f"  {name:<56}{duration(max(0, ns)):>9}  {asked}".rstrip()


_OURS = "CircuitBreaker, Deadline, Retry, resilient"


def _is_installed(name: str) -> bool:
    try:
        __import__(module_of(name))
    except ImportError:
        return False
    return True


def _cpu_ns(program: str) -> int:
    before_ns = children_cpu_ns()
    # Everybody's bytecode is to be there, from the second round at the latest.
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run((sys.executable, "-c", program), env=kept, check=True)
    return children_cpu_ns() - before_ns
