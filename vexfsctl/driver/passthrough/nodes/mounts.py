"""Which inode is behind a descriptor: its mount, and a key that no other inode ever has.

An inode number alone is no key: it is used again at once. A file handle is one, even where it
cannot be opened; where the filesystem gives none, number and time of birth together stand in.
"""

import errno
import os
import struct
import threading

from vexfsctl.driver import system_calls
from vexfsctl.driver.passthrough.nodes.descriptors import Descriptor
from vexfsctl.driver.passthrough.nodes.own_state import filesystem_of_kernel_state

_DEVICE_BITS = 48
_KEY = struct.Struct("=HQ")  # which mount, which number; handle or time of birth follow
_BIRTH = struct.Struct("=q")
_NO_MOUNT_ID = -1
_NO_HANDLE = (errno.EOPNOTSUPP, errno.EINVAL)

_KEEPS_HANDLES = frozenset(
    {
        0xEF53,  # ext2, ext3, ext4
        0x58465342,  # xfs
        0x9123683E,  # btrfs
        0xF2F52010,  # f2fs
        0xCA451A4E,  # bcachefs
        0x01021994,  # tmpfs
    }
)
"""Filesystems (f_type of statfs(2), linux/magic.h) whose handles open an inode that no cache holds.
With others, vfat among them, a handle can be gone before its file is."""


class Mount:
    """One filesystem where it is mounted in the source."""

    __slots__ = ("device", "index", "ino_mask", "keeps_handles", "refused")

    def __init__(
        self, device: int, index: int, ino_mask: int, *, keeps_handles: bool, refused: str | None
    ) -> None:
        self.device = device
        self.index = index
        """Its number among the mounts of the source."""
        self.ino_mask = ino_mask
        """Its inode numbers are XORed with this for applications, who see only one device."""
        self.keeps_handles = keeps_handles
        """Whether `Mounts.open` can open its inodes."""
        self.refused = refused
        """The type of a filesystem that no volume serves, None for others."""


def inode_number(key: bytes) -> int:
    """Return the number of the inode that has *key*."""
    return int(_KEY.unpack_from(key)[1])


class Mounts:
    """The mounts in a source directory, as they are met. Thread-safe.

    *source* is open on it, not with O_PATH. Without *handles*, no mount keeps handles.
    """

    def __init__(self, source: Descriptor, *, handles: bool = True) -> None:
        self._source = source
        self._known: dict[tuple[int, int], Mount] = {}
        self._devices: dict[int, int] = {}
        self._lock = threading.Lock()
        self._may_open = handles and self._can_open()

    def identify(self, descriptor: int, status: os.stat_result) -> tuple[Mount, bytes]:
        """Return the mount and the key of the open inode that has *status*.

        Raises OSError: EACCES if it is on a filesystem that no volume serves.
        """
        handle, mount_id, opens = _distinction(descriptor)
        mount = self._known.get((status.st_dev, mount_id))
        if mount is None:
            mount = self._meet(descriptor, status.st_dev, mount_id, opens=opens)
        if mount.refused is not None:
            raise OSError(errno.EACCES, f"{mount.refused} is not served")
        return mount, _KEY.pack(mount.index, status.st_ino) + handle

    def open(self, key: bytes) -> int:
        """Open with O_PATH the inode that has *key*, on a mount that keeps handles.

        Only the server itself may (CAP_DAC_READ_SEARCH), not a thread that acts as a user. Raises
        OSError: ESTALE if there is no such inode any more.
        """
        flags = os.O_PATH | os.O_CLOEXEC
        try:
            return system_calls.open_handle(self._source.number, key[_KEY.size :], flags)
        except OSError as cause:
            # So iget_locked() answers for a number that is just being used again (I_CREATING).
            if cause.errno == errno.ENOMEM:
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE)) from cause
            raise

    def _can_open(self) -> bool:
        try:
            number = self._source.number
            handle, self._source_mount_id = system_calls.file_handle(number)
            os.close(system_calls.open_handle(number, handle, os.O_PATH | os.O_CLOEXEC))
        except OSError:
            return False
        return True

    def _meet(self, descriptor: int, device: int, mount_id: int, *, opens: bool) -> Mount:
        """Return the mount of an open inode, the first of it that was seen."""
        # Through the source's mount, another one's options (read-only) would not hold.
        opens = opens and self._may_open and mount_id == self._source_mount_id
        keeps_handles = opens and system_calls.filesystem_type(descriptor) in _KEEPS_HANDLES
        refused = filesystem_of_kernel_state(descriptor)
        with self._lock:
            mount = Mount(
                device,
                len(self._known),
                self._devices.setdefault(device, len(self._devices)) << _DEVICE_BITS,
                keeps_handles=keeps_handles,
                refused=refused,
            )
            return self._known.setdefault((device, mount_id), mount)


def _distinction(descriptor: int) -> tuple[bytes, int, bool]:
    """Return what tells an open inode from others of its number, the id of its mount, and whether
    that is a handle by which it can be opened.
    """
    for flags in (0, system_calls.AT_HANDLE_FID):
        try:
            return *system_calls.file_handle(descriptor, flags), not flags
        except OSError as cause:
            if cause.errno not in _NO_HANDLE:
                raise
    return _BIRTH.pack(system_calls.birth_time_ns(descriptor)), _NO_MOUNT_ID, False
