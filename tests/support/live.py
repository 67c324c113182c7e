"""A real engine behind the files of a fake tree: what the program writes has its effect.

Reading goes through the files as ever. A write is carried out by the engine as the userspace
driver would have it, and the files follow before it returns.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.clock import VirtualClock
from tests.support.tree import FakeTree
from vexfsctl.driver.volume.attributes import AttributeSource
from vexfsctl.driver.volume.facts import VolumeFacts
from vexfsctl.exceptions import WriteRefused
from vexfsctl.guard.call import Call
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.breaker import BreakerAction, BreakerCommand
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import Event
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import ModuleState
from vexfsctl.sysfs import failures
from vexfsctl.sysfs.attributes import attributes, find_attribute
from vexfsctl.sysfs.tree import DEADLINE_S, SysfsTree


class LiveVolume:
    """One volume of a `FakeTree` with an engine of its own."""

    def __init__(self, tree: FakeTree, clock: VirtualClock, name: str = "loop0") -> None:
        self.name = name
        self.events: list[Event] = []
        """Every record the engine has reported."""
        self.before_write: Callable[[], None] = lambda: None
        """Runs once, between what the program has read and its next write: for races."""
        self.after_write: Callable[[], None] = lambda: None
        """Runs once, between the program's next write and its reading back."""
        self._tree, self._clock = tree, clock
        self.guard = Guard(
            name,
            clock=clock,
            log=ImmediateLog(self.events.append),
            ids=CorrelationSource(0x2F1C93A20000002A),
            random=lambda: 0.0,
        )
        facts = VolumeFacts(name, epoch=8_172_635_412, mountpoint="/mnt/vexfs", log="kmsg")
        facts.move_to(ModuleState.INITIALIZED, lambda _: None)
        self._source = AttributeSource(self.guard, facts)
        self.refresh()

    def refresh(self) -> None:
        """Let timers run and write what the engine now says into the files."""
        self.guard.expire_overdue(self._clock.now_ns())
        for attribute in attributes():
            if attribute.readable:
                path = f"{self.name}/{attribute.path}"
                self._tree.write_bytes(path, self._source.read(attribute.path))

    def fail(self, operation: OperationType, error: int, times: int = 1) -> None:
        """Let *times* calls fail with errno *error*."""

        def failing(_: Call) -> None:
            raise OSError(error, "injected")

        for _ in range(times):
            with suppress(OSError):
                self.guard.run(operation, "read", failing, repeatable=False)
        self.refresh()

    def command(self, operation: OperationType, action: BreakerAction) -> None:
        """Be another operator."""
        self.guard.command_breaker(operation, BreakerCommand(action), uid=0, pid=1)
        self.refresh()

    def write(self, path: str, text: str) -> None:
        """Carry out one write of the program; raise WriteRefused as the provider would."""
        before, self.before_write = self.before_write, lambda: None
        after, self.after_write = self.after_write, lambda: None
        before()
        try:
            self._source.write(path, text.encode(), uid=0, pid=4242)
        finally:
            after()
            self.refresh()


class LiveTree(SysfsTree):
    """A root whose writes reach live volumes."""

    def __init__(
        self, root: Path, timeout_s: float = DEADLINE_S, *, live: Mapping[str, LiveVolume]
    ) -> None:
        super().__init__(root, timeout_s)
        self.live = live

    @classmethod
    def opener(cls, *volumes: LiveVolume) -> Callable[[Path, float], SysfsTree]:
        """Return what `Program.open_tree` takes."""
        return partial(cls, live={volume.name: volume for volume in volumes})

    def write(self, volume: str, path: str, value: Any) -> None:
        """Let the engine take it; raise what the errno of the write would be."""
        attribute = find_attribute(path)
        text = attribute.type.format(value)
        try:
            self.live[volume].write(path, text)
        except WriteRefused as refused:
            raise failures.write_failure(volume, attribute, text, refused.errno) from refused
