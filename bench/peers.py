"""Breakers and retry libraries of PyPI, each set up as its documentation shows it.

One that is not installed is left out.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any

Guard = Callable[[Callable[[], Any]], Callable[[], Any]]
Peers = Mapping[str, Callable[[Any], Guard]]

BREAKERS: Peers = {
    "pybreaker": lambda it: it.CircuitBreaker(fail_max=1),
    "circuitbreaker": lambda it: it.CircuitBreaker(failure_threshold=1, recovery_timeout=3600),
    "purgatory": lambda it: it.SyncCircuitBreakerFactory(default_threshold=1)("bench"),
    "interlock-cb": lambda it: it.CircuitBreaker(name="bench"),
    "pyresilience": lambda it: it.resilient(circuit_breaker=it.CircuitBreakerConfig()),
}
OPEN_AT_ONCE = {name: BREAKERS[name] for name in ("pybreaker", "circuitbreaker", "purgatory")}
"""Those that open at the first failure as set up above."""

ASYNC_BREAKERS: Peers = {
    "aiobreaker": lambda it: it.CircuitBreaker(),
    "circuitbreaker": lambda it: it.CircuitBreaker(),
    "purgatory": lambda it: it.AsyncCircuitBreakerFactory()("bench"),
    "interlock-cb": lambda it: it.CircuitBreaker(name="bench"),
    "pyresilience": lambda it: it.resilient(circuit_breaker=it.CircuitBreakerConfig()),
}

RETRIES: Peers = {
    "pyresilience": lambda it: it.resilient(
        retry=it.RetryConfig(max_attempts=3), circuit_breaker=it.CircuitBreakerConfig()
    ),
    "tenacity": lambda it: it.retry(stop=it.stop_after_attempt(3)),
    "stamina": lambda it: it.retry(on=OSError, attempts=3),
    "backoff": lambda it: it.on_exception(it.expo, OSError, max_tries=3),
    "redress": lambda it: it.retry,
}
ASYNC_RETRIES = {name: RETRIES[name] for name in ("pyresilience", "tenacity", "stamina", "backoff")}

TIMEOUTS: Peers = {
    "pyresilience": lambda it: it.resilient(
        retry=it.RetryConfig(max_attempts=3),
        circuit_breaker=it.CircuitBreakerConfig(),
        timeout=it.TimeoutConfig(seconds=2),
    ),
}

_MODULES = {"interlock-cb": "interlock"}


def installed(peers: Peers, kind: str = "") -> dict[str, Guard]:
    """Return the decorators of those that are installed, by name, version and *kind*."""
    guards = {}
    for name, make in peers.items():
        try:
            module = import_module(module_of(name))
        except ImportError:
            continue
        guards[f"{name} {version(name)}{kind}"] = make(module)
    return guards


def module_of(name: str) -> str:
    """Return what to import of a distribution."""
    return _MODULES.get(name, name)


def guarded(guards: Mapping[str, Guard], function: Callable[[], Any]) -> dict[str, Any]:
    """Return *function* under each of *guards*."""
    return {name: guard(function) for name, guard in guards.items()}


def everybody() -> Iterable[str]:
    """Return the names of all."""
    return dict.fromkeys([*BREAKERS, *ASYNC_BREAKERS, *RETRIES])
