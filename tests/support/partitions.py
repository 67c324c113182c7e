"""Partitions of a disk without a table on it: the kernel is told of them (BLKPG).

By ioctl, because Debian 13 has no addpart(8) any more.
"""

import ctypes
import fcntl
import os
from pathlib import Path

# include/uapi/linux/blkpg.h
_BLKPG = 0x1269
_ADD, _DELETE = 1, 2
_SECTOR = 512


class _Partition(ctypes.Structure):
    _fields_ = (
        ("start", ctypes.c_longlong),
        ("length", ctypes.c_longlong),
        ("number", ctypes.c_int),
        ("names", ctypes.c_char * 128),
    )


class _Argument(ctypes.Structure):
    _fields_ = (
        ("operation", ctypes.c_int),
        ("flags", ctypes.c_int),
        ("length", ctypes.c_int),
        ("data", ctypes.c_void_p),
    )


def add_partition(disk: Path, number: int, start: int, length: int) -> None:
    """Make partition *number* of *length* sectors from sector *start* on."""
    _tell(disk, _ADD, _Partition(start * _SECTOR, length * _SECTOR, number))


def delete_partition(disk: Path, number: int) -> None:
    """Take partition *number* away; raise OSError while it is in use."""
    _tell(disk, _DELETE, _Partition(0, 0, number))


def _tell(disk: Path, operation: int, partition: _Partition) -> None:
    data = ctypes.cast(ctypes.pointer(partition), ctypes.c_void_p)
    argument = _Argument(operation, 0, ctypes.sizeof(partition), data)
    descriptor = os.open(disk, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _BLKPG, bytes(argument))
    finally:
        os.close(descriptor)
