"""What a function returned: a value, or the error that it stands for."""

import ctypes
from errno import EACCES, EBADMSG, EIO, ENOENT, EPERM, EUCLEAN
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.guard.ffi.conftest import raised_by
from vexfsctl.catalogue.entry import VexfsCode
from vexfsctl.catalogue.lookup import errors_for_code
from vexfsctl.guard.ffi import Boundary, EnhancedError, code_of, error_of, exception_of
from vexfsctl.guard.ffi.returns import Failed


def error(failure: BaseException) -> EnhancedError:
    """The error that *failure* carries."""
    known = error_of(failure)
    assert known is not None
    return known


@pytest.mark.parametrize("code", sorted({int(code) for code in VexfsCode} - {-1}))
def test_every_code_crosses_both_ways(boundary: Boundary, library: ctypes.CDLL, code: int) -> None:
    """C's code becomes an error that has that code, and becomes that code again."""
    failure = raised_by(lambda: boundary(library.return_code, code))

    known = error(failure)
    assert known.entry in errors_for_code(code)
    assert (known.code, known.number, known.call) == (code, 1, "return_code")
    assert failure.errno == known.errno == (-code if code > -1000 else known.entry.errno)
    assert code_of(failure) == code_of(known) == code
    assert error(exception_of(known)) is known


def test_minus_one_says_nothing(boundary: Boundary, library: ctypes.CDLL) -> None:
    """It is an error without a name, and counts as a failure: it may be any."""
    failure = raised_by(lambda: boundary(library.return_code, -1))
    assert (error(failure).entry.name, failure.errno, code_of(failure)) == ("Other", EIO, -1)
    assert boundary.sites["return_code"].failures == 1


@pytest.mark.parametrize("code", [-600, -999, -1005, -(1 << 31)])
def test_a_number_that_means_nothing_is_a_failure(
    boundary: Boundary, library: ctypes.CDLL, code: int
) -> None:
    """Neither Linux nor VexFS has it."""
    failure = raised_by(lambda: boundary(library.return_code, code))
    assert (error(failure).entry.name, failure.errno) == ("InvalidData", EIO)
    assert error(failure).code == code


@given(st.integers(min_value=-(1 << 63), max_value=-1))
def test_every_negative_number_has_an_error(code: int) -> None:
    """With a positive errno, whatever the number."""
    entry, errno = Failed(code).error("read_block")
    assert errno > 0
    assert entry.name


def test_what_is_not_negative_is_returned(boundary: Boundary, library: ctypes.CDLL) -> None:
    """As C returned it; an unsigned integer and a float are never a failure."""
    library.return_unsigned.restype = ctypes.c_uint
    library.return_double.restype = ctypes.c_double
    library.return_double.argtypes = [ctypes.c_double]
    assert boundary(library.return_code, 0) == 0
    assert boundary(library.return_code, 4096) == 4096
    assert boundary(library.return_unsigned, 0xFFFFFFFB) == 0xFFFFFFFB
    assert boundary(library.return_double, -5.0) == -5.0
    assert boundary(library.return_code, -5, returns="value") == -5


def test_errno_is_read_whether_or_not_the_library_was_loaded_with_it(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """ctypes keeps errno only of libraries loaded with use_errno; nobody has to think of it."""
    with_errno = ctypes.CDLL(library._name, use_errno=True)
    for each in (library, with_errno):
        failure = raised_by(partial(boundary, each.fail_with_errno, EACCES, -1))
        assert isinstance(failure, PermissionError)
        assert error(failure).entry.name == "PermissionDenied"


def test_an_old_errno_is_not_that_of_a_call(boundary: Boundary, library: ctypes.CDLL) -> None:
    """A success may leave one, and -1 without one says nothing."""
    assert boundary(library.fail_with_errno, ENOENT, 0) == 0
    failure = raised_by(lambda: boundary(library.fail_with_errno, 0, -1))
    assert failure.errno == EIO


def test_minus_one_with_eperm_is_eperm(boundary: Boundary, library: ctypes.CDLL) -> None:
    """The errno is known, although its negative is the code that says nothing."""
    failure = raised_by(lambda: boundary(library.fail_with_errno, EPERM, -1))
    assert error(failure).entry.name == "InsufficientPermissions"


def test_an_errno_that_an_application_of_a_volume_would_not_get_is_kept(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """The guard makes EUCLEAN of EBADMSG for FUSE; the caller here gets what C said."""
    failure = raised_by(lambda: boundary(library.fail_with_errno, EBADMSG, -1))
    assert failure.errno == EBADMSG
    assert error(failure).entry.name == "ChecksumMismatch"
    damaged = raised_by(lambda: boundary(library.return_code, -1003))
    assert (damaged.errno, error(damaged).entry.name) == (EUCLEAN, "Corruption")


def test_ways_to_fail(boundary: Boundary, library: ctypes.CDLL) -> None:
    """A status is 0 or an errno, a code is never looked up in errno, and a function can judge."""
    status = boundary(returns="status")(library.return_code)
    assert status(0) == 0
    assert raised_by(lambda: status(ENOENT)).errno == ENOENT
    as_code = boundary(returns="code")(library.fail_with_errno)
    assert raised_by(lambda: as_code(ENOENT, -1)).errno == EIO
    as_errno = boundary(returns="errno")(library.fail_with_errno)
    assert raised_by(lambda: as_errno(EACCES, -77)).errno == EACCES
    odd = boundary(returns=lambda result: -5 if result % 2 else None)(library.return_code)
    assert odd(2) == 2
    assert raised_by(lambda: odd(3)).errno == EIO
    with pytest.raises(ValueError, match="'wrong' is not a valid Returns"):
        boundary(returns="wrong")


@pytest.mark.parametrize("status", [600, 9999, (1 << 63) - 1, -(1 << 63)])
def test_a_status_that_is_no_errno_is_invalid(
    boundary: Boundary, library: ctypes.CDLL, status: int
) -> None:
    """However large: an exception holds no errno that does not fit into an int of C."""
    library.return_long.restype = ctypes.c_int64
    library.return_long.argtypes = [ctypes.c_int64]
    failure = raised_by(lambda: boundary(library.return_long, status, returns="status"))
    assert (error(failure).entry.name, failure.errno) == ("InvalidData", EIO)
    assert error(failure).code == -abs(status)


@pytest.mark.parametrize("answer", [True, 5, "no"])
def test_what_a_judge_returns_must_be_a_code(
    boundary: Boundary, library: ctypes.CDLL, answer: object
) -> None:
    """Anything else is a bug of the judge, and no error of the library."""
    with pytest.raises(ValueError, match=f"a negative code or None, not {answer!r}$"):
        boundary(library.return_code, 1, returns=lambda _: answer)
    assert boundary.sites["return_code"].failures == 0


def test_null(boundary: Boundary, library: ctypes.CDLL) -> None:
    """NULL is a failure of every kind of pointer; errno has the reason, if it has one."""
    library.name_of.restype = ctypes.c_char_p
    for kind in (ctypes.c_void_p, ctypes.POINTER(ctypes.c_int), ctypes.CFUNCTYPE(ctypes.c_int)):
        library.find.restype = kind
        failure = raised_by(lambda: boundary(library.find, ENOENT, 0))
        assert isinstance(failure, FileNotFoundError)
        failure = raised_by(lambda: boundary(library.find, 0, 0))
        assert (failure.errno, error(failure).entry.name) == (EIO, "InvalidData")
        assert boundary(library.find, ENOENT, 1)
    assert boundary(library.name_of, 1) == b""
    assert raised_by(lambda: boundary(library.name_of, 0)).errno == EIO


def test_other_signatures(boundary: Boundary, library: ctypes.CDLL) -> None:
    """Out-parameters, structures, a variable number of arguments, nothing at all."""

    class Pair(ctypes.Structure):
        _fields_ = (("a", ctypes.c_int), ("b", ctypes.c_int))

    library.make_pair.restype = Pair
    library.forget_steps.restype = None
    length = ctypes.c_int()
    assert boundary(library.read_block, 0, ctypes.byref(length)) == 0
    assert length.value == 4096
    pair = boundary(library.make_pair, 3, -4)
    assert (pair.a, pair.b) == (3, -4)
    assert boundary(library.sum, 3, 1, 2, 39) == 42
    assert boundary(library.forget_steps) is None


def test_types_of_results_that_are_ones_own(boundary: Boundary, library: ctypes.CDLL) -> None:
    """A subclass of c_int comes as an object, and is judged by its number."""

    class Code(ctypes.c_int):
        pass

    library.return_code.restype = Code
    assert boundary(library.return_code, 5).value == 5
    assert raised_by(lambda: boundary(library.return_code, -5)).errno == EIO


def test_an_errcheck_judges_itself(boundary: Boundary, library: ctypes.CDLL) -> None:
    """Its exception is guarded like any other."""

    def check(result: Any, *_: object) -> Any:
        if result < 0:
            raise OSError(EACCES, "so I say")
        return -result

    library.return_code.errcheck = check
    assert boundary(library.return_code, 5) == -5
    failure = raised_by(lambda: boundary(library.return_code, -5))
    assert str(failure) == "[Errno 13] so I say"
    assert (error(failure).number, error(failure).code) == (2, -13)


def test_types_that_are_declared_later_count(boundary: Boundary, library: ctypes.CDLL) -> None:
    """A function that was called before is not remembered as it was then."""
    assert boundary(library.return_long, 5) == 5
    library.return_long.argtypes = [ctypes.c_int64]
    library.return_long.restype = ctypes.c_int64
    assert boundary(library.return_long, 1 << 40) == 1 << 40


def test_wrong_arguments_are_a_bug(boundary: Boundary, library: ctypes.CDLL) -> None:
    """They pass as ctypes raises them, and have no line."""
    library.return_code.argtypes = [ctypes.c_int]
    with pytest.raises(ctypes.ArgumentError):
        boundary(library.return_code, "five")
    with pytest.raises(TypeError, match="not a function: 5"):
        boundary(5)  # type: ignore[call-overload]


def test_a_code_that_c_hands_back_is_the_error_that_it_was_made_of(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """An exception, or an error alone: C has its number, and Python gets it whole."""
    failure = raised_by(lambda: boundary(library.return_code, -28, name="write_block"))
    again = raised_by(lambda: boundary(library.return_code, code_of(failure)))
    assert again is failure
    assert error(again).call == "write_block"
    once_more = raised_by(lambda: boundary(library.return_code, code_of(error(failure))))
    assert error_of(once_more) == error_of(failure)
    another = raised_by(lambda: boundary(library.visit_code, code_of(failure), -5))
    assert error(another).code == -5
