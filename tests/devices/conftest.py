"""Real devices for the tests here: a loop device, an ext4 on it, a FUSE mount nobody answers."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vexfsctl.devices.loop import attach, detach
from vexfsctl.devices.mkfs import make_ext4
from vexfsctl.devices.mountinfo import Mount, mount_at, read_mounts
from vexfsctl.devices.mounts import make_mount, unmount

IMAGE_BYTES = 64 << 20


def take_off_all(mount_point: Path) -> None:
    """Unmount whatever is left on *mount_point*, however many are stacked there."""
    while mount_at(mount_point, read_mounts()):
        unmount(mount_point, lazy=True)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A sparse file of 64 MiB whose name needs escaping in mountinfo."""
    path = tmp_path / "disk image"
    path.touch()
    os.truncate(path, IMAGE_BYTES)
    return path


@pytest.fixture
def loop_device(image: Path) -> Iterator[Path]:
    """The image, attached."""
    device = attach(image)
    try:
        yield device
    finally:
        detach(device)


@pytest.fixture
def ext4(loop_device: Path, tmp_path: Path) -> Iterator[Path]:
    """A mounted ext4 on the loop device; its mount point."""
    mount_point = tmp_path / "mount point"
    mount_point.mkdir()
    make_ext4(loop_device, label="vexfs-test")
    make_mount(loop_device, mount_point, "ext4", ["errors=remount-ro"])
    try:
        yield mount_point
    finally:
        take_off_all(mount_point)


@dataclass(frozen=True, slots=True)
class SilentMount:
    """A FUSE mount whose server has the connection open and never says a word."""

    mount: Mount
    server: int
    """Descriptor of its end of the connection."""


@pytest.fixture
def silent_fuse(tmp_path: Path) -> Iterator[SilentMount]:
    """What a driver that hangs leaves: every stat(2) of it waits, even of the mount point."""
    mount_point = tmp_path / "silent mount"
    mount_point.mkdir()
    server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0"
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        result = libc.mount(b"none", os.fsencode(mount_point), b"fuse.silent", 0, options.encode())
        assert result == 0, os.strerror(ctypes.get_errno())
        mount = mount_at(mount_point, read_mounts())
        assert mount is not None
        yield SilentMount(mount, server)
    finally:
        # Closing the server's end frees whatever still waits.
        with contextlib.suppress(OSError):
            os.close(server)
        take_off_all(mount_point)
