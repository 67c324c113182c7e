"""Many threads, a watch, an operator and a reader at once: the books balance at every moment."""

import random
import threading
from collections import Counter
from errno import EIO, ENOENT
from itertools import pairwise

from vexfsctl.guard.call import Call, CallAbandoned
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerSettings
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import (
    BreakerChanged,
    CallTimedOut,
    ErrorReported,
    Event,
    RecordsSuppressed,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import RetrySettings
from vexfsctl.system.clock import MonotonicClock

FILE, STORAGE = OperationType.FILE, OperationType.STORAGE
WORKERS, CALLS = 6, 150


class Storm:
    """Calls that succeed, fail, hang and are answered, at random, on the real clock."""

    def __init__(self) -> None:
        self.clock = MonotonicClock()
        self.events: list[Event] = []
        self.guard = Guard(
            "loop0", clock=self.clock, log=ImmediateLog(self.events.append), ids=CorrelationSource()
        )
        self.guard.retry = RetrySettings(base_delay_ms=0, max_delay_ms=1)
        for operation in (FILE, STORAGE):
            guarded = self.guard.operations[operation]
            guarded.timeout_ms = 3
            guarded.breaker_settings = BreakerSettings(success_threshold=1, timeout_ms=1)
        self.outcomes: Counter[str] = Counter()
        self.unbalanced: list[object] = []
        self.over = threading.Event()
        self._tell = threading.Lock()

    def work(self, seed: int) -> None:
        """One application: a series of reads."""
        chance = random.Random(seed)
        for _ in range(CALLS):
            number = chance.choice([None, None, None, EIO, ENOENT])
            nap = chance.choice([0, 0, 0, 0.004])
            try:
                self._read(number, nap)
                self._count("returned")
            except CallAbandoned:
                self._count("abandoned")
            except FileNotFoundError:
                self._count("answered")
            except OSError:
                self._count("failed")

    def watch(self) -> None:
        """What the driver's watch thread does."""
        while not self.over.is_set():
            self.guard.expire_overdue(self.clock.now_ns())

    def operate(self) -> None:
        """An operator without mercy."""
        for action in [*BreakerAction] * 30:
            if action is not BreakerAction.PROBE:
                self.guard.command_breaker(STORAGE, BreakerCommand(action), uid=0, pid=1)

    def read(self) -> None:
        """A reader of the attribute tree, at any moment."""
        while not self.over.is_set():
            errors = self.guard.error_counts()
            settled = errors.logged + errors.suppressed + errors.lost
            # The rest are on their way into the log: one for each thread that is there.
            if not 0 <= errors.total - settled <= WORKERS + 1:
                self.unbalanced.append(errors)
            for operation in (FILE, STORAGE):
                status = self.guard.status(operation)
                if not 0 <= status.overdue <= status.in_flight <= WORKERS:
                    self.unbalanced.append(status)

    def _read(self, number: int | None, nap: float) -> None:
        def attempt(_: Call) -> None:
            if nap:
                threading.Event().wait(nap)
            if number is not None:
                raise OSError(number, "from the device")

        self.guard.run(
            FILE,
            "read",
            lambda call: call.run(STORAGE, "read", attempt),
            on_timeout=lambda: self._count("timeout"),
            on_ended=lambda: self._count("ended"),
        )

    def _count(self, what: str) -> None:
        with self._tell:
            self.outcomes[what] += 1


def run_storm() -> Storm:
    """Let everybody loose until the applications are done."""
    storm = Storm()
    bystanders = [threading.Thread(target=t) for t in (storm.watch, storm.read, storm.operate)]
    workers = [threading.Thread(target=storm.work, args=(seed,)) for seed in range(WORKERS)]
    for thread in (*bystanders, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    storm.over.set()
    for thread in bystanders:
        thread.join()
    storm.guard.flush()
    return storm


def test_books_balance() -> None:
    """Every call ends once, counters match outcomes and records, breaker records are in order."""
    storm = run_storm()
    outcomes, guard = storm.outcomes, storm.guard
    file, storage, errors = guard.status(FILE), guard.status(STORAGE), guard.error_counts()
    kinds = Counter(type(event) for event in storm.events)

    assert storm.unbalanced == []
    assert file.calls == WORKERS * CALLS
    assert outcomes["abandoned"] == outcomes["timeout"] == outcomes["ended"]
    assert file.failures + file.rejected == outcomes["failed"] + outcomes["abandoned"]
    assert outcomes["returned"] + outcomes["answered"] == file.calls - file.failures - file.rejected
    assert file.timeouts + storage.timeouts == outcomes["timeout"]
    for status in (file, storage):
        assert (status.in_flight, status.overdue) == (0, 0)

    assert errors.logged == kinds[ErrorReported] + kinds[CallTimedOut]
    suppressed = [event for event in storm.events if isinstance(event, RecordsSuppressed)]
    assert errors.suppressed == sum(event.errors for event in suppressed)

    for operation in (FILE, STORAGE):
        # Asked first: a breaker whose time is over moves when it is looked at.
        generation = guard.status(operation).breaker.generation
        changes = [
            event
            for event in storm.events
            if isinstance(event, BreakerChanged) and event.operation is operation
        ]
        for earlier, later in pairwise(changes):
            assert (later.generation, later.before) == (earlier.generation + 1, earlier.after)
        assert generation == len(changes) + 1


def test_only_as_many_probes_as_there_are_places() -> None:
    """Twelve threads at once at a half-open breaker with two places: two get through."""
    guard = Guard(
        "loop0", clock=MonotonicClock(), log=ImmediateLog(lambda _: None), ids=CorrelationSource()
    )
    guard.operations[STORAGE].breaker_settings = BreakerSettings(half_open_max_calls=2)
    for action in (BreakerAction.TRIP, BreakerAction.PROBE):
        guard.command_breaker(STORAGE, BreakerCommand(action), uid=0, pid=1)
    together, rejected_all = threading.Barrier(12), threading.Event()
    outcomes: list[str] = []

    def probe(_: Call) -> None:
        outcomes.append("admitted")
        rejected_all.wait(10)

    def knock() -> None:
        together.wait()
        try:
            guard.run(STORAGE, "read", probe)
        except OSError:
            outcomes.append("rejected")
            if outcomes.count("rejected") == 10:
                rejected_all.set()

    threads = [threading.Thread(target=knock) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(outcomes) == {"admitted": 2, "rejected": 10}


def test_hundred_stuck_calls() -> None:
    """All are answered in one round, told as stuck while they are, and gone when they come back."""
    guard = Guard(
        "loop0", clock=MonotonicClock(), log=ImmediateLog(lambda _: None), ids=CorrelationSource()
    )
    begun, device_is_back = threading.Barrier(101), threading.Event()
    story: list[str] = []

    def stuck(_: Call) -> None:
        begun.wait()
        device_is_back.wait(60)

    def application() -> None:
        try:
            guard.run(
                FILE,
                "read",
                lambda call: call.run(STORAGE, "read", stuck),
                on_timeout=lambda: story.append("timeout"),
                on_ended=lambda: story.append("ended"),
            )
        except CallAbandoned:
            story.append("abandoned")

    threads = [threading.Thread(target=application) for _ in range(100)]
    for thread in threads:
        thread.start()
    begun.wait()
    guard.expire_overdue(MonotonicClock().now_ns() + 5_000_000_000)

    assert story == ["timeout"] * 100
    for operation in (FILE, STORAGE):
        status = guard.status(operation)
        assert (status.in_flight, status.overdue, status.failures) == (100, 100, 100)
    assert guard.status(STORAGE).breaker.trips == 1
    errors = guard.error_counts()
    assert (errors.total, errors.logged, errors.suppressed) == (100, 20, 80)

    device_is_back.set()
    for thread in threads:
        thread.join()

    assert Counter(story) == {"timeout": 100, "ended": 100, "abandoned": 100}
    assert guard.status(FILE).in_flight == guard.status(STORAGE).overdue == 0
