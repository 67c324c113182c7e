"""One volume from mount to unmount: guard, data mount, attribute tree, log, and their order.

Start: first the log, then the tree (so that a start that hangs can be examined), then the data,
then probes of the backing directory through the guard. Stop: detach, drain, sync, unmount, with its
records under one correlation id. Everything that may wait for the backing device does so in a
thread that is left behind at its limit.
"""

import contextlib
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from vexfsctl.devices.block import device_name, device_number, filesystem_uuid
from vexfsctl.devices.fusectl import connection_of
from vexfsctl.devices.mountinfo import Mount, mount_at, read_mounts
from vexfsctl.driver.faults import FaultSet
from vexfsctl.driver.fuse import USUAL_FLAGS, Connection, InitFlag, MountOptions, serve
from vexfsctl.driver.passthrough import Passthrough
from vexfsctl.driver.volume.attributes import AttributeSource
from vexfsctl.driver.volume.facts import VolumeFacts
from vexfsctl.driver.volume.gauges import Gauges
from vexfsctl.driver.volume.leftovers import DATA_SUBTYPE, TREE_SUBTYPE, remove_tree_directory
from vexfsctl.driver.volume.ownership import give_up_ownership, take_ownership
from vexfsctl.driver.volume.records import LOG_BOUND_S, RecordLog
from vexfsctl.driver.volume.tree import TreeFilesystem
from vexfsctl.driver.volume.usage import UsageWatch
from vexfsctl.exceptions import DeadlineExceeded, MountFailed, VexfsctlException
from vexfsctl.guard.guard import Guard
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.events import RecoveryStepTaken
from vexfsctl.model.operations import VECTOR_PREFIX, OperationType
from vexfsctl.model.volume import DegradationLevel, ModuleState
from vexfsctl.system.bounded import run_bounded
from vexfsctl.system.clock import MonotonicClock

DRAIN_BOUND_S = 2.0
"""How long a stop waits for open files and running calls."""
SYNC_BOUND_S = 5.0
"""How long it waits for the backing filesystem to write out dirty data."""
CLOSE_BOUND_S = 1.0
"""How long it waits for descriptors of the backing directory to close."""
SOURCE_BOUND_S = 8.0
"""How long a start waits for the backing directory to answer."""
_LOOK_AFTER_A_BUG_NS = 1_000_000_000
_VECTOR_PROBE = VECTOR_PREFIX + b"probe"


class VolumeServer:
    """Serves one volume: call `mount`, `begin`, and when it is to end, `stop`."""

    def __init__(
        self,
        *,
        name: str,
        source: Path,
        mountpoint: Path,
        tree: Path,
        log: RecordLog,
        clock: MonotonicClock,
        allow_inject: bool = False,
        settings: Mapping[str, int],
        on_crash: Callable[[BaseException], None],
    ) -> None:
        self._source = source
        self._mountpoint = mountpoint
        self._tree = tree
        self._log = log
        self._clock = clock
        self._ids = CorrelationSource()
        self._on_crash = on_crash
        self._faults = FaultSet(clock) if allow_inject else None
        self._guard = Guard(name, clock=clock, log=log, ids=self._ids)
        device = device_number(source)
        self._facts = VolumeFacts(
            name=name,
            epoch=time.time_ns(),
            mountpoint=str(mountpoint),
            log=log.name,
            device=device,
            device_name=None if device is None else device_name(device),
            uuid=filesystem_uuid(source),
        )
        self._passthrough = Passthrough(source, self._guard, faults=self._faults)
        gauges = Gauges(self._passthrough.free_bytes)
        self._usage = UsageWatch(self._guard, gauges, self._passthrough, clock, on_crash=on_crash)
        self._attributes = AttributeSource(
            self._guard, self._facts, gauges=gauges, faults=self._faults
        )
        self._attributes.preset(settings)
        self._data: Connection | None = None
        self._served: list[tuple[Connection, Mount | None]] = []
        self.warnings: list[str] = []
        """What came up only partly, for the person who mounts it."""

    def mount(self) -> None:
        """Mount the tree and the data; undo it and raise if that fails. Needs no device."""
        self._facts.move_to(ModuleState.INITIALIZING, self._log.take)
        with self._undone_if_it_fails():
            threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
            self._usage.start()
            self._serve_tree()
            self._serve_data()

    def begin(self) -> None:
        """Probe the backing directory; unmount and raise if nothing can work.

        A volume that works only in part comes up degraded (`light`), with a warning.
        """
        with self._undone_if_it_fails():
            self._probe_backing()
        self._facts.move_to(ModuleState.INITIALIZED, self._log.take)

    @property
    def closed(self) -> bool:
        """Whether the data mount is gone: somebody has unmounted it."""
        return self._data is None or self._data.closed

    def when_closed(self, callback: Callable[[], None]) -> None:
        """Call *callback* once the data mount is gone."""
        if self._data is not None:
            self._data.when_closed(callback)

    def stop(self) -> None:
        """End the volume, whatever its backing device does, within the limits above."""
        self._facts.move_to(ModuleState.SHUTTING_DOWN, self._log.take)
        identifier = self._ids.draw()
        # Calls that wait for a retry end with their last error instead of exceeding the limits.
        self._clock.interrupt()
        self._step(identifier, "drain", self._drain)
        self._step(identifier, "sync", self._sync)
        self._guard.flush()
        self._step(identifier, "unmount", self._release)
        self._end()

    def reopen_log(self) -> None:
        """Reopen a log file that was moved away."""
        self._log.reopen()

    def _serve_tree(self) -> None:
        try:
            self._tree.mkdir(mode=0o755, parents=True, exist_ok=True)
            take_ownership(self._tree)
        except OSError as cause:
            raise MountFailed(f"cannot make {self._tree}: {cause.strerror}") from cause
        filesystem = TreeFilesystem(self._attributes)
        connection = self._mount(self._tree, TREE_SUBTYPE, USUAL_FLAGS)
        filesystem.attach(connection)
        serve(connection, filesystem, on_crash=self._on_crash)

    def _serve_data(self) -> None:
        flags = self._passthrough.wanted_flags
        self._data = self._mount(self._mountpoint, DATA_SUBTYPE, flags)
        self._passthrough.attach(self._data)
        readers = self._passthrough.max_readers
        serve(self._data, self._passthrough, on_crash=self._on_crash, max_readers=readers)

    def _mount(self, point: Path, subtype: str, want: InitFlag) -> Connection:
        # A user's mount is only for that user: fuse.conf rarely lets others in.
        others = os.geteuid() == 0
        options = MountOptions(source=self._facts.name, subtype=subtype, allow_other=others)
        connection = Connection.mount(point, options, want=want)
        # Looked up now: once it is detached, mountinfo no longer shows which connection it was.
        self._served.append((connection, mount_at(connection.mountpoint, read_mounts())))
        return connection

    def _probe_backing(self) -> None:
        """Try one call of each kind; raise MountFailed if nothing can work without it."""
        guard, source = self._guard, self._source

        def probe() -> None:
            guard.run(OperationType.INODE, "getattr", lambda _: os.stat(source))
            guard.run(OperationType.DIRECTORY, "readdir", lambda _: os.listdir(source))
            self._probe_part(OperationType.SUPERBLOCK, "statfs", lambda: os.statvfs(source))
            self._probe_part(OperationType.VECTOR, "getxattr", lambda: _probe_vectors(source))

        try:
            run_bounded(probe, SOURCE_BOUND_S, what=f"looking at {source}")
        except OSError as cause:
            raise MountFailed(f"cannot read {source}: {cause.strerror}") from cause

    def _probe_part(self, operation: OperationType, call: str, probe: Callable[[], object]) -> None:
        try:
            self._guard.run(operation, call, lambda _: probe())
        except OSError as cause:
            self._guard.set_degradation(DegradationLevel.LIGHT)
            self.warnings.append(f"{operation} operations fail on {self._source}: {cause.strerror}")

    def _watch(self) -> None:
        while self._guard.alarm.wait():
            try:
                self._guard.expire_overdue(self._clock.now_ns())
            except Exception as bug:  # noqa: BLE001 - without this thread no call has a deadline
                self._guard.alarm.bring_forward(self._clock.now_ns() + _LOOK_AFTER_A_BUG_NS)
                self._on_crash(bug)

    def _step(self, identifier: CorrelationId, step: str, action: Callable[[], str]) -> None:
        started = self._clock.now_ns()
        result = action()
        self._log.take(
            RecoveryStepTaken(
                volume=self._facts.name,
                id=identifier,
                operation=OperationType.SYNC if step == "sync" else None,
                step=step,
                result=result,
                duration_us=(self._clock.now_ns() - started) // 1000,
            )
        )

    def _drain(self) -> str:
        """Detach the data mount and wait for its remaining users."""
        if self._data is None:
            return "ok"
        with contextlib.suppress(MountFailed):
            self._data.unmount()
        return "ok" if self._data.wait(DRAIN_BOUND_S) else "busy"

    def _sync(self) -> str:
        """Write out the backing filesystem."""
        try:
            run_bounded(self._passthrough.sync, SYNC_BOUND_S, what="sync")
        except OSError as cause:
            return errno_name(cause.errno or errno.EIO)
        except DeadlineExceeded:
            return errno_name(errno.ETIMEDOUT)
        return "ok"

    def _release(self) -> str:
        """Remove both mounts; calls stuck in them get an error instead of waiting forever."""
        self._guard.alarm.close()
        self._usage.close()
        result = "ok"
        for connection, mount in reversed(self._served):
            try:
                _unmount(connection, mount)
            except VexfsctlException as failure:
                result = failure.code
            if connection is self._data:
                # Before the tree is removed: once it is gone, nothing holds the source any more.
                with contextlib.suppress(OSError, DeadlineExceeded):
                    run_bounded(self._passthrough.close, CLOSE_BOUND_S, what="close")
        remove_tree_directory(self._tree)
        return result

    @contextlib.contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._facts.move_to(ModuleState.ERROR, self._log.take)
            self._release()
            self._end()
            raise

    def _end(self) -> None:
        self._facts.move_to(ModuleState.UNINITIALIZED, self._log.take)
        self._log.close(LOG_BOUND_S)
        # Last: a process that waits for this driver to end waits for this.
        give_up_ownership(self._tree)


def _unmount(connection: Connection, mount: Mount | None) -> None:
    """Unmount; calls that are stuck in it get an error. *mount* is None if nobody knows it."""
    if mount is None:
        connection.unmount()
        return
    with connection_of(mount) as abort:
        connection.unmount()
        if not connection.wait(0.1):
            abort()


def _probe_vectors(source: Path) -> None:
    try:
        os.getxattr(source, _VECTOR_PROBE)
    except OSError as cause:
        if cause.errno != errno.ENODATA:
            raise
