"""System calls on the files of a volume's directory. May block for ever: run them in a child.

Nothing is interpreted here, and every answer is plain data that a child can hand to its parent.
"""

import os
import select
import time
from collections.abc import Iterable
from errno import ECONNABORTED, EIO, ENODEV, ENOENT, ENOTCONN, ENOTDIR
from pathlib import Path

from vexfsctl.sysfs.attributes import PAGE_SIZE

Contents = dict[str, bytes | int]
"""What each attribute holds, or the errno of reading it."""

_ABSENT = (ENOENT, ENOTDIR)
"""An empty mount point or a plain file is not a volume."""
_DEAD = {ENODEV, ENOTCONN, ECONNABORTED}
"""Errnos of attributes whose provider has gone."""
_CHECK_INTERVAL_S = 0.25


def list_directories(root: Path) -> list[str] | int:
    """Return the names of the directories in *root*, sorted, or the errno of listing it.

    Looks at directory entries only, so that a dead mount among them cannot block it.
    """
    try:
        with os.scandir(root) as entries:
            return sorted(entry.name for entry in entries if _is_directory(entry))
    except OSError as cause:
        return cause.errno or EIO


def read_contents(directory: Path, paths: Iterable[str]) -> tuple[int, Contents]:
    """Read *paths* below *directory* in one pass: (0, contents), or why there are none.

    ENOENT: there is no such volume. ENODEV: there was one, but it went away meanwhile. ENOTCONN:
    its provider is gone, but its mount is left. Others come from the system.
    """
    error, contents = _read_once(directory, paths)
    if error != ENODEV:
        return error, contents
    # It went away below us; its mount may be dead, gone, or another one by now.
    error, contents = _read_once(directory, paths)
    return (ENODEV if error == ENOENT else error), contents


def read_one(path: str | Path, directory: int | None = None) -> bytes | int:
    """Return what the attribute at *path* holds, or the errno of reading it.

    With the descriptor of a *directory*, the path is relative to it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY, dir_fd=directory)
        try:
            return os.read(descriptor, PAGE_SIZE)
        finally:
            os.close(descriptor)
    except OSError as cause:
        return cause.errno or EIO


def read_change(path: Path, seen: bytes, within_s: float) -> bytes | int:
    """Return what *path* holds once that differs from *seen*, or *seen* after *within_s* seconds.

    poll(2) wakes it if the provider supports that; it also looks every quarter of a second.
    """
    deadline = time.monotonic() + within_s
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLPRI)
            while (now := os.pread(descriptor, PAGE_SIZE, 0)) == seen:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                poll.poll(min(left, _CHECK_INTERVAL_S) * 1000)
            return now
        finally:
            os.close(descriptor)
    except OSError as cause:
        # A descriptor of a tree that was unmounted fails like one whose provider was killed.
        gone = cause.errno in _DEAD and read_one(path) == ENOENT
        return ENODEV if gone else cause.errno or EIO


def write_one(path: Path, data: bytes) -> int:
    """Write *data* to the attribute at *path* in one write(2); return 0 or the errno."""
    try:
        # O_TRUNC is ignored by a provider; a tree of plain files needs it.
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
    except OSError as cause:
        return cause.errno or EIO
    return 0


def _read_once(directory: Path, paths: Iterable[str]) -> tuple[int, Contents]:
    try:
        # One descriptor for the pass: what is mounted there next cannot mix into it.
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as cause:
        return (ENOENT if cause.errno in _ABSENT else cause.errno or EIO), {}
    try:
        contents = {path: read_one(path, descriptor) for path in paths}
        if set(contents.values()) == {ENOENT} and not os.listdir(descriptor):
            return ENOENT, {}
        over = not _DEAD.isdisjoint(contents.values()) or not _is_at(directory, descriptor)
        return (ENODEV, {}) if over else (0, contents)
    except OSError as cause:
        return cause.errno or EIO, {}
    finally:
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _is_directory(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return False
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        # Some filesystems keep no types in their directories: then a dead mount is asked itself.
        return True
