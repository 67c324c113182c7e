"""Rotated sets: `kern.log`, `kern.log.1`, `kern.log.2.gz`, `kern.log-20260701` as one log.

All files of a set are opened before any is read, the newest first, and it is checked that they are
still what their names mean: a rotation in between neither loses records nor doubles them.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = re.compile(
    r"(?P<base>.+?)(?:[.-](?P<date>\d{8}(?:[-_]?\d{2,10})?)|\.(?P<number>\d{1,4}))?"
    r"(?P<packed>\.(?:gz|xz|bz2|zst|lz4))?"
)
_TRIES = 5


def sets_of(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """Return the files of each rotated set by the name without suffix, each the oldest first."""
    found: dict[Path, list[tuple[tuple[int, str, int], Path]]] = {}
    for path in paths:
        match = _NAME.fullmatch(path.name)
        base = path if match is None else path.with_name(match["base"])
        found.setdefault(base, []).append((_age(match), path))
    return {base: [path for _, path in sorted(files)] for base, files in sorted(found.items())}


@contextmanager
def opened_together(paths: Sequence[Path]) -> Iterator[Mapping[Path, int | OSError]]:
    """Yield descriptors of the files of a set, given oldest first; of one that cannot be, why.

    A file that has two names in it, since it was renamed meanwhile, is opened once.
    """
    opened = _open_all(paths)
    for _ in range(_TRIES):
        if _is_unchanged(opened):
            break
        _close_all(opened)
        opened = _open_all(paths)
    try:
        yield {path: opened[path] for path in paths if path in opened}
    finally:
        _close_all(opened)


def _age(match: re.Match[str] | None) -> tuple[int, str, int]:
    """Return a key by which the files of a set are in order, the oldest first."""
    if match is None:
        return 2, "", 0
    if match["number"] is not None:
        return 1, "", -int(match["number"])
    return (2, "", 0) if match["date"] is None else (0, match["date"], 0)


def _open_all(paths: Sequence[Path]) -> dict[Path, int | OSError]:
    opened: dict[Path, int | OSError] = {}
    known: set[tuple[int, int]] = set()
    for path in reversed(paths):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as cause:
            opened[path] = cause
            continue
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino) in known or not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            continue
        known.add((found.st_dev, found.st_ino))
        opened[path] = descriptor
    return opened


def _is_unchanged(opened: Mapping[Path, int | OSError]) -> bool:
    """Whether each name still is that of the file that was opened."""
    for path, descriptor in opened.items():
        if isinstance(descriptor, OSError):
            continue
        try:
            if not os.path.samestat(path.stat(), os.fstat(descriptor)):
                return False
        except OSError:
            return False
    return True


def _close_all(opened: Mapping[Path, int | OSError]) -> None:
    for descriptor in opened.values():
        if not isinstance(descriptor, OSError):
            with suppress(OSError):
                os.close(descriptor)
