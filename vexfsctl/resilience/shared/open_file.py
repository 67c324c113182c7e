"""One breaker file that is open: checked, begun, read, and written under its lock."""

import os
import stat
from typing import NamedTuple

from vexfsctl.resilience.shared.layout import (
    COPIES_AT,
    FAILURES_AT,
    HEADER,
    MAGIC,
    RECORD_SIZE,
    SIZE,
    UNRECORDED_AT,
    VERSION,
    WAITED_AT,
    WORD,
    WORDS,
    WORDS_AT,
    Record,
    copy_of,
    date_at,
    pack_record,
    parse_record,
    word_of,
)
from vexfsctl.resilience.shared.lock import Lock

_EXPECTED = (MAGIC, VERSION, SIZE)
_NOTHING = WORD.pack(0)
_FORBIDDEN = stat.S_IRWXG | stat.S_IRWXO
_READINGS = 100
"""How often a reader without a lock meets a record that is being overwritten, at most."""


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
        self.lock = Lock(descriptor, WAITED_AT)

    def __del__(self) -> None:
        os.close(self._descriptor)

    def is_there(self) -> bool:
        """Whether it has a name, and its size."""
        status = os.fstat(self._descriptor)
        return status.st_nlink > 0 and status.st_size == SIZE

    def word(self) -> bytes:
        """Return the state word; 0.5 µs."""
        return os.pread(self._descriptor, 8, WORDS_AT)

    def read(self) -> Snapshot:
        """Return what it has, without a lock; raise Torn."""
        for _ in range(_READINGS):
            data = os.pread(self._descriptor, WORDS.size, WORDS_AT)
            if len(data) != WORDS.size:
                break
            word, failures, unrecorded, _ = WORDS.unpack(data)
            place = COPIES_AT[copy_of(word)]
            record = parse_record(os.pread(self._descriptor, RECORD_SIZE, place))
            if record is not None and word == word_of(record, copy_of(word)):
                if failures < record.first:
                    break
                return Snapshot(data[: WORD.size], record, failures, unrecorded)
            # Nobody writes to a copy while the word names it: it is not just being overwritten.
            if data[: WORD.size] == self.word():
                break
        raise Torn

    # For who has the lock

    def words(self) -> tuple[bytes, int, int]:
        """Return the state word, the number of failures ever, and when somebody waited long."""
        data = os.pread(self._descriptor, WORDS.size, WORDS_AT)
        if len(data) != WORDS.size:
            raise Torn
        _, failures, _, waited_ns = WORDS.unpack(data)
        return data[: WORD.size], failures, waited_ns

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
        os.fchmod(self._descriptor, 0o600)  # whatever umask it was made with
        os.pwrite(self._descriptor, _NOTHING, WORDS_AT)
        os.posix_fallocate(self._descriptor, 0, SIZE)
        os.pwrite(self._descriptor, WORDS.pack(0, 0, 0, 0), WORDS_AT)
        os.pwrite(self._descriptor, pack_record(record), COPIES_AT[0])
        os.pwrite(self._descriptor, HEADER.pack(MAGIC, VERSION, SIZE, boot), 0)
        os.pwrite(self._descriptor, WORD.pack(word_of(record, 0)), WORDS_AT)

    def retire(self) -> None:
        """Tell everybody who has it open to look for another, if it is a breaker file at all."""
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            return
        if os.pread(self._descriptor, len(MAGIC), 0) == MAGIC:
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
        if status.st_size != SIZE or HEADER.unpack(header)[:3] != _EXPECTED:
            return "is torn, or of another version"
        return None

    def is_of(self, boot: bytes) -> bool:
        """Whether somebody has begun and finished it in *boot*."""
        header = os.pread(self._descriptor, HEADER.size, 0)
        return header[-len(boot) :] == boot and self.is_begun()

    def is_begun(self) -> bool:
        """Whether somebody has begun it, and nobody has retired it."""
        return self.word() not in (b"", _NOTHING)

    def _number_at(self, place: int) -> int:
        data = os.pread(self._descriptor, WORD.size, place)
        if len(data) != WORD.size:
            raise Torn
        number: int = WORD.unpack(data)[0]
        return number
