"""One breaker file: opened, checked, begun, read, written under its lock, set aside.

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
from typing import NamedTuple

from vexfsctl.resilience.exceptions import SharedFileUnusable
from vexfsctl.resilience.shared.holders import read_boot_id
from vexfsctl.resilience.shared.layout import (
    COPIES_AT,
    FAILURES_AT,
    HEADER,
    MAGIC,
    RECORD_SIZE,
    SIZE,
    UNRECORDED_AT,
    VERSION,
    WORD,
    WORDS,
    WORDS_AT,
    Record,
    copy_of,
    date_at,
    pack_record,
    parse_record,
    sequence_of,
    word_of,
)
from vexfsctl.resilience.shared.lock import Lock

Say = Callable[[str], object]

ASIDE = ".aside"
"""How the names of files end that were set aside; they begin with a dot."""

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NOTHING = WORD.pack(0)
_FORBIDDEN = stat.S_IRWXG | stat.S_IRWXO
_READINGS = 100
"""How often a reader without a lock meets a record that is being overwritten, at most."""
_OPENINGS = 10
"""How often a file is replaced by others while it is being opened, at most."""


class Torn(Exception):  # noqa: N818 - what the library raises is no Error
    """What the file has is not whole."""


class Snapshot(NamedTuple):
    """What a file has at one moment."""

    word: bytes
    record: Record
    failures: int
    """Failures ever."""
    unrecorded: int
    """Outcomes that processes could not record, as far as they could say so later."""


class OpenFile:
    """One file, whatever its path leads to by now."""

    __slots__ = ("__weakref__", "_descriptor", "identity", "lock")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.identity = (status.st_dev, status.st_ino)
        self.lock = Lock(descriptor)

    def __del__(self) -> None:
        os.close(self._descriptor)

    def word(self) -> bytes:
        """Return the state word; 0.5 µs."""
        return os.pread(self._descriptor, 8, WORDS_AT)

    def read(self) -> Snapshot:
        """Return what it has, without a lock; raise Torn."""
        for _ in range(_READINGS):
            data = os.pread(self._descriptor, WORDS.size, WORDS_AT)
            if len(data) != WORDS.size:
                break
            word, failures, unrecorded = WORDS.unpack(data)
            place = COPIES_AT[copy_of(word)]
            record = parse_record(os.pread(self._descriptor, RECORD_SIZE, place))
            if record is not None and word == word_of(record, copy_of(word)):
                if failures < record.first:
                    break
                return Snapshot(data[: WORD.size], record, failures, unrecorded)
            if data[: WORD.size] == self.word() and self._is_torn(word):
                break
        raise Torn

    def _is_torn(self, word: int) -> bool:
        """Whether the copy that *word* names stays wrong while nobody writes."""
        held = self.lock.acquire()
        if held is None:
            return False
        try:
            data = os.pread(self._descriptor, RECORD_SIZE, COPIES_AT[copy_of(word)])
            return self.word() == WORD.pack(word) and (
                (record := parse_record(data)) is None or record.sequence != sequence_of(word)
            )
        finally:
            self.lock.release(held)

    # For who has the lock

    def words(self) -> tuple[bytes, int]:
        """Return the state word and the number of failures ever."""
        data = os.pread(self._descriptor, WORDS.size, WORDS_AT)
        if len(data) != WORDS.size:
            raise Torn
        return data[: WORD.size], WORDS.unpack(data)[1]

    def add_failure(self, at_ns: int, number: int) -> int:
        """Record a failure, the one after *number* others; return the number with this one."""
        os.pwrite(self._descriptor, WORD.pack(at_ns), date_at(number))
        os.pwrite(self._descriptor, WORD.pack(number + 1), FAILURES_AT)
        return number + 1

    def dates(self, number: int, count: int) -> list[int]:
        """Return the dates of *count* failures up to *number*, not in order."""
        return [self._number_at(date_at(each)) for each in range(number - count, number)]

    def add_unrecorded(self, count: int) -> None:
        """Record that *count* outcomes could not be recorded before."""
        total = self._number_at(UNRECORDED_AT) + count
        os.pwrite(self._descriptor, WORD.pack(total), UNRECORDED_AT)

    def replace(self, before: bytes, record: Record) -> None:
        """Put *record* in the place of the one that the word *before* names."""
        copy = 1 - copy_of(WORD.unpack(before)[0])
        os.pwrite(self._descriptor, pack_record(record), COPIES_AT[copy])
        os.pwrite(self._descriptor, WORD.pack(word_of(record, copy)), WORDS_AT)

    def begin(self, boot: bytes, record: Record) -> None:
        """Make it the file of a breaker that has seen nothing."""
        os.pwrite(self._descriptor, _NOTHING, WORDS_AT)
        os.posix_fallocate(self._descriptor, 0, SIZE)
        os.pwrite(self._descriptor, WORDS.pack(0, 0, 0), WORDS_AT)
        os.pwrite(self._descriptor, pack_record(record), COPIES_AT[0])
        os.pwrite(self._descriptor, HEADER.pack(MAGIC, VERSION, SIZE, boot), 0)
        os.pwrite(self._descriptor, WORD.pack(word_of(record, 0)), WORDS_AT)

    def retire(self) -> None:
        """Tell everybody who has it open to look for another."""
        os.pwrite(self._descriptor, _NOTHING, WORDS_AT)

    # Checks

    def objection(self) -> str | None:
        """Say why it is not to be trusted; None if it is."""
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            return "is no regular file"
        if status.st_uid != os.geteuid():
            return f"belongs to user {status.st_uid}"
        if stat.S_IMODE(status.st_mode) & _FORBIDDEN:
            return f"is open to others (mode {stat.S_IMODE(status.st_mode):04o})"
        header = os.pread(self._descriptor, HEADER.size, 0)
        if not header.strip(b"\0"):
            # Somebody was killed who had begun it; or has not finished.
            return None if status.st_size <= SIZE else "is no breaker file"
        if header[: len(MAGIC)] != MAGIC:
            return "is no breaker file"
        if status.st_size != SIZE or HEADER.unpack(header)[:3] != (MAGIC, VERSION, SIZE):
            return "is torn, or of another version"
        return None

    def is_of(self, boot: bytes) -> bool:
        """Whether somebody has begun and finished it in *boot*."""
        header = os.pread(self._descriptor, HEADER.size, 0)
        return header[-len(boot) :] == boot and self.word() not in (b"", _NOTHING)

    def _number_at(self, place: int) -> int:
        data = os.pread(self._descriptor, WORD.size, place)
        if len(data) != WORD.size:
            raise Torn
        number: int = WORD.unpack(data)[0]
        return number


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
        raise SharedFileUnusable(f"{name}: {cause.strerror}") from cause
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

        Raises SharedFileUnusable.
        """
        file = self._open
        if file is not None:
            try:
                status = os.stat(self.path, follow_symlinks=False)
            except OSError:
                pass
            else:
                if (status.st_dev, status.st_ino) == file.identity and status.st_size == SIZE:
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
        if file.word() not in (b"", _NOTHING):
            self._set_aside(file, "is torn")
            file.retire()

    def _opened(self) -> OpenFile:
        for _ in range(_OPENINGS):
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
            except OSError as cause:
                # A symbolic link, a directory, a socket.
                if cause.errno not in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
                    raise
                self._set_aside(None, "is no regular file")
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
        self.say(f"{self.path} {reason}: set aside as {aside}")


def _log(text: str) -> None:
    # Deferred: as a rule there is nothing to say.
    import logging

    logging.getLogger("vexfsctl.resilience").warning(text)
