"""The commands of ioctl(2) that a volume passes on: the flags of a file (lsattr(1), chattr(1)).

No others: a command may act on what is the server's own. FS_IOC_FSSETXATTR is not among them
because project ids are a matter of quotas.
"""

import errno
import fcntl
import os
import struct

from vexfsctl.driver.refusals import Refusal

# linux/fs.h, with the directions as x86, Arm and RISC-V have them.
GET_FLAGS = 0x80086601
SET_FLAGS = 0x40086602
GET_EXTENDED_FLAGS = 0x801C581F
"""FS_IOC_FSGETXATTR. The kernel asks for it before it asks to set flags."""

_FLAGS = struct.Struct("=I")  # an int, though the commands say long
_SIZES = {GET_FLAGS: _FLAGS.size, GET_EXTENDED_FLAGS: 28}

_CASEFOLD = 0x40000000
"""Names then match whatever their case, of which the kernel above a volume knows nothing."""


def get_flags(descriptor: int, command: int) -> bytes:
    """Return what *command*, one of the two that read, says of an open file; raises OSError."""
    return fcntl.ioctl(descriptor, command, bytes(_SIZES[command]))


def set_flags(descriptor: int, value: bytes) -> None:
    """Set the flags of an open file to *value*; Refusal (EOPNOTSUPP) if one cannot be served."""
    if len(value) != _FLAGS.size:
        raise Refusal(errno.EINVAL, f"{len(value)} bytes of flags")
    (wanted,) = _FLAGS.unpack(value)
    (present,) = _FLAGS.unpack(get_flags(descriptor, GET_FLAGS))
    if (wanted ^ present) & _CASEFOLD:
        raise Refusal(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    fcntl.ioctl(descriptor, SET_FLAGS, value)
