"""`@resilient`: all policies of a function in one declaration, in the usual order."""

from collections.abc import Callable
from typing import Any, TypeVar

from vexfsctl.resilience import checks
from vexfsctl.resilience.breaker import CircuitBreaker
from vexfsctl.resilience.bulkhead import Bulkhead
from vexfsctl.resilience.deadline import Deadline
from vexfsctl.resilience.fallback import Fallback
from vexfsctl.resilience.layer import Part
from vexfsctl.resilience.policy import in_default_order
from vexfsctl.resilience.registry import REGISTRY, Registry
from vexfsctl.resilience.retry import Retry

F = TypeVar("F", bound=Callable[..., Any])


def resilient(
    *,
    fallback: Fallback | Callable[..., Any] | None = None,
    deadline: Deadline | float | None = None,
    retry: Retry | int | None = None,
    breaker: CircuitBreaker | str | None = None,
    bulkhead: Bulkhead | int | None = None,
    registry: Registry = REGISTRY,
) -> Callable[[F], F]:
    """Return a decorator that applies the policies given, outermost first in the order listed.

    Short forms: a function to fall back to, seconds, attempts, the name of a breaker of *registry*,
    calls at once.
    """
    checks.instance("registry", registry, Registry)
    policy: Any = in_default_order(
        in_full("fallback", fallback),
        in_full("deadline", deadline),
        in_full("retry", retry),
        in_full("breaker", breaker, registry),
        in_full("bulkhead", bulkhead),
    )
    return policy  # type: ignore[no-any-return]


def in_full(name: str, given: object, registry: Registry = REGISTRY) -> Part | None:
    """Return the policy that *given* is, or is short for, under its *name* in `resilient`."""
    match name, given:
        case (_, None):
            return None
        case ("fallback", Fallback()) | ("deadline", Deadline()) | ("retry", Retry()):
            return given  # type: ignore[return-value]
        case ("breaker", CircuitBreaker()) | ("bulkhead", Bulkhead()):
            return given  # type: ignore[return-value]
        case ("deadline", int() | float()):
            return Deadline(given)
        case ("retry", int()):
            return Retry(attempts=given)
        case ("breaker", str()):
            return registry.breaker(given)
        case ("bulkhead", int()):
            return Bulkhead(given)
        case ("fallback", _) if callable(given):
            return Fallback(given)
    raise TypeError(f"{name} cannot be {given!r}")
