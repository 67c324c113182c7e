"""The files and directories that applications have open, by the handle that the kernel knows."""

import errno
import itertools
import os
import threading

from vexfsctl.driver.passthrough.nodes.descriptors import Descriptor
from vexfsctl.driver.passthrough.nodes.inodes import Inode
from vexfsctl.driver.passthrough.nodes.locks import bounded


class OpenFile(Descriptor):
    """A file or directory opened for an application: one descriptor for each open(2)."""

    __slots__ = ("abandoned", "flags", "inode")

    def __init__(self, number: int, flags: int, inode: Inode) -> None:
        super().__init__(number)
        self.flags = flags
        """The present flags of open(2)."""
        self.inode = inode
        self.abandoned = False
        """A call past its deadline may still use it: the number must not be reused yet."""

    def close(self) -> None:
        """Close it; if `abandoned`, leave that to the last reference, which the stuck call has."""
        if not self.abandoned:
            super().close()


class OpenFileTable:
    """Open files by handle. A handle is never used twice."""

    def __init__(self, most: int) -> None:
        self.most = most
        """How many may be open at once."""
        self._by_handle: dict[int, OpenFile] = {}
        self._by_nodeid: dict[int, list[OpenFile]] = {}
        self._handles = itertools.count(1)
        self._lock = threading.Lock()
        self.limit_waiting(None)

    def limit_waiting(self, timeout_s: float | None) -> None:
        """Have calls wait for a lock no longer than *timeout_s*, then raise LockTimeout."""
        self._call_lock = bounded(self._lock, timeout_s)

    def get(self, handle: int) -> OpenFile:
        """Return the open file *handle*; OSError (EBADF) if it is closed."""
        file = self._by_handle.get(handle)
        if file is None:
            raise OSError(errno.EBADF, f"no open file {handle}")
        return file

    def check_room(self, *, directory: bool = False) -> None:
        """Raise OSError (EMFILE) if no more may be opened: other calls need descriptors too.

        The last eighth is for directories, so that all can be listed whatever files are held open.
        """
        if len(self._by_handle) >= (self.most if directory else self.most * 7 // 8):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def add(self, file: OpenFile) -> int:
        """Add *file* and return its handle."""
        handle = next(self._handles)
        with self._lock:
            self._by_handle[handle] = file
            self._by_nodeid.setdefault(file.inode.nodeid, []).append(file)
        return handle

    def duplicate(self, nodeid: int) -> int | None:
        """Return a new descriptor of an open file of the node *nodeid*, None if none is open."""
        if nodeid not in self._by_nodeid:
            return None
        with self._call_lock:
            # Under the lock: nobody closes it meanwhile, so the number is not another file's.
            files = self._by_nodeid.get(nodeid)
            return None if files is None else os.dup(files[0].number)

    def close(self, handle: int) -> None:
        """Forget *handle*, and close it if it is still open. Raises OSError."""
        with self._lock:
            file = self._by_handle.pop(handle, None)
            if file is None:
                return
            files = self._by_nodeid[file.inode.nodeid]
            files.remove(file)
            if not files:
                del self._by_nodeid[file.inode.nodeid]
        file.close()

    def __contains__(self, handle: int) -> bool:
        """Whether *handle* is open."""
        return handle in self._by_handle

    def clear(self) -> None:
        """Release all open files."""
        with self._lock:
            self._by_handle.clear()
            self._by_nodeid.clear()

    def __len__(self) -> int:
        """How many files and directories are open."""
        return len(self._by_handle)
