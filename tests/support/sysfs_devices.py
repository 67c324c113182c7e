"""Fake sysfs trees of block devices, made from what real hosts have."""

from collections.abc import Mapping
from pathlib import Path


def make_sysfs(
    root: Path,
    devices: Mapping[str, Mapping[str, str]],
    slaves: Mapping[str, tuple[str, ...]] | None = None,
) -> Path:
    """Make a tree below *root* of *devices*, and return it.

    They are directories below `devices/` with the contents of their attributes; the last part is
    the name. *slaves*: which devices each is made from.
    """
    for place in ("class/block", "dev/block", "block"):
        (root / place).mkdir(parents=True, exist_ok=True)
    for path, attributes in devices.items():
        directory = root / "devices" / path
        for attribute, content in attributes.items():
            file = directory / attribute
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{content}\n")
        (root / "class/block" / directory.name).symlink_to(directory)
        (root / "dev/block" / attributes["dev"]).symlink_to(directory)
        if "partition" not in attributes:
            (root / "block" / directory.name).symlink_to(directory)
    for name, below in (slaves or {}).items():
        directory = (root / "class/block" / name).resolve() / "slaves"
        directory.mkdir()
        for each in below:
            (directory / each).symlink_to((root / "class/block" / each).resolve())
    return root


SATA_PORT = "pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0/block"
SERVER: dict[str, dict[str, str]] = {
    f"{SATA_PORT}/sdb": {
        "dev": "8:16", "size": "131072", "ro": "0",
        "device/state": "running", "device/model": "QEMU HARDDISK",
    },
    f"{SATA_PORT}/sdb/sdb1": {"dev": "8:17", "size": "131008", "ro": "0", "partition": "1"},
    "pci0000:00/0000:00:03.0/virtio0/host2/target2:0:0/2:0:0:0/block/sdc": {
        "dev": "8:32", "size": "131072", "ro": "0", "device/state": "offline",
    },
    "pci0000:00/0000:00:03.0/virtio0/host2/target2:0:1/2:0:1:0/block/sdd": {
        "dev": "8:48", "size": "131072", "ro": "1", "device/state": "running",
    },
    "pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1": {"dev": "259:0", "size": "262144", "ro": "0"},
    "virtual/block/md0": {
        "dev": "9:0", "size": "129024", "ro": "0", "md/degraded": "1", "md/array_state": "clean",
    },
    "virtual/block/dm-0": {
        "dev": "253:0", "size": "129024", "ro": "0", "dm/name": "vg-root", "dm/suspended": "1",
    },
    "virtual/block/loop0": {"dev": "7:0", "size": "0", "ro": "0", "loop/sizelimit": "0"},
}  # fmt: skip
"""A host with a disk on SATA, two on a SCSI host, one on NVMe; an array, a mapped device on it."""
SERVER_SLAVES = {"md0": ("sdb1", "sdc"), "dm-0": ("md0",)}
