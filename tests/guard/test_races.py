"""A call, its deadline and an interrupt, in every order: one answer, and balanced books."""

import dis
import gc
import sys
import threading
from collections.abc import Callable
from errno import EIO, ENOENT
from itertools import count, product
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any

import pytest

from tests.guard.volume import FILE, STORAGE, GuardedVolume, failing
from tests.support.injector import Points, interruptions
from vexfsctl import guard
from vexfsctl.guard.call import Call, CallAbandoned
from vexfsctl.model.breaker import BreakerAction, BreakerCommand
from vexfsctl.model.events import ErrorReported
from vexfsctl.model.operations import OperationType

CODE = Path(guard.__path__[0])
LOCK = type(threading.Lock())
SWITCHES = ("CALL", "CALL_FUNCTION_EX", "RESUME", "JUMP_BACKWARD", "CALL_KW")
"""What another thread can follow; tests.support.injector says why."""


class Application:
    """One read on a volume of its own, and what it was told."""

    def __init__(self, *errnos: int | None, state: str = "closed", fallback: bool = False) -> None:
        self.volume = GuardedVolume()
        self.volume.set_breaker(STORAGE, success_threshold=1)
        if state != "closed":
            self.command(BreakerAction.TRIP)
        if state == "half_open":
            self.command(BreakerAction.PROBE)
        self.told: list[str] = []
        self._locks = locks_of(self.volume.guard)
        self._device = failing(*errnos)
        self._fallback = fallback
        self._wait_in: OperationType | None = None
        self.waiting, self.go_on = threading.Event(), threading.Event()

    def wait_in(self, operation: OperationType) -> None:
        """Have a call stop within itself until it may go on."""
        self._wait_in = operation

    def _come_by(self, operation: OperationType) -> None:
        if operation is self._wait_in:
            self.waiting.set()
            self.go_on.wait()

    def read(self) -> None:
        """Ask for it, and note what comes of that."""

        def serve(call: Call) -> str:
            self._come_by(FILE)
            fallback = (lambda _: "kept") if self._fallback else None
            return call.run(STORAGE, "read", ask, fallback=fallback)

        def ask(_: Call) -> str:
            self._come_by(STORAGE)
            return self._device()

        try:
            self.volume.guard.run(
                FILE,
                "read",
                serve,
                on_timeout=lambda: self.told.append("timeout"),
                on_ended=lambda: self.told.append("ended"),
            )
        except CallAbandoned:
            self.told.append("abandoned")
        except OSError:
            self.told.append("error")
        else:
            self.told.append("data")

    def pass_deadline(self) -> None:
        """Let the watch find the call overdue; the virtual clock stays where it is.

        Not where it would have to wait for a lock of the very thread that it interrupts.
        """
        if self.held_locks():
            return
        self.volume.guard.expire_overdue(self.volume.clock.now_ns() + 60_000_000_000)

    def held_locks(self) -> int:
        """How many locks of the guard are held."""
        return sum(lock.locked() for lock in self._locks)

    def command(self, action: BreakerAction) -> None:
        """Command the breaker of storage."""
        self.volume.guard.command_breaker(STORAGE, BreakerCommand(action), uid=0, pid=1)

    def counted(self, operation: OperationType) -> tuple[int, ...]:
        """Calls, failed, rejected, in flight and overdue ones."""
        status = self.volume.status(operation)
        return (
            status.calls,
            status.failures,
            status.rejected,
            status.in_flight,
            status.overdue,
        )


def locks_of(part: object) -> list[threading.Lock]:
    """Find the locks that *part* and its parts hold on to."""
    found, seen, left = [], set[int](), [part]
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, LOCK):
            found.append(each)
        elif isinstance(each, dict | tuple | MappingProxyType) or type(each).__module__.startswith(
            "vexfsctl.guard"
        ):
            left += gc.get_referents(each)
    assert len(found) > len(OperationType)
    return found


def in_between(run: Callable[[], None], interfere: Callable[[], None], *numbers: int) -> bool:
    """Run *run* with *interfere* where the guard's code can lose the interpreter lock.

    At the places of these *numbers*, which rise; False if it has fewer.
    """
    passed, left = -1, list(numbers)
    before: dict[FrameType, str] = {}

    def step(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal passed
        frame.f_trace_opcodes = True
        if event == "opcode":
            passed += before.get(frame) in SWITCHES
            before[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if left and left[0] <= passed:
                del left[0]
                if not left:
                    sys.settrace(None)
                    before.clear()
                interfere()
        return step if left else None

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        if not left or not frame.f_code.co_filename.startswith(str(CODE)):
            return None
        frame.f_trace = step
        return step(frame, event, argument)

    sys.settrace(enter)
    try:
        run()
    finally:
        sys.settrace(None)
        before.clear()
    return not left


def check(application: Application, undisturbed: Application) -> bool:
    """Check who answered, and that all counters agree; return whether it was the watch."""
    told, volume = application.told.copy(), application.volume
    file, storage = application.counted(FILE), application.counted(STORAGE)
    timeouts = volume.status(FILE).timeouts + volume.status(STORAGE).timeouts
    late = "abandoned" in told
    if late:
        assert sorted(told) == ["abandoned", "ended", "timeout"]
        assert told.index("timeout") < told.index("ended")
        assert (file, timeouts) == ((1, 1, 0, 0, 0), 1)
        # The nested call failed with it, or had ended before, or never began.
        assert storage[3:] == (0, 0)
        assert storage[1] + storage[2] <= storage[0] <= 1
    else:
        assert (told, timeouts) == (undisturbed.told, 0)
        assert (file, storage) == (undisturbed.counted(FILE), undisturbed.counted(STORAGE))
    assert application.held_locks() == 0
    # Nothing is left for the watch, which would answer once more.
    application.pass_deadline()
    assert application.told == told
    # No place of half-open is lost.
    for operation in (FILE, STORAGE):
        breaker = volume.guard.operations[operation].breaker
        assert breaker.would_admit() or breaker.state.rejects
    return late


@pytest.mark.parametrize(
    ("errnos", "state", "fallback"),
    [
        ((None,), "closed", False),
        ((None,), "half_open", False),
        ((ENOENT,), "half_open", False),
        ((EIO,), "closed", True),
        ((EIO,), "half_open", False),
        ((EIO, None), "closed", False),
        ((None,), "forced_open", False),
        ((None,), "forced_open", True),
    ],
)
def test_deadline_at_any_point_of_a_call(
    errnos: tuple[int | None, ...], state: str, fallback: bool
) -> None:
    """Either the thread answers or the watch does, once."""

    def make() -> Application:
        return Application(*errnos, state=state, fallback=fallback)

    undisturbed = make()
    undisturbed.read()
    answered_by_watch = []
    for number in count():
        application = make()
        if not in_between(application.read, application.pass_deadline, number):
            break
        answered_by_watch.append(check(application, undisturbed))
    assert set(answered_by_watch) == {True, False}


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("errno", [None, ENOENT, EIO])
def test_call_that_goes_on_at_any_point_of_the_watch(errno: int | None, nested: bool) -> None:
    """It returns, or begins a nested call, while the watch is about to answer for it."""
    undisturbed = Application(errno, state="half_open")
    undisturbed.read()
    answered_by_watch = []
    for number in count():
        application = Application(errno, state="half_open")
        application.wait_in(STORAGE if nested else FILE)
        thread = threading.Thread(target=application.read)
        thread.start()
        application.waiting.wait()

        def go_on(application: Application = application, thread: Any = thread) -> None:
            if not application.held_locks():
                application.go_on.set()
                thread.join()

        there_is_more = in_between(application.pass_deadline, go_on, number)
        application.go_on.set()
        thread.join()
        answered_by_watch.append(check(application, undisturbed))
        if not there_is_more:
            break
    assert set(answered_by_watch) == {True, False}


def fail_in_two_steps(application: Application) -> list[Callable[[], None]]:
    """Start a read that fails; return what lets it come to the record of that, and to its end."""
    recording, go_on = threading.Event(), threading.Event()

    def record() -> None:
        recording.set()
        go_on.wait()

    def read() -> None:
        application.read()
        recording.set()  # if it was abandoned before

    application.wait_in(STORAGE)
    application.volume.reactions[ErrorReported] = record
    thread = threading.Thread(target=read)
    thread.start()
    application.waiting.wait()

    def fail() -> None:
        application.go_on.set()
        recording.wait()

    def end() -> None:
        go_on.set()
        thread.join()

    return [fail, end]


def test_failure_that_is_recorded_while_the_watch_looks() -> None:
    """What the watch makes of a call that it finds in hand misleads nobody."""
    undisturbed = Application(EIO)
    undisturbed.read()
    answered_by_watch = []
    for first, later in product(range(6), range(1, 6)):
        application = Application(EIO)
        steps = fail_in_two_steps(application)

        def go_on(application: Application = application, steps: Any = steps) -> None:
            if not application.held_locks():
                steps.pop(0)()

        in_between(application.pass_deadline, go_on, first, first + later)
        for step in steps:
            step()
        answered_by_watch.append(check(application, undisturbed))
    assert set(answered_by_watch) == {True, False}


@pytest.mark.parametrize("errnos", [(None,), (EIO, None)])
def test_interrupt_at_any_point(errnos: tuple[int | None, ...]) -> None:
    """No lock, no place, no call in flight and no deadline is left; the next call goes well."""
    application = Application()

    def scenario() -> None:
        application.__init__(*errnos, state="half_open")  # type: ignore[misc]
        application.read()

    runs = 0
    for _ in interruptions(scenario, CODE, Points.SIGNALS):
        runs += 1
        volume = application.volume
        assert application.held_locks() == 0
        assert application.counted(FILE)[3:] == application.counted(STORAGE)[3:] == (0, 0)
        application.told.clear()
        application.pass_deadline()
        assert application.told == []
        assert volume.guard.run(FILE, "read", lambda _: "data") == "data"
        breaker = volume.guard.operations[STORAGE].breaker
        assert breaker.would_admit() or breaker.state.rejects
    assert runs > 30
