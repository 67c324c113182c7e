"""One request on its way: through the guard to its handler, and back as an answer.

A call past its deadline is answered by the watch thread while its own thread is stuck. The stuck
thread's later result is undone. Until it has ended, the numbers of the open files that it may
still use are not reused, and a file whose bytes it may still change accepts no write, truncate or
fsync.
"""

import contextlib
import errno
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from vexfsctl.driver.faults import FaultSet
from vexfsctl.driver.fuse import Reply, requests
from vexfsctl.driver.passthrough.backing import Answer, Backing, Handler
from vexfsctl.driver.passthrough.callers import proven_capabilities
from vexfsctl.driver.passthrough.nodes.inodes import Inode, OpenInode, StaleNode
from vexfsctl.driver.passthrough.nodes.open_files import OpenFile
from vexfsctl.driver.passthrough.reserve import Reserve
from vexfsctl.driver.refusals import Refusal
from vexfsctl.driver.requests import (
    GuardedCall,
    data_range,
    needs_groups_of_now,
    reached_nodes,
    sets_vector,
)
from vexfsctl.guard.call import BoundCall, Call, CallAbandoned, Terms
from vexfsctl.guard.guard import Guard
from vexfsctl.model.operations import OperationType

_ABOUT_A_NAME = (
    requests.Lookup,
    requests.Create,
    requests.MkNod,
    requests.MkDir,
    requests.SymLink,
    requests.Unlink,
    requests.RmDir,
    requests.Rename,
)

_STALE = Answer(errno=errno.ESTALE)


class Unsettled:
    """Files whose bytes an abandoned call may still change."""

    def __init__(self) -> None:
        self._calls: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def __contains__(self, inode: Inode) -> bool:
        """Whether such a call of *inode* remains."""
        return self._calls[inode.key] > 0

    def add(self, inode: Inode) -> None:
        """Count one more call that was abandoned."""
        with self._lock:
            self._calls[inode.key] += 1

    def discard(self, inode: Inode) -> None:
        """Count one of them as ended."""
        with self._lock:
            self._calls[inode.key] -= 1
            self._calls = +self._calls  # without zero counts


class Service:
    """What serving a request needs: the guard, the backing directory, the active faults."""

    def __init__(
        self, guard: Guard, backing: Backing, reserve: Reserve, faults: FaultSet | None
    ) -> None:
        self.guard = guard
        self.backing = backing
        self.reserve = reserve
        self.faults = faults
        self.unsettled = Unsettled()
        self._bound: dict[GuardedCall, tuple[BoundCall, BoundCall]] = {}

    def bound(self, call: GuardedCall) -> tuple[BoundCall, BoundCall]:
        """Return what runs *call*, and what runs the data call in it."""
        bound = self._bound.get(call)
        if bound is None:
            bind, name, repeatable = self.guard.bind, call.name, call.repeatable
            bound = self._bound[call] = (
                bind(call.operation, name, repeatable=repeatable, writes=call.writes),
                bind(OperationType.STORAGE, name, repeatable=repeatable),
            )
        return bound

    def serve(
        self,
        request: requests.Request,
        reply: Reply,
        handler: Handler,
        call: GuardedCall,
        fallback: Callable[[OSError], Answer] | None = None,
    ) -> None:
        """Answer *request* with the result of *handler*, guarded as *call* says."""
        try:
            served = _Served(self, request, reply, handler, call, fallback)
        except OSError as cause:
            # Only while the volume is being closed: the kernel names only nodes that it was given.
            reply.error(cause.errno or errno.EIO)
        else:
            served.serve()


class _Served:
    """One request under way."""

    __slots__ = (
        "_answers",
        "_call",
        "_fallback",
        "_handler",
        "_inode",
        "_reached",
        "_reply",
        "_request",
        "_service",
    )

    def __init__(
        self,
        service: Service,
        request: requests.Request,
        reply: Reply,
        handler: Handler,
        call: GuardedCall,
        fallback: Callable[[OSError], Answer] | None,
    ) -> None:
        self._service = service
        self._request = request
        self._reply = reply
        self._handler = handler
        self._call = call
        self._fallback = fallback
        # The file whose bytes may change is the one written to.
        nodeid = request.header.nodeid
        if isinstance(request, requests.CopyFileRange):
            nodeid = request.to_nodeid
        inodes = service.backing.inodes
        self._inode = inodes.get(nodeid)
        self._reached = [inodes.get(reached) for reached in reached_nodes(request)]
        self._answers: list[Answer] = []

    def serve(self) -> None:
        """Take it through the guard and answer it, unless it was answered at its deadline."""
        call, service = self._call, self._service
        if call.needs_settled and self._inode in service.unsettled:
            self._reply.error(errno.EBUSY)
            return
        run, _ = service.bound(call)
        try:
            answer = run(self._run_nested if call.data else self._run, self._terms)
        except CallAbandoned:
            self._undo()
        except OSError as cause:
            self._reply.error(cause.errno or errno.EIO)
        else:
            if answer.errno:
                self._reply.error(answer.errno)
            elif not self._reply.send(*answer.payload):
                self._undo()
        finally:
            self._release_even_if_refused()

    def _run_nested(self, outer: Call) -> Answer:
        _, run = self._service.bound(self._call)
        return run(self._run, self._terms_of_data, outer)

    def _terms(self) -> Terms:
        return self._terms_of_data()._replace(
            fallback=self._fallback,
            on_timeout=self._answer_at_deadline,
            on_ended=self._settle if self._call.changes_data else None,
        )

    def _terms_of_data(self) -> Terms:
        offset, length = data_range(self._request)
        return Terms(inode=self._inode.ino, offset=offset, length=length)

    def _run(self, call: Call) -> Answer:
        try:
            return self._attempt()
        except Refusal:
            call.ignore()
            raise

    def _attempt(self) -> Answer:
        service, request = self._service, self._request
        if service.faults:
            offset, length = data_range(request)
            service.faults.meet(self._call.name, self._path(), offset, length)
        if self._call.grows and (kept := service.guard.resources.reserve_bytes):
            service.reserve.require(request, kept)
        try:
            nodes = self._open_nodes()
        except StaleNode:
            return _STALE
        try:
            answer = self._act_as_caller(nodes) if self._call.as_caller else self._handle(nodes)
        finally:
            for node in nodes:
                node.close()
        if answer.undo is not None:
            self._answers.append(answer)
        return answer

    def _open_nodes(self) -> list[OpenInode]:
        """Open what the request reaches by number, which only the server itself may."""
        backing = self._service.backing
        nodes = [backing.open(inode) for inode in self._reached]
        if sets_vector(self._request) and self._inode.parent is not None:
            with contextlib.suppress(StaleNode):
                nodes.append(backing.open(self._inode.parent))
        return nodes

    def _handle(self, nodes: list[OpenInode]) -> Answer:
        return self._handler(self._request, *nodes)

    def _act_as_caller(self, nodes: list[OpenInode]) -> Answer:
        identities, header = self._service.backing.identities, self._request.header
        act = partial(
            identities.acting_as, header, self._owner, proven=proven_capabilities(self._request)
        )
        try:
            with act(groups_of_now=needs_groups_of_now(self._request)):
                return self._handle(nodes)
        except PermissionError:
            if not identities.was_mistaken(header):
                raise
        with act():
            return self._handle(nodes)

    def _owner(self) -> tuple[int, int]:
        with self._service.backing.open(self._inode) as node:
            status = os.fstat(node.number)
        return status.st_uid, status.st_gid

    def _path(self) -> str | None:
        """Return what the request is about, relative to the root of the volume."""
        try:
            names = self._inode.names()
        except StaleNode:
            return None
        if isinstance(self._request, _ABOUT_A_NAME):
            names.append(self._request.name)
        return b"/".join(names).decode(errors="surrogateescape")

    def _answer_at_deadline(self) -> None:
        """Answer in place of the stuck thread. Once answered, the kernel may release and forget."""
        for file in self._files():
            file.abandoned = True
        if self._call.changes_data:
            self._service.unsettled.add(self._inode)
        self._reply.error(errno.ETIMEDOUT)

    def _files(self) -> Iterator[OpenFile]:
        """Yield the open files that the stuck thread may still use."""
        files = self._service.backing.files
        for field in ("handle", "to_handle"):
            handle: int | None = getattr(self._request, field, None)
            if handle is not None and handle in files:
                yield files.get(handle)

    def _settle(self) -> None:
        self._service.unsettled.discard(self._inode)

    def _undo(self) -> None:
        for answer in self._answers:
            if answer.undo is not None:
                with contextlib.suppress(OSError):
                    answer.undo()

    def _release_even_if_refused(self) -> None:
        """Close what the kernel will not name again, even if breaker or deadline came first."""
        if isinstance(self._request, requests.Release | requests.ReleaseDir):
            with contextlib.suppress(OSError):
                self._service.backing.files.close(self._request.handle)
