"""A program at a terminal of its own, and a person there who types and reads."""

import os
import pty
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType

from tests.support.program import BOUND_S


class PseudoTerminal:
    """*argv* as the leader of a session on a terminal; killed with all of it at the end."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self.shown = ""
        """All that was shown so far."""
        self._read = 0
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], [*argv], {**environ})

    def send(self, text: str) -> None:
        """Type *text*; `\\x03` is Ctrl-C, `\\x1a` Ctrl-Z."""
        os.write(self._master, text.encode())

    def expect(self, text: str) -> None:
        """Wait until *text* is shown, after what was expected before; fail if it is not."""
        until = time.monotonic() + BOUND_S
        while text not in self.shown[self._read :]:
            assert self._receive(until), f"{text!r} never came after {self.shown!r}"
        self._read = self.shown.index(text, self._read) + len(text)

    def end(self) -> int:
        """Wait until the program has ended; return its exit status, negative for a signal."""
        until = time.monotonic() + BOUND_S
        while self._receive(until):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _receive(self, until: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, until - time.monotonic()))
        data = b""
        if ready:
            with suppress(OSError):  # EIO: nobody has the terminal any more
                data = os.read(self._master, 4096)
        self.shown += data.decode(errors="replace")
        return bool(data)

    def __enter__(self) -> "PseudoTerminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._master)
