"""Parts of a library: started and stopped together, under one correlation id."""

import ctypes
from errno import EIO

import pytest

from tests.guard.ffi.conftest import Lines, raised_by
from vexfsctl.guard.ffi import Boundary, CallRejected, Component, Components
from vexfsctl.model.operations import OperationType

VECTOR, SYNC = OperationType.VECTOR, OperationType.SYNC


@pytest.fixture(autouse=True)
def steps(library: ctypes.CDLL) -> None:
    """The library has not been started, and all its steps will succeed."""
    library.forget_steps.restype = None
    library.set_result.restype = None
    library.taken_steps.restype = ctypes.c_char_p
    library.forget_steps()


def parts(boundary: Boundary, library: ctypes.CDLL) -> Components:
    """Three parts, of which the first is needed by all."""
    return boundary.components(
        Component(
            "storage",
            library.storage_init,
            library.storage_exit,
            sync=library.storage_sync,
            required=True,
        ),
        Component(
            "vectors",
            library.vectors_init,
            library.vectors_exit,
            sync=library.vectors_sync,
            operation=VECTOR,
        ),
        Component("search", library.search_init, library.search_exit),
    )


def taken(library: ctypes.CDLL) -> str:
    """The steps that the library was told to take."""
    steps: bytes = library.taken_steps()
    return steps.decode().strip()


def test_storage_is_synced_before_anything_stops(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines
) -> None:
    """Parts start in order and stop in reverse order."""
    with parts(boundary, library) as running:
        assert running.failed == {}
        assert taken(library) == "storage_init vectors_init search_init"
        library.forget_steps()
    assert taken(library) == "storage_sync vectors_sync search_exit vectors_exit storage_exit"
    running.stop()
    assert taken(library).count("storage_sync") == 1
    assert lines == []


def test_a_part_that_does_not_start_is_done_without(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines
) -> None:
    """What needs it is refused at once, and served by fallbacks, until clean-up."""
    library.set_result(b"vectors_init", -12)
    with parts(boundary, library) as running:
        assert list(running.failed) == ["vectors"]
        search = boundary(operation="vector", fallback=(None,))(library.return_code)
        assert search(7) is None
        breaker = boundary.guard.status(VECTOR).breaker
        assert (breaker.state, breaker.reason) == ("forced_open", "vectors did not start")
        assert isinstance(
            raised_by(lambda: boundary(library.return_code, 7, operation="vector")), CallRejected
        )
        assert boundary(library.return_code, 7, operation="file") == 7
    assert boundary.guard.status(VECTOR).breaker.state == "closed"
    assert taken(library) == (
        "storage_init vectors_init search_init storage_sync search_exit storage_exit"
    )
    failed = "FFI call vectors_init failed: -12 (failure rate: 100%)"
    assert lines[0] == f"VexFS: [CALL-1] [{running.id}] {failed}"


def test_without_a_required_part_nothing_starts(boundary: Boundary, library: ctypes.CDLL) -> None:
    """What has started is synced and stopped again, and what the part raised is raised."""
    library.set_result(b"search_init", -5)
    components = boundary.components(
        Component("storage", library.storage_init, library.storage_exit, library.storage_sync),
        Component("search", library.search_init, library.search_exit, required=True),
    )
    assert raised_by(components.start).errno == EIO
    assert taken(library) == "storage_init search_init storage_sync storage_exit"


def test_clean_up_leaves_nothing_out(
    boundary: Boundary, library: ctypes.CDLL, lines: Lines
) -> None:
    """Each step is taken whatever failed before, and all failures are told, under one id."""
    for step in (b"vectors_init", b"storage_sync", b"search_exit"):
        library.set_result(step, -5)
    running = parts(boundary, library).start()
    failure = raised_by(running.stop)

    assert taken(library).endswith("storage_sync search_exit storage_exit")
    assert str(failure).startswith("[Errno 5] storage_sync failed: I/O error: flush operation")
    (note,) = failure.__notes__
    assert note.startswith("clean-up failed further: [Errno 5] search_exit failed")
    assert len(lines) == 3
    assert [f"[{running.id}]" in line for line in lines] == [True] * 3


def test_what_the_block_raised_is_raised(boundary: Boundary, library: ctypes.CDLL) -> None:
    """A failing clean-up is noted on it."""
    library.set_result(b"storage_sync", -5)
    with pytest.raises(KeyError) as caught, parts(boundary, library):
        raise KeyError("of the program")
    (note,) = caught.value.__notes__
    assert "storage_sync failed" in note
    assert taken(library).endswith("search_exit vectors_exit storage_exit")


def test_an_open_breaker_keeps_no_data_from_being_synced(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """Clean-up runs whatever the breakers say."""
    with parts(boundary, library):
        for _ in range(5):
            raised_by(lambda: boundary(library.return_code, -5, operation="sync"))
        assert boundary.guard.status(SYNC).breaker.state == "open"
    assert "storage_sync vectors_sync" in taken(library)


def test_a_breaker_that_an_operator_has_opened_stays_so(
    boundary: Boundary, library: ctypes.CDLL
) -> None:
    """A part that does not start opens it no further, and clean-up does not close it."""
    boundary.guard.operations[VECTOR].breaker.trip(reason="disk is being replaced")
    library.set_result(b"vectors_init", -12)
    with parts(boundary, library) as running:
        assert list(running.failed) == ["vectors"]
    breaker = boundary.guard.status(VECTOR).breaker
    assert (breaker.state, breaker.reason) == ("forced_open", "disk is being replaced")


def test_a_step_that_hangs_is_left_behind(boundary: Boundary, library: ctypes.CDLL) -> None:
    """The others are taken."""
    components = boundary.components(
        Component("storage", library.storage_init, library.storage_exit, library.hang),
        deadline=0.02,
    )
    assert isinstance(raised_by(components.start().stop), TimeoutError)
    assert taken(library) == "storage_init storage_exit"
    library.release()
