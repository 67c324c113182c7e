"""Which process serves a volume: told by a file beside its tree, `.NAME.pid`.

Of a tree that answers one need not ask. The file tells a driver that is slow or stopped, whose
volume must not be taken away, from one that was killed while calls were stuck in it: both do not
answer. It names the process by pid and start time, so a reused pid is nobody's.
"""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.driver.locking import hold_directory
from vexfsctl.exceptions import VexfsctlException

_PROC = Path("/proc")
_LOCK_TIMEOUT_S = 0.2
# proc_pid_stat(5), counted from the state, the first field after the name.
_START_TIME = 19


@dataclass(frozen=True, slots=True)
class Process:
    """One process, told from a later one of the same pid."""

    pid: int
    started: str
    """Start time in clock ticks since boot."""

    @classmethod
    def find(cls, pid: int) -> "Process | None":
        """Return the process that has *pid* now; None if there is none."""
        stat = _read_stat(pid)
        return None if stat is None else cls(pid, stat[_START_TIME])

    @property
    def running(self) -> bool:
        """Whether it still runs: neither ended nor killed, even if stuck in the kernel since."""
        stat = _read_stat(self.pid)
        if stat is None or stat[_START_TIME] != self.started or stat[0] in "ZX":
            return False
        return not _is_being_killed(self.pid)

    @property
    def gone(self) -> bool:
        """Whether nothing of it is left but a status that nobody asked for."""
        stat = _read_stat(self.pid)
        if stat is None or stat[_START_TIME] != self.started:
            return True
        return stat[0] in "ZX" and _count_threads(self.pid) <= 1


def take_ownership(tree: Path) -> None:
    """Note that this process serves the volume whose tree is at *tree*."""
    process = Process.find(os.getpid())
    assert process is not None
    _owner_file(tree).write_text(f"{process.pid} {process.started}\n")


def give_up_ownership(tree: Path) -> None:
    """Remove the note, and the root with it if this was its last volume.

    That of another process that still runs is left alone.
    """
    process = owner(tree)
    if process is not None and process.pid != os.getpid():
        return
    try:
        with hold_directory(tree.parent, timeout_s=_LOCK_TIMEOUT_S):
            _owner_file(tree).unlink(missing_ok=True)
    except VexfsctlException:
        # Somebody who starts another volume holds the root, and needs it.
        with contextlib.suppress(OSError):
            _owner_file(tree).unlink(missing_ok=True)


def owner(tree: Path) -> Process | None:
    """Return the running process that serves the volume at *tree*; None if none does."""
    try:
        pid, started = _owner_file(tree).read_text().split()
        process = Process(int(pid), started)
    except (OSError, ValueError):
        return None
    return process if process.running else None


def _owner_file(tree: Path) -> Path:
    return tree.with_name(f".{tree.name}.pid")


def _read_stat(pid: int) -> list[str] | None:
    try:
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _count_threads(pid: int) -> int:
    try:
        return len(os.listdir(_PROC / str(pid) / "task"))
    except OSError:
        return 0


def _is_being_killed(pid: int) -> bool:
    """Whether a SIGKILL waits for its main thread to come back from the kernel."""
    try:
        status = (_PROC / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return True
    words = dict(line.partition(":")[::2] for line in status.splitlines())
    pending = int(words.get("SigPnd", "0"), 16) | int(words.get("ShdPnd", "0"), 16)
    return bool(pending >> (signal.SIGKILL - 1) & 1)
