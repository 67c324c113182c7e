"""A time limit for a call.

Python cannot take a thread out of a call, so there are three forms. *Budget* (the default): nothing
begins past the deadline, no attempt, pause or wait; a call that is running is not interrupted, but
can ask `remaining()`. *Worker*: the operation runs in another thread, which the caller leaves
behind at the deadline. *Async*: the operation is cancelled, and has ended when the caller goes on.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, NamedTuple, Protocol

from vexfsctl.resilience import activity, checks
from vexfsctl.resilience.clock import MONOTONIC, Clock
from vexfsctl.resilience.exceptions import DeadlineExceeded, NoTimeLeft

_NS = 1_000_000_000


class Until(NamedTuple):
    """A deadline that calls now live under."""

    until_ns: int
    now_ns: Callable[[], int]
    seconds: float
    """The time that the call had at first."""
    cancelled: Callable[[], bool] | None = None
    """Whether it has cancelled the task; async only."""


CURRENT: ContextVar[Until | None] = ContextVar("vexfsctl.resilience.deadline", default=None)


class Told(Protocol):
    """Where deadlines that passed are counted."""

    def count(self, name: str) -> None:
        """Count one."""
        ...


def remaining() -> float | None:
    """Return the seconds left for the call that is running, at least 0; None without a deadline."""
    until = CURRENT.get()
    return None if until is None else max(0, until.until_ns - until.now_ns()) / _NS


def cancelled_by_deadline() -> bool:
    """Whether the cancellation that is going on is that of a deadline."""
    until = CURRENT.get()
    return until is not None and until.cancelled is not None and until.cancelled()


# Called with (Until, fields): half of what Until(…) costs, in each call that has a deadline.
_make = tuple.__new__


def within(outer: Until, now_ns: int, span_ns: int) -> int:
    """Return when *span_ns* from *now_ns*, or *outer* if that is sooner, is over.

    The clock of *outer* may be another one. Raises NoTimeLeft if it has passed.
    """
    left_ns = outer.until_ns - outer.now_ns()
    if left_ns <= 0:
        raise NoTimeLeft
    return now_ns + min(span_ns, left_ns)


class Deadline:
    """A limit of *seconds*: of the whole call outside a Retry, of each attempt inside."""

    def __init__(
        self,
        seconds: float,
        *,
        worker: bool = False,
        late: str = "count",
        clock: Clock = MONOTONIC,
    ) -> None:
        checks.seconds("seconds", seconds)
        if late not in ("count", "raise"):
            raise ValueError(f"late must be count or raise, not {late!r}")
        self.seconds = seconds
        self.worker = worker
        """Whether the operation runs in another thread."""
        self.late = late
        """`raise` has a call that overran its budget raise DeadlineExceeded, not return."""
        self.clock = clock

    def bind(self, function: Callable[..., Any], counters: Told) -> Callable[..., Any]:
        """Return *function* with this budget around it; raises NoTimeLeft if there is none."""
        now_ns, seconds, span_ns = self.clock.now_ns, self.seconds, round(self.seconds * _NS)
        get, put, raises = CURRENT.get, CURRENT.set, self.late == "raise"

        @wraps(function)
        def limited(*args: Any, **kwargs: Any) -> Any:
            began_ns, outer = now_ns(), get()
            until_ns = began_ns + span_ns
            if outer is not None:
                until_ns = within(outer, began_ns, span_ns)
            # Not reset(token): a signal may fall between the call of set and the name of the token.
            try:
                put(_make(Until, (until_ns, now_ns, seconds, None)))
                result = function(*args, **kwargs)
            finally:
                put(outer)
                late = now_ns() >= until_ns
                if late:
                    counters.count("late")
            if late and raises and activity.active:
                raise DeadlineExceeded(seconds)
            return result

        return limited

    def bind_async(
        self, function: Callable[..., Awaitable[Any]], counters: Told
    ) -> Callable[..., Any]:
        """Return *function* with this limit around it; it is cancelled at the deadline."""
        now_ns, seconds, span_ns = self.clock.now_ns, self.seconds, round(self.seconds * _NS)
        get, put = CURRENT.get, CURRENT.set

        @wraps(function)
        async def limited(*args: Any, **kwargs: Any) -> Any:
            from asyncio import timeout

            now, outer = now_ns(), get()
            until_ns = now + span_ns if outer is None else within(outer, now, span_ns)
            limit = timeout(max(0, until_ns - now) / _NS)
            try:
                put(Until(until_ns, now_ns, seconds, limit.expired))
                async with limit:
                    return await function(*args, **kwargs)
            except TimeoutError as error:
                if not limit.expired() or isinstance(error, DeadlineExceeded):
                    raise
                counters.count("timeouts")
                raise DeadlineExceeded(seconds) from None
            finally:
                put(outer)

        return limited
