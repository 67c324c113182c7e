"""A tree of attributes served over FUSE that behaves like sysfs.

Programs expect of a real attribute: size 4096 and no blocks; fresh contents at each read from
offset 0; a bad value refused by write(2) itself; O_TRUNC and truncate(2) accepted and ignored; a
read-only (or write-only) file that not even root can open otherwise, although the kernel's own
check of modes would let root through; poll(2) that wakes with POLLPRI and POLLERR when a value
has changed since it was read; nothing created, removed or renamed. The source decides which
attributes there are.
"""

import errno
import itertools
import os
import select
import stat
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vexfsctl.driver.fuse import ROOT_NODEID, Connection, OpenFlag, Reply, requests
from vexfsctl.driver.fuse.replies import (
    Attr,
    DirectoryEntry,
    encode_attr,
    encode_entry,
    encode_open,
    encode_poll,
    encode_statfs,
    encode_write,
    pack_dirents,
)
from vexfsctl.exceptions import WriteRefused
from vexfsctl.sysfs.attributes import PAGE_SIZE

_ALWAYS_READY = select.POLLIN | select.POLLOUT | select.POLLRDNORM | select.POLLWRNORM
_CHANGED = select.POLLPRI | select.POLLERR
_READABLE = 0o444
_WRITABLE = 0o222
# Blocks, files and the rest are 0, names may have 255 bytes: as statfs(2) reports for sysfs.
_STATFS = os.statvfs_result((PAGE_SIZE, PAGE_SIZE, 0, 0, 0, 0, 0, 0, 0, 255))


class Attributes(Protocol):
    """The source of a tree: attributes by path, such as `errors/total`. Thread-safe."""

    @property
    def modes(self) -> Mapping[str, int]:
        """Permission bits of every attribute by its path; the same for the life of the tree."""
        ...

    def read(self, path: str) -> bytes:
        """Return the whole present content; raise OSError."""
        ...

    def write(self, path: str, data: bytes, uid: int, pid: int) -> None:
        """Accept a value from a process; on WriteRefused or OSError nothing is changed."""
        ...

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call *callback* with the path of a pollable attribute whenever it changes."""
        ...


class TreeFilesystem:
    """Answers the kernel's requests about one tree of attributes."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._nodes = _make_nodes(attributes.modes)
        self._by_path = {node.path: node for node in self._nodes.values()}
        self._made_ns = time.time_ns()
        self._owner = os.geteuid(), os.getegid()
        self._lock = threading.Lock()
        self._open: dict[int, _OpenAttribute] = {}
        self._handles = itertools.count(1)
        self._notify: Callable[[int], None] | None = None
        attributes.subscribe(self._on_change)

    def attach(self, connection: Connection) -> None:
        """Set the mount that this tree is served on; it is used to wake pollers."""
        self._notify = connection.notify_poll

    def handle(self, request: requests.Request, reply: Reply) -> None:
        """Answer one request."""
        if isinstance(request, requests.Forget):
            # Nodes are never forgotten; one of many nodes names none in its header.
            return
        try:
            answer = self._answer(request)
        except WriteRefused as refused:
            reply.error(refused.errno)
        except OSError as cause:
            reply.error(cause.errno or errno.EIO)
        else:
            reply.send(answer)

    def _answer(self, request: requests.Request) -> bytes:
        match request:
            case requests.Read():
                return self._read(request)
            case requests.Write():
                return self._write(request)
            case requests.Open():
                return self._open_attribute(request)
            case requests.Release():
                return self._release(request)
            case requests.Poll():
                return self._poll(request)
            case _:
                return self._answer_about_names(request)

    def _answer_about_names(self, request: requests.Request) -> bytes:
        node = self._nodes[request.header.nodeid]
        match request:
            case requests.Lookup():
                return self._look_up(node, request.name)
            case requests.GetAttr():
                return encode_attr(self._attr(node))
            case requests.SetAttr():
                return self._set_attr(node, request)
            case requests.OpenDir():
                return encode_open(0)
            case requests.ReadDir():
                return pack_dirents(node.entries()[request.offset :], request.size)
            case requests.StatFs():
                return encode_statfs(_STATFS)
            case requests.ReleaseDir():
                return b""
            case _:
                raise OSError(_REFUSALS.get(type(request), errno.ENOSYS), "not in a tree")

    def _look_up(self, directory: "_Node", name: bytes) -> bytes:
        if name not in directory.children:
            raise FileNotFoundError(errno.ENOENT, "lookup")
        node = directory.children[name]
        return encode_entry(node.nodeid, self._attr(node))

    def _set_attr(self, node: "_Node", request: requests.SetAttr) -> bytes:
        # A truncation comes with times, but never with anything else.
        if request.size is None:
            raise PermissionError(errno.EPERM, "modes, owners and times are fixed")
        return encode_attr(self._attr(node))

    def _open_attribute(self, request: requests.Open) -> bytes:
        node = self._nodes[request.header.nodeid]
        access = request.flags & os.O_ACCMODE
        reads, writes = access != os.O_WRONLY, access != os.O_RDONLY
        if (reads and not node.mode & _READABLE) or (writes and not node.mode & _WRITABLE):
            raise PermissionError(errno.EACCES, node.path)
        with self._lock:
            handle = next(self._handles)
            self._open[handle] = _OpenAttribute(node)
        return encode_open(handle, OpenFlag.DIRECT_IO)

    def _release(self, request: requests.Release) -> bytes:
        with self._lock:
            del self._open[request.handle]
        return b""

    def _read(self, request: requests.Read) -> bytes:
        with self._lock:
            opened = self._open[request.handle]
            if request.offset == 0:
                # Before the content is made: a change in between must wake the next poll.
                opened.seen = opened.node.changes
        if request.offset == 0 or opened.content is None:
            opened.content = self._attributes.read(opened.node.path)
        return opened.content[request.offset : request.offset + request.size]

    def _write(self, request: requests.Write) -> bytes:
        if len(request.data) >= PAGE_SIZE:
            raise OSError(errno.EINVAL, "a page or more")
        path = self._open[request.handle].node.path
        self._attributes.write(path, bytes(request.data), request.header.uid, request.header.pid)
        return encode_write(len(request.data))

    def _poll(self, request: requests.Poll) -> bytes:
        with self._lock:
            opened = self._open[request.handle]
            if request.schedule:
                opened.kernel_handle = request.kernel_handle
            changed = opened.seen != opened.node.changes
        return encode_poll(_ALWAYS_READY | (_CHANGED if changed else 0))

    def _on_change(self, path: str) -> None:
        with self._lock:
            node = self._by_path[path]
            node.changes += 1
            waiting = [opened for opened in self._open.values() if opened.node is node]
            handles = [opened.kernel_handle for opened in waiting if opened.kernel_handle]
            for opened in waiting:
                opened.kernel_handle = None
        for handle in handles:
            if self._notify is not None:
                self._notify(handle)

    def _attr(self, node: "_Node") -> Attr:
        return Attr(
            ino=node.nodeid,
            mode=node.mode,
            size=0 if node.is_directory else PAGE_SIZE,
            nlink=node.links,
            uid=self._owner[0],
            gid=self._owner[1],
            atime_ns=self._made_ns,
            mtime_ns=self._made_ns,
            ctime_ns=self._made_ns,
        )


_REFUSALS: dict[type, int] = {
    requests.Create: errno.EACCES,
    requests.MkNod: errno.EPERM,
    requests.MkDir: errno.EPERM,
    requests.SymLink: errno.EPERM,
    requests.Link: errno.EPERM,
    requests.Unlink: errno.EPERM,
    requests.RmDir: errno.EPERM,
    requests.Rename: errno.EPERM,
    requests.TmpFile: errno.EOPNOTSUPP,
    requests.SetXattr: errno.EOPNOTSUPP,
    requests.Fallocate: errno.EOPNOTSUPP,
}
"""Errnos for what sysfs refuses. The rest (FLUSH, FSYNC) gets ENOSYS; the kernel then skips it."""


@dataclass(slots=True)
class _Node:
    nodeid: int
    path: str
    mode: int
    parent: "_Node | None"
    children: "dict[bytes, _Node]" = field(default_factory=dict)
    changes: int = 1
    """Increased at each change; a file that was not read yet has seen 0."""

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def links(self) -> int:
        if not self.is_directory:
            return 1
        return 2 + sum(child.is_directory for child in self.children.values())

    def entries(self) -> list[DirectoryEntry]:
        named = {b".": self, b"..": self.parent or self, **self.children}
        return [
            DirectoryEntry(name, node.nodeid, node.mode, position)
            for position, (name, node) in enumerate(named.items(), start=1)
        ]


@dataclass(slots=True)
class _OpenAttribute:
    node: _Node
    content: bytes | None = None
    seen: int = 0
    kernel_handle: int | None = None


def _make_nodes(modes: Mapping[str, int]) -> dict[int, _Node]:
    root = _Node(ROOT_NODEID, "", stat.S_IFDIR | 0o755, None)
    nodes = {ROOT_NODEID: root}

    def add(parent: _Node, name: str, mode: int) -> _Node:
        path = f"{parent.path}/{name}".lstrip("/")
        node = _Node(ROOT_NODEID + len(nodes), path, mode, parent)
        nodes[node.nodeid] = parent.children[name.encode()] = node
        return node

    for path, mode in modes.items():
        *directories, name = path.split("/")
        parent = root
        for directory in directories:
            known = parent.children.get(directory.encode())
            parent = known or add(parent, directory, stat.S_IFDIR | 0o755)
        add(parent, name, stat.S_IFREG | mode)
    return nodes
