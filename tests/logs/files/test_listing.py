"""Directories of logs: what is in them, and what happens where they do not answer."""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.listing import ask, list_files
from vexfsctl.logs.sources.following.follower import LogFollower
from vexfsctl.logs.sources.reader import LogHost, read_sources

_MNT_DETACH = 2


@pytest.fixture
def dead_mount(tmp_path: Path) -> Iterator[Path]:
    """A directory on which whoever touches it waits for a server that never answers."""
    directory = tmp_path / "dead"
    directory.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    assert libc.mount(b"dead", os.fsencode(directory), b"fuse", 0, options) == 0
    yield directory
    libc.umount2(os.fsencode(directory), _MNT_DETACH)
    os.close(server)


@pytest.mark.privileged("fuse")
@pytest.mark.parametrize("name", [".", "kern.log", "kern.log*"])
def test_a_dead_mount_is_given_up(dead_mount: Path, name: str) -> None:
    """A directory, a file and a pattern, also to follow; this process never touches them."""
    with pytest.raises(LogUnreadable, match=r"no answer within 0\.2 s"):
        read_sources([str(dead_mount / name)], LogHost(silence_s=0.2))
    with pytest.raises(LogUnreadable, match=r"no answer within 0\.2 s"):
        list_files(str(dead_mount / name), 0.2)
    with pytest.raises(LogUnreadable, match=r"no answer within 0\.2 s"):
        LogFollower([str(dead_mount / name)], LogHost(silence_s=0.2))


def test_only_the_files_of_a_directory_itself(tmp_path: Path) -> None:
    """Neither hidden ones, nor what is below or no regular file; links are followed."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "kern.log").write_text("1")
    (tmp_path / ".hidden").write_text("2")
    (tmp_path / "kern.log").write_text("345")
    (tmp_path / "link").symlink_to("below/kern.log")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "through").symlink_to("kern.log/below")
    os.mkfifo(tmp_path / "fifo")

    found = list_files(str(tmp_path), 20)

    assert {path.name: identity.size for path, identity in found.items()} == {
        "kern.log": 3,
        "link": 1,
    }
    assert list_files(f"{tmp_path}/*.log", 20).keys() == {tmp_path / "kern.log"}


def test_an_exception_of_the_child_is_the_reason(tmp_path: Path) -> None:
    """As if it had been raised here."""
    with pytest.raises(LogUnreadable, match=r"^No such file or directory$"):
        ask(lambda: os.listdir(tmp_path / "missing"), 20)
