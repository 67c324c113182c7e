"""Where a partition lies on its disk."""

from pathlib import Path

from vexfsctl.devices.block import SYS
from vexfsctl.devices.disks import SECTOR_BYTES, BlockDevice


def start_on_disk(device: BlockDevice, *, sys: Path = SYS) -> int:
    """Return the byte of its disk at which *device* begins; 0 for a whole disk.

    The kernel's words about failed requests name the disk and count its sectors.
    """
    start = sys / "dev/block" / device.number / "start"
    try:
        return int(start.read_text(encoding="ascii")) * SECTOR_BYTES
    except (OSError, ValueError):
        return 0
