"""Python functions that C calls back: what they raise comes out whole, whatever lies between."""

import ctypes
import gc
import socket
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from errno import EAGAIN, EIO, EROFS
from functools import partial
from typing import Any

import pytest

from tests.guard.ffi.conftest import Lines, raised_by, visitor
from tests.guard.volume import STORAGE
from vexfsctl.guard.ffi import Boundary, CallRejected, error_of
from vexfsctl.model.operations import OperationType

HEARD = ("visit", "visit_in_thread")
"""Functions that return what the callback answers."""


def raising(boundary: Boundary, error: BaseException, **given: Any) -> Any:
    """A callback that raises *error*."""

    def each(_: int) -> int:
        raise error

    return visitor(boundary.callback(each, **given))


@pytest.mark.parametrize("name", HEARD)
def test_an_error_crosses_c_and_comes_back_whole(
    boundary: Boundary, library: ctypes.CDLL, name: str
) -> None:
    """The very exception, with the error of the guarded call inside the callback, counted once."""
    inner: list[OSError] = []

    @visitor
    @boundary.callback
    def each(number: int) -> int:
        inner.append(raised_by(lambda: boundary(library.return_code, number, operation="vector")))
        raise inner[-1]

    outer = raised_by(lambda: boundary(library[name], each, -28))
    known = error_of(outer)

    assert outer is inner[0]
    assert known is not None
    assert (known.entry.name, known.call, known.code) == ("OutOfSpace", "return_code", -28)
    assert boundary.guard.error_counts().total == 1
    vector, storage = (boundary.guard.status(each) for each in (OperationType.VECTOR, STORAGE))
    assert [each.failures for each in (vector, storage)] == [1, 1]
    assert [each.breaker.failures for each in (vector, storage)] == [0, 0]


@pytest.mark.parametrize(
    "odd",
    [
        OSError("no errno"),
        OSError("cannot read", "/a/path"),
        OSError(0, "zero"),
        OSError(10**12, "too large for C"),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    ],
    ids=repr,
)
def test_what_is_no_errno_is_eio_to_c(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines, odd: OSError
) -> None:
    """Classes of OSErrors keep other things there; the very exception comes back all the same."""
    assert raised_by(lambda: boundary(library.visit, raising(boundary, odd), 1)) is odd
    known = error_of(odd)
    assert known is not None
    assert (known.code, known.errno) == (-EIO, EIO)
    assert lines[-1].endswith(" FFI call visit failed: -5 (failure rate: 100%)")


def test_what_a_callback_calls_belongs_to_the_call_that_it_is_in(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines
) -> None:
    """However deep: a callback calls back into a guarded function; a worker knows it as well."""
    ids: list[object] = []

    @visitor
    @boundary.callback
    def each(number: int) -> int:
        running = boundary.running
        assert running is not None
        ids.append(running.id)
        return int(boundary(library.visit, each, number - 1)) if number else -5

    for deadline in (None, 60):
        ids.clear()
        failure = raised_by(partial(boundary, library.visit, each, 3, deadline=deadline))
        known = error_of(failure)
        assert known is not None
        assert (known.entry.name, known.id, known.parent) == (
            "IoError.DeviceError",
            ids[-1],
            ids[-2],
        )
        assert len(set(ids)) == 4
    assert boundary.running is None
    assert boundary.sites["visit"].calls == 8


def test_what_a_decorated_function_calls_belongs_to_it(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """As what a callback calls does."""

    @boundary()
    def outer() -> int:
        running = boundary.running
        assert running is not None
        with boundary() as call:
            assert call.id == running.id
        failure = raised_by(lambda: boundary(library.return_code, -5))
        known = error_of(failure)
        assert known is not None
        assert known.parent == running.id
        return 0

    assert outer() == 0


@pytest.mark.parametrize("name", HEARD)
@pytest.mark.parametrize("deadline", [None, 60])
def test_a_bug_is_raised_when_c_is_back(
    boundary: Boundary, library: ctypes.CDLL, name: str, deadline: float | None
) -> None:
    """C is told that something failed; what it makes of it does not matter."""
    bug = KeyError("a bug")
    with pytest.raises(KeyError) as caught:
        boundary(library[name], raising(boundary, bug), 1, deadline=deadline)
    assert caught.value is bug
    with pytest.raises(KeyboardInterrupt):
        boundary(library.visit_deaf, raising(boundary, KeyboardInterrupt()), 1)
    assert boundary(library.visit, visitor(abs), -3) == 3


def test_an_error_is_for_c_to_handle(boundary: Boundary, library: ctypes.CDLL) -> None:
    """C tries again, and succeeds: nothing is raised."""
    answers = iter((OSError(EAGAIN, "not yet"), OSError(EAGAIN, "not yet"), 7))

    @visitor
    @boundary.callback
    def each(_: int) -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    assert boundary(library.visit_again, each, 1) == 7
    assert boundary(library.visit_deaf, raising(boundary, OSError(EIO, "unheard")), 1) == 0


def test_an_error_that_c_translates_is_the_cause(boundary: Boundary, library: ctypes.CDLL) -> None:
    """C returns another code: an error of its own, and what led to it."""
    refused = OSError(EROFS, "read-only")
    failure = raised_by(lambda: boundary(library.visit_translating, raising(boundary, refused), 1))
    assert (failure.errno, failure.__cause__) == (22, refused)


def test_null_returns_the_error_as_well(boundary: Boundary, library: ctypes.CDLL) -> None:
    """NULL has no code to tell errors apart by: it stands for what the callback raised."""
    library.visit_for_pointer.restype = ctypes.c_void_p
    error = OSError(EROFS, "read-only")
    assert (
        raised_by(lambda: boundary(library.visit_for_pointer, raising(boundary, error), 1)) is error
    )


def test_a_callback_that_cannot_tell_c_raises_when_c_is_back(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """Its answer is given: whatever it raised is raised."""
    library.visit_void.restype = None
    error = OSError(EROFS, "read-only")

    def each(_: int) -> None:
        raise error

    void = ctypes.CFUNCTYPE(None, ctypes.c_int)(boundary.callback(each, answer=None))
    assert raised_by(lambda: boundary(library.visit_void, void, 1)) is error
    as_true = raising(boundary, error, answer=1)
    assert raised_by(lambda: boundary(library.visit, as_true, 1)) is error


def test_calls_at_the_same_time_get_each_their_own(library: ctypes.CDLL) -> None:
    """A callback that raises in one thread is not taken for that of another."""
    boundary = Boundary()
    for guarded in boundary.guard.operations.values():
        guarded.breaker.disable()
    mixed_up: list[BaseException] = []

    def call_often(error: BaseException) -> None:
        callback = raising(boundary, error)
        for turn in range(100):
            try:
                boundary(library.visit, callback, turn)
            except BaseException as raised:  # noqa: BLE001
                if raised is not error:
                    mixed_up.append(raised)

    errors = (OSError(EIO, "a"), OSError(EIO, "b"), KeyError("c"), OSError(EROFS, "d"))
    threads = [threading.Thread(target=call_often, args=(each,)) for each in errors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed_up == []
    assert boundary.sites["visit"].calls == 400
    assert boundary.guard.status(STORAGE).in_flight == 0


def test_a_refusal_crosses_c(boundary: Boundary, library: ctypes.CDLL) -> None:
    """C is told -1000, and the caller gets the refusal of the call inside."""
    for _ in range(5):
        raised_by(lambda: boundary(library.return_code, -5, operation="vector"))

    @visitor
    @boundary.callback
    def each(number: int) -> int:
        return int(boundary(library.return_code, number, operation="vector"))

    for _ in range(6):
        assert isinstance(raised_by(lambda: boundary(library.visit, each, 1)), CallRejected)
    assert boundary.guard.status(STORAGE).breaker.failures == 0
    assert boundary.guard.status(STORAGE).rejected == 0


def test_a_bug_in_a_thread_of_c_that_nobody_waits_for_is_told(
    boundary: Boundary, library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No guarded call is under way that could raise it."""
    told: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda each: told.append(each.exc_value))
    bug = KeyError("a bug")

    library.visit_in_thread(raising(boundary, bug), 1)

    assert told == [bug]
    assert boundary(library.return_code, 1) == 1


def test_nothing_of_a_failed_call_is_kept(boundary: Boundary, library: ctypes.CDLL) -> None:
    """No buffer waits for the garbage collector because an exception refers to its frame."""

    class Buffer(bytearray):
        """What a call may have in hand."""

    def lost(call: Callable[[Buffer], object]) -> bool:
        buffer = Buffer(8)
        left = weakref.ref(buffer)
        with suppress(OSError):
            call(buffer)
        del buffer
        return left() is None

    @visitor
    @boundary.callback
    def each(_: int) -> int:
        raise OSError(EIO, "new each time")

    def replica(_: int) -> int:
        raise OSError(EROFS, "new each time")

    gc.disable()
    try:
        serve = boundary(fallback=replica)(library.return_code)
        assert lost(lambda buffer: serve(-len(buffer)))
        assert lost(lambda buffer: boundary(library.return_code, -len(buffer)))
        assert lost(lambda buffer: boundary(library.visit, each, len(buffer)))
        assert lost(lambda buffer: boundary(library.return_code, -len(buffer), deadline=60))
    finally:
        gc.enable()
