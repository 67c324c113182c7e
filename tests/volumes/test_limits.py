"""Volumes that run short of space, of places for calls, of memory: every level, and back."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from errno import EBUSY, EIO, ENOSPC, EROFS
from functools import partial
from pathlib import Path

import pytest

from tests.support.cgroup import MemoryGroup, memory_group
from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveVolume, Volumes

pytestmark = pytest.mark.privileged("fuse")

MIB = 1 << 20
LATE = ("--set=operations/file/timeout_ms=60000", "--set=operations/storage/timeout_ms=60000")


def await_level(volume: LiveVolume, level: str) -> None:
    """Wait until the volume is at *level*."""
    wait_until(lambda: volume.attribute("degradation") == level)


def changes(volume: LiveVolume) -> list[str]:
    """The records of its levels, without what they measured."""
    return [
        text.partition(" used_pct=")[0].removeprefix(f"VexFS: degradation vol={volume.name} ")
        for text in volume.records()
        if text.startswith("VexFS: degradation ")
    ]


def errno_of(call: Callable[[], object]) -> int:
    """The errno an application gets; 0 for success."""
    try:
        call()
    except OSError as refused:
        return refused.errno or EIO
    return 0


class Callers:
    """Applications whose calls hang in the volume until its faults are cleared."""

    def __init__(self, volume: LiveVolume, most: int) -> None:
        self.volume = volume
        self.files: list[int] = []
        for number in range(most):
            path = volume.mountpoint / f"file{number}"
            path.write_bytes(b"x")
            self.files.append(os.open(path, os.O_RDWR))
        self._pool = ThreadPoolExecutor(most)
        self.calls: list[Future[int]] = []

    def read(self, calls: int) -> None:
        """Let so many more wait for data."""
        for _ in range(calls):
            file = self.files[len(self.calls)]
            self.calls.append(self._pool.submit(errno_of, partial(os.pread, file, 4096, 0)))

    def write(self, calls: int) -> None:
        """Let so many more wait for a mebibyte to be written."""
        data = b"y" * MIB
        for _ in range(calls):
            file = self.files[len(self.calls)]
            self.calls.append(self._pool.submit(errno_of, partial(os.pwrite, file, data, 0)))

    def end(self) -> set[int]:
        """Let all come back; return what they got."""
        self.volume.set("inject/control", "clear")
        outcomes = {call.result(60) for call in self.calls}
        self.calls.clear()
        return outcomes

    def close(self) -> None:
        """Leave nothing open."""
        self.end()
        self._pool.shutdown()
        for file in self.files:
            os.close(file)


@pytest.fixture
def tight(volumes: Volumes) -> Iterator[LiveVolume]:
    """A volume of 48 MiB that keeps 16 of them free."""
    volume = volumes.place()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", volume.source], check=True)
    try:
        mounted = volumes.try_mount(volume, f"--set=resources/reserve_bytes={16 * MIB}")
        assert mounted.exit_status == 0, mounted.stderr
        yield volume
    finally:
        volumes.clear()
        subprocess.run(["umount", volume.source], check=True)


@pytest.mark.privileged("mount", shares=("mounts of labs",))
def test_a_volume_keeps_its_reserve_of_space(tight: LiveVolume) -> None:
    """It warns before, refuses growth then, and recovers when files are removed."""
    file = tight.mountpoint / "file"
    assert int(tight.attribute("resources/free_bytes")) > 47 * MIB
    file.write_bytes(b"x" * (18 * MIB))
    await_level(tight, "light")
    with file.open("ab") as more:
        more.write(b"x" * (11 * MIB))
    await_level(tight, "moderate")

    def fill() -> None:
        with (tight.mountpoint / "more").open("wb", buffering=0) as filling:
            while True:
                filling.write(b"x" * 65536)

    assert errno_of(fill) == ENOSPC
    await_level(tight, "heavy")
    left = os.statvfs(tight.source).f_bavail * os.statvfs(tight.source).f_frsize
    assert 15 * MIB < left < 16 * MIB
    assert errno_of((tight.mountpoint / "other").mkdir) == ENOSPC
    assert len(file.read_bytes()) == 29 * MIB
    assert errno_of(lambda: os.truncate(file, MIB)) == 0
    (tight.mountpoint / "more").unlink()
    await_level(tight, "normal")
    (tight.mountpoint / "other").mkdir()

    assert changes(tight) == [
        "from=normal to=light resource=space",
        "from=light to=moderate resource=space",
        "from=moderate to=heavy resource=space",
        "from=heavy to=normal resource=space",
    ]
    assert tight.counters("inode", "failures") == {"failures": 0}
    assert tight.counters("directory", "failures") == {"failures": 1}


def test_many_callers_take_a_volume_through_every_level(volumes: Volumes) -> None:
    """Never more than ten calls run; what the higher levels refuse is served again afterwards."""
    volume = volumes.mount("--allow-inject", "--set=resources/max_operations=10", *LATE)
    callers = Callers(volume, 21)
    try:
        volume.set("inject/control", "read delay_ms=60000")
        for callers_more, level in (
            (9, "light"),
            (2, "moderate"),
            (2, "heavy"),
            (3, "read_only"),
            (5, "emergency"),
        ):
            callers.read(callers_more)
            await_level(volume, level)
        assert volume.attribute("resources/active_operations") == "21"
        assert volume.attribute("operations/file/in_flight") == "10"
        assert errno_of(partial(os.fchmod, callers.files[0], 0o600)) == EROFS
        assert callers.end() == {0}
        await_level(volume, "normal")
        (volume.mountpoint / "new").touch()
        assert volume.attribute("resources/active_operations") == "0"
    finally:
        callers.close()

    *up, down = changes(volume)
    assert up == [
        f"from={before} to={after} resource=operations"
        for before, after in (
            ("normal", "light"),
            ("light", "moderate"),
            ("moderate", "heavy"),
            ("heavy", "read_only"),
            ("read_only", "emergency"),
        )
    ]
    assert down == "from=emergency to=normal resource=operations"
    assert volume.attribute("operations/file/breaker/state") == "closed"


def test_calls_of_one_type_wait_for_their_places(volumes: Volumes) -> None:
    """Two at once; who waits past the deadline gets EBUSY, and the others are not concerned."""
    volume = volumes.mount(
        "--allow-inject", "--set=operations/file/max_concurrent=2", "--set=retry/max_attempts=1"
    )
    callers = Callers(volume, 2)
    try:
        volume.set("operations/file/timeout_ms", 60_000)
        volume.set("operations/storage/timeout_ms", 60_000)
        volume.set("inject/control", "read delay_ms=60000")
        callers.read(2)
        wait_until(lambda: volume.attribute("operations/file/in_flight") == "2")
        volume.set("operations/file/timeout_ms", 100)

        assert errno_of((volume.mountpoint / "file0").read_bytes) == EBUSY
        assert os.listdir(volume.mountpoint)
        assert callers.end() == {0}
        assert (volume.mountpoint / "file0").read_bytes() == b"x"
    finally:
        callers.close()

    assert any("limit=max_concurrent" in text for text in volume.records())


@pytest.fixture
def group(volumes: Volumes) -> Iterator[MemoryGroup]:
    """A cgroup for a driver, which may use 400 MiB."""
    with memory_group(f"test-{os.getpid()}", 400 * MIB) as made:
        try:
            yield made
        finally:
            volumes.clear()


@pytest.mark.privileged("memory cgroup", "sh", shares=("kernel error lines",))
def test_a_driver_degrades_before_its_memory_runs_out(volumes: Volumes, group: MemoryGroup) -> None:
    """Data of calls that hang fills it; the kernel kills nobody, and all is well afterwards."""
    volume = volumes.place()
    program = f"{sys.executable} -m vexfsctl mount {volume.source} {volume.mountpoint}"
    options = f"--name {volume.name} --allow-inject {' '.join(LATE)}"
    mounting = volumes.start(["sh", "-c", f"{group.joining}; exec {program} {options}"])
    assert mounting.wait(60) == 0
    assert group.members == [volume.driver.pid]
    used = int(volume.attribute("resources/memory_bytes"))
    assert group.resident_bytes / 2 < used < group.resident_bytes + 64 * MIB

    limit = used + 64 * MIB
    volume.set("resources/memory_limit_bytes", limit)
    callers = Callers(volume, 80)

    try:
        volume.set("inject/control", "write delay_ms=60000")
        while int(volume.attribute("resources/memory_bytes")) * 100 <= limit * 72:
            callers.write(1)
            wait_until(
                lambda: int(volume.attribute("resources/active_operations")) == len(callers.calls)
            )
        await_level(volume, "light")
        callers.write(32)
        await_level(volume, "emergency")
        assert errno_of(partial(os.fchmod, callers.files[-1], 0o600)) == EROFS
        assert group.kills == 0
        assert callers.end() <= {0, EROFS}
        await_level(volume, "normal")
        assert int(volume.attribute("resources/memory_bytes")) * 100 < limit * 70
        (volume.mountpoint / "new").touch()
    finally:
        callers.close()

    levels = [text.split(" resource=") for text in changes(volume)]
    assert {resource for _, resource in levels} == {"memory"}
    reached = [change.partition(" to=")[2] for change, _ in levels]
    assert (reached[0], reached[-2:]) == ("light", ["emergency", "normal"])


@pytest.mark.privileged("unshare", shares=("mounts of labs",))
def test_a_full_run_stops_no_volume_and_mounts_none(volumes: Volumes, tmp_path: Path) -> None:
    """What is mounted goes on, with all its attributes; a further mount says what is missing."""
    first, second = volumes.place(), volumes.place()
    mount, umount = (f"{sys.executable} -m vexfsctl {verb}" for verb in ("mount", "umount"))
    script = f"""
        mount -t tmpfs -o size=64k,nr_inodes=64 none /run
        {mount} {first.source} {first.mountpoint} --name {first.name} --log-to {tmp_path}/a
        head -c 1000000 /dev/zero > /run/full 2>/dev/null
        i=0; while mkdir /run/full$i 2>/dev/null; do i=$((i+1)); done
        {mount} {second.source} {second.mountpoint} --name {second.name} --log-to {tmp_path}/b
        echo "second: $?"
        echo x > {first.mountpoint}/file && cat {first.mountpoint}/file
        echo 5 > /run/vexfs/{first.name}/resources/max_operations
        cat /run/vexfs/{first.name}/resources/max_operations
        {umount} {first.name}
        echo "unmounted: $?"
    """
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=volumes.vexfsctl.environ,
    )
    assert done.stdout.splitlines()[-4:] == ["x", "5", f"unmounted {first.name}", "unmounted: 0"]
    assert "second: 1" in done.stdout
