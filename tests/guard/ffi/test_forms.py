"""One name in three forms, and what a guarded call has besides its result."""

import ctypes
from errno import EBUSY, EIO, EROFS
from functools import partial

import pytest

from tests.guard.ffi.conftest import Lines, raised_by
from tests.guard.volume import STORAGE, GuardedVolume
from tests.support.clock import VirtualClock
from vexfsctl.guard.ffi import (
    Boundary,
    CallRejected,
    code_of,
    error_of,
    fallback_error,
    safe_ffi_call,
)
from vexfsctl.logs.upstream import parse_upstream_text
from vexfsctl.model.upstream import Significance
from vexfsctl.model.volume import AccessMode


def test_given_a_function_it_calls_it_given_none_it_guards_functions(
    library: ctypes.CDLL,
) -> None:
    """A call, a decorator of foreign and of Python functions, and a context manager."""
    assert safe_ffi_call(library.sum, 2, 20, 22) == 42
    assert safe_ffi_call(library.return_code, 7, operation="file", deadline=5) == 7

    add = safe_ffi_call(operation="vector")(library.sum)
    assert add(2, 20, 22) == 42
    assert add.__name__ == "sum"

    @safe_ffi_call(operation="vector", name="block_length")
    def length(code: int, *, unit: int = 1) -> int:
        """Return the length."""
        out = ctypes.c_int()
        result: int = library.read_block(code, ctypes.byref(out))
        return result if result < 0 else out.value // unit

    assert length(0, unit=4096) == 1
    assert length.__doc__ == "Return the length."
    assert raised_by(lambda: length(-5)).errno == EIO
    assert safe_ffi_call.sites["block_length"].calls == 2

    with safe_ffi_call(operation="vector") as call:
        assert call(library.return_code, 3) == 3
        with pytest.raises(OSError, match=str(call.id)) as caught:
            call(library.return_code, -5)
            raise AssertionError
        known = error_of(caught.value)
        assert known is not None
        assert known.parent == call.id


def test_what_would_be_guarded_only_while_it_is_made_is_refused(boundary: Boundary) -> None:
    """As the resilience library does."""

    async def later() -> None:
        """Do it later."""

    with pytest.raises(TypeError, match="only while it is being made"):
        boundary()(later)
    with pytest.raises(TypeError, match="has no retries"):
        boundary(retries=3)
    with pytest.raises(ValueError, match="'nothing' is not a valid OperationType"):
        boundary(operation="nothing")


def test_lines_are_those_of_the_kernel_module_and_have_an_id(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines
) -> None:
    """Numbered by function, with the failure rate, and read back by what reads logs."""
    boundary(library.return_code, 0)
    failure = raised_by(lambda: boundary(library.return_code, -5))
    assert boundary(library.return_code, -28, fallback=0) == 0
    raised_by(lambda: boundary(library.return_code, -2))

    known = error_of(failure)
    assert known is not None
    first, second = lines
    failed = f"VexFS: [CALL-2] [{known.id}] FFI call return_code failed: -5 (failure rate: 50%)"
    assert first == failed
    assert second.endswith(" failed: -28 (failure rate: 66%), using fallback")
    event = parse_upstream_text(first)
    assert event is not None
    assert (event.number, event.id, event.call) == (2, known.id, "return_code")
    assert (event.errno, event.rate_pct, event.significance) == (5, 50, Significance.ERROR)


def test_an_answer_is_no_failure(boundary: Boundary, library: ctypes.CDLL, lines: Lines) -> None:
    """ENOENT opens no breaker, has no line, and no fallback covers it up."""
    look = boundary(fallback=0)(library.return_code)
    for _ in range(10):
        assert isinstance(raised_by(lambda: look(-2)), FileNotFoundError)
    assert (boundary.sites["return_code"].failures, lines) == (0, [])
    assert boundary.guard.status(STORAGE).breaker.state == "closed"


def test_the_breaker_of_the_operation_type_opens(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines, clock: VirtualClock
) -> None:
    """Five failures in its window; then calls are refused without asking C, until it may try."""
    for _ in range(5):
        raised_by(lambda: boundary(library.return_code, -5))
    refused = raised_by(lambda: boundary(library.sum, 2, 20, 22))

    assert isinstance(refused, CallRejected)
    assert (refused.errno, code_of(refused)) == (EBUSY, -1000)
    known = error_of(refused)
    assert known is not None
    assert (known.entry.name, known.number, known.attempt) == ("CircuitBreakerOpen", 1, 0)
    assert boundary(library.sum, 2, 20, 22, operation="file") == 42
    assert boundary(library.sum, 2, 20, 22, fallback=41) == 41
    *_, alone, served = lines
    blocked = "FFI call sum blocked by circuit breaker"
    assert alone == f"VexFS: [CALL-1] [{refused.id}] {blocked}"
    assert served.endswith(f"{blocked}, using fallback")
    event = parse_upstream_text(served)
    assert event is not None
    assert (event.error, event.significance) == ("CircuitBreakerOpen", Significance.BLOCKED)
    clock.advance(60)
    assert boundary(library.sum, 2, 20, 22) == 42


def test_a_fallback_is_a_value_a_function_or_a_chain(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """Functions get the arguments of the call, in turn until one does not raise."""

    def replica(code: int) -> int:
        raise OSError(EIO, "it has failed, too")

    chain = boundary(fallback=(replica, lambda code: -code, None))(library.return_code)
    assert chain(-5) == 5
    assert boundary(library.return_code, -5, fallback=b"") == b""
    assert boundary(library.return_code, -5, fallback=(None,)) is None
    assert boundary.guard.status(STORAGE).fallbacks == 3

    @boundary(fallback=lambda code, *, times: code * times)
    def scaled(code: int, *, times: int) -> int:
        result: int = library.return_code(code)
        return result

    assert scaled(-5, times=3) == -15


def test_a_chain_that_fails_leaves_the_failure(boundary: Boundary, library: ctypes.CDLL) -> None:
    """Which knows of it: C would be told that the fallback failed."""

    def replica(code: int) -> int:
        raise OSError(EROFS, "no")

    failure = raised_by(lambda: boundary(library.return_code, -5, fallback=replica))
    reason = fallback_error(failure)
    assert isinstance(reason, OSError)
    assert (failure.errno, reason.errno, code_of(failure)) == (EIO, EROFS, -1002)
    assert boundary.guard.status(STORAGE).fallback_failures == 1


def test_attempts_are_used_up(boundary: Boundary, library: ctypes.CDLL) -> None:
    """A repeatable call is tried as often as the guard says; then C would be told so."""
    failure = raised_by(lambda: boundary(library.return_code, -5, repeatable=True))
    known = error_of(failure)
    assert known is not None
    assert (known.attempt, known.number, code_of(failure)) == (3, 1, -1001)


def test_lines_are_limited(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines, clock: VirtualClock
) -> None:
    """20 failing calls in 5 s; then how many were left out, which is read back as well."""
    for _ in range(50):
        raised_by(lambda: boundary(library.return_code, -5))
    assert len(lines) == 20
    clock.advance(5)
    raised_by(lambda: boundary(library.return_code, -5))
    assert lines[20].startswith("VexFS: ")
    assert lines[20].endswith(" failed FFI calls not logged within 5000 ms")
    event = parse_upstream_text(lines[20])
    assert event is not None
    assert event.form == "foreign_calls_left_out"
    boundary.flush()


def test_a_log_that_fails_is_no_failure_of_the_call(
    library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it raises goes where exceptions go that nobody can catch."""
    told: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda each: told.append(each.exc_value))

    def log(line: str) -> None:
        raise RuntimeError(line)

    assert raised_by(lambda: Boundary(log=log)(library.return_code, -5)).errno == EIO
    assert [type(each) for each in told] == [RuntimeError]


def test_the_guard_of_a_volume_can_be_shared(library: ctypes.CDLL) -> None:
    """Its breakers, records and access mode are those of the foreign calls, too."""
    volume = GuardedVolume()
    boundary = Boundary(guard=volume.guard, clock=volume.clock)
    failure = raised_by(lambda: boundary(library.return_code, -28, name="write_block"))

    known = error_of(failure)
    assert known is not None
    assert (known.volume, known.entry.name) == ("loop0", "OutOfSpace")
    assert volume.guard.errors_of(known.id) == (known,)
    assert volume.lines[0].startswith(
        f"VexFS: [{known.id}] error vol=loop0 op=storage call=write_block err=OutOfSpace"
    )
    for _ in range(5):
        raised_by(lambda: volume.read(partial(raise_it, EIO)))
    assert isinstance(raised_by(lambda: boundary(library.return_code, 0)), CallRejected)
    volume.guard.set_access_mode(AccessMode.READ_ONLY, uid=0, pid=1)
    refused = raised_by(lambda: boundary(library.return_code, 0, operation="file", writes=True))
    assert refused.errno == EROFS


def raise_it(errno: int) -> str:
    """Fail."""
    raise OSError(errno, "from the device")
