"""Errors of one volume: how many of each severity, and the latest ones by correlation id.

Not locked: `records` holds the lock, so that a count and the decision to log go together.
"""

from collections import deque

from vexfsctl.guard.errors import EnhancedError
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import ErrorCounts


class ErrorAggregator:
    """Counts every error and remembers the latest *capacity* of them."""

    def __init__(self, capacity: int = 1024) -> None:
        self._latest: deque[EnhancedError] = deque(maxlen=capacity)
        self._by_severity = dict.fromkeys(Severity, 0)
        self.logged = 0
        """Errors whose record has been written."""
        self.suppressed = 0
        """Those whose record the rate limit left out."""
        self.lost = 0
        """Those whose record could not be written, or found no room."""

    def add(self, error: EnhancedError) -> None:
        """Count *error*; what becomes of its record is counted apart, and later."""
        self._latest.append(error)
        self._by_severity[error.entry.severity] += 1

    def errors_of(self, identifier: CorrelationId) -> tuple[EnhancedError, ...]:
        """Return the remembered errors of a call and of the calls nested directly in it."""
        return tuple(e for e in self._latest if identifier in (e.id, e.parent))

    def counts(self) -> ErrorCounts:
        """Return the counters as of now."""
        last = self._last
        return ErrorCounts(
            total=self._total,
            low=self._by_severity[Severity.LOW],
            medium=self._by_severity[Severity.MEDIUM],
            high=self._by_severity[Severity.HIGH],
            critical=self._by_severity[Severity.CRITICAL],
            logged=self.logged,
            suppressed=self.suppressed,
            last_id=last.id if last else None,
            last_time_ns=last.time_ns if last else 0,
            lost=self.lost,
        )

    def value(self, name: str) -> object:
        """Return only what `counts` has under *name*."""
        match name:
            case "total":
                return self._total
            case "logged":
                return self.logged
            case "suppressed":
                return self.suppressed
            case "lost":
                return self.lost
            case "last_id":
                return self._last.id if self._last else None
            case "last_time_ns":
                return self._last.time_ns if self._last else 0
            case severity:
                return self._by_severity[Severity.from_word(severity)]

    @property
    def _total(self) -> int:
        return sum(self._by_severity.values())

    @property
    def _last(self) -> EnhancedError | None:
        return self._latest[-1] if self._latest else None
