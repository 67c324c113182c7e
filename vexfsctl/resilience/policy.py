"""Policies put together: one function around the operation, made once, when it is declared.

Fallback, retry and breaker are one loop, `_core`, since a call that goes well passes all three
without having to ask two of them anything; deadline and bulkhead are layers of their own. What a
call needs for retries is made at its first failure.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from vexfsctl.resilience.breaker import CircuitBreaker
from vexfsctl.resilience.bulkhead import Bulkhead
from vexfsctl.resilience.clock import MONOTONIC
from vexfsctl.resilience.counters import Counter
from vexfsctl.resilience.deadline import Deadline
from vexfsctl.resilience.fallback import Fallback
from vexfsctl.resilience.machine import Permit
from vexfsctl.resilience.outcomes import Outcome, Verdict
from vexfsctl.resilience.retry import Retry, Run
from vexfsctl.resilience.statistics import Counting

P = ParamSpec("P")
T = TypeVar("T")

Part = Fallback | Deadline | Retry | CircuitBreaker | Bulkhead


class PolicyCounters:
    """How often each policy had something to do."""

    __slots__ = ("_counters",)

    NAMES = (
        "retries",
        "retry_successes",
        "budget_denials",
        "timeouts",
        "late",
        "fallbacks",
        "fallback_failures",
    )

    def __init__(self) -> None:
        self._counters = {name: Counter() for name in self.NAMES}

    def count(self, name: str) -> None:
        """Count one."""
        self._counters[name].add()

    def values(self) -> dict[str, int]:
        """Return all of them."""
        return {name: counter.value for name, counter in self._counters.items()}


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

    def with_(self, **changes: Part | None) -> "Policy":
        """Return these policies with some replaced, or left out where None.

        Names are those of the types: fallback, deadline, retry, breaker, bulkhead.
        """
        kinds = {name: change for name, change in changes.items() if name in _ORDER}
        if unknown := changes.keys() - kinds.keys():
            raise TypeError(f"not a policy: {', '.join(sorted(unknown))}")
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

    def stats(self) -> dict[str, int]:
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
        threaded = any(isinstance(part, Deadline) and part.worker for part in self.parts)
        if threaded and not is_async:
            from vexfsctl.resilience import workers

            function = workers.bind(function, counters, workers.WORKERS)
        # Without policies, too, it is another function: the caller's own gets no attributes.
        for group in reversed(_groups(self.parts) or [[]]):
            first = group[0] if group else None
            if isinstance(first, Deadline):
                bind = first.bind_async if is_async else first.bind
                function = bind(function, counters)
            elif isinstance(first, Bulkhead):
                function = first.bind_async(function) if is_async else first.bind(function)
            else:
                core = _Core(group, counters)
                function = core.bind_async(function) if is_async else core.bind(function)
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
    """Split *parts* into what is one layer: a deadline, a bulkhead, or what `_Core` can merge."""
    groups: list[list[Part]] = []
    for part in parts:
        merges = groups and all(_is_core(each) for each in (part, groups[-1][-1]))
        if merges and _rank(part) > _rank(groups[-1][-1]):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _is_core(part: Part) -> bool:
    return isinstance(part, Fallback | Retry | CircuitBreaker)


class _Core:
    """Fallback, retry and breaker, each there or not, around one operation."""

    def __init__(self, parts: list[Part], counters: PolicyCounters) -> None:
        self.fallback = next((part for part in parts if isinstance(part, Fallback)), None)
        self.retry = next((part for part in parts if isinstance(part, Retry)), None)
        breaker = next((part for part in parts if isinstance(part, CircuitBreaker)), None)
        if breaker is None:
            breaker = CircuitBreaker(counting=Counting.NONE)
            breaker.disable()
        self.breaker = breaker
        self.clock = MONOTONIC if self.retry is None else self.retry.clock
        self.observe = breaker.observes_durations()
        self.counters = counters

    # Two functions that differ in `await` only, and branches instead of calls: whatever else they
    # shared, or called, would cost a healthy call more than all that they do. So would further
    # names of the enclosing function, 2 ns each: what is needed seldom is looked up in `self`.

    def bind(self, function: Callable[..., Any]) -> Callable[..., Any]:  # noqa: C901
        """Return *function* under these policies."""
        breaker, meter = self.breaker, self.breaker._meter
        gauge, begin = meter.gauge, self._begin()
        started = meter.started.add if breaker.counting == Counting.ALL else None
        ok = None if breaker.counting == Counting.NONE else meter.ok.add
        judges, timed = self._judges_results(), breaker.timed

        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: C901
            run = None if begin is None else begin()
            while True:
                permit: Permit | None = None
                began_ns = None
                try:
                    permit = None if breaker._era.next else breaker._era.standing
                    if permit is None:
                        permit = breaker._admit()
                    if started is not None:
                        held = gauge.token
                        started()
                    if timed:
                        began_ns = breaker._now_ns()
                    result = function(*args, **kwargs)
                except BaseException as error:
                    held = None
                    run = None if permit is None else self._failed(run, permit, error, began_ns)
                    if run is None:
                        if self.fallback is None or not self.fallback.covers(error):
                            raise
                        return self._serve(self.fallback, error, args, kwargs)
                else:
                    if not (judges or permit.watched) and (run is None or run.attempt == 1):
                        if ok is not None:
                            ok()
                        if began_ns is not None:
                            self.observe(breaker._now_ns() - began_ns)
                        return result
                    run = self._returned(run, permit, result, began_ns)
                    if run is None:
                        return result
                    held = None  # noqa: F841 - not in flight while it pauses
                self.clock.sleep(run.delay)

        return guarded

    def bind_async(self, function: Callable[..., Any]) -> Callable[..., Any]:  # noqa: C901
        """Return the coroutine function *function* under these policies."""
        breaker, meter = self.breaker, self.breaker._meter
        gauge, begin = meter.gauge, self._begin()
        started = meter.started.add if breaker.counting == Counting.ALL else None
        ok = None if breaker.counting == Counting.NONE else meter.ok.add
        judges, timed = self._judges_results(), breaker.timed

        @wraps(function)
        async def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: C901
            run = None if begin is None else begin()
            while True:
                permit: Permit | None = None
                began_ns = None
                try:
                    permit = None if breaker._era.next else breaker._era.standing
                    if permit is None:
                        permit = breaker._admit()
                    if started is not None:
                        held = gauge.token
                        started()
                    if timed:
                        began_ns = breaker._now_ns()
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    held = None
                    run = None if permit is None else self._failed(run, permit, error, began_ns)
                    if run is None:
                        if self.fallback is None or not self.fallback.covers(error):
                            raise
                        return await self._serve_async(self.fallback, error, args, kwargs)
                else:
                    if not (judges or permit.watched) and (run is None or run.attempt == 1):
                        if ok is not None:
                            ok()
                        if began_ns is not None:
                            self.observe(breaker._now_ns() - began_ns)
                        return result
                    run = self._returned(run, permit, result, began_ns)
                    if run is None:
                        return result
                    held = None  # noqa: F841 - not in flight while it pauses
                await self.clock.sleep_async(run.delay)

        return guarded

    def _begin(self) -> Callable[[], Run] | None:
        """What to do before the first attempt; nothing, unless a rule is about all calls."""
        retry = self.retry
        if retry is None or (retry.timeout is None and retry.budget is None):
            return None
        if retry.budget is None:
            return retry.begin
        add_call = retry.budget.add_call

        def begin() -> Run:
            add_call()
            return retry.begin()

        return begin

    def _judges_results(self) -> bool:
        by_breaker = self.breaker.settings.classify is not None
        return by_breaker or (self.retry is not None and self.retry.judges_results)

    def _failed(
        self,
        run: Run | None,
        permit: Permit,
        error: BaseException,
        began_ns: int | None,
    ) -> Run | None:
        """Settle an attempt that raised; return its run if there is to be another attempt."""
        judged = self.breaker.end_with_error(permit, error, began_ns)
        outcome = None if self.retry is None else self.retry.judge(error)
        if outcome is None:
            return None
        return self._again(run, _asked_for(outcome, judged))

    def _returned(
        self, run: Run | None, permit: Permit, result: object, began_ns: int | None
    ) -> Run | None:
        """Settle an attempt that returned; return its run if there is to be another attempt."""
        judged = self.breaker.end_with_result(permit, result, began_ns)
        outcome = None if self.retry is None else self.retry.judge_result(result)
        if outcome is not None:
            return self._again(run, _asked_for(outcome, judged))
        if run is not None and run.attempt > 1 and judged.verdict is Verdict.SUCCESS:
            self.counters.count("retry_successes")
        return None

    def _again(self, run: Run | None, retry_after: float | None) -> Run | None:
        retry = self.retry
        assert retry is not None
        if run is None:
            run = retry.begin()
        if not retry.plan(run, retry_after):
            if run.denied:
                self.counters.count("budget_denials")
            return None
        self.counters.count("retries")
        # An open breaker will refuse the attempt: let it do so now, not after the pause.
        wait = self.breaker.retry_after
        if wait is None or wait > run.delay:
            run.delay = 0.0
        return run

    def _serve(self, fallback: Fallback, error: BaseException, args: Any, kwargs: Any) -> Any:
        try:
            result = fallback.serve(error, args, kwargs)
        except Exception:
            self.counters.count("fallback_failures")
            raise
        self.counters.count("fallbacks")
        return result

    async def _serve_async(
        self, fallback: Fallback, error: BaseException, args: Any, kwargs: Any
    ) -> Any:
        try:
            result = await fallback.serve_async(error, args, kwargs)
        except Exception:
            self.counters.count("fallback_failures")
            raise
        self.counters.count("fallbacks")
        return result


def _asked_for(*outcomes: Outcome) -> float | None:
    """Return the delay that the first of *outcomes* with one asks for; 0 is one, too."""
    return next((each.retry_after for each in outcomes if each.retry_after is not None), None)
