"""What the scheduler gave a process: how long it ran, and how long it waited for a processor.

On a loaded host a process that does not answer may only be waiting for its turn. A deadline for it
must not count that (`ProcessorDeadline`), and one whose clock moves is not stuck.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_CPUCLOCK_SCHED = 2
_STRETCH = 2
_TURN = 0.1


class ProcessorTime(NamedTuple):
    """One moment of a process or thread."""

    used_ns: int
    """What it has had of all processors: its CPU clock."""
    waited_ns: int = 0
    """How long it has waited for one; without the present wait, which ends unseen. 0 if the kernel
    keeps no account (proc_pid_schedstat(5), CONFIG_SCHED_INFO)."""
    runnable: bool = False
    """Whether it runs or waits for a processor now."""

    def moved_since(self, earlier: "ProcessorTime") -> bool:
        """Whether it has run since *earlier*, or would if it got a processor."""
        return self.runnable or self.used_ns != earlier.used_ns


Look = Callable[[], ProcessorTime | None]
"""Returns the processor time of somebody now; None if there is nobody."""


def processor_time(pid: int) -> ProcessorTime | None:
    """Return that of all threads of process *pid*; None if it is not there or not visible."""
    try:
        # The clock of another process (clock_getcpuclockid(3)): nanoseconds, open to everybody.
        used_ns = time.clock_gettime_ns(~pid << 3 | _CPUCLOCK_SCHED)
        threads = os.listdir(_PROC / str(pid) / "task")
    except (OSError, OverflowError):
        return None
    seen = [each for thread in threads if (each := _of_thread(pid, thread)) is not None]
    waited_ns = sum(each.waited_ns for each in seen)
    return ProcessorTime(used_ns, waited_ns, any(each.runnable for each in seen))


def processor_time_of_thread(thread: int) -> ProcessorTime | None:
    """Return that of one thread of this process, by its native id; None if it has ended."""
    return _of_thread(os.getpid(), str(thread))


class ProcessorDeadline:
    """A deadline for a process or thread, which counts only while that does not wait to run.

    It may thereby take twice as long, and no longer.
    """

    def __init__(self, seconds: float, look: Look, *, waited_ns: int = 0) -> None:
        """Begin now. *look* returns its time now; *waited_ns* is what it had waited before."""
        self._seconds = seconds
        self._look = look
        self._waited_ns = waited_ns
        self._began = time.monotonic()

    def left_s(self) -> float:
        """Return how many seconds may still pass before it is worth asking again; ≤ 0: none."""
        elapsed_s = time.monotonic() - self._began
        if elapsed_s < self._seconds:
            return self._seconds - elapsed_s
        now = self._look() or ProcessorTime(0, self._waited_ns)
        waited_s = (now.waited_ns - self._waited_ns) / 1e9
        return left_of(self._seconds, elapsed_s, waited_s, runnable=now.runnable)


def left_of(seconds: float, elapsed_s: float, waited_s: float, *, runnable: bool) -> float:
    """Return what is left of *seconds*, of which *waited_s* do not count.

    Who is *runnable* gets another turn: a wait is accounted only when it ends.
    """
    left_s = seconds - (elapsed_s - waited_s)
    if runnable:
        left_s = max(left_s, _TURN * seconds)
    return min(left_s, _STRETCH * seconds - elapsed_s)


def _of_thread(pid: int, thread: str) -> ProcessorTime | None:
    directory = _PROC / str(pid) / "task" / thread
    try:
        stat = (directory / "stat").read_bytes()
    except OSError:
        return None
    # The name may contain anything, parentheses too (proc_pid_stat(5)).
    runnable = stat.rpartition(b")")[2].split()[0] == b"R"
    try:
        used, waited, _ = (directory / "schedstat").read_bytes().split()
    except (OSError, ValueError):
        return ProcessorTime(0, 0, runnable)
    return ProcessorTime(int(used), int(waited), runnable)
