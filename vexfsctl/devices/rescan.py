"""Ask the transport of a disk to rescan it, if it has one that can do so.

SCSI: Documentation/scsi/scsi.rst and drivers/scsi/scsi_sysfs.c; `rescan` of the device reads its
capacity and properties again. NVMe: drivers/nvme/host/sysfs.c; `rescan_controller` scans for
namespaces. `reset_controller` is not used: it fails the running requests of all namespaces.
"""

import os
from pathlib import Path

from vexfsctl.devices.block import SYS
from vexfsctl.devices.disks import BlockDevice
from vexfsctl.exceptions import FacilityUnavailable

_PLACES = ("device/rescan", "device/rescan_controller", "device/device/rescan_controller")
_WITHOUT_TRANSPORT = {
    "loop": "a loop device has no transport; what its file lies on may have one",
    "zram": "a zram device is memory",
    "ram": "a RAM disk is memory",
    "vd": "a virtio disk belongs to the hypervisor: look at the host",
    "xvd": "a Xen disk belongs to the hypervisor: look at the host",
    "dm-": "a mapped device has no transport; the disks under it may have one",
    "md": "an array has no transport; the disks under it may have one",
    "nbd": "its server is another program: restart nbd-client",
    "mmcblk": "the kernel looks for cards by itself",
}


def rescan_attribute(device: BlockDevice, *, sys: Path = SYS) -> Path:
    """The attribute of *device*'s disk that rescans it when written; FacilityUnavailable if none.

    The message says why; the hint names the disks under it that could be tried.
    """
    directory = sys / "block" / device.disk
    for place in _PLACES:
        if (attribute := directory / place).exists():
            return attribute
    prefixes = (prefix for prefix in _WITHOUT_TRANSPORT if device.disk.startswith(prefix))
    prefix = next(prefixes, None)
    reason = _WITHOUT_TRANSPORT[prefix] if prefix else "its driver offers no rescan"
    below = _names(directory / "slaves")
    raise FacilityUnavailable(
        f"nothing can be restarted for {device.path}: {reason}",
        hint=f"it lies on {', '.join(below)}" if below else None,
    )


def rescan(attribute: Path) -> None:
    """Write to a `rescan_attribute`; raises OSError, and waits for the device as long as it takes.

    Call it in a child process that can be left behind.
    """
    descriptor = os.open(attribute, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, b"1")
    finally:
        os.close(descriptor)


def _names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir()) if directory.is_dir() else []
