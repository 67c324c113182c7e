"""A child process that reads a source, so that nobody else is stuck where a read never ends.

A read that is stuck in the kernel (a log on a dead mount) cannot be ended, but a child can be left
behind. The deadline is about silence: a source that keeps sending may take as long as it needs.

The LogUnreadable raised here gives the reason; a caller that knows the source's name puts it in
front.
"""

import fcntl
import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress

from vexfsctl.exceptions import LogUnreadable

_CHUNK = 1 << 18
_PIPE = 1 << 20
"""What a pipe may hold: as much as any user may ask for (fs.pipe-max-size)."""
_GRACE_MS = 500
_MOST_WORDS = 1 << 20
"""Bytes of its complaints that are looked at."""


class SourceChild:
    """A program whose output is a source. Close it."""

    def __init__(
        self, argv: Sequence[str], *, silence_s: float | None, stdin: int | None = None
    ) -> None:
        """Start it; OSError if that cannot be. *stdin* is a descriptor for it; None: our own.

        *silence_s* None: it may be silent as long as it likes.
        """
        self._silence_s = silence_s
        self.output, contents_end = os.pipe()
        with suppress(OSError):
            # A pipe of the usual 64 KiB costs a switch of processes for each of them.
            fcntl.fcntl(self.output, fcntl.F_SETPIPE_SZ, _PIPE)
        # Not a pipe: nobody reads its words before it has ended, however many they are.
        self._words = os.memfd_create("words", os.MFD_CLOEXEC)
        actions = [
            (os.POSIX_SPAWN_DUP2, contents_end, 1),
            (os.POSIX_SPAWN_DUP2, self._words, 2),
        ]
        if stdin is not None:
            actions.append((os.POSIX_SPAWN_DUP2, stdin, 0))
        try:
            child = os.posix_spawnp(argv[0], [*argv], {"LC_ALL": "C"}, file_actions=actions)
        except OSError:
            self._close_descriptors()
            raise
        finally:
            os.close(contents_end)
        self.pid: int | None = child
        """None once it is closed."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield what it prints; raise LogUnreadable if it falls silent."""
        yield from read_descriptor(self.output, self._silence_s)

    def complaint(self) -> str:
        """Return what it said of trouble, after its output has ended."""
        if self.pid is not None:
            _wait_for_end(self.pid)
        size = os.fstat(self._words).st_size
        return os.pread(self._words, min(size, _MOST_WORDS), 0).decode(errors="replace").strip()

    def close(self) -> None:
        """End and reap it; one that is stuck in the kernel is left to init."""
        if self.pid is None:
            return
        child, self.pid = self.pid, None
        self._close_descriptors()
        ended = os.pidfd_open(child)
        try:
            os.kill(child, signal.SIGKILL)
            poll = select.poll()
            poll.register(ended, select.POLLIN)
            if poll.poll(_GRACE_MS):
                os.waitpid(child, 0)
        finally:
            os.close(ended)

    def _close_descriptors(self) -> None:
        os.close(self.output)
        os.close(self._words)


class ReadingChild(SourceChild):
    """A dd(1), which has the file that it reads as its standard input. Close it."""

    def __init__(self, *operands: str, silence_s: float, stdin: int | None = None) -> None:
        """*operands* are those of dd. *stdin* is a descriptor for it; None: our own."""
        argv = ["dd", *operands, "bs=128K", "status=none"]
        super().__init__(argv, silence_s=silence_s, stdin=stdin)

    def __iter__(self) -> Iterator[bytes]:
        """Yield what it reads; raise LogUnreadable with the reason if there is no more."""
        yield from super().__iter__()
        if complaint := self.complaint():
            raise LogUnreadable(complaint.rpartition(": ")[2])


def _wait_for_end(pid: int) -> None:
    ended = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        poll.poll(_GRACE_MS)
    finally:
        os.close(ended)


def read_descriptor(descriptor: int, silence_s: float | None) -> Iterator[bytes]:
    """Yield what comes from a descriptor until its end; None: there is no deadline.

    Raises LogUnreadable with the reason.
    """
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
