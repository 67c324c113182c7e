"""Requests about open files: opening, reading, writing, allocating, syncing, closing them."""

import fcntl
import os
import threading

from vexfsctl.driver import system_calls
from vexfsctl.driver.fuse import replies, requests
from vexfsctl.driver.passthrough.backing import DONE, Answer, Backing, Handler
from vexfsctl.driver.passthrough.direct import check_direct
from vexfsctl.driver.passthrough.nodes.inodes import OpenInode
from vexfsctl.driver.passthrough.nodes.open_files import OpenFile

# A whole file in one call would exceed its deadline; callers continue after a short copy.
_COPY_AT_MOST = 16 << 20

# The path to the inode is a symbolic link in /proc; on direct I/O see `direct`.
_NOT_PASSED_ON = os.O_NOFOLLOW | os.O_DIRECT
_WRITE_FROM_CACHE = 1


class Data:
    """Handlers of requests about open files, one for each shape."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._file = backing.files.get
        self._threads = threading.local()
        self.handlers: dict[type, Handler] = {
            requests.Open: self._open,
            requests.Create: self._create,
            requests.TmpFile: self._create_unnamed,
            requests.Read: self._read,
            requests.Write: self._write,
            requests.CopyFileRange: self._copy,
            requests.Fallocate: self._allocate,
            requests.Lseek: self._seek,
            requests.Flush: self._flush,
            requests.Fsync: self._sync,
            requests.FsyncDir: self._sync,
            requests.Release: self._release,
            requests.ReleaseDir: self._release,
        }

    def _open(self, request: requests.Open, node: OpenInode) -> Answer:
        self._backing.files.check_room()
        flags = request.flags & ~os.O_NOFOLLOW
        number = _without_direct(os.open(node.path, flags | os.O_CLOEXEC), flags)
        file = OpenFile(number, flags & ~os.O_DIRECT, node.inode)
        return self._backing.opened(file, self._backing.open_flags)

    def _create(self, request: requests.Create, parent: OpenInode) -> Answer:
        flags = request.flags | os.O_CREAT | os.O_NOFOLLOW
        return self._make(parent, request.name, flags, request)

    def _create_unnamed(self, request: requests.TmpFile, parent: OpenInode) -> Answer:
        return self._make(parent, None, request.flags | os.O_TMPFILE, request)

    def _make(
        self,
        parent: OpenInode,
        name: bytes | None,
        flags: int,
        request: requests.Create | requests.TmpFile,
    ) -> Answer:
        self._backing.files.check_room()
        self._backing.identities.use_umask(request.umask)
        number = os.open(name or b".", flags | os.O_CLOEXEC, request.mode, dir_fd=parent.number)
        number = _without_direct(number, flags)
        try:
            inode, status = self._backing.inodes.of_open(number, parent, name)
        except BaseException:
            os.close(number)
            raise
        entry = self._backing.entry_of(inode, status)
        file = OpenFile(number, flags & ~_NOT_PASSED_ON, inode)
        opened = self._backing.opened(file, self._backing.open_flags)

        def undo() -> None:
            for part in (entry, opened):
                if part.undo is not None:
                    part.undo()

        return Answer((*entry.payload, *opened.payload), undo)

    def _read(self, request: requests.Read) -> Answer:
        file = self._file(request.handle)
        if request.flags & os.O_DIRECT:
            self._check_direct(file, request.offset, request.size, reading=True)
        room = self._buffer(request.size)[: request.size]
        count = taken = os.preadv(file.number, (room,), request.offset)
        # A short answer means the end of the file, and the kernel would show zeros after it: a
        # read that stopped at a bad block must continue until the error.
        while taken and count < request.size:
            taken = os.preadv(file.number, (room[count:],), request.offset + count)
            count += taken
        return Answer((room[:count],))

    def _write(self, request: requests.Write) -> Answer:
        file = self._file(request.handle)
        if request.write_flags & _WRITE_FROM_CACHE:
            return self._write_back(file, request)
        if request.flags & os.O_DIRECT:
            self._check_direct(file, request.offset, len(request.data), reading=False)
        self._follow_append(file, request.flags)
        written = os.pwrite(file.number, request.data, request.offset)
        return Answer((replies.encode_write(written),))

    def _write_back(self, file: OpenFile, request: requests.Write) -> Answer:
        """Write pages of a shared mapping: all, and at their offset, even if the file appends."""
        if not file.flags & os.O_APPEND:
            return _write_all(file.number, request)
        number = os.open(file.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            return _write_all(number, request)
        finally:
            os.close(number)

    def _check_direct(self, file: OpenFile, offset: int, length: int, *, reading: bool) -> None:
        longest = self._backing.max_transfer
        check_direct(file.number, offset, length, reading=reading, longest=longest)

    def _follow_append(self, file: OpenFile, flags: int) -> None:
        """Apply what fcntl(2) did to the application's descriptor since it was opened."""
        wanted = file.flags & ~os.O_APPEND | flags & os.O_APPEND
        if wanted != file.flags:
            fcntl.fcntl(file.number, fcntl.F_SETFL, wanted)
            file.flags = wanted

    def _copy(self, request: requests.CopyFileRange) -> Answer:
        copied = os.copy_file_range(
            self._file(request.handle).number,
            self._file(request.to_handle).number,
            min(request.length, _COPY_AT_MOST),
            request.offset,
            request.to_offset,
        )
        return Answer((replies.encode_write(copied),))

    def _allocate(self, request: requests.Fallocate) -> Answer:
        number = self._file(request.handle).number
        system_calls.fallocate(number, request.mode, request.offset, request.length)
        return DONE

    def _seek(self, request: requests.Lseek) -> Answer:
        number = self._file(request.handle).number
        return Answer((replies.encode_lseek(os.lseek(number, request.offset, request.whence)),))

    def _flush(self, request: requests.Flush) -> Answer:
        # Closing a second descriptor makes the filesystem report what close(2) would.
        os.close(os.dup(self._file(request.handle).number))
        return DONE

    def _sync(self, request: requests.Fsync | requests.FsyncDir) -> Answer:
        sync = os.fdatasync if request.datasync else os.fsync
        sync(self._file(request.handle).number)
        return DONE

    def _release(self, request: requests.Release | requests.ReleaseDir) -> Answer:
        self._backing.files.close(request.handle)
        return DONE

    def _buffer(self, size: int) -> memoryview:
        """Return a buffer of this thread; a stuck thread keeps its own."""
        buffer: memoryview | None = getattr(self._threads, "buffer", None)
        if buffer is None or len(buffer) < size:
            buffer = self._threads.buffer = memoryview(bytearray(size))
        return buffer


def _without_direct(number: int, flags: int) -> int:
    """Return *number*, opened with *flags*, without O_DIRECT, which a filesystem may refuse."""
    if flags & os.O_DIRECT:
        fcntl.fcntl(number, fcntl.F_SETFL, fcntl.fcntl(number, fcntl.F_GETFL) & ~os.O_DIRECT)
    return number


def _write_all(number: int, request: requests.Write) -> Answer:
    written = 0
    while written < len(request.data):
        written += os.pwrite(number, request.data[written:], request.offset + written)
    return Answer((replies.encode_write(written),))
