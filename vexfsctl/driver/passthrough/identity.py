"""Acting as the caller: the backing filesystem sees who asked, not a server that runs as root.

So the backing filesystem itself gives a new file its owner, group, mode and ACL, clears
set-user-id bits, counts quotas and keeps the reserve for root. Rights are checked twice: the
kernel checks before it sends a request (default_permissions, POSIX ACLs), this is the second check.

An identity belongs to one thread and lasts for one call: it is dropped before anything else
happens in the thread, because the log writer must open /dev/kmsg as the server. Of the capabilities
the thread keeps those that the caller has over the file and that filesystems ask for; a caller with
uid 0 that lacks none of them is served as the server itself.
"""

import os
import threading
from collections.abc import Callable
from types import TracebackType

from vexfsctl.driver import system_calls
from vexfsctl.driver.fuse.requests import RequestHeader
from vexfsctl.driver.passthrough.callers import FILESYSTEM_CAPABILITIES, CredentialCache, Owner
from vexfsctl.model.clock import Clock


class Identities:
    """The identities that the threads of one server act as."""

    def __init__(self, clock: Clock) -> None:
        self._threads = threading.local()
        self._callers = CredentialCache(clock)
        # A user's own server always acts as that user, and only that user can use the mount.
        self._may_change = os.geteuid() == 0

    def acting_as(
        self,
        header: RequestHeader,
        owner: Callable[[], Owner],
        *,
        proven: int = 0,
        groups_of_now: bool = False,
    ) -> "_Acting | _Unchanged":
        """Act as the caller of a request about a file of *owner* within a `with` block.

        Raises OSError if refused. It has the capabilities *proven* anyway. Unless *groups_of_now*,
        the caller's groups and capabilities may be up to a second old.
        """
        if not self._may_change:
            return _UNCHANGED
        pid, uid, gid = header.pid, header.uid, header.gid
        thread = self._thread()
        thread.set_group(gid)
        if groups_of_now:
            self._callers.refresh(pid, uid, gid)
        caller = self._callers.of(pid, uid, gid)
        capabilities = caller.capabilities_over(owner) | proven
        if uid == 0 and thread.has_no_more_than(capabilities):
            return _UNCHANGED
        thread.set_groups(caller.groups)
        return _Acting(thread, uid, capabilities)

    def was_mistaken(self, header: RequestHeader) -> bool:
        """Whether the caller's groups or capabilities differ from the assumed: then act once more.

        A server that acts for many users changes its own groups from one call to the next.
        """
        if not self._may_change:
            return False
        return self._callers.refresh(header.pid, header.uid, header.gid)

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


class _Thread:
    """What a thread acts as now. Group and groups stay after a call: root needs neither."""

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

    def has_no_more_than(self, capabilities: int) -> bool:
        """Whether the thread itself has no other ones that filesystems ask for."""
        return not self.capabilities.effective & FILESYSTEM_CAPABILITIES & ~capabilities

    def prove(self, uid: int) -> None:
        """Raise PermissionError if this thread could not become *uid* (user namespaces)."""
        if uid not in self._proven:
            if system_calls.fs_uid() != uid:
                raise PermissionError(f"cannot act as user {uid}")
            self._proven.add(uid)


class _Acting:
    """Within the block, the thread acts as a user with those capabilities and no other."""

    __slots__ = ("_capabilities", "_thread", "_uid")

    def __init__(self, thread: _Thread, uid: int, capabilities: int) -> None:
        self._thread = thread
        self._uid = uid
        self._capabilities = capabilities

    def __enter__(self) -> None:
        system_calls.set_fs_uid(self._uid)
        try:
            self._thread.prove(self._uid)
            self._thread.capabilities.keep(self._capabilities)
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
