import os
from pathlib import Path

import pytest

from vexfsctl.devices.extents import Extent, ExtentFlag, drop_page_cache, file_extents
from vexfsctl.exceptions import DeviceActionFailed

PAGE = 4096


def read_at(path: Path, offset: int, length: int) -> bytes:
    """*length* bytes of *path* from *offset*."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


@pytest.mark.privileged("loop")
def test_the_bytes_of_a_file_are_where_its_extents_say(ext4: Path, image: Path) -> None:
    """What was written to the file, not yet synced, is found in the image at that place."""
    content = os.urandom(300_000)
    (ext4 / "file").write_bytes(content)

    extents = file_extents(ext4 / "file")

    found = b"".join(read_at(image, each.physical, each.length) for each in extents)
    assert found[: len(content)] == content
    assert ExtentFlag.LAST in extents[-1].flags


@pytest.mark.privileged("loop")
def test_extents_are_cut_to_the_range(ext4: Path, image: Path) -> None:
    """Ten bytes in the middle are ten bytes in the image."""
    content = os.urandom(5 * PAGE)
    (ext4 / "file").write_bytes(content)

    (extent,) = file_extents(ext4 / "file", 5000, 10)

    assert (extent.logical, extent.length) == (5000, 10)
    assert read_at(image, extent.physical, 10) == content[5000:5010]


@pytest.mark.privileged("loop")
def test_holes_have_no_place_and_many_extents_are_all_found(ext4: Path, image: Path) -> None:
    """A file of 200 pages with a hole after each comes back whole, more than one call holds."""
    with (ext4 / "file").open("wb") as file:
        for number in range(200):
            file.seek(number * 2 * PAGE)
            file.write(bytes([number]) * PAGE)

    extents = file_extents(ext4 / "file")

    assert [(each.logical, each.length) for each in extents] == [
        (number * 2 * PAGE, PAGE) for number in range(200)
    ]
    assert all(
        read_at(image, each.physical, PAGE) == bytes([number]) * PAGE
        for number, each in enumerate(extents)
    )
    assert file_extents(ext4 / "file", PAGE, PAGE) == ()


@pytest.mark.privileged("loop")
def test_reserved_space_is_marked_unwritten(ext4: Path) -> None:
    """What fallocate(2) reserved has a place, and is marked: reading it asks no device."""
    with (ext4 / "file").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 4 * PAGE)

    (extent,) = file_extents(ext4 / "file")

    assert extent == Extent(0, extent.physical, 4 * PAGE, ExtentFlag.LAST | ExtentFlag.UNWRITTEN)


@pytest.mark.privileged("loop")
def test_an_empty_file_has_no_extents(ext4: Path) -> None:
    """Nothing, and nothing past the end of something."""
    (ext4 / "empty").touch()
    (ext4 / "file").write_bytes(b"x" * PAGE)

    assert file_extents(ext4 / "empty") == ()
    assert file_extents(ext4 / "file", 1 << 30, PAGE) == ()


@pytest.mark.privileged("loop")
def test_dropping_the_cache_makes_the_device_seen(ext4: Path, image: Path) -> None:
    """A page changed behind the filesystem is seen after the drop, not before."""
    file = ext4 / "file"
    file.write_bytes(b"a" * PAGE)
    (extent,) = file_extents(file)
    with image.open("r+b") as behind:
        behind.seek(extent.physical)
        behind.write(b"b" * PAGE)
        behind.flush()
        os.fsync(behind.fileno())
    assert file.read_bytes() == b"a" * PAGE

    drop_page_cache(file)

    assert file.read_bytes() == b"b" * PAGE


def test_a_filesystem_without_a_device_is_said(tmp_path: Path) -> None:
    """/proc maps no file to a device; a missing file is named."""
    with pytest.raises(DeviceActionFailed) as caught:
        file_extents("/proc/self/stat")
    assert caught.value.hint == (
        "its filesystem does not map files to a device (tmpfs, FUSE, overlay)"
    )

    with pytest.raises(DeviceActionFailed, match=r"cannot open .*/missing: No such file"):
        file_extents(tmp_path / "missing")
