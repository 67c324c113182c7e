"""A large file that is open, of which any part can be read without the danger of being stuck.

A child process opened it, which may take forever; its descriptor is taken from it (pidfd_getfd(2),
Linux 5.6), which touches no filesystem. It is read with RWF_NOWAIT (preadv2(2)): what is in the
page cache comes at once, and for the rest, which takes a device, there is a child again.
Filesystems whose reads may depend on somebody else (FUSE, NFS) refuse that flag.
"""

import ctypes
import errno
import os
import stat
import weakref
from contextlib import closing

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.child import ReadingChild

_SYS_PIDFD_GETFD = 438
"""The same number on every architecture."""
_STANDARD_INPUT = 0
_AHEAD = 4 << 20
"""Bytes that are read together where the device has to be waited for."""


class OpenFile:
    """A regular file, open for reading."""

    def __init__(self, descriptor: int, silence_s: float) -> None:
        """*descriptor* is owned by it from now on."""
        self._descriptor = descriptor
        self._silence_s = silence_s
        self._buffer = bytearray()
        self._seen: tuple[int, int] | None = None
        """What of the file is in the buffer."""
        self._ahead = b""
        self._ahead_at = 0
        weakref.finalize(self, os.close, descriptor)
        self.size = os.fstat(descriptor).st_size
        """Bytes that it had when it was opened."""

    @classmethod
    def of_process(cls, pid: int, silence_s: float) -> "OpenFile | None":
        """Return the file that a child reads as its standard input.

        None if it is no regular file, or if the system or the filesystem cannot do it.
        """
        process = os.pidfd_open(pid)
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            descriptor = int(libc.syscall(_SYS_PIDFD_GETFD, process, _STANDARD_INPUT, 0))
        finally:
            os.close(process)
        if descriptor < 0:
            return None
        try:
            os.preadv(descriptor, [bytearray(1)], 0, os.RWF_NOWAIT)
        except BlockingIOError:
            pass
        except OSError:
            os.close(descriptor)
            return None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        return cls(descriptor, silence_s)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes between two offsets, both within `size`; raise LogUnreadable."""
        return bytes(self.view(start, end))

    def view(self, start: int, end: int) -> bytearray:
        """Return the same, to be looked at before anything else is read."""
        if self._seen != (start, end):
            self._seen = None
            self._resize(end - start)
            with memoryview(self._buffer) as room:
                self._fill(room, start)
            self._seen = start, end
        return self._buffer

    def _resize(self, size: int) -> None:
        # Mostly by a few bytes, for which it is not moved.
        del self._buffer[size:]
        self._buffer.extend(bytes(size - len(self._buffer)))

    def _fill(self, room: memoryview, start: int) -> None:
        at = 0
        while at < len(room):
            try:
                size = os.preadv(self._descriptor, [room[at:]], start + at, os.RWF_NOWAIT)
            except OSError as cause:
                if cause.errno not in (errno.EAGAIN, errno.EOPNOTSUPP):
                    raise LogUnreadable(str(cause.strerror)) from cause
                room[at:] = self._wait_for(start + at, start + len(room))
                break
            if not size:
                raise _truncated()
            at += size

    def _wait_for(self, start: int, end: int) -> bytes:
        """Return the same, from the device."""
        at = start - self._ahead_at
        if not 0 <= at <= at + end - start <= len(self._ahead):
            # The child opens the file anew: the position of this descriptor is also that of the
            # process that it was taken from.
            operands = (
                *("if=/proc/self/fd/0", f"skip={start}", f"count={max(end - start, _AHEAD)}"),
                "iflag=skip_bytes,count_bytes",
            )
            child = ReadingChild(*operands, silence_s=self._silence_s, stdin=self._descriptor)
            with closing(child):
                self._ahead, self._ahead_at, at = b"".join(child), start, 0
            if len(self._ahead) < end - start:
                raise _truncated()
        return self._ahead[at : at + end - start]


def _truncated() -> LogUnreadable:
    return LogUnreadable("it was truncated while it was read", hint="run it again")
