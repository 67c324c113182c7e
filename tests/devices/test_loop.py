import os
from pathlib import Path

import pytest

from vexfsctl.devices.loop import LoopDevice, attach, attached_devices, backing_file, detach
from vexfsctl.devices.mounts import unmount
from vexfsctl.exceptions import DeviceActionFailed
from vexfsctl.system.programs import run


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """A copy of /sys with loop10 and loop2 attached, loop0 not, and a disk."""
    for name, file in (("loop10", b"/b \xe9\n"), ("loop2", b"/a\nb (deleted)\n")):
        directory = tmp_path / "block" / name / "loop"
        directory.mkdir(parents=True)
        (directory / "backing_file").write_bytes(file)
    (tmp_path / "block/loop0").mkdir()
    (tmp_path / "block/sda").mkdir()
    return tmp_path


def test_attached_devices_are_listed_in_order(sys: Path) -> None:
    """By number, with the file's name as the kernel shows it, whatever bytes are in it."""
    assert attached_devices(sys=sys) == (
        LoopDevice(Path("/dev/loop2"), "/a\nb (deleted)"),
        LoopDevice(Path("/dev/loop10"), "/b \udce9"),
    )


def test_a_backing_file_is_found_by_node_or_name(sys: Path) -> None:
    """Nodes and kernel names both do; nothing attached is None."""
    assert backing_file("/dev/loop2", sys=sys) == "/a\nb (deleted)"
    assert backing_file("loop2", sys=sys) == "/a\nb (deleted)"
    assert backing_file("loop0", sys=sys) is None


@pytest.mark.parametrize("device", ["/dev/sda", "loop", "/dev/loop1p1", "/dev/loop-control"])
def test_what_is_no_loop_device_is_never_detached(device: str) -> None:
    """Anything but loopN is refused by its name."""
    with pytest.raises(DeviceActionFailed, match=f"{device} is not a loop device"):
        detach(device)


@pytest.mark.privileged("loop")
def test_an_image_is_attached_with_direct_io_and_detached(image: Path) -> None:
    """Attaching gives a node that shows the image; detaching leaves nothing, twice as once."""
    device = attach(image)
    try:
        assert LoopDevice(device, str(image)) in attached_devices()
        assert Path(f"/sys/block/{device.name}/loop/dio").read_text() == "1\n"
    finally:
        detach(device)
        detach(device)

    assert str(image) not in {each.backing_file for each in attached_devices()}


@pytest.mark.privileged("loop")
def test_a_device_is_writable_whatever_was_set_before(image: Path) -> None:
    """A device that was set read-only stays so when detached; attached anew it is writable."""
    device = attach(image)
    run(["blockdev", "--setro", str(device)])
    detach(device)

    again = attach(image)
    try:
        read_only = Path(f"/sys/block/{again.name}/ro").read_text()
    finally:
        detach(again)
        run(["blockdev", "--setrw", str(device)])

    assert (again, read_only) == (device, "0\n")


@pytest.mark.privileged("loop")
def test_detaching_what_is_mounted_fails_and_says_where(ext4: Path, loop_device: Path) -> None:
    """The kernel would call it a success; here it fails, names the mount, and goes with it."""
    with pytest.raises(DeviceActionFailed) as caught:
        detach(loop_device, timeout=0.1)

    assert caught.value.hint == f"unmount {ext4}; it is detached with its last user"
    unmount(ext4)
    detach(loop_device)
    assert backing_file(loop_device) is None


@pytest.mark.privileged("loop")
def test_detaching_what_a_program_holds_open_fails(loop_device: Path) -> None:
    """Without a mount the hint is a program, and closing it detaches."""
    holder = os.open(loop_device, os.O_RDONLY)
    try:
        with pytest.raises(DeviceActionFailed) as caught:
            detach(loop_device, timeout=0.1)
    finally:
        os.close(holder)

    assert caught.value.hint == "a program has it open; it is detached when that ends"
    detach(loop_device)
    assert backing_file(loop_device) is None


@pytest.mark.privileged("loop")
def test_a_missing_image_is_not_attached(tmp_path: Path) -> None:
    """losetup says why."""
    with pytest.raises(DeviceActionFailed, match=r"losetup failed with status 1: .*No such file"):
        attach(tmp_path / "missing")
