"""A limit on how many calls run at once, so that one slow thing does not take every thread."""

from _thread import allocate_lock
from collections import deque
from collections.abc import Callable

from vexfsctl.resilience import checks
from vexfsctl.resilience.deadline import remaining
from vexfsctl.resilience.exceptions import BulkheadFull
from vexfsctl.resilience.forking import renew_after_fork
from vexfsctl.resilience.places import Places

_LOOK = 0.05
"""Seconds between two looks of a waiter: a place whose holder was interrupted wakes nobody."""


class Holder:
    """Whoever has a place; gone with its frame."""

    __slots__ = ("__weakref__",)


class Bulkhead:
    """Lets *limit* calls run at once; further ones wait up to *wait* seconds, then are rejected."""

    def __init__(
        self, limit: int, *, wait: float = 0.0, queue: int | None = None, name: str | None = None
    ) -> None:
        checks.whole("limit", limit)
        checks.seconds("wait", wait, zero=True)
        checks.whole("queue", queue, optional=True)
        checks.instance("name", name, str, optional=True)
        self.limit = limit
        self.wait = wait
        self.queue = queue
        """Calls that may wait at a time; None: any number."""
        self.name = name
        self._start_after_fork()
        renew_after_fork(self)

    def _start_after_fork(self) -> None:
        self._places = Places()
        self._waiters: deque[Callable[[], object]] = deque()

    @property
    def running(self) -> int:
        """Calls that have a place."""
        return self._places.taken()

    @property
    def waiting(self) -> int:
        """Calls that wait for one."""
        return len(self._waiters)

    def enter(self, wait: float | None = None) -> Holder:
        """Return whoever has a place now, until `leave` or until it is gone; raise BulkheadFull.

        Waits *wait* seconds at most, if given, instead of `wait`.
        """
        holder = Holder()
        if not self._places.take(holder, self.limit):
            self._queue_up(holder, self.wait if wait is None else wait)
        return holder

    async def enter_async(self) -> Holder:
        """Like `enter`, waiting for a place without keeping the event loop busy."""
        holder = Holder()
        if not self._places.take(holder, self.limit):
            await self._queue_up_async(holder)
        return holder

    def leave(self, holder: Holder) -> None:
        """Give the place of *holder* to the next."""
        self._places.give_back(holder)
        if self._waiters:
            self._wake_one()

    def _wake_one(self) -> None:
        try:
            wake = self._waiters.popleft()
        except IndexError:
            return
        wake()

    def _longest_wait(self, wait: float) -> float:
        if self.queue is not None and len(self._waiters) >= self.queue:
            raise BulkheadFull(self.name, self.limit)
        left = remaining()
        return wait if left is None else min(wait, left)

    def _queue_up(self, holder: Holder, wait: float) -> None:
        from time import monotonic

        ends = monotonic() + self._longest_wait(wait)
        while (left := ends - monotonic()) > 0:
            own = allocate_lock()
            own.acquire()
            self._waiters.append(own.release)
            # A place may have become free before we stood in the queue.
            if self._places.take(holder, self.limit):
                self._leave_queue(own.release)
                return
            own.acquire(timeout=min(left, _LOOK))
            taken = self._places.take(holder, self.limit)
            self._leave_queue(own.release, passed_on=not taken)
            if taken:
                return
        raise BulkheadFull(self.name, self.limit)

    async def _queue_up_async(self, holder: Holder) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        ends = loop.time() + self._longest_wait(self.wait)
        while (left := ends - loop.time()) > 0:
            own = asyncio.Event()

            def wake(own: asyncio.Event = own) -> None:
                loop.call_soon_threadsafe(own.set)

            self._waiters.append(wake)
            try:
                if self._places.take(holder, self.limit):
                    return
                try:
                    async with asyncio.timeout(min(left, _LOOK)):
                        await own.wait()
                except TimeoutError:
                    pass
                if self._places.take(holder, self.limit):
                    return
            finally:
                self._leave_queue(wake)
        raise BulkheadFull(self.name, self.limit)

    def _leave_queue(self, wake: Callable[[], object], *, passed_on: bool = False) -> None:
        try:
            self._waiters.remove(wake)
        except ValueError:
            # It was woken; if it has no use for that, the next one may.
            if passed_on:
                self._wake_one()
