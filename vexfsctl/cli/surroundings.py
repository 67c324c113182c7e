"""Everything a command takes from the process it runs in, in one value that tests can replace."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from vexfsctl.config.reading import STANDARD_FILE
from vexfsctl.model.clock import Clock

if TYPE_CHECKING:
    from vexfsctl.sysfs.tree import SysfsTree

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STARTED_WITH = Path("/proc/self/environ")


def _open_tree(root: Path, timeout_s: float) -> "SysfsTree":
    from vexfsctl.sysfs.tree import SysfsTree

    return SysfsTree(root, timeout_s)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Streams, environment, clocks and identity of this host and boot."""

    environ: Mapping[str, str]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    clock: Clock
    wall_clock: Callable[[], datetime]
    """The present moment, aware; only for showing, never for measuring."""
    host: str
    boot_id: str | None
    """None where the kernel does not say."""
    open_tree: "Callable[[Path, float], SysfsTree]" = _open_tree
    """Gives access to the volumes of a root, with a deadline in seconds."""
    config_file: Path = STANDARD_FILE
    """The configuration that is read where no other is named; need not exist."""

    @classmethod
    def of_this_process(cls) -> "Surroundings":
        """Take them from the running process."""
        # Deferred, so that `--help` and completions load nothing of the engine.
        from vexfsctl.system.clock import MonotonicClock

        return cls(
            environ=os.environ,
            stdin=_lenient(sys.stdin, os.O_RDONLY),
            stdout=_lenient(sys.stdout, os.O_WRONLY),
            stderr=_lenient(sys.stderr, os.O_WRONLY),
            clock=MonotonicClock(),
            wall_clock=lambda: datetime.now(UTC),
            host=os.uname().nodename,
            boot_id=_read_boot_id(),
        )

    @property
    def interactive(self) -> bool:
        """Whether there is a person to ask: a terminal to read from and one to write to."""
        return self.stdin.isatty() and self.stderr.isatty()


def _lenient(stream: TextIO | None, mode: int) -> TextIO:
    """Return a stream that exists and takes any text.

    Python sets a stream that was closed by the parent (`>&-`) to None, and the next file opened
    would get its descriptor: /dev/null takes the place. A locale without `→` shows `\\u2192`.
    """
    if stream is None:
        return os.fdopen(os.open(os.devnull, mode), "r" if mode == os.O_RDONLY else "w")
    if isinstance(stream, TextIOWrapper):
        if mode == os.O_RDONLY:
            stream.reconfigure(errors="surrogateescape")
        else:
            encoding = "ascii" if _speaks_ascii() else None
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    return stream


@cache
def _speaks_ascii() -> bool:
    """Whether the C locale was asked for.

    Python takes it for one of UTF-8 and sets LC_CTYPE so (PEP 538, PEP 540): what it was started
    with is known to the kernel only. Where no locale is named at all, Python is right mostly.
    """
    try:
        entries = _STARTED_WITH.read_bytes().split(b"\0")
    except OSError:
        return False
    given = dict(entry.partition(b"=")[::2] for entry in entries)
    named = (given.get(name) for name in (b"LC_ALL", b"LC_CTYPE", b"LANG"))
    return next(filter(None, named), b"") in (b"C", b"POSIX") and b"PYTHONIOENCODING" not in given


def _read_boot_id() -> str | None:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return None
