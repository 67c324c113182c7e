"""An error with its context, as it travels from its origin to its reader."""

from vexfsctl.catalogue.lookup import ErrorEntry
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.model.value import quick_value


@quick_value()
class EnhancedError:
    """A catalogued error and the call that met it; nothing of it is lost on the way up."""

    entry: ErrorEntry
    errno: int
    """Positive errno as the system call gave it."""
    id: CorrelationId
    operation: OperationType
    call: str
    volume: str
    attempt: int
    """1 for the first try."""
    time_ns: int
    """CLOCK_MONOTONIC."""
    parent: CorrelationId | None = None
    """The call this one was nested in."""
    call_path: tuple[str, ...] = ()
    """Outermost first: `("file/read", "storage/read")`; empty if it was not kept."""
