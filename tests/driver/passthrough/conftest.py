"""A passthrough on a real mount, over a directory that every user can reach."""

import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from vexfsctl.driver.faults import FaultSet
from vexfsctl.driver.fuse import Connection, MountOptions, serve
from vexfsctl.driver.passthrough import Passthrough
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import Event
from vexfsctl.model.operations import OperationType
from vexfsctl.system.clock import MonotonicClock

BOUND_S = 20.0


@dataclass
class MountedVolume:
    """A volume under test."""

    source: Path
    mountpoint: Path
    guard: Guard
    faults: FaultSet
    passthrough: Passthrough
    connection: Connection
    events: list[Event] = field(default_factory=list)
    crashes: list[BaseException] = field(default_factory=list)

    def calls(self, operation: OperationType) -> int:
        """How many calls of *operation* there were."""
        return self.guard.status(operation).calls


@pytest.fixture
def reachable_path() -> Iterator[Path]:
    """A directory that other users can reach, which they cannot with tmp_path."""
    path = Path(tempfile.mkdtemp(prefix="vexfs-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


class VolumeMaker(Protocol):
    """Mounts directories."""

    def __call__(self, source: Path, *, through_cache: bool = False) -> MountedVolume:
        """Mount *source*; with *through_cache* as it is done on kernels before 6.6."""


@pytest.fixture
def handles() -> bool:
    """Whether volumes open inodes again by their handles, where they can, or always by name."""
    return True


@pytest.fixture
def make_volume(reachable_path: Path, handles: bool) -> Iterator[VolumeMaker]:
    """Mounts a directory; nothing is mounted, open or running afterwards."""
    made: list[MountedVolume] = []
    stopped = threading.Event()
    numbers = itertools.count()
    clock = MonotonicClock()

    def watch() -> None:
        while not stopped.wait(0.005):
            for volume in tuple(made):
                volume.guard.expire_overdue(clock.now_ns())

    def make(source: Path, *, through_cache: bool = False) -> MountedVolume:
        mountpoint = reachable_path / f"mount{next(numbers)}"
        mountpoint.mkdir()
        events: list[Event] = []
        crashes: list[BaseException] = []
        guard = Guard("test", clock=clock, log=ImmediateLog(events.append), ids=CorrelationSource())
        faults = FaultSet(clock)
        passthrough = Passthrough(
            source, guard, faults=faults, handles=handles, through_cache=through_cache
        )
        connection = Connection.mount(
            mountpoint,
            MountOptions(
                source="test", subtype="test", allow_other=True, nosuid=False, nodev=False
            ),
            want=passthrough.wanted_flags,
        )
        passthrough.attach(connection)
        serve(connection, passthrough, on_crash=crashes.append)
        volume = MountedVolume(
            source, mountpoint, guard, faults, passthrough, connection, events, crashes
        )
        made.append(volume)
        return volume

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield make
    for volume in made:
        volume.faults.command("clear")
        volume.connection.abort()
        assert volume.connection.wait(BOUND_S)
        volume.passthrough.close()
    stopped.set()
    watcher.join()
    assert [crash for volume in made for crash in volume.crashes] == []


@pytest.fixture
def volume(make_volume: VolumeMaker, reachable_path: Path) -> MountedVolume:
    """A mounted volume that everybody may write to."""
    source = reachable_path / "source"
    source.mkdir()
    source.chmod(0o1777)
    return make_volume(source)
