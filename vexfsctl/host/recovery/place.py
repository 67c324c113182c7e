"""Where the steps of a recovery would run: devices, mounts, the live volume."""

from pathlib import Path

from vexfsctl.devices.block import device_name, node_device_number
from vexfsctl.devices.disks import (
    BlockDevice,
    describe_block_device,
    read_block_device,
    start_on_disk,
)
from vexfsctl.devices.rescan import rescan_attribute
from vexfsctl.exceptions import FacilityUnavailable, InvalidInput
from vexfsctl.host.device_finder import related_here
from vexfsctl.host.recovery.request import Place
from vexfsctl.host.recovery.subject import FoundSubject
from vexfsctl.recovery.device.read_only import mounts_of
from vexfsctl.recovery.plan.failing_ranges import REQUEST_BYTES, clip_and_join
from vexfsctl.recovery.plan.recovery_plan import Circumstances, RangeSource
from vexfsctl.recovery.plan.steps import ByteRange


def look_at_device(path: Path | None, *, to_read: bool) -> BlockDevice | None:
    """Return what the block device at *path* is; *to_read*: this user must be able to read it.

    Raises what `read_block_device` raises. A plan needs only what /sys shows to everybody.
    """
    if path is None:
        return None
    try:
        return read_block_device(path)
    except FacilityUnavailable:
        if to_read:
            raise
    number = node_device_number(path)
    return None if number is None else describe_block_device(path, number)


def device_of(found: FoundSubject) -> Path | None:
    """Return the node of the device under the live volume of the subject found."""
    status = found.volume.status if found.volume is not None else None
    name = device_name(status.device) if status is not None and status.device else None
    return None if name is None else Path("/dev") / name


def circumstances_at(
    place: Place, device: BlockDevice | None, found: FoundSubject
) -> Circumstances:
    """Return what is known about *place*, whose device is *device*, for the subject *found*."""
    if device is None:
        return Circumstances(volume=found.volume)
    ranges, source = _ranges(found, place, device)
    return Circumstances(
        device=device,
        fallback=look_at_device(place.fallback, to_read=False),
        mounts=mounts_of(device),
        belongs_to=_other_device(found, device),
        restart_refusal=_restart_refusal(device),
        volume=found.volume,
        ranges=ranges,
        ranges_from=source,
    )


def _other_device(found: FoundSubject, device: BlockDevice) -> str | None:
    """The node of the volume's device, unless *device* is it, is below it, or is made from it."""
    node = device_of(found)
    if node is None:
        return None
    related = related_here(node.name)
    return None if not related or device.name in related else str(node)


def _ranges(
    found: FoundSubject, place: Place, device: BlockDevice
) -> tuple[tuple[ByteRange, ...], RangeSource]:
    if place.offset is not None or place.length is not None:
        length = REQUEST_BYTES if place.length is None else place.length
        if not length:
            raise InvalidInput("a range of 0 bytes cannot be read", hint="--length 4096, 64KiB, …")
        asked = ByteRange(place.offset or 0, length)
        given = clip_and_join([asked], device.size)
        if not given:
            raise InvalidInput(
                f"offset {asked.offset} is beyond the {device.size} bytes of {device.path}"
            )
        return given, RangeSource.GIVEN
    logged = found.failing_ranges(_starts(device), device.size)
    return (logged, RangeSource.KERNEL_LOG) if logged else ((), RangeSource.SAMPLE)


def _starts(device: BlockDevice) -> dict[str, int]:
    """Names that the kernel uses for *device*, and the byte at which it begins there."""
    return {device.disk: start_on_disk(device), device.name: 0}


def _restart_refusal(device: BlockDevice) -> str | None:
    try:
        rescan_attribute(device)
    except FacilityUnavailable as refusal:
        return refusal.message
    return None
