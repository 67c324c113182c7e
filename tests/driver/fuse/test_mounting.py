"""Mounting as an ordinary user, and the reasons why FUSE cannot be had."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.privileged("fuse", shares=("mounts of labs",))

BOUND_S = 30.0

AS_NOBODY = """
import ctypes, json, os, pathlib, sys
from tests.driver.fuse.memory import MemoryFilesystem
from vexfsctl.driver.fuse import Connection, MountOptions, mounting, serve
from vexfsctl.exceptions import VexfsctlException

NOBODY = 65534
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
directory, device_mode = pathlib.Path(sys.argv[1]), int(sys.argv[2])
device, mountpoint = directory / "device", directory / "mount"

# A mount namespace of its own, in which /dev/fuse has the mode that udevd would give it.
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(CLONE_NEWNS) == 0
assert libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
assert libc.mount(b"none", os.fsencode(directory), b"tmpfs", 0, None) == 0
directory.chmod(0o755)
os.mknod(device, 0o20000, os.makedev(10, 229))
device.chmod(device_mode)
mountpoint.mkdir()
os.chown(mountpoint, NOBODY, NOBODY)
assert libc.mount(os.fsencode(device), b"/dev/fuse", None, MS_BIND, None) == 0
os.setgroups([])
os.setgid(NOBODY)
os.setuid(NOBODY)

answer = {}
try:
    options = MountOptions(source="a,b c", subtype="test", read_only=True)
    connection = Connection.mount(mountpoint, options)
    serve(connection, MemoryFilesystem(f=b"content"), on_crash=print)
    lines = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    answer["mounted"] = [line.split()[:3] for line in lines if line.split()[1] == str(mountpoint)]
    answer["content"] = (mountpoint / "f").read_text()
    try:
        (mountpoint / "new").touch()
    except OSError as exception:
        answer["touch"] = exception.strerror
    connection.unmount()
    answer["closed"] = connection.wait(10)
    mounting.unmount(str(mountpoint))
    answer["unmounted again"] = True
except VexfsctlException as exception:
    answer["exception"] = [type(exception).__name__, exception.message]
json.dump(answer, sys.stdout)
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty directory that every user may reach, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def run_as_nobody(directory: Path, *, device_mode: int) -> dict[str, object]:
    """What AS_NOBODY found where /dev/fuse has *device_mode*."""
    result = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, directory, str(device_mode)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.privileged("fusermount3")
def test_user_mounts_through_fusermount3(directory: Path) -> None:
    """A user's mount passes the descriptor on, keeps its options, serves, and unmounts."""
    mountpoint = str(directory / "mount")

    assert run_as_nobody(directory, device_mode=0o666) == {
        "mounted": [["a,b\\040c", mountpoint, "fuse.test"]],
        "content": "content",
        "touch": "Read-only file system",
        "closed": True,
        "unmounted again": True,
    }


def test_user_without_access_to_the_device_is_told(directory: Path) -> None:
    """Where only root may open /dev/fuse, the mount says so."""
    reason = "/dev/fuse: Permission denied"

    assert run_as_nobody(directory, device_mode=0o600) == {
        "exception": ["FacilityUnavailable", f"FUSE cannot be used here: {reason}"],
    }
