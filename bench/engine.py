"""The resilience library beside the breakers and retry libraries of PyPI, over a plain call.

A peer that is not installed is left out. Each guards the same function that does nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from importlib import import_module
from importlib.metadata import version
from typing import Any

from bench.measure import OverFloor
from vexfsctl.resilience import (
    Bulkhead,
    CircuitBreaker,
    Deadline,
    Fallback,
    Retry,
    compose,
    resilient,
)

_Guard = Callable[[Callable[[], object]], Callable[[], object]]


def comparisons() -> Iterator[OverFloor]:
    """Hand out what there is to measure."""
    yield OverFloor(
        "engine: a call that goes well through a breaker",
        {
            "plain call (the floor)": _nothing,
            "empty decorator": _empty(_nothing),
            **_ours(
                _nothing,
                {
                    "breaker, uncounted": compose(CircuitBreaker(counting="none")),
                    "breaker, counting completions": compose(
                        CircuitBreaker(counting="completions")
                    ),
                    "breaker, all counters": compose(CircuitBreaker()),
                    "breaker, consecutive failures": _breaker(consecutive=5),
                    "breaker, failure rate of 10 s": _breaker(failure_rate=0.5),
                    "breaker, percentiles": _breaker(latency=True),
                },
            ),
            "ours: breaker.call(function)": _called(CircuitBreaker()),
            **_peers(_BREAKERS, _nothing),
        },
    )
    yield OverFloor(
        "engine: a call that goes well through several policies",
        {
            "plain call (the floor)": _nothing,
            **_ours(
                _nothing,
                {
                    "retry": compose(Retry()),
                    "retry with a time limit": compose(Retry(timeout=5)),
                    "breaker + retry + fallback": compose(
                        Fallback(_nothing), Retry(), CircuitBreaker()
                    ),
                    "deadline": compose(Deadline(2.0)),
                    "bulkhead": compose(Bulkhead(10)),
                    "breaker + retry + deadline": resilient(
                        retry=Retry(), breaker=CircuitBreaker(), deadline=2.0
                    ),
                    "breaker + retry + deadline + percentiles": resilient(
                        retry=Retry(), breaker=CircuitBreaker(latency=True), deadline=2.0
                    ),
                },
            ),
            **_peers(_RETRIES, _nothing),
        },
    )
    yield OverFloor(
        "engine: a rejection",
        {
            "plain call (the floor)": _nothing,
            "ours": _opened(compose(CircuitBreaker(failures=1, open_for=3600))),
            **{
                name: _opened(guard)
                for name, guard in _installed({k: _BREAKERS[k] for k in _OPEN_AT_ONCE}).items()
            },
        },
    )
    yield OverFloor(
        "engine: a failing call, uncaught but for the loop",
        {
            "plain call that fails (the floor)": _caught(_fail),
            "ours": _caught(compose(CircuitBreaker(failures=None))(_fail)),
        },
    )
    yield OverFloor(
        "engine: a call handed to a worker (CPU of the caller only)",
        {
            "plain call (the floor)": _nothing,
            "ours: deadline with worker": compose(Deadline(60, worker=True))(_nothing),
        },
        calls=100,
    )


def _nothing() -> None:
    return None


def _fail() -> None:
    raise OSError(5, "from the device")


def _empty(function: Callable[[], object]) -> Callable[[], object]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> object:
        return function(*args, **kwargs)

    return wrapper


def _called(breaker: CircuitBreaker) -> Callable[[], object]:
    call = breaker.call
    return lambda: call(_nothing)


def _breaker(**settings: Any) -> _Guard:
    return compose(CircuitBreaker(**settings))


def _caught(function: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        try:  # noqa: SIM105 - suppress() would cost more than a rejection
            function()
        except Exception:  # noqa: BLE001, S110
            pass

    return run


def _opened(guard: _Guard) -> Callable[[], object]:
    """Return calls that a breaker refuses, since the first one failed."""
    run = _caught(guard(_fail))
    run()
    return run


def _ours(
    function: Callable[[], object], guards: Mapping[str, Any]
) -> dict[str, Callable[[], object]]:
    return {f"ours: {name}": guard(function) for name, guard in guards.items()}


def _peers(
    peers: Mapping[str, Callable[[Any], _Guard]], function: Callable[[], object]
) -> dict[str, Callable[[], object]]:
    return {name: guard(function) for name, guard in _installed(peers).items()}


def _installed(peers: Mapping[str, Callable[[Any], _Guard]]) -> dict[str, _Guard]:
    guards = {}
    for distribution, make in peers.items():
        try:
            module = import_module(_MODULES.get(distribution, distribution))
        except ImportError:
            continue
        guards[f"{distribution} {version(distribution)}"] = make(module)
    return guards


_MODULES = {"interlock-cb": "interlock"}

_BREAKERS: Mapping[str, Callable[[Any], _Guard]] = {
    "pybreaker": lambda it: it.CircuitBreaker(fail_max=1),
    "circuitbreaker": lambda it: it.CircuitBreaker(failure_threshold=1, recovery_timeout=3600),
    "purgatory": lambda it: it.SyncCircuitBreakerFactory(default_threshold=1)("bench"),
    "interlock-cb": lambda it: it.CircuitBreaker(name="bench"),
    "pyresilience": lambda it: it.resilient(circuit_breaker=it.CircuitBreakerConfig()),
}
_OPEN_AT_ONCE = ("pybreaker", "circuitbreaker", "purgatory")
"""Those that open at the first failure as set up above."""

_RETRIES: Mapping[str, Callable[[Any], _Guard]] = {
    "tenacity": lambda it: it.retry(stop=it.stop_after_attempt(3)),
    "stamina": lambda it: it.retry(on=OSError, attempts=3),
    "backoff": lambda it: it.on_exception(it.expo, OSError, max_tries=3),
    "redress": lambda it: it.retry,
    "pyresilience": lambda it: it.resilient(
        retry=it.RetryConfig(max_attempts=3),
        circuit_breaker=it.CircuitBreakerConfig(),
        timeout=it.TimeoutConfig(seconds=2),
    ),
}
