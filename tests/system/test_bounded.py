"""Work that is given up after a while."""

import threading

import pytest

from vexfsctl.exceptions import DeadlineExceeded
from vexfsctl.system.bounded import run_bounded


def test_result_and_exception_come_back() -> None:
    """As if it had been called here, None included."""
    assert run_bounded(lambda: 7, 30, what="counting") == 7
    assert run_bounded(lambda: None, 30, what="nothing") is None
    with pytest.raises(ZeroDivisionError):
        run_bounded(lambda: 1 // 0, 30, what="dividing")


def test_what_does_not_end_is_left_behind() -> None:
    """Named, with its bound."""
    release = threading.Event()
    try:
        with pytest.raises(DeadlineExceeded, match=r"waiting did not end within 0\.05 s"):
            run_bounded(release.wait, 0.05, what="waiting")
    finally:
        release.set()
