"""`guard run`: a command behind a shared breaker, retries and a deadline."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from signal import SIGINT, SIGPIPE, SIGQUIT, Signals
from types import FrameType
from typing import Self

from vexfsctl.exceptions import InvalidInput
from vexfsctl.guard.environment import child_environment
from vexfsctl.host.host import Host
from vexfsctl.host.operator import Operator
from vexfsctl.resilience import (
    BreakerOpen,
    CircuitBreaker,
    Deadline,
    DeadlineExceeded,
    NoTimeLeft,
    Retry,
    SharedFileUnusable,
    compose,
    remaining,
)
from vexfsctl.resilience.layer import Part
from vexfsctl.resilience.shared.file import SharedFile
from vexfsctl.system.directories import make_breaker_directory
from vexfsctl.system.foreground import Ended, NotStarted, run_in_foreground
from vexfsctl.system.input_again import InputAgain
from vexfsctl.system.signals import ending_as_interrupt

_ANY = "*"
_STATUSES = {str(number): number for number in range(1, 256)}
_ENDING_S = 10.0
"""How long ending a command at its deadline may take, and more."""
_UNLIMITED_S = 3600.0
"""How long a command without a deadline has the half-open place, unless it dies before."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_SIGNALLED = 128
_NO_FAILURES = (0, _SIGNALLED + SIGPIPE)
"""What counts as no failure where nothing is said: a reader that has gone says nothing either."""


class GuardStatus(IntEnum):
    """Exit statuses of `guard run` besides those of the command."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> Self:
        """Make the member *number*."""
        status = int.__new__(cls, number)
        status._value_ = number
        status.meaning = meaning
        return status

    REJECTED = (75, "guard run: the breaker is open, and COMMAND did not run (EX_TEMPFAIL).")
    LATE = (124, "guard run: COMMAND was ended at the deadline.")
    FAILED = (125, "guard run: vexfsctl itself failed, or was used wrongly.")
    NOT_EXECUTABLE = (126, "guard run: COMMAND was found and cannot be run.")
    NOT_FOUND = (127, "guard run: COMMAND was not found.")


@dataclass(frozen=True, slots=True)
class GuardedCommand:
    """What to run, and behind what."""

    argv: tuple[str, ...]
    breaker: str
    """Its name, of the form that `places.parse_name` takes."""
    failures: int
    within_s: float
    open_for_s: float
    retries: int = 0
    deadline_s: float | None = None
    """For all attempts and the pauses between them."""
    fallback: str | None = None
    """What the shell runs instead when the breaker rejects, or when all attempts have failed."""
    fail_on: frozenset[int] | None = None
    """Exit statuses that are failures; None: all but 0, and 141 (SIGPIPE)."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How `guard run` is to end."""

    status: int
    signal: int | None = None
    """The signal by which it should end instead: it was told to, and COMMAND ended by it."""
    whole_group: bool = False
    """Whether the rest of its process group missed that signal."""


def parse_fail_on(text: str) -> frozenset[int] | None:
    """Read `1,2,75` or `*`, which is None. Raises InvalidInput."""
    words = [word.strip() for word in text.split(",")]
    if all(word == _ANY or word in _STATUSES for word in words):
        return None if _ANY in words else frozenset(_STATUSES[word] for word in words)
    raise InvalidInput(
        f"not exit statuses: {text!a}", hint="numbers from 1 to 255 and *, as in 1,2,75"
    )


def run_guarded(
    host: Host, operator: Operator, command: GuardedCommand, environ: Mapping[str, str]
) -> Finished:
    """Run *command* and return how to end; it has our standard streams.

    A breaker that cannot be used is told of, and the command runs without one.
    """
    breaker = _breaker(host, operator, command)
    run = _Run(operator, command, child_environment(environ))
    try:
        with ending_as_interrupt(_interrupt):
            finished = run.through(breaker)
    except _Interrupted as interrupted:
        finished = interrupted.finished
    return finished


def _breaker(host: Host, operator: Operator, command: GuardedCommand) -> CircuitBreaker | None:
    lease_s = _UNLIMITED_S if command.deadline_s is None else command.deadline_s + _ENDING_S
    try:
        directory = make_breaker_directory(host.breaker_directories)
        return CircuitBreaker(
            command.breaker,
            shared=SharedFile(directory / command.breaker, operator.tell),
            clock=host.clock,
            failures=command.failures,
            within=command.within_s,
            open_for=command.open_for_s,
            successes=1,
            lease=lease_s,
            on=CommandFailed,
            ignore=_CannotRun,
        )
    except (OSError, SharedFileUnusable) as cause:
        operator.tell(f"breaker {command.breaker} cannot be used: {cause}; running without it")
        return None


class CommandFailed(Exception):  # noqa: N818
    """An attempt ended with a status that is a failure."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.status = ended.status
        self._signal = ended.signal

    def __str__(self) -> str:
        if self._signal is not None:
            return f"ended by {_name_of(self._signal)}"
        return f"exit status {self.status}"


class _CannotRun(Exception):  # noqa: N818
    """It could not be started, which says nothing about what the breaker is for."""

    def __init__(self, failure: NotStarted) -> None:
        super().__init__(failure.reason)
        self.status = failure.status


class _Interrupted(KeyboardInterrupt):
    """This process was told to end, or the command was from the terminal."""

    def __init__(self, finished: Finished) -> None:
        super().__init__()
        self.finished = finished


class _Run:
    """All attempts of one command, and its fallback."""

    def __init__(
        self, operator: Operator, command: GuardedCommand, environment: dict[str, str]
    ) -> None:
        self._operator = operator
        self._command = command
        self._environment = environment
        self._input = InputAgain()
        self._attempts = 0
        self._status = 0
        """Exit status of the last attempt."""

    def through(self, breaker: CircuitBreaker | None) -> Finished:
        """Make the attempts that the policies allow, then fall back if there is need."""
        try:
            compose(*self._policies(breaker)).call(self._attempt)
        except _CannotRun as failure:
            self._operator.tell(str(failure))
            return Finished(failure.status)
        except CommandFailed as failure:
            if self._command.retries and not self._input.possible:
                self._operator.note("not tried again: standard input cannot be read again")
            return self._fall_back(failure.status)
        except BreakerOpen as rejection:
            self._operator.note(f"vexfsctl: {rejection}")
            # An attempt of its own may have opened it: then the command has run, and failed.
            return self._fall_back(self._status or GuardStatus.REJECTED)
        except (DeadlineExceeded, NoTimeLeft):
            self._operator.note(f"vexfsctl: not done within {self._command.deadline_s:g} s")
            return self._fall_back(GuardStatus.LATE)
        return Finished(self._status)

    def _policies(self, breaker: CircuitBreaker | None) -> list[Part]:
        parts: list[Part] = []
        if self._command.deadline_s is not None:
            parts.append(Deadline(self._command.deadline_s))
        if self._command.retries and self._input.possible:
            parts.append(
                Retry(
                    on=CommandFailed,
                    attempts=self._command.retries + 1,
                    base=_FIRST_PAUSE_S,
                    cap=_LONGEST_PAUSE_S,
                )
            )
        return parts if breaker is None else [*parts, breaker]

    def _attempt(self) -> None:
        self._attempts += 1
        if self._attempts > 1:
            self._operator.note(f"vexfsctl: attempt {self._attempts}")
            self._input.rewind()
        left_s = remaining()
        ended = self._run(self._command.argv, left_s)
        if ended.late:
            raise DeadlineExceeded(self._command.deadline_s or 0)
        self._status = ended.status
        if self._is_failure(ended.status):
            raise CommandFailed(ended)

    def _run(self, argv: tuple[str, ...], seconds: float | None) -> Ended:
        ended = run_in_foreground(argv, environment=self._environment, seconds=seconds)
        if isinstance(ended, NotStarted):
            raise _CannotRun(ended)
        from_terminal = ended.had_terminal and ended.signal in (SIGINT, SIGQUIT)
        if ended.told is not None or from_terminal:
            by = ended.signal if ended.signal == ended.told or from_terminal else None
            raise _Interrupted(Finished(ended.status, by, from_terminal))
        return ended

    def _is_failure(self, status: int) -> bool:
        fail_on = self._command.fail_on
        return status not in _NO_FAILURES if fail_on is None else status in fail_on

    def _fall_back(self, status: int) -> Finished:
        if self._command.fallback is None:
            return Finished(status)
        self._input.rewind()
        try:
            return Finished(self._run(("/bin/sh", "-c", self._command.fallback), None).status)
        except _CannotRun as failure:
            self._operator.tell(str(failure))
            return Finished(failure.status)


def _interrupt(number: int, _: FrameType | None) -> None:
    """End a pause between attempts: nobody is there to pass the signal on to."""
    raise _Interrupted(Finished(_SIGNALLED + number, number))


def _name_of(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
