"""`@resilient`: all policies of a function in one declaration, in the usual order."""

from collections.abc import Callable
from typing import Any, TypeVar

from vexfsctl.resilience.breaker import CircuitBreaker
from vexfsctl.resilience.bulkhead import Bulkhead
from vexfsctl.resilience.deadline import Deadline
from vexfsctl.resilience.fallback import Fallback
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
    if callable(fallback) and not isinstance(fallback, Fallback):
        fallback = Fallback(fallback)
    if isinstance(deadline, int | float):
        deadline = Deadline(deadline)
    if isinstance(retry, int):
        retry = Retry(attempts=retry)
    if isinstance(breaker, str):
        breaker = registry.breaker(breaker)
    if isinstance(bulkhead, int):
        bulkhead = Bulkhead(bulkhead)
    policy: Any = in_default_order(fallback, deadline, retry, breaker, bulkhead)
    return policy  # type: ignore[no-any-return]
