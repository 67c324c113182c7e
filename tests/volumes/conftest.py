"""Real volumes for each test, on a directory or on a loop device, taken down whatever it does."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.program import Finished, HostProgram, Program, patient_environment
from tests.support.waiting import wait_until
from vexfsctl.devices.loop import attached_devices
from vexfsctl.devices.mountinfo import read_mounts
from vexfsctl.driver.volume.leftovers import clear_volume, mounted_volumes
from vexfsctl.driver.volume.ownership import owner
from vexfsctl.lab import faults
from vexfsctl.lab.assembly import Lab, bring_up, take_down
from vexfsctl.lab.layout import Layout
from vexfsctl.lab.processes import drivers, image_servers
from vexfsctl.system.directories import default_file
from vexfsctl.system.processes import Process

BOUND_S = 30.0
"""After this a condition that a test waits for counts as never coming."""
ROOT = Path("/run/vexfs")
_KERNEL_INTERVAL_S, _KERNEL_LINES = 5.5, 10


@dataclass(frozen=True, slots=True)
class LiveVolume:
    """A volume that is up, and ways to use it as applications and operators do."""

    name: str
    source: Path
    mountpoint: Path
    vexfsctl: Program

    @property
    def tree(self) -> Path:
        """Directory of the volume's attributes."""
        return ROOT / self.name

    @property
    def driver(self) -> Process:
        """The process that serves the volume."""
        process = owner(self.tree)
        assert process is not None
        return process

    def attribute(self, path: str) -> str:
        """What the attribute at *path* says."""
        return (self.tree / path).read_text().removesuffix("\n")

    def set(self, path: str, value: object) -> None:
        """Write one attribute as sysfs is written: one unbuffered write."""
        descriptor = os.open(self.tree / path, os.O_WRONLY)
        try:
            os.write(descriptor, str(value).encode())
        finally:
            os.close(descriptor)

    def counters(self, operation: str, *names: str) -> dict[str, int]:
        """The named counters of one operation type."""
        return {name: int(self.attribute(f"operations/{operation}/{name}")) for name in names}

    def run(self, *words: str) -> Finished:
        """Run vexfsctl."""
        return self.vexfsctl(*words)

    def run_apart(self, *words: str) -> Finished:
        """Run vexfsctl as a process: what must not hang could be left behind, or is not alone."""
        return self.vexfsctl.as_process(*words)

    def records(self, *filters: str) -> list[str]:
        """Text of the volume's log records, oldest first, once they are written."""
        wait_until(self._all_written)
        answer = self.run("log", "-V", self.name, "--format", "ndjson", *filters)
        # Where the kernel has overwritten its oldest records a last row says so.
        return [row["text"] for row in answer.rows if "text" in row]

    def _all_written(self) -> bool:
        """Whether no error record is on its way into the log, or the volume is gone."""
        names = ("total", "logged", "suppressed", "lost")
        try:
            total, *settled = (int(self.attribute(f"errors/{name}")) for name in names)
        except OSError:
            return True
        return total == sum(settled)

    def presence(self, *options: str) -> str:
        """What `volume list` finds of it."""
        [listed] = self.run("volume", "list", self.name, "--json", *options).json["data"]
        return str(listed["presence"])

    def mounts(self) -> int:
        """How many mounts it has."""
        return sum(len(each.mounts) for each in mounted_volumes() if each.name == self.name)

    def kill_driver(self) -> Process:
        """SIGKILL it, and wait until it runs no more, stuck in the kernel or gone."""
        process = self.driver
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not process.running)
        return process


@dataclass(frozen=True, slots=True)
class LiveLab(LiveVolume):
    """A volume on a loop device whose faults one controls."""

    layout: Layout
    lab: Lab

    def make_file(self, name: str, size: int = 1 << 16) -> bytes:
        """Write a file of random bytes through the volume, onto the device."""
        content = os.urandom(size)
        file = self.mountpoint / name
        file.write_bytes(content)
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return content

    def fail(self, kind: str, name: str | None = None, **what: object) -> None:
        """Make requests of *kind* fail on the device, for the file *name* or everywhere."""
        path = None if name is None else Path(name)
        if "errno" not in what and "delay_ms" not in what:
            what["errno"] = "EIO"
        faults.inject(self.layout, faults.FaultRequest(kind=kind, path=path, **what))  # type: ignore[arg-type]

    def heal(self) -> None:
        """Remove all faults."""
        faults.clear(self.layout)

    def inject(self, *words: str) -> Finished:
        """Run `vexfsctl lab inject` on this lab."""
        return self.run("lab", "inject", "--name", self.name, *words)


def await_kernel_words(lines: int = 4) -> None:
    """Wait until the kernel would log *lines* block errors: ten in 5 s, of whatever device."""
    wait_until(lambda: _recent_block_errors() <= _KERNEL_LINES - lines, every_s=0.1)


def _recent_block_errors() -> int:
    """How many of them the kernel log has of the last seconds."""
    since = time.monotonic() - _KERNEL_INTERVAL_S
    count = 0
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            try:
                prefix, _, text = os.read(log, 8192).partition(b";")
            except BrokenPipeError:  # overtaken by new records
                continue
            if b", dev " in text and b" op 0x" in text:
                count += int(prefix.split(b",")[2]) / 1e6 > since
    except BlockingIOError:
        return count
    finally:
        os.close(log)


def trace_of_a_crash(name: str) -> Path:
    """Where a driver leaves the trace of a bug in it."""
    return default_file(name).with_suffix(".crash")


def leftovers(layout: Layout) -> list[str]:
    """Everything of a lab that is still there: mounts, loop devices, processes, files."""
    base = str(layout.directory)
    found = [m.mount_point for m in read_mounts() if m.mount_point.startswith(f"{base}/")]
    found += [m.mount_point for m in read_mounts() if m.source == layout.name]
    found += [str(d.device) for d in attached_devices() if d.backing_file.startswith(f"{base}/")]
    running = (*drivers(layout), *image_servers(layout))
    found += [str(each.process) for each in running if not each.process.gone]
    paths = (
        layout.directory,
        ROOT / layout.name,
        ROOT / f".{layout.name}.pid",
        trace_of_a_crash(layout.name),
    )
    return found + [str(path) for path in paths if path.exists()]


def new_name() -> str:
    """Return a name that nothing else has."""
    return f"test-{secrets.token_hex(4)}"


@pytest.fixture
def host_program() -> Program:
    """The program looking at this host, as a person would run it."""
    return HostProgram(patient_environment())


@pytest.fixture
def layout() -> Iterator[Layout]:
    """The place of a lab of a name nobody else has; whatever is there at the end is removed."""
    layout = Layout(new_name())
    try:
        yield layout
    finally:
        take_down(layout)
    wait_until(lambda: not leftovers(layout))


def bring_up_live(layout: Layout, program: Program, *, log_to: str | None = None) -> LiveLab:
    """Bring a lab up, to be used by *program*."""
    lab = bring_up(layout, log_to=log_to)
    return LiveLab(layout.name, lab.backing, lab.mountpoint, program, layout, lab)


@pytest.fixture
def live(layout: Layout, host_program: Program) -> LiveLab:
    """A lab that is up."""
    return bring_up_live(layout, host_program)


@dataclass(slots=True)
class Volumes:
    """Mounts volumes on directories of the test, with the program, and takes them away again."""

    directory: Path
    vexfsctl: Program
    names: list[str] = field(default_factory=list)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def place(self) -> LiveVolume:
        """Make a source and a mount point for a volume of a new name; nothing is mounted."""
        name = new_name()
        self.names.append(name)
        source, mountpoint = self.directory / f"{name}-source", self.directory / f"{name}-mnt"
        source.mkdir()
        mountpoint.mkdir()
        return LiveVolume(name, source, mountpoint, self.vexfsctl)

    def mount(self, *options: str) -> LiveVolume:
        """Mount a new volume."""
        volume = self.place()
        mounted = self.try_mount(volume, *options)
        assert mounted.exit_status == 0, mounted.stderr
        return volume

    def try_mount(self, volume: LiveVolume, *options: str) -> Finished:
        """Run `vexfsctl mount` for *volume*."""
        return volume.run(*self._mount_words(volume), *options)

    def try_mount_apart(self, volume: LiveVolume) -> Finished:
        """Run `vexfsctl mount` for *volume* as a process, which others may do at the same time."""
        return volume.run_apart(*self._mount_words(volume))

    def _mount_words(self, volume: LiveVolume) -> tuple[str, ...]:
        return ("mount", str(volume.source), str(volume.mountpoint), "--name", volume.name)

    def start(self, argv: list[str]) -> subprocess.Popen[str]:
        """Start a program that is ended at the end of the test at the latest."""
        process = subprocess.Popen(
            argv,
            env=self.vexfsctl.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def clear(self) -> None:
        """Take everything away."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for volume in mounted_volumes():
            if volume.name in self.names:
                clear_volume(volume)
        wait_until(lambda: not any((ROOT / f".{name}.pid").exists() for name in self.names))
        assert not any(trace_of_a_crash(name).exists() for name in self.names)


@pytest.fixture
def volumes(tmp_path: Path, host_program: Program) -> Iterator[Volumes]:
    """Volumes on plain directories, none of them mounted yet."""
    made = Volumes(tmp_path, host_program)
    try:
        yield made
    finally:
        made.clear()
