"""What the request handlers share: nodes, open files, the caller, and the answer they give."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from vexfsctl.driver.fuse import OpenFlag, Payload
from vexfsctl.driver.fuse.replies import Attr, encode_attr, encode_entry, encode_open
from vexfsctl.driver.passthrough.identity import Identities
from vexfsctl.driver.passthrough.inodes import Inode, InodeTable, OpenFile, OpenFileTable
from vexfsctl.model.clock import Clock


@dataclass(slots=True)
class Answer:
    """What a request is answered with."""

    payload: tuple[Payload, ...] = ()
    undo: Callable[[], None] | None = None
    """Takes back what the kernel will not know of if the answer comes too late."""


Handler: TypeAlias = Callable[[Any], Answer]
"""Does what a request of one shape asks of the backing directory; raises OSError."""

DONE = Answer()
"""The answer of what only succeeds or fails."""


class Backing:
    """The backing directory as the kernel knows it by now."""

    def __init__(self, source: Path, clock: Clock) -> None:
        self.inodes = InodeTable(source)
        self.files = OpenFileTable()
        self.identities = Identities(clock)
        self.open_flags = OpenFlag(0)
        """How the kernel is to treat open files."""

    def entry(self, parent: Inode, name: bytes) -> Answer:
        """Answer with the node *name* in *parent*."""
        return self.entry_of(*self.inodes.look_up(parent, name))

    def entry_of(self, inode: Inode, status: os.stat_result) -> Answer:
        """Answer with *inode*, of which one more lookup was counted already."""
        attr = Attr.from_stat(status, ino=inode.ino)
        return Answer(
            (encode_entry(inode.nodeid, attr),), lambda: self.inodes.forget(((inode.nodeid, 1),))
        )

    def attributes(self, inode: Inode) -> Answer:
        """Answer with the attributes *inode* has now."""
        return Answer((encode_attr(Attr.from_stat(os.fstat(inode.number), ino=inode.ino)),))

    def opened(self, file: OpenFile, flags: OpenFlag) -> Answer:
        """Answer with a handle for *file*."""
        handle = self.files.add(file)
        return Answer((encode_open(handle, flags),), lambda: self.files.close(handle))

    def close(self) -> None:
        """Let go of everything; calls that are still stuck keep what they use."""
        self.inodes.clear()
        self.files.clear()
