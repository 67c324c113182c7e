"""The nodes that the kernel knows by number. An idle node holds no descriptor.

A node is known by what no other inode ever has (`mounts`). For each call it is opened again, by its
handle or by the last name under which it was seen. If something else is found there, the answer is
ESTALE, which makes the kernel look the name up anew. A node that loses its name while the kernel
refers to it is pinned: a descriptor is kept until the kernel forgets it.
"""

import contextlib
import errno
import itertools
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

from vexfsctl.driver.fuse import ROOT_NODEID
from vexfsctl.driver.passthrough.nodes.descriptors import Descriptor
from vexfsctl.driver.passthrough.nodes.locks import LockTimeout, bounded
from vexfsctl.driver.passthrough.nodes.mounts import Mount, Mounts, inode_number

_LONGEST_PATH = 4000  # bytes in one open(2): PATH_MAX is 4096
_MOVE_BOUND_S = 1.0
_BYTES_OF_A_SLOT = 160  # a dictionary that was never larger has less
_AS_A_NODE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_THERE = (errno.ESTALE, errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class StaleNode(OSError):  # noqa: N818 - an Error is what VexFS reports
    """A node is not what the kernel means any more: the answer is ESTALE, no fault of a device."""

    def __init__(self) -> None:
        super().__init__(errno.ESTALE, os.strerror(errno.ESTALE))


class Inode:
    """A node: one backing inode. Several hundred thousand of them are usual."""

    # Six of them: each further one costs 16 bytes.
    __slots__ = ("key", "lookups", "mount", "name", "nodeid", "parent")

    def __init__(self, nodeid: int, mount: Mount, key: bytes) -> None:
        self.nodeid = nodeid
        self.mount = mount
        self.key = key
        """Identity: of no other inode, even if that has the same number later."""
        self.lookups = 0
        """References held by the kernel."""
        self.parent: Inode | None = None
        """The directory in which it was last seen."""
        self.name: bytes | None = None
        """Its name there, if that is needed to find it again."""

    @property
    def ino(self) -> int:
        """Inode number that applications see."""
        return inode_number(self.key) ^ self.mount.ino_mask

    def names(self) -> list[bytes]:
        """Return the names that lead from the root to it; raises StaleNode if it has none."""
        names: list[bytes] = []
        node, passed = self, {self.nodeid}
        while node.nodeid != ROOT_NODEID:
            # What was moved below the mount can look like a circle.
            if node.name is None or node.parent is None or node.parent.nodeid in passed:
                raise StaleNode
            names.append(node.name)
            node = node.parent
            passed.add(node.nodeid)
        names.reverse()
        return names


class OpenInode(Descriptor):
    """A node opened for one call, with O_PATH or more."""

    __slots__ = ("inode",)

    def __init__(self, number: int, inode: Inode) -> None:
        super().__init__(number)
        self.inode = inode


class InodeTable:
    """Nodes by nodeid. A nodeid is never used twice.

    With *names*, every node knows its name, even one that is opened by its handle; without
    *handles*, all are opened by name. At most *most_pinned* nodes are pinned. Raises OSError.
    """

    def __init__(
        self,
        source: os.PathLike[str],
        *,
        names: bool = False,
        handles: bool = True,
        most_pinned: int = 1024,
    ) -> None:
        # Not O_PATH: that is no mount to open handles on.
        self._source = Descriptor(os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        self._mounts = Mounts(self._source, handles=handles)
        self._names = names
        self._most_pinned = most_pinned
        self.on_crowded: Callable[[], None] | None = None
        """Called, under no lock, when three quarters of the nodes that may be pinned are."""
        self._nodeids = itertools.count(ROOT_NODEID)
        self._by_nodeid: dict[int, Inode] = {}
        self._by_key: dict[bytes, Inode] = {}
        self._lock = threading.Lock()
        self.limit_waiting(None)
        self._pinned: dict[int, Descriptor] = {}
        self._moves = threading.Condition()
        self._moving = self._moved = 0
        self.root, _ = self._adopt(self._source.number, None, None, self._lock)

    def limit_waiting(self, timeout_s: float | None) -> None:
        """Have calls wait for locks no longer than *timeout_s*, then raise LockTimeout."""
        self._timeout_s = timeout_s
        self._call_lock = bounded(self._lock, timeout_s)

    def get(self, nodeid: int) -> Inode:
        """Return the node *nodeid*; StaleNode if the kernel refers to no such node."""
        inode = self._by_nodeid.get(nodeid)
        if inode is None:
            raise StaleNode
        return inode

    def open(self, inode: Inode) -> OpenInode:
        """Open *inode* for one call, as the server itself.

        Raises OSError; StaleNode if it is not found again.
        """
        kept = self._kept(inode)
        if kept is not None:
            return kept
        try:
            if inode.mount.keeps_handles:
                return OpenInode(self._mounts.open(inode.key), inode)
            return self._find_again(inode)
        except OSError as cause:
            if cause.errno not in _NOT_THERE:
                raise
            # It may have been pinned in this moment, before its name was removed.
            kept = self._kept(inode)
            if kept is None:
                raise StaleNode from cause
            return kept

    def look_up(self, parent: OpenInode, name: bytes) -> tuple[Inode, os.stat_result]:
        """Return the node *name* in *parent* and its present status; count one more lookup."""
        with Descriptor(os.open(name, _AS_A_NODE, dir_fd=parent.number)) as found:
            return self._adopt(found.number, parent.inode, name, self._call_lock)

    def of_open(
        self, descriptor: int, parent: OpenInode, name: bytes | None
    ) -> tuple[Inode, os.stat_result]:
        """Return the node of what was opened or linked as *name* in *parent*, as `look_up` does.

        *name* is None if it has none.
        """
        return self._adopt(descriptor, parent.inode, name, self._lock)

    def moved(self, parent: OpenInode, name: bytes) -> None:
        """Note that what is *name* in *parent* was moved there."""
        with contextlib.suppress(OSError):
            found, inode = self._find(parent, name)
            with found:
                if inode is not None:
                    self._see(inode, parent.inode, name)

    @contextlib.contextmanager
    def losing(self, parent: OpenInode, name: bytes) -> Iterator[None]:
        """Pin what is *name* in *parent* if the block removes that name and it has no other.

        Only if the kernel refers to it; nothing is lost if the block raises.
        """
        try:
            found, inode = self._find(parent, name)
        except OSError:
            yield  # which has the same trouble, and tells of it
            return
        with found:
            if inode is None:
                yield
                return
            # Before its name goes: a call that comes meanwhile must find it.
            pinned, lost = self._pin(inode, found), False
            try:
                yield
                lost = self._is_lost(inode, found.number, parent.inode, name)
            finally:
                if pinned and not lost:
                    self._unpin(inode)
            if lost:
                inode.name = None
                self._pin(inode, found)
                self._release_oldest()

    @contextlib.contextmanager
    def moving(self) -> Iterator[None]:
        """Within the block, names change and `moved` is told: who misses a node tries again."""
        with self._moves:
            self._moving += 1
        try:
            yield
        finally:
            with self._moves:
                self._moving -= 1
                self._moved += 1
                self._moves.notify_all()

    def forget(self, nodes: Iterable[tuple[int, int]]) -> None:
        """Subtract each (nodeid, lookups); let go of nodes without references."""
        unpinned: list[Descriptor] = []
        with self._lock:
            for nodeid, lookups in nodes:
                inode = self._by_nodeid.get(nodeid)
                if inode is None or inode is self.root:
                    continue
                inode.lookups -= lookups
                if inode.lookups <= 0:
                    del self._by_nodeid[nodeid], self._by_key[inode.key]
                    if nodeid in self._pinned:
                        unpinned.append(self._pinned.pop(nodeid))
        # Outside the lock: closing the last reference to an unlinked file frees its blocks.
        for descriptor in unpinned:
            descriptor.close()

    def pinned(self) -> list[int]:
        """Return the nodes that are pinned, those longest so first."""
        with self._lock:
            return list(self._pinned)

    def newest_first(self) -> list[int]:
        """Return all nodes but the root: what is in a directory mostly before the directory."""
        with self._lock:
            return [nodeid for nodeid in reversed(self._by_nodeid) if nodeid != ROOT_NODEID]

    def shrink(self) -> None:
        """Give back the memory of nodes that were forgotten, if they were many."""
        with self._lock:
            # A dictionary keeps the size it once had until something is added.
            if sys.getsizeof(self._by_nodeid) > _BYTES_OF_A_SLOT * (len(self._by_nodeid) + 1024):
                self._by_nodeid = dict(self._by_nodeid.items())
                self._by_key = dict(self._by_key.items())

    def clear(self) -> None:
        """Release all nodes, and the source."""
        with self._lock:
            self._by_nodeid.clear()
            self._by_key.clear()
            pinned, self._pinned = self._pinned, {}
        pinned.clear()
        self._source.close()

    def __contains__(self, nodeid: int) -> bool:
        """Whether the kernel refers to the node *nodeid*."""
        return nodeid in self._by_nodeid

    def __len__(self) -> int:
        """How many nodes the kernel refers to, including the root."""
        return len(self._by_nodeid)

    # Where nodes are seen

    def _adopt(
        self,
        number: int,
        parent: Inode | None,
        name: bytes | None,
        lock: AbstractContextManager[object],
    ) -> tuple[Inode, os.stat_result]:
        """Return the node of an open inode, a new one if need be; count one more lookup."""
        status = os.fstat(number)
        mount, key = self._mounts.identify(number, status)
        with lock:
            inode = self._by_key.get(key)
            if inode is None:
                inode = Inode(next(self._nodeids), mount, key)
                self._by_nodeid[inode.nodeid] = self._by_key[key] = inode
            inode.lookups += 1
        if parent is not None and inode is not self.root:
            self._see(inode, parent, name)
        return inode, status

    def _see(self, inode: Inode, parent: Inode, name: bytes | None) -> None:
        """Note where *inode* was seen last."""
        with self._lock:
            inode.parent = parent
            if self._names or not inode.mount.keeps_handles:
                inode.name = name
        if name is not None and inode.nodeid in self._pinned:
            self._unpin(inode)

    def _find(self, parent: OpenInode, name: bytes) -> tuple[Descriptor, Inode | None]:
        """Open *name* in *parent* with O_PATH; return also its node if the kernel refers to it."""
        found = Descriptor(os.open(name, _AS_A_NODE, dir_fd=parent.number))
        _, key = self._mounts.identify(found.number, os.fstat(found.number))
        return found, self._by_key.get(key)

    def _is_lost(self, inode: Inode, number: int, parent: Inode, name: bytes) -> bool:
        """Whether *inode*, open as *number*, cannot be opened again now that a name is removed."""
        status = os.fstat(number)
        if status.st_nlink == 0 or stat.S_ISDIR(status.st_mode):
            return True
        return not inode.mount.keeps_handles and (inode.parent, inode.name) == (parent, name)

    def _pin(self, inode: Inode, found: Descriptor) -> bool:
        """Keep *inode* open until the kernel forgets it; return whether it was not before."""
        with self._lock:
            if inode.nodeid in self._pinned or inode.nodeid not in self._by_nodeid:
                return False
            self._pinned[inode.nodeid] = Descriptor(os.dup(found.number))
            return True

    def _unpin(self, inode: Inode) -> None:
        with self._lock:
            pinned = self._pinned.pop(inode.nodeid, None)
        if pinned is not None:
            pinned.close()

    def _release_oldest(self) -> None:
        """Keep to the bound, and tell when it is near."""
        released = None
        with self._lock:
            if len(self._pinned) > self._most_pinned:
                released = self._pinned.pop(next(iter(self._pinned)))
            crowded = len(self._pinned) * 4 > self._most_pinned * 3
        if released is not None:
            released.close()
        if crowded and self.on_crowded is not None:
            self.on_crowded()

    # Opening them again

    def _kept(self, inode: Inode) -> OpenInode | None:
        """Return a node that is kept open once more, None if it is not."""
        if inode is self.root:
            return OpenInode(os.dup(self._source.number), inode)
        if inode.nodeid not in self._pinned:
            return None
        with self._call_lock:
            # Under the lock: nobody closes it meanwhile, so the number is not another file's.
            pinned = self._pinned.get(inode.nodeid)
            return None if pinned is None else OpenInode(os.dup(pinned.number), inode)

    def _find_again(self, inode: Inode) -> OpenInode:
        """Open the names that led to *inode*, and make sure that it is still what is there."""
        while True:
            moved = self._moved
            try:
                return self._follow_names(inode)
            except OSError as cause:
                if cause.errno not in _NOT_THERE or not self._may_have_moved(moved):
                    raise

    def _follow_names(self, inode: Inode) -> OpenInode:
        found = OpenInode(os.dup(self._source.number), inode)
        for path in _paths(inode.names()):
            found = OpenInode(os.open(path, _AS_A_NODE, dir_fd=found.number), inode)
        if self._mounts.identify(found.number, os.fstat(found.number))[1] != inode.key:
            raise StaleNode
        return found

    def _may_have_moved(self, moved: int) -> bool:
        """Wait for the moves under way; return whether one ended since there were *moved*."""
        timeout_s = self._timeout_s
        with self._moves:
            in_time = self._moves.wait_for(
                lambda: self._moved != moved or not self._moving, timeout_s or _MOVE_BOUND_S
            )
            if not in_time and timeout_s is not None:
                raise LockTimeout
            return self._moved != moved


def _paths(names: list[bytes]) -> Iterator[bytes]:
    """Join *names* to paths that one open(2) takes.

    A link that stands on the way now needs no care: what is found in the end is checked.
    """
    path = b""
    for name in names:
        if len(path) + len(name) > _LONGEST_PATH:
            yield path
            path = b""
        path = path + b"/" + name if path else name
    if path:
        yield path
