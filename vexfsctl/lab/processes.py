"""The processes of a lab, found by their command lines: no pid file can be lost or stale."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.lab.layout import Layout
from vexfsctl.system.processes import Process

_PROC = Path("/proc")
_POLL_S = 0.02
SERVER_MODULE = "vexfsctl.lab.image"
DRIVER_MODULE = "vexfsctl"


@dataclass(frozen=True, slots=True)
class LabProcess:
    """A process that serves a part of a lab."""

    process: Process

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; do nothing if the process has ended."""
        if self.process.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def wait(self, seconds: float) -> bool:
        """Whether it ended within *seconds*; a killed process that is stuck has not."""
        deadline = time.monotonic() + seconds
        while not self.process.gone:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True


def image_servers(layout: Layout) -> tuple[LabProcess, ...]:
    """Return the processes that serve the image of *layout*, including starting ones."""
    return tuple(_serving(SERVER_MODULE, str(layout.image_file)))


def drivers(layout: Layout) -> tuple[LabProcess, ...]:
    """Return the processes that serve the volume of *layout*, including starting ones."""
    return tuple(_serving(DRIVER_MODULE, str(layout.mountpoint)))


def _serving(module: str, argument: str) -> Iterator[LabProcess]:
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        process = Process.find(int(entry.name))
        words = _command_line(entry)
        if process and "-m" in words and module in words and argument in words:
            yield LabProcess(process)


def _command_line(entry: Path) -> list[str]:
    try:
        return os.fsdecode((entry / "cmdline").read_bytes()).split("\0")
    except OSError:
        return []
