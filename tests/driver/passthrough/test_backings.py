"""What the backing filesystem is: one without ACLs, and those of the kernel's own state."""

import contextlib
import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.driver.passthrough.conftest import MountedVolume, VolumeMaker
from tests.driver.passthrough.test_agreement import describe, run_scenario
from vexfsctl.driver.file_flags import GET_FLAGS
from vexfsctl.driver.fuse import ROOT_NODEID
from vexfsctl.driver.fuse.requests import Create, RequestHeader
from vexfsctl.driver.passthrough.data import Data
from vexfsctl.model.operations import OperationType

pytestmark = pytest.mark.privileged("fuse")

NOBODY = 65534


@pytest.fixture
def mount_inside(reachable_path: Path) -> Iterator[Callable[[Path, str], None]]:
    """Mounts a filesystem of that type on an empty directory, made here; gone afterwards."""
    mounted: list[Path] = []

    def mount(place: Path, type_: str) -> None:
        place.mkdir()
        subprocess.run(["mount", "-t", type_, "none", place], check=True)
        mounted.append(place)

    yield mount
    for place in reversed(mounted):
        subprocess.run(["umount", "--lazy", place], check=True)


def errno_as_nobody(call: str, path: Path) -> str:
    """Name of the errno that os.*call* of *path* fails with for nobody, `ok` if it does not."""
    script = f"""
import errno, os
os.setgroups([]), os.setresgid(*3 * [{NOBODY}]), os.setresuid(*3 * [{NOBODY}])
try:
    os.{call.replace("PATH", repr(str(path)))}
    print("ok")
except OSError as failure:
    print(errno.errorcode[failure.errno])
"""
    done = subprocess.run([sys.executable, "-c", script], stdout=-1, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "name",
    [
        "closed_directories_stay_closed",
        "new_things_belong_to_their_maker",
        "changing_owner_and_group",
        "changing_modes",
        "programs_run_without_being_readable",
        "groups_count_from_one_call_to_the_next",
        "large_directories",
    ],
)
def test_a_backing_without_acls_serves_every_user(
    name: str,
    make_volume: VolumeMaker,
    reachable_path: Path,
    mount_inside: Callable[[Path, str], None],
) -> None:
    """On ramfs, which has neither ACLs nor attributes, users may do what they may do there."""
    base = reachable_path / "ramfs"
    mount_inside(base, "ramfs")
    for part in ("plain", "source"):
        (base / part).mkdir()
        (base / part).chmod(0o1777)
    volume = make_volume(base / "source")

    assert run_scenario(name, volume.mountpoint) == run_scenario(name, base / "plain")
    assert describe(volume.mountpoint) == describe(volume.source) == describe(base / "plain")


def test_acls_where_there_are_none(
    make_volume: VolumeMaker, reachable_path: Path, mount_inside: Callable[[Path, str], None]
) -> None:
    """Reading one finds none, setting one is refused as on the backing itself."""
    base = reachable_path / "ramfs"
    mount_inside(base, "ramfs")
    base.chmod(0o1777)
    path = make_volume(base).mountpoint / "file"
    assert errno_as_nobody("close(os.open(PATH, os.O_CREAT))", path) == "ok"
    acl = "02000000" + "01000600ffffffff" + "04000600ffffffff" + "20000400ffffffff"

    for name in ("system.posix_acl_access", "system.posix_acl_default"):
        assert errno_as_nobody(f"getxattr(PATH, {name!r})", path) == "ENODATA"
    set_one = f"setxattr(PATH, 'system.posix_acl_access', bytes.fromhex({acl!r}))"
    assert errno_as_nobody(set_one, path) == "ENOTSUP"
    assert errno_as_nobody("setxattr(PATH, 'user.key', b'')", path) == "ENOTSUP"
    assert errno_as_nobody("getxattr(PATH, 'user.key')", path) == "ENOTSUP"


def test_flags_and_direct_io_where_there_are_none(
    make_volume: VolumeMaker, reachable_path: Path, mount_inside: Callable[[Path, str], None]
) -> None:
    """They get the answer of the backing itself, which is not a failure."""
    base = reachable_path / "ramfs"
    mount_inside(base, "ramfs")
    volume = make_volume(base)

    for directory in (base, volume.mountpoint):
        with pytest.raises(OSError) as none, opened_directory(directory) as descriptor:
            fcntl.ioctl(descriptor, GET_FLAGS, bytes(8))
        assert none.value.errno == errno.ENOTTY
        for name in ("new", "new"):
            with pytest.raises(OSError) as refused:
                os.open(directory / name, os.O_CREAT | os.O_RDWR | os.O_DIRECT)
            assert refused.value.errno == errno.EINVAL
    status = volume.guard.status(OperationType.INODE)
    assert (status.calls > 0, status.failures) == (True, 0)


@contextlib.contextmanager
def opened_directory(path: Path) -> Iterator[int]:
    """A descriptor of *path*."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.mark.privileged("fuse", "loop")
def test_direct_io_on_a_disk_of_large_sectors(
    make_volume: VolumeMaker, reachable_path: Path
) -> None:
    """What a disk of 4096-byte sectors refuses, others take: it is the backing that says it."""
    image, base = reachable_path / "image", reachable_path / "base"
    image.touch()
    os.truncate(image, 32 << 20)
    base.mkdir()
    device = run("losetup", "--find", "--show", "--sector-size", "4096", image).strip()
    try:
        run("mkfs.ext4", "-q", device)
        run("mount", device, base)
        try:
            for part in ("plain", "source"):
                (base / part).mkdir()
                (base / part).chmod(0o1777)
            volume = make_volume(base / "source")

            expected = run_scenario("direct_io", base / "plain")
            assert run_scenario("direct_io", volume.mountpoint) == expected
            assert {"write 512 at 0 EINVAL", "write 4096 at 4096 4096"} <= set(expected)
        finally:
            run("umount", "--lazy", base)
    finally:
        run("losetup", "--detach", device)


def run(*command: str | Path) -> str:
    """What *command* prints; it must succeed."""
    return subprocess.run(command, stdout=-1, text=True, check=True).stdout


@pytest.mark.parametrize("type_", ["proc", "sysfs", "cgroup2", "debugfs", "tracefs", "securityfs"])
def test_state_of_the_kernel_mounted_inside(
    type_: str, volume: MountedVolume, mount_inside: Callable[[Path, str], None]
) -> None:
    """It is listed and closed to everybody: what is in it would be the driver's own."""
    mount_inside(volume.source / "inside", type_)
    inside = volume.mountpoint / "inside"

    assert os.listdir(volume.mountpoint) == ["inside"]
    for call in ("stat(PATH)", "listdir(PATH)"):
        assert errno_as_nobody(call, inside) == "EACCES"
    assert errno_as_nobody("stat(PATH)", inside / "self/maps") == "EACCES"
    with pytest.raises(PermissionError):
        inside.stat()
    assert len(volume.passthrough.backing.inodes) == 1


def test_a_single_file_of_the_kernels_state(volume: MountedVolume) -> None:
    """A file of procfs that is bound over another is refused, also to a CREATE that comes upon it
    because it was bound after the kernel had found the name free."""
    place = volume.source / "file"
    place.touch()
    subprocess.run(["mount", "--bind", f"/proc/{os.getpid()}/maps", place], check=True)
    backing = volume.passthrough.backing
    create = Create(RequestHeader(1, 0, ROOT_NODEID, 0, 0, 0), b"file", os.O_RDONLY, 0o600, 0)
    try:
        with pytest.raises(PermissionError):
            (volume.mountpoint / "file").open()
        # In a thread of its own: it takes on the caller's umask.
        root = backing.open(backing.inodes.root)
        with ThreadPoolExecutor(1) as executor, pytest.raises(PermissionError):
            executor.submit(Data(backing).handlers[Create], create, root).result()
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
    assert (len(backing.inodes), len(backing.files)) == (1, 0)
