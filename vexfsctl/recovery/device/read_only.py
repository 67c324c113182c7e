"""Read-only mode: stop all writes to a device, starting with its filesystems.

BLKROSET under a mounted filesystem protects nothing (a write reached the medium), so everything
mounted from the device, or from a device made from it, is remounted read-only with mount(8). The
device itself is set read-only only if nothing holds it: an open with O_EXCL tells, and also sees
mounts of other namespaces, swap, LVM and RAID.
"""

import errno
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from vexfsctl.devices import sectors
from vexfsctl.devices.block import named_device_number, node_device_number
from vexfsctl.devices.disks import BlockDevice
from vexfsctl.devices.mountinfo import (
    Mount,
    may_write,
    mount_at,
    read_mounts,
    write_refusal,
)
from vexfsctl.devices.mounts import remount_read_only
from vexfsctl.devices.topology import devices_above
from vexfsctl.exceptions import FacilityUnavailable, NotFound, VexfsctlException
from vexfsctl.recovery.device.medium import Medium
from vexfsctl.recovery.plan.steps import Outcome, StepResult


def enforce_read_only(medium: Medium) -> StepResult:
    """Remount what is mounted from the device read-only, or set the device read-only."""
    if os.geteuid() != 0:
        return StepResult(Outcome.REFUSED, "setting a device or a mount read-only needs root")
    mounts = mounts_of(medium.device)
    if any(may_write(each) for each in mounts):
        return _remount(medium.device, mounts)
    if refusing := [each for each in mounts if write_refusal(each)]:
        words = "; ".join(f"{each.mount_point} has gone {write_refusal(each)}" for each in refusing)
        return StepResult(
            Outcome.OK,
            f"nothing writes to {medium.device.path} any more: {words}",
            evidence=tuple(_line(each) for each in mounts),
            details=_details(medium.device, mounts),
        )
    return _set_device(medium, mounts)


def mounts_of(device: BlockDevice) -> tuple[Mount, ...]:
    """Return one mount for each filesystem on *device* and on the devices made from it.

    Of the device alone if the tree of devices cannot be read.
    """
    try:
        names = devices_above(device.name)
    except (NotFound, FacilityUnavailable):
        names = ()
    numbers = {number for name in names if (number := named_device_number(name))}
    return mounts_from(numbers | {device.number}, read_mounts())


def mounts_from(numbers: Collection[str], mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Return one mount for each superblock on a device of *numbers*, a reachable one if possible.

    By number, or by node if the superblock has an anonymous number (btrfs).
    """
    found: dict[tuple[int, int], Mount] = {}
    for mount in mounts:
        anonymous = mount.device[0] == 0 and mount.source.startswith("/dev/")
        number = node_device_number(mount.source) if anonymous else mount.device_number
        if number not in numbers:
            continue
        known = found.setdefault(mount.device, mount)
        if mount_at(known.mount_point, mounts) != known:
            found[mount.device] = mount
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Remounted:
    """One filesystem after the attempt to remount it."""

    mount: Mount
    problem: str | None
    """Why it still writes; None if it does not."""
    hint: str | None = None


def _remount(device: BlockDevice, mounts: Sequence[Mount]) -> StepResult:
    tried = [_remount_one(each) for each in mounts if may_write(each)]
    done = [each.mount.mount_point for each in tried if each.problem is None]
    failed = [each for each in tried if each.problem is not None]
    words = [f"{', '.join(done)} remounted read-only"] if done else []
    words += [f"{each.mount.mount_point} still writes: {each.problem}" for each in failed]
    return StepResult(
        Outcome.FAILED if failed else Outcome.OK,
        "; ".join(words),
        evidence=(
            *(_line(each) for each in _again(mounts)),
            *(each.hint for each in failed if each.hint),
        ),
        details=_details(device, _again(mounts))
        | {"remounted": done, "undo": [f"mount -o remount,rw {point}" for point in done]},
        changed=bool(done),
    )


def _remount_one(mount: Mount) -> _Remounted:
    try:
        remount_read_only(mount.mount_point)
    except VexfsctlException as failure:
        return _Remounted(mount, failure.message, failure.hint)
    if any(may_write(each) for each in _again([mount])):
        return _Remounted(mount, "mount(8) reported success, but mountinfo shows it read-write")
    return _Remounted(mount, None)


def _again(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """*mounts* as they are now."""
    ids = {each.mount_id for each in mounts}
    return tuple(each for each in read_mounts() if each.mount_id in ids)


def _set_device(medium: Medium, mounts: Sequence[Mount]) -> StepResult:
    """Set the device read-only; if nothing is mounted, only while nobody else can take it."""
    device = medium.device
    details = _details(device, mounts)
    answer = medium.ask(_switch, flags=0 if mounts else os.O_EXCL)
    if not answer.answered:
        message = f"setting {device.path} read-only: {answer.words}"
        return StepResult(Outcome.ABANDONED, message, details=details)
    if answer.errno == errno.EBUSY:
        return StepResult(
            Outcome.REFUSED,
            f"{device.path} is in use by something this process does not see as a mount",
            evidence=("a mount of another namespace or container, swap, LVM or RAID: see lsblk",),
            details=details,
        )
    if answer.errno is not None:
        message = f"{device.path} could not be set read-only: {answer.words}"
        return StepResult(Outcome.FAILED, message, details=details)
    was_read_only, is_read_only = answer.value
    if not is_read_only:
        message = f"{device.path} was set read-only, but is not"
        return StepResult(Outcome.FAILED, message, details=details, changed=not was_read_only)
    if was_read_only:
        return StepResult(Outcome.OK, f"{device.path} was read-only already", details=details)
    return StepResult(
        Outcome.OK,
        f"{device.path} set read-only",
        evidence=("the kernel says so (BLKROGET)", *(_line(each) for each in mounts)),
        details=details | {"undo": [f"blockdev --setrw {device.path}"]},
        changed=True,
    )


def _switch(descriptor: int) -> tuple[bool, bool]:
    """Set it; return the values before and after."""
    before = sectors.is_read_only(descriptor)
    if not before:
        sectors.set_read_only(descriptor)
    return before, sectors.is_read_only(descriptor)


def _line(mount: Mount) -> str:
    options = ",".join(mount.super_options)
    return f"{mount.fs_type} at {mount.mount_point}: {options}"


def _details(device: BlockDevice, mounts: Sequence[Mount]) -> dict[str, Any]:
    return {
        "device": str(device.path),
        "mounts": [
            {
                "mount_point": each.mount_point,
                "fs_type": each.fs_type,
                "options": list(each.super_options),
            }
            for each in mounts
        ],
    }
