"""The guard of VexFS beside the breakers and retry libraries of PyPI.

A `Guard` also keeps a deadline, counters, latency and correlation ids, and turns every error into
an event, which none of the peers does. `engine` has the library that it is built on.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from errno import EIO
from importlib.metadata import version
from itertools import cycle
from types import SimpleNamespace
from unittest.mock import patch

import circuitbreaker
import pybreaker
import stamina
import tenacity

from bench.measure import Comparison
from tests.support.clock import VirtualClock
from vexfsctl.guard.call import Call
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.operations import OperationType
from vexfsctl.system.clock import MonotonicClock

_FILE, _STORAGE = OperationType.FILE, OperationType.STORAGE
_PYBREAKER, _CIRCUITBREAKER, _TENACITY, _STAMINA = (
    f"{name} {version(name)}" for name in ("pybreaker", "circuitbreaker", "tenacity", "stamina")
)
_ATTEMPTS = 3

_Work = Callable[[], object]


def comparisons() -> Iterator[Comparison]:
    """Hand out what there is to measure."""
    yield Comparison(
        "guard: a call and one nested in it, all well",
        {
            "vexfsctl Guard.run": _guarded_twice(_succeed),
            _PYBREAKER: _twice(_pybreaker),
            _CIRCUITBREAKER: _twice(_circuitbreaker),
            f"{_TENACITY} around {_PYBREAKER}": _twice(lambda work: _tenacity(_pybreaker(work))),
            f"{_STAMINA} around {_PYBREAKER}": _twice(lambda work: _stamina(_pybreaker(work))),
        },
    )
    # Both sleep through tenacity, and even a sleep of 0 s takes the kernel's timer slack, 50 µs.
    with patch("tenacity.nap.time", SimpleNamespace(sleep=_ignore)):
        yield Comparison(
            "guard: EIO twice, then success; waits skipped",
            {
                "vexfsctl Guard.run": _guarded(_flaky()),
                _TENACITY: _tenacity(_flaky()),
                _STAMINA: _stamina(_flaky()),
            },
        )


def _guarded_twice(work: _Work) -> _Work:
    guard = _guard(MonotonicClock())

    def serve(call: Call) -> None:
        call.run(_STORAGE, "read", lambda _: work())

    return lambda: guard.run(_FILE, "read", serve)


def _guarded(work: _Work) -> _Work:
    guard = _guard(VirtualClock())
    guarded = guard.operations[_STORAGE]
    # Two failures for each success, and yet it is to stay closed.
    guarded.breaker_settings = replace(guarded.breaker_settings, failure_threshold=1_000_000)
    return lambda: guard.run(_STORAGE, "read", lambda _: work())


def _guard(clock: Clock) -> Guard:
    return Guard("bench", clock=clock, log=ImmediateLog(_ignore), ids=CorrelationSource())


def _twice(guarded: Callable[[_Work], _Work]) -> _Work:
    return guarded(guarded(_succeed))


def _pybreaker(work: _Work) -> _Work:
    breaker = pybreaker.CircuitBreaker()
    return lambda: breaker.call(work)


def _circuitbreaker(work: _Work) -> _Work:
    breaker = circuitbreaker.CircuitBreaker()
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
            raise OSError(EIO, "from the device")

    return work


def _succeed() -> None:
    return None


def _ignore(_: object) -> None:
    return None
