"""Processes that a test keeps in one condition: stopped, or at work without end.

Those at work are nice: what else runs on the machine goes first.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.support.waiting import wait_until
from vexfsctl.system.processes import Process

NICEST = 19
_AT_WORK = "import os\nos.nice(19)\nprint(flush=True)\nwhile True: pass"


@contextmanager
def stopped() -> Iterator[Process]:
    """Keep a process that is stopped: its CPU clock stands."""
    with _child(["sleep", "600"]) as child:
        child.send_signal(signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        yield _known(child)


@contextmanager
def at_work() -> Iterator[Process]:
    """Keep a process that computes without end, as nice as can be."""
    argv = [sys.executable, "-S", "-c", _AT_WORK]
    with _child(argv, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"\n"
        yield _known(child)


@contextmanager
def load_of(number: int) -> Iterator[None]:
    """Keep *number* of them at work."""
    with ExitStack() as all_of_them:
        for _ in range(number):
            all_of_them.enter_context(at_work())
        yield


def make_nice(process: Process) -> None:
    """Let *process* have what the others leave: all of its threads."""
    for thread in os.listdir(f"/proc/{process.pid}/task"):
        os.setpriority(os.PRIO_PROCESS, int(thread), NICEST)


@contextmanager
def _child(argv: list[str], **how: int) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(argv, **how) as child:  # type: ignore[call-overload]
        try:
            yield child
        finally:
            child.kill()


def _known(child: "subprocess.Popen[bytes]") -> Process:
    wait_until(lambda: Process.find(child.pid) is not None)
    process = Process.find(child.pid)
    assert process is not None
    return process
