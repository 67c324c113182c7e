"""The devices that the volume of an incident lies on, as far as its host or its log tells."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vexfsctl.model.device_graph import DeviceGraph, DeviceKind, kind_of_name
from vexfsctl.model.device_names import is_block_name

TRANSPORTS = frozenset(
    {"scsi", "ata", "nvme", "mmc", "usb", "virtio", "iscsi", "fc", "sas", "hba", "aer"}
)
"""Kinds of lines about what disks are attached to, which need not say which disks those are."""
_MADE_OF_OTHERS = frozenset({DeviceKind.MAPPED, DeviceKind.ARRAY, DeviceKind.LOOP})


class Standing(StrEnum):
    """How a device stands to a volume."""

    BELOW = "below"
    """The volume lies on it."""
    APART = "apart"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class DevicesBelow:
    """What is below a volume."""

    device: str | None = None
    """The kernel's name of the device that it lies on; None if unknown."""
    graph: DeviceGraph = field(default_factory=DeviceGraph)
    """What is known of that, and of the other devices in question."""
    names: Collection[str] | None = None
    """What devices are called whose lines may belong to the incident; None: any."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Other volumes whose calls failed at once, and the device of each."""

    def name_of(self, spelling: str) -> str:
        """Return the kernel's name of what a line calls *spelling*, else that."""
        found = self.graph.find(spelling)
        return found[-1] if found else spelling

    def standing(self, name: str) -> Standing:
        """Return how the device called *name* stands to the volume."""
        if self.device is None:
            return Standing.UNKNOWN
        if name in self.under(self.device):
            return Standing.BELOW
        if self.may_carry(name):
            return Standing.UNKNOWN
        above = name in self.graph.above(self.device)
        return Standing.APART if above or not self.is_open(self.device) else Standing.UNKNOWN

    def may_carry(self, name: str) -> bool:
        """Whether *name* is no block device, and nobody knows which are attached to it."""
        return not any(map(self._is_block, (name, *self.graph.above(name))))

    def under(self, name: str) -> tuple[str, ...]:
        """Return *name* and what is below it, nearest first."""
        return (name, *self.graph.below(name))

    def is_open(self, name: str) -> bool:
        """Whether something below *name* is made of devices that nobody knows."""
        return any(
            self.kind_of(each) in _MADE_OF_OTHERS and not self.graph.below(each)
            for each in self.under(name)
        )

    def _is_block(self, name: str) -> bool:
        return self.kind_of(name) not in (None, DeviceKind.CONTROLLER)

    def kind_of(self, name: str) -> DeviceKind | None:
        """Return what *name* is; None for what is neither a block device nor its controller."""
        if (known := self.graph.devices.get(name)) is not None:
            return known.kind
        return kind_of_name(name) if is_block_name(name) else None
