"""The tree of block devices: what a device is made from, and what is made from it (pyudev).

Used to keep recoveries off devices that share something. `sysfs_graph` has what commands on a log
need: other names, controllers, members.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vexfsctl.devices.block import device_name
from vexfsctl.devices.loop import backing_file
from vexfsctl.devices.mountinfo import mount_of, read_mounts
from vexfsctl.exceptions import FacilityUnavailable, NotFound
from vexfsctl.model.device_graph import reachable

if TYPE_CHECKING:
    from pyudev import Context, Device


def related_devices(device: str) -> tuple[str, ...]:
    """Kernel names of *device* (`loop0`, `7:0`) and the devices below and above it.

    Itself first, then what it is made from, down to the disk (the disk of a partition, slaves, the
    device under the file of a loop device), then what is made from it (partitions, holders). Other
    devices made from the same disk are not included. Raises NotFound if there is no *device*.
    """
    context = _context()
    start = _find(context, device)
    if start is None:
        raise NotFound(f"no block device {device}")
    name = start.sys_name
    below = reachable(name, lambda each: _below(context, each))
    above = reachable(name, lambda each: _above(context, each))
    return (name, *below, *(each for each in above if each not in below))


def devices_above(device: str) -> tuple[str, ...]:
    """Kernel names of *device* and all devices made from it: its partitions, their holders.

    Raises NotFound if there is no *device*.
    """
    context = _context()
    start = _find(context, device)
    if start is None:
        raise NotFound(f"no block device {device}")
    return (start.sys_name, *reachable(start.sys_name, lambda each: _above(context, each)))


def _below(context: "Context", name: str) -> list[str]:
    device = _find(context, name)
    if device is None:
        return []
    found = _listed(device, "slaves")
    if device.device_type == "partition":
        disk = device.find_parent("block", "disk")
        # Not by truth value: that counts its properties.
        found += [disk.sys_name] if disk is not None else []
    elif name.startswith("loop") and (under := _under_backing_file(name)):
        found.append(under)
    return found


def _above(context: "Context", name: str) -> list[str]:
    device = _find(context, name)
    if device is None:
        return []
    partitions = context.list_devices(subsystem="block", DEVTYPE="partition", parent=device)
    return sorted(each.sys_name for each in partitions if each != device) + _listed(
        device, "holders"
    )


def _under_backing_file(loop: str) -> str | None:
    """The device that the file of *loop* lies on, which holders and slaves do not show."""
    if (file := backing_file(loop)) is None:
        return None
    # By mountinfo: the file may be served by a FUSE server that does not answer.
    mount = mount_of(file, read_mounts())
    return device_name(mount.device_number) if mount else None


def _listed(device: "Device", directory: str) -> list[str]:
    try:
        return sorted(entry.name for entry in (Path(device.sys_path) / directory).iterdir())
    except OSError:
        # Partitions have no slaves; a device may go away meanwhile.
        return []


def _find(context: "Context", device: str) -> "Device | None":
    from pyudev import DeviceNotFoundError, Devices

    try:
        if ":" in device:
            major, minor = (int(part) for part in device.split(":"))
            return Devices.from_device_number(context, "block", os.makedev(major, minor))
        return Devices.from_name(context, "block", device)
    except (DeviceNotFoundError, ValueError, OverflowError):
        return None


def _context() -> "Context":
    # Importing pyudev takes 85 to 100 ms: only the tree needs it.
    try:
        from pyudev import Context

        return Context()
    except ImportError as cause:
        raise FacilityUnavailable(
            f"the device tree cannot be read: {cause}", hint="install the Debian package `libudev1`"
        ) from cause
