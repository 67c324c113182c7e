"""/dev/kmsg, both ways. Only this module opens it."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from vexfsctl.exceptions import LogUnreadable, MalformedRecord
from vexfsctl.logs.formats.kmsg import SOURCE_NAME, parse_kmsg_record
from vexfsctl.logs.sources.holes import Hole, HoleFinder
from vexfsctl.model.record import USER_FACILITY, LogRecord
from vexfsctl.system.access import WITH_SUDO, access_hint

KMSG = Path("/dev/kmsg")
_PRINTK_DEVKMSG = Path("/proc/sys/kernel/printk_devkmsg")
_DMESG_RESTRICT = Path("/proc/sys/kernel/dmesg_restrict")
_OR_SAVED = "or pass --log FILE for a saved log"
# A record as read is at most 2048 bytes up to Linux 6.x (CONSOLE_EXT_LOG_MAX was 8192 before 5.10).
_READ_SIZE = 8192


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

    def __init__(self, path: Path = KMSG, *, boot_id: str | None = None) -> None:
        """Open the log; raise LogUnreadable with the reason."""
        self.name = SOURCE_NAME
        self._path = path
        self._boot_id = boot_id
        self._finder = HoleFinder()
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as cause:
            raise _unreadable(path, cause) from cause

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What was missing among the records yielded so far."""
        return self._finder.holes

    def fileno(self) -> int:
        """Return the descriptor, for poll(2): readable when there is a record to drain."""
        return self._descriptor

    def drain(self) -> Iterator[LogRecord]:
        """Yield every record available now, oldest first; never wait; raise LogUnreadable."""
        yield from self._finder.passing(self._parse_all())

    def close(self) -> None:
        """Stop reading."""
        os.close(self._descriptor)

    def _parse_all(self) -> Iterator[LogRecord | None]:
        while (record := self._read_record()) is not None:
            try:
                yield parse_kmsg_record(record, boot_id=self._boot_id)
            except MalformedRecord:
                yield None

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
