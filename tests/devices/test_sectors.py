import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vexfsctl.devices.disks import BlockDevice, read_block_device
from vexfsctl.devices.sectors import (
    DIGEST_BYTES,
    RangeRead,
    drop_cache,
    flush,
    forget_range,
    is_read_only,
    opened,
    read_range,
    set_read_only,
)
from vexfsctl.exceptions import DeviceVanished
from vexfsctl.system.programs import run

BLOCK = 512
SIZE = 3 << 20


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 3 MiB of random bytes: what is read from it is read as from a device."""
    path = tmp_path_factory.mktemp("content") / "content"
    path.write_bytes(os.urandom(SIZE))
    return path


def digests_of(data: bytes, block: int) -> bytes:
    """The digests of *data*, block by block."""
    blocks = (data[start : start + block] for start in range(0, len(data), block))
    return b"".join(hashlib.blake2b(each, digest_size=DIGEST_BYTES).digest() for each in blocks)


@given(
    st.integers(0, SIZE // BLOCK - 1), st.integers(1, SIZE // BLOCK), st.sampled_from([512, 4096])
)
@settings(max_examples=40)
def test_digests_are_those_of_the_bytes(content: Path, first: int, count: int, block: int) -> None:
    """Whatever range is read, over the limits of a chunk too, its blocks have their digests."""
    count = min(count, SIZE // BLOCK - first)
    descriptor = os.open(content, os.O_RDONLY)
    try:
        read = read_range(descriptor, first * BLOCK, count * BLOCK, digest_block=block)
    finally:
        os.close(descriptor)

    data = content.read_bytes()[first * BLOCK : (first + count) * BLOCK]
    assert read == RangeRead(len(data), None, digests_of(data, block))


def test_what_ends_before_its_size_said_is_a_failure(content: Path) -> None:
    """Bytes that are not there are no bytes of zeros."""
    descriptor = os.open(content, os.O_RDONLY)
    try:
        read = read_range(descriptor, SIZE - BLOCK, 2 * BLOCK)
    finally:
        os.close(descriptor)

    assert read == RangeRead(BLOCK, errno.ENXIO)


@pytest.fixture
def device(loop_device: Path) -> BlockDevice:
    """A loop device with nothing mounted from it."""
    return read_block_device(loop_device)


@pytest.mark.privileged("loop")
def test_the_medium_is_read_and_not_the_cache(device: BlockDevice, image: Path) -> None:
    """With O_DIRECT what is in the image now, through the cache what was; dropped, the same."""
    block = 4096
    old, new = digests_of(bytes(block), block), digests_of(b"n" * block, block)
    with opened(device) as cached, opened(device, os.O_DIRECT) as direct:
        assert read_range(cached, 0, block, digest_block=block).digests == old
        with image.open("r+b") as file:
            file.write(b"n" * block)

        assert read_range(direct, 0, block, digest_block=block).digests == new
        assert read_range(cached, 0, block, digest_block=block).digests == old
        forget_range(cached, 0, block)
        assert read_range(cached, 0, block, digest_block=block).digests == new
        flush(cached)
        drop_cache(cached)


@pytest.mark.privileged("loop")
def test_unaligned_direct_reads_are_refused(device: BlockDevice) -> None:
    """The kernel takes whole blocks only: EINVAL."""
    with opened(device, os.O_DIRECT) as descriptor:
        assert read_range(descriptor, 100, BLOCK) == RangeRead(0, errno.EINVAL)


@pytest.mark.privileged("loop")
def test_a_device_is_set_read_only(device: BlockDevice) -> None:
    """The kernel says so, /sys too, and who has it open for writing is refused."""
    with opened(device, os.O_EXCL) as descriptor, device.path.open("r+b", buffering=0) as writer:
        assert not is_read_only(descriptor)
        set_read_only(descriptor)
        try:
            assert is_read_only(descriptor)
            assert read_block_device(device.path).read_only
            with pytest.raises(PermissionError):
                writer.write(bytes(BLOCK))
        finally:
            # It would outlast the detaching and meet the next user of the number.
            run(["blockdev", "--setrw", str(device.path)])


@pytest.mark.privileged("loop")
def test_another_device_in_the_same_place_is_not_opened(device: BlockDevice) -> None:
    """Number and sequence must both be those of the device that is meant."""
    assert device.sequence is not None
    for other in (replace(device, sequence=device.sequence + 1), replace(device, number="7:9999")):
        meant = opened(other)
        with pytest.raises(DeviceVanished, match="is not the same device as before"):
            meant.__enter__()
