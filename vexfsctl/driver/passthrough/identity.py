"""Acting as the caller: the backing filesystem sees who asked, not a server that runs as root.

So the backing filesystem itself gives a new file its owner, group, mode and ACL, clears
set-user-id bits, counts quotas and keeps the reserve for root. Rights are checked twice: the
kernel checks before it sends a request (default_permissions, POSIX ACLs), this is the second check.

An identity belongs to one thread and lasts for one call: it is dropped before anything else
happens in the thread, because the log writer must open /dev/kmsg as the server. A caller with uid 0
is served as the server itself; others act without any capability, so what only a capability would
allow is refused.
"""

import os
import threading
from types import TracebackType

from vexfsctl.driver import system_calls
from vexfsctl.driver.fuse.requests import RequestHeader
from vexfsctl.model.clock import Clock

_GROUPS_VALID_NS = 1_000_000_000
_GROUPS_KEPT = 1024


class Identities:
    """The identities that the threads of one server act as."""

    def __init__(self, clock: Clock) -> None:
        self._threads = threading.local()
        self._groups = GroupCache(clock)
        # A user's own server always acts as that user, and only that user can use the mount.
        self._may_change = os.geteuid() == 0

    def acting_as(
        self, header: RequestHeader, *, groups_of_now: bool = False
    ) -> "_Acting | _Unchanged":
        """Act as the caller of a request within a `with` block. Raises OSError if refused.

        Unless *groups_of_now*, the caller's groups may be up to a second old.
        """
        uid = header.uid
        if not self._may_change:
            return _UNCHANGED
        thread = self._thread()
        thread.set_group(header.gid)
        if uid == 0:
            return _UNCHANGED
        if groups_of_now:
            self._groups.refresh(header.pid, uid, header.gid)
        thread.set_groups(self._groups.of(header.pid, uid, header.gid))
        return _Acting(thread, uid)

    def was_mistaken(self, header: RequestHeader) -> bool:
        """Whether the caller's groups differ from the assumed ones: then act once more.

        A server that acts for many users changes its own groups from one call to the next.
        """
        if not self._may_change or header.uid == 0:
            return False
        return self._groups.refresh(header.pid, header.uid, header.gid)

    def use_umask(self, umask: int) -> None:
        """Use *umask* for new files of this thread; a default ACL overrides it."""
        self._thread()
        os.umask(umask)

    def _thread(self) -> "_Thread":
        try:
            thread: _Thread = self._threads.thread
        except AttributeError:
            thread = self._threads.thread = _Thread()
        return thread


class GroupCache:
    """Supplementary groups of processes, as read from /proc within the last second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[int, int, int], tuple[int, tuple[int, ...]]] = {}

    def of(self, pid: int, uid: int, gid: int) -> tuple[int, ...]:
        """Return the groups of the thread *pid* that acts as *uid* and *gid*; none if it is gone.

        The request carries no groups; uid and gid in the key distinguish a reused pid.
        """
        key, now_ns = (pid, uid, gid), self._clock.now_ns()
        known = self._known.get(key)
        if known is not None and now_ns - known[0] < _GROUPS_VALID_NS:
            return known[1]
        return self._read(key, now_ns)

    def refresh(self, pid: int, uid: int, gid: int) -> bool:
        """Read the groups again; return whether they had changed."""
        key = (pid, uid, gid)
        known = self._known.get(key)
        return known is not None and known[1] != self._read(key, self._clock.now_ns())

    def _read(self, key: tuple[int, int, int], now_ns: int) -> tuple[int, ...]:
        groups = read_groups(key[0])
        if len(self._known) >= _GROUPS_KEPT:
            self._known = {}
        self._known[key] = (now_ns, groups)
        return groups

    def __len__(self) -> int:
        """How many callers are known."""
        return len(self._known)


def read_groups(pid: int) -> tuple[int, ...]:
    """Return the supplementary groups of thread *pid*, none if there is no such thread."""
    try:
        with open(f"/proc/{pid}/status", "rb") as status:
            lines = [line for line in status if line.startswith(b"Groups:")]
    except OSError:
        return ()
    return tuple(int(group) for group in b"".join(lines).split()[1:])


class _Thread:
    """What a thread acts as now. Group and groups stay after a call: uid 0 overrides them."""

    def __init__(self) -> None:
        system_calls.unshare_umask()
        self.capabilities = system_calls.Capabilities()
        self._gid = -1
        self._groups: tuple[int, ...] | None = None
        self._proven: set[int] = set()

    def set_group(self, gid: int) -> None:
        if gid != self._gid:
            system_calls.set_fs_gid(gid)
            self._gid = gid

    def set_groups(self, groups: tuple[int, ...]) -> None:
        if groups != self._groups:
            system_calls.set_groups(groups)
            self._groups = groups

    def prove(self, uid: int) -> None:
        """Raise PermissionError if this thread could not become *uid* (user namespaces)."""
        if uid not in self._proven:
            if system_calls.fs_uid() != uid:
                raise PermissionError(f"cannot act as user {uid}")
            self._proven.add(uid)


class _Acting:
    """Within the block, the thread acts as a user without capabilities."""

    __slots__ = ("_thread", "_uid")

    def __init__(self, thread: _Thread, uid: int) -> None:
        self._thread = thread
        self._uid = uid

    def __enter__(self) -> None:
        system_calls.set_fs_uid(self._uid)
        try:
            self._thread.prove(self._uid)
            self._thread.capabilities.lay_down()
        except BaseException:
            system_calls.set_fs_uid(0)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        system_calls.set_fs_uid(0)
        self._thread.capabilities.take_up()


class _Unchanged:
    """Within the block, the thread acts as the server."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


_UNCHANGED = _Unchanged()
