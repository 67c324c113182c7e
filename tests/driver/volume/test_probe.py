"""Harmless calls: what each is made on, and how its end is told."""

from pathlib import Path

import pytest

from vexfsctl.driver.volume.probe import FileRange, ProbeResult, send_probe
from vexfsctl.model.operations import OperationType

BOUND_S = 30.0


@pytest.fixture
def mountpoint(tmp_path: Path) -> Path:
    """A directory as a volume may have it: an empty file, one at the top, one further down."""
    (tmp_path / "empty").touch()
    (tmp_path / "notes").write_text("top")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    (tmp_path / "deep" / "down" / "data").write_bytes(bytes(8192))
    (tmp_path / "link").symlink_to("/etc/passwd")
    return tmp_path


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        (OperationType.SUPERBLOCK, "statfs of {}"),
        (OperationType.INODE, "getattr of {}"),
        (OperationType.FILE, "read of {}/notes"),
        (OperationType.DIRECTORY, "listing of {}"),
        (OperationType.VECTOR, "getxattr user.vexfs.dim of {}"),
        (OperationType.STORAGE, "read of {}/notes"),
        (OperationType.SYNC, "fsync of {}/notes"),
    ],
)
def test_each_type_has_its_call(mountpoint: Path, operation: OperationType, call: str) -> None:
    """Each succeeds on a healthy directory; those on a file take one with content near the top."""
    result = send_probe(mountpoint, operation, None, BOUND_S)

    assert result == ProbeResult(call.format(mountpoint), None)


def test_the_file_that_failed_is_tried_again(mountpoint: Path) -> None:
    """By its inode, wherever it is now; another only when it is gone."""
    data = mountpoint / "deep" / "down" / "data"
    failed = FileRange(data.stat().st_ino, offset=4096, length=4096)
    moved = data.rename(mountpoint / "deep" / "moved")

    again = send_probe(mountpoint, OperationType.STORAGE, failed, BOUND_S)
    moved.unlink()
    instead = send_probe(mountpoint, OperationType.STORAGE, failed, BOUND_S)

    assert again == ProbeResult(f"read of {moved}", None)
    assert instead == ProbeResult(f"read of {mountpoint}/notes", None)


def test_a_volume_without_a_file_says_so(tmp_path: Path) -> None:
    """Nothing is written to have one."""
    result = send_probe(tmp_path, OperationType.SYNC, None, BOUND_S)

    assert result == ProbeResult(f"fsync of {tmp_path}", "there is no file to try it with")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("operation", list(OperationType))
def test_an_error_is_told_in_words(tmp_path: Path, operation: OperationType) -> None:
    """Whatever the call is."""
    result = send_probe(tmp_path / "nowhere", operation, None, BOUND_S)

    assert result.error in ("No such file or directory", "there is no file to try it with")


def test_no_answer_in_time_is_an_answer(mountpoint: Path) -> None:
    """The child is left behind, and that is said."""
    result = send_probe(mountpoint, OperationType.SUPERBLOCK, None, 0.0)

    assert result == ProbeResult(f"statfs of {mountpoint}", "no answer within 0.0 s")
