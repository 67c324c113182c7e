"""The C library of these tests, built once, and boundaries on virtual time."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from tests.support.clock import VirtualClock
from tests.support.privileges import require
from vexfsctl.guard.ffi import Boundary

SOURCE = Path(__file__).with_name("library.c")

_VISITOR = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)


@pytest.fixture(scope="session")
def library_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared library."""
    require("cc")
    file = tmp_path_factory.mktemp("library") / "libtried.so"
    run(("cc", "-shared", "-fPIC", "-pthread", "-o", file, SOURCE), check=True)
    return file


@pytest.fixture
def library(library_file: Path) -> ctypes.CDLL:
    """The library as ctypes loads it by default: without errno."""
    return ctypes.CDLL(str(library_file))


def visitor(function: Callable[[int], int]) -> Any:
    """Return *function* as C can call it."""
    return _VISITOR(function)


class Lines(list[str]):
    """A log."""


@pytest.fixture
def lines() -> Lines:
    """What the boundary has logged."""
    return Lines()


@pytest.fixture
def clock() -> VirtualClock:
    """The time of the boundary."""
    return VirtualClock(now_ns=1_000_000_000)


@pytest.fixture
def boundary(lines: Lines, clock: VirtualClock) -> Boundary:
    """A boundary of its own."""
    return Boundary("tried", log=lines.append, clock=clock)


def raised_by(call: Callable[[], object]) -> OSError:
    """What *call* raises."""
    with pytest.raises(OSError) as caught:
        call()
    return caught.value
