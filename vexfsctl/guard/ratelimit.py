"""How many failing application calls may be logged in an interval, and what was left out.

Not locked and without a clock: `records` holds the lock and passes the time.
"""

from typing import NamedTuple


class Suppressed(NamedTuple):
    """What an interval left out of the log."""

    calls: int
    """Application calls; the calls nested in them are left out with them."""
    errors: int
    """Their error and timeout records."""
    interval_ms: int


class LogRateLimit:
    """Admits *burst* application calls in each interval; the first one starts an interval."""

    def __init__(self, burst: int = 20, interval_ms: int = 5_000) -> None:
        self._burst = burst
        self._interval_ms = interval_ms
        self.ends_ns = 0
        """When the interval ends, or has ended."""
        self._admitted = 0
        self._calls = 0
        self._errors = 0

    def admit(self, now_ns: int) -> bool:
        """Whether a call whose first record is due now is logged, whole; else it is counted."""
        if now_ns >= self.ends_ns:
            self.ends_ns = now_ns + self._interval_ms * 1_000_000
            self._admitted = 0
        if self._admitted < self._burst:
            self._admitted += 1
            return True
        self._calls += 1
        return False

    def suppress_error(self) -> None:
        """Count an error record of a call that was not admitted."""
        self._errors += 1

    @property
    def report_due_ns(self) -> int | None:
        """When what was left out can be taken; None if nothing was."""
        return self.ends_ns if self._calls or self._errors else None

    def take_suppressed(self, now_ns: int | None = None) -> Suppressed | None:
        """Return and forget what was left out; None if nothing was, or the interval still runs.

        Without *now_ns* the interval counts as over.
        """
        if not (self._calls or self._errors) or (now_ns is not None and now_ns < self.ends_ns):
            return None
        left_out = Suppressed(self._calls, self._errors, self._interval_ms)
        self._calls = self._errors = 0
        return left_out
