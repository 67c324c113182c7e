"""The filesystem of a volume: which handler a request goes to, and what the mount needs."""

import errno
import gc
import os
from functools import partial
from pathlib import Path

from vexfsctl.driver import system_calls
from vexfsctl.driver.faults import FaultSet
from vexfsctl.driver.fuse import (
    USUAL_FLAGS,
    Connection,
    InitFlag,
    OpenFlag,
    Reply,
    replies,
    requests,
)
from vexfsctl.driver.passthrough.attributes import Attributes
from vexfsctl.driver.passthrough.backing import DONE, Answer, Backing, Handler
from vexfsctl.driver.passthrough.data import Data
from vexfsctl.driver.passthrough.names import Names
from vexfsctl.driver.passthrough.nodes.descriptors import Descriptor, DescriptorBudget
from vexfsctl.driver.passthrough.nodes.inodes import OpenInode
from vexfsctl.driver.passthrough.nodes.pruning import Pruning
from vexfsctl.driver.passthrough.reserve import Reserve
from vexfsctl.driver.passthrough.service import Service
from vexfsctl.driver.requests import guarded_call
from vexfsctl.guard.guard import Guard
from vexfsctl.model.clock import Clock
from vexfsctl.model.volume import ResourceSettings
from vexfsctl.system.clock import MonotonicClock

_WANTED = (
    USUAL_FLAGS
    | InitFlag.ATOMIC_O_TRUNC
    | InitFlag.POSIX_ACL
    | InitFlag.HANDLE_KILLPRIV_V2
    | InitFlag.DIRECT_IO_ALLOW_MMAP
)


class Passthrough:
    """The filesystem of a volume: pass it to `serve`.

    Without *handles*, inodes are opened again by name only.
    """

    def __init__(
        self,
        source: Path,
        guard: Guard,
        *,
        faults: FaultSet | None = None,
        clock: Clock | None = None,
        handles: bool = True,
        through_cache: bool = False,
    ) -> None:
        """With *through_cache*, do on any kernel what those before 6.6 make necessary: `attach`."""
        self.wanted_flags = _WANTED
        """Capabilities to request when mounting it (`Connection.mount`)."""
        if through_cache:
            self.wanted_flags &= ~InitFlag.DIRECT_IO_ALLOW_MMAP
        clock = clock or MonotonicClock()
        budget = DescriptorBudget.of_this_process()
        self.max_readers = budget.readers
        """How many requests it can handle at once: for `serve`."""
        self.backing = Backing(source, clock, budget, names=faults is not None, handles=handles)
        """The source directory as the kernel knows it so far."""
        self._volume = Volume(self.backing, source)
        self._pruning: Pruning | None = None
        reserve = Reserve(self.backing, self._volume.free_bytes, clock)
        self._service = Service(guard, self.backing, reserve, faults)
        guard.follow_limits(self._limit_locks)
        self._handlers: dict[type, Handler] = {
            **Names(self.backing).handlers,
            **Data(self.backing).handlers,
            **Attributes(self.backing).handlers,
            **self._volume.handlers,
        }

    def attach(self, connection: Connection) -> None:
        """Adapt to what the kernel granted. Call it before `serve`."""
        self.backing.max_transfer = connection.negotiated.max_write
        # Without direct I/O, errors would all become EIO and hide in the page cache; but a kernel
        # before 6.6 refuses a shared mapping of a file opened so.
        if connection.negotiated.flags & InitFlag.DIRECT_IO_ALLOW_MMAP:
            self.backing.open_flags = OpenFlag.DIRECT_IO | OpenFlag.PARALLEL_DIRECT_WRITES
        self._pruning = Pruning(connection, self.backing.inodes)
        self.backing.inodes.on_crowded = self._pruning.of_pinned

    def handle(self, request: requests.Request, reply: Reply) -> None:
        """Answer *request*, from this thread or, at its deadline, from the watch thread."""
        if isinstance(request, requests.Forget):
            self.backing.inodes.forget(request.nodes)
            return
        handler, call = self._handlers.get(type(request)), guarded_call(request)
        if handler is None or call is None:
            reply.error(errno.ENOSYS)
        elif isinstance(request, requests.StatFs):
            last = partial(self._volume.last_statistics, request)
            self._service.serve(request, reply, handler, call, last)
        else:
            self._service.serve(request, reply, handler, call)

    def _limit_locks(self, limits: ResourceSettings) -> None:
        self.backing.limit_waiting(limits.lock_timeout_ms / 1_000 or None)

    def sync(self) -> None:
        """Write out the volume's backing filesystem; raises OSError, may wait for its device."""
        self._volume.sync()

    def forget_idle(self) -> None:
        """Have the kernel forget every node that nothing uses; returns at once.

        Kernels before Linux 6.18 cannot be asked.
        """
        if self._pruning is not None:
            self._pruning.of_all()

    def shrink(self) -> None:
        """Give the memory of what was forgotten back to the system, as far as that can be done."""
        self.backing.inodes.shrink()
        gc.collect()
        system_calls.trim_memory()

    def free_bytes(self) -> int:
        """Return what ordinary users can still store; raises OSError, may wait for the device."""
        return self._volume.free_bytes()

    def close(self) -> None:
        """Release the source; what abandoned calls still use stays. May wait for the device."""
        self.backing.close()
        self._volume.close()


class Volume:
    """Handlers of requests about the volume, one for each shape."""

    def __init__(self, backing: Backing, source: Path) -> None:
        self._backing = backing
        # syncfs(2) takes no O_PATH, and reports what failed since this was opened.
        number = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._directory = Descriptor(number)
        self._last_good: dict[int, os.statvfs_result] = {}
        self.handlers: dict[type, Handler] = {
            requests.StatFs: self._statistics,
            requests.SyncFs: self._sync,
        }

    def last_statistics(self, request: requests.StatFs, cause: OSError) -> Answer:
        """Answer with the last successful statfs of this device; raise *cause* if there is none."""
        last = self._last_good.get(self._device(request))
        if last is None:
            raise cause
        return Answer((replies.encode_statfs(last),))

    def sync(self) -> None:
        """Write out the filesystem that the volume is on; raises OSError."""
        system_calls.syncfs(self._directory.number)

    def free_bytes(self) -> int:
        """Return what ordinary users can still store on it; raises OSError."""
        statistics = os.fstatvfs(self._directory.number)
        return statistics.f_bavail * statistics.f_frsize

    def close(self) -> None:
        """Release the source directory."""
        self._directory.close()

    def _statistics(self, request: requests.StatFs, node: OpenInode) -> Answer:
        statistics = os.fstatvfs(node.number)
        self._last_good[self._device(request)] = statistics
        return Answer((replies.encode_statfs(statistics),))

    def _sync(self, _request: requests.SyncFs) -> Answer:
        self.sync()
        return DONE

    def _device(self, request: requests.StatFs) -> int:
        return self._backing.inodes.get(request.header.nodeid).mount.device
