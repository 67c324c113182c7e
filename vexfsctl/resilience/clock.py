"""The clock, an argument of everything that measures or waits."""

import time
from _thread import LockType, allocate_lock
from typing import Protocol

from vexfsctl.resilience.forking import renew_after_fork

NS = 1_000_000_000
_CENTURIES = 9e9
"""Seconds. A longer time, such as `sys.float_info.max`, is as long: it must not overflow."""


def nanoseconds(seconds: float) -> int:
    """Return *seconds* in nanoseconds."""
    return round(min(seconds, _CENTURIES) * NS)


class Timepiece(Protocol):
    """Monotonic time in nanoseconds."""

    def now_ns(self) -> int:
        """Nanoseconds; never steps back."""
        ...


class Clock(Timepiece, Protocol):
    """A timepiece, and the ways to wait for its time."""

    def sleep(self, seconds: float) -> None:
        """Return *seconds* later."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Return *seconds* later, without keeping the event loop busy."""
        ...


class MonotonicClock:
    """CLOCK_MONOTONIC: setting the time of day does not change it, and it stops in suspend."""

    now_ns = staticmethod(time.monotonic_ns)

    def __init__(self) -> None:
        self._stopped = False
        self._start_after_fork()
        renew_after_fork(self)

    def _start_after_fork(self) -> None:
        self._pauses: dict[LockType, object] = {}

    def sleep(self, seconds: float) -> None:
        """Return *seconds* later, or as soon as `stop` is called."""
        # A lock of its own for each pause: nothing that two calls share is held meanwhile.
        pause = allocate_lock()
        pause.acquire()
        self._pauses[pause] = None
        try:
            if not self._stopped:
                pause.acquire(timeout=min(seconds, _LONGEST))
        finally:
            self._pauses.pop(pause, None)

    async def sleep_async(self, seconds: float) -> None:
        """Return *seconds* later."""
        import asyncio

        await asyncio.sleep(seconds)

    def stop(self) -> None:
        """End all pauses of threads, present and future: what was waited for no longer matters."""
        self._stopped = True
        for pause in list(self._pauses):
            if self._pauses.pop(pause, _GONE) is not _GONE:
                pause.release()


_GONE = object()
_LONGEST = 86_400.0 * 365
"""`Lock.acquire` refuses more than 292 years; nobody waits for one."""

MONOTONIC = MonotonicClock()
"""The clock of whatever is given none."""
