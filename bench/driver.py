"""A mounted volume beside the directory behind it, and beside bindfs, a passthrough written in C.

The directory lies on a tmpfs, so that no device has a part in it. A volume keeps no page cache of
its own and bindfs has one: only reads with O_DIRECT reach both.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import Comparison
from tests.support import privileges

_VEXFSCTL = str(Path(sys.executable).with_name("vexfsctl"))
_BLOCK = 4096


def comparisons() -> Iterator[Comparison]:
    """Hand out what there is to measure; print the reason where there is nothing."""
    if reason := privileges.missing("root") or privileges.missing("fuse"):
        print(f"\ndriver: skipped, {reason}")
        return
    with ExitStack() as stack:
        _stay_on_one_cpu(stack)
        base = Path(stack.enter_context(TemporaryDirectory(prefix="vexfs-bench-", dir="/dev/shm")))
        source, volume, bound = (base / name for name in ("source", "volume", "bound"))
        for directory in (source, volume, bound):
            directory.mkdir()
        (source / "file").write_bytes(bytes(_BLOCK))
        name = f"bench-{os.getpid()}"
        _do(_VEXFSCTL, "mount", source, volume, "--name", name, "--log-to", base / "log.kmsg")
        stack.callback(_do, _VEXFSCTL, "umount", name)
        places = {"vexfsctl mount": volume, "the directory itself": source}
        if reason := privileges.missing("bindfs"):
            print(f"\ndriver: not beside bindfs, {reason}")
        else:
            _do("bindfs", source, bound)
            stack.callback(_do, "umount", bound)
            places[_do("bindfs", "--version").strip()] = bound
        operations = {place: _operations(path / "file", stack) for place, path in places.items()}
        for title in operations["vexfsctl mount"]:
            yield Comparison(title, {place: theirs[title] for place, theirs in operations.items()})


def _stay_on_one_cpu(stack: ExitStack) -> None:
    # Else a run measures where the scheduler puts caller and driver: waking another CPU made the
    # same read of bindfs 4 µs in one run and 64 µs in the next. Programs started here inherit it.
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    stack.callback(os.sched_setaffinity, 0, allowed)


def _operations(file: Path, stack: ExitStack) -> Mapping[str, Callable[[], object]]:
    path = str(file)
    direct, cached = (os.open(path, os.O_RDONLY | flag) for flag in (os.O_DIRECT, 0))
    stack.callback(os.close, direct)
    stack.callback(os.close, cached)
    return {
        "driver: read 4 KiB, O_DIRECT": lambda: os.pread(direct, _BLOCK, 0),
        "driver: read the same 4 KiB again": lambda: os.pread(cached, _BLOCK, 0),
        "driver: open, read 4 KiB, close": lambda: _read_whole(path),
        "driver: stat, which the kernel caches for 1 s": lambda: os.stat(path),
    }


def _read_whole(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, _BLOCK)
    finally:
        os.close(descriptor)


def _do(*command: str | Path) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
