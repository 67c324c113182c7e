"""An error with its context, as it travels from its origin to its reader.

An exception can carry it, through whatever lies between: `error_of` and `exception_of`.
"""

import os
from errno import EIO, ETIMEDOUT

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
    """1 for the first try; 0 if there was none."""
    time_ns: int
    """CLOCK_MONOTONIC."""
    parent: CorrelationId | None = None
    """The call this one was nested in."""
    call_path: tuple[str, ...] = ()
    """Outermost first: `("file/read", "storage/read")`; empty if it was not kept."""
    number: int | None = None
    """N of `[CALL-N]` if it called a foreign function: counts from 1 for each function."""
    code: int | None = None
    """What that function returned, as a code: negative, an errno or one of VexFS's own."""


def exception_of(error: EnhancedError) -> OSError:
    """Return an exception that carries *error*: of the class that Python has for its errno."""
    message = error.entry.message.format(*_payload(error))
    text = f"{error.call} failed: {message} ({error.parent or error.id})"
    return carrying(OSError(error.errno, text), error)


def carrying(exception: OSError, error: EnhancedError) -> OSError:
    """Return *exception*, which carries *error* from now on, also when it is pickled."""
    exception.error = error  # type: ignore[attr-defined]
    return exception


def error_of(exception: BaseException) -> EnhancedError | None:
    """Return the error that *exception* carries, whole; None if it carries none."""
    error = getattr(exception, "error", None)
    return error if isinstance(error, EnhancedError) else None


def errno_of(exception: OSError) -> int:
    """Return the errno of *exception*, positive: EIO if it has none.

    ETIMEDOUT for a TimeoutError without one. What else a class of OSErrors keeps there is none:
    socket.gaierror has negative numbers of its own, OSError("cannot read", path) the text.
    """
    errno: object = exception.errno
    if isinstance(errno, int) and 0 < errno <= _MOST_ERRNO:
        return errno
    return ETIMEDOUT if isinstance(exception, TimeoutError) else EIO


_MOST_ERRNO = 4095
"""MAX_ERRNO of include/linux/err.h."""


def _payload(error: EnhancedError) -> list[str]:
    return [os.strerror(error.errno)] * error.entry.message.count("{}")
