"""The image server of the lab: one file whose byte ranges can be made to fail.

    python -m vexfsctl.lab.image IMAGE IMAGE_MOUNT FAULTS_MOUNT

`IMAGE_MOUNT/disk` is the file IMAGE, to attach a loop device to; `FAULTS_MOUNT/control` accepts
faults (`read offset=1048576 length=65536 errno=EIO count=3`, `clear`; see `faults`) and
`FAULTS_MOUNT/active` lists them. It must be a separate process, never the one that serves the
filesystem above the loop device: that would wait for itself in the kernel, immune to kill -9.
"""

import argparse
import errno
import os
import signal
import stat
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from vexfsctl.driver.faults import FaultSet
from vexfsctl.driver.fuse import (
    ROOT_NODEID,
    Connection,
    MountOptions,
    OpenFlag,
    Reply,
    requests,
    serve,
)
from vexfsctl.driver.fuse.replies import (
    Attr,
    DirectoryEntry,
    encode_attr,
    encode_entry,
    encode_open,
    encode_statfs,
    encode_write,
    pack_dirents,
)
from vexfsctl.driver.system_calls import fallocate
from vexfsctl.driver.volume.tree import TreeFilesystem
from vexfsctl.exceptions import MountFailed
from vexfsctl.sysfs.attributes import INJECT_ATTRIBUTES
from vexfsctl.system.background import report_ready, reporting_failure
from vexfsctl.system.clock import MonotonicClock
from vexfsctl.system.signals import Wakeups

IMAGE_SUBTYPE = "vexfs-image"
FAULTS_SUBTYPE = "vexfs-faults"
DISK = b"disk"
_DISK_NODEID = 2
# A loop device has up to 128 requests under way; a delayed one must not hold up the others.
_MAX_BACKGROUND = 1024


class ImageFilesystem:
    """A directory with one file, `disk`; each data request is checked against the faults first."""

    def __init__(self, image: Path, faults: FaultSet) -> None:
        self._file = os.open(image, os.O_RDWR | os.O_CLOEXEC)
        self._faults = faults

    def handle(self, request: requests.Request, reply: Reply) -> None:
        """Answer one request."""
        try:
            reply.send(*self._answer(request))
        except OSError as cause:
            reply.error(cause.errno or errno.EIO)

    def _answer(self, request: requests.Request) -> tuple[bytes, ...]:
        match request:
            case requests.Read():
                self._meet("read", request.offset, request.size)
                return (os.pread(self._file, request.size, request.offset),)
            case requests.Write():
                self._meet("write", request.offset, len(request.data))
                return (encode_write(os.pwrite(self._file, request.data, request.offset)),)
            case requests.Fallocate():
                # mkfs discards and zeroes: if refused, each try would be a line in the kernel log.
                self._meet("write", request.offset, request.length)
                fallocate(self._file, request.mode, request.offset, request.length)
                return ()
            case requests.Fsync():
                self._meet("fsync", 0, None)
                os.fdatasync(self._file)
                return ()
            case _:
                return self._answer_about_names(request)

    def _answer_about_names(self, request: requests.Request) -> tuple[bytes, ...]:
        match request:
            case requests.Lookup(name=name) if name == DISK:
                return (encode_entry(_DISK_NODEID, self._attributes(_DISK_NODEID)),)
            case requests.Lookup():
                raise FileNotFoundError(errno.ENOENT, "lookup")
            case requests.GetAttr():
                return (encode_attr(self._attributes(request.header.nodeid)),)
            case requests.Open():
                # Without direct I/O errors would flatten to EIO and hide in the page cache.
                return (encode_open(0, OpenFlag.DIRECT_IO | OpenFlag.PARALLEL_DIRECT_WRITES),)
            case requests.OpenDir():
                return (encode_open(0),)
            case requests.ReadDir():
                return (pack_dirents(_ENTRIES[request.offset :], request.size),)
            case requests.StatFs():
                return (encode_statfs(os.fstatvfs(self._file)),)
            case requests.Flush() | requests.Release() | requests.ReleaseDir() | requests.Forget():
                return ()
            case _:
                raise OSError(errno.ENOSYS, "not for an image")

    def _meet(self, kind: str, offset: int, length: int | None) -> None:
        self._faults.meet(kind, offset=offset, length=length)

    def _attributes(self, nodeid: int) -> Attr:
        if nodeid == ROOT_NODEID:
            return Attr(ino=ROOT_NODEID, mode=stat.S_IFDIR | 0o700, nlink=2)
        status = os.fstat(self._file)
        return Attr(
            ino=_DISK_NODEID,
            mode=stat.S_IFREG | 0o600,
            size=status.st_size,
            blocks=status.st_blocks,
            mtime_ns=status.st_mtime_ns,
        )


class FaultAttributes:
    """The faults as a tree of the two attributes that a volume has in `inject`."""

    modes: Mapping[str, int] = MappingProxyType(
        {attribute.name: attribute.access.value for attribute in INJECT_ATTRIBUTES}
    )

    def __init__(self, faults: FaultSet) -> None:
        self._faults = faults

    def read(self, path: str) -> bytes:
        """Return the active faults, one line each."""
        return self._faults.active().encode()

    def write(self, path: str, data: bytes, uid: int, pid: int) -> None:
        """Obey one command; raise ValueRefused."""
        self._faults.command(data.decode("utf-8", "surrogateescape"))

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Do nothing: neither attribute can be polled."""


_ENTRIES = (
    DirectoryEntry(b".", ROOT_NODEID, stat.S_IFDIR, 1),
    DirectoryEntry(b"..", ROOT_NODEID, stat.S_IFDIR, 2),
    DirectoryEntry(DISK, _DISK_NODEID, stat.S_IFREG, 3),
)


def serve_image(image: Path, image_mount: Path, faults_mount: Path, ready_fd: int | None) -> None:
    """Serve until SIGTERM or until both mounts are gone; ends the process."""
    wakeups = Wakeups(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with reporting_failure(ready_fd):
        faults = FaultSet(MonotonicClock())
        connections = _mount_both(image, image_mount, faults_mount, faults)
    report_ready(ready_fd, {})
    for connection in connections:
        connection.when_closed(wakeups.call)
    while not all(connection.closed for connection in connections):
        if signal.SIGTERM in wakeups.wait():
            break
    faults.command("clear")
    for connection in connections:
        try:
            connection.unmount()
        except MountFailed:
            traceback.print_exc()
    os._exit(0)


def _mount_both(
    image: Path, image_mount: Path, faults_mount: Path, faults: FaultSet
) -> list[Connection]:
    served: list[Connection] = []
    try:
        for filesystem, point, subtype in (
            (ImageFilesystem(image, faults), image_mount, IMAGE_SUBTYPE),
            (TreeFilesystem(FaultAttributes(faults)), faults_mount, FAULTS_SUBTYPE),
        ):
            options = MountOptions(source=str(image), subtype=subtype)
            connection = Connection.mount(point, options, max_background=_MAX_BACKGROUND)
            serve(connection, filesystem, on_crash=traceback.print_exception)
            served.append(connection)
    except BaseException:
        for connection in served:
            connection.unmount()
        raise
    return served


def main() -> None:
    """Read the command line of the process and serve."""
    parser = argparse.ArgumentParser(prog="vexfsctl.lab.image", description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("image_mount", type=Path)
    parser.add_argument("faults_mount", type=Path)
    parser.add_argument("--ready-fd", type=int)
    options = parser.parse_args()
    serve_image(options.image, options.image_mount, options.faults_mount, options.ready_fd)


if __name__ == "__main__":
    main()
