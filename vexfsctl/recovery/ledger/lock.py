"""One replay at a time on one device: a lock that the kernel releases, however its holder ends.

flock(2) on a file in the state directory, named after the device or volume. Children that a replay
leaves behind do not hold it: they close what they inherit.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from vexfsctl.exceptions import RecoveryFailed
from vexfsctl.recovery.ledger.entries import DeviceIdentity

_ABOUT_BYTES = 4096
_LOOKS, _LOOK_S = 5, 0.02


def lock_name(device: DeviceIdentity | None, volume: str | None) -> str:
    """Return the name of the lock of *device*, or of *volume* if there is no device.

    A device number is reused as soon as it is free; together with its sequence number it names
    only one device.
    """
    if device is None:
        # A volume's name may contain what a file's may not.
        return f"volume-{(volume or '').encode().hex()}.lock"
    number = device.number.replace(":", "-")
    return f"device-{number}-{device.sequence or 0}.lock"


@contextmanager
def hold_lock(directory: Path, name: str, since: datetime, what: str) -> Iterator[None]:
    """Hold the lock called *name* for the block; raise RecoveryFailed naming who holds it.

    *what* is named in the message; *since* is written into the lock for others to read.
    """
    path = directory / name
    descriptor = _acquire(path, what)
    try:
        _tell(descriptor, since)
        yield
    finally:
        # Removed before it is released: a waiter then finds that it has no name any more.
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def is_held(directory: Path, name: str) -> bool:
    """Whether someone holds the lock called *name*; False too if that cannot be seen."""
    try:
        descriptor = os.open(
            directory / Path(name).name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        )
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _acquire(path: Path, what: str) -> int:
    while True:
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(path, flags, 0o600)
        except OSError as cause:
            raise RecoveryFailed(f"cannot lock {path}: {cause.strerror}") from cause
        try:
            _lock(descriptor)
        except OSError as cause:
            about = _about(descriptor)
            os.close(descriptor)
            raise RecoveryFailed(
                f"another replay is running on {what}{about}",
                hint="wait for it, or end it; vexfsctl recover history shows it as running",
            ) from cause
        if _is_named(path, descriptor):
            return descriptor
        # Its last holder removed it between our open and our lock.
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock; raise OSError if another holds it for longer than a check takes."""
    for _ in range(_LOOKS):
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        # `is_held` takes it for a moment to find out.
        time.sleep(_LOOK_S)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _tell(descriptor: int, since: datetime) -> None:
    about = {"pid": os.getpid(), "since": since.isoformat(timespec="seconds")}
    # The lock holds without it, even on a full disk.
    with suppress(OSError):
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(about).encode(), 0)


def _is_named(path: Path, descriptor: int) -> bool:
    try:
        named = path.stat()
    except OSError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


def _about(descriptor: int) -> str:
    """Who holds it, in words; empty if the file does not say (yet)."""
    try:
        about = json.loads(os.pread(descriptor, _ABOUT_BYTES, 0))
        return f": pid {int(about['pid'])}, since {datetime.fromisoformat(about['since'])}"
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return ""
