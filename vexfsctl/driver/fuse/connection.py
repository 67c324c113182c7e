"""One mounted FUSE filesystem: mount, agree with the kernel, notify it, unmount."""

import os
import struct
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from vexfsctl.driver.fuse import mounting
from vexfsctl.driver.fuse.channel import Channel
from vexfsctl.driver.fuse.mounting import MountOptions
from vexfsctl.driver.fuse.parsing import HEADER_SIZE, MalformedRequest, parse_header
from vexfsctl.driver.fuse.protocol import (
    HEADER_PAGE,
    USUAL_FLAGS,
    InitFlag,
    Negotiated,
    NotifyCode,
    Opcode,
    UnsupportedProtocol,
    negotiate,
)
from vexfsctl.exceptions import MountFailed

_NOTIFY_POLL = struct.Struct("=Q")
_NOTIFY_PRUNE = struct.Struct("=II8x")  # fuse_notify_prune_out: count, padding, spare
_PRUNE_SINCE_MINOR = 45
_NODEIDS_IN_A_NOTIFICATION = 1024


class Connection:
    """A mount and the kernel at its other end. Pass it to `serve` at once: until then every call on
    the mount waits.
    """

    def __init__(self, channel: Channel, mountpoint: str, negotiated: Negotiated) -> None:
        self.channel = channel
        self.mountpoint = mountpoint
        self.negotiated = negotiated
        self._ended = threading.Event()
        self._ending = threading.Lock()
        self._on_end: list[Callable[[], None]] = []

    @classmethod
    def mount(
        cls,
        mountpoint: Path | str,
        options: MountOptions,
        *,
        want: InitFlag = USUAL_FLAGS,
        max_write: int = 1 << 20,
        max_background: int = 64,
    ) -> "Connection":
        """Mount on the directory or file *mountpoint* and agree on the protocol.

        *want* is what the filesystem can do; `negotiated` has what the kernel granted.
        *max_write* bytes, a multiple of 4096, bounds one WRITE and one READ, *max_background* the
        running readahead and asynchronous direct I/O (libfuse's 12 makes a loop device slow).
        Fork before, not after: a child has no readers but keeps the connection open. Raises
        FacilityUnavailable or MountFailed.
        """
        path = os.path.realpath(mountpoint)
        channel = Channel(mounting.mount(path, options))
        try:
            negotiated = _negotiate(channel, want, max_write, max_background)
        except (UnsupportedProtocol, MalformedRequest, OSError) as cause:
            channel.retire()
            mounting.unmount(path)
            raise MountFailed(f"cannot mount on {path}: {cause}") from cause
        return cls(channel, path, negotiated)

    @property
    def closed(self) -> bool:
        """Whether the filesystem is unmounted and no request will come any more."""
        return self._ended.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for `closed`, at most *timeout* seconds; return whether it came."""
        return self._ended.wait(timeout)

    def when_closed(self, callback: Callable[[], None]) -> None:
        """Call *callback* once it is `closed`, at once if it is already."""
        with self._ending:
            if not self.closed:
                self._on_end.append(callback)
                return
        callback()

    def notify_poll(self, kernel_handle: int) -> None:
        """Wake the pollers of the open file that `Poll.kernel_handle` meant; they ask again."""
        self.channel.notify(NotifyCode.POLL, _NOTIFY_POLL.pack(kernel_handle))

    def notify_prune(self, nodeids: Sequence[int]) -> None:
        """Ask the kernel to forget those *nodeids* that nothing uses; older kernels are not asked.

        Call it from a thread that owes the kernel no answer and holds no lock.
        """
        if self.negotiated.minor < _PRUNE_SINCE_MINOR:
            return
        for start in range(0, len(nodeids), _NODEIDS_IN_A_NOTIFICATION):
            some = nodeids[start : start + _NODEIDS_IN_A_NOTIFICATION]
            payload = _NOTIFY_PRUNE.pack(len(some), 0) + struct.pack(f"={len(some)}Q", *some)
            self.channel.notify(NotifyCode.PRUNE, payload)

    def unmount(self) -> None:
        """Unmount; it is `closed` once nobody has a file open on it.

        Raises MountFailed. Does nothing if it is closed already.
        """
        if not self.closed:
            mounting.unmount(self.mountpoint)

    def abort(self) -> None:
        """Unmount and end the connection even if files are open or calls wait for an answer.

        Those calls get ECONNABORTED, later ones ENOTCONN. Needs root, see `mounting.abort`.
        """
        if not self.closed:
            mounting.abort(self.mountpoint)

    def end(self) -> None:
        """Note that the kernel closed the connection; for `serve`. Releases /dev/fuse."""
        with self._ending:
            if self.closed:
                return
            self.channel.retire()
            self._ended.set()
        for callback in self._on_end:
            callback()


def _negotiate(channel: Channel, want: InitFlag, max_write: int, max_background: int) -> Negotiated:
    message = memoryview(bytearray(max_write + HEADER_PAGE))
    message = message[: channel.receive(message)]
    header = parse_header(message)
    if header.opcode != Opcode.INIT:
        raise MalformedRequest(f"opcode {header.opcode} before INIT")
    negotiated, answer = negotiate(
        message[HEADER_SIZE:], want=want, max_write=max_write, max_background=max_background
    )
    channel.answer(header.unique, (answer,))
    return negotiated
