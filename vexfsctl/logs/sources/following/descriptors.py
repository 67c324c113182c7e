"""Descriptors of files that are followed; what may never answer is asked in a child first."""

import os
import stat
from pathlib import Path

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.listing import ask
from vexfsctl.logs.files.stream import NOT_THERE, hint_for

_CHUNK = 1 << 18


def mode_of(name: str, silence_s: float) -> int | None:
    """Return the mode of the file called *name*; None if there is none. Raises LogUnreadable."""
    # A dead mount would never let go of this process: a child goes first.
    try:
        return ask(lambda: os.stat(name).st_mode, silence_s)
    except LogUnreadable as failure:
        if failure.message == NOT_THERE:
            return None
        raise _unreadable(name, failure.message, failure.hint) from failure


def open_file(name: str, silence_s: float) -> int | None:
    """Return a descriptor of the file called *name*, which does not block.

    None if there is none, or if it is a directory. Raises LogUnreadable.
    """
    mode = mode_of(name, silence_s)
    if mode is None or stat.S_ISDIR(mode):
        return None
    try:
        return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as cause:
        raise _unreadable(name, str(cause.strerror)) from cause


def missing(name: str) -> LogUnreadable:
    """Return the exception for a file that is not there."""
    return _unreadable(name, NOT_THERE)


def read(name: str, descriptor: int, most: int = _CHUNK) -> bytes:
    """Return what comes next from a descriptor, empty at its end; raise LogUnreadable."""
    try:
        return os.read(descriptor, most)
    except OSError as cause:
        raise LogUnreadable(f"cannot read {name}: {cause.strerror}") from cause


def _unreadable(name: str, reason: str, hint: str | None = None) -> LogUnreadable:
    hint = hint or hint_for(reason, Path(name))
    return LogUnreadable(f"cannot read {name}: {reason}", hint=hint)
