"""What the library itself raises. The exceptions of an operation pass unchanged.

    ResilienceException
    ├── Rejected               the call did not start
    │   ├── BreakerOpen
    │   ├── BulkheadFull
    │   ├── NoWorker
    │   └── NoTimeLeft         a TimeoutError too
    ├── DeadlineExceeded       the call started; a TimeoutError too
    ├── StateConflict          the state of the breaker does not allow the command
    ├── GenerationMoved        the breaker is not at the generation that the command names
    └── SharedFileUnusable     the file of a shared breaker cannot be opened, locked or trusted

A wrong setting is a ValueError or TypeError that names the field.
"""

from vexfsctl.resilience.states import BreakerState


def described(breaker: str | None) -> str:
    """Return how to speak of a breaker with that name."""
    return "circuit breaker" if breaker is None else f"circuit breaker {breaker}"


class ResilienceException(Exception):  # noqa: N818 - an Error is what an operation reports
    """Base of all."""


class Rejected(ResilienceException):
    """The call did not start. Outer breakers ignore it and it is never retried."""


class BreakerOpen(Rejected):
    """A breaker refused the call. A new object each time; pickles.

    Its fields are its arguments: where every call is refused, an `__init__` would cost as much as
    the rest of a rejection.
    """

    args: tuple[str | None, BreakerState, float | None, str | None]

    @property
    def breaker(self) -> str | None:
        """Name of the breaker."""
        return self.args[0]

    @property
    def state(self) -> BreakerState:
        """`open`, `forced_open`, or `half_open` with all its places taken."""
        return self.args[1]

    @property
    def retry_after(self) -> float | None:
        """Seconds until a call may be let through; None if no timer will do that."""
        return self.args[2]

    @property
    def cause(self) -> str | None:
        """Type and text of the failure that opened it: text, so that no traceback is kept alive."""
        return self.args[3]

    def __str__(self) -> str:
        again = "" if self.retry_after is None else f", retry in {self.retry_after:.3f} s"
        cause = "" if self.cause is None else f" ({self.cause})"
        return f"{described(self.breaker)} is {self.state.replace('_', ' ')}{again}{cause}"


class BulkheadFull(Rejected):
    """All places of a bulkhead stayed taken for as long as the call might wait."""

    def __init__(self, bulkhead: str | None, limit: int) -> None:
        super().__init__(bulkhead, limit)
        self.bulkhead = bulkhead
        self.limit = limit

    def __str__(self) -> str:
        name = "bulkhead" if self.bulkhead is None else f"bulkhead {self.bulkhead}"
        return f"{name} is full (limit {self.limit})"


class NoWorker(Rejected):
    """All worker threads are busy; abandoned calls keep theirs until they return."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return f"no worker is free (limit {self.limit})"


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


class SharedFileUnusable(ResilienceException):
    """The file of a shared breaker cannot be opened, locked in time, or trusted."""
