"""Harmless calls through the mount of a volume, one kind for each operation type.

`breaker reset --probe` sends them to find out whether an operation works again. Nothing is written:
the sync probe opens a file for reading and syncs it. A call may hang like any other, so each is
made in a child process. The provider of the volume, kernel module or driver, sees an ordinary
call.
"""

import ctypes
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import EIO, ENODATA, ENOENT
from functools import partial
from itertools import islice
from pathlib import Path

from vexfsctl.model.operations import VECTOR_PREFIX, OperationType
from vexfsctl.system.children import NO_ANSWER, run_in_children

ON_FILES = (OperationType.FILE, OperationType.STORAGE, OperationType.SYNC)
"""Types whose probe is a call on a file of the volume."""

_VECTOR_ATTRIBUTE = f"{VECTOR_PREFIX.decode()}dim"
_ENTRIES_LOOKED_AT = 100_000
_LONGEST_READ = 1 << 20

# linux/stat.h and linux/fcntl.h; Python has no statx before 3.15.
_AT_FDCWD = -100
_AT_STATX_FORCE_SYNC = 0x2000
_STATX_BASIC_STATS = 0x7FF
_STATX_SIZE = 256


@dataclass(frozen=True, slots=True)
class FileRange:
    """Part of a file, as an error record names it."""

    inode: int
    offset: int = 0
    length: int = 4096


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One harmless call: what it was and how it ended."""

    call: str
    """`statfs of /mnt/v`."""
    error: str | None
    """None if it succeeded."""


def send_probe(
    mountpoint: Path, operation: OperationType, failed: FileRange | None, timeout_s: float
) -> ProbeResult:
    """Send one harmless call of type *operation* through *mountpoint*, given up at *timeout_s*.

    If the type works on files, the call is on the file that *failed*, if it still exists, else on
    the one nearest to the top.
    """
    call = _PROBES[operation].name
    attempt = partial(_attempt, operation, os.fspath(mountpoint), failed)
    (answer,) = run_in_children([attempt], timeout_s)
    if answer is NO_ANSWER:
        return ProbeResult(f"{call} {mountpoint}", f"no answer within {timeout_s:.1f} s")
    error, target = answer
    if error == ENOENT and operation in ON_FILES:
        return ProbeResult(f"{call} {target}", "there is no file to try it with")
    return ProbeResult(f"{call} {target}", os.strerror(error) if error else None)


def _attempt(
    operation: OperationType, mountpoint: str, failed: FileRange | None
) -> tuple[int, str]:
    """Return the errno, 0 for success, and the target of the call."""
    target = mountpoint
    try:
        if operation in ON_FILES:
            target, failed = _choose_file(mountpoint, failed)
        _PROBES[operation].send(target, failed)
    except OSError as cause:
        return cause.errno or EIO, target
    return 0, target


def _choose_file(mountpoint: str, failed: FileRange | None) -> tuple[str, FileRange | None]:
    """Return the file of *failed* and that, or any file and None; raise ENOENT if there is none."""
    first = None
    for entry in islice(_files_below(mountpoint), _ENTRIES_LOOKED_AT):
        if failed is not None and entry.inode() == failed.inode:
            return entry.path, failed
        if first is None and entry.stat(follow_symlinks=False).st_size:
            first = entry.path
            if failed is None:
                break
    if first is None:
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), mountpoint)
    return first, None


def _files_below(mountpoint: str) -> Iterator[os.DirEntry[str]]:
    directories = [mountpoint]
    for directory in directories:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    directories.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry


def _statfs(path: str, _: FileRange | None) -> None:
    os.statvfs(path)


def _getattr(path: str, _: FileRange | None) -> None:
    """Stat *path*, bypassing the kernel's attribute cache, which would answer for a second."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(_STATX_SIZE)
    flags = (_AT_STATX_FORCE_SYNC, _STATX_BASIC_STATS)
    if libc.statx(_AT_FDCWD, os.fsencode(path), *flags, buffer):
        raise OSError(ctypes.get_errno(), "statx")


def _list(path: str, _: FileRange | None) -> None:
    os.listdir(path)


def _getxattr(path: str, _: FileRange | None) -> None:
    try:
        os.getxattr(path, _VECTOR_ATTRIBUTE)
    except OSError as cause:
        if cause.errno != ENODATA:  # having none is a valid answer
            raise


def _read(path: str, failed: FileRange | None) -> None:
    wanted = failed or FileRange(inode=0)
    length = min(wanted.length, _LONGEST_READ)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # If the volume uses the page cache, the cached pages would answer.
        os.posix_fadvise(descriptor, wanted.offset, length, os.POSIX_FADV_DONTNEED)
        os.pread(descriptor, length, wanted.offset)
    finally:
        os.close(descriptor)


def _fsync(path: str, _: FileRange | None) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    send: Callable[[str, FileRange | None], None]


_PROBES = {
    OperationType.SUPERBLOCK: _Probe("statfs of", _statfs),
    OperationType.INODE: _Probe("getattr of", _getattr),
    OperationType.FILE: _Probe("read of", _read),
    OperationType.DIRECTORY: _Probe("listing of", _list),
    OperationType.VECTOR: _Probe(f"getxattr {_VECTOR_ATTRIBUTE} of", _getxattr),
    OperationType.STORAGE: _Probe("read of", _read),
    OperationType.SYNC: _Probe("fsync of", _fsync),
}
