"""One function around an operation, for policies in their usual order.

It is a loop over attempts: a call that goes well passes most policies without having to ask them
anything, and what it needs for retries is made at its first failure.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from vexfsctl.resilience import activity
from vexfsctl.resilience.breaker import CircuitBreaker
from vexfsctl.resilience.bulkhead import Bulkhead, Holder
from vexfsctl.resilience.clock import MONOTONIC, NS
from vexfsctl.resilience.deadline import (
    CURRENT,
    Cancelling,
    Deadline,
    Scope,
    current,
    own_scope,
    within,
)
from vexfsctl.resilience.exceptions import DeadlineExceeded
from vexfsctl.resilience.fallback import Fallback
from vexfsctl.resilience.machine import Permit
from vexfsctl.resilience.outcomes import Outcome, Verdict
from vexfsctl.resilience.retry import Retry, Run
from vexfsctl.resilience.statistics import Counting, PolicyCounters

Kind = TypeVar("Kind")

Part = Fallback | Deadline | Retry | CircuitBreaker | Bulkhead


def is_of_each_attempt(deadline: Deadline | None, parts: list[Part]) -> bool:
    """Whether *deadline* is inside of the retry, or of the breaker."""
    return deadline is not None and any(
        isinstance(part, Retry | CircuitBreaker) for part in parts[: parts.index(deadline)]
    )


def first(parts: Iterable[Part], kind: type[Kind]) -> Kind | None:
    """Return the first of *parts* that is a *kind*."""
    return next((part for part in parts if isinstance(part, kind)), None)


class Layer:
    """Fallback, deadline, retry, breaker and bulkhead, each there or not, around one operation."""

    def __init__(self, parts: list[Part], counters: PolicyCounters) -> None:
        self.fallback = first(parts, Fallback)
        self.deadline = first(parts, Deadline)
        self.retry = first(parts, Retry)
        self.bulkhead = first(parts, Bulkhead)
        breaker = first(parts, CircuitBreaker)
        if breaker is None:
            clock = MONOTONIC if self.deadline is None else self.deadline.clock
            breaker = CircuitBreaker(counting=Counting.NONE, clock=clock)
            breaker.disable()
        self.breaker = breaker
        self.clock = MONOTONIC if self.retry is None else self.retry.clock
        self.counters = counters
        self.judges = self.retry is not None and self.retry.judges_results
        """Whether a result can be one to try again after."""
        self.each = is_of_each_attempt(self.deadline, parts)
        """Whether the deadline is that of each attempt."""
        self.strict = self.each and self.deadline is not None and self.deadline.late == "raise"
        """Whether an attempt that overruns its deadline is to fail."""

    # Five forms of one function, and in each branches instead of calls: whatever they shared, or
    # called, would cost a healthy call more than all that it needs. So does a name of the enclosing
    # function, 4 ns with the branch on it: what is needed seldom is looked up in `self`.

    def bind(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function* under these policies."""
        if self.breaker.timed or self.deadline or self.bulkhead or self._begin():
            return self._bind_all(function)
        if self.retry or self.fallback:
            return self._bind_some(function)
        if self.breaker.counting is not Counting.NONE:
            return self._bind_breaker(function)
        return self._bind_uncounted(function)

    def _bind_uncounted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A breaker that counts no success: what each of the others does at least."""
        breaker = self.breaker

        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            permit = None if breaker._era.next else breaker._era.standing
            if permit is None:
                permit = breaker._admit()
            try:
                # To hand on no keywords costs as much as the permit.
                result = function(*args, **kwargs) if kwargs else function(*args)
            except BaseException as error:
                breaker.end_with_error(permit, error, None)
                raise
            if permit.watched:
                breaker.end_with_result(permit, result, None)
            return result

        return guarded

    def _bind_breaker(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A breaker alone."""
        breaker, gauge = self.breaker, self.breaker._meter.gauge
        started, ok = self._counting()

        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            permit = None if breaker._era.next else breaker._era.standing
            if permit is None:
                permit = breaker._admit()
            try:
                if started is not None:
                    held = gauge.token
                    started()
                result = function(*args, **kwargs) if kwargs else function(*args)
            except BaseException as error:
                held = None
                breaker.end_with_error(permit, error, None)
                raise
            if permit.watched:
                held = None
                breaker.end_with_result(permit, result, None)
            elif ok is not None:
                ok()
            held = None  # noqa: F841 - a traceback may keep this frame
            return result

        return guarded

    def _bind_some(self, function: Callable[..., Any]) -> Callable[..., Any]:  # noqa: C901
        """Fallback, retry and breaker, where no call that goes well is timed or judged."""
        breaker, gauge = self.breaker, self.breaker._meter.gauge
        started, ok = self._counting()

        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            run = None
            while True:
                permit = None
                try:
                    permit = None if breaker._era.next else breaker._era.standing
                    if permit is None:
                        permit = breaker._admit()
                    if started is not None:
                        held = gauge.token
                        started()
                    result = function(*args, **kwargs) if kwargs else function(*args)
                except BaseException as error:
                    held = None
                    run = None if permit is None else self._failed(run, permit, error)
                    if run is None:
                        if self.fallback is None or not self.fallback.covers(error):
                            raise
                        return self._serve(self.fallback, error, args, kwargs)
                else:
                    if run is not None or permit.watched:
                        held = None
                        self._returned(run, permit, result)
                    elif ok is not None:
                        ok()
                    held = None  # noqa: F841 - a traceback may keep this frame
                    return result
                self.clock.sleep(run.delay)

        return guarded

    def _bind_all(self, function: Callable[..., Any]) -> Callable[..., Any]:  # noqa: C901
        """All policies."""
        breaker, bulkhead, gauge = self.breaker, self.bulkhead, self.breaker._meter.gauge
        begin, (started, ok) = self._begin(), self._counting()
        observe = breaker.observes_durations() if breaker.timed else None
        span_ns = None if self.deadline is None else self.deadline.span_ns
        now_ns = None if observe is None and span_ns is None else breaker._now_ns

        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: C901
            run = None if begin is None else begin()
            until_ns = began_ns = None
            while True:
                permit = place = None
                try:
                    if now_ns is not None:
                        began_ns = now_ns()
                        if span_ns is not None:
                            if until_ns is None:
                                scope = own_scope()
                                outer = None if scope.until is None else scope.living()
                                until_ns = began_ns + span_ns
                                if outer is not None:
                                    until_ns = within(outer, began_ns, span_ns)
                            mine = (until_ns, now_ns, None, outer)  # lives as long as this frame
                            scope.until = mine
                    permit = None if breaker._era.next else breaker._era.standing
                    if permit is None:
                        permit = breaker._admit()
                    if started is not None:
                        held = gauge.token
                        started()
                    if bulkhead is not None:
                        place = bulkhead.enter()
                    result = function(*args, **kwargs) if kwargs else function(*args)
                    if until_ns is not None and self.strict:
                        self._fail_if_late(until_ns)
                except BaseException as error:
                    # Before any call: only after one does CPython look for signals.
                    if until_ns is not None:
                        scope.until = outer
                    held = None
                    if permit is not None:
                        run = self._failed(run, permit, error, began_ns, until_ns, place)
                    if permit is None or run is None:
                        if self.fallback is None or not self.fallback.covers(error):
                            raise
                        return self._serve(self.fallback, error, args, kwargs)
                else:
                    if until_ns is not None:
                        scope.until = outer
                    ended_ns = 0 if now_ns is None else now_ns()
                    if bulkhead is not None and place is not None:
                        bulkhead.leave(place)
                    if permit.watched or (run and (run.attempt > 1 or self.judges)):
                        held = None
                        run = self._returned(run, permit, result, began_ns, until_ns)
                    else:
                        run = None
                        if ok is not None:
                            ok()
                        if observe is not None and began_ns is not None:
                            observe(ended_ns - began_ns)
                    held = None  # noqa: F841 - a traceback may keep this frame
                    if run is None:
                        if until_ns is not None and ended_ns >= until_ns:
                            return self._overrun(result, args, kwargs)
                        return result
                if self.each:
                    until_ns = None
                self.clock.sleep(run.delay)

        return guarded

    def bind_async(self, function: Callable[..., Any]) -> Callable[..., Any]:  # noqa: C901
        """Return the coroutine function *function* under these policies."""
        breaker, bulkhead, gauge = self.breaker, self.bulkhead, self.breaker._meter.gauge
        begin, (started, ok) = self._begin(), self._counting()
        observe = breaker.observes_durations() if breaker.timed else None
        deadline, now_ns = self.deadline, breaker._now_ns

        @wraps(function)
        async def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: C901
            run = None if begin is None else begin()
            until_ns = began_ns = None
            while True:
                permit = place = limit = None
                try:
                    if observe is not None:
                        began_ns = now_ns()
                    if deadline is not None:
                        if until_ns is None:
                            scope, outer = CURRENT.get(), current()
                            until_ns = now_ns() + deadline.span_ns
                            if outer is not None:
                                until_ns = within(outer, now_ns(), deadline.span_ns)
                        limit = Cancelling(until_ns - now_ns(), deadline.seconds, self.counters)
                        CURRENT.set(Scope((until_ns, now_ns, limit.expired, outer)))
                    permit = None if breaker._era.next else breaker._era.standing
                    if permit is None:
                        permit = breaker._admit()
                    if started is not None:
                        held = gauge.token
                        started()
                    if bulkhead is not None:
                        place = await bulkhead.enter_async()
                    if limit is None:
                        result = await function(*args, **kwargs)
                    else:
                        async with limit:
                            result = await function(*args, **kwargs)
                except BaseException as error:
                    if until_ns is not None:
                        CURRENT.set(scope)
                    held = None
                    if permit is not None:
                        run = self._failed(run, permit, error, began_ns, until_ns, place)
                    if permit is None or run is None:
                        if self.fallback is None or not self.fallback.covers(error):
                            raise
                        return await self._serve_async(self.fallback, error, args, kwargs)
                else:
                    if until_ns is not None:
                        CURRENT.set(scope)
                    if bulkhead is not None and place is not None:
                        bulkhead.leave(place)
                    if permit.watched or (run and (run.attempt > 1 or self.judges)):
                        held = None
                        run = self._returned(run, permit, result, began_ns, until_ns)
                    else:
                        run = None
                        if ok is not None:
                            ok()
                        if observe is not None and began_ns is not None:
                            observe(now_ns() - began_ns)
                    held = None  # noqa: F841 - a traceback may keep this frame
                    if run is None:
                        return result
                if self.each:
                    until_ns = None
                await self.clock.sleep_async(run.delay)

        return guarded

    def _counting(self) -> tuple[Callable[[], object] | None, Callable[[], object] | None]:
        """How to count a call that starts, and one that goes well."""
        meter, counting = self.breaker._meter, self.breaker.counting
        return (
            meter.started.add if counting is Counting.ALL else None,
            None if counting is Counting.NONE else meter.ok.add,
        )

    def _begin(self) -> Callable[[], Run] | None:
        """What to do before the first attempt: nothing, unless a call that goes well concerns the
        retry.
        """
        retry = self.retry
        if retry is None:
            return None
        if retry.budget is None:
            needed = self.judges or retry.timeout is not None
            return retry.begin if needed else None
        add_call = retry.budget.add_call

        def begin() -> Run:
            add_call()
            return retry.begin()

        return begin

    def _failed(
        self,
        run: Run | None,
        permit: Permit,
        error: BaseException,
        began_ns: int | None = None,
        until_ns: int | None = None,
        place: Holder | None = None,
    ) -> Run | None:
        """Settle an attempt that raised; return its run if there is to be another attempt."""
        if place is not None and self.bulkhead is not None:
            self.bulkhead.leave(place)
        judged = self.breaker.end_with_error(permit, error, began_ns)
        # A call that was left behind or cancelled at its deadline is counted as that.
        cut = isinstance(error, DeadlineExceeded)
        if until_ns is not None and not cut and self.breaker._now_ns() >= until_ns:
            self.counters.count("late")
        outcome = None if self.retry is None else self.retry.judge(error)
        if outcome is None:
            return None
        return self._again(run, _asked_for(outcome, judged), until_ns)

    def _returned(
        self,
        run: Run | None,
        permit: Permit,
        result: object,
        began_ns: int | None = None,
        until_ns: int | None = None,
    ) -> Run | None:
        """Settle an attempt that returned; return its run if there is to be another attempt."""
        judged = self.breaker.end_with_result(permit, result, began_ns)
        outcome = None if self.retry is None else self.retry.judge_result(result)
        if outcome is not None:
            return self._again(run, _asked_for(outcome, judged), until_ns)
        if run is not None and run.attempt > 1 and judged.verdict is Verdict.SUCCESS:
            self.counters.count("retry_successes")
        return None

    def _again(
        self, run: Run | None, retry_after: float | None, until_ns: int | None
    ) -> Run | None:
        retry = self.retry
        assert retry is not None
        if run is None:
            run = retry.begin()
        left = None if until_ns is None or self.each else (until_ns - self.breaker._now_ns()) / NS
        if not retry.plan(run, retry_after, left):
            if run.denied:
                self.counters.count("budget_denials")
            return None
        # An open breaker will refuse the attempt: let it do so now, not after the pause.
        wait = self.breaker.retry_after
        if wait is None or wait > run.delay:
            run.delay = 0.0
        else:
            self.counters.count("retries")
        return run

    def _fail_if_late(self, until_ns: int) -> None:
        deadline = self.deadline
        assert deadline is not None
        if self.breaker._now_ns() >= until_ns and activity.active:
            self.counters.count("late")
            raise DeadlineExceeded(deadline.seconds)

    def _overrun(self, result: Any, args: Any, kwargs: Any) -> Any:
        """Return what a call returned that ended past its deadline, or raise where that is asked.

        Its breaker has counted a success.
        """
        self.counters.count("late")
        deadline = self.deadline
        if deadline is None or deadline.late != "raise" or not activity.active:
            return result
        try:
            raise DeadlineExceeded(deadline.seconds)
        except DeadlineExceeded as error:
            if self.fallback is None or not self.fallback.covers(error):
                raise
            return self._serve(self.fallback, error, args, kwargs)

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
