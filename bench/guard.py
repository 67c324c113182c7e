"""The guard of VexFS over a plain call, beside the breakers and retry libraries of PyPI.

Besides breaker and retry a guarded call has a deadline that another thread answers, counters,
latency percentiles and correlation, and each of its errors is an event: none of the peers does so.
`engine` has the library that the guard is built on.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from errno import EIO
from functools import partial
from importlib.metadata import version
from itertools import cycle
from types import SimpleNamespace
from unittest.mock import patch

import circuitbreaker
import pybreaker
import stamina
import tenacity

from bench.floor import Bound, OverFloor, caught
from bench.measure import Comparison
from tests.support.clock import VirtualClock
from vexfsctl.guard.call import Call, no_terms
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.breaker import BreakerAction, BreakerCommand
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.operations import OperationType
from vexfsctl.system.clock import MonotonicClock

_FILE, _STORAGE = OperationType.FILE, OperationType.STORAGE
_PYBREAKER, _CIRCUITBREAKER, _TENACITY, _STAMINA = (
    f"{name} {version(name)}" for name in ("pybreaker", "circuitbreaker", "tenacity", "stamina")
)
_BIND = "vexfsctl Guard.bind"
_ATTEMPTS = 3
_Over = partial(OverFloor, subject="guard")

_Work = Callable[[], object]


def comparisons() -> Iterator[Comparison | OverFloor]:
    """Hand out what there is to measure."""
    yield _Over(
        "guard: a call that goes well",
        contestants={
            "plain call (the floor)": _succeed,
            _BIND: partial(_guard(MonotonicClock()).bind(_STORAGE, "read"), _do_nothing),
            "vexfsctl Guard.run": _guarded(_guard(MonotonicClock()), _succeed),
            "vexfsctl Guard.bind, and one nested in it": _bound_twice(),
            f"{_PYBREAKER}, twice": _twice(_pybreaker),
            f"{_CIRCUITBREAKER}, twice": _twice(_circuitbreaker),
            f"{_TENACITY} around {_PYBREAKER}, twice": _twice(
                lambda work: _tenacity(_pybreaker(work))
            ),
            f"{_STAMINA} around {_PYBREAKER}, twice": _twice(
                lambda work: _stamina(_pybreaker(work))
            ),
        },
        bounds={_BIND: (Bound(36),)},
    )
    yield _Over(
        "guard: a call that fails, none of its records logged",
        contestants={
            "plain call that fails (the floor)": caught(_fail),
            _BIND: caught(_failing()),
        },
    )
    yield _Over(
        "guard: a rejection, not logged",
        contestants={
            _CIRCUITBREAKER: _rejecting(_circuitbreaker),
            _BIND: caught(_rejected()),
        },
        bounds={_BIND: (Bound(2),)},
    )
    # Both sleep through tenacity, and even a sleep of 0 s takes the kernel's timer slack, 50 µs.
    with patch("tenacity.nap.time", SimpleNamespace(sleep=_ignore)):
        guard = _patient(_guard(VirtualClock()))
        yield Comparison(
            "guard: EIO twice, then success; waits skipped",
            {
                "vexfsctl Guard.run": _guarded(guard, _flaky()),
                _TENACITY: _tenacity(_flaky()),
                _STAMINA: _stamina(_flaky()),
            },
        )


def _guard(clock: Clock) -> Guard:
    return Guard("bench", clock=clock, log=ImmediateLog(_ignore), ids=CorrelationSource())


def _patient(guard: Guard) -> Guard:
    """Have breakers stay closed, however much fails."""
    for guarded in guard.operations.values():
        guarded.breaker_settings = replace(guarded.breaker_settings, failure_threshold=1_000_000)
    return guard


def _guarded(guard: Guard, work: _Work) -> _Work:
    return lambda: guard.run(_STORAGE, "read", lambda _: work())


def _bound_twice() -> _Work:
    guard = _guard(MonotonicClock())
    file, storage = guard.bind(_FILE, "read"), guard.bind(_STORAGE, "read")

    def serve(call: Call) -> object:
        return storage(_do_nothing, no_terms, call)

    return partial(file, serve)


def _failing() -> _Work:
    call = _patient(_guard(MonotonicClock())).bind(_STORAGE, "write", repeatable=False)

    def fail(_: Call) -> None:
        _fail()

    return partial(call, fail)


def _rejected() -> _Work:
    guard = _guard(MonotonicClock())
    guard.command_breaker(_STORAGE, BreakerCommand(BreakerAction.TRIP), uid=0, pid=1)
    return partial(guard.bind(_STORAGE, "read"), _do_nothing)


def _rejecting(guarded: Callable[[_Work], _Work]) -> _Work:
    """Return calls that a breaker refuses, since enough have failed."""
    run = caught(guarded(_fail))
    for _ in range(10):
        run()
    return run


def _twice(guarded: Callable[[_Work], _Work]) -> _Work:
    return guarded(guarded(_succeed))


def _pybreaker(work: _Work) -> _Work:
    breaker = pybreaker.CircuitBreaker()
    return lambda: breaker.call(work)


def _circuitbreaker(work: _Work) -> _Work:
    breaker = circuitbreaker.CircuitBreaker(recovery_timeout=3600)
    return lambda: breaker.call(work)


def _tenacity(work: _Work) -> _Work:
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=tenacity.wait_exponential_jitter(),
        retry=tenacity.retry_if_exception_type(OSError),
    )
    return lambda: retrying(work)


def _stamina(work: _Work) -> _Work:
    # Its hooks log; our listener does nothing either.
    stamina.instrumentation.set_on_retry_hooks([])
    caller = stamina.RetryingCaller(attempts=_ATTEMPTS)
    return lambda: caller(OSError, work)


def _flaky() -> _Work:
    """Return work that succeeds at each last attempt only."""
    failures = cycle([True] * (_ATTEMPTS - 1) + [False])

    def work() -> None:
        if next(failures):
            _fail()

    return work


def _fail() -> None:
    raise OSError(EIO, "from the device")


def _do_nothing(_: Call) -> None:
    return None


def _succeed() -> None:
    return None


def _ignore(_: object) -> None:
    return None
