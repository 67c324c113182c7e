"""A filesystem in memory: files in one directory, every request remembered."""

import errno
import itertools
import stat
from collections.abc import Callable
from typing import TypeVar

from vexfsctl.driver.fuse import ROOT_NODEID, OpenFlag, Reply, replies
from vexfsctl.driver.fuse.replies import Attr, DirectoryEntry
from vexfsctl.driver.fuse.requests import (
    Create,
    Flush,
    Forget,
    GetAttr,
    Lookup,
    Open,
    OpenDir,
    Read,
    ReadDir,
    Release,
    ReleaseDir,
    Request,
    SetAttr,
    Write,
)

R = TypeVar("R")


class MemoryFilesystem:
    """Files by name in the root directory. `intercept` puts a test's own handler before ours."""

    def __init__(self, **files: bytes) -> None:
        self.seen: list[Request] = []
        self._intercepted: dict[type, Callable[..., None]] = {}
        self._handlers: dict[type, Callable[..., None]] = {
            Create: self._create,
            Flush: self._succeed,
            Forget: self._ignore,
            GetAttr: self._get_attr,
            Lookup: self._look_up,
            Open: self._open,
            OpenDir: self._open,
            Read: self._read,
            ReadDir: self._read_dir,
            Release: self._succeed,
            ReleaseDir: self._succeed,
            SetAttr: self._get_attr,
            Write: self._write,
        }
        self._nodes = itertools.count(ROOT_NODEID + 1)
        self.names: dict[bytes, int] = {}
        self.data: dict[int, bytearray] = {}
        for name, data in files.items():
            self._make(name.encode(), data)

    def intercept(self, shape: type[R], handler: Callable[[R, Reply], None]) -> None:
        """Let *handler* answer the requests of *shape*."""
        self._intercepted[shape] = handler

    def seen_of(self, shape: type[R]) -> list[R]:
        """The requests of *shape* so far."""
        return [request for request in self.seen if isinstance(request, shape)]

    def handle(self, request: Request, reply: Reply) -> None:
        """Answer *request*."""
        self.seen.append(request)
        handler = self._intercepted.get(type(request))
        if handler is not None:
            handler(request, reply)
            return
        own = self._handlers.get(type(request))
        if own is None:
            reply.error(errno.ENOSYS)
        else:
            own(request, reply)

    def attr(self, nodeid: int) -> Attr:
        """Attributes of a node."""
        if nodeid == ROOT_NODEID:
            return Attr(ino=nodeid, mode=stat.S_IFDIR | 0o755, nlink=2)
        return Attr(ino=nodeid, mode=stat.S_IFREG | 0o644, size=len(self.data[nodeid]))

    def entries(self) -> list[DirectoryEntry]:
        """The root directory."""
        return [
            DirectoryEntry(name, nodeid, self.attr(nodeid).mode, position)
            for position, (name, nodeid) in enumerate(self.names.items(), start=1)
        ]

    def _make(self, name: bytes, data: bytes) -> int:
        nodeid = self.names[name] = next(self._nodes)
        self.data[nodeid] = bytearray(data)
        return nodeid

    def _look_up(self, request: Lookup, reply: Reply) -> None:
        nodeid = self.names.get(request.name)
        if nodeid is None:
            reply.error(errno.ENOENT)
        else:
            reply.send(replies.encode_entry(nodeid, self.attr(nodeid)))

    def _create(self, request: Create, reply: Reply) -> None:
        nodeid = self._make(request.name, b"")
        reply.send(
            replies.encode_entry(nodeid, self.attr(nodeid)),
            replies.encode_open(nodeid, OpenFlag.DIRECT_IO),
        )

    def _get_attr(self, request: GetAttr | SetAttr, reply: Reply) -> None:
        reply.send(replies.encode_attr(self.attr(request.header.nodeid)))

    def _open(self, request: Open | OpenDir, reply: Reply) -> None:
        flags = OpenFlag.DIRECT_IO if isinstance(request, Open) else 0
        reply.send(replies.encode_open(request.header.nodeid, flags))

    def _read(self, request: Read, reply: Reply) -> None:
        end = request.offset + request.size
        reply.send(memoryview(self.data[request.handle])[request.offset : end])

    def _read_dir(self, request: ReadDir, reply: Reply) -> None:
        reply.send(replies.pack_dirents(self.entries()[request.offset :], request.size))

    def _write(self, request: Write, reply: Reply) -> None:
        end = request.offset + len(request.data)
        self.data[request.handle][request.offset : end] = request.data
        reply.send(replies.encode_write(len(request.data)))

    def _succeed(self, _request: Request, reply: Reply) -> None:
        reply.send()

    def _ignore(self, _request: Request, _reply: Reply) -> None:
        pass
