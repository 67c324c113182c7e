"""Codes of `vexfs_ffi.h` for what Python has met: what C is told of an error.

The other way is `returns`. Five codes are VexFS's own, and all are written: a call that a breaker
refused (-1000), attempts used up (-1001), a failed fallback (-1002), damage (-1003), a filesystem
that must be checked (-1004).
"""

from typing import Any

from vexfsctl.catalogue.entry import VexfsCode
from vexfsctl.catalogue.lookup import error_for_errno
from vexfsctl.guard.call import CallRejected
from vexfsctl.guard.errors import EnhancedError, errno_of, error_of, exception_of
from vexfsctl.resilience.exceptions import BreakerOpen

_KNOWN = frozenset(map(int, VexfsCode))
_FALLBACK = "fallback_error"


class CarryingCode(int):
    """A code that knows what it stands for: the call that returns it raises that, whole."""

    error: BaseException | EnhancedError


def code_of(error: BaseException | EnhancedError) -> int:
    """Return the code for *error*; -1, which says nothing, for a bug.

    A guarded function that is given it, and returns it, raises *error* again.
    """
    code = CarryingCode(_code_of(error))
    code.error = error
    return code


def given_error(args: tuple[Any, ...], code: int | None) -> BaseException | None:
    """Return what to raise where *code*, which C returned, was given to it among *args*."""
    for each in args:
        if isinstance(each, CarryingCode) and each == code:
            error = each.error
            return exception_of(error) if isinstance(error, EnhancedError) else error
    return None


def _code_of(error: BaseException | EnhancedError) -> int:
    if isinstance(error, EnhancedError):
        return _code_of_known(error)
    if isinstance(error, CallRejected | BreakerOpen):
        return VexfsCode.CIRCUIT_BREAKER
    if fallback_error(error) is not None:
        return VexfsCode.FALLBACK_FAILED
    known = error_of(error)
    if known is not None:
        return _code_of_known(known)
    if isinstance(error, OSError):
        return error_for_errno(errno_of(error), "").code
    return VexfsCode.NOMEM if isinstance(error, MemoryError) else VexfsCode.GENERIC


def fallback_error(error: BaseException) -> BaseException | None:
    """Return what the fallback for the call that raised *error* raised, if that failed too."""
    return getattr(error, _FALLBACK, None)


def note_fallback_error(error: BaseException, failure: BaseException) -> None:
    """Note that *failure* ended the fallback for the call that raised *error*."""
    # What led to it is *error*: neither must keep the other alive.
    failure.__cause__ = failure.__context__ = failure.__traceback__ = None
    setattr(error, _FALLBACK, failure)
    error.add_note(f"its fallback failed: {failure!r}")


def _code_of_known(error: EnhancedError) -> int:
    if error.attempt > 1:
        return VexfsCode.RETRY_EXHAUSTED
    return error.code if error.code is not None and error.code in _KNOWN else error.entry.code
