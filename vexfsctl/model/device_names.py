"""What the names and numbers of block devices say by themselves, by the kernel's conventions.

Documentation/admin-guide/devices.txt has the numbers. Those that the kernel gives out as it likes
(virtio, NVMe, device mapper's major) say nothing here.
"""

import re

_DISK = re.compile(
    r"(?:(?:s|v|xv|h)d[a-z]{1,4}|nvme\d{1,4}(?:c\d{1,4})?n\d{1,4}|mmcblk\d{1,4}(?:boot\d|gp\d|rpmb)?|sr\d{1,4}"
    r"|(?:loop|md|dm-|nbd|rbd|zram|ram|pmem|zd|bcache|drbd|dasd)\d{1,6}|md_[\w-]{1,28})"
)
_PARTITION = re.compile(r"(?P<numbered>.*\d)p\d+|(?P<lettered>(?:s|v|xv|h)d[a-z]+)\d+")
_NVME = re.compile(r"nvme(?P<subsystem>\d+)(?:c(?P<controller>\d+))?n(?P<namespace>\d+)")
_NUMBER = re.compile(r"(?P<major>\d{1,4}):(?P<minor>\d{1,7})")
_BIO_BASED = ("dm-", "md", "bcache", "zram", "ram", "pmem")
_OF_OTHER_BUSES = ("nvme", "vd", "xvd", "mmcblk", "pmem", "dasd")
"""How the names of disks begin that no ATA port carries: libata's are SCSI's."""
_ATA = re.compile(r"ata\d{1,4}(?:\.\d{1,2})?")
_MAJORS = {"sd": (8, *range(65, 72), *range(128, 136)), "xvd": (202,)}
"""Majors of disks that have letters, in the order of these: SCSI, and those of Xen."""
_MINORS = 16
"""Numbers of such a disk: its own, and those of 15 partitions."""
_WHOLE = {7: "loop", 9: "md", 43: "nbd"}
"""Majors whose minor numbers count devices. (nbd: as long as it makes no partitions.)"""


def is_block_name(name: str) -> bool:
    """Whether *name* looks like the kernel's name of a block device: `sdb`, `sdb1`, `dm-3`."""
    disk = disk_of_partition(name)
    return _DISK.fullmatch(name if disk is None else disk) is not None


def is_bio_based(name: str) -> bool:
    """Whether the driver of the device called *name* makes no requests, but hands on bios.

    Or answers them: device mapper (but for its multipath over requests), md, bcache, zram, brd and
    pmem.
    """
    return name.startswith(_BIO_BASED)


def disk_of_partition(name: str) -> str | None:
    """Return the disk of a partition, by its name alone; None if *name* is not a partition's.

    The kernel puts a `p` between a disk whose name ends in a digit and the partition's number.
    """
    match = _PARTITION.fullmatch(name)
    return match and (match["numbered"] or match["lettered"])


def is_on_other_bus(name: str, port: str) -> bool:
    """Whether *port* is an ATA port, or a device on one, which cannot carry the disk *name*.

    By the names alone: `ata3` and `nvme0n1`.
    """
    return name.startswith(_OF_OTHER_BUSES) and _ATA.fullmatch(port) is not None


def namespace_of_path(name: str) -> str | None:
    """Return the multipath namespace that an NVMe path serves: `nvme0n1` for `nvme0c1n1`."""
    match = _NVME.fullmatch(name)
    if match is None or match["controller"] is None:
        return None
    return f"nvme{match['subsystem']}n{match['namespace']}"


def nvme_controller_of(name: str) -> str | None:
    """Return the controller of an NVMe namespace or path by its name: `nvme1` for `nvme0c1n1`.

    Without multipath, the namespaces of a controller have its number.
    """
    match = _NVME.fullmatch(name)
    return match and f"nvme{match['controller'] or match['subsystem']}"


def name_of_number(number: str) -> str | None:
    """Return the name that `major:minor` belongs to (`8:17`: `sdb1`); None if only the host knows.

    Not for device mapper, whose major is given out: its device of minor N is `dm-N`.
    """
    match = _NUMBER.fullmatch(number)
    if match is None:
        return None
    major, minor = int(match["major"]), int(match["minor"])
    if major in _WHOLE:
        return f"{_WHOLE[major]}{minor}"
    driver = next((driver for driver, majors in _MAJORS.items() if major in majors), None)
    if driver is None or minor >= 256:
        return None
    disk, partition = divmod(minor, _MINORS)
    letters = _letters(_MAJORS[driver].index(major) * 256 // _MINORS + disk)
    return f"{driver}{letters}{partition or ''}"


def number_of_name(name: str) -> str | None:
    """Return the number that a name stands for, where `name_of_number` knows it."""
    disk = disk_of_partition(name) or name
    if (match := re.fullmatch(r"(sd|xvd)([a-z]{1,2})", disk)) is not None:
        position, majors = 0, _MAJORS[match[1]]
        for letter in match[2]:
            position = position * 26 + ord(letter) - ord("a") + 1
        minors = (position - 1) * _MINORS + int(name.removeprefix(disk) or 0)
        at, minor = divmod(minors, 256)
        number = f"{majors[at]}:{minor}" if at < len(majors) else ""
    else:
        counted = {begin: major for major, begin in _WHOLE.items()}
        begin = disk.rstrip("0123456789")
        number = f"{counted.get(begin)}:{disk.removeprefix(begin)}"
    return number if name_of_number(number) == name else None


def natural_key(name: str) -> tuple[tuple[str, int], ...]:
    """Return what to sort names by so that numbers in them count: `loop9` before `loop10`."""
    parts = re.findall(r"(\D*)(\d*)", name)
    return tuple((text, int(digits) if digits else -1) for text, digits in parts if text or digits)


def _letters(position: int) -> str:
    """Return the letters of the disk at *position*: a … z, aa, ab …"""
    letters = ""
    while position >= 0:
        letters = chr(ord("a") + position % 26) + letters
        position = position // 26 - 1
    return letters
