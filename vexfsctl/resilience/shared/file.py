"""The breaker file at a path: found, made, trusted or set aside.

A file is trusted if it is a regular one of this user that nobody else may open, and what it has is
whole. Any other is renamed, which is said, and a new one takes its place. The record of an earlier
boot is void, its file begun anew.
"""

import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from vexfsctl.resilience.exceptions import SharedFileUnusable
from vexfsctl.resilience.shared.holders import read_boot_id
from vexfsctl.resilience.shared.layout import Record
from vexfsctl.resilience.shared.open_file import OpenFile, Snapshot, Torn

Say = Callable[[str], object]

ASIDE = ".aside"
"""How the names of files end that were set aside; they begin with a dot."""

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NOT_OPENED = (errno.ELOOP, errno.EISDIR, errno.ENXIO)
"""What tells of a symbolic link, a directory, a socket."""
_IRREGULAR = "is no regular file"
_OPENINGS = 10
"""How often a file is replaced by others while it is being opened, at most."""


def peek(path: str | os.PathLike[str]) -> tuple[Snapshot, list[int]] | None:
    """Return what the file at *path* has, and the dates of the failures that count.

    None if it is of an earlier boot. Changes nothing. Raises SharedFileUnusable, FileNotFoundError.
    """
    name = os.fspath(path)
    try:
        file = OpenFile(os.open(path, os.O_RDONLY | _FLAGS))
        objection = file.objection()
        if objection is not None:
            raise SharedFileUnusable(f"{name} {objection}")
        if not file.is_of(read_boot_id()):
            return None
        seen = file.read()
        count = min(seen.record.limit, seen.failures - seen.record.first)
        return seen, file.dates(seen.failures, count)
    except FileNotFoundError:
        raise
    except OSError as cause:
        why = f" {_IRREGULAR}" if cause.errno in _NOT_OPENED else f": {cause.strerror}"
        raise SharedFileUnusable(f"{name}{why}") from cause
    except Torn as cause:
        raise SharedFileUnusable(f"{name} is torn") from cause


class SharedFile:
    """The file at a path, opened, and opened again when another takes its place.

    *say* is told what must not be missed; without it, the logger `vexfsctl.resilience`.
    """

    __slots__ = ("__weakref__", "_boot", "_open", "_said", "_say", "path", "record", "sequence")

    def __init__(self, path: str | os.PathLike[str], say: Say | None = None) -> None:
        self.path = Path(os.fspath(path)).absolute()
        self.record = Record(sequence=1)
        """What a new file begins with."""
        self.sequence = 1
        """Higher than any seen."""
        self._boot = read_boot_id()
        self._say = say or _log
        self._said: set[str] = set()
        self._open: OpenFile | None = None

    def present(self) -> OpenFile:
        """Return the file that the path leads to; make one if there is none.

        A file that was renamed by hand stays the one of those who have it open.

        Raises SharedFileUnusable.
        """
        file = self._open
        if file is not None and file.is_there():
            return file
        try:
            self._open = file = self._opened()
        except OSError as cause:
            raise SharedFileUnusable(f"{self.path}: {cause.strerror}") from cause
        return file

    def read(self) -> tuple[OpenFile, Snapshot]:
        """Return the file and what it has; one that is torn is set aside first."""
        for _ in range(_OPENINGS):
            file = self.present()
            try:
                return file, file.read()
            except Torn:
                self.drop_torn(file)
        raise SharedFileUnusable(f"{self.path} is replaced again and again")

    def say(self, text: str) -> None:
        """Tell *text*, once."""
        if text not in self._said:
            self._said.add(text)
            self._say(text)

    def drop_torn(self, file: OpenFile) -> None:
        """Set *file* aside, which turned out to be torn, unless it is one that is being begun."""
        self._open = None
        if file.is_begun():
            self._set_aside(file, "is torn")

    def _opened(self) -> OpenFile:
        for _ in range(_OPENINGS):
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
            except OSError as cause:
                if cause.errno not in _NOT_OPENED:
                    raise
                self._set_aside(None, _IRREGULAR)
                continue
            file = OpenFile(descriptor)
            objection = file.objection()
            if objection is not None:
                self._set_aside(file, objection)
            elif file.is_of(self._boot) or self._begun(file):
                return file
        raise SharedFileUnusable(f"{self.path} is replaced again and again")

    def _begun(self, file: OpenFile) -> bool:
        """Begin *file*; False if it is no longer the one at the path."""
        held = file.lock.acquire()
        if held is None:
            raise SharedFileUnusable(f"{self.path} stays locked by another process")
        try:
            if not self._leads_to(file):
                return False
            if not file.is_of(self._boot):
                # Higher than any that those have seen who come from an earlier file.
                sequence = max(self.sequence, time.time_ns() // 1000)
                file.begin(self._boot, self.record._replace(sequence=sequence))
            return True
        finally:
            file.lock.release(held)

    def _leads_to(self, file: OpenFile) -> bool:
        try:
            status = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == file.identity

    def _is_still(self, file: OpenFile | None) -> bool:
        if file is not None:
            return self._leads_to(file)
        try:
            return not stat.S_ISREG(os.stat(self.path, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return False

    def _set_aside(self, file: OpenFile | None, reason: str) -> None:
        """Rename what is at the path, if it is still *file* (None: whatever cannot be opened)."""
        directory = OpenFile(os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        # Two who find the same file torn: the second must not take the new one for it. Whoever is
        # stopped in between stops nobody.
        held = directory.lock.acquire()
        try:
            if not self._is_still(file):
                return
            aside = self.path.with_name(f".{self.path.name}.{time.time_ns():x}{ASIDE}")
            os.rename(self.path, aside)
        finally:
            if held is not None:
                directory.lock.release(held)
        if file is not None:
            file.retire()
        self.say(f"{self.path} {reason}: set aside as {aside}")


def _log(text: str) -> None:
    # Deferred: as a rule there is nothing to say.
    import logging

    logging.getLogger("vexfsctl.resilience").warning(text)
