"""Which block device is made from which, up to the controller, and what else each is called.

Pure values: `devices.sysfs_graph` reads them from a host, `analysis.devices` from a log.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from itertools import islice

from vexfsctl.model.device_names import disk_of_partition, namespace_of_path, natural_key

MOST_RELATED = 1_000
"""Devices that are known below one, above it and beside it, each: no host has so many, but a log
may say anything, and to list all for each of them would take very long."""


class DeviceKind(StrEnum):
    """What a device is."""

    DISK = "disk"
    PARTITION = "partition"
    MAPPED = "mapped"
    """Device mapper: LVM, LUKS, multipath …"""
    ARRAY = "array"
    """md: software RAID."""
    LOOP = "loop"
    PATH = "path"
    """One path to an NVMe namespace that has several."""
    CONTROLLER = "controller"
    """What a disk is attached to: an ATA port, a SCSI host, an NVMe controller, a virtio device."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device as far as its source knows it."""

    name: str
    """The kernel's name: `sdb1`, `dm-3`, `ata2`, `nvme0`."""
    kind: DeviceKind
    below: tuple[str, ...] = ()
    """Names of what it is made from or attached to, directly."""
    aliases: tuple[str, ...] = ()
    """What else it is called: `8:17`, `3:0:0:0`, `ata2.00`, `mapper/root`."""
    present: bool = True
    """Whether the host has it now; a log tells of devices that are gone."""

    @property
    def is_block(self) -> bool:
        """Whether it is a block device."""
        return self.kind is not DeviceKind.CONTROLLER


@dataclass(frozen=True)
class DeviceGraph:
    """Devices by name."""

    devices: Mapping[str, Device] = field(default_factory=dict)

    @classmethod
    def of(cls, devices: Iterable[Device]) -> "DeviceGraph":
        """Return the graph of *devices*; of several with one name, what all of them say."""
        joined: dict[str, Device] = {}
        for device in devices:
            before = joined.get(device.name)
            joined[device.name] = device if before is None else _join(before, device)
        return cls(joined)

    def find(self, spelling: str) -> tuple[str, ...]:
        """Return the names of the devices called *spelling*, a path below /dev included.

        Several if a log shows that a name was given again; none if nothing is called that.
        """
        word = spelling.removeprefix("/dev/")
        if word in self.devices:
            return (word,)
        return tuple(self._by_alias.get(word, ()))

    def below(self, name: str) -> tuple[str, ...]:
        """Return what *name* is made from, down to the controllers, nearest first.

        At most `MOST_RELATED`, as of what is above and beside it.
        """
        return reachable(name, self._directly_below)

    def above(self, name: str) -> tuple[str, ...]:
        """Return what is made from *name* or attached to it, nearest first."""
        return reachable(name, self._directly_above)

    def beside(self, name: str) -> tuple[str, ...]:
        """Return the other disks of the controllers below block device *name*."""
        if self._is_controller(name):
            return ()
        under = dict.fromkeys((name, *self.below(name)))
        found: dict[str, None] = {}
        for controller in filter(self._is_controller, under):
            disks = (each for each in self._directly_above(controller) if each not in under)
            found.update(dict.fromkeys(islice(disks, MOST_RELATED)))
        return tuple(each for each in found if not self._is_controller(each))[:MOST_RELATED]

    def disks_at(self, name: str) -> tuple[str, ...]:
        """Return the disks that are attached to the controller called *name*."""
        above = (self.devices[each] for each in self.above(name))
        return tuple(device.name for device in above if device.kind is DeviceKind.DISK)

    def related(self, name: str) -> tuple[str, ...]:
        """Return *name*, what is below it, then what is above it; each once."""
        return tuple(dict.fromkeys((name, *self.below(name), *self.above(name))))

    def spellings(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return *names* and everything else that these devices are called; each once."""
        found: dict[str, None] = {}
        for name in names:
            found[name] = None
            device = self.devices.get(name)
            found.update(dict.fromkeys(() if device is None else device.aliases))
        return tuple(found)

    def near(self, spelling: str) -> tuple[str, ...]:
        """Return up to three names that look like *spelling*, the most alike first."""
        known = (*self.devices, *self._by_alias)
        word = spelling.removeprefix("/dev/")
        return tuple(get_close_matches(word, known, n=3))

    def __add__(self, other: "DeviceGraph") -> "DeviceGraph":
        """Return what both say."""
        return DeviceGraph.of((*self.devices.values(), *other.devices.values()))

    def __iter__(self) -> Iterator[Device]:
        """Yield the devices in the order of their names."""
        return iter(sorted(self.devices.values(), key=lambda device: natural_key(device.name)))

    def _is_controller(self, name: str) -> bool:
        device = self.devices.get(name)
        return device is not None and not device.is_block

    def _directly_below(self, name: str) -> tuple[str, ...]:
        device = self.devices.get(name)
        return () if device is None else device.below

    def _directly_above(self, name: str) -> Sequence[str]:
        return self._above.get(name, ())

    @cached_property
    def _above(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for device in self:
            for name in device.below:
                found.setdefault(name, []).append(device.name)
        return found

    @cached_property
    def _by_alias(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for device in self:
            for alias in device.aliases:
                found.setdefault(alias, []).append(device.name)
        return found


def kind_of_name(name: str) -> DeviceKind:
    """Return what the block device called *name* is, by its name alone."""
    if disk_of_partition(name) is not None:
        return DeviceKind.PARTITION
    if namespace_of_path(name) is not None:
        return DeviceKind.PATH
    kinds = {"dm-": DeviceKind.MAPPED, "md": DeviceKind.ARRAY, "loop": DeviceKind.LOOP}
    return next((kind for begin, kind in kinds.items() if name.startswith(begin)), DeviceKind.DISK)


def reachable(start: str, step: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """What *step* leads to from *start*, nearest first, each once, without *start*.

    At most `MOST_RELATED`.
    """
    seen = {start}
    queue = [start]
    for name in queue:
        for found in step(name):
            if len(queue) > MOST_RELATED:
                return tuple(queue[1:])
            if found not in seen:
                seen.add(found)
                queue.append(found)
    return tuple(queue[1:])


def _join(one: Device, other: Device) -> Device:
    return replace(
        one,
        below=tuple(dict.fromkeys((*one.below, *other.below))),
        aliases=tuple(dict.fromkeys((*one.aliases, *other.aliases))),
        present=one.present or other.present,
    )
