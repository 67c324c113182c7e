"""The nodes and open files that the kernel knows by number, and the descriptors behind them.

A node is an O_PATH descriptor of a backing inode: it follows renames, outlives unlink and keeps
the inode number from being reused, so (device, inode number) identifies it while it is open.
"""

import contextlib
import errno
import itertools
import os
import resource
import stat
import threading
from collections.abc import Iterable

from vexfsctl.driver.fuse import ROOT_NODEID

_DEVICE_BITS = 48


class Descriptor:
    """An open descriptor that is closed by `close`, or with its last reference."""

    __slots__ = ("abandoned", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.abandoned = False
        """A call past its deadline may still use it: the number must not be reused yet."""

    def close(self) -> None:
        """Close it; if `abandoned`, leave that to the last reference, which the stuck call has."""
        if not self.abandoned:
            self._close()

    def _close(self) -> None:
        number, self.number = self.number, -1
        if number >= 0:
            os.close(number)

    def __del__(self) -> None:
        # close(2) reports errors of late write-back (EIO, ENOTCONN); here nobody would hear them.
        with contextlib.suppress(OSError):
            self._close()


class Inode(Descriptor):
    """A node: one backing inode."""

    __slots__ = ("ino_mask", "key", "lookups", "nodeid", "type")

    def __init__(self, number: int, status: os.stat_result, nodeid: int, ino_mask: int = 0) -> None:
        super().__init__(number)
        self.nodeid = nodeid
        self.key = (status.st_dev, status.st_ino)
        self.type = stat.S_IFMT(status.st_mode)
        self.ino_mask = ino_mask
        """Inode numbers of its device are XORed with this for applications."""
        self.lookups = 0
        """References held by the kernel."""

    @property
    def ino(self) -> int:
        """Inode number that applications see."""
        return self.key[1] ^ self.ino_mask

    @property
    def path(self) -> bytes:
        """A path to the inode itself, even if it is a symbolic link or has no name any more."""
        return b"/proc/self/fd/%d" % self.number

    @property
    def name(self) -> bytes:
        """Path of the inode in the server's view; OSError if it is too long."""
        return os.readlink(self.path)


class OpenFile(Descriptor):
    """A file or directory opened for an application: one descriptor for each open(2)."""

    __slots__ = ("flags", "inode")

    def __init__(self, number: int, flags: int, inode: Inode) -> None:
        super().__init__(number)
        self.flags = flags
        """The present flags of open(2)."""
        self.inode = inode


class InodeTable:
    """Nodes by nodeid. A nodeid is never used twice."""

    def __init__(self, source: os.PathLike[str]) -> None:
        number = os.open(source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self.root = Inode(number, os.fstat(number), ROOT_NODEID)
        self._by_nodeid = {ROOT_NODEID: self.root}
        self._by_key = {self.root.key: self.root}
        self._nodeids = itertools.count(ROOT_NODEID + 1)
        self._devices = {self.root.key[0]: 0}
        self._lock = threading.Lock()

    def get(self, nodeid: int) -> Inode:
        """Return the node *nodeid*; OSError (ESTALE) if the kernel refers to no such node."""
        inode = self._by_nodeid.get(nodeid)
        if inode is None:
            raise OSError(errno.ESTALE, f"no node {nodeid}")
        return inode

    def look_up(self, parent: Inode, name: bytes) -> tuple[Inode, os.stat_result]:
        """Return the node *name* in *parent* and its present status; count one more lookup."""
        number = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent.number)
        return self._adopt(number)

    def of_open(self, descriptor: int) -> tuple[Inode, os.stat_result]:
        """Return the node of an open file as `look_up` does, whatever its name is now."""
        number = os.open(b"/proc/self/fd/%d" % descriptor, os.O_PATH | os.O_CLOEXEC)
        return self._adopt(number)

    def again(self, inode: Inode) -> os.stat_result:
        """Count one more lookup of *inode* and return its present status."""
        status = os.fstat(inode.number)
        with self._lock:
            inode.lookups += 1
        return status

    def forget(self, nodes: Iterable[tuple[int, int]]) -> None:
        """Subtract each (nodeid, lookups); close nodes without references."""
        closing: list[Inode] = []
        with self._lock:
            for nodeid, lookups in nodes:
                inode = self._by_nodeid.get(nodeid)
                if inode is None or inode is self.root:
                    continue
                inode.lookups -= lookups
                if inode.lookups <= 0:
                    del self._by_nodeid[nodeid], self._by_key[inode.key]
                    closing.append(inode)
        # Outside the lock: closing the last reference to an unlinked file frees its blocks.
        for inode in closing:
            inode.close()

    def __contains__(self, nodeid: int) -> bool:
        """Whether the kernel refers to the node *nodeid*."""
        return nodeid in self._by_nodeid

    def clear(self) -> None:
        """Release all nodes."""
        with self._lock:
            self._by_nodeid.clear()
            self._by_key.clear()

    def __len__(self) -> int:
        """How many nodes the kernel refers to, including the root."""
        return len(self._by_nodeid)

    def _adopt(self, number: int) -> tuple[Inode, os.stat_result]:
        made = Descriptor(number)
        status = os.fstat(number)
        with self._lock:
            inode = self._by_key.get((status.st_dev, status.st_ino))
            if inode is None:
                mask = self._ino_mask(status.st_dev)
                inode = Inode(number, status, next(self._nodeids), mask)
                made.number = -1
                self._by_nodeid[inode.nodeid] = self._by_key[inode.key] = inode
            inode.lookups += 1
        made.close()
        return inode, status

    def _ino_mask(self, device: int) -> int:
        """Distinguish what is mounted inside the source: applications see only one device."""
        return self._devices.setdefault(device, len(self._devices)) << _DEVICE_BITS


class OpenFileTable:
    """Open files by handle. A handle is never used twice."""

    def __init__(self) -> None:
        self._by_handle: dict[int, OpenFile] = {}
        self._handles = itertools.count(1)

    def get(self, handle: int) -> OpenFile:
        """Return the open file *handle*; OSError (EBADF) if it is closed."""
        file = self._by_handle.get(handle)
        if file is None:
            raise OSError(errno.EBADF, f"no open file {handle}")
        return file

    def add(self, file: OpenFile) -> int:
        """Add *file* and return its handle."""
        handle = next(self._handles)
        self._by_handle[handle] = file
        return handle

    def close(self, handle: int) -> None:
        """Forget *handle*, and close it if it is still open. Raises OSError."""
        file = self._by_handle.pop(handle, None)
        if file is not None:
            file.close()

    def __contains__(self, handle: int) -> bool:
        """Whether *handle* is open."""
        return handle in self._by_handle

    def clear(self) -> None:
        """Release all open files."""
        self._by_handle.clear()

    def __len__(self) -> int:
        """How many files and directories are open."""
        return len(self._by_handle)


def raise_descriptor_limit() -> int:
    """Raise this process's limit of descriptors to the maximum; return it.

    The kernel's dentry cache decides how many nodes there are, and each needs one.
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
