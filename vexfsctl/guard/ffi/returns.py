"""How a foreign function says that it failed, and with which code."""

from collections.abc import Callable
from enum import StrEnum
from errno import EIO
from functools import partial
from operator import gt, is_, not_
from typing import Any, NamedTuple

from vexfsctl.catalogue.entry import ErrorEntry, VexfsCode
from vexfsctl.catalogue.lookup import entry, error_for_code, error_for_errno
from vexfsctl.guard.ffi.functions import Result
from vexfsctl.model.calls import FLUSH, READ, WRITE, direction_of_call
from vexfsctl.model.errnos import MAX_ERRNO, XATTR_CALLS

_INVALID, _OTHER = entry("InvalidData"), entry("Other")


class Returns(StrEnum):
    """What the result of a function says."""

    AUTO = "auto"
    """By its type: a negative integer is a code, but -1 with an errno is that errno; NULL is a
    failure. Nothing else is: unsigned integers, structures, floats, nothing."""
    CODE = "code"
    """A negative integer is a code, -1 too, whatever errno is: VexFS, kernel."""
    ERRNO = "errno"
    """A negative integer or NULL is a failure, and errno has the reason: libc."""
    STATUS = "status"
    """0, or the reason itself, a positive errno: posix_fallocate, pthread."""
    VALUE = "value"
    """Never a failure."""


class Failed(NamedTuple):
    """What a failed call returned."""

    code: int | None
    """Negative; None for NULL without an errno."""
    errno: int = 0
    """The errno that it left, positive; 0 if the code itself says all."""

    def error(self, call: str) -> tuple[ErrorEntry, int]:
        """Return the error that it stands for as the outcome of *call*, and its errno."""
        request = _request(call)
        if self.errno:
            return error_for_errno(self.errno, request), self.errno
        error = None if self.code is None else error_for_code(self.code, request)
        if error is None or self.code is None:
            # A number that means nothing is no answer: it counts as a failure.
            return (_OTHER if self.code == -1 else _INVALID), EIO
        return error, error.errno if self.code in _OWN_CODES else -self.code


_OWN_CODES = frozenset(code for code in VexfsCode if code <= VexfsCode.CIRCUIT_BREAKER)
"""Codes that are no negative errnos."""

Judge = Callable[[Any], int | None]
"""Returns the code of a failure, negative; None or 0 for what is none."""


class Judgement(NamedTuple):
    """How the results of one function are judged."""

    fails: Callable[[Any], object] | None
    """Whether a result is a failure; None: none is. Of C, where it can be: each call pays it."""
    needs_errno: bool
    """Whether errno has to be 0 before the call."""
    read: Callable[[Any, int], Failed]
    """Says what a failed result, and the errno after it, stand for."""


def judgement(returns: "Returns | str | Judge", result: Result, *, converted: bool) -> Judgement:
    """Return how results are judged; *converted*: integers and addresses come as Python's own.

    Raises ValueError for what is not a way to judge.
    """
    if callable(returns) and not isinstance(returns, str):
        judge = returns
        return Judgement(judge, False, lambda value, _: Failed(_as_judged(judge(value))))
    match Returns(returns), result:
        case (Returns.VALUE, _) | (Returns.AUTO, Result.OTHER):
            return Judgement(None, False, _as_code)
        case Returns.STATUS, _:
            return Judgement(bool if converted else _number, False, _as_status)
        case Returns.CODE, _:
            return Judgement(_is_negative(result, converted), False, _as_code)
        case Returns.ERRNO, _:
            return Judgement(_fails(result, converted), True, _as_errno)
    return Judgement(_fails(result, converted), True, _as_either)


def _fails(result: Result, converted: bool) -> Callable[[Any], object]:
    if result is Result.POINTER:
        return partial(is_, None) if converted else not_
    return _is_negative(result, converted)


def _is_negative(result: Result, converted: bool) -> Callable[[Any], object]:
    if result is Result.SIGNED and converted:
        return partial(gt, 0)
    return lambda value: isinstance(_number(value), int) and _number(value) < 0


def _number(value: Any) -> Any:
    """Return the number in *value*, which may be of a class of one's own (`class Code(c_int)`)."""
    return getattr(value, "value", value)


def _as_judged(code: object) -> int:
    """Return *code*, which a judge returned for a failure. Raises ValueError if it is none."""
    if isinstance(code, int) and code < 0:
        return code
    raise ValueError(f"`returns` is to return a negative code or None, not {code!r}")


def _as_code(value: Any, _: int) -> Failed:
    return Failed(_number(value))


def _as_status(value: Any, _: int) -> Failed:
    number = abs(_number(value))
    return Failed(-number, number if number <= MAX_ERRNO else 0)


def _as_errno(_: Any, errno: int) -> Failed:
    return Failed(-(errno or EIO), errno or EIO)


def _as_either(value: Any, errno: int) -> Failed:
    number = _number(value)
    if not isinstance(number, int) or isinstance(number, bool) or number >= 0:
        return Failed(-errno, errno) if errno else Failed(None)
    return Failed(-errno, errno) if errno and number == -1 else Failed(number)


_REQUESTS = {READ: "read", WRITE: "write", FLUSH: "fsync"}
_OWN_ERRNOS = XATTR_CALLS | {"lseek", "ioctl"}
"""Requests for which some errnos mean something else."""


def _request(call: str) -> str:
    """Return the FUSE request that *call* comes closest to: `read` for `pread`, `read_block`."""
    direction = None if call in _OWN_ERRNOS else direction_of_call(call)
    return call if direction is None else _REQUESTS[direction]
