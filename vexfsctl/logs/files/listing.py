"""What is in a directory or fits a pattern, found out in a child: a dead mount never answers.

The LogUnreadable raised here gives the reason; a caller that knows the source's name puts it in
front.
"""

import os
from collections.abc import Callable, Iterator
from errno import EACCES, EIO, ELOOP, ENOENT, ENOTDIR
from glob import glob
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple, TypeVar

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.names import is_pattern
from vexfsctl.system.access import access_hint
from vexfsctl.system.children import NoAnswer, run_in_children

T = TypeVar("T")

_LEADS_NOWHERE = (ENOENT, ENOTDIR, ELOOP)
"""Failures of a name behind which there is no file: one that was removed, links of all kinds."""
_PATIENCE_S = 0.5
"""So long may it take to find out what a hint needs."""


class Identity(NamedTuple):
    """Which file a name stands for."""

    device: int
    inode: int
    size: int
    modified_ns: int

    def may_be(self, earlier: "Identity") -> bool:
        """Whether it is the file that *earlier* was: logs grow, and one that was emptied is new."""
        return self[:2] == earlier[:2] and self.size >= earlier.size


def ask(question: Callable[[], T], silence_s: float) -> T:
    """Return what *question* returns in a child; raise LogUnreadable for its OSError.

    It returns what marshal supports.
    """

    def answer() -> tuple[int, str, T | None]:
        try:
            return 0, "", question()
        except OSError as cause:
            return cause.errno or EIO, os.fspath(cause.filename or ""), None

    try:
        (found,) = run_in_children([answer], silence_s)
    except OSError as cause:
        raise LogUnreadable(f"cannot start a process: {cause.strerror}") from cause
    if isinstance(found, NoAnswer):
        raise LogUnreadable(f"no answer within {silence_s:g} s")
    number, path, value = found
    if number:
        hint = access_hint(Path(path), os.R_OK) if path and number == EACCES else None
        raise LogUnreadable(os.strerror(number), hint=hint)
    answered: T = value
    return answered


def list_files(name: str, silence_s: float) -> dict[Path, Identity]:
    """Return the files in the directory, or of the pattern, *name*; raise LogUnreadable.

    Hidden files are left out, and so is what is in directories below.
    """
    found = ask(lambda: list(_files(name)), silence_s)
    return {Path(path): Identity(*identity) for path, identity in found}


def names_in(directory: Path) -> list[str]:
    """Return what is in a directory; none if it is not there, or is slow to answer."""
    try:
        return ask(lambda: os.listdir(directory), _PATIENCE_S)
    except LogUnreadable:
        return []


def _files(name: str) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    directory = Path(name)
    if directory.is_dir():
        paths = [str(entry) for entry in directory.iterdir() if not entry.name.startswith(".")]
    else:
        paths = glob(name)
        if not paths and not is_pattern(str(directory.parent)):
            # It says nothing of a directory that is not there, or may not be listed.
            os.listdir(directory.parent)
    for path in paths:
        try:
            found = os.stat(path)
        except OSError as cause:
            if cause.errno in _LEADS_NOWHERE:
                continue
            raise
        if S_ISREG(found.st_mode):
            yield path, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
