"""Policies put together: one function around the operation, made once, when it is declared.

Policies in another order than the usual one are several such functions, one around the other.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from vexfsctl.resilience.breaker import CircuitBreaker
from vexfsctl.resilience.bulkhead import Bulkhead
from vexfsctl.resilience.deadline import Deadline
from vexfsctl.resilience.fallback import Fallback
from vexfsctl.resilience.layer import Layer, Part, first, is_of_each_attempt
from vexfsctl.resilience.retry import Retry
from vexfsctl.resilience.statistics import PolicyCounters, PolicyStatistics

P = ParamSpec("P")
T = TypeVar("T")


class Policy:
    """Policies in order, outermost first. Make one with `compose`."""

    def __init__(self, *parts: Part) -> None:
        for part in parts:
            if not isinstance(part, Part):
                raise TypeError(f"not a policy: {part!r}")
        self.parts = parts
        self._counters = PolicyCounters()

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Decorate *function*, coroutine function or not; raise TypeError for a generator.

        The result has `policy`, `breaker`, and `with_`.
        """
        if isinstance(function, staticmethod | classmethod):
            return type(function)(self(function.__func__))
        guarded: Any = self.bind(function)
        guarded.policy = self
        guarded.breaker = self.breaker
        guarded.with_ = lambda **changes: self.with_(**changes)(function)
        return guarded  # type: ignore[no-any-return]

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call *function* under these policies."""
        result: T = self.bind(function)(*args, **kwargs)
        return result

    async def call_async(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Like `call`, of a coroutine function."""
        return await self.bind(function)(*args, **kwargs)

    def with_(self, **changes: Any) -> "Policy":
        """Return these policies with some replaced, or left out where None.

        Names and short forms are those of `resilient`.
        """
        from vexfsctl.resilience.declaring import in_full

        if unknown := changes.keys() - set(_ORDER):
            raise TypeError(f"not a policy: {', '.join(sorted(unknown))}")
        kinds = {name: in_full(name, change) for name, change in changes.items()}
        parts = [kinds.pop(_name(part), part) for part in self.parts]
        for name in (each for each in _ORDER if kinds.get(each) is not None):
            rank = _ORDER.index(name)
            later = (at for at, part in enumerate(parts) if part and _rank(part) > rank)
            parts.insert(next(later, len(parts)), kinds[name])
        return Policy(*(part for part in parts if part is not None))

    @property
    def breaker(self) -> CircuitBreaker | None:
        """The outermost breaker, if there is one."""
        return next((part for part in self.parts if isinstance(part, CircuitBreaker)), None)

    def stats(self) -> PolicyStatistics:
        """Return the counters of all functions under this policy but for those of the breaker."""
        return self._counters.values()

    def bind(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function* under these policies."""
        flags = _code_flags(function)
        if flags & _GENERATORS:
            raise TypeError(
                f"{function!r} is a generator: it would be guarded only while it is being made"
            )
        if not callable(function):
            raise TypeError(f"{function!r} is not callable")
        is_async = bool(flags & _COROUTINE)
        counters = self._counters
        deadlines = [part for part in self.parts if isinstance(part, Deadline) and part.worker]
        if deadlines and not is_async:
            from vexfsctl.resilience import workers

            shortest = min(deadlines, key=lambda deadline: deadline.seconds)
            own = shortest.worker
            pool = own if isinstance(own, workers.Workers) else workers.WORKERS
            function = workers.bind(function, counters, pool, shortest.seconds)
        # Without policies, too, it is another function: the caller's own gets no attributes.
        for group in reversed(_groups(self.parts) or [[]]):
            layer = Layer(group, counters)
            function = layer.bind_async(function) if is_async else layer.bind(function)
        return function


def compose(*parts: Part) -> Policy:
    """Put policies together, outermost first."""
    return Policy(*parts)


_ORDER = ("fallback", "deadline", "retry", "breaker", "bulkhead")
"""Outermost first, where the order is not given."""
_TYPES = (Fallback, Deadline, Retry, CircuitBreaker, Bulkhead)


def in_default_order(*parts: Part | None) -> Policy:
    """Put policies together in the usual order."""
    return Policy(*sorted((part for part in parts if part is not None), key=_rank))


def _rank(part: Part) -> int:
    return next(rank for rank, kind in enumerate(_TYPES) if isinstance(part, kind))


def _name(part: Part) -> str:
    return _ORDER[_rank(part)]


# CO_COROUTINE, CO_GENERATOR, CO_ASYNC_GENERATOR: `inspect` has them, and takes as long to import
# as half of this library.
_COROUTINE, _GENERATORS = 0x80, 0x20 | 0x200


def _code_flags(function: Any) -> int:
    """Return the flags of the code that a call of *function* runs; 0 if that is in C."""
    while isinstance(function, partial):
        function = function.func
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None and not isinstance(function, type):
        code = getattr(vars(type(function)).get("__call__"), "__code__", None)
    flags: int = getattr(code, "co_flags", 0)
    return flags


def _groups(parts: tuple[Part, ...]) -> list[list[Part]]:
    """Split *parts* into layers: each as many as one function can be made of."""
    groups: list[list[Part]] = []
    for part in parts:
        if groups and _fits(groups[-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _fits(group: list[Part], part: Part) -> bool:
    """Whether *part* can be the next inner policy of one function.

    It can in the usual order. A deadline can also be that of each attempt, inside the breaker. A
    deadline and a breaker must share a clock.
    """
    deadline, breaker = first([*group, part], Deadline), first([*group, part], CircuitBreaker)
    if deadline and breaker and deadline.clock.now_ns != breaker._now_ns:
        return False
    if isinstance(part, Deadline):
        return deadline is part and not isinstance(group[-1], Bulkhead)
    return _rank(part) > max(map(_rank, group)) and (
        isinstance(part, Bulkhead) or not is_of_each_attempt(deadline, group)
    )
