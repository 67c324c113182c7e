"""Breakers that share a file, and children that do something to it."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vexfsctl.resilience import BreakerOpen, CircuitBreaker
from vexfsctl.resilience.shared.file import SharedFile
from vexfsctl.resilience.testing import VirtualClock


@dataclass
class Bench:
    """A file, a clock, and what was said."""

    path: Path
    clock: VirtualClock = field(default_factory=VirtualClock)
    said: list[str] = field(default_factory=list)

    def breaker(self, **settings: Any) -> CircuitBreaker:
        """Return the breaker as another process would have it."""
        settings = {"failures": 3, "successes": 1, "clock": self.clock, **settings}
        return CircuitBreaker(shared=SharedFile(self.path, self.said.append), **settings)

    def aside(self) -> list[str]:
        """Return what files that were set aside began with."""
        return [
            each.name.split(".")[1]
            for each in self.path.parent.iterdir()
            if each.name.endswith(".aside")
        ]


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    """Make calls that fail, or are refused."""
    for _ in range(times):
        with suppress(ConnectionError, BreakerOpen):
            breaker.call(_refused)


def _refused() -> None:
    raise ConnectionError("refused")


def in_child(work: Callable[[], object]) -> int:
    """Do *work* in a forked child; return its exit status, 0 unless it raised or was killed."""
    child = start_child(work)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def start_child(work: Callable[[], object]) -> int:
    """Begin *work* in a forked child; return its pid."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child
