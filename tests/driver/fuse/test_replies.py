"""Answers have the layout of <linux/fuse.h>."""

import os
import stat
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.driver.fuse import OpenFlag
from vexfsctl.driver.fuse.replies import (
    Attr,
    DirectoryEntry,
    encode_attr,
    encode_entry,
    encode_ioctl,
    encode_lseek,
    encode_open,
    encode_poll,
    encode_statfs,
    encode_write,
    encode_xattr_size,
    pack_dirents,
)

FUSE_ATTR = "QQQqqqIIIIIIIIII"
U32 = st.integers(0, 2**32 - 1)
U64 = st.integers(0, 2**64 - 1)
TIMES_NS = st.integers(-(2**63) * 10**9, (2**63 - 1) * 10**9)

ATTRS = st.builds(
    Attr,
    ino=U64,
    mode=U32,
    size=U64,
    nlink=U32,
    uid=U32,
    gid=U32,
    atime_ns=TIMES_NS,
    mtime_ns=TIMES_NS,
    ctime_ns=TIMES_NS,
    blocks=U64,
    blksize=U32,
    rdev=U32,
)


def attr_from(fields: tuple[int, ...]) -> Attr:
    """Read a fuse_attr back."""
    (ino, size, blocks, atime, mtime, ctime, atime_ns, mtime_ns, ctime_ns) = fields[:9]
    (mode, nlink, uid, gid, rdev, blksize, flags) = fields[9:]
    assert flags == 0
    assert all(0 <= nanoseconds < 10**9 for nanoseconds in (atime_ns, mtime_ns, ctime_ns))
    return Attr(
        ino=ino,
        mode=mode,
        size=size,
        nlink=nlink,
        uid=uid,
        gid=gid,
        atime_ns=atime * 10**9 + atime_ns,
        mtime_ns=mtime * 10**9 + mtime_ns,
        ctime_ns=ctime * 10**9 + ctime_ns,
        blocks=blocks,
        blksize=blksize,
        rdev=rdev,
    )


@given(ATTRS)
def test_attributes_survive_encoding(attr: Attr) -> None:
    """What a fuse_attr_out says, to the nanosecond and before 1970 too, is what was given."""
    valid_s, valid_ns, padding, *fields = struct.unpack("=QII" + FUSE_ATTR, encode_attr(attr))

    assert (valid_s, valid_ns, padding) == (1, 0, 0)
    assert attr_from(tuple(fields)) == attr


@given(ATTRS, U64, U64)
def test_entries_survive_encoding(attr: Attr, nodeid: int, generation: int) -> None:
    """What a fuse_entry_out says is what was given, each validity in its place."""
    encoded = encode_entry(
        nodeid, attr, generation=generation, entry_valid_s=2.5, attr_valid_s=0.000_000_007
    )

    head, fields = (
        struct.unpack_from("=QQQQII", encoded),
        struct.unpack("=" + FUSE_ATTR, encoded[40:]),
    )
    assert head == (nodeid, generation, 2, 0, 500_000_000, 7)
    assert attr_from(fields) == attr


def test_stat_is_taken_over_whole(tmp_path: Path) -> None:
    """Every field of a stat result arrives; the inode number can be another one."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 5000)
    path.chmod(0o2750)
    os.utime(path, ns=(-1, 1_234_567_890_123_456_789))
    status = path.stat()

    attr = Attr.from_stat(status, ino=42)

    assert attr == Attr(
        ino=42,
        mode=stat.S_IFREG | 0o2750,
        size=5000,
        nlink=1,
        uid=status.st_uid,
        gid=status.st_gid,
        atime_ns=-1,
        mtime_ns=1_234_567_890_123_456_789,
        ctime_ns=status.st_ctime_ns,
        blocks=status.st_blocks,
        blksize=status.st_blksize,
        rdev=0,
    )
    assert Attr.from_stat(status).ino == status.st_ino


@pytest.mark.parametrize(("major", "minor"), [(1, 3), (8, 255), (259, 70_000), (4095, 0xFFFFF)])
def test_device_numbers_are_the_kernels(major: int, minor: int) -> None:
    """The 32 bits are minor low byte, major, minor high bits, as the kernel decodes them."""
    attr = Attr(ino=1, mode=stat.S_IFBLK, rdev=os.makedev(major, minor))

    rdev = struct.unpack("=QII" + FUSE_ATTR, encode_attr(attr))[-3]

    assert ((rdev & 0xFFF00) >> 8, (rdev & 0xFF) | (rdev >> 12 & 0xFFF00)) == (major, minor)


def test_small_answers_have_their_layout() -> None:
    """Open, write, lseek, poll and attribute sizes."""
    assert encode_open(7, OpenFlag.DIRECT_IO | OpenFlag.NONSEEKABLE) == struct.pack("=QII", 7, 5, 0)
    assert encode_write(4096) == struct.pack("=II", 4096, 0)
    assert encode_lseek(1 << 40) == struct.pack("=Q", 1 << 40)
    assert encode_poll(0xA) == struct.pack("=II", 0xA, 0)
    assert encode_xattr_size(12) == struct.pack("=II", 12, 0)


def test_statfs_has_its_layout() -> None:
    """Each number of a statvfs result is in its place; the size is the kernel's 80 bytes."""
    status = os.statvfs_result((4096, 512, 1000, 900, 800, 70, 60, 50, 0, 255))

    expected = struct.pack("=QQQQQIIII24x", 1000, 900, 800, 70, 60, 4096, 255, 512, 0)
    assert encode_statfs(status) == expected


def read_dirents(data: bytes) -> list[DirectoryEntry]:
    """Read a READDIR answer as the kernel's parse_dirfile does."""
    entries = []
    while data:
        ino, next_offset, length, kind = struct.unpack_from("=QQII", data)
        whole = (24 + length + 7) // 8 * 8
        assert whole <= len(data)
        entries.append(DirectoryEntry(data[24 : 24 + length], ino, kind << 12, next_offset))
        data = data[whole:]
    return entries


KINDS = st.sampled_from([stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFBLK, stat.S_IFSOCK])
ENTRIES = st.lists(
    st.builds(DirectoryEntry, st.binary(min_size=1, max_size=255), U64, KINDS, U64), max_size=40
)


@given(ENTRIES, st.integers(280, 4096))
def test_directory_is_a_prefix_that_fits(entries: list[DirectoryEntry], size: int) -> None:
    """An answer holds the first entries unchanged, and stops only where the next would not fit."""
    packed = pack_dirents(entries, size)

    found = read_dirents(packed)
    assert len(packed) <= size
    assert found == entries[: len(found)]
    if len(found) < len(entries):
        assert len(packed) + len(pack_dirents(entries[len(found) :][:1], 4096)) > size


def test_only_the_file_type_of_a_mode_is_listed() -> None:
    """Permissions do not leak into d_type."""
    (entry,) = read_dirents(pack_dirents([DirectoryEntry(b"n", 1, 0o100_755, 1)], 4096))

    assert entry == DirectoryEntry(b"n", 1, stat.S_IFREG, 1)


def test_ioctl() -> None:
    """A fuse_ioctl_out of success, without iovecs to try again, and what is to be copied out."""
    header, data = encode_ioctl(b"flags")

    assert struct.unpack("=iIII", header) == (0, 0, 0, 0)
    assert (data, encode_ioctl()[1]) == (b"flags", b"")
