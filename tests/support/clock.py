"""Time that passes only when it is told to."""


class VirtualClock:
    """A `vexfsctl.model.clock.Clock` that starts at one hour and never waits."""

    def __init__(self, now_ns: int = 3_600_000_000_000) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Nanoseconds on this clock."""
        return self._now_ns

    def sleep(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> int:
        """Let *seconds* pass and return the new time in nanoseconds."""
        self._now_ns += round(seconds * 1_000_000_000)
        return self._now_ns
