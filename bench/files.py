"""Three hundred thousand files through a driver that may open 256: what a remembered one takes.

The directory is made where TMPDIR says, and once more below an overlay, as containers have it.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from bench.measure import Table
from bench.volume_under_limit import volume_under_limit
from tests.support import privileges

DESCRIPTORS = 256
DIRECTORIES, FILES = 300, 1000


def comparisons() -> Iterator[Table]:
    """Hand out what there is to measure; print the reason where there is nothing."""
    if reason := privileges.missing("root") or privileges.missing("fuse"):
        print(f"\nfiles: skipped, {reason}")
        return
    with ExitStack() as stack:
        base = Path(stack.enter_context(TemporaryDirectory(prefix="vexfs-bench-")))
        source = base / "source"
        _make_files(source)
        merged = _overlay(base, source, stack)
        yield _Files("by name, on an overlay", merged, base, handles=True)
        yield _Files("by name", source, base, handles=False)
        yield _Files("by handle", source, base, handles=True)


@dataclass(frozen=True, slots=True)
class _Files:
    """One way to open inodes again."""

    way: str
    source: Path
    base: Path
    handles: bool

    def lines(self) -> Iterator[str]:
        """Count all files, and remove them in the end; yield the lines of a table."""
        every = DIRECTORIES * (FILES + 1) + 1
        yield f"files: {every - 1}, names of 12 bytes, {DESCRIPTORS} descriptors, {self.way}"
        mountpoint = self.base / "mnt"
        mountpoint.mkdir(exist_ok=True)
        name = f"bench-{os.getpid()}"
        with volume_under_limit(
            self.source, mountpoint, name, descriptors=DESCRIPTORS, handles=self.handles
        ) as volume:
            before = volume.usage()
            seconds, printed = _timed("find", mountpoint)
            yield f"  {'find':<20}{seconds:8.1f} s   {len(printed.splitlines())} of {every}"
            seconds, printed = _timed("du", "--inodes", "-s", mountpoint)
            yield f"  {'du':<20}{seconds:8.1f} s   {printed.split()[0]} of {every}"
            after = volume.usage()
            grown = (after.resident_bytes - before.resident_bytes) / (every - 1)
            yield f"  {'a remembered inode':<20}{grown:8.0f} bytes"
            yield f"  {'idle descriptors':<20}{after.descriptors:8}"
            if self.way != "by name":
                seconds, _ = _timed("rm", "-r", *mountpoint.iterdir())
                yield f"  {'rm -r':<20}{seconds:8.1f} s   {len(list(self.source.iterdir()))} left"


def _make_files(source: Path) -> None:
    for directory in range(DIRECTORIES):
        path = source / f"{directory:03}"
        path.mkdir(parents=True)
        for number in range(FILES):
            os.close(os.open(path / f"file{number:08}", os.O_CREAT | os.O_WRONLY))


def _overlay(base: Path, lower: Path, stack: ExitStack) -> Path:
    upper, work, merged = (base / name for name in ("upper", "work", "merged"))
    for directory in (upper, work, merged):
        directory.mkdir()
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, merged], check=True)
    stack.callback(_output, "umount", merged)
    return merged


def _output(*command: str | Path) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _timed(*command: str | Path) -> tuple[float, str]:
    started = monotonic()
    printed = _output(*command)
    return monotonic() - started, printed
