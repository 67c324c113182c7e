"""A volume whose driver may open few files, and what that driver takes of the machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import base_environment
from vexfsctl.driver.volume.ownership import owner
from vexfsctl.system.directories import driver_root


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process holds at one moment."""

    resident_bytes: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class LimitedVolume:
    """A mounted volume and the process that serves it."""

    mountpoint: Path
    pid: int

    def usage(self) -> Usage:
        """Return what the driver holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        descriptors = len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
        return Usage(int(resident.split()[1]) * 1024, descriptors)


@contextmanager
def volume_under_limit(
    source: Path, mountpoint: Path, name: str, *, descriptors: int = 256, handles: bool = True
) -> Iterator[LimitedVolume]:
    """Mount *source* for the block, with a driver that may have so many *descriptors*.

    It lacks CAP_SYS_RESOURCE, and what opening handles needs unless *handles*.
    """
    dropped = "-sys_resource" if handles else "-sys_resource,-dac_read_search"
    program = (sys.executable, "-m", "vexfsctl")
    drop = ("setpriv", "--bounding-set", dropped, "--inh-caps", dropped)
    limit = ("prlimit", f"--nofile={descriptors}:{descriptors}")
    mount = ("mount", str(source), str(mountpoint), "--name", name)
    _run(*drop, *limit, *program, *mount)
    try:
        process = owner(driver_root({}, 0) / name)
        assert process is not None
        yield LimitedVolume(mountpoint, process.pid)
    finally:
        _run(*program, "umount", name)


def _run(*command: str) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(command, env=base_environment(), check=True, timeout=60, stdout=quiet)
