"""A call that takes too long is left behind; so are forks and the end of the interpreter."""

import ctypes
import os
import sys
from errno import EBUSY, ETIMEDOUT
from pathlib import Path
from subprocess import run

import pytest

from tests.guard.ffi.conftest import Lines, raised_by, visitor
from tests.guard.volume import STORAGE, GuardedVolume
from tests.support.waiting import wait_until
from vexfsctl.guard.call import CallAbandoned
from vexfsctl.guard.ffi import Boundary, code_of, error_of
from vexfsctl.logs.upstream import parse_upstream_text
from vexfsctl.resilience import Workers

SHORT_S, LONG_S = 0.02, 60.0


def test_a_call_past_its_deadline_is_left_behind(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines
) -> None:
    """Its caller gets a TimeoutError; the thread is busy until C returns."""
    failure = raised_by(lambda: boundary(library.hang, deadline=SHORT_S))
    known = error_of(failure)

    assert isinstance(failure, TimeoutError)
    assert known is not None
    assert (known.entry.name, known.number, known.code, code_of(failure)) == (
        "Timeout",
        1,
        -110,
        -110,
    )
    assert lines == [f"VexFS: [CALL-1] [{known.id}] FFI call hang timed out: -110"]
    event = parse_upstream_text(lines[0])
    assert event is not None
    assert event.error == "Timeout"
    assert boundary.guard.status(STORAGE).timeouts == 1
    assert boundary.workers.abandoned == 1
    library.release()
    wait_until(lambda: boundary.workers.busy == 0)


def test_a_fallback_serves_a_call_past_its_deadline(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines
) -> None:
    """It is a failure like others."""
    assert boundary(library.hang, deadline=SHORT_S, fallback=-7) == -7
    assert lines[0].endswith("timed out: -110, using fallback")
    library.release()


def test_a_call_in_time_is_as_without_a_deadline(boundary: Boundary, library: ctypes.CDLL) -> None:
    """Result, errno and out-parameters, all read in the thread that ran it."""
    length = ctypes.c_int()
    assert boundary(library.read_block, 0, ctypes.byref(length), deadline=LONG_S) == 0
    assert length.value == 4096
    failure = raised_by(lambda: boundary(library.fail_with_errno, 13, -1, deadline=LONG_S))
    assert isinstance(failure, PermissionError)


def test_threads_that_hang_are_limited(library: ctypes.CDLL) -> None:
    """When all are taken, a call fails at once: EBUSY."""
    boundary = Boundary(workers=Workers(1))
    raised_by(lambda: boundary(library.hang, deadline=SHORT_S))
    failure = raised_by(lambda: boundary(library.return_code, 0, deadline=LONG_S))
    assert failure.errno == EBUSY
    assert str(failure.__cause__) == "no worker is free (limit 1)"
    library.release()


def test_a_callback_after_the_deadline_disturbs_nobody(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """What it raises belongs to a call that has ended."""
    done: list[int] = []

    @visitor
    @boundary.callback
    def each(number: int) -> int:
        library.hang()
        done.append(number)
        raise OSError(5, "too late")

    raised_by(lambda: boundary(library.visit, each, 1, deadline=SHORT_S))
    library.release()
    wait_until(lambda: boundary.workers.busy == 0)
    assert done == [1]
    assert boundary(library.return_code, 7, operation="file") == 7


def test_what_keeps_the_interpreter_cannot_be_left(boundary: Boundary) -> None:
    """A deadline would end nothing: it is refused."""
    with pytest.raises(ValueError, match="Py_GetVersion keeps the interpreter"):
        boundary(ctypes.pythonapi.Py_GetVersion, deadline=SHORT_S)


def test_a_forked_child_goes_on(boundary: Boundary, library: ctypes.CDLL) -> None:
    """While another thread hangs in C, and from within a callback: its calls have workers."""
    children: list[int] = []

    @visitor
    @boundary.callback
    def each(number: int) -> int:
        children.append(os.fork())
        return number

    raised_by(lambda: boundary(library.hang, deadline=SHORT_S))
    called = boundary(library.visit, each, 1)
    if children == [0]:
        status = 1
        try:
            good = boundary(library.return_code, 7, deadline=LONG_S) == called + 6
            failure = raised_by(lambda: boundary(library.return_code, -5, deadline=LONG_S))
            status = 0 if good and failure.errno == 5 and boundary.workers.busy == 0 else 2
        finally:
            os._exit(status)
    assert os.waitpid(children[0], 0)[1] == 0
    library.release()


PROGRAM = """
import ctypes, sys
from vexfsctl.guard.ffi import safe_ffi_call
library = ctypes.CDLL(sys.argv[1])
try:
    safe_ffi_call(library.hang, deadline=0.02)
except TimeoutError as late:
    print(type(late).__name__)
"""


def test_a_call_that_never_returns_does_not_keep_the_program(library_file: Path) -> None:
    """It ends, and with status 0."""
    ran = run(
        (sys.executable, "-c", PROGRAM, library_file),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "TimeoutError\n", "")


def test_the_watch_of_a_volume_ends_calls_as_well(library: ctypes.CDLL) -> None:
    """At the deadline of the operation type: C returns later, and its result is not used."""
    volume, lines = GuardedVolume(), Lines()
    boundary = Boundary(guard=volume.guard, clock=volume.clock, log=lines.append)

    def slow(code: int) -> int:
        volume.pass_time(6)
        result: int = library.return_code(code)
        return result

    failure = raised_by(lambda: boundary(slow, 0))
    assert (type(failure), failure.errno) == (CallAbandoned, ETIMEDOUT)
    assert boundary(slow, 0, fallback=-7) == -7
    timed_out = [line for line in volume.lines if " timeout " in line]
    assert len(timed_out) == 2
    for line, record in zip(lines, timed_out, strict=True):
        assert "FFI call slow timed out: -110" in line
        assert line.split()[2] == record.split()[1]
