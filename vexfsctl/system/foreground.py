"""One command with this process's standard streams, run as a shell runs it, with a deadline.

The command has a process group of its own, which is ended at the deadline. Signals that would end
this process are passed on to it. At a terminal this group stays in the foreground, so that Ctrl-C
also reaches the script that this process is part of, until the command wants to read from the
terminal: the kernel stops it then (SIGTTIN, SIGTTOU), it is given the terminal and goes on. A
command that stops at Ctrl-Z stops this process too, and goes on with it.
"""

import contextlib
import os
import signal
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from errno import ENOENT, ENOEXEC
from pathlib import Path
from typing import Any, NamedTuple

from vexfsctl.system.children import reap_when_ended
from vexfsctl.system.signals import ENDING

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit statuses of a shell for a command that cannot be started."""
_SIGNALLED = 128
_GRACE_S = 5.0
"""How long a command may take to end at SIGTERM."""
_KILL_GRACE_S = 1.0
"""How long the kernel may take to end it at SIGKILL: it may be stuck there."""
_LOOK_S = 0.02
_LONGEST_S = 3600.0
_OF_JOBS = frozenset({signal.SIGCHLD, signal.SIGCONT, signal.SIGTSTP})
_OF_TERMINAL = (signal.SIGTTIN, signal.SIGTTOU)
_SHELL = "/bin/sh"


class NotStarted(NamedTuple):
    """A command that could not be started."""

    status: int
    """126 or 127."""
    reason: str


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    """As a shell has it: its own, or 128 plus the number of the signal that ended it."""
    signal: int | None = None
    """The signal that ended it."""
    told: int | None = None
    """The signal by which this process was told to end meanwhile, which was passed on."""
    had_terminal: bool = False
    """Whether it had the terminal, so that Ctrl-C reached nobody else."""
    late: bool = False
    """Whether it was ended at its deadline."""


def run_in_foreground(
    argv: Sequence[str], *, environment: Mapping[str, str], seconds: float | None = None
) -> Ended | NotStarted:
    """Run *argv* for at most *seconds* and return how it ended. For the main thread.

    A script without `#!` is run by sh, as execvp(3) does.
    """
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        # Inherited; its status would be lost.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    heard = {each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN} | _OF_JOBS
    # SIGTTOU: else it would stop us where we take the terminal back.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*heard, signal.SIGTTOU})
    try:
        try:
            pid = _start(argv, environment, before)
        except OSError as cause:
            return _not_started(argv[0], cause, environment)
        return _Job(pid, frozenset(heard), seconds).wait()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(argv: Sequence[str], environment: Mapping[str, str], mask: set[Any]) -> int:
    if not argv[0]:
        # posix_spawn of Python raises a ValueError.
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT))
    path = _find(argv[0], environment)
    # env(1) can set a variable without a name, which Python passes on to nobody; shells drop it.
    environment = {name: value for name, value in environment.items() if name}
    # What Python ignores, and no shell does.
    keywords: dict[str, Any] = {
        "setpgroup": 0,
        "setsigmask": mask,
        "setsigdef": [signal.SIGPIPE, signal.SIGXFSZ],
    }
    try:
        return os.posix_spawn(path, [*argv], environment, **keywords)
    except OSError as cause:
        if cause.errno != ENOEXEC:
            raise
        return os.posix_spawn(_SHELL, ["sh", path, *argv[1:]], environment, **keywords)


def _find(name: str, environment: Mapping[str, str]) -> str:
    """Return the path of the program *name*, executable or not; *name* itself if there is none."""
    if "/" in name:
        return name
    places = [
        f"{directory or '.'}/{name}"
        for directory in environment.get("PATH", os.defpath).split(os.pathsep)
    ]
    files = [place for place in places if os.path.isfile(place)]
    return next((each for each in files if os.access(each, os.X_OK)), (*files, name)[0])


def _not_started(name: str, cause: OSError, environment: Mapping[str, str]) -> NotStarted:
    there = os.path.exists(_find(name, environment)) if name else False
    status = NOT_EXECUTABLE if there else NOT_FOUND
    shown = name or "''"
    return NotStarted(status, f"cannot run {shown}: {cause.strerror}")


class _Job:
    """A command that was started, until it has ended."""

    def __init__(self, pid: int, heard: frozenset[int], seconds: float | None) -> None:
        self._pid = pid
        self._heard = heard
        self._terminal = _Terminal(pid)
        self._until = None if seconds is None else time.monotonic() + seconds
        self._told: int | None = None
        self._can_stop = True
        """Whether there is somebody who continues us; known after the first time."""

    def wait(self) -> Ended:
        """Wait until it has ended, or has been ended at its deadline."""
        try:
            while not self._has_ended():
                self._answer_stops()
                left_s = self._left_s()
                if left_s <= 0:
                    self._end()
                    return Ended(0, told=self._told, late=True)
                received = signal.sigtimedwait(self._heard, min(left_s, _LONGEST_S))
                if received is not None:
                    self._take(received.si_signo)
            return self._reap()
        finally:
            self._terminal.take_back()

    def _left_s(self) -> float:
        return _LONGEST_S if self._until is None else self._until - time.monotonic()

    def _has_ended(self) -> bool:
        # Not reaped yet: its number stays that of its group.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._pid, flags) is not None

    def _reap(self) -> Ended:
        status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        number = -status if status < 0 else None
        if number is not None:
            self._terminal.restore()
        return Ended(
            status if number is None else _SIGNALLED + number,
            number,
            self._told,
            self._terminal.given,
        )

    def _take(self, number: int) -> None:
        if number == signal.SIGTSTP:
            self._signal(number)
            self._can_stop = _stop()
            # Before another look at it: that it has stopped is no longer news.
            self._go_on()
        elif number == signal.SIGCONT:
            self._go_on()
        elif number != signal.SIGCHLD:
            self._told = number
            self._signal(number)
            self._signal(signal.SIGCONT)

    def _go_on(self) -> None:
        self._terminal.give_again()
        self._signal(signal.SIGCONT)

    def _answer_stops(self) -> None:
        """Do what a shell does when a job stops: by which signal says why it did."""
        with contextlib.suppress(ChildProcessError):
            stopped = os.waitid(os.P_PID, self._pid, os.WSTOPPED | os.WNOHANG)
            if stopped is None:
                return
            number = stopped.si_status
            if number in _OF_TERMINAL and self._terminal.give():
                self._signal(signal.SIGCONT)
            elif number in _OF_TERMINAL and not self._can_stop:
                # What the kernel does with jobs that nobody could continue.
                self._signal(signal.SIGHUP)
                self._signal(signal.SIGCONT)
            elif number in _OF_TERMINAL or (number == signal.SIGTSTP and self._terminal.given):
                # In the background, or Ctrl-Z: the job that we are part of stops.
                self._terminal.take_back()
                os.killpg(0, signal.SIGTSTP)

    def _end(self) -> None:
        """End its process group, by force if it takes too long."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)
        until = time.monotonic() + _GRACE_S
        while _has_members(self._pid) and time.monotonic() < until:
            time.sleep(_LOOK_S)
        self._signal(signal.SIGKILL)
        until = time.monotonic() + _KILL_GRACE_S
        while not self._has_ended() and time.monotonic() < until:
            time.sleep(_LOOK_S)
        self._terminal.restore()
        reap_when_ended(self._pid)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, number)


def _stop() -> bool:
    """Stop this process as Ctrl-Z does, and return when it goes on; False if it cannot be stopped.

    The kernel does not stop a process group that has lost its shell.
    """
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
    return signal.SIGCONT in signal.sigpending()


class _Terminal:
    """The terminal that controls this process, if any, and whether the command has it."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._modes: list[Any] | None = None
        self.given = False
        """Whether the command has had it."""

    def give(self) -> bool:
        """Put the command into the foreground, if we are there; say whether it is there now."""
        with self._opened() as terminal:
            if terminal is None or os.tcgetpgrp(terminal) != os.getpgrp():
                return False
            self._modes = termios.tcgetattr(terminal)
            os.tcsetpgrp(terminal, self._group)
            self.given = True
            return True

    def give_again(self) -> None:
        """The same after a stop, if it had the terminal before."""
        if self.given:
            self.give()

    def take_back(self) -> None:
        """Put this process into the foreground again, if the command is there."""
        if not self.given:
            return
        with self._opened() as terminal, contextlib.suppress(OSError):
            if terminal is not None and os.tcgetpgrp(terminal) == self._group:
                os.tcsetpgrp(terminal, os.getpgrp())

    def restore(self) -> None:
        """Undo what a command that was killed has done to the terminal, as shells do."""
        self.take_back()
        with self._opened() as terminal, contextlib.suppress(OSError, termios.error):
            if terminal is not None and self._modes is not None:
                termios.tcsetattr(terminal, termios.TCSADRAIN, self._modes)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int | None]:
        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            yield None
            return
        try:
            yield terminal
        finally:
            os.close(terminal)


def _has_members(group: int) -> bool:
    """Whether a process of *group* runs; the one that waits to be reaped does not."""
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (directory / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if int(stat[2]) == group and stat[0] not in "ZX":
                    return True
    return False
