"""What a vector attribute may hold. Pure.

A vector is an extended attribute `user.vexfs.<name>`: 1 to 4096 finite numbers, little-endian
float32. `user.vexfs.dim` on a directory is not a vector: it is the dimension, in decimal digits,
that the vectors of the files directly in that directory must have.
"""

import errno
import math
import struct

from vexfsctl.driver.refusals import Refusal
from vexfsctl.model.operations import VECTOR_PREFIX

DIMENSION_NAME = VECTOR_PREFIX + b"dim"
"""The attribute of a directory that fixes the dimension of vectors in it."""

MAX_DIMENSION = 4096
_NUMBER_SIZE = 4


def parse_dimension(value: bytes) -> int:
    """Parse the value of `user.vexfs.dim`; raise Refusal (EINVAL) if it is not a dimension."""
    if value.isdigit() and len(value) <= 4 and 1 <= int(value) <= MAX_DIMENSION:
        return int(value)
    raise Refusal(errno.EINVAL, f"not a dimension of 1 to {MAX_DIMENSION}: {value[:8]!r}")


def check_vector(value: bytes, dimension: int | None) -> None:
    """Raise Refusal (EINVAL) unless *value* is a vector, of *dimension* numbers if that is one."""
    count, rest = divmod(len(value), _NUMBER_SIZE)
    if rest or not 1 <= count <= MAX_DIMENSION:
        raise Refusal(errno.EINVAL, f"{len(value)} bytes are not a vector")
    if dimension is not None and count != dimension:
        raise Refusal(errno.EINVAL, f"{count} numbers where the directory has {dimension}")
    if not all(map(math.isfinite, struct.unpack(f"<{count}f", value))):
        raise Refusal(errno.EINVAL, "a vector holds a number that is not finite")
