"""What names and numbers of block devices say by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.device_names import (
    disk_of_partition,
    is_block_name,
    name_of_number,
    namespace_of_path,
    natural_key,
    number_of_name,
    nvme_controller_of,
)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("8:0", "sda"),
        ("8:17", "sdb1"),
        ("8:255", "sdp15"),
        ("65:0", "sdq"),
        ("65:160", "sdaa"),
        ("202:3", "xvda3"),
        ("202:16", "xvdb"),
        ("7:3", "loop3"),
        ("9:127", "md127"),
        ("253:0", None),
        ("259:1", None),
        ("8:16:0", None),
        ("8", None),
    ],
)
def test_numbers_of_the_kernels_list(number: str, name: str | None) -> None:
    """As Documentation/admin-guide/devices.txt has them; majors that are given out say nothing."""
    assert name_of_number(number) == name


@given(st.integers(0, 15), st.integers(0, 15))
def test_a_partitions_number_leads_to_its_disk(disk: int, partition: int) -> None:
    """The name of a number is one of a block device; that of a partition has the disk's in it."""
    whole, part = name_of_number(f"8:{disk * 16}"), name_of_number(f"8:{disk * 16 + partition}")

    assert part is not None
    assert number_of_name(part) == f"8:{disk * 16 + partition}"
    assert is_block_name(part)
    assert disk_of_partition(part) == (whole if partition else None)


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_number_and_its_name_lead_to_each_other(major: int, minor: int) -> None:
    """Where the number has a name at all."""
    name = name_of_number(f"{major}:{minor}")

    assert name is None or number_of_name(name) == f"{major}:{minor}"


@pytest.mark.parametrize("name", ["dm-0", "sdb99", "sdzzz", "loop0p1", "md_d0", "vda", "x"])
def test_names_whose_number_only_the_host_knows(name: str) -> None:
    """Numbers that are given out, and partitions beyond the fifteenth."""
    assert number_of_name(name) is None


def test_paths_and_controllers_of_nvme() -> None:
    """A path has the number of its controller, a namespace without paths its own."""
    assert namespace_of_path("nvme0c3n1") == "nvme0n1"
    assert namespace_of_path("nvme0n1") is None
    assert nvme_controller_of("nvme0c3n1") == "nvme3"
    assert nvme_controller_of("nvme2n1") == "nvme2"
    assert nvme_controller_of("sda") is None


@pytest.mark.parametrize("name", ["sdb", "sdaa12", "nvme0n1p2", "dm-4", "md127p1", "md_d0", "vda1"])
def test_names_of_block_devices(name: str) -> None:
    """Disks, partitions, mapped devices, arrays."""
    assert is_block_name(name)


@pytest.mark.parametrize("name", ["", "ata2", "nvme0", "EXT4-fs", "sd", "disk", "../sda", "host3"])
def test_names_of_other_things(name: str) -> None:
    """Controllers are none, nor is any word of a line."""
    assert not is_block_name(name)


def test_numbers_in_names_count() -> None:
    """As people sort them."""
    assert sorted(["loop10", "loop9", "dm-0"], key=natural_key) == ["dm-0", "loop9", "loop10"]


@pytest.mark.parametrize(
    ("name", "disk"),
    [
        ("vda1", "vda"),
        ("sdq12", "sdq"),
        ("nvme0n1p2", "nvme0n1"),
        ("mmcblk0p1", "mmcblk0"),
        ("loop0p1", "loop0"),
        ("vda", None),
        ("loop0", None),
        ("dm-3", None),
        ("md127", None),
        ("nvme0n1", None),
    ],
)
def test_the_disk_of_a_partition_is_in_its_name(name: str, disk: str | None) -> None:
    """For logs of hosts whose /sys is not here to be asked."""
    assert disk_of_partition(name) == disk
