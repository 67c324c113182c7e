"""What the request handlers share: nodes, open files, the caller, and their answers."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from vexfsctl.driver.fuse import OpenFlag, Payload
from vexfsctl.driver.fuse.replies import Attr, encode_attr, encode_entry, encode_open
from vexfsctl.driver.passthrough.identity import Identities
from vexfsctl.driver.passthrough.nodes.descriptors import DescriptorBudget
from vexfsctl.driver.passthrough.nodes.inodes import Inode, InodeTable, OpenInode
from vexfsctl.driver.passthrough.nodes.open_files import OpenFile, OpenFileTable
from vexfsctl.model.clock import Clock


@dataclass(slots=True)
class Answer:
    """The answer to a request."""

    payload: tuple[Payload, ...] = ()
    undo: Callable[[], None] | None = None
    """Undoes what the kernel will not know about if the answer comes too late."""
    errno: int = 0
    """Sent in place of a payload if it is not 0: no failure of the backing."""


Handler: TypeAlias = Callable[..., Answer]
"""Carries out a request of one shape on the backing directory; raises OSError.

It takes the request and each node that this reaches by number, opened.
"""

DONE = Answer()
"""The answer to a request that only succeeds or fails."""


class Backing:
    """The backing directory as the kernel knows it so far."""

    def __init__(
        self,
        source: Path,
        clock: Clock,
        budget: DescriptorBudget,
        *,
        names: bool = False,
        handles: bool = True,
    ) -> None:
        self.inodes = InodeTable(source, names=names, handles=handles, most_pinned=budget.pinned)
        self.files = OpenFileTable(budget.open_files)
        self.identities = Identities(clock)
        self.open_flags = OpenFlag(0)
        """How the kernel should treat open files."""
        self.max_transfer = 1 << 20
        """How many bytes a READ or WRITE is about at most."""

    def limit_waiting(self, timeout_s: float | None) -> None:
        """Have calls wait for locks no longer than *timeout_s*, then raise LockTimeout."""
        self.inodes.limit_waiting(timeout_s)
        self.files.limit_waiting(timeout_s)

    def open(self, inode: Inode) -> OpenInode:
        """Open *inode* for one call, by any file of it that is open, else as `InodeTable.open`."""
        number = self.files.duplicate(inode.nodeid)
        return self.inodes.open(inode) if number is None else OpenInode(number, inode)

    def entry(self, parent: OpenInode, name: bytes) -> Answer:
        """Answer with the node *name* in *parent*."""
        return self.entry_of(*self.inodes.look_up(parent, name))

    def entry_of(self, inode: Inode, status: os.stat_result) -> Answer:
        """Answer with *inode*, whose lookup count was already increased."""
        attr = Attr.from_stat(status, ino=inode.ino)
        entry = encode_entry(inode.nodeid, attr, attr_valid_s=_validity(status))
        return Answer((entry,), lambda: self.inodes.forget(((inode.nodeid, 1),)))

    def attributes(self, node: OpenInode) -> Answer:
        """Answer with the attributes *node* has now."""
        status = os.fstat(node.number)
        attr = Attr.from_stat(status, ino=node.inode.ino)
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
