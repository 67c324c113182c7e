import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.partitions import add_partition
from vexfsctl.devices.block import device_name, device_number
from vexfsctl.devices.loop import attach, detach
from vexfsctl.devices.topology import devices_above, related_devices
from vexfsctl.exceptions import NotFound
from vexfsctl.model.device_graph import reachable
from vexfsctl.system.programs import run

graphs = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef")))


@given(graphs)
def test_everything_reachable_is_found_once(graph: dict[str, list[str]]) -> None:
    """Circles end, nothing comes twice, and each thing found is one step from an earlier one."""
    found = reachable("a", lambda name: graph.get(name, []))

    seen = ["a", *found]
    assert len(set(seen)) == len(seen)
    assert set(seen) == set(seen).union(*(graph.get(name, []) for name in seen))
    for position, name in enumerate(found, start=1):
        assert any(name in graph.get(earlier, []) for earlier in seen[:position])


@pytest.mark.parametrize("device", ["nowhere", "4095:1048575", "x:y", "../sda", "-1:0", ""])
def test_what_is_no_device_is_not_found(device: str) -> None:
    """Names and numbers that stand for nothing are NotFound."""
    for ask in (related_devices, devices_above):
        with pytest.raises(NotFound, match="no block device"):
            ask(device)


def disk_under(path: Path) -> list[str]:
    """Kernel name of the device *path* lies on, empty where it has none."""
    number = device_number(path)
    name = device_name(number) if number else None
    return [name] if name else []


@pytest.mark.privileged("loop")
def test_a_loop_device_stands_on_the_device_of_its_file(ext4: Path, loop_device: Path) -> None:
    """A loop device on a loop device goes down to the disk; going up it is not shown."""
    inner_image = ext4 / "inner"
    inner_image.touch()
    os.truncate(inner_image, 1 << 20)
    inner = attach(inner_image)
    try:
        related = related_devices(inner.name)
    finally:
        detach(inner)

    expected = [inner.name, loop_device.name, *disk_under(ext4.parent)]
    assert list(related[: len(expected)]) == expected


@pytest.fixture
def partitioned(image: Path) -> Iterator[str]:
    """Kernel name of a loop device with two partitions of 1 MiB."""
    device = Path(run(["losetup", "--find", "--show", "--partscan", str(image)]).strip())
    try:
        # Told to the kernel, not written in a table: it may be built to read none.
        add_partition(device, 1, 2048, 2048)
        add_partition(device, 2, 4096, 2048)
        yield device.name
    finally:
        detach(device)


@pytest.mark.privileged("loop")
def test_a_partition_has_its_disk_and_not_its_neighbour(partitioned: str, tmp_path: Path) -> None:
    """Down from a partition is its disk and what that stands on; up from a disk its partitions."""
    disk = disk_under(tmp_path)

    assert list(related_devices(f"{partitioned}p1")) == [f"{partitioned}p1", partitioned, *disk]
    assert list(related_devices(partitioned)) == [
        partitioned,
        *disk,
        f"{partitioned}p1",
        f"{partitioned}p2",
    ]


@pytest.mark.privileged("loop")
def test_above_a_disk_are_its_partitions(partitioned: str) -> None:
    """Above a partition there is nothing but itself, neither its disk nor its neighbour."""
    partitions = (f"{partitioned}p1", f"{partitioned}p2")

    assert devices_above(partitioned) == (partitioned, *partitions)
    assert devices_above(partitions[0]) == (partitions[0],)
