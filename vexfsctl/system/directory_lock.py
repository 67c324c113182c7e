"""Lock a directory against other processes that make or remove its contents."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from vexfsctl.exceptions import ActionFailed, DeadlineExceeded

_POLL_S = 0.02


@contextlib.contextmanager
def hold_directory(directory: Path, *, timeout_s: float) -> Iterator[None]:
    """Make *directory* if necessary and lock it for the block; remove it if left empty.

    Raises DeadlineExceeded if another process holds the lock for *timeout_s* seconds, ActionFailed
    if the directory cannot be made. The lock ends with the process, however that ends.
    """
    descriptor = _hold(directory, time.monotonic() + timeout_s)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(directory)
        os.close(descriptor)


def _hold(directory: Path, deadline: float) -> int:
    while True:
        try:
            directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as cause:
            # Removed meanwhile: between the two calls, or during the first.
            if isinstance(cause, FileNotFoundError | FileExistsError) and not directory.is_file():
                _check_time(directory, deadline)
                continue
            raise ActionFailed(f"cannot make {directory}: {cause.strerror}") from cause
        try:
            _lock(directory, descriptor, deadline)
        except BaseException:
            os.close(descriptor)
            raise
        if _is_still(directory, descriptor):
            return descriptor
        os.close(descriptor)


def _lock(directory: Path, descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            _check_time(directory, deadline)
            time.sleep(_POLL_S)


def _check_time(directory: Path, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise DeadlineExceeded(
            f"another vexfsctl is at work in {directory}", hint="try again when it has ended"
        )


def _is_still(directory: Path, descriptor: int) -> bool:
    """Whether the path still leads to the opened directory: its last holder may have removed it."""
    try:
        return os.path.samestat(directory.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
