"""`vexfsctl mount`: check what is asked for, start the volume, serve it until told to stop."""

import contextlib
import os
import signal
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from vexfsctl.driver.fuse import require_fuse
from vexfsctl.driver.volume.leftovers import VolumeMounts, clear_volume, mounted_volumes
from vexfsctl.driver.volume.places import check_log, check_mount_point, check_places, choose_name
from vexfsctl.driver.volume.records import RecordLog, open_records
from vexfsctl.driver.volume.server import SOURCE_BOUND_S, VolumeServer
from vexfsctl.exceptions import MountFailed
from vexfsctl.model.volume import clear_command
from vexfsctl.system.background import (
    own_module,
    report_ready,
    reporting_failure,
    start_in_background,
)
from vexfsctl.system.bounded import run_bounded
from vexfsctl.system.clock import MonotonicClock
from vexfsctl.system.directories import default_file, driver_root, require_runtime_directory
from vexfsctl.system.directory_lock import hold_directory
from vexfsctl.system.signals import Wakeups

START_TIMEOUT_S = 30.0
"""Longer than a start takes, whatever of it sticks in the kernel. A driver that is only busy has
three times as long."""
_LOCK_TIMEOUT_S = 15.0
_LOG_BOUND_S = 4.0
"""Less than `SOURCE_BOUND_S`, so that the log is named where it is the one that hangs."""
_STOP = frozenset({signal.SIGTERM, signal.SIGINT})


@dataclass(frozen=True, slots=True)
class VolumeOptions:
    """What `vexfsctl mount` is asked for."""

    source: Path
    mountpoint: Path
    name: str | None = None
    """None: the last component of the mount point."""
    log_to: str | None = None
    """`kmsg`, a path, or None: the kernel log where that works."""
    allow_inject: bool = False
    config_file: Path | None = None
    """Configuration that the serving process reads; None: the standard one."""
    settings: Mapping[str, int] = field(default_factory=dict)
    """Values that attributes have from the start whatever the configuration says, by path."""

    def arguments(self) -> list[str]:
        """Return them as command-line arguments of `vexfsctl mount`."""
        words = [str(self.source), str(self.mountpoint)]
        words += ["--name", self.name] if self.name is not None else []
        words += ["--log-to", self.log_to] if self.log_to is not None else []
        words += ["--config", str(self.config_file)] if self.config_file is not None else []
        words += [f"--set={path}={value}" for path, value in self.settings.items()]
        return words + (["--allow-inject"] if self.allow_inject else [])


@dataclass(frozen=True, slots=True)
class MountedVolume:
    """A volume that came up: both of its mounts answer."""

    name: str
    source: str
    mountpoint: str
    tree: str
    """Directory of its attributes."""
    log: str
    pid: int
    warnings: tuple[str, ...] = ()
    """What works only in part."""


def start_volume(options: VolumeOptions, *, timeout_s: float = START_TIMEOUT_S) -> MountedVolume:
    """Mount in the background; return when both mounts answer, or raise the reason they do not.

    *timeout_s* is longer for a driver that is only busy (`start_in_background`).
    """
    argv = [*own_module("vexfsctl"), "mount", "--foreground", *options.arguments()]
    _, ready = start_in_background(argv, timeout_s=timeout_s)
    return MountedVolume(**ready | {"warnings": tuple(ready["warnings"])})


def serve_volume(
    options: VolumeOptions,
    *,
    settings: Mapping[str, int] = MappingProxyType({}),
    ready_fd: int | None = None,
) -> None:
    """Mount in this process and serve until SIGTERM, SIGINT or an unmount ends it.

    *settings* are the values that attributes of the volume have from the start, by their paths.
    Ends the process, even while threads are stuck in the kernel; raises if it does not come up.
    """
    wakeups = Wakeups(*_STOP, signal.SIGHUP)
    with reporting_failure(ready_fd):
        server, volume = _start(options, settings)
    report_ready(ready_fd, asdict(volume))
    server.when_closed(wakeups.call)
    asked: set[int] = set()
    while not (server.closed or asked & _STOP):
        asked = wakeups.wait()
        if signal.SIGHUP in asked:
            server.reopen_log()
    server.stop()
    # Not sys.exit: a daemon thread that is stuck may hold locks that its finalisation wants.
    os._exit(0)


def _start(
    options: VolumeOptions, settings: Mapping[str, int]
) -> tuple[VolumeServer, MountedVolume]:
    require_fuse()
    require_runtime_directory(driver_root(os.environ, os.geteuid()).parent)
    server, volume = run_bounded(
        lambda: _prepare(options, settings), SOURCE_BOUND_S, what=f"looking at {options.source}"
    )
    mountpoint = Path(volume.mountpoint)
    # Two mounts of one name, or on one place, at the same moment must not both find it free.
    # Nothing within waits for the source: a device that hangs holds up no other volume.
    with hold_directory(Path(volume.tree).parent, timeout_s=_LOCK_TIMEOUT_S):
        _make_way(volume.name, mountpoint)
        check_mount_point(mountpoint)
        server.mount()
    server.begin()
    return server, replace(volume, warnings=tuple(server.warnings))


def _prepare(
    options: VolumeOptions, settings: Mapping[str, int]
) -> tuple[VolumeServer, MountedVolume]:
    """Check everything that needs the source looked at, and open it."""
    places = check_places(options.source, options.mountpoint)
    name = choose_name(options.name, places)
    tree = driver_root(os.environ, os.geteuid()) / name
    clock = MonotonicClock()

    def open_log() -> RecordLog:
        check_log(options.log_to, places)
        return open_records(options.log_to, name, clock)

    what = f"opening the log {options.log_to or f'of {name}'}"
    log = run_bounded(open_log, _LOG_BOUND_S, what=what)
    server = VolumeServer(
        name=name,
        source=places.source,
        mountpoint=places.mountpoint,
        tree=tree,
        log=log,
        clock=clock,
        allow_inject=options.allow_inject,
        settings=settings,
        on_crash=lambda crash: _keep_trace(crash, name),
    )
    return server, MountedVolume(
        name=name,
        source=str(places.source),
        mountpoint=str(places.mountpoint),
        tree=str(tree),
        log=log.name,
        pid=os.getpid(),
    )


def _make_way(name: str, mountpoint: Path) -> None:
    """Refuse if the name or the mount point is a live volume's, or the name a dead one's elsewhere.

    What a dead volume left on *mountpoint* is cleared.
    """
    point, there = str(mountpoint), mounted_volumes()
    namesakes = [each for each in there if each.name == name and each.uid == os.geteuid()]
    others = [each for each in there if each.is_at(point) and each not in namesakes]
    for volume in namesakes:
        if volume.is_live():
            raise _name_taken(volume, "live")
        # One whose data is unmounted already is nowhere else.
        if volume.data and not volume.is_at(point):
            raise _name_taken(volume, "dead")
    for volume in others:
        if volume.is_live():
            raise _place_taken(volume)
    for volume in (*namesakes, *others):
        clear_volume(volume)


def _name_taken(volume: VolumeMounts, state: str) -> MountFailed:
    end = f"vexfsctl umount {volume.name}" if state == "live" else clear_command(volume.name)
    return MountFailed(
        f"there is a {state} volume {volume.name}, mounted on {_points_of(volume)}",
        hint=f"--name NAME for another name, or {end}",
    )


def _place_taken(volume: VolumeMounts) -> MountFailed:
    return MountFailed(
        f"volume {volume.name} is mounted on {_points_of(volume)} already",
        hint=f"vexfsctl umount {volume.name}",
    )


def _points_of(volume: VolumeMounts) -> str:
    return ", ".join(mount.mount_point for mount in volume.data) or "nothing"


def _keep_trace(crash: BaseException, name: str) -> None:
    """Write the trace of a bug where its report can be taken from; the caller got EIO."""
    traceback.print_exception(crash)
    with contextlib.suppress(OSError):
        file = default_file(name).with_suffix(".crash")
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with file.open("a") as trace:
            traceback.print_exception(crash, file=trace)
