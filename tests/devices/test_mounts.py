import os
from pathlib import Path

import pytest

from tests.devices.conftest import SilentMount
from vexfsctl.devices.mountinfo import mount_at, read_mounts
from vexfsctl.devices.mounts import make_mount, remount_read_only, unmount
from vexfsctl.exceptions import MountFailed

NOBODY = 65534


@pytest.mark.privileged("loop")
def test_a_mount_has_its_options_and_goes_again(ext4: Path, loop_device: Path) -> None:
    """What was asked for stands in mountinfo; after unmounting nothing does."""
    mount = mount_at(ext4, read_mounts())

    assert mount is not None
    assert (mount.fs_type, mount.source) == ("ext4", str(loop_device))
    assert mount.super_options == ("rw", "errors=remount-ro")

    unmount(ext4)

    assert mount_at(ext4, read_mounts()) is None


@pytest.mark.privileged("loop")
def test_a_mount_in_use_stays_unless_lazy(ext4: Path) -> None:
    """An open file makes it busy, with a hint who; lazily it goes from the tree at once."""
    with (ext4 / "open").open("w"):
        with pytest.raises(MountFailed) as caught:
            unmount(ext4)
        assert caught.value.message == f"umount failed with status 32: {ext4}: target is busy."
        assert caught.value.hint == f"close what is in use there; `fuser -vm {ext4}` names it"

        unmount(ext4, lazy=True)

        assert mount_at(ext4, read_mounts()) is None


@pytest.mark.privileged("loop")
def test_a_remounted_filesystem_is_read_only_and_keeps_its_options(ext4: Path) -> None:
    """The superblock is, hence every mount of it; `errors=` stays as it was."""
    remount_read_only(ext4)

    mount = mount_at(ext4, read_mounts())
    assert mount is not None
    assert mount.super_options == ("ro", "errors=remount-ro")


@pytest.mark.privileged("loop")
def test_a_file_open_for_writing_keeps_it_writable(ext4: Path) -> None:
    """It is busy, with a hint who, and goes on as it was."""
    with (ext4 / "open").open("w"), pytest.raises(MountFailed) as caught:
        remount_read_only(ext4)

    assert caught.value.message == f"mount failed with status 32: {ext4}: mount point is busy."
    assert caught.value.hint == f"close what is in use there; `fuser -vm {ext4}` names it"
    mount = mount_at(ext4, read_mounts())
    assert mount is not None
    assert mount.super_options[0] == "rw"


@pytest.mark.privileged("loop")
def test_a_device_without_a_filesystem_is_not_mounted(loop_device: Path, tmp_path: Path) -> None:
    """mount(8) says why, and that is the message."""
    with pytest.raises(MountFailed, match=r"mount failed with status 32: .*wrong fs type"):
        make_mount(loop_device, tmp_path, "ext4")

    assert mount_at(tmp_path, read_mounts()) is None


@pytest.mark.privileged("fuse")
@pytest.mark.parametrize("lazy", [False, True])
def test_a_mount_that_does_not_answer_is_taken_off(silent_fuse: SilentMount, lazy: bool) -> None:
    """Unmounting never looks into the mount point, so a silent server cannot hold it up."""
    unmount(silent_fuse.mount.mount_point, lazy=lazy)

    assert mount_at(silent_fuse.mount.mount_point, read_mounts()) is None


@pytest.mark.privileged("fuse")
def test_what_is_not_mounted_cannot_be_unmounted(tmp_path: Path) -> None:
    """A plain directory is refused."""
    with pytest.raises(MountFailed, match=r"umount failed with status 32: .*"):
        unmount(tmp_path)


@pytest.mark.privileged("fuse")
def test_a_user_cannot_take_off_what_is_not_his(silent_fuse: SilentMount) -> None:
    """fusermount3 refuses another user's mount, and the mount stays."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            unmount(silent_fuse.mount.mount_point)
        except MountFailed as refused:
            status = 0 if refused.message.startswith("fusermount3 failed") else 2
        finally:
            os._exit(status)
    _, wait_status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(wait_status) == 0
    assert mount_at(silent_fuse.mount.mount_point, read_mounts()) is not None
