import os
import select
import subprocess
from pathlib import Path

import pytest

from tests.devices.conftest import SilentMount
from vexfsctl.devices.fusectl import abort_connection, connection_of
from vexfsctl.devices.mountinfo import Mount, parse_mountinfo, read_mounts
from vexfsctl.exceptions import DeviceActionFailed, FacilityUnavailable

BOUND_S = 10.0
(FUSE,) = parse_mountinfo("42 27 0:39 / /mnt rw - fuse.vexfs vexfs rw")
(FUSEBLK,) = parse_mountinfo("42 27 8:1 / /mnt rw - fuseblk /dev/sda1 rw")
NUMBERS = {"39": FUSE, str((8 << 20) + 1): FUSEBLK}


@pytest.fixture
def connections(tmp_path: Path) -> Path:
    """A copy of /sys/fs/fuse/connections with the connections of FUSE and FUSEBLK."""
    root = tmp_path / "connections"
    for number in NUMBERS:
        (root / number).mkdir(parents=True)
        (root / number / "abort").touch()
    return root


def test_only_fuse_mounts_have_connections() -> None:
    """Another type is refused before anything is opened."""
    (ext4,) = parse_mountinfo("42 27 0:39 / /mnt rw - ext4 none rw")

    with pytest.raises(DeviceActionFailed, match="/mnt is ext4, not a FUSE mount"):
        abort_connection(ext4, connections=Path("/nowhere"))


@pytest.mark.parametrize(("number", "mount"), NUMBERS.items())
def test_a_connection_is_named_by_the_device_number(
    connections: Path, number: str, mount: Mount
) -> None:
    """The minor for FUSE; fuseblk has a block device, whose major counts too. No other is hit."""
    assert abort_connection(mount, connections=connections) is True

    written = {path.parent.name for path in connections.glob("*/abort") if path.read_text() == "1"}
    assert written == {number}


def test_a_connection_that_is_gone_is_an_answer(connections: Path) -> None:
    """Aborting what is gone changes nothing and is no failure."""
    (connections / "39").rename(connections / "40")

    assert abort_connection(FUSE, connections=connections) is False


def test_a_kernel_without_fuse_is_said(tmp_path: Path) -> None:
    """Without the directory there is no FUSE to abort."""
    with pytest.raises(FacilityUnavailable, match="no FUSE in this kernel"):
        abort_connection(FUSE, connections=tmp_path / "connections")


@pytest.mark.privileged("fuse")
def test_aborting_frees_who_waits_in_a_silent_mount(silent_fuse: SilentMount) -> None:
    """A stat that hangs fails with ENOTCONN after the abort; fusectl is mounted nowhere new."""
    before = fusectl_mounts()
    stuck = subprocess.Popen(
        ["stat", silent_fuse.mount.mount_point], stderr=subprocess.PIPE, text=True
    )
    try:
        asked, _, _ = select.select([silent_fuse.server], [], [], BOUND_S)
        assert asked == [silent_fuse.server]

        assert abort_connection(silent_fuse.mount) is True

        _, words = stuck.communicate(timeout=BOUND_S)
    finally:
        stuck.kill()
    assert "Transport endpoint is not connected" in words
    assert fusectl_mounts() == before


@pytest.mark.privileged("fuse")
def test_the_connection_goes_with_its_server_and_mount(silent_fuse: SilentMount) -> None:
    """Once the server is gone and the mount taken off, there is nothing left to abort."""
    os.close(silent_fuse.server)
    subprocess.run(["umount", "-l", silent_fuse.mount.mount_point], check=True)

    assert abort_connection(silent_fuse.mount) is False


def test_a_number_that_is_reused_is_another_connection(connections: Path) -> None:
    """What was opened before an unmount aborts its own connection, never a later one."""
    first = connections / "39/abort"
    with connection_of(FUSE, connections=connections) as abort:
        first.unlink()
        first.touch()

        assert abort() is True

    assert first.read_text() == ""


def fusectl_mounts() -> list[Mount]:
    """Where fusectl is mounted now."""
    return [mount for mount in read_mounts() if mount.fs_type == "fusectl"]
