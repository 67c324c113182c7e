"""Threads that run operations which their callers may leave behind.

A thread that is stuck cannot be stopped. So there are at most so many, a stuck one counts as taken
until its operation returns, and when all are taken calls are rejected.
"""

from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import wraps
from queue import SimpleQueue
from typing import Any

from vexfsctl.resilience import checks
from vexfsctl.resilience.counters import Counter
from vexfsctl.resilience.deadline import CURRENT, Scope, Told, current
from vexfsctl.resilience.exceptions import DeadlineExceeded, NoTimeLeft, NoWorker
from vexfsctl.resilience.forking import renew_after_fork
from vexfsctl.resilience.places import Places

_NS = 1_000_000_000


class _Job:
    """An operation, who waits for it, and how it ended: what is published first holds."""

    __slots__ = ("__weakref__", "arguments", "context", "done", "end", "function")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, Any]) -> None:
        self.function = function
        self.arguments = arguments
        self.context: Context = copy_context()
        self.context.run(CURRENT.set, Scope(current()))
        self.done: LockType = allocate_lock()
        self.done.acquire()
        self.end: dict[None, tuple[bool, Any]] = {}

    def run(self, places: Places) -> None:
        """Run it in its caller's context, and give its place back before the caller goes on."""
        args, kwargs = self.arguments
        try:
            end = (True, self.context.run(self.function, *args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            end = (False, error)
        self.end.setdefault(None, end)
        # A frame of the traceback of an exception must not hold on to it.
        del end
        places.give_back(self)
        self.done.release()


class Workers:
    """At most *limit* daemon threads, started when they are needed."""

    def __init__(self, limit: int = 16) -> None:
        checks.whole("limit", limit)
        self.limit = limit
        self._start_after_fork()
        renew_after_fork(self)

    def _start_after_fork(self) -> None:
        self._places = Places()
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._threads = Counter()

    @property
    def busy(self) -> int:
        """Threads at work, those left behind included."""
        return self._places.taken()

    @property
    def abandoned(self) -> int:
        """Threads at work whose callers have left; they are busy until their operations return."""
        return sum(isinstance(job, _Job) and bool(job.end) for job in self._places.holders())

    def run(
        self,
        seconds: float,
        function: Callable[..., Any],
        args: Any,
        kwargs: Any,
        late: DeadlineExceeded | None = None,
    ) -> tuple[bool, Any]:
        """Return whether *function* returned, and what, or what it raised.

        After *seconds* it has raised *late*; what it does after that is lost. Raises NoWorker when
        all threads are busy.
        """
        job = _Job(function, (args, kwargs))
        if not self._places.take(job, self.limit):
            raise NoWorker(self.limit)
        if self._places.taken() > self._threads.value:
            self._threads.add()
            start_new_thread(_work, (self._jobs, self._places))
        self._jobs.put(job)
        if not job.done.acquire(timeout=seconds):
            return job.end.setdefault(None, (False, late or DeadlineExceeded(seconds)))
        return job.end.pop(None)


def _work(jobs: SimpleQueue[_Job], places: Places) -> None:
    while True:
        job = jobs.get()
        job.run(places)
        del job


WORKERS = Workers()
"""Those of every Deadline with `worker=True`; one with `worker=Workers(…)` has its own."""


def bind(
    function: Callable[..., Any], counters: Told, workers: Workers, seconds: float
) -> Callable[..., Any]:
    """Return *function* run by *workers*, for as long as the deadline around it leaves.

    *seconds* is what that deadline was set to.
    """

    @wraps(function)
    def handed_over(*args: Any, **kwargs: Any) -> Any:
        until = current()
        if until is None:
            return function(*args, **kwargs)
        left_ns = until[0] - until[1]()
        if left_ns <= 0:
            raise NoTimeLeft
        late = DeadlineExceeded(seconds)
        returned, value = workers.run(left_ns / _NS, function, args, kwargs, late)
        if returned:
            return value
        if value is late:
            counters.count("timeouts")
        try:
            raise value
        finally:
            del value, late

    return handed_over
