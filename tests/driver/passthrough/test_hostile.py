"""A mount among other users, other mounts, and a backing filesystem that fails halfway."""

import contextlib
import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver.fuse.memory import MemoryFilesystem
from tests.driver.passthrough.conftest import BOUND_S, MountedVolume, VolumeMaker
from vexfsctl.driver.fuse import Connection, MountOptions, Reply, serve
from vexfsctl.driver.fuse.requests import Read
from vexfsctl.model.volume import RetrySettings

pytestmark = pytest.mark.privileged("fuse")


@contextlib.contextmanager
def served(filesystem: MemoryFilesystem, mountpoint: Path) -> Iterator[None]:
    """The filesystem in memory, mounted within the block."""
    connection = Connection.mount(mountpoint, MountOptions(source="memory", subtype="test"))
    serve(connection, filesystem, on_crash=lambda crash: None)
    try:
        yield
    finally:
        connection.abort()
        assert connection.wait(BOUND_S)


READ_MAPPED = """
import mmap, sys
file = open(sys.argv[1], "rb")
sys.stdout.write(str(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[int(sys.argv[2])]))
"""
READ_ONCE = """
import os, sys
sys.stdout.buffer.write(os.read(os.open(sys.argv[1], os.O_RDONLY), 16384))
"""


def run_python(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run *script* in a process of its own.

    A page fault keeps the interpreter lock, so whoever serves a mapping must not be the one who
    reads it.
    """
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, timeout=BOUND_S, check=False)


@pytest.mark.parametrize("way", ["read", "mapped"])
def test_a_bad_block_is_an_error_and_never_zeros(
    way: str, make_volume: VolumeMaker, tmp_path: Path
) -> None:
    """Bytes beyond a bad block are EIO (or SIGBUS), though those before it could be read."""
    backing = MemoryFilesystem(file=b"good" * 4096)

    def read(request: Read, reply: Reply) -> None:
        good = backing.data[request.header.nodeid][:8192]
        if request.offset >= len(good):
            reply.error(errno.EREMOTEIO)
        else:
            reply.send(bytes(good[request.offset : request.offset + request.size]))

    backing.intercept(Read, read)
    with served(backing, tmp_path):
        volume = make_volume(tmp_path)
        volume.guard.retry = RetrySettings(max_attempts=1)
        path = volume.mountpoint / "file"
        script = {
            "read": f"dd if={path} bs=16384 count=1 status=none",
            "mapped": f'python3 -c \'import mmap; f = open("{path}"); '
            f"print(mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[12000])'",
        }[way]
        done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=BOUND_S)

        assert done.returncode != 0
        assert done.stdout == b""
        with path.open("rb", buffering=0) as file:
            assert os.pread(file.fileno(), 8192, 0) == b"good" * 2048


def test_many_users_at_once_own_what_they_make(volume: MountedVolume) -> None:
    """Threads that serve different users by turns never mix them up."""
    users = [0, 1001, 1002, 1003, 1004, 65534]
    script = "umask 027; for n in $(seq 40); do mkdir $USER-$n; echo $n > $USER-$n/file; done"
    makers = [
        subprocess.Popen(
            ["sh", "-c", script],
            user=uid,
            group=uid + 1,
            extra_groups=[uid + 2],
            cwd=volume.mountpoint,
            env={"USER": str(uid), "PATH": os.environ["PATH"]},
        )
        for uid in users
    ]
    assert [maker.wait(BOUND_S * 3) for maker in makers] == [0] * len(users)

    for uid in users:
        for path in volume.source.glob(f"{uid}-*"):
            for made, mode in ((path, 0o750), (path / "file", 0o640)):
                status = made.stat()
                assert (status.st_uid, status.st_gid) == (uid, uid + 1)
                assert status.st_mode & 0o777 == mode
    assert len(list(volume.source.iterdir())) == 40 * len(users)


def test_many_writers_append_whole_lines(volume: MountedVolume) -> None:
    """Lines that processes append to one file at once are all there and none is torn."""
    log = volume.mountpoint / "log"
    log.touch()
    script = "for n in $(seq 200); do echo line $n of $0 and so on >> $1; done"
    writers = [
        subprocess.Popen(["sh", "-c", script, f"writer{number}", log]) for number in range(4)
    ]
    assert [writer.wait(BOUND_S * 3) for writer in writers] == [0] * 4

    lines = (volume.source / "log").read_text().splitlines()
    expected = [f"line {n} of writer{w} and so on" for w in range(4) for n in range(1, 201)]
    assert sorted(lines) == sorted(expected)


def test_what_is_mounted_inside_the_source(volume: MountedVolume) -> None:
    """Another filesystem inside is served with its own statistics, and its inodes are not taken
    for those of the source."""
    inner = volume.source / "inner"
    inner.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", inner], check=True)
    try:
        for path in (volume.mountpoint / "outside", volume.mountpoint / "inner/inside"):
            path.write_bytes(b"x")
        inside = volume.mountpoint / "inner/inside"

        assert os.statvfs(inside).f_blocks == os.statvfs(inner).f_blocks
        assert inside.stat().st_ino != (inner / "inside").stat().st_ino
        with os.scandir(inside.parent) as entries:
            assert [entry.inode() for entry in entries] == [inside.stat().st_ino]
        with pytest.raises(OSError) as across:
            inside.rename(volume.mountpoint / "moved")
        assert across.value.errno == errno.EXDEV
    finally:
        volume.connection.unmount()
        volume.passthrough.close()
        subprocess.run(["umount", inner], check=True)


def test_changes_behind_the_mount_show(volume: MountedVolume) -> None:
    """What changes in the backing directory itself is seen at once through an open file, and by
    name as soon as the kernel asks again."""
    (volume.source / "file").write_bytes(b"before")
    with (volume.mountpoint / "file").open("rb", buffering=0) as file:
        assert file.read() == b"before"
        (volume.source / "file").write_bytes(b"behind it")
        assert os.pread(file.fileno(), 100, 0) == b"behind it"
        assert run_python(READ_MAPPED, volume.mountpoint / "file", "0").stdout == b"98"
    (volume.source / "file").unlink()
    (volume.source / "new").write_bytes(b"x")
    assert (volume.mountpoint / "new").read_bytes() == b"x"
    time.sleep(1.1)
    assert not (volume.mountpoint / "file").exists()


def test_nothing_is_held_after_use(volume: MountedVolume) -> None:
    """When the kernel has forgotten everything, only the root is left."""
    for number in range(300):
        path = volume.mountpoint / f"{number}"
        path.write_bytes(b"x")
        path.with_suffix(".d").mkdir()
    for number in range(300):
        path = volume.mountpoint / f"{number}"
        path.unlink()
        path.with_suffix(".d").rmdir()

    end = time.monotonic() + BOUND_S
    backing = volume.passthrough.backing
    while (len(backing.inodes), len(backing.files)) != (1, 0):
        assert time.monotonic() < end, (len(backing.inodes), len(backing.files))
        time.sleep(0.01)
