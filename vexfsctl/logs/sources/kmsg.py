"""/dev/kmsg, both ways. Only this module opens it."""

import errno
import math
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.model.record import USER_FACILITY, LogRecord
from vexfsctl.system.access import WITH_SUDO, access_hint

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch

KMSG = Path("/dev/kmsg")
_PRINTK_DEVKMSG = Path("/proc/sys/kernel/printk_devkmsg")
_DMESG_RESTRICT = Path("/proc/sys/kernel/dmesg_restrict")
_OR_SAVED = "or pass --log FILE for a saved log"
# A record as read is at most 2048 bytes up to Linux 6.x (CONSOLE_EXT_LOG_MAX was 8192 before 5.10).
_READ_SIZE = 8192
_BLOCK = 1 << 18
"""Bytes of records that are looked at together."""


def write_kmsg(text: str, level: int, *, path: Path = KMSG) -> None:
    """Put one record into the kernel log; raise OSError when it cannot be done.

    Each record has a descriptor of its own: the kernel silently drops what exceeds 10 records in 5
    s per open file. Without the newline a record stays invisible until the next one.
    """
    line = f"<{USER_FACILITY << 3 | level}>{text}\n".encode(errors="backslashreplace")
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def kmsg_unavailable(device: Path = KMSG, setting: Path = _PRINTK_DEVKMSG) -> str | None:
    """Return why the kernel log does not take our records; None if it does."""
    # With `off` the kernel takes the write and silently drops the record (printk.c).
    try:
        if setting.read_text().strip() == "off":
            return "kernel.printk_devkmsg is off"
    except OSError:
        pass
    if not os.access(device, os.W_OK):
        return f"no permission to write {device}"
    return None


class KmsgReader:
    """The live kernel log, from its oldest record on; knows which records it did not get."""

    ended = False
    """It never does."""

    def __init__(
        self, path: Path = KMSG, *, boot_id: str | None = None, every_record: bool = False
    ) -> None:
        """Open the log; raise LogUnreadable with the reason. *every_record* is as in `LiveText`."""
        self.name = SOURCE_NAME
        self._path = path
        self._boot_id = boot_id
        self._every_record = every_record
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as cause:
            raise _unreadable(path, cause) from cause

    @cached_property
    def text(self) -> LiveText:
        """The records as read, one after the other: a text like any other."""
        return LiveText(self.name, boot_id=self._boot_id, every_record=self._every_record)

    def fileno(self) -> int:
        """Return the descriptor, for poll(2): readable when there is a record to drain."""
        return self._descriptor

    def drain(self, most: float = math.inf) -> "Iterator[LogRecord | Stretch]":
        """Yield what is available now, oldest first; never wait; raise LogUnreadable.

        After *most* bytes the rest is left for the next time.
        """
        taken = 0
        while taken < most and (block := b"".join(self._read_records())):
            taken += len(block)
            yield from self.text.take(block)
            yield from self.text.finish()

    def read_all(self) -> bytes:
        """Return what is available now, one record after the other; raise LogUnreadable."""
        return b"".join(iter(lambda: b"".join(self._read_records()), b""))

    def close(self) -> None:
        """Stop reading."""
        os.close(self._descriptor)

    def _read_records(self) -> Iterator[bytes]:
        """Yield a block of them; raise LogUnreadable if there is none because of that."""
        size = 0
        while size < _BLOCK:
            try:
                record = self._read_record()
            except LogUnreadable:
                if size:
                    return
                raise
            if record is None:
                return
            size += len(record)
            yield record

    def _read_record(self) -> bytes | None:
        while True:
            try:
                return os.read(self._descriptor, _READ_SIZE)
            except BlockingIOError:
                return None
            except BrokenPipeError:
                # Records were overwritten before we came to read them: the next read starts at the
                # oldest one left, and its sequence number shows how many are gone.
                continue
            except OSError as cause:
                raise _unreadable(self._path, cause) from cause


def _unreadable(path: Path, cause: OSError) -> LogUnreadable:
    hint = None
    if cause.errno == errno.EPERM:
        # Whatever the mode of the device says: the kernel asks for CAP_SYSLOG.
        why = " (kernel.dmesg_restrict is on)" if _is_restricted() else ""
        hint = f"{WITH_SUDO}{why}, {_OR_SAVED}"
    elif cause.errno == errno.EACCES:
        hint = f"{access_hint(path, os.R_OK) or WITH_SUDO}, {_OR_SAVED}"
    elif cause.errno == errno.ENOENT:
        hint = "pass --log FILE for a saved log"
    return LogUnreadable(f"cannot read {path}: {cause.strerror}", hint=hint)


def _is_restricted() -> bool:
    try:
        return _DMESG_RESTRICT.read_text().strip() == "1"
    except OSError:
        return False
