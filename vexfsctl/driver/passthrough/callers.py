"""Who callers are beyond what a request says: their supplementary groups and capabilities.

A request carries the caller's fsuid, fsgid and thread; the rest is read from /proc. Uid 0 alone
says little: root of a container lacks capabilities, and root of a user namespace has them only over
files of the users and groups in it (capabilities(7), user_namespaces(7)). A program with file
capabilities has them without uid 0.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

from vexfsctl.driver.fuse import requests
from vexfsctl.model.clock import Clock

_VALID_NS = 1_000_000_000
_KEPT = 1024
_TOLD = (b"Uid:", b"Groups:", b"CapEff:")

# linux/capability.h
_CHOWN = 1 << 0
_DAC_OVERRIDE = 1 << 1
_DAC_READ_SEARCH = 1 << 2
_FOWNER = 1 << 3
_FSETID = 1 << 4
_LINUX_IMMUTABLE = 1 << 9
_SYS_ADMIN = 1 << 21
_SYS_RESOURCE = 1 << 24
_MKNOD = 1 << 27
_SETFCAP = 1 << 31
_MAC_OVERRIDE = 1 << 32
_MAC_ADMIN = 1 << 33

_OVER_FILES = _CHOWN | _DAC_OVERRIDE | _DAC_READ_SEARCH | _FOWNER | _FSETID | _SETFCAP
_BESIDES = _LINUX_IMMUTABLE | _SYS_ADMIN | _SYS_RESOURCE | _MKNOD | _MAC_OVERRIDE | _MAC_ADMIN
FILESYSTEM_CAPABILITIES = _OVER_FILES | _BESIDES
"""What filesystems ask for, as a bit set. A caller's other ones (CAP_SYS_PTRACE) are not used."""

Owner = tuple[int, int]
"""User and group of a file."""


@dataclass(frozen=True, slots=True)
class UserNamespace:
    """The users and groups of a user namespace, as numbers of the server's own."""

    users: tuple[range, ...]
    groups: tuple[range, ...]

    def __contains__(self, owner: Owner) -> bool:
        """Whether a file of *owner* belongs to it."""
        user, group = owner
        return any(user in ids for ids in self.users) and any(group in ids for ids in self.groups)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller may besides what its fsuid and fsgid allow."""

    groups: tuple[int, ...]
    capabilities: int
    """A subset of `FILESYSTEM_CAPABILITIES`."""
    namespace: UserNamespace | None = None
    """Where it has its capabilities, if that is not the server's user namespace."""

    def capabilities_over(self, owner: Callable[[], Owner]) -> int:
        """Return the capabilities it has over a file that belongs to *owner*."""
        if self.namespace is None:
            return self.capabilities
        return self.capabilities & _OVER_FILES if owner() in self.namespace else 0


def proven_capabilities(request: requests.Request) -> int:
    """Return the capabilities without which the kernel would not have sent *request*.

    The caller itself may have none of them: overlayfs reads its marks as whoever mounted it.
    """
    match request:
        case requests.GetXattr() | requests.SetXattr() | requests.RemoveXattr():
            return _SYS_ADMIN if request.name.startswith(b"trusted.") else 0
    return 0


class CredentialCache:
    """Credentials of callers, as read from /proc within the last second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[int, int, int], tuple[int, Credentials]] = {}

    def of(self, pid: int, uid: int, gid: int) -> Credentials:
        """Return the credentials of the thread *pid* that acts as *uid* and *gid*.

        Uid and gid in the key distinguish a reused pid.
        """
        key, now_ns = (pid, uid, gid), self._clock.now_ns()
        known = self._known.get(key)
        if known is not None and now_ns - known[0] < _VALID_NS:
            return known[1]
        return self._read(key, now_ns)

    def refresh(self, pid: int, uid: int, gid: int) -> bool:
        """Read the credentials again; return whether they had changed."""
        key = (pid, uid, gid)
        known = self._known.get(key)
        return known is not None and known[1] != self._read(key, self._clock.now_ns())

    def _read(self, key: tuple[int, int, int], now_ns: int) -> Credentials:
        credentials = read_credentials(key[0], key[1])
        if len(self._known) >= _KEPT:
            self._known = {}
        self._known[key] = (now_ns, credentials)
        return credentials

    def __len__(self) -> int:
        """How many callers are known."""
        return len(self._known)


def read_credentials(pid: int, uid: int) -> Credentials:
    """Return the credentials of thread *pid*, which acts as *uid*.

    Of one that is gone, cannot be seen (0: another pid namespace, or the kernel itself), or whose
    call the kernel makes as somebody else (overlayfs, nfsd), uid 0 tells all there is: root has
    every capability, others have none.
    """
    untold = FILESYSTEM_CAPABILITIES if uid == 0 else 0
    try:
        with open(f"/proc/{pid}/status", "rb") as status:
            lines = (line.split() for line in status if line.startswith(_TOLD))
            fields = {words[0]: words[1:] for words in lines}
    except OSError:
        return Credentials((), untold)
    groups = tuple(map(int, fields[b"Groups:"]))
    fs_uid = int(fields[b"Uid:"][3])
    capabilities = int(fields[b"CapEff:"][0], 16) & FILESYSTEM_CAPABILITIES
    if fs_uid != uid:
        return Credentials(groups, untold)
    if not capabilities:
        return Credentials(groups, 0)
    try:
        return Credentials(groups, capabilities, _read_other_namespace(pid))
    except OSError:
        return Credentials(groups, untold)


def _read_other_namespace(pid: int) -> UserNamespace | None:
    """Return the user namespace of thread *pid*, None if it is the server's."""
    # By identity: one that maps every id to itself reads like none.
    if os.path.samestat(os.stat(f"/proc/{pid}/ns/user"), os.stat("/proc/self/ns/user")):
        return None
    return UserNamespace(_read_map(f"/proc/{pid}/uid_map"), _read_map(f"/proc/{pid}/gid_map"))


def _read_map(path: str) -> tuple[range, ...]:
    """Read the ranges of ids outside, which are the server's: user_namespaces(7)."""
    with open(path, "rb") as file:
        rows = [tuple(map(int, line.split())) for line in file]
    return tuple(range(outside, outside + count) for _, outside, count in rows)
