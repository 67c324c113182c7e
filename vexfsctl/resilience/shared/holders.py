"""Which boot, which namespaces, which process: what a file tells its users apart by."""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic_ns

from vexfsctl.resilience.clock import NS, Timepiece
from vexfsctl.resilience.exceptions import SharedFileUnusable
from vexfsctl.resilience.shared.layout import Holder

_PROC = Path("/proc")
# proc_pid_stat(5), counted from the state, the first field after the name.
_STATE, _START_TIME = 0, 19
_ENDED = "ZX"


def read_boot_id() -> bytes:
    """Return the id of this boot, 16 bytes; raise SharedFileUnusable if the kernel tells none."""
    try:
        return bytes.fromhex(
            (_PROC / "sys/kernel/random/boot_id").read_text().strip().replace("-", "")
        )
    except (OSError, ValueError) as cause:
        raise SharedFileUnusable(f"the boot id cannot be read: {cause}") from cause


class HostClock:
    """A clock of this process, without what its time namespace adds (time_namespaces(7))."""

    def __init__(self, now_ns: Callable[[], int], offset_ns: int) -> None:
        self._now_ns = now_ns
        self._offset_ns = offset_ns

    def now_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC in the initial time namespace."""
        return self._now_ns() - self._offset_ns


def on_host(clock: Timepiece) -> Timepiece:
    """Return *clock* as the whole host has it: only the monotonic clock differs in containers."""
    if clock.now_ns is not monotonic_ns:
        return clock
    offset_ns = _monotonic_offset_ns()
    return HostClock(monotonic_ns, offset_ns) if offset_ns else clock


def _monotonic_offset_ns() -> int:
    try:
        lines = (_PROC / "self/timens_offsets").read_text().splitlines()
    except OSError:
        return 0  # before Linux 5.6, or without time namespaces
    offsets = {name: int(s) * NS + int(ns) for name, s, ns in map(str.split, lines)}
    # The file is about the children of this process, who live in another after unshare(2).
    if offsets.get("monotonic") and _namespace("time") != _namespace("time_for_children"):
        raise SharedFileUnusable("the time namespace of this process cannot be told: exec first")
    return offsets.get("monotonic", 0)


class ThisProcess:
    """The holder that this process is; asked for at its first lease, and anew in a child."""

    def __init__(self) -> None:
        self._known: Holder | None = None

    def forget(self) -> None:
        """Ask again: this is another process now."""
        self._known = None

    @property
    def holder(self) -> Holder:
        """This process."""
        if self._known is None:
            pid = os.getpid()
            stat = _read_stat(pid) if _proc_is_ours() else None
            self._known = Holder(pid, 0 if stat is None else int(stat[_START_TIME]), _namespaces())
        return self._known


def is_dead(holder: Holder, namespaces: int) -> bool:
    """Whether *holder* surely runs no more, as seen from *namespaces*, those of this process."""
    if holder.namespaces != namespaces:
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    if not holder.started or not _proc_is_ours():
        return False
    stat = _read_stat(holder.pid)
    return stat is None or int(stat[_START_TIME]) != holder.started or stat[_STATE] in _ENDED


def _proc_is_ours() -> bool:
    """Whether /proc is that of our pid namespace: unshare --pid alone leaves the one outside."""
    try:
        return (_PROC / "self").readlink().name == str(os.getpid())
    except OSError:
        return False


def _namespaces() -> int:
    # Their numbers have 32 bits; one that is free again has no process that holds a lease.
    return _namespace("pid") << 32 | _namespace("time")


def _namespace(kind: str) -> int:
    try:
        return os.stat(_PROC / "self/ns" / kind).st_ino & 0xFFFF_FFFF
    except OSError:
        return 0


def _read_stat(pid: int) -> list[str] | None:
    try:
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
