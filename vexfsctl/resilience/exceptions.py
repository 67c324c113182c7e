"""What the library itself raises. The exceptions of an operation pass unchanged.

    ResilienceException
    ├── Rejected               the call did not start
    │   ├── BreakerOpen
    │   ├── BulkheadFull
    │   ├── NoWorker
    │   └── NoTimeLeft         a TimeoutError too
    ├── DeadlineExceeded       the call started; a TimeoutError too
    ├── StateConflict          the state of the breaker does not allow the command
    └── GenerationMoved        the breaker is not at the generation that the command names

A wrong setting is a ValueError or TypeError that names the field.
"""

from vexfsctl.resilience.states import BreakerState


class ResilienceException(Exception):  # noqa: N818 - an Error is what an operation reports
    """Base of all."""


class Rejected(ResilienceException):
    """The call did not start. Outer breakers ignore it and it is never retried."""


class BreakerOpen(Rejected):
    """A breaker refused the call. A new object each time; pickles."""

    def __init__(
        self,
        breaker: str | None,
        state: BreakerState,
        retry_after: float | None = None,
        cause: str | None = None,
    ) -> None:
        # Exception.__new__ has kept the arguments, for pickling; the rest of __init__ would be lost
        # time where every call is refused.
        self.breaker = breaker
        """Name of the breaker."""
        self.state = state
        """`open`, `forced_open`, or `half_open` with all its places taken."""
        self.retry_after = retry_after
        """Seconds until a call may be let through; None if no timer will do that."""
        self.cause = cause
        """Type and text of the failure that opened it: text, so that no traceback is kept alive."""

    def __str__(self) -> str:
        name = "circuit breaker" if self.breaker is None else f"circuit breaker {self.breaker}"
        again = "" if self.retry_after is None else f", retry in {self.retry_after:.3f} s"
        cause = "" if self.cause is None else f" ({self.cause})"
        return f"{name} is {self.state.replace('_', ' ')}{again}{cause}"


class BulkheadFull(Rejected):
    """All places of a bulkhead stayed taken for as long as the call might wait."""

    def __init__(self, bulkhead: str | None, limit: int) -> None:
        super().__init__(bulkhead, limit)
        self.bulkhead = bulkhead
        self.limit = limit

    def __str__(self) -> str:
        name = "bulkhead" if self.bulkhead is None else f"bulkhead {self.bulkhead}"
        return f"{name} is full: {self.limit} calls are running"


class NoWorker(Rejected):
    """All worker threads are busy; abandoned calls keep theirs until they return."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return f"all {self.limit} workers are busy"


class NoTimeLeft(Rejected, TimeoutError):  # noqa: N818
    """The deadline around the call had passed before it started."""

    def __str__(self) -> str:
        return "no time left before the deadline"


class DeadlineExceeded(ResilienceException, TimeoutError):  # noqa: N818
    """The call did not end within its deadline."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        """The time that the call had."""

    def __str__(self) -> str:
        return f"not done within {self.seconds:g} s"


class StateConflict(ResilienceException):
    """The state of the breaker does not allow the command; nothing changed."""


class GenerationMoved(ResilienceException):
    """The breaker is not at the generation that the command was meant for; nothing changed."""
