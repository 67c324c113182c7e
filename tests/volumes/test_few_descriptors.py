"""A driver with few descriptors: it serves as many files as its backing has."""

import contextlib
import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.volume_under_limit import volume_under_limit
from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveVolume, Volumes

pytestmark = pytest.mark.privileged("fuse")

LIMIT = 128
FILES = 600


@pytest.fixture(params=["by handle", "by name"])
def limited(request: pytest.FixtureRequest, volumes: Volumes) -> Iterator[LiveVolume]:
    """A volume of many files, whose driver may open few and cannot raise its limit."""
    volume = volumes.place()
    for directory in range(3):
        (volume.source / f"directory{directory}").mkdir()
        for number in range(FILES // 3):
            (volume.source / f"directory{directory}" / f"file{number:04d}").write_bytes(b"x")
    places = (volume.source, volume.mountpoint, volume.name)
    by_handle = request.param == "by handle"
    with volume_under_limit(*places, descriptors=LIMIT, handles=by_handle):
        yield volume


@contextlib.contextmanager
def opened(paths: list[Path], flags: int) -> Iterator[tuple[list[int], set[int]]]:
    """The files of *paths* that can be opened at once, and why the others could not."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    numbers: list[int] = []
    refusals: set[int] = set()
    try:
        for path in paths:
            try:
                numbers.append(os.open(path, flags))
            except OSError as refused:
                refusals.add(refused.errno or 0)
        yield numbers, refusals
    finally:
        for number in numbers:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def files_of(volume: LiveVolume) -> list[Path]:
    """All files of the volume."""
    return sorted(volume.mountpoint.glob("*/file*"))


def descriptors_of(volume: LiveVolume) -> int:
    """How many descriptors the driver has open."""
    return len(os.listdir(f"/proc/{volume.driver.pid}/fd"))


def test_all_files_are_counted_and_removed(limited: LiveVolume) -> None:
    """du and rm see every one, though the kernel remembers more of them than may be open."""
    idle = descriptors_of(limited)
    counted = subprocess.run(
        ["du", "--inodes", "-s", limited.mountpoint], capture_output=True, text=True, check=False
    )

    assert counted.stderr == ""
    assert counted.stdout.split() == [str(FILES + 4), str(limited.mountpoint)]
    wait_until(lambda: descriptors_of(limited) == idle)
    subprocess.run(["rm", "-r", *limited.mountpoint.iterdir()], check=True)
    assert list(limited.source.iterdir()) == []
    wait_until(lambda: descriptors_of(limited) == idle)
    assert limited.attribute("errors/total") == "0"


def test_one_user_does_not_take_the_volume_from_others(limited: LiveVolume) -> None:
    """Who opens too many files gets EMFILE; everything but opening more works, and check warns."""
    files = files_of(limited)
    with opened(files, os.O_RDONLY) as (numbers, refusals):
        assert refusals == {errno.EMFILE}
        assert 20 < len(numbers) < LIMIT
        assert [os.pread(number, 10, 0) for number in numbers] == [b"x"] * len(numbers)
        assert len(files_of(limited)) == FILES
        assert {path.stat().st_size for path in files} == {1}
        files[-1].rename(limited.mountpoint / "moved")
        with pytest.raises(OSError, match="Too many open files"):
            (limited.mountpoint / "new").touch()
        assert not (limited.source / "new").exists()
        checked = limited.run("check", limited.name)

    assert (limited.mountpoint / "moved").read_bytes() == b"x"
    assert checked.exit_status == 1
    assert "calls refused for want of a file descriptor" in checked.stdout


def test_removed_files_in_use_are_kept_up_to_a_bound(limited: LiveVolume) -> None:
    """With O_PATH, a file outlives its name; past the bound the oldest is ESTALE, nothing else."""
    with opened(files_of(limited)[:100], os.O_PATH) as (numbers, refusals):
        assert refusals == set()
        for path in files_of(limited)[:100]:
            path.unlink()
        outcomes = [_size(number) for number in numbers]

    kept = outcomes.count(1)
    assert 8 <= kept < 100
    assert outcomes == [-errno.ESTALE] * (100 - kept) + [1] * kept
    assert len(files_of(limited)) == FILES - 100


@pytest.mark.parametrize("limited", ["by name"], indirect=True)
def test_the_kernel_is_told_to_forget_what_is_pinned(limited: LiveVolume) -> None:
    """A file whose known name is removed is pinned; near the bound the kernel lets go of it."""
    if tuple(map(int, os.uname().release.split(".")[:2])) < (6, 18):
        pytest.skip("FUSE has PRUNE from Linux 6.18 on")
    idle, files = descriptors_of(limited), files_of(limited)[:100]
    for file in files:
        link = limited.mountpoint / file.name
        link.hardlink_to(file)
        assert link.stat().st_nlink == 2

    for file in files:
        (limited.mountpoint / file.name).unlink()

    wait_until(lambda: descriptors_of(limited) < idle + 8)
    assert {file.stat().st_nlink for file in files} == {1}


def _size(number: int) -> int:
    """The size of an open file, or a negative errno."""
    try:
        return os.fstat(number).st_size
    except OSError as failure:
        return -(failure.errno or 0)
