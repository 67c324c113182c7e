"""The graph of the block devices of a host, from a tree made for it and from this host's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devices.test_topology import disk_under
from tests.support.partitions import add_partition
from tests.support.sysfs_devices import SERVER, SERVER_SLAVES, make_sysfs
from vexfsctl.devices.loop import attach, detach
from vexfsctl.devices.sysfs_graph import name_of_node, read_device_graph
from vexfsctl.model.device_graph import DeviceKind
from vexfsctl.system.programs import run


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A tree of a host with SATA, SCSI, NVMe, an array and a mapped device."""
    return make_sysfs(tmp_path / "sys", SERVER, SERVER_SLAVES)


def test_from_a_mapped_device_to_the_controllers(server: Path) -> None:
    """Through the array to both members, and on to what these are attached to."""
    graph = read_device_graph(server)

    assert graph.below("dm-0") == (
        *("md0", "sdb1", "sdc", "sdb", "host2", "host1", "virtio0", "ata2"),
    )
    assert graph.beside("dm-0") == ("sdd",)
    assert graph.above("ata2") == ("host1", "sdb", "sdb1", "md0", "dm-0")
    assert graph.below("nvme0n1") == ("nvme0",)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("8:17", "sdb1"),
        ("1:0:0:0", "sdb"),
        ("scsi:1:0:0:0", "sdb"),
        ("ata2.00", "sdb"),
        ("nvme0", "nvme0"),
        ("0000:00:05.0", "nvme0"),
        ("/dev/mapper/vg-root", "dm-0"),
        ("vg-root", "dm-0"),
        ("253:0", "dm-0"),
    ],
)
def test_names_a_person_or_a_line_may_use(server: Path, spelling: str, name: str) -> None:
    """All lead to the same device."""
    assert read_device_graph(server).find(spelling) == (name,)


def test_kinds(server: Path) -> None:
    """By what only devices of a kind have."""
    kinds = {device.name: device.kind for device in read_device_graph(server) if device.is_block}

    assert kinds == {
        "dm-0": DeviceKind.MAPPED,
        "loop0": DeviceKind.LOOP,
        "md0": DeviceKind.ARRAY,
        "nvme0n1": DeviceKind.DISK,
        "sdb": DeviceKind.DISK,
        "sdb1": DeviceKind.PARTITION,
        "sdc": DeviceKind.DISK,
        "sdd": DeviceKind.DISK,
    }


def test_no_tree_has_no_devices(tmp_path: Path) -> None:
    """As in a container without sysfs."""
    assert list(read_device_graph(tmp_path)) == []


@pytest.mark.privileged("loop")
def test_a_loop_device_on_a_loop_device(ext4: Path, loop_device: Path) -> None:
    """Down to the disk of this host, and up again, which the kernel's holders do not show."""
    image = ext4 / "inner"
    image.touch()
    os.truncate(image, 1 << 20)
    inner = attach(image)
    try:
        graph = read_device_graph()
    finally:
        detach(inner)

    expected = (loop_device.name, *disk_under(ext4.parent))
    assert graph.below(inner.name)[: len(expected)] == expected
    assert inner.name in graph.above(loop_device.name)


@pytest.fixture
def partition(image: Path) -> Iterator[str]:
    """Kernel name of a partition of a loop device."""
    device = Path(run(["losetup", "--find", "--show", "--partscan", str(image)]).strip())
    try:
        add_partition(device, 1, 2048, 2048)
        yield f"{device.name}p1"
    finally:
        detach(device)


@pytest.mark.privileged("loop")
def test_a_partition_and_its_node(partition: str, tmp_path: Path) -> None:
    """It stands on its disk, and a link to its node is the device itself."""
    disk = partition.removesuffix("p1")
    link = tmp_path / "by-id"
    link.symlink_to(f"/dev/{disk}")

    graph = read_device_graph()

    assert graph.below(partition)[0] == disk
    assert partition in graph.above(disk)
    assert name_of_node(str(link)) == disk
