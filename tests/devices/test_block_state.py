"""The state of devices, from a tree made for it and of a real loop device."""

from pathlib import Path

import pytest

from tests.support.sysfs_devices import SERVER, SERVER_SLAVES, make_sysfs
from vexfsctl.devices.block_state import BlockState, read_block_state


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("sdb", BlockState("8:16", 131072 * 512, "QEMU HARDDISK", "running", None, False)),
        ("sdc", BlockState("8:32", 131072 * 512, None, "offline", None, False)),
        ("sdd", BlockState("8:48", 131072 * 512, None, "running", None, True)),
        ("md0", BlockState("9:0", 129024 * 512, None, "clean", 1, False)),
        ("dm-0", BlockState("253:0", 129024 * 512, None, "suspended", None, False, "vg-root")),
        ("gone", BlockState()),
    ],
)
def test_what_sysfs_says(tmp_path: Path, name: str, state: BlockState) -> None:
    """Whatever there is, and None for the rest."""
    assert read_block_state(name, make_sysfs(tmp_path / "sys", SERVER, SERVER_SLAVES)) == state


@pytest.mark.privileged("loop")
def test_a_real_loop_device(loop_device: Path, image: Path) -> None:
    """Its size and its file."""
    state = read_block_state(loop_device.name)

    assert (state.size, state.read_only) == (image.stat().st_size, False)
    assert state.backing_file == str(image)
