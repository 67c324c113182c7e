"""What may be used up: calls at once, deadlines under pressure, and what each level refuses."""

import threading
from collections.abc import Callable
from dataclasses import replace
from errno import EBUSY, ENOSPC, EROFS
from itertools import pairwise

import pytest

from tests.guard.volume import FILE, STORAGE, GuardedVolume, failing_call
from vexfsctl.guard.call import Call
from vexfsctl.guard.degradation import FALL_NS, RISE_NS
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode, DegradationLevel, ResourceSettings

VECTOR, DIRECTORY = OperationType.VECTOR, OperationType.DIRECTORY
BOUND_S = 20.0


class Running:
    """Calls that run until they are told to end, each in a thread of its own."""

    def __init__(self, volume: GuardedVolume) -> None:
        self.volume = volume
        self.begun = threading.Semaphore(0)
        self.most = 0
        self.outcomes: list[object] = []
        self._end = threading.Event()
        self._running = 0
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self, calls: int, operation: OperationType = FILE) -> None:
        """Ask for so many *calls*."""
        for _ in range(calls):
            thread = threading.Thread(target=self._ask, args=(operation,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> list[object]:
        """Let all end; return what they returned or raised."""
        self._end.set()
        for thread in self._threads:
            thread.join(BOUND_S)
            assert not thread.is_alive()
        return self.outcomes

    def _ask(self, operation: OperationType) -> None:
        try:
            self.outcomes.append(self.volume.guard.run(operation, "read", self._serve))
        except OSError as refused:
            self.outcomes.append(refused.errno)

    def _serve(self, _: Call) -> str:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        self.begun.release()
        self._end.wait(BOUND_S)
        with self._lock:
            self._running -= 1
        return "data"


@pytest.fixture
def running(volume: GuardedVolume) -> Running:
    """No calls yet."""
    return Running(volume)


def await_that(condition: Callable[[], bool]) -> None:
    """Wait for what other threads do."""
    for _ in range(round(BOUND_S / 0.005)):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it did not come")


def press(volume: GuardedVolume, pct: int) -> None:
    """Let memory be used to *pct* percent of its limit, for long enough."""
    for wait_ns in (0, RISE_NS, FALL_NS):
        now_ns = volume.clock.advance(wait_ns / 1e9)
        volume.guard.look(memory_bytes=pct, free_bytes=None, now_ns=now_ns)


def test_calls_beyond_max_operations_wait_for_a_place(
    volume: GuardedVolume, running: Running
) -> None:
    """They all run, never more at once than that; those that wait are active, too."""
    volume.guard.resources = ResourceSettings(max_operations=3)
    running.start(8)
    for _ in range(3):
        assert running.begun.acquire(timeout=BOUND_S)
    await_that(lambda: volume.guard.active_operations == 8)

    assert running.end() == ["data"] * 8
    assert running.most == 3
    assert volume.guard.active_operations == 0
    assert volume.status(FILE).calls == 8
    assert volume.status(FILE).rejected == 0


def test_one_type_has_its_own_limit(volume: GuardedVolume, running: Running) -> None:
    """The others pass."""
    volume.guard.limit_concurrent(FILE, 1)
    running.start(2)
    assert running.begun.acquire(timeout=BOUND_S)

    assert volume.guard.run(DIRECTORY, "lookup", failing_call(None)) == "data"
    assert volume.status(FILE).max_concurrent == 1
    assert (running.end(), running.most) == (["data", "data"], 1)


def test_who_waits_until_the_deadline_gets_ebusy(volume: GuardedVolume, running: Running) -> None:
    """The record says which limit it was; no breaker and no failure count it."""
    volume.guard.limit_concurrent(FILE, 1)
    running.start(1)
    assert running.begun.acquire(timeout=BOUND_S)
    volume.guard.operations[FILE].timeout_ms = 1

    with pytest.raises(OSError, match="max_concurrent") as refused:
        volume.guard.run(FILE, "read", failing_call(None))

    assert refused.value.errno == EBUSY
    assert volume.lines == [
        "VexFS: [CORR-4000000000000000] rejected vol=loop0 op=file call=read retry_after_ms=0"
        " limit=max_concurrent"
    ]
    status = volume.status(FILE)
    assert (status.calls, status.rejected, status.failures) == (2, 1, 0)
    assert status.breaker.failures == 0
    running.end()


def test_a_nested_call_without_a_place_fails_its_caller(
    volume: GuardedVolume, running: Running
) -> None:
    """As a rejection by a breaker does: no failure of the device, and not tried again."""
    volume.guard.limit_concurrent(STORAGE, 1)
    running.start(1, STORAGE)
    assert running.begun.acquire(timeout=BOUND_S)
    volume.guard.operations[STORAGE].timeout_ms = 1

    with pytest.raises(OSError) as refused:
        volume.read(lambda: "data")

    assert refused.value.errno == EBUSY
    assert volume.lines == [
        "VexFS: [CORR-4000000000000001] rejected vol=loop0 op=storage call=read"
        " parent=CORR-4000000000000000 retry_after_ms=0 limit=max_concurrent",
        "VexFS: [CORR-4000000000000000] failed vol=loop0 op=file call=read"
        " err=ResourceBusy errno=EBUSY attempts=1 dur_us=0 ino=12",
    ]
    assert volume.status(FILE).breaker.failures == volume.status(STORAGE).breaker.failures == 0
    running.end()
    assert volume.read(lambda: "data") == "data"


def test_a_call_that_waited_has_less_time_left(volume: GuardedVolume, running: Running) -> None:
    """The deadline begins when it is asked for, in the queue or not."""
    volume.guard.limit_concurrent(FILE, 1)
    running.start(1)
    assert running.begun.acquire(timeout=BOUND_S)
    left: list[int] = []
    waiting = threading.Thread(
        target=volume.guard.run,
        args=(FILE, "read", lambda call: left.append(call.remaining_ns())),
        daemon=True,
    )
    waiting.start()
    await_that(lambda: volume.guard.active_operations == 2)
    volume.clock.advance(2)
    running.end()
    waiting.join(BOUND_S)

    assert left == [3_000_000_000]


def test_a_hung_call_keeps_its_place_and_is_active(volume: GuardedVolume, running: Running) -> None:
    """Until it really ends: its thread and its memory are in use, whatever the caller was told."""
    volume.guard.resources = ResourceSettings(max_operations=1)
    running.start(1)
    assert running.begun.acquire(timeout=BOUND_S)
    volume.pass_time(6)
    assert volume.status(FILE).overdue == 1
    assert volume.guard.active_operations == 1

    volume.guard.operations[FILE].timeout_ms = 1
    with pytest.raises(OSError, match="max_operations"):
        volume.guard.run(FILE, "read", failing_call(None))
    running.end()
    assert volume.guard.active_operations == 0
    assert volume.guard.run(FILE, "read", failing_call(None)) == "data"


def test_without_limits_a_call_passes_no_gate(volume: GuardedVolume) -> None:
    """Nothing is measured, nothing counted; a limit that is taken away leaves nothing behind."""
    asked: list[None] = []
    volume.guard.on_use = lambda: asked.append(None)
    gates = [guarded.gate for guarded in volume.guard.operations.values()]
    volume.read(lambda: "data")
    assert gates == [None] * 7
    assert asked == []

    volume.guard.resources = ResourceSettings(lock_timeout_ms=5)
    volume.guard.limit_concurrent(FILE, 3)
    volume.guard.limit_concurrent(FILE, 0)
    assert [guarded.gate for guarded in volume.guard.operations.values()] == [None] * 7


def test_calls_have_it_measured_four_times_a_second(volume: GuardedVolume) -> None:
    """Not at every call, and not while none comes."""
    volume.guard.resources = ResourceSettings(memory_limit_bytes=100)
    asked_ns: list[int] = []
    volume.guard.on_use = lambda: asked_ns.append(volume.clock.now_ns())
    for _ in range(1000):
        volume.clock.advance(0.01)
        volume.read(lambda: "data")

    assert len(asked_ns) == 40
    assert {after - before for before, after in pairwise(asked_ns)} == {250_000_000}


@pytest.mark.parametrize(
    ("pct", "level", "calls", "timeout_ms", "writes"),
    [
        (60, "normal", 0, 5_000, "data"),
        (75, "light", 80, 6_000, "data"),
        (82, "moderate", 60, 7_500, "data"),
        (88, "heavy", 40, 10_000, "data"),
        (93, "read_only", 20, 15_000, EROFS),
        (99, "emergency", 5, 25_000, EROFS),
    ],
)
def test_each_level_limits_what_it_says(
    volume: GuardedVolume,
    running: Running,
    pct: int,
    level: str,
    calls: int,
    timeout_ms: int,
    writes: object,
) -> None:
    """Calls at once, deadlines, writes; then all is as before, and the log has both changes."""
    volume.guard.resources = ResourceSettings(memory_limit_bytes=100)
    press(volume, pct)
    assert str(volume.guard.degradation) == level

    asked = calls + 3 if calls else 3
    running.start(asked)
    for _ in range(calls or asked):
        assert running.begun.acquire(timeout=BOUND_S)
    await_that(lambda: volume.guard.active_operations == asked)
    assert running.end() == ["data"] * asked
    assert running.most == (calls or asked)
    assert volume.guard.run(FILE, "read", lambda call: call.limit_ms) == timeout_ms
    assert attempt(volume, FILE, writes=True) == writes

    press(volume, 10)
    assert volume.guard.degradation is DegradationLevel.NORMAL
    assert volume.guard.run(FILE, "read", lambda call: call.limit_ms) == 5_000
    assert attempt(volume, FILE, writes=True) == "data"
    assert volume.lines == (
        []
        if level == "normal"
        else [
            f"VexFS: degradation vol=loop0 from=normal to={level} resource=memory used_pct={pct}",
            f"VexFS: degradation vol=loop0 from={level} to=normal resource=memory used_pct=10",
        ]
    )


def attempt(volume: GuardedVolume, operation: OperationType, *, writes: bool = False) -> object:
    """What an application gets."""
    try:
        return volume.guard.run(operation, "write", failing_call(None), writes=writes)
    except OSError as refused:
        return refused.errno


def test_an_emergency_puts_off_vectors(volume: GuardedVolume) -> None:
    """Files are read and closed without them; the record says why."""
    volume.guard.set_degradation(DegradationLevel.EMERGENCY)
    volume.events.clear()

    assert attempt(volume, VECTOR) == EBUSY
    assert attempt(volume, FILE) == "data"
    assert volume.lines == [
        "VexFS: [CORR-4000000000000000] rejected vol=loop0 op=vector call=write retry_after_ms=0"
        " limit=degradation"
    ]
    volume.guard.set_degradation(DegradationLevel.NORMAL)
    assert attempt(volume, VECTOR) == "data"


def test_many_callers_stretch_deadlines_and_let_no_fewer_calls_run(
    volume: GuardedVolume, running: Running
) -> None:
    """At 130 percent of max_operations service is heavy; the queue is not made longer by that."""
    volume.guard.resources = ResourceSettings(max_operations=10)
    running.start(13)
    for _ in range(10):
        assert running.begun.acquire(timeout=BOUND_S)
    await_that(lambda: volume.guard.active_operations == 13)
    press(volume, 0)
    assert volume.guard.degradation is DegradationLevel.HEAVY
    assert volume.lines == [
        "VexFS: degradation vol=loop0 from=normal to=heavy resource=operations used_pct=130"
    ]

    running.end()
    assert running.most == 10
    assert volume.guard.run(FILE, "read", lambda call: call.limit_ms) == 10_000


def test_want_of_space_slows_down_nobody(volume: GuardedVolume) -> None:
    """What needs no space is as fast as ever."""
    volume.guard.resources = ResourceSettings(reserve_bytes=200)
    for seconds in (0, 1):
        volume.guard.look(None, 100, volume.clock.advance(seconds))

    assert volume.guard.degradation is DegradationLevel.HEAVY
    assert volume.guard.run(FILE, "read", lambda call: call.limit_ms) == 5_000


def test_a_hold_of_corruption_is_not_ended_by_measuring(volume: GuardedVolume) -> None:
    """Only by an operator who writes rw; what is short then still counts."""
    volume.guard.resources = ResourceSettings(memory_limit_bytes=100)
    volume.guard.set_degradation(DegradationLevel.NORMAL)
    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(117))
    press(volume, 75)
    assert volume.guard.degradation is DegradationLevel.READ_ONLY
    assert volume.guard.run(FILE, "read", lambda call: call.limit_ms) == 6_000

    volume.guard.set_access_mode(AccessMode.READ_WRITE, uid=0, pid=1)
    assert str(volume.guard.degradation) == "light"


def test_what_the_volume_refuses_itself_counts_against_no_breaker(volume: GuardedVolume) -> None:
    """An early ENOSPC, or a lock that was not to be had, says nothing about the backing."""

    def refuse(errno: int) -> Callable[[Call], None]:
        def run(call: Call) -> None:
            call.ignore()
            raise OSError(errno, "refused here")

        return run

    volume.guard.retry = replace(volume.guard.retry, max_attempts=1)
    for errno in (EBUSY, ENOSPC):
        with pytest.raises(OSError):
            volume.guard.run(STORAGE, "write", refuse(errno))
    status = volume.status(STORAGE)
    assert (status.failures, status.breaker.failures) == (2, 0)


def test_a_storm_of_calls_and_limits_leaves_nothing_behind() -> None:
    """Limits come and go under many threads: each call returns or gets EBUSY, no place is lost."""
    volume = GuardedVolume()
    guard = volume.guard
    guard.operations[FILE].timeout_ms = guard.operations[STORAGE].timeout_ms = 60_000
    outcomes: list[object] = []
    over = threading.Event()

    def work() -> None:
        for _ in range(60):
            try:
                outcomes.append(volume.read(lambda: "data"))
            except OSError as refused:
                outcomes.append(refused.errno)

    def change_limits() -> None:
        while not over.is_set():
            for calls in (1, 0, 3, 2):
                guard.limit_concurrent(STORAGE, calls)
                guard.resources = ResourceSettings(max_operations=calls * 2)
                guard.look(None, None, volume.clock.advance(0.1))

    changing = threading.Thread(target=change_limits, daemon=True)
    workers = [threading.Thread(target=work, daemon=True) for _ in range(12)]
    for thread in (changing, *workers):
        thread.start()
    for thread in workers:
        thread.join(BOUND_S)
        assert not thread.is_alive()
    over.set()
    changing.join(BOUND_S)

    assert len(outcomes) == 12 * 60
    assert set(outcomes) <= {"data", EBUSY, EROFS}
    assert guard.active_operations == 0
    for operation in (FILE, STORAGE):
        assert volume.status(operation).in_flight == 0
    rejected = volume.status(FILE).rejected + volume.status(STORAGE).rejected
    assert outcomes.count(EBUSY) == rejected
    guard.resources = ResourceSettings(max_operations=1)
    guard.limit_concurrent(STORAGE, 1)
    assert volume.read(lambda: "data") == "data"
