"""How long a call waits for a lock of the driver's own.

Only where nothing has been done yet: what began must be noted, and what the kernel lets go of must
be released, however long that takes.
"""

import errno
import threading
from contextlib import AbstractContextManager

from vexfsctl.driver.refusals import Refusal


class LockTimeout(Refusal):
    """A call waited for a lock for lock_timeout_ms: EBUSY."""

    def __init__(self) -> None:
        super().__init__(errno.EBUSY, "lock_timeout_ms is over")


class BoundedLock:
    """A lock that whoever enters it waits for no longer than *timeout_s*; raises LockTimeout."""

    __slots__ = ("_lock", "_timeout_s")

    def __init__(self, lock: threading.Lock, timeout_s: float) -> None:
        self._lock = lock
        self._timeout_s = timeout_s

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._timeout_s):
            raise LockTimeout

    def __exit__(self, *_exception: object) -> None:
        self._lock.release()


def bounded(lock: threading.Lock, timeout_s: float | None) -> AbstractContextManager[object]:
    """Return *lock* itself, or what enters it within *timeout_s*."""
    return lock if timeout_s is None else BoundedLock(lock, timeout_s)
