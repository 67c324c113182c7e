"""Asks the program: one forked child a case, in a room laid out for it.

A fork of a process that has imported everything costs some milliseconds, a start of the program
some hundred.
"""

import fcntl
import os
import pkgutil
import signal
import struct
import sys
import termios
import traceback
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import BinaryIO, NoReturn

from tests.recording import fixed
from tests.recording.case import ROOM, Case
from tests.recording.room import TREES, lay_out

_LIMIT_S = 30
"""Then a case hangs, and is recorded as killed by SIGALRM."""
_LINES = 24
_MEMORY = Path("/dev/shm")
_ROOMS = ("shared", "single")
"""The room of all that only read, and that of one that writes: names of one length."""
_PROGRAM = "vexfsctl.__main__"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a case ended, and what it said."""

    status: int
    """Negative: killed by that signal."""
    stdout: bytes
    stderr: bytes

    def __str__(self) -> str:
        return "".join(
            (
                f"exit status {self.status}\n",
                f"--- stdout\n{_text(self.stdout)}\n",
                f"--- stderr\n{_text(self.stderr)}\n",
            )
        )


class Rooms:
    """Where cases are asked, of one process."""

    def __init__(self, scratch: Path, further_logs: Path | None) -> None:
        self.shared, self._single = (scratch / name for name in _ROOMS)
        self._scratch = scratch
        self._untouched: tuple[str, dict[str, bytes]] | None = None
        """The tree and the files of the single room, if it is as it was laid out."""
        lay_out(self.shared, further_logs=further_logs)

    def ask(self, case: Case) -> tuple[Answer, str]:
        """Run the program once; return its answer and all of it to be recorded."""
        room = self._single if case.writes else self.shared
        before = self._files_to_change(case.tree) if case.writes else {}
        answer = self._ask(case, room)
        changes = self._changes(before) if case.writes else ""
        return answer, f"$ {case.title}\n{answer}{changes}"

    def _files_to_change(self, tree: str) -> dict[str, bytes]:
        if self._untouched is None or self._untouched[0] != tree:
            rmtree(self._single, ignore_errors=True)
            lay_out(self._single, {tree} & TREES.keys())
            self._untouched = tree, _files_below(self._single)
        return self._untouched[1]

    def _changes(self, before: dict[str, bytes]) -> str:
        after = _files_below(self._single)
        if after != before:
            self._untouched = None
        gone = [f"--- gone {path}\n" for path in before if path not in after]
        written = [
            f"--- written {path}\n{_text(self._scrub(content))}\n"
            for path, content in after.items()
            if before.get(path) != content
        ]
        return "".join((*gone, *written))

    def _ask(self, case: Case, room: Path) -> Answer:
        answer = _on_terminal(case, room) if case.columns else _with_files(case, room)
        return Answer(answer.status, self._scrub(answer.stdout), self._scrub(answer.stderr))

    def _scrub(self, said: bytes) -> bytes:
        for name in _ROOMS:
            said = said.replace(bytes(self._scratch / name), ROOM.encode())
        return fixed.scrub(said)


@contextmanager
def rooms(checkout: Path, further_logs: Path | None) -> Iterator[Rooms]:
    """Import the program of *checkout*, and lend rooms in memory where there is some."""
    _import_program(checkout)
    # A path as long as any other of this: tables are as wide as what is in them.
    scratch = Path(mkdtemp(prefix="recording-", dir=_MEMORY if _MEMORY.is_dir() else "/tmp"))
    try:
        yield Rooms(scratch, further_logs)
    finally:
        rmtree(scratch)


def _import_program(checkout: Path) -> None:
    fixed.hold_still()
    sys.path.insert(0, str(checkout.resolve()))
    package = import_module(_PROGRAM.partition(".")[0])
    if Path(package.__path__[0]).parent != checkout.resolve():
        sys.exit(f"{checkout} has no {package.__name__}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)


def _files_below(room: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(room)): path.read_bytes()
        for path in sorted(room.rglob("*"))
        if path.is_file()
    }


def _text(said: bytes) -> str:
    return said.decode(errors="backslashreplace")


def _with_files(case: Case, room: Path) -> Answer:
    with (room / case.stdin).open("rb") as given, _memory() as out, _memory() as err:
        child = os.fork()
        if child == 0:
            _be_the_program(case, room, (given.fileno(), out.fileno(), err.fileno()))
        status = _wait(child)
        out.seek(0)
        err.seek(0)
        return Answer(status, out.read(), err.read())


def _memory() -> BinaryIO:
    return os.fdopen(os.memfd_create("answer"), "w+b")


def _on_terminal(case: Case, room: Path) -> Answer:
    """Both outputs are one here."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, case.columns, 0, 0))
    os.write(ours, case.typed.encode())
    child = os.fork()
    if child == 0:
        os.close(ours)
        _be_the_program(case, room, (theirs, theirs, theirs))
    os.close(theirs)
    said = b"".join(_read_terminal(ours))
    os.close(ours)
    return Answer(_wait(child), said, b"")


def _read_terminal(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(terminal, 65536)
        except OSError:  # EIO: nobody has it open any more.
            return


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _be_the_program(case: Case, room: Path, streams: tuple[int, int, int]) -> NoReturn:
    status = 1
    try:
        signal.alarm(_LIMIT_S)
        os.setsid()
        os.chdir(room)
        os.environ.update(_surroundings(room))
        for name, value in case.environment.items():
            os.environ[name] = value.replace(ROOM, str(room))
        _take_streams(streams)
        sys.argv = ["vexfsctl", *case.arguments]
        if case.waits:
            fixed.let_time_pass()
        status = _status_of_main()
    except BaseException:  # noqa: BLE001 - nothing may get out into what is the parent's
        traceback.print_exc()
    finally:
        os._exit(status)


def _take_streams(streams: tuple[int, int, int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # Made anew: those of the parent remember what they were opened on.
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))


def _status_of_main() -> int:
    try:
        sys.modules[_PROGRAM].main()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    return 0


def _surroundings(room: Path) -> dict[str, str]:
    return {
        "HOME": str(room / "home"),
        "XDG_RUNTIME_DIR": str(room / "runtime"),
        "XDG_STATE_HOME": str(room / "state"),
        "VEXFSCTL_STATE_DIR": str(room / "state/vexfsctl"),
        "VEXFSCTL_CONFIG": "/dev/null",
        "PAGER": "cat",
        "TERM": "xterm-256color",
    }
