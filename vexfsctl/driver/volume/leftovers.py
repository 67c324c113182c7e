"""The mounts of volumes, found without touching them, and ways to end them.

A volume is two FUSE mounts: the data (type `fuse.vexfs`) and its attribute tree (type
`fuse.vexfs-sysfs`), both with the volume's name as source. A driver that was killed leaves them
behind: they answer ENOTCONN or, if calls were stuck in them, not at all (measured on Linux 6.18).
"""

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.devices.fusectl import connection_of
from vexfsctl.devices.mountinfo import Mount, mount_at, read_mounts, resolve_parent
from vexfsctl.devices.mounts import unmount
from vexfsctl.driver.volume.ownership import give_up_ownership, owner
from vexfsctl.exceptions import (
    DeadlineExceeded,
    FacilityUnavailable,
    InvalidInput,
    MountFailed,
    VolumeNotFound,
)
from vexfsctl.model.volume import Presence, clear_command
from vexfsctl.sysfs.tree import read_volumes
from vexfsctl.system.access import WITH_SUDO, Viewer
from vexfsctl.system.directories import driver_root
from vexfsctl.system.patience import Patience

DATA_SUBTYPE = "vexfs"
TREE_SUBTYPE = "vexfs-sysfs"
STOP_TIMEOUT_S = 15.0
_LIVENESS_S = 2.0
_POLL_S = 0.02
_MAX_LINKS = 40
_MAY_LIVE = (Presence.PRESENT, Presence.BUSY, Presence.UNRESPONSIVE)
_DATA_TYPE, _TREE_TYPE = f"fuse.{DATA_SUBTYPE}", f"fuse.{TREE_SUBTYPE}"


@dataclass(frozen=True, slots=True)
class VolumeMounts:
    """The mounts of one userspace volume, whether or not its driver is alive."""

    name: str
    uid: int
    """Uid that runs its driver. Two users may have volumes of the same name."""
    mounts: tuple[Mount, ...]
    """The newest first, including bind mounts of it."""

    @property
    def data(self) -> tuple[Mount, ...]:
        """The mounts that applications use."""
        return tuple(mount for mount in self.mounts if mount.fs_type == _DATA_TYPE)

    @property
    def tree(self) -> Path:
        """Directory of its attributes."""
        for mount in self.mounts:
            if mount.fs_type == _TREE_TYPE:
                return Path(mount.mount_point)
        return driver_root(os.environ, self.uid) / self.name

    def is_at(self, point: str) -> bool:
        """Whether it is mounted on *point*, written as in mountinfo."""
        return any(mount.mount_point == point for mount in self.mounts)

    def is_live(self) -> bool:
        """Whether it has a driver: one that answers, or is only slow, stopped, or starting.

        One that does not answer and cannot be seen, as in another pid namespace, may run.
        """
        tree = self.tree
        if owner(tree) is not None:
            return True
        found = read_volumes([tree.parent], names=[tree.name], timeout_s=_LIVENESS_S)
        return any(volume.presence in _MAY_LIVE and not volume.abandoned for volume in found)


def mounted_volumes(mounts: Iterable[Mount] | None = None) -> tuple[VolumeMounts, ...]:
    """Return every userspace volume that has mounts. Never hangs."""
    found: dict[tuple[str, int], list[Mount]] = {}
    for mount in reversed(tuple(read_mounts() if mounts is None else mounts)):
        if mount.fs_type in (_DATA_TYPE, _TREE_TYPE):
            found.setdefault((mount.source, _user_of(mount)), []).append(mount)
    return tuple(VolumeMounts(name, uid, tuple(of_it)) for (name, uid), of_it in found.items())


def find_volume(target: str) -> VolumeMounts:
    """Return the volume called *target* or mounted there; of two, this user's.

    Raises VolumeNotFound if there is none. No mount point is touched, so this never hangs.
    """
    volumes = mounted_volumes()
    named = [volume for volume in volumes if volume.name == target]
    named = [volume for volume in named if volume.uid == os.geteuid()] or named
    if len(named) > 1:
        points = " and ".join(mount.mount_point for each in named for mount in each.data)
        raise InvalidInput(f"{target} exists twice, on {points}", hint="give its mount point")
    point = mount_point_of(target)
    for volume in (*named, *(volume for volume in volumes if volume.is_at(point))):
        return volume
    raise VolumeNotFound(
        f"no mounted volume is called {target} or mounted there", hint="vexfsctl volume list"
    )


def mount_point_of(path: str | Path) -> str:
    """Return where a mount on *path* would be listed, symbolic links followed.

    The mount itself is not asked: readlink(2) of a mount point never reaches its server.
    """
    point = resolve_parent(path)
    for _ in range(_MAX_LINKS):
        try:
            target = os.readlink(point)
        except OSError:
            break
        point = resolve_parent(os.path.join(os.path.dirname(point), target))  # noqa: PTH118
    return point


def _require_own(volume: VolumeMounts) -> None:
    viewer = Viewer.of_this_process()
    if viewer.uid not in (0, volume.uid):
        who = viewer.user_name(volume.uid)
        raise MountFailed(f"volume {volume.name} belongs to {who}", hint=WITH_SUDO)


def stop_volume(target: str, *, timeout_s: float = STOP_TIMEOUT_S) -> str:
    """Unmount the volume and wait until its driver has synced and gone; return its name.

    *timeout_s* bounds each wait; a driver that is only busy has longer (`Patience`). Raises
    MountFailed if it is in use, has no driver any more or is another user's, DeadlineExceeded if
    the driver does not end in time.
    """
    volume = find_volume(target)
    _require_own(volume)
    hint = clear_command(volume.name)
    if not volume.is_live():
        raise MountFailed(
            f"the driver of volume {volume.name} is gone: there is nothing to sync", hint=hint
        )
    driver = owner(volume.tree)
    for mount in volume.data:
        # Unmounting is the driver's signal to sync, write its last records and remove the tree.
        try:
            unmount(mount.mount_point, timeout=timeout_s)
        except MountFailed as cause:
            if _is_mounted(mount):
                words = f"{cause.hint or 'see why'}; or {hint}"
                raise MountFailed(cause.message, hint=words) from cause
    patience = Patience(timeout_s, driver.processor_time if driver is not None else lambda: None)
    # It gives up the tree last of all, and ends a moment later.
    while (driver is not None and driver.running) or any(map(_is_mounted, volume.mounts)):
        if patience.left_s() <= 0:
            # Until it has had its time, it may only be waiting for its disk.
            if driver is not None and (patience.busy or patience.passed_s < STOP_TIMEOUT_S):
                hint = f"wait for it: process {driver.pid} may take {STOP_TIMEOUT_S:g} s"
            raise DeadlineExceeded(
                f"volume {volume.name} is unmounted but its driver has not ended", hint=hint
            )
        time.sleep(_POLL_S)
    return volume.name


def clear_volume(volume: VolumeMounts) -> None:
    """Cut off and unmount what is left of *volume*, alive or dead.

    Its calls fail with ENOTCONN at once; nothing is synced. Raises MountFailed.
    """
    for mount in volume.mounts:
        with connection_of(mount) as abort:
            there = _is_mounted(mount)
            # Lazily first: from then on no further process can get stuck in it.
            _detach(mount)
            if there:
                with contextlib.suppress(FacilityUnavailable):
                    abort()
    remove_tree_directory(volume.tree)
    give_up_ownership(volume.tree)


def remove_tree_directory(directory: Path) -> None:
    """Remove the empty directory the tree of a volume was mounted on."""
    with contextlib.suppress(OSError):
        os.rmdir(directory)


def _detach(mount: Mount) -> None:
    top = mount_at(mount.mount_point, read_mounts())
    if top is not None and top.mount_id != mount.mount_id and _is_mounted(mount):
        raise MountFailed(
            f"{top.source or top.fs_type} is mounted over {mount.mount_point}",
            hint=f"umount {mount.mount_point}",
        )
    try:
        unmount(mount.mount_point, lazy=True)
    except MountFailed:
        # Its driver, if alive, unmounts it too: it does not matter who is first.
        if _is_mounted(mount):
            raise


def _is_mounted(mount: Mount) -> bool:
    same = (mount.mount_id, mount.device, mount.mount_point)
    return any((m.mount_id, m.device, m.mount_point) == same for m in read_mounts())


def _user_of(mount: Mount) -> int:
    for option in mount.super_options:
        key, _, value = option.partition("=")
        if key == "user_id" and value.isdecimal():
            return int(value)
    return 0
