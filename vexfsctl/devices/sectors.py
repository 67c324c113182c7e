"""Read a block device from its medium, drop its cached pages, make it read-only.

Every call here can get stuck in the kernel while the device does not answer: make it in a child
process that can be left behind. All raise OSError, and DeviceVanished if the node leads to a
different device than intended. Devices are opened only for reading; nothing is ever written to
what is stored.
"""

import errno
import fcntl
import hashlib
import mmap
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vexfsctl.devices.disks import BlockDevice
from vexfsctl.exceptions import DeviceVanished

# linux/fs.h, linux/blkdev.h
_BLKROSET = 0x125D
_BLKROGET = 0x125E
_BLKFLSBUF = 0x1261
_BLKGETDISKSEQ = 0x80081280
_CHUNK_BYTES = 1 << 20
DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class RangeRead:
    """How far the reading of a range got."""

    read: int
    """Bytes from its start that were read."""
    errno: int | None
    """Errno of the next chunk; None if all was read."""
    digests: bytes = b""
    """`DIGEST_BYTES` for each block that was read, if requested."""


@contextmanager
def opened(device: BlockDevice, flags: int = 0) -> Iterator[int]:
    """A descriptor of *device* for reading, with open(2) *flags*, verified to be that device."""
    descriptor = os.open(device.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    try:
        _require_meant(descriptor, device)
        yield descriptor
    finally:
        os.close(descriptor)


def read_range(
    descriptor: int, offset: int, length: int, *, digest_block: int | None = None
) -> RangeRead:
    """Read *length* bytes at *offset*, up to the first chunk of 1 MiB that fails.

    With a descriptor opened O_DIRECT both must be multiples of the logical block size. What was
    read is discarded, except for a digest of each *digest_block* bytes.
    """
    digests = bytearray()
    done = 0
    with mmap.mmap(-1, min(_CHUNK_BYTES, length)) as buffer, memoryview(buffer) as view:
        while done < length:
            chunk = view[: min(_CHUNK_BYTES, length - done)]
            try:
                count = os.preadv(descriptor, [chunk], offset + done)
            except OSError as cause:
                return RangeRead(done, cause.errno or errno.EIO, bytes(digests))
            finally:
                chunk.release()
            if count == 0:
                # The device ends before its size says.
                return RangeRead(done, errno.ENXIO, bytes(digests))
            if digest_block:
                digests += _digests(view[:count], digest_block)
            done += count
    return RangeRead(done, None, bytes(digests))


def flush(descriptor: int) -> None:
    """Write out what others have written to the device through its cache.

    An error of an earlier write-back is reported here, once, to the first caller.
    """
    os.fsync(descriptor)


def drop_cache(descriptor: int) -> None:
    """Drop all cached pages of the device (BLKFLSBUF); needs CAP_SYS_ADMIN, else EACCES.

    It writes out dirty pages and succeeds even if that fails: call `flush` first.
    """
    fcntl.ioctl(descriptor, _BLKFLSBUF, 0)


def forget_range(descriptor: int, offset: int, length: int) -> None:
    """Drop the clean cached pages of a range, and disable read-ahead through *descriptor*."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
    os.posix_fadvise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)


def is_read_only(descriptor: int) -> bool:
    """Whether the kernel refuses writes to the device (BLKROGET)."""
    answer = bytearray(4)
    fcntl.ioctl(descriptor, _BLKROGET, answer)
    return int.from_bytes(answer, sys.byteorder) != 0


def set_read_only(descriptor: int) -> None:
    """Make the kernel refuse writes to the device (BLKROSET); needs CAP_SYS_ADMIN, else EACCES.

    A mounted filesystem continues to write: look for mounts first. The setting outlasts the
    detaching of a loop device and applies to the next file (tried on Linux 6.18).
    """
    fcntl.ioctl(descriptor, _BLKROSET, struct.pack("=i", 1))


def _require_meant(descriptor: int, device: BlockDevice) -> None:
    number = os.fstat(descriptor).st_rdev
    same = f"{os.major(number)}:{os.minor(number)}" == device.number
    if same and device.sequence is not None:
        answer = bytearray(8)
        fcntl.ioctl(descriptor, _BLKGETDISKSEQ, answer)
        same = int.from_bytes(answer, sys.byteorder) == device.sequence
    if not same:
        raise DeviceVanished(f"{device.path} is not the same device as before")


def _digests(data: memoryview, block: int) -> bytes:
    return b"".join(
        hashlib.blake2b(data[start : start + block], digest_size=DIGEST_BYTES).digest()
        for start in range(0, len(data), block)
    )
