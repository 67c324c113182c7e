"""Where a volume is to be: checks of its source, its mount point, its name and its log."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.devices.mountinfo import mount_of, read_mounts
from vexfsctl.driver.passthrough.nodes.own_state import filesystem_of_kernel_state
from vexfsctl.driver.volume.leftovers import DATA_SUBTYPE, mount_point_of
from vexfsctl.exceptions import InvalidInput

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Places:
    """Absolute paths, symbolic links followed."""

    source: Path
    mountpoint: Path


def check_places(source: Path, mountpoint: Path) -> Places:
    """Return where the volume will be; raise InvalidInput where it cannot.

    The mount point itself is not looked into: what a killed driver left there may hang.
    """
    places = Places(_directory("source", source), Path(mount_point_of(mountpoint)))
    if places.mountpoint.is_relative_to(places.source):
        # The volume would contain itself: its driver would wait for its own answers.
        raise InvalidInput(
            f"the mount point {places.mountpoint} lies inside the source {places.source}"
        )
    if places.source.is_relative_to(places.mountpoint):
        raise InvalidInput(
            f"the source {places.source} lies inside the mount point {places.mountpoint}, "
            "which would hide it"
        )
    on = mount_of(places.source, read_mounts())
    if on is not None and on.fs_type.startswith(f"fuse.{DATA_SUBTYPE}"):
        raise InvalidInput(f"the source {places.source} is itself on a VexFS mount")
    _check_is_storage(places.source)
    return places


def check_mount_point(mountpoint: Path) -> None:
    """Raise InvalidInput unless *mountpoint* is a directory; touches it."""
    _directory("mount point", mountpoint, hint=f"mkdir -p {shlex.quote(str(mountpoint))}")


def check_log(log_to: str | None, places: Places) -> None:
    """Raise InvalidInput for a log file inside the volume: each record would make another one."""
    if log_to is not None and Path(os.path.realpath(log_to)).is_relative_to(places.mountpoint):
        raise InvalidInput(f"the log {log_to} would lie inside the volume")


def choose_name(name: str | None, places: Places) -> str:
    """Return *name*, else the last component of the mount point, whatever else is mounted.

    Raises InvalidInput for what cannot be the name of a volume.
    """
    if name is None:
        name = places.mountpoint.name
        problem = f"the mount point {places.mountpoint} does not give the volume a name"
    else:
        problem = f"not a name for a volume: {name!r}"
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            problem, hint="--name NAME: letters, digits and any of _ . : + -, at most 64"
        )
    return name


def _check_is_storage(source: Path) -> None:
    try:
        descriptor = os.open(source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as cause:
        raise InvalidInput(f"cannot use {source} as source: {cause.strerror}") from cause
    try:
        type_ = filesystem_of_kernel_state(descriptor)
    finally:
        os.close(descriptor)
    if type_ is not None:
        raise InvalidInput(
            f"the source {source} is on {type_}, which stores nothing: it shows the kernel's state",
            hint="it would answer the driver, with the driver's rights, instead of its callers",
        )


def _directory(what: str, path: Path, *, hint: str | None = None) -> Path:
    try:
        resolved = path.resolve(strict=True)
        if resolved.is_dir():
            # What may not be searched fails here and not in the middle of mounting.
            os.stat(resolved / ".")
            return resolved
    except (OSError, RuntimeError) as cause:
        # RuntimeError: symbolic links in a circle, before Python 3.13.
        reason = cause.strerror if isinstance(cause, OSError) else cause
        raise InvalidInput(f"cannot use {path} as {what}: {reason}", hint=hint) from cause
    raise InvalidInput(f"the {what} {path} is not a directory", hint=hint)
