"""What a vector attribute may hold, as rule and on a mount."""

import errno
import math
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.driver.passthrough.conftest import MountedVolume
from vexfsctl.driver.passthrough.vectors import check_vector, parse_dimension
from vexfsctl.model.operations import OperationType


def vector(*numbers: float) -> bytes:
    """A vector as it is stored."""
    return struct.pack(f"<{len(numbers)}f", *numbers)


def refusal(value: bytes, dimension: int | None = None) -> int | None:
    """The errno a vector is refused with."""
    try:
        check_vector(value, dimension)
    except OSError as failure:
        return failure.errno
    return None


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_finite_numbers_are_a_vector(numbers: list[float]) -> None:
    """Any 1 to 4096 finite float32 numbers, and their count is the dimension."""
    assert refusal(vector(*numbers)) is None
    assert refusal(vector(*numbers), len(numbers)) is None
    assert refusal(vector(*numbers), len(numbers) + 1) == errno.EINVAL


@given(st.binary(max_size=64))
def test_any_bytes_are_judged(value: bytes) -> None:
    """Bytes are a vector exactly if they are whole finite numbers."""
    whole = len(value) % 4 == 0 and len(value) > 0
    finite = whole and all(map(math.isfinite, struct.unpack(f"<{len(value) // 4}f", value)))

    assert refusal(value) == (None if finite else errno.EINVAL)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"123",
        b"12345",
        vector(math.nan),
        vector(1.0, math.inf),
        vector(-math.inf),
        vector(*[0.0] * 4097),
        b"\x00\x00\x80\x7f",
    ],
)
def test_what_is_no_vector(value: bytes) -> None:
    """Torn, empty, too long or not finite is EINVAL."""
    assert refusal(value) == errno.EINVAL


def test_the_longest_vector() -> None:
    """4096 numbers are allowed, subnormal and huge ones too."""
    assert refusal(vector(*[3.4e38, -1e-45] * 2048)) is None


@pytest.mark.parametrize(("value", "expected"), [(b"1", 1), (b"384", 384), (b"4096", 4096)])
def test_dimensions(value: bytes, expected: int) -> None:
    """A dimension is decimal text."""
    assert parse_dimension(value) == expected


@pytest.mark.parametrize(
    "value", [b"", b"0", b"4097", b"-1", b" 3", b"3\n", b"3.0", b"0x3", b"\xb2", b"9" * 5000]
)
def test_what_is_no_dimension(value: bytes) -> None:
    """Anything but 1 to 4096 in digits is EINVAL."""
    with pytest.raises(OSError) as refused:
        parse_dimension(value)

    assert refused.value.errno == errno.EINVAL


def errno_of_set(path: Path, name: str, value: bytes) -> int | None:
    """The errno setxattr(2) fails with."""
    try:
        os.setxattr(path, name, value, follow_symlinks=False)
    except OSError as failure:
        return failure.errno
    return None


@pytest.mark.privileged("fuse")
def test_vectors_on_a_mount(volume: MountedVolume) -> None:
    """Vectors are set, read, listed and removed as `vector` calls, others as `inode` calls."""
    path = volume.mountpoint / "file"
    path.write_bytes(b"document")
    value = vector(0.25, -1.0, 1e30)
    inode_calls = volume.calls(OperationType.INODE)

    assert errno_of_set(path, "user.vexfs.embedding", value) is None
    assert errno_of_set(path, "user.vexfs.embedding", value[:-1]) == errno.EINVAL
    assert os.getxattr(path, "user.vexfs.embedding") == value
    assert os.getxattr(volume.source / "file", "user.vexfs.embedding") == value
    os.removexattr(path, "user.vexfs.embedding")

    assert volume.calls(OperationType.VECTOR) == 4
    assert volume.guard.status(OperationType.VECTOR).failures == 0
    os.setxattr(path, "user.vexfs-other", b"any")
    assert os.listxattr(path) == ["user.vexfs-other"]
    assert volume.calls(OperationType.VECTOR) == 4
    assert volume.calls(OperationType.INODE) >= inode_calls + 2


@pytest.mark.privileged("fuse")
def test_a_directory_fixes_the_dimension(volume: MountedVolume) -> None:
    """Files directly in a directory with `user.vexfs.dim` take vectors of that dimension only."""
    directory = volume.mountpoint / "directory"
    inner = directory / "inner"
    inner.mkdir(parents=True)
    for place in (volume.mountpoint, directory, inner):
        (place / "file").touch()
    assert errno_of_set(directory, "user.vexfs.dim", b"2") is None

    two, three = vector(1, 2), vector(1, 2, 3)
    assert errno_of_set(directory / "file", "user.vexfs.v", three) == errno.EINVAL
    assert errno_of_set(directory / "file", "user.vexfs.v", two) is None
    assert errno_of_set(inner / "file", "user.vexfs.v", three) is None
    assert errno_of_set(volume.mountpoint / "file", "user.vexfs.v", three) is None
    (volume.mountpoint / "file").rename(directory / "moved")
    assert errno_of_set(directory / "moved", "user.vexfs.v", three) == errno.EINVAL
    assert errno_of_set(directory / "file", "user.vexfs.dim", b"2") == errno.EINVAL
    assert errno_of_set(directory, "user.vexfs.dim", b"none") == errno.EINVAL
    os.removexattr(directory, "user.vexfs.dim")
    assert errno_of_set(directory / "moved", "user.vexfs.v", three) is None


@pytest.mark.privileged("fuse")
def test_the_dimension_of_an_unlinked_or_deep_file(volume: MountedVolume) -> None:
    """A file that has no name any more, or too long a one, takes any vector."""
    directory = volume.mountpoint / "directory"
    directory.mkdir()
    descriptor = os.open(directory / "file", os.O_CREAT | os.O_WRONLY)
    (directory / "file").unlink()
    directory.rmdir()

    os.setxattr(descriptor, "user.vexfs.v", vector(1))

    assert os.getxattr(descriptor, "user.vexfs.v") == vector(1)
    os.close(descriptor)
