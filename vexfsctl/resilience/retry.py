"""Trying again: how often, after which delay, and when no more."""

from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import ParamSpec, TypeVar

from vexfsctl.resilience import activity, checks
from vexfsctl.resilience.budget import RetryBudget
from vexfsctl.resilience.clock import MONOTONIC, Clock, nanoseconds
from vexfsctl.resilience.deadline import remaining
from vexfsctl.resilience.delays import Jitter, Random, bounded, draw, exponential, spread
from vexfsctl.resilience.outcomes import (
    FAILED,
    Classify,
    Exceptions,
    Outcome,
    Verdict,
    judge_exception,
    judged_by,
)

P = ParamSpec("P")
T = TypeVar("T")


class Run:
    """What one call has been through; made at its first failure."""

    __slots__ = ("attempt", "began_ns", "delay", "denied")

    def __init__(self, began_ns: int) -> None:
        self.began_ns = began_ns
        self.attempt = 1
        self.delay = 0.0
        """Seconds before the next attempt, or before the last one."""
        self.denied = False
        """Whether the budget refused a retry."""


class Retry:
    """When and how often a call is tried again. Delays are seconds.

    The n-th delay is `base * factor^(n-1)`, at most `cap`, spread by `jitter`. A rejection is never
    retried: trying again cannot have changed anything.
    """

    def __init__(
        self,
        on: Exceptions = Exception,
        attempts: int | None = 3,
        *,
        base: float = 0.1,
        factor: float = 2.0,
        cap: float = 5.0,
        jitter: float | Jitter | str = 0.1,
        timeout: float | None = None,
        on_result: Callable[[object], bool] | None = None,
        classify: Classify | None = None,
        follow_retry_after: bool = True,
        budget: RetryBudget | None = None,
        clock: Clock = MONOTONIC,
        random: Random = draw,
    ) -> None:
        self.on = on
        """Exceptions to try again after, or a function that says so of each."""
        self.attempts = attempts
        """Attempts altogether; None: as long as `timeout` allows."""
        self.base = base
        self.factor = factor
        self.cap = cap
        """Longest delay, also of what a failure asks for."""
        self.jitter = jitter
        """Share by which a delay is spread either way, 0 for none, or one of `Jitter`."""
        self.timeout = timeout
        """Seconds from the start of the call after which no further attempt begins."""
        self.on_result = on_result
        """Results to try again after; when attempts run out, the last result is returned."""
        self.classify = classify
        """Judges exceptions and results first: failures are tried again."""
        self.follow_retry_after = follow_retry_after
        """Whether a delay that the failure asks for replaces the computed one, up to `cap`."""
        self.budget = budget
        self.clock = clock
        self.random = random
        self._check()

    def _check(self) -> None:
        checks.exceptions("on", self.on)
        checks.whole("attempts", self.attempts, optional=True)
        checks.seconds("timeout", self.timeout, optional=True)
        if self.attempts is None and self.timeout is None:
            raise ValueError("attempts must be given where timeout is not")
        checks.seconds("base", self.base, zero=True)
        checks.seconds("cap", self.cap, zero=True)
        checks.factor("factor", self.factor)
        if isinstance(self.jitter, str):
            checks.one_of("jitter", self.jitter, Jitter)
        else:
            checks.fraction("jitter", self.jitter)
        checks.function("on_result", self.on_result)
        checks.function("classify", self.classify)
        checks.instance("budget", self.budget, RetryBudget, optional=True)
        checks.flag("follow_retry_after", self.follow_retry_after)
        checks.clock("clock", self.clock, waits=True)
        checks.function("random", self.random, optional=False)

    # Deciding, pure but for the budget

    def judge(self, error: BaseException) -> Outcome | None:
        """Return the outcome to try again after, or None to give up."""
        outcome = judge_exception(error, self.on, (), self.classify)
        return outcome if outcome.verdict is Verdict.FAILURE else None

    def judge_result(self, result: object) -> Outcome | None:
        """Return the outcome to try again after, or None if *result* will do."""
        if self.classify is not None:
            outcome = judged_by(self.classify, result)
            if outcome is not None:
                return outcome if outcome.verdict is Verdict.FAILURE else None
        return FAILED if self.on_result is not None and self.on_result(result) else None

    @property
    def judges_results(self) -> bool:
        """Whether results can be failures."""
        return self.on_result is not None or self.classify is not None

    def delay(self, number: int, before: float = 0.0, retry_after: float | None = None) -> float:
        """Return the seconds before retry *number* (from 1); *before* is the delay before that."""
        if retry_after is not None and self.follow_retry_after:
            return min(self.cap, max(0.0, retry_after))
        delay = exponential(self.base, self.factor, self.cap, number)
        if isinstance(self.jitter, str):
            return spread(Jitter(self.jitter), delay, self.base, before, self.cap, self.random)
        return bounded(delay, self.jitter, self.cap, self.random)

    def begin(self) -> Run:
        """Return the run of a call that starts now."""
        return Run(self.clock.now_ns())

    def plan(self, run: Run, retry_after: float | None = None, left: float | None = None) -> bool:
        """Plan the next attempt of *run*; False if there is to be none.

        *left* is the time before the deadline of the call, if not that of `remaining()`.
        """
        if not activity.active or (self.attempts is not None and run.attempt >= self.attempts):
            return False
        delay = self.delay(run.attempt, run.delay, retry_after)
        if self.timeout is not None:
            elapsed_ns = self.clock.now_ns() - run.began_ns
            if elapsed_ns + nanoseconds(delay) >= nanoseconds(self.timeout):
                return False
        if left is None:
            left = remaining()
        if left is not None and delay >= left:
            return False
        if self.budget is not None and not self.budget.grant():
            run.denied = True
            return False
        run.attempt += 1
        run.delay = delay
        return True

    # Using it alone

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Decorate *function*."""
        from vexfsctl.resilience.policy import compose

        return compose(self)(function)

    def __iter__(self) -> "Iterator[RetryAttempt]":
        """Yield attempts until one goes well: `for attempt in retry:` / `with attempt:`."""
        attempt = RetryAttempt(self)
        while True:
            yield attempt
            if not attempt.again:
                return
            self.clock.sleep(attempt.run.delay)

    async def __aiter__(self) -> "AsyncIterator[RetryAttempt]":
        """Yield attempts as `__iter__` does."""
        attempt = RetryAttempt(self)
        while True:
            yield attempt
            if not attempt.again:
                return
            await self.clock.sleep_async(attempt.run.delay)


class RetryAttempt:
    """The body of a `for attempt in Retry(…)` loop; swallows what is tried again."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self.run = retry.begin()
        self.again = False
        """Whether another attempt follows."""
        if retry.budget is not None:
            retry.budget.add_call()

    @property
    def number(self) -> int:
        """1 for the first."""
        return self.run.attempt

    def __enter__(self) -> "RetryAttempt":
        self.again = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        outcome = None if error is None else self._retry.judge(error)
        self.again = outcome is not None and self._retry.plan(self.run, outcome.retry_after)
        return self.again
