"""The clock, an argument of everything that waits or measures; tests pass a virtual one."""

from typing import Protocol


class Clock(Protocol):
    """Monotonic time, and the way to wait for it."""

    def now_ns(self) -> int:
        """CLOCK_MONOTONIC in nanoseconds: never steps, stands still while suspended."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return *seconds* later."""
        ...
