"""The receive loop: reader threads that pass requests to a filesystem, always enough of them.

A reader handles the request that it read itself, since passing it on costs 15 to 22 us. A handler
may be stuck in the kernel forever (D state), so the last idle reader starts another before it
handles its request, and surplus readers end.

INTERRUPT is answered with ENOSYS, after which the kernel sends no more of them: the worker is in a
system call that nothing can interrupt, a write could not be undone, and the deadline bounds the
wait anyway. So a signalled caller waits for the answer, as on a local disk.
"""

import errno
import mmap
import sys
import threading
from collections.abc import Callable
from typing import Protocol

from vexfsctl.driver.fuse.channel import Reply
from vexfsctl.driver.fuse.connection import Connection
from vexfsctl.driver.fuse.parsing import HEADER_SIZE, parse_body, parse_header
from vexfsctl.driver.fuse.protocol import HEADER_PAGE
from vexfsctl.driver.fuse.requests import Forget, Request, Unhandled


class Filesystem(Protocol):
    """Answers requests."""

    def handle(self, request: Request, reply: Reply) -> None:
        """Answer *request* through *reply*, now or later, from this thread or another.

        Called from many threads at once. An exception that escapes becomes EIO.
        """


def serve(
    connection: Connection,
    filesystem: Filesystem,
    *,
    on_crash: Callable[[BaseException], None],
    idle_readers: int = 4,
    max_readers: int = 256,
) -> None:
    """Start answering the requests of *connection*; returns at once.

    Up to *idle_readers* threads (with fewer than three, threads come and go at every call) stay to
    wait for requests, and up to *max_readers* exist: that many handlers may be stuck before the
    mount is. All are daemon threads; they end at unmount. *on_crash* is called with every
    exception that escaped from the filesystem, after its caller got EIO.
    """
    _Readers(connection, filesystem, on_crash, idle_readers, max_readers).start_one()


class _Readers:
    def __init__(
        self,
        connection: Connection,
        filesystem: Filesystem,
        on_crash: Callable[[BaseException], None],
        idle_readers: int,
        max_readers: int,
    ) -> None:
        self._connection = connection
        self._channel = connection.channel
        self._handle = filesystem.handle
        self._on_crash = on_crash
        self._idle_limit = idle_readers
        self._limit = max_readers
        self._lock = threading.Lock()
        self._idle = 0
        self._alive = 0

    def start_one(self) -> None:
        with self._lock:
            self._alive += 1
            self._idle += 1
        try:
            # In a mapping, only the pages that a request fills take memory.
            buffer = memoryview(mmap.mmap(-1, self._connection.negotiated.max_write + HEADER_PAGE))
            name = f"fuse {self._connection.mountpoint}"
            threading.Thread(target=self._run, args=(buffer,), name=name, daemon=True).start()
        except (RuntimeError, OSError):  # out of threads or memory; the existing ones continue
            with self._lock:
                self._alive -= 1
                self._idle -= 1

    def _run(self, buffer: memoryview) -> None:
        while length := self._channel.receive(buffer):
            if self._must_grow():
                self.start_one()
            self._dispatch(buffer[:length])
            if not self._may_stay():
                return
        self._connection.end()

    def _must_grow(self) -> bool:
        with self._lock:
            self._idle -= 1
            return self._idle == 0 and self._alive < self._limit

    def _may_stay(self) -> bool:
        with self._lock:
            if self._idle >= self._idle_limit:
                self._alive -= 1
                return False
            self._idle += 1
            return True

    def _dispatch(self, message: memoryview) -> None:
        reply: Reply | None = None
        try:
            header = parse_header(message)
            reply = Reply(self._channel, header.unique)
            request = parse_body(header, message[HEADER_SIZE:])
            if isinstance(request, Unhandled):
                reply.error(errno.ENOSYS)
                return
            if isinstance(request, Forget):
                reply.expect_none()
            self._handle(request, reply)
        except BaseException as exception:  # noqa: BLE001 - one bad request must not end the mount
            if reply is not None:
                reply.error(errno.EIO)
            self._report(exception)

    def _report(self, crash: BaseException) -> None:
        try:
            self._on_crash(crash)
        except BaseException:  # noqa: BLE001 - nor may the one who hears of it
            threading.excepthook(
                threading.ExceptHookArgs([*sys.exc_info(), threading.current_thread()])
            )
