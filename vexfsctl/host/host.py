"""A host as the use cases see it: its clocks, boot, roots, log sources, deadlines, directories."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from vexfsctl.model.clock import Clock
from vexfsctl.system.clock import MonotonicClock
from vexfsctl.system.directories import (
    breaker_directories,
    default_roots,
    state_directories,
    state_directory,
)

if TYPE_CHECKING:
    from vexfsctl.sysfs.tree import SysfsTree

EVERY_RECORD_VARIABLE = "VEXFSCTL_EVERY_RECORD"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Deadlines(NamedTuple):
    """How long things may take, in seconds."""

    source_s: float = 2.0
    """For one source to answer: a volume, a file, a pipe. A volume that is only busy has longer."""
    wait_s: float = 30.0
    """For each thing that a command waits for: a breaker's state, probes that close it, a volume
    that starts or ends."""


class Windows(NamedTuple):
    """How far back errors count, in milliseconds."""

    status_ms: int = 3_600_000
    check_ms: int = 3_600_000


def open_tree(root: Path, timeout_s: float) -> "SysfsTree":
    """Return the tree of volumes at *root*; each access to it may take *timeout_s*."""
    # Deferred: help and usage errors do not read the tree.
    from vexfsctl.sysfs.tree import SysfsTree

    return SysfsTree(root, timeout_s)


@dataclass(frozen=True, slots=True)
class Host:
    """Where a question is asked. To ask elsewhere, change a field with `dataclasses.replace`."""

    name: str
    clock: Clock
    """Monotonic time."""
    wall_clock: Callable[[], datetime]
    """The present moment, timezone-aware; for dates, never for measuring."""
    boot_id: str | None
    """The running boot; None if the kernel does not say."""
    standard_roots: tuple[Path, ...]
    """Roots of attribute trees that are read by default; they need not exist."""
    state_directory: Path
    """Where this user's ledger and locks are."""
    ledger_directories: tuple[Path, ...]
    """State directories whose ledgers this user sees: the system's and the user's own."""
    breaker_directories: tuple[Path, ...] = ()
    """Where breakers are that processes of this user share, the best place first."""
    roots: tuple[Path, ...] = ()
    """Requested roots, which must exist; empty: the standard ones."""
    logs: tuple[str, ...] = ()
    """Requested log sources: `kmsg`, a path, `-`; empty: what the volumes name."""
    usual_logs: frozenset[str] = frozenset()
    """Those that the configuration or the environment names, for any command."""
    sysfs: Path = Path("/sys")
    """Where its block devices are read."""
    kernel: str = ""
    """Release of the running kernel, `6.1.0-26-amd64`; empty if not known."""
    stdin: BinaryIO | None = None
    """Standard input; None if there is none to read."""
    every_record: bool = False
    """Whether to decode even records of a log that cannot matter: slow, and the same answers."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    windows: Windows = field(default_factory=Windows)
    open_tree: "Callable[[Path, float], SysfsTree]" = open_tree
    """Opens the volumes of a root, with a deadline in seconds."""

    @classmethod
    def of_this_machine(cls, environ: Mapping[str, str] = os.environ) -> "Host":
        """Return the machine that this process runs on, as seen by its user."""
        uid = os.getuid()
        return cls(
            name=os.uname().nodename,
            clock=MonotonicClock(),
            wall_clock=lambda: datetime.now(UTC),
            boot_id=_read_boot_id(),
            standard_roots=default_roots(environ, uid),
            state_directory=state_directory(environ, uid),
            ledger_directories=state_directories(environ, uid),
            breaker_directories=breaker_directories(environ, uid),
            kernel=os.uname().release,
            stdin=getattr(sys.stdin, "buffer", None),
            every_record=bool(environ.get(EVERY_RECORD_VARIABLE)),
        )

    @property
    def now_us(self) -> int:
        """The present moment in microseconds of CLOCK_MONOTONIC."""
        return self.clock.now_ns() // 1_000

    def tree(self, root: Path) -> "SysfsTree":
        """Return the tree of volumes at *root*, with the deadline of a source."""
        return self.open_tree(root, self.deadlines.source_s)


def _read_boot_id() -> str | None:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return None
