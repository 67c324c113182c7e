"""The graph of this host's block devices, up to their controllers, read from sysfs.

Only links, directories and small attributes are read, no device is opened: one that is dead may
never answer. Places as in Documentation/ABI/stable/sysfs-block (Linux 6.18).
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.devices.block import SYS, device_name, node_device_number
from vexfsctl.devices.mountinfo import Mount, mount_of, read_mounts
from vexfsctl.exceptions import EvidenceMissing, MalformedRecord
from vexfsctl.model.device_graph import Device, DeviceGraph, DeviceKind, kind_of_name
from vexfsctl.model.device_names import namespace_of_path

_SCSI_ADDRESS = re.compile(r"\d+:\d+:\d+:\d+")
_CONTROLLER = re.compile(r"ata\d+|host\d+|nvme\d+|virtio\d+|mmc\d+")
_PCI = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")


def read_device_graph(sys: Path = SYS) -> DeviceGraph:
    """Return the graph of all block devices of this host; what cannot be read is left out."""
    mounts = _mounts()
    found: list[Device] = []
    for directory in _directories(sys / "class/block"):
        found += _read_device(directory, sys, mounts)
    return DeviceGraph.of(found)


def name_of_node(node: str, sys: Path = SYS) -> str | None:
    """Return the kernel's name of the device that a node stands for, links followed; else None."""
    number = node_device_number(node) if node.startswith("/") else None
    return None if number is None else device_name(number, sys=sys)


def read_text(path: Path) -> str | None:
    """Return the content of an attribute; None if it is empty or cannot be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace").strip() or None
    except OSError:
        return None


def _read_device(directory: Path, sys: Path, mounts: Iterable[Mount]) -> Iterator[Device]:
    name = directory.name.replace("!", "/")
    partition = (directory / "partition").exists()
    kind = DeviceKind.PARTITION if partition else kind_of_name(name)
    place = _Place.of(directory.parts)
    below = _names(directory / "slaves")
    if kind is DeviceKind.PARTITION:
        below.append(directory.parent.name.replace("!", "/"))
        place = _Place()
    elif kind is DeviceKind.LOOP and (under := _under_file(directory, sys, mounts)) is not None:
        below.append(under)
    elif name.startswith("nvme") and kind is DeviceKind.DISK:
        # Native multipath hides the paths; only their names show whose they are.
        below += [
            each.name
            for each in _directories(sys / "class/block")
            if namespace_of_path(each.name) == name
        ]
    chain = place.controllers
    aliases = (*_aliases(directory), *place.addresses)
    yield Device(name, kind, (*below, *chain[-1:]), tuple(dict.fromkeys(aliases)))
    for at, controller in enumerate(chain):
        yield Device(
            controller,
            DeviceKind.CONTROLLER,
            chain[at - 1 : at] if at else (),
            place.pci if at == 0 else (),
        )


def _aliases(directory: Path) -> Iterator[str]:
    if (number := read_text(directory / "dev")) is not None:
        yield number
    if (mapped := read_text(directory / "dm/name")) is not None:
        yield mapped
        yield f"mapper/{mapped}"


@dataclass(frozen=True, slots=True)
class _Place:
    """What the path of a disk in sysfs says of what it is attached to."""

    controllers: tuple[str, ...] = ()
    """From the bus to the disk."""
    addresses: tuple[str, ...] = ()
    pci: tuple[str, ...] = ()

    @classmethod
    def of(cls, parts: Iterable[str]) -> "_Place":
        parts = tuple(parts)
        controllers = tuple(part for part in parts if _CONTROLLER.fullmatch(part))
        scsi = next((part for part in parts if _SCSI_ADDRESS.fullmatch(part)), None)
        port = next((part for part in controllers if part.startswith("ata")), None)
        addresses: tuple[str, ...] = () if scsi is None else (scsi, f"scsi:{scsi}")
        if port is not None and scsi is not None:
            _, channel, target, _ = scsi.split(":")
            # Behind a port multiplier disks differ by channel, else by target.
            addresses += (f"{port}.{int(target) or int(channel):02d}",)
        pci = [part for part in parts if _PCI.fullmatch(part)][-1:]
        return cls(controllers, addresses, tuple(x for p in pci for x in (p, f"pci:{p}")))


def _under_file(directory: Path, sys: Path, mounts: Iterable[Mount]) -> str | None:
    """The device that the file of a loop device lies on."""
    file = read_text(directory / "loop/backing_file")
    if file is None or not file.startswith("/"):
        return None
    # By mountinfo: the file may be served by a FUSE server that does not answer.
    mount = mount_of(file, mounts)
    return device_name(mount.device_number, sys=sys) if mount else None


def _mounts() -> tuple[Mount, ...]:
    try:
        return read_mounts()
    except (EvidenceMissing, MalformedRecord):
        return ()


def _names(directory: Path) -> list[str]:
    try:
        return sorted(entry.name.replace("!", "/") for entry in directory.iterdir())
    except OSError:
        # Partitions have none; a device may go away meanwhile.
        return []


def _directories(classes: Path) -> list[Path]:
    """Return the directory of each device, links resolved: it says what it is attached to."""
    try:
        return [Path(os.path.realpath(entry)) for entry in sorted(classes.iterdir())]
    except OSError:
        return []
