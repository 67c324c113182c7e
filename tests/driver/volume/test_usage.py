"""What is measured when, and memory that is given back before it counts."""

import time
from collections.abc import Iterator
from errno import EIO
from threading import Event

import pytest

from tests.support.clock import VirtualClock
from tests.support.waiting import wait_until
from vexfsctl.driver.volume.gauges import Gauges
from vexfsctl.driver.volume.usage import UsageWatch
from vexfsctl.guard.gate import LOOK_NS
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.logs.grammar import format_event
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import Event as Reported
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import ResourceSettings

BOUND_S = 20.0


class Machine:
    """A machine on virtual time, on which the driver has some memory, part of it in caches."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.events: list[Reported] = []
        self.guard = Guard(
            "loop0",
            clock=clock,
            log=ImmediateLog(self.events.append),
            ids=CorrelationSource(),
        )
        self.guard.resources = ResourceSettings(memory_limit_bytes=1000)
        self.needed, self.cached, self.freed = 100, 0, 0
        self.steps: list[tuple[float, str]] = []
        self.watch = UsageWatch(
            self.guard, self, self, clock, on_crash=lambda bug: self.crashes.append(bug)
        )
        self.crashes: list[BaseException] = []

    @property
    def memory_bytes(self) -> int:
        """What it has."""
        return self.needed + self.cached + self.freed

    free_bytes = None

    def forget_idle(self) -> None:
        """What is cached is free, but not given back yet."""
        self.freed, self.cached = self.freed + self.cached, 0
        self._note("forget")

    def shrink(self) -> None:
        """Now it is."""
        self.freed = 0
        self._note("shrink")

    def look(self, seconds: float, growing: int = 0) -> None:
        """Look for so long, while what is cached grows."""
        for _ in range(round(seconds * 1e9 / LOOK_NS)):
            self.clock.advance(LOOK_NS / 1e9)
            self.cached += growing
            self.watch.look()

    def _note(self, step: str) -> None:
        self.steps.append((self.clock.now_ns() / 1e9, step))


@pytest.fixture
def machine() -> Machine:
    """A machine on which nothing is short."""
    return Machine(VirtualClock(now_ns=0))


def test_what_can_be_given_back_degrades_nothing(machine: Machine) -> None:
    """A cache that would fill the memory ten times over, while the level stays as it is."""
    machine.look(500, growing=5)

    assert machine.events == []
    assert len(machine.steps) > 20
    assert machine.memory_bytes < 700


def test_only_what_remains_is_judged(machine: Machine) -> None:
    """It was given back first, once, and is tried again later and later; in the end it recovers."""
    machine.needed = 860
    machine.look(60)
    assert [format_event(event) for event in machine.events] == [
        "VexFS: degradation vol=loop0 from=normal to=heavy resource=memory used_pct=86"
    ]
    forgotten = [at for at, step in machine.steps if step == "forget"]
    assert forgotten == [0.25, 1.25, 3.25, 7.25, 15.25, 31.25]
    assert [at for at, step in machine.steps if step == "shrink"] == [at + 0.25 for at in forgotten]

    machine.needed = 100
    machine.look(3)
    assert str(machine.guard.degradation) == "normal"
    assert not machine.watch.look()


def test_nothing_is_measured_without_a_limit(machine: Machine) -> None:
    """Nor given back."""
    machine.guard.resources = ResourceSettings(max_operations=5)
    machine.needed = 10_000
    machine.look(10)
    assert machine.steps == []
    assert machine.events == []


@pytest.fixture
def watching(machine: Machine) -> Iterator[Machine]:
    """Its thread runs, on real time."""
    machine.watch.start()
    yield machine
    machine.watch.close()
    assert machine.crashes == []


def test_a_call_has_it_measured(watching: Machine) -> None:
    """In the thread of the watch, which goes on by itself for the second step."""
    watching.needed = 10_000
    watching.guard.run(OperationType.FILE, "read", lambda _: None)

    wait_until(lambda: [step for _, step in watching.steps[:2]] == ["forget", "shrink"])


def test_memory_is_that_of_this_process() -> None:
    """What is taken and touched shows, what is given back does not."""
    gauges = Gauges()
    before = gauges.memory_bytes
    taken = bytearray(b"x") * (64 << 20)
    with_it = gauges.memory_bytes
    del taken

    assert before > 5 << 20
    assert 60 << 20 < with_it - before < 80 << 20
    assert gauges.memory_bytes < with_it - (60 << 20)
    assert gauges.free_bytes is None


def test_a_device_that_does_not_answer_is_asked_by_one_thread_only() -> None:
    """Whoever reads the attribute has an answer in time, and a number again when it recovers."""
    answer, asked = Event(), []

    def ask() -> int:
        asked.append(time.monotonic())
        answer.wait(BOUND_S)
        return 4096

    gauges = Gauges(ask)
    assert [gauges.free_bytes, gauges.free_bytes] == [None, None]
    assert len(asked) == 1
    answer.set()
    wait_until(lambda: gauges.free_bytes == 4096)


def test_a_device_that_fails_says_nothing() -> None:
    """No number, no exception."""

    def ask() -> int:
        raise OSError(EIO, "statfs")

    gauges = Gauges(ask)
    assert [gauges.free_bytes, gauges.free_bytes] == [None, None]
