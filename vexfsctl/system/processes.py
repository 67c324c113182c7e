"""A process, distinguished from a later one with the same pid, and whether it still runs."""

import os
import signal
from pathlib import Path
from typing import NamedTuple

from vexfsctl.system.processor_time import ProcessorTime, processor_time

_PROC = Path("/proc")
# proc_pid_stat(5), counted from the state, the first field after the name.
_START_TIME = 19


class Process(NamedTuple):
    """One process, distinguished from a later one with the same pid."""

    pid: int
    started: str
    """Start time in clock ticks since boot."""

    @classmethod
    def find(cls, pid: int) -> "Process | None":
        """Return the process with *pid* now; None if there is none."""
        stat = _read_stat(pid)
        return None if stat is None else cls(pid, stat[_START_TIME])

    @property
    def running(self) -> bool:
        """Whether it still runs; a killed process that is stuck in the kernel does not."""
        stat = _read_stat(self.pid)
        if stat is None or stat[_START_TIME] != self.started or stat[0] in "ZX":
            return False
        return not _is_being_killed(self.pid)

    @property
    def gone(self) -> bool:
        """Whether it is a zombie: nothing is left but a status that nobody has read."""
        stat = _read_stat(self.pid)
        if stat is None or stat[_START_TIME] != self.started:
            return True
        return stat[0] in "ZX" and _count_threads(self.pid) <= 1

    def processor_time(self) -> ProcessorTime | None:
        """Return what the scheduler gave it; None if it is not there, or not to be seen from here.

        A killed process that is stuck in the kernel is still there.
        """
        now = processor_time(self.pid)
        stat = _read_stat(self.pid)
        return now if stat is not None and stat[_START_TIME] == self.started else None


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
    """Whether a SIGKILL is pending until its main thread returns from the kernel."""
    try:
        status = (_PROC / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return True
    words = dict(line.partition(":")[::2] for line in status.splitlines())
    pending = int(words.get("SigPnd", "0"), 16) | int(words.get("ShdPnd", "0"), 16)
    return bool(pending >> (signal.SIGKILL - 1) & 1)
