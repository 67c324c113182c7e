"""A child process whose output is a source, so that nobody else is stuck where a read never ends.

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
from contextlib import ExitStack, suppress

from vexfsctl.exceptions import LogUnreadable

_CHUNK = 1 << 18
_PIPE = 1 << 20
"""What a pipe may hold: as much as any user may ask for (fs.pipe-max-size)."""
_GRACE_MS = 500
_MOST_WORDS = 1 << 20
"""Bytes of its complaints that are looked at."""
_WHERE_DD_IS = "it is in the Debian package `coreutils`, which every system has: look at $PATH"


class SourceChild:
    """A program whose output is a source. Close it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        silence_s: float | None,
        otherwise: str,
        stdin: int | None = None,
    ) -> None:
        """Start it; raise LogUnreadable if that cannot be, with the hint what to do *otherwise*.

        *silence_s* None: it may be silent as long as it likes. *stdin* is a descriptor for it;
        None: our own.
        """
        self._silence_s = silence_s
        try:
            with ExitStack() as ours, ExitStack() as its:
                self.output, contents_end = os.pipe()
                its.callback(os.close, contents_end)
                ours.callback(os.close, self.output)
                # Not a pipe: nobody reads its words before it has ended, however many they are.
                self._words = os.memfd_create("words", os.MFD_CLOEXEC)
                ours.callback(os.close, self._words)
                child = _spawn(argv, (stdin, contents_end, self._words))
                self._descriptors = ours.pop_all()
        except OSError as cause:
            raise LogUnreadable(_why_not_started(argv[0], cause), hint=otherwise) from cause
        self.pid: int | None = child
        """None once it is closed."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield what it prints; raise LogUnreadable if it falls silent."""
        with suppress(OSError):
            # A pipe of the usual 64 KiB costs a switch of processes for each of them.
            fcntl.fcntl(self.output, fcntl.F_SETPIPE_SZ, _PIPE)
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
        self._descriptors.close()
        ended = os.pidfd_open(child)
        try:
            os.kill(child, signal.SIGKILL)
            poll = select.poll()
            poll.register(ended, select.POLLIN)
            if poll.poll(_GRACE_MS):
                os.waitpid(child, 0)
        finally:
            os.close(ended)


class ReadingChild(SourceChild):
    """A dd(1), which has the file that it reads as its standard input. Close it."""

    def __init__(self, *operands: str, silence_s: float, stdin: int | None = None) -> None:
        """*operands* are those of dd. *stdin* is a descriptor for it; None: our own."""
        argv = ["dd", *operands, "bs=128K", "status=none"]
        super().__init__(argv, silence_s=silence_s, otherwise=_WHERE_DD_IS, stdin=stdin)

    def __iter__(self) -> Iterator[bytes]:
        """Yield what it reads; raise LogUnreadable with the reason if there is no more."""
        yield from super().__iter__()
        if complaint := self.complaint():
            raise LogUnreadable(complaint.rpartition(": ")[2])


def _spawn(argv: Sequence[str], stdio: Sequence[int | None]) -> int:
    """Start a program with *stdio* as descriptors 0, 1, 2; None: ours. Raises OSError."""
    actions = [
        (os.POSIX_SPAWN_DUP2, descriptor, number)
        for number, descriptor in enumerate(stdio)
        if descriptor is not None
    ]
    return os.posix_spawnp(argv[0], [*argv], {"LC_ALL": "C"}, file_actions=actions)


def _why_not_started(program: str, cause: OSError) -> str:
    if isinstance(cause, FileNotFoundError):
        return f"{program} is not installed, or not in PATH"
    return f"cannot run {program}: {cause.strerror}"


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
