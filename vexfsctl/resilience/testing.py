"""For the tests of programs that use the library."""

from collections.abc import Iterator
from contextlib import contextmanager

from vexfsctl.resilience import activity


class VirtualClock:
    """A clock that passes only when it is told to, and never waits."""

    def __init__(self, now_ns: int = 3_600_000_000_000) -> None:
        self._now_ns = now_ns
        self.slept: list[float] = []
        """Every pause so far, in seconds."""

    def now_ns(self) -> int:
        """Nanoseconds on this clock."""
        return self._now_ns

    def sleep(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self.slept.append(seconds)
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self.sleep(seconds)

    def advance(self, seconds: float) -> int:
        """Let *seconds* pass and return the new time in nanoseconds."""
        self._now_ns += round(seconds * 1_000_000_000)
        return self._now_ns


@contextmanager
def inactive() -> Iterator[None]:
    """Within it, everything is called once: no retry, no rejection by a breaker.

    For the whole process: policies apply where something goes wrong, and that is where they look.
    """
    before, activity.active = activity.active, False
    try:
        yield
    finally:
        activity.active = before
