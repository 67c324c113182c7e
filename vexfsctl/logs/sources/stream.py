"""Bytes of a file or pipe, with a deadline that holds even if the device below is stuck.

The LogUnreadable raised here gives the reason; a caller that knows the source's name puts it in
front.

A file is read by a child process: a read that is stuck in the kernel (a log on a dead mount) cannot
be ended, but a child can be left behind. The deadline is about silence: a source that keeps sending
may take as long as it needs.
"""

import errno
import fcntl
import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.system.access import access_hint

_CHUNK = 1 << 18
_PIPE = 1 << 20
"""What a pipe may hold: as much as any user may ask for (fs.pipe-max-size)."""
_GRACE_MS = 500
_DENIED = os.strerror(errno.EACCES)
_NO_FILE = (os.strerror(errno.ENOENT), os.strerror(errno.EISDIR))


def read_file(path: Path, silence_s: float) -> Iterator[bytes]:
    """Yield what the file holds, in chunks.

    Raises LogUnreadable with the reason, also in the middle: a failing disk, or no byte for
    *silence_s* seconds.
    """
    contents, contents_end = os.pipe()
    with suppress(OSError):
        # A pipe of the usual 64 KiB costs a switch of processes for each of them.
        fcntl.fcntl(contents, fcntl.F_SETPIPE_SZ, _PIPE)
    words, words_end = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, contents_end, 1),
        (os.POSIX_SPAWN_DUP2, words_end, 2),
    ]
    # A file may be called "-", which to cat is standard input.
    argv = ["cat", "--", f"./{path}" if os.fspath(path) == "-" else os.fspath(path)]
    try:
        try:
            child = os.posix_spawnp("cat", argv, {"LC_ALL": "C"}, file_actions=actions)
        finally:
            os.close(contents_end)
            os.close(words_end)
        try:
            yield from read_descriptor(contents, silence_s)
            complaint = b"".join(read_descriptor(words, silence_s))
        finally:
            _dismiss(child)
    finally:
        os.close(contents)
        os.close(words)
    if complaint:
        reason = complaint.decode(errors="replace").strip().rpartition(": ")[2]
        raise LogUnreadable(reason, hint=_hint(reason, path))


def read_stream(stream: BinaryIO, silence_s: float) -> Iterator[bytes]:
    """Yield what comes from an open stream until its end; raise as `read_file` does.

    A terminal has no deadline: a person is pasting.
    """
    try:
        descriptor = stream.fileno()
    except OSError:
        yield stream.read()
        return
    yield from read_descriptor(descriptor, None if stream.isatty() else silence_s)


def read_descriptor(descriptor: int, silence_s: float | None) -> Iterator[bytes]:
    """Yield what comes from a descriptor until its end; raise as `read_file` does."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        if not poll.poll(None if silence_s is None else silence_s * 1000):
            raise LogUnreadable(f"no answer within {silence_s:g} s")
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError as cause:
            raise LogUnreadable(str(cause.strerror)) from cause
        if not chunk:
            return
        yield chunk


def _hint(reason: str, path: Path) -> str | None:
    if reason == _DENIED:
        return access_hint(path, os.R_OK)
    if reason in _NO_FILE:
        return "a source is kmsg, the path of a log, or - (standard input)"
    return None


def _dismiss(child: int) -> None:
    """End the child and reap it; one that is stuck in the kernel is left to init."""
    ended = os.pidfd_open(child)
    try:
        os.kill(child, signal.SIGKILL)
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        if poll.poll(_GRACE_MS):
            os.waitpid(child, 0)
    finally:
        os.close(ended)
