"""A time limit for a call.

Python cannot take a thread out of a call, so there are three forms. *Budget* (the default): nothing
begins past the deadline, no attempt, pause or wait; a call that is running is not interrupted, but
can ask `remaining()`. *Worker*: the operation runs in another thread, which the caller leaves
behind at the deadline. *Async*: the operation is cancelled, and has ended when the caller goes on.
"""

from _thread import get_ident
from collections.abc import Callable
from contextvars import ContextVar
from sys import getrefcount
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from vexfsctl.resilience import checks
from vexfsctl.resilience.clock import MONOTONIC, Timepiece, nanoseconds
from vexfsctl.resilience.exceptions import DeadlineExceeded, NoTimeLeft

if TYPE_CHECKING:
    from vexfsctl.resilience.workers import Workers

_NS = 1_000_000_000


Until = tuple[int, Callable[[], int], Callable[[], bool] | None, "Until | None"]
"""A deadline: when, on which clock, (async only) whether it has cancelled the task, and the one
around it.

A plain tuple: a named one would cost each call as much as all else here.
"""


class Scope:
    """The deadline that calls of one thread live under, in one context.

    A budget is spent by one thread, call within call: so it is set here and put back, for a tenth
    of what it costs to set a context variable.
    """

    __slots__ = ("base", "thread", "until")

    def __init__(self, base: Until | None) -> None:
        self.thread = get_ident()
        self.base = base
        """What holds in other threads that run in a copy of the context, too."""
        self.until = base
        """The innermost deadline, which never ends later than those around it.

        Its call has a reference, too: without one it was interrupted where CPython looks for no
        signals, and the deadline is over.
        """

    def living(self) -> Until | None:
        """Return `until`, after leaving behind what no call has a reference to any more."""
        # The references are the one in the slot, and the argument of getrefcount.
        while self.until is not None and getrefcount(self.until) <= 2:
            self.until = self.until[3]
        return self.until


CURRENT: ContextVar[Scope | None] = ContextVar("vexfsctl.resilience.deadline", default=None)


def own_scope() -> Scope:
    """Return the scope of this thread and context."""
    scope = CURRENT.get()
    if scope is None or scope.thread != get_ident():
        scope = Scope(None if scope is None else scope.base)
        CURRENT.set(scope)
    return scope


def current() -> Until | None:
    """Return the deadline that this thread lives under now."""
    scope = CURRENT.get()
    if scope is None:
        return None
    return scope.living() if scope.thread == get_ident() else scope.base


class Told(Protocol):
    """Where deadlines that passed are counted."""

    def count(self, name: str) -> None:
        """Count one."""
        ...


def remaining() -> float | None:
    """Return the seconds left for the call that is running, at least 0; None without a deadline."""
    until = current()
    return None if until is None else max(0, until[0] - until[1]()) / _NS


def cancelled_by_deadline() -> bool:
    """Whether the cancellation that is going on is that of a deadline."""
    until = current()
    return until is not None and until[2] is not None and until[2]()


def within(outer: Until, now_ns: int, span_ns: int) -> int:
    """Return when *span_ns* from *now_ns*, or *outer* if that is sooner, is over.

    The clock of *outer* may be another one. Raises NoTimeLeft if it has passed.
    """
    left_ns = outer[0] - outer[1]()
    if left_ns <= 0:
        raise NoTimeLeft
    return now_ns + min(span_ns, left_ns)


class Deadline:
    """A limit of *seconds*: of the whole call outside a Retry, of each attempt inside."""

    def __init__(
        self,
        seconds: float,
        *,
        worker: "bool | Workers" = False,
        late: str = "count",
        clock: Timepiece = MONOTONIC,
    ) -> None:
        checks.seconds("seconds", seconds)
        if not hasattr(worker, "abandoned"):
            checks.flag("worker", worker)
        checks.one_of("late", late, ("count", "raise"))
        checks.clock("clock", clock)
        self.seconds = seconds
        self.span_ns = nanoseconds(seconds)
        self.worker = worker
        """Whether the operation runs in another thread, or of which threads in one."""
        self.late = late
        """`raise` has a call that overran its budget raise DeadlineExceeded, not return."""
        self.clock = clock


class Cancelling:
    """Cancels the task in an `async with` block at the deadline, and raises DeadlineExceeded."""

    def __init__(self, left_ns: int, seconds: float, counters: Told) -> None:
        from asyncio import timeout

        self._timeout = timeout(max(0, left_ns) / _NS)
        self._seconds = seconds
        self._counters = counters
        self.expired = self._timeout.expired
        """Whether it has cancelled."""

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            self._counters.count("timeouts")
            raise DeadlineExceeded(self._seconds) from None
        if kind is None and self.expired():
            # The operation took the cancellation for its own, and returned.
            self._counters.count("timeouts")
            raise DeadlineExceeded(self._seconds)
