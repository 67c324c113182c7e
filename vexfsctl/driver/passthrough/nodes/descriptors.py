"""Descriptors of the backing directory: whose they are, and how many of each kind there may be."""

import contextlib
import os
import resource
from dataclasses import dataclass
from typing import Self

_READERS = 256
_DESCRIPTORS_OF_A_CALL = 4
_FEWEST = 8


class Descriptor:
    """An open descriptor that is closed by `close`, at the end of a `with` block, or with its last
    reference.
    """

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def path(self) -> bytes:
        """A path to the inode itself, even if it is a symbolic link or has no name any more."""
        return b"/proc/self/fd/%d" % self.number

    def close(self) -> None:
        """Close it, once. Raises OSError."""
        number, self.number = self.number, -1
        if number >= 0:
            os.close(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        # close(2) reports errors of late write-back (EIO, ENOTCONN); here nobody would hear them.
        with contextlib.suppress(OSError):
            Descriptor.close(self)


@dataclass(frozen=True, slots=True)
class DescriptorBudget:
    """How the descriptors of this process are shared out, so that no use starves another."""

    readers: int
    """Requests that may be under way at once; each may need a few descriptors."""
    pinned: int
    """Nodes without a name that may be kept open."""
    open_files: int
    """Files and directories that applications may have open."""

    @classmethod
    def of_this_process(cls) -> "DescriptorBudget":
        """Share out what this process may open, after raising its limit to the maximum."""
        return cls.of(raise_descriptor_limit() - len(os.listdir("/proc/self/fd")))

    @classmethod
    def of(cls, free: int) -> "DescriptorBudget":
        """Share out *free* descriptors."""
        readers = min(_READERS, max(_FEWEST, free // 16))
        pinned = max(_FEWEST, free // 8)
        # As much as the pinned stays for the log, the tree and what the kernel has not closed yet.
        rest = free - readers * _DESCRIPTORS_OF_A_CALL - 2 * pinned
        return cls(readers, pinned, max(_FEWEST, rest))


def raise_descriptor_limit() -> int:
    """Raise this process's limit of descriptors to the maximum; return it.

    How many files applications have open is theirs to decide.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        with open("/proc/sys/fs/nr_open") as file:
            most = int(file.read())
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        most = hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
