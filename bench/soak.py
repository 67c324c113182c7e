"""Hours of stress-ng on a volume: memory and descriptors of the driver stay level.

BENCH_SOAK_S is how long, in seconds (3600).
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from bench.measure import Table
from bench.volume_under_limit import Usage, volume_under_limit
from tests.support import privileges

_STRESSORS = ("chmod", "dentry", "dir", "fallocate", "filename", "hdd", "link", "rename", "symlink")
_SIZES = ("--hdd-bytes", "64m", "--fallocate-bytes", "64m")
_LINES = 12


def comparisons() -> Iterator[Table]:
    """Hand out the soak; print the reason where there can be none."""
    needs = ("root", "fuse", "stress-ng")
    if reason := next(filter(None, map(privileges.missing, needs)), None):
        print(f"\nsoak: skipped, {reason}")
        return
    yield _Soak(int(os.environ.get("BENCH_SOAK_S", "3600")))


@dataclass(frozen=True, slots=True)
class _Soak:
    """One soak."""

    seconds: int

    def lines(self) -> Iterator[str]:
        """Keep the volume busy; yield what the driver holds from time to time."""
        yield f"soak: {self.seconds} s of stress-ng ({', '.join(_STRESSORS)})"
        yield f"  {'after':>8}{'resident':>14}{'descriptors':>14}"
        with TemporaryDirectory(prefix="vexfs-bench-") as directory:
            source, mountpoint = Path(directory, "source"), Path(directory, "mnt")
            for each in (source, mountpoint):
                each.mkdir()
            with volume_under_limit(source, mountpoint, f"soak-{os.getpid()}") as volume:
                started = monotonic()
                stressors = [word for name in _STRESSORS for word in (f"--{name}", "1")]
                where = ("--temp-path", str(mountpoint), "--timeout", f"{self.seconds}s")
                stress = subprocess.Popen(
                    ["stress-ng", *where, *stressors, *_SIZES],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                while stress.poll() is None:
                    try:
                        stress.wait(self.seconds / _LINES)
                    except subprocess.TimeoutExpired:
                        yield _line(monotonic() - started, volume.usage())
                assert stress.stderr is not None
                failures = [line for line in stress.stderr if "fail" in line]
                yield _line(monotonic() - started, volume.usage())
                yield f"  stress-ng ended with {stress.returncode}, {len(failures)} failures"
                yield from (f"    {failure.rstrip()}" for failure in failures[:5])


def _line(seconds: float, usage: Usage) -> str:
    mebibytes = usage.resident_bytes / (1 << 20)
    return f"  {seconds:6.0f} s{mebibytes:10.1f} MiB{usage.descriptors:14}"
