"""When the watch of a guard has to look next: at the earliest moment that anybody asked for.

So an idle volume wakes nobody. Who changes something that time will act on, changes it first and
brings the alarm forward then; the watch resets the alarm first and looks then. So whatever the
order, one of the two sees the other.
"""

import threading

from vexfsctl.model.clock import Clock

NEVER_NS = 1 << 63
"""Later than anything on a monotonic clock."""


class Alarm:
    """One moment that many threads bring forward and one waits for."""

    __slots__ = ("_closed", "_lock", "_moved", "_now_ns", "due_ns")

    def __init__(self, clock: Clock) -> None:
        self.due_ns = NEVER_NS
        """When to look; to be read without a lock, so that nobody pays who need not move it."""
        self._now_ns = clock.now_ns
        self._closed = False
        self.start_after_fork()

    def start_after_fork(self) -> None:
        """Have locks that no thread holds."""
        self._lock = threading.Lock()
        self._moved = threading.Event()

    def bring_forward(self, due_ns: int = 0) -> None:
        """Be due at *due_ns* at the latest; without it, at once."""
        with self._lock:
            if due_ns < self.due_ns:
                self.due_ns = due_ns
                self._moved.set()

    def reset(self) -> None:
        """Forget what was asked for: the watch begins to look."""
        self.due_ns = NEVER_NS

    def wait(self) -> bool:
        """Wait until it is due; False once it is closed. For one thread."""
        while not self._closed:
            self._moved.clear()
            due_ns = self.due_ns
            left_ns = due_ns - self._now_ns()
            if left_ns <= 0:
                return True
            self._moved.wait(None if due_ns == NEVER_NS else left_ns / 1e9)
        return False

    def close(self) -> None:
        """End the waiting for good."""
        self._closed = True
        self._moved.set()
