"""Real shells on a terminal of their own: what a person types, and what the TAB key makes of it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.support.program import BOUND_S

COMPLETIONS = Path(__file__).parents[3] / "completions"
_CLEAR, _WRITE = "\x15", "\x07"
_ROWS, _COLUMNS = 200, 200
"""More than all offers need: no shell asks whether it may show them."""


class Kind(NamedTuple):
    """One shell."""

    command: Sequence[str]
    startup: str
    """Name of the file it begins with."""
    text: str
    """What is in that: it loads the script, and Control-G writes the line to the file `lines`."""


SHELLS: Mapping[str, Kind] = {
    "bash": Kind(
        ["bash", "--rcfile", "startup", "-i"],
        "startup",
        """
        PS1='$ '
        bind 'set completion-query-items 0' 'set page-completions off' 'set bell-style none'
        source <(vexfsctl completion bash)
        bind -x '"\\C-g": printf "%s\\n" "$READLINE_LINE" >> lines'
        touch lines
        """,
    ),
    "zsh": Kind(
        ["zsh", "-d", "-i"],
        ".zshrc",
        f"""
        PS1='$ '
        fpath=({COMPLETIONS} $fpath)
        autoload -Uz compinit; compinit -u -D
        write_line() {{ print -r -- "$BUFFER" >> lines }}
        zle -N write_line; bindkey '^G' write_line; bindkey '^U' kill-whole-line
        touch lines
        """,
    ),
    "fish": Kind(
        ["fish", "--no-config", "--init-command", "source startup", "-i"],
        "startup",
        """
        set -g fish_greeting
        set -g fish_autosuggestion_enabled 0
        vexfsctl completion fish | source
        bind \\cg 'commandline >> lines'
        bind \\cu 'commandline ""'
        touch lines
        """,
    ),
}


class Shell:
    """A running shell; use it in a `with` statement."""

    def __init__(self, kind: Kind, environment: Mapping[str, str], home: Path) -> None:
        (home / kind.startup).write_text(kind.text)
        self._written = home / "lines"
        self._seen = b""
        self._terminal, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *kind.command],
            stdin=end,
            stdout=end,
            stderr=end,
            cwd=home,
            env={**environment, "HOME": str(home), "ZDOTDIR": str(home), "TERM": "xterm"},
        )
        os.close(end)

    def __enter__(self) -> Self:
        self._read_until(self._written.exists)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        cause: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def complete(self, typed: str, *, tabs: int = 1) -> str:
        """Return the line after *typed* and the TAB key, pressed *tabs* times."""
        count = self._lines() + 1
        os.write(self._terminal, f"{_CLEAR}{typed}{chr(9) * tabs}{_WRITE}".encode())
        self._read_until(lambda: self._lines() == count)
        return self._written.read_text().splitlines()[-1]

    def list(self, typed: str, *texts: str) -> None:
        """Press the TAB key twice after *typed*, and wait until *texts* are on the screen."""
        self._seen = b""
        self.complete(typed, tabs=2)
        # The screen may lag behind the line that was written.
        self._read_until(lambda: all(text.encode() in self._seen for text in texts))

    def _lines(self) -> int:
        return self._written.read_text().count("\n")

    def _read_until(self, done: Callable[[], bool]) -> None:
        """Take what the shell prints, lest it waits for a reader."""
        end = time.monotonic() + BOUND_S
        while not done():
            assert time.monotonic() < end, self._seen[-2_000:]
            if select.select([self._terminal], [], [], 0.02)[0]:
                self._seen += os.read(self._terminal, 1 << 16)
