"""What the request handlers share: nodes, open files, the caller, and their answers."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from vexfsctl.driver.fuse import OpenFlag, Payload
from vexfsctl.driver.fuse.replies import Attr, encode_attr, encode_entry, encode_open
from vexfsctl.driver.passthrough.identity import Identities
from vexfsctl.driver.passthrough.inodes import Inode, InodeTable, OpenFile, OpenFileTable
from vexfsctl.driver.passthrough.own_state import filesystem_of_kernel_state
from vexfsctl.model.clock import Clock


@dataclass(slots=True)
class Answer:
    """The answer to a request."""

    payload: tuple[Payload, ...] = ()
    undo: Callable[[], None] | None = None
    """Undoes what the kernel will not know about if the answer comes too late."""


Handler: TypeAlias = Callable[[Any], Answer]
"""Carries out a request of one shape on the backing directory; raises OSError."""

DONE = Answer()
"""The answer to a request that only succeeds or fails."""


class Backing:
    """The backing directory as the kernel knows it so far."""

    def __init__(self, source: Path, clock: Clock) -> None:
        self.inodes = InodeTable(source)
        self.files = OpenFileTable()
        self.identities = Identities(clock)
        self.open_flags = OpenFlag(0)
        """How the kernel should treat open files."""
        self.max_transfer = 1 << 20
        """How many bytes a READ or WRITE is about at most."""

    def entry(self, parent: Inode, name: bytes) -> Answer:
        """Answer with the node *name* in *parent*; raise OSError (EACCES) if it is not served."""
        inode, status = self.inodes.look_up(parent, name)
        return self.entry_of(self.served(inode, parent), status)

    def served(self, inode: Inode, parent: Inode) -> Inode:
        """Return *inode*, just found in *parent*; raise OSError (EACCES) if it is not served.

        Then its lookup is taken back.
        """
        # Only at a mount point: elsewhere a node is on the filesystem of its directory.
        if inode.key[0] != parent.key[0]:
            type_ = filesystem_of_kernel_state(inode.number)
            if type_ is not None:
                self.inodes.forget(((inode.nodeid, 1),))
                raise OSError(errno.EACCES, f"{type_} is not served")
        return inode

    def entry_of(self, inode: Inode, status: os.stat_result) -> Answer:
        """Answer with *inode*, whose lookup count was already increased."""
        attr = Attr.from_stat(status, ino=inode.ino)
        entry = encode_entry(inode.nodeid, attr, attr_valid_s=_validity(status))
        return Answer((entry,), lambda: self.inodes.forget(((inode.nodeid, 1),)))

    def attributes(self, inode: Inode) -> Answer:
        """Answer with the attributes *inode* has now."""
        status = os.fstat(inode.number)
        attr = Attr.from_stat(status, ino=inode.ino)
        return Answer((encode_attr(attr, valid_s=_validity(status)),))

    def opened(self, file: OpenFile, flags: OpenFlag) -> Answer:
        """Answer with a handle for *file*."""
        handle = self.files.add(file)
        return Answer((encode_open(handle, flags),), lambda: self.files.close(handle))

    def close(self) -> None:
        """Release everything; calls that are still stuck keep what they use."""
        self.inodes.clear()
        self.files.clear()


def _validity(status: os.stat_result) -> float:
    """Return for how many seconds the kernel may go by *status*.

    Whoever changes a file's bytes takes set-user-ID and set-group-ID away. The kernel then asks for
    the size anew, but not for the mode: for a second it would run the program as before.
    """
    may_lose_bits = stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID)
    return 0.0 if may_lose_bits else 1.0
