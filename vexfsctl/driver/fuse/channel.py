"""The descriptor of one FUSE connection: reads whole requests, answers each once.

Any thread may answer. A descriptor number must not be reused while a stuck worker might still
write its late answer to it, so `retire` points it at /dev/null and it is closed when the last
`Reply` is gone.
"""

import errno
import os
import struct
import threading
import weakref
from typing import TypeAlias

from vexfsctl.driver.fuse.protocol import NotifyCode
from vexfsctl.model.errnos import MAX_ERRNO

Payload: TypeAlias = bytes | bytearray | memoryview
"""Bytes of an answer; a memoryview must have single bytes as items. Nothing is copied."""

_OUT_HEADER = struct.Struct("=IiQ")
_UNSOLICITED = 0


class Channel:
    """Owner of a descriptor of /dev/fuse."""

    __slots__ = ("__weakref__", "_descriptor")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # Not at exit: daemon threads still use it then, and the kernel closes it anyway.
        weakref.finalize(self, os.close, descriptor).atexit = False

    def receive(self, buffer: memoryview) -> int:
        """Wait for a request; return its length in *buffer*, 0 if the filesystem is unmounted."""
        while True:
            try:
                return os.readv(self._descriptor, (buffer,))
            except OSError as exception:
                # ECONNABORTED: unmounted by force, through fusectl.
                if exception.errno in (errno.ENODEV, errno.ECONNABORTED):
                    return 0
                # ENOENT: the caller gave up while its request was being read.
                if exception.errno not in (errno.ENOENT, errno.EAGAIN):
                    raise

    def answer(self, unique: int, payload: tuple[Payload, ...]) -> None:
        """Answer request *unique* with success; does not raise if the filesystem is unmounted.

        Raises OSError if the kernel refuses an answer of this length; its caller then gets EIO.
        """
        try:
            self._write(unique, 0, payload)
        except OSError:
            self.refuse(unique, errno.EIO)
            raise

    def refuse(self, unique: int, error: int) -> None:
        """Answer request *unique* with errno *error*, or with EIO if it is not a valid errno."""
        self._write(unique, -error if 0 < error <= MAX_ERRNO else -errno.EIO, ())

    def notify(self, code: NotifyCode, payload: bytes) -> None:
        """Notify the kernel; does not raise for something that it does not know (any more)."""
        self._write(_UNSOLICITED, code, (payload,))

    def retire(self) -> None:
        """Release /dev/fuse: later answers go nowhere, and `receive` returns 0."""
        try:
            null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        except OSError:  # out of descriptors: the dead one stays until the last Reply is gone
            return
        os.dup2(null, self._descriptor, inheritable=False)
        os.close(null)

    def _write(self, unique: int, code: int, payload: tuple[Payload, ...]) -> None:
        length = _OUT_HEADER.size + sum(map(len, payload))
        header = _OUT_HEADER.pack(length, code, unique)
        try:
            os.writev(self._descriptor, (header, *payload))
        except OSError as exception:
            # ENOENT: nobody waits for this any more; ENODEV: unmounted.
            if exception.errno not in (errno.ENOENT, errno.ENODEV):
                raise


class Reply:
    """The only answer to one request. Any thread may give it; the first wins, the others get False.

    So a watchdog can answer ETIMEDOUT at the deadline while the worker is stuck, and the worker's
    later answer is dropped.
    """

    __slots__ = ("_channel", "_unanswered", "unique")

    def __init__(self, channel: Channel, unique: int) -> None:
        self.unique = unique
        self._channel = channel
        self._unanswered = threading.Lock()

    def send(self, *payload: Payload) -> bool:
        """Answer with success and *payload*; False if the request was answered before.

        Then what it granted (a lookup count, a file handle) did not reach the kernel, and the
        caller must take it back. Raises OSError if the kernel refuses an answer of this length.
        """
        if not self._unanswered.acquire(blocking=False):
            return False
        self._channel.answer(self.unique, payload)
        return True

    def error(self, error: int) -> bool:
        """Answer with errno *error* (EIO if it is invalid); False if it was answered before."""
        if not self._unanswered.acquire(blocking=False):
            return False
        self._channel.refuse(self.unique, error)
        return True

    def expect_none(self) -> None:
        """Mark a request that has no answer, such as FORGET: answering it does nothing."""
        self._unanswered.acquire(blocking=False)
