"""Put a lab together and take it apart.

`bring_up` makes the parts from bottom to top, `take_down` removes the existing ones from top to
bottom. It asks the kernel what exists instead of remembering what was made, so it also removes
what a killed `bring_up` or a killed driver left.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.devices.loop import attach
from vexfsctl.devices.mkfs import make_ext4
from vexfsctl.devices.mountinfo import read_mounts
from vexfsctl.devices.mounts import make_mount
from vexfsctl.driver.fuse import require_fuse
from vexfsctl.driver.volume.daemon import START_TIMEOUT_S, VolumeOptions, start_volume
from vexfsctl.exceptions import FacilityUnavailable, InvalidInput, LabFailed, VexfsctlException
from vexfsctl.lab import removal
from vexfsctl.lab.layout import LabKind, Layout, existing_labs, require_own
from vexfsctl.lab.processes import SERVER_MODULE
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.sources.kmsg import kmsg_unavailable
from vexfsctl.system.background import own_module, start_in_background
from vexfsctl.system.directories import require_runtime_directory
from vexfsctl.system.directory_lock import hold_directory
from vexfsctl.system.signals import ending_as_interrupt, held

DEFAULT_SIZE = 128 << 20
"""Bytes; the image is sparse, so this is an upper bound of its space on disk."""
_LOCK_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Lab:
    """The present state of a lab."""

    name: str
    kind: LabKind
    volume: str
    """Name of its volume in the attribute tree; the same as the lab's name."""
    mountpoint: Path
    backing: Path
    device: str | None
    """Node of its loop device; None if none is attached."""
    image: Path | None
    """None for a plain lab."""
    mounted: bool
    """Whether its volume is mounted."""


def describe(layout: Layout) -> Lab:
    """Return the present state of the lab at *layout*."""
    points = {mount.mount_point for mount in read_mounts()}
    device = removal.loop_device(layout)
    return Lab(
        name=layout.name,
        kind=layout.kind,
        volume=layout.name,
        mountpoint=layout.mountpoint,
        backing=layout.backing,
        device=str(device) if device else None,
        image=layout.image_file if layout.kind is LabKind.DEVICE else None,
        mounted=str(layout.mountpoint) in points,
    )


def list_labs() -> tuple[Lab, ...]:
    """Return all labs of this user and of root, complete or not."""
    return tuple(describe(layout) for layout in existing_labs())


def bring_up(
    layout: Layout,
    *,
    size: int | None = None,
    log_to: str | None = None,
    config_file: Path | None = None,
    timeout_s: float = START_TIMEOUT_S,
) -> Lab:
    """Make the lab at *layout*; what was made is removed again if a part fails.

    *size* is the size of its device in bytes; its driver reads *config_file* instead of the
    standard configuration; *timeout_s* is for each of its processes to start. Raises
    FacilityUnavailable if loop devices or FUSE are unavailable, InvalidInput if a size is given for
    a plain lab, LabFailed if a lab of that name exists.
    """
    _check_machine(layout)
    if layout.kind is LabKind.PLAIN and size is not None:
        raise InvalidInput("a plain lab has no device to give a size to", hint="without --size")
    with ending_as_interrupt():
        _claim(layout)
        try:
            with hold_directory(layout.directory, timeout_s=_LOCK_TIMEOUT_S):
                size = DEFAULT_SIZE if size is None else size
                _build(layout, size, log_to, config_file, timeout_s)
        except BaseException as cause:
            _undo(layout, cause)
            raise
    return describe(layout)


def take_down(layout: Layout, *, patience_s: float = removal.PATIENCE_S) -> bool:
    """Remove the lab at *layout* and all its parts; return whether there was one.

    Delayed requests are released first, or nothing above them could end. Each part gets
    *patience_s* to end by itself. Raises LabFailed with what could not be removed; the same call,
    later, continues from there. Raises FacilityUnavailable for another user's lab.
    """
    if not layout.directory.exists():
        return False
    require_own(layout)
    with hold_directory(layout.directory, timeout_s=_LOCK_TIMEOUT_S):
        failures = list(_failures_of(removal.steps(layout, patience_s)))
        if failures:
            raise LabFailed(
                f"lab {layout.name} is not gone: " + "; ".join(failures),
                hint=f"vexfsctl lab down --name {layout.name}, again, when that has ended",
            )
    # Leaving a hold removes the directory if it is empty by then.
    for directory in (layout.labs, layout.labs.parent):
        with hold_directory(directory, timeout_s=_LOCK_TIMEOUT_S):
            pass
    return True


def _undo(layout: Layout, cause: BaseException) -> None:
    try:
        with held():
            take_down(layout)
    except VexfsctlException as failure:
        cause.add_note(failure.message)


def _claim(layout: Layout) -> None:
    """Make the lab's directory, which is how its name is taken."""
    with hold_directory(layout.labs, timeout_s=_LOCK_TIMEOUT_S):
        try:
            layout.directory.mkdir(mode=0o755)
        except FileExistsError:
            raise LabFailed(
                f"there is a lab {layout.name!r} already",
                hint=f"vexfsctl lab down --name {layout.name}",
            ) from None


def _build(
    layout: Layout, size: int, log_to: str | None, config_file: Path | None, timeout_s: float
) -> None:
    for directory in layout.directories:
        directory.mkdir(mode=0o755)
    if layout.kind is LabKind.DEVICE:
        _make_image(layout, size, timeout_s)
        device = attach(layout.disk)
        make_ext4(device, label=layout.name)
        make_mount(device, layout.backing, "ext4", ("noatime",))
    start_volume(
        VolumeOptions(
            source=layout.backing,
            mountpoint=layout.mountpoint,
            name=layout.name,
            log_to=log_to or _log_target(layout),
            config_file=config_file,
            allow_inject=layout.kind is LabKind.PLAIN,
        ),
        timeout_s=timeout_s,
    )


def _log_target(layout: Layout) -> str:
    """Return the kernel log, or else a file that is removed with the lab."""
    return str(layout.log) if kmsg_unavailable() else SOURCE_NAME


def _make_image(layout: Layout, size: int, timeout_s: float) -> None:
    # It may contain what others may not read in the volume.
    image = os.open(layout.image_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.truncate(image, size)
    except OSError as cause:
        raise LabFailed(f"cannot make a device of {size} bytes: {cause.strerror}") from cause
    finally:
        os.close(image)
    places = (layout.image_file, layout.image_mount, layout.faults)
    start_in_background([*own_module(SERVER_MODULE), *map(str, places)], timeout_s=timeout_s)


def _failures_of(steps: Iterator[Callable[[], None]]) -> Iterator[str]:
    """Carry out *steps* in order, up to the first that fails."""
    for step in steps:
        try:
            step()
        except VexfsctlException as failure:
            yield failure.message
            return


def _check_machine(layout: Layout) -> None:
    require_fuse()
    require_runtime_directory(layout.runtime)
    if layout.kind is LabKind.PLAIN:
        return
    if os.geteuid() != 0:
        raise FacilityUnavailable(
            "a lab on a device needs root: it attaches a loop device and makes a filesystem",
            hint="a plain lab does not: vexfsctl lab up --plain",
        )
    if not Path("/dev/loop-control").exists():
        raise FacilityUnavailable(
            "a lab needs loop devices, and /dev/loop-control does not exist",
            hint="vexfsctl lab up --plain does not; else modprobe loop, "
            "or in a container, give it the host's /dev",
        )
