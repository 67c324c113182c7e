"""Where a driver's records go: the kernel log, or a file of its own in the same form.

Both take finished text (`grammar.format_event`). The file is for machines whose kernel log cannot
be written (`printk.devkmsg=off`, no permission) and for users who want it separate.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from vexfsctl.logs.formats.kmsg import format_kmsg_record
from vexfsctl.logs.sources.kmsg import KMSG, write_kmsg

MAXIMUM_FILE_SIZE = 64 << 20
"""Bytes at which a driver's own file is rotated to `.1`."""


class FinishedRecord(NamedTuple):
    """A record as it is to be written."""

    level: int
    text: str
    uptime_us: int
    """When it was made, which may be long before it can be written."""
    sequence: int
    """Its number in this epoch. One that is never written leaves a gap that a reader can see."""


class RecordWriter(Protocol):
    """Takes the records of one provider. For one thread."""

    def write(self, record: FinishedRecord) -> None:
        """Put one record into the log; raise OSError when it cannot be done."""
        ...

    def reopen(self) -> None:
        """Start a new file, if the log is a file (after SIGHUP)."""
        ...

    def close(self) -> None:
        """Stop writing."""
        ...


class KmsgWriter:
    """Writes records into the kernel log, which gives them its own time and number."""

    def __init__(self, path: Path = KMSG) -> None:
        """Raise OSError if this process may not write there."""
        self._path = path
        os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))

    def write(self, record: FinishedRecord) -> None:
        """Put one record into the kernel log; raise OSError when it cannot be done."""
        write_kmsg(record.text, record.level, path=self._path)

    def reopen(self) -> None:
        """Nothing to do: each record is written with a descriptor of its own."""

    def close(self) -> None:
        """Nothing to do: no descriptor is held."""


class KmsgFileWriter:
    """Writes records into a file in the raw kmsg form."""

    def __init__(self, path: Path, *, maximum_size: int = MAXIMUM_FILE_SIZE) -> None:
        """Open or create the file (0640); raise OSError if that cannot be done."""
        self._path = path
        self._maximum_size = maximum_size
        self._descriptor = _open_for_append(path)
        self._torn = True
        """Whether the last writer, we or a killed driver, may have left half a record."""

    def write(self, record: FinishedRecord) -> None:
        """Append one record; raise OSError when it cannot be done."""
        level, text, uptime_us, sequence = record
        self._append(format_kmsg_record(level, sequence, uptime_us, text))

    def reopen(self) -> None:
        """Continue in the file that now has our name; the old one was moved away (logrotate)."""
        fresh = _open_for_append(self._path)
        os.close(self._descriptor)
        self._descriptor, self._torn = fresh, True

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _append(self, record: bytes) -> None:
        if os.fstat(self._descriptor).st_size + len(record) > self._maximum_size:
            # If somebody removed the file there is nothing to keep: start a new one.
            with suppress(FileNotFoundError):
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self.reopen()
        # With the record, not before it: on a full disk there may be room for nothing else.
        line = b"\n" + record if self._torn and _ends_torn(self._descriptor) else record
        self._torn = True
        if os.write(self._descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        self._torn = False


def _open_for_append(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _ends_torn(descriptor: int) -> bool:
    """Whether the last line of the file has no end, as far as the disk tells."""
    size = os.fstat(descriptor).st_size
    try:
        return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    except OSError:
        return True
