"""The kinds of the kernel's own lines about trouble: what each means, and what to do.

Kinds are those of `model.events.KernelEvidence`. What a request ended with says more than the kind
of the line that tells so: its errno is that of the block layer (block/blk-core.c, Linux 6.12).
"""

import errno
from collections.abc import Iterable
from typing import NamedTuple


class KernelKind(NamedTuple):
    """What a kind of lines says, and what is to be done; `{device}` is what it is about."""

    meaning: str
    """If the line gives no numbers."""
    advice: str


_OWN_LOG = "`smartctl -a DEVICE` shows what the disk itself has noted"
_CABLE = "check its cable, power and port, then the controller"
_FIRST_DISK = "Mend the device below first"

KERNEL_KINDS = {
    "md": KernelKind(
        "The RAID array {device} lost a member or reports an error.",
        "Replace the failed member while the others still work; `cat /proc/mdstat` names it.",
    ),
    "ata": KernelKind(
        "The ATA layer reports an error or a reset of {device}.",
        f"Resets and bad checksums point to the connection: {_CABLE}; {_OWN_LOG}.",
    ),
    "nvme": KernelKind(
        "The NVMe driver reports an error or a reset of {device}.",
        "Read the drive's own log with `nvme smart-log DEVICE`; check slot, power and firmware.",
    ),
    "scsi": KernelKind(
        "The SCSI layer reports an error or a reset of {device}.",
        f"Rule out the connection: {_CABLE}; {_OWN_LOG}.",
    ),
    "mmc": KernelKind(
        "The card or card reader {device} reports an error.",
        "Reseat the card; copy it while it still reads, then replace it.",
    ),
    "usb": KernelKind(
        "The USB device {device} was reset or does not answer.",
        "Try another port and cable, without a hub, and see that it gets enough power.",
    ),
    "virtio": KernelKind(
        "The virtual disk {device} reports an error.",
        "Look on the host of this virtual machine: at its log, and at the storage of the disk.",
    ),
    "pmem": KernelKind(
        "The persistent memory {device} reports an error.",
        "`ndctl list --media-errors` shows the bad ranges: restore what lies there from a copy.",
    ),
    "iscsi": KernelKind(
        "The iSCSI {device} lost its target, or reports an error.",
        "Check the network to the target and the target itself; `iscsiadm -m session` shows it.",
    ),
    "fc": KernelKind(
        "The Fibre Channel port {device} was lost, or reports an error.",
        "Check the fibre, its transceivers, the switch port and the zoning.",
    ),
    "sas": KernelKind(
        "The SAS layer reports an error, or handles one.",
        "Check cables, expanders and backplane of the disks behind that adapter.",
    ),
    "hba": KernelKind(
        "The adapter {device} that disks are connected to reports an error or a reset.",
        "Check the adapter's firmware, its slot and its cables: all disks behind it are affected.",
    ),
    "aer": KernelKind(
        "PCI Express reports an error of {device}, which may lose its connection.",
        "Reseat the card or drive, try another slot; `lspci -vv` shows which link fails.",
    ),
    "mce": KernelKind(
        "The processor reports an error of the hardware.",
        "Read it with `ras-mc-ctl --errors`; test memory and replace what it names: data may be "
        "wrong without any error of a disk.",
    ),
    "edac": KernelKind(
        "The memory controller {device} reports errors of memory.",
        "Replace the memory module that `ras-mc-ctl --errors` names: data may be wrong without any "
        "error of a disk.",
    ),
    "nbd": KernelKind(
        "The network block device {device} reports trouble with its server.",
        "Check the network and the server of the device, then connect it again.",
    ),
    "rbd": KernelKind(
        "The Ceph block device {device} reports an error.",
        "`ceph health detail` on the cluster shows what is wrong.",
    ),
    "ceph": KernelKind(
        "A daemon of the Ceph cluster failed or did not answer.",
        "`ceph health detail` on the cluster shows what is wrong; check the network to it.",
    ),
    "drbd": KernelKind(
        "The replicated device {device} reports trouble with its disk or its peer.",
        "`drbdadm status` shows whether disk or peer is gone: mend that, then let it synchronise.",
    ),
    "zram": KernelKind(
        "The compressed memory that {device} is made of reports an error.",
        "Free memory, or give it less to hold.",
    ),
    "bcache": KernelKind(
        "The cache of bcache reports trouble with {device}.",
        "Mend or replace the caching disk; in writeback mode it holds data that is nowhere else.",
    ),
    "device_mapper": KernelKind(
        "The device mapper reports an error of {device}.",
        "`dmsetup status` and `dmsetup ls --tree` show what is below it: mend that first.",
    ),
    "loop": KernelKind(
        "The loop device {device} reports trouble with its backing file.",
        "Check the file behind it (`losetup -l`), and the filesystem and disk of that file.",
    ),
    "zfs": KernelKind(
        "ZFS reports trouble with {device}.",
        "`zpool status -v` names the bad device and files: replace it, then `zpool scrub`.",
    ),
    "block": KernelKind(
        "A request to {device} failed.",
        f"The lines just before it say why. Without any, {_CABLE}; {_OWN_LOG}.",
    ),
    "filesystem": KernelKind(
        "A filesystem on {device} reports trouble.",
        f"{_FIRST_DISK} if it has errors; then unmount the filesystem and check it (`fsck`, "
        "`xfs_repair`, `btrfs check`), and restore what is lost from a copy.",
    ),
    "buffer": KernelKind(
        "A block of {device} could not be read into the cache or written from it.",
        f"{_FIRST_DISK}, then check the filesystem on it (`fsck`): writes may be lost.",
    ),
    "swap": KernelKind(
        "Memory could not be written to swap on {device}, or read back from it.",
        "Turn off that swap (`swapoff DEVICE`) and mend its device; restart what crashed.",
    ),
    "cluster": KernelKind(
        "Cluster storage reports trouble with {device}.",
        "Check the network between the nodes, then quorum and fencing of the cluster.",
    ),
    "nfs": KernelKind(
        "The NFS client or server reports trouble with {device}.",
        "Check the network to the server, its load and its disks; calls wait until it answers.",
    ),
    "smb": KernelKind(
        "The SMB client reports trouble with the server {device}.",
        "Check the network to the server, its load and the credentials of the mount.",
    ),
    "network_filesystem": KernelKind(
        "A filesystem behind a network reports trouble.",
        "Check the network and the servers of the filesystem.",
    ),
    "fuse": KernelKind(
        "A FUSE filesystem was aborted, or lost its driver.",
        "Find out why its driver ended, unmount what is left (`fusermount3 -u`), mount it again.",
    ),
    "kernel_bug": KernelKind(
        "The kernel itself failed; what it was doing may be half done.",
        "Save the log, restart the machine, check its filesystems, and report it with the trace.",
    ),
    "memory": KernelKind(
        "The kernel could not get memory for itself.",
        "Free memory, or add some: requests can fail for this although the disks are sound.",
    ),
    "oom_kill": KernelKind(
        "The kernel killed a process because memory ran out.",
        "Find what used the memory, limit it or add some; restart what was killed.",
    ),
    "hung_task": KernelKind(
        "A task has been stuck for minutes, usually waiting for a device.",
        "Look at the device that it waits for, and at those below it: `vexfsctl device list`.",
    ),
    "stall": KernelKind(
        "A processor was stuck for a long time: the machine is overloaded or hung.",
        "See what else the log tells at that time; in a virtual machine, look at its host.",
    ),
    "capacity": KernelKind(
        "The capacity of {device} changed.",
        "If nobody removed the medium, check the device and its connection.",
    ),
    "suppressed": KernelKind(
        "The kernel left out lines of its own, to keep the log readable.",
        "Count what is left as too few.",
    ),
}
"""By kind; first those that are nearest to the cause, if a device has several."""

_BY_ERRNO = {
    errno.ENODATA: "The medium has sectors that cannot be read: save what still reads, restore "
    "from a copy what lies there, and replace the disk.",
    errno.EILSEQ: "Data arrived damaged: check cable, controller and memory, then restore from a "
    "copy what was read or written.",
    errno.ENODEV: f"The device went away: {_CABLE}; what was written last may be lost.",
    errno.ENOLINK: "The path to the device broke: check cable, port, switch and target; the disk "
    "itself may be sound.",
    errno.EREMOTEIO: f"The device refused a request or reports a fault of its own: {_OWN_LOG}; "
    "replace it if so.",
    errno.ETIMEDOUT: f"The device did not answer in time: {_CABLE}; {_OWN_LOG}.",
    errno.ENOSPC: "The storage below is full, as a thin pool can be: extend it, or free space "
    "there, before anything else is written.",
    errno.EBADE: "Another host has reserved the device: find out which of them may use it.",
}
"""What to do about a device whose requests end so; first what is nearest to the cause."""

_WITHOUT_CABLE = frozenset({"nvme", "mmc", "usb", "virtio"})
"""Kinds of devices that do not hang on a cable of their own: theirs is other advice …"""
_CONNECTION = {
    errno.ENODEV: "The device went away.",
    errno.ETIMEDOUT: "The device did not answer in time.",
}
"""… where the connection may have failed."""

_OF_DEVICES = frozenset(
    {
        "block",
        "scsi",
        "ata",
        "nvme",
        "mmc",
        "usb",
        "virtio",
        "buffer",
        "md",
        "device_mapper",
        "capacity",
    }
)
"""Kinds that have such an errno from the device itself …"""
_OF_FULL = frozenset({*_OF_DEVICES, "filesystem"})
"""… and those that have it if there is no space: a filesystem repeats what a request ended with."""
_OF_MAPPED = frozenset({errno.ENOSPC, errno.EILSEQ})
"""Such errnos that the device mapper gives its own lines; others of these are its functions'."""
_REQUESTS = frozenset({"block", "buffer", "capacity"})
"""Kinds of lines of the block layer, which do not say what the device is …"""
_DRIVERS = {
    "dm-": "device_mapper", "md": "md", "loop": "loop", "nvme": "nvme", "vd": "virtio",
    "mmcblk": "mmc", "pmem": "pmem", "nbd": "nbd", "rbd": "rbd", "drbd": "drbd", "zram": "zram",
    "bcache": "bcache", "zd": "zfs",
}  # fmt: skip
"""… but its name does: by how that begins, the kind of its driver's own lines."""
_LAYERS = (
    ("aer", "fc", "iscsi", "sas", "usb"),
    ("hba", "mce", "edac", "ata", "scsi", "nvme", "mmc", "virtio", "pmem", "nbd", "rbd", "ceph",
     "block", "capacity"),
    ("md", "device_mapper", "bcache", "loop", "zram", "zfs", "drbd", "cluster"),
    ("buffer", "filesystem", "swap", "nfs", "smb", "network_filesystem", "fuse"),
)  # fmt: skip
"""Kinds by what they speak of: the ways to disks, disks, what is made of disks, what lies on that.
Trouble of one layer is the cause of that in those behind it."""
_OTHERS = "Read the lines themselves, and those just before them."


def advice_for(lines: Iterable[tuple[str, int | None]], device: str | None = None) -> str:
    """Return what to do about *device* that has *lines* of trouble, given by kind and errno."""
    seen = {*lines}
    errnos = {number for kind, number in seen if number is not None and _is_told(kind, number)}
    kinds = {kind for kind, _ in seen}
    if kinds & _REQUESTS and device is not None:
        kinds |= {kind for begin, kind in _DRIVERS.items() if device.startswith(begin)}
    by_kind = [known.advice for kind, known in KERNEL_KINDS.items() if kind in kinds]
    for number, advice in _BY_ERRNO.items():
        if number in errnos:
            own = number in _CONNECTION and by_kind and kinds & _WITHOUT_CABLE
            return f"{_CONNECTION[number]} {by_kind[0]}" if own else advice
    return [*by_kind, _OTHERS][0]


def layer_of(lines: Iterable[tuple[str, int | None]], device: str | None = None) -> int:
    """Return how near *device* is to the cause of its trouble and of others', the nearest first.

    0: it says itself that its medium is bad. Then by the layer of storage that its lines speak of.
    """
    seen = {*lines}
    made_of = next(
        (kind for begin, kind in _DRIVERS.items() if (device or "").startswith(begin)), ""
    )
    if made_of not in _LAYERS[2] and any(
        number == errno.ENODATA and _is_told(kind, number) for kind, number in seen
    ):
        return 0
    # What the block layer says of a device, it says of the layer that the device belongs to.
    kinds = {made_of or kind if kind == "block" else kind for kind, _ in seen}
    found = (at for at, layer in enumerate(_LAYERS, 1) if not kinds.isdisjoint(layer))
    return next(found, len(_LAYERS) + 1)


def _is_told(kind: str, number: int) -> bool:
    """Whether *number* on a line of *kind* tells how a request to the device ended."""
    if number == errno.ENOSPC:
        return kind in _OF_FULL
    return kind in _OF_DEVICES and (kind != "device_mapper" or number in _OF_MAPPED)
