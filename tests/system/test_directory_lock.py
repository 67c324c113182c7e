"""Holding a directory: one at a time, made and removed with the hold."""

import os
import threading
from pathlib import Path

import pytest

from vexfsctl.exceptions import ActionFailed, DeadlineExceeded
from vexfsctl.system.directory_lock import hold_directory


def test_an_empty_directory_lasts_as_long_as_the_hold(tmp_path: Path) -> None:
    """It is made with its parents and removed again, alone."""
    directory = tmp_path / "a" / "b"

    with hold_directory(directory, timeout_s=1):
        assert directory.is_dir()

    assert os.listdir(tmp_path / "a") == []


def test_what_is_in_it_stays(tmp_path: Path) -> None:
    """Only an empty directory goes."""
    with hold_directory(tmp_path, timeout_s=1):
        (tmp_path / "file").touch()

    assert os.listdir(tmp_path) == ["file"]


def test_a_second_holder_gives_up(tmp_path: Path) -> None:
    """After its time, with who is in the way."""
    with (
        hold_directory(tmp_path, timeout_s=1),
        pytest.raises(DeadlineExceeded, match="another vexfsctl is at work"),
        hold_directory(tmp_path, timeout_s=0),
    ):
        pass


def test_a_file_in_its_place(tmp_path: Path) -> None:
    """Named, not a trace."""
    (tmp_path / "file").touch()

    with (
        pytest.raises(ActionFailed, match=r"cannot make .*file"),
        hold_directory(tmp_path / "file", timeout_s=0),
    ):
        pass


def test_many_holders_never_hold_it_together(tmp_path: Path) -> None:
    """Though each removes the directory the next one waits for."""
    directory = tmp_path / "held"
    inside: list[int] = []
    seen: list[int] = []

    def work() -> None:
        for _ in range(25):
            with hold_directory(directory, timeout_s=60):
                inside.append(1)
                seen.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [1] * 100
