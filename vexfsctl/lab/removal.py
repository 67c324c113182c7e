"""Remove the parts of a lab that exist, from top to bottom."""

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from vexfsctl.devices.fusectl import abort_connection
from vexfsctl.devices.loop import attached_devices, detach
from vexfsctl.devices.mountinfo import Mount, read_mounts
from vexfsctl.devices.mounts import unmount
from vexfsctl.driver.volume.leftovers import clear_volume, find_volume, mounted_volumes, stop_volume
from vexfsctl.exceptions import (
    DeadlineExceeded,
    FacilityUnavailable,
    LabFailed,
    MountFailed,
    VexfsctlException,
    VolumeNotFound,
)
from vexfsctl.lab.faults import clear
from vexfsctl.lab.layout import LabKind, Layout
from vexfsctl.lab.processes import LabProcess, drivers, image_servers

PATIENCE_S = 5.0
"""How long each part may take to end by itself."""


def steps(layout: Layout, patience_s: float) -> Iterator[Callable[[], None]]:
    """Yield the steps that remove the lab, in order; a part gets *patience_s* to end by itself."""
    yield lambda: _release_requests(layout)
    yield lambda: _remove_volume(layout, patience_s)
    yield lambda: _end_all(drivers(layout), patience_s)
    yield lambda: _remove_dead_tree(layout)
    yield lambda: _unmount_backing(layout)
    yield lambda: _detach_device(layout, patience_s)
    yield lambda: _end_all(image_servers(layout), patience_s)
    yield lambda: _cut_off(layout)
    yield lambda: _remove_files(layout)


def loop_device(layout: Layout) -> Path | None:
    """Return the node of the loop device of *layout*; None if none is attached."""
    served = str(layout.disk)
    return next(
        (found.device for found in attached_devices() if found.backing_file == served),
        None,
    )


def _release_requests(layout: Layout) -> None:
    """Release delayed requests; if the image server does not answer, make all fail at once.

    It may be stopped or gone: everything above would wait for it.
    """
    try:
        clear(layout)
    except VexfsctlException:
        for mount in _mounts_at(layout.image_mount):
            abort_connection(mount)


def _remove_volume(layout: Layout, patience_s: float) -> None:
    with contextlib.suppress(VolumeNotFound):
        try:
            stop_volume(str(layout.mountpoint), timeout_s=patience_s)
        except (MountFailed, DeadlineExceeded):
            clear_volume(find_volume(str(layout.mountpoint)))


def _remove_dead_tree(layout: Layout) -> None:
    """Remove the tree of a driver that was killed while its data was not mounted.

    A volume of this name that is live, or mounted elsewhere, is not this lab's.
    """
    for volume in mounted_volumes():
        ours = volume.name == layout.name and volume.uid == os.geteuid()
        if ours and not volume.data and not volume.is_live():
            clear_volume(volume)


def _end_all(processes: tuple[LabProcess, ...], patience_s: float) -> None:
    for process in processes:
        process.signal(signal.SIGTERM)
        # A stopped process could not handle it.
        process.signal(signal.SIGCONT)
        if not process.wait(patience_s):
            process.signal(signal.SIGKILL)
            if not process.wait(patience_s):
                raise LabFailed(f"process {process.process.pid} did not end")


def _unmount_backing(layout: Layout) -> None:
    for mount in _mounts_at(layout.backing):
        try:
            unmount(mount.mount_point)
        except (MountFailed, DeadlineExceeded):
            # It stays while somebody uses it; the device then says so.
            with contextlib.suppress(MountFailed):
                unmount(mount.mount_point, lazy=True)


def _detach_device(layout: Layout, patience_s: float) -> None:
    device = loop_device(layout)
    if device is not None:
        detach(device, timeout=patience_s)


def _cut_off(layout: Layout) -> None:
    for point in (layout.image_mount, layout.faults):
        for mount in _mounts_at(point):
            with contextlib.suppress(FacilityUnavailable):
                abort_connection(mount)
            with contextlib.suppress(MountFailed):
                unmount(mount.mount_point, lazy=True)


def _mounts_at(point: Path) -> Iterator[Mount]:
    return (mount for mount in reversed(read_mounts()) if mount.mount_point == str(point))


def _remove_files(layout: Layout) -> None:
    try:
        if layout.kind is LabKind.PLAIN and layout.backing.exists():
            _remove_plain_files(layout.backing)
        # One by one and never recursively: what should be an empty mount point may not be one.
        for file in (layout.image_file, layout.log, layout.log.with_name(f"{layout.log.name}.1")):
            file.unlink(missing_ok=True)
        for directory in layout.mount_points:
            with contextlib.suppress(FileNotFoundError):
                directory.rmdir()
    except OSError as cause:
        raise LabFailed(f"cannot remove {cause.filename}: {cause.strerror}") from cause


def _remove_plain_files(top: Path) -> None:
    """Remove *top* with everything in it, except what somebody mounted there."""
    for mount in read_mounts():
        if Path(mount.mount_point).is_relative_to(top):
            raise LabFailed(f"{mount.source or mount.fs_type} is mounted on {mount.mount_point}")
    if os.geteuid() != 0:
        _make_removable(top)
    shutil.rmtree(top)


def _make_removable(top: Path) -> None:
    """Reset modes that keep the owner from emptying directories."""
    for directory, names, _ in os.walk(top):
        for name in names:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(0o700)
