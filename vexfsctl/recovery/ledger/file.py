"""The ledger file: every replay is on disk before its first step, and each step after it.

JSON Lines in the state directory, append-only, readable only by its owner. A reader copes with any
content: a crash tears the last line, and several replays write at once.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from vexfsctl.exceptions import MalformedRecord, RecoveryFailed
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.recovery.ledger.entries import LedgerEntry
from vexfsctl.recovery.ledger.lines import LONGEST_LINE, format_line, parse_line
from vexfsctl.system.access import access_hint
from vexfsctl.system.directories import (
    STATE_VARIABLE,
)

FILE_NAME = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """The entries of ledgers, and what could not be read."""

    entries: tuple[LedgerEntry, ...] = ()
    """In the order of the file."""
    coverage: Coverage = field(default_factory=Coverage)


def read_ledger(directory: Path) -> LedgerReading:
    """Read the ledger of a state directory to its present end; a missing ledger is empty."""
    path = directory / FILE_NAME
    try:
        # So as not to wait for the writer of a pipe that somebody put there.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return LedgerReading()
    except OSError as cause:
        reasons = (cause.strerror or "unreadable", access_hint(path, os.R_OK))
        return LedgerReading(coverage=_gap(path, ": ".join(filter(None, reasons))))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return LedgerReading(coverage=_gap(path, "it is not a file"))
    with os.fdopen(descriptor, "rb") as file:
        return _read_lines(path, file)


class Ledger:
    """Appends to the ledger of one state directory, each entry on disk before it returns."""

    def __init__(self, directory: Path) -> None:
        """Make directory (0700) and file (0600) if they are missing; raise RecoveryFailed."""
        self.directory = directory
        self.path = directory / FILE_NAME
        try:
            _make_directory(directory)
            self._append(b"")
        except OSError as cause:
            raise _failure(self.path, cause) from cause

    def write(self, entry: LedgerEntry) -> None:
        """Append *entry*; raise RecoveryFailed if it is not known to be on disk."""
        try:
            self._append(format_line(entry))
        except OSError as cause:
            raise _failure(self.path, cause) from cause

    def _append(self, line: bytes) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(self.path, flags, 0o600)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError("it is not a file")
            if status.st_size and os.pread(descriptor, 1, status.st_size - 1) != b"\n":
                # The last writer was killed in the middle of a line: begin a new one.
                line = b"\n" + line
            if os.write(descriptor, line) < len(line):
                raise OSError("no space left for all of it")
            os.fsync(descriptor)
            if not status.st_size:
                _sync_directory(self.directory)
        finally:
            os.close(descriptor)


def _read_lines(path: Path, file: BinaryIO) -> LedgerReading:
    entries, unread = [], 0
    try:
        for line in _lines(file):
            try:
                if line.strip():
                    entries.append(parse_line(line))
            except MalformedRecord:
                unread += 1
    except OSError as cause:
        return LedgerReading(tuple(entries), _gap(path, cause.strerror or "unreadable"))
    source = (str(path),)
    if not unread:
        return LedgerReading(tuple(entries), Coverage(source))
    gap = Gap(str(path), "torn", unread, "lines that are not entries of this version")
    return LedgerReading(tuple(entries), Coverage(source, (gap,)))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines; of a line that is too long, its beginning, which is refused for its size."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while not line.endswith(b"\n") and (line := file.readline(LONGEST_LINE + 1)):
            pass


def _make_directory(directory: Path) -> None:
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        # The directories above are ordinary ones: only ours is private.
        each.mkdir(mode=0o700 if each == directory else 0o755, exist_ok=True)
        _sync_directory(each.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _gap(path: Path, why: str) -> Coverage:
    return Coverage(gaps=(Gap(str(path), "unreadable", None, why),))


def _failure(path: Path, cause: OSError) -> RecoveryFailed:
    return RecoveryFailed(
        f"the ledger {path} cannot be written: {cause.strerror or cause}",
        hint=f"no replay without a ledger; make room or choose another place: {STATE_VARIABLE}",
    )
