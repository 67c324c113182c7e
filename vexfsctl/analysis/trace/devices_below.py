"""The devices that the volume of an incident lies on, as far as its host or its log tells."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from vexfsctl.model.device_graph import DeviceGraph, DeviceKind, kind_of_name
from vexfsctl.model.device_names import is_block_name, is_on_other_bus

TRANSPORTS = frozenset(
    {"scsi", "ata", "nvme", "mmc", "usb", "virtio", "iscsi", "fc", "sas", "hba", "aer"}
)
"""Kinds of lines about what disks are attached to, which need not say which disks those are."""
MADE_OF_OTHERS = frozenset({DeviceKind.MAPPED, DeviceKind.ARRAY, DeviceKind.LOOP})
"""What device a log alone hardly tells the parts of."""


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
        if name in self._under:
            return Standing.BELOW
        if self.may_carry(name):
            return Standing.UNKNOWN
        apart = name in self._above or not self._is_open
        return Standing.APART if apart else Standing.UNKNOWN

    def may_carry(self, name: str) -> bool:
        """Whether *name* is no block device, nobody knows which are attached to it, and the
        volume's may be."""
        if self.device is not None and is_on_other_bus(self.device, name):
            return False
        return not any(map(self._is_block, (name, *self.graph.above(name))))

    def under(self, name: str) -> tuple[str, ...]:
        """Return *name* and what is below it, nearest first."""
        return (name, *self.graph.below(name))

    def is_open(self, name: str) -> bool:
        """Whether something below *name* is made of devices that nobody knows.

        What a host has below a device of its own is all that there is.
        """
        return any(map(self._is_unknown_inside, self.under(name)))

    def _is_unknown_inside(self, name: str) -> bool:
        known = self.graph.devices.get(name)
        if known is not None and (known.present or known.below):
            return False
        return self.kind_of(name) in MADE_OF_OTHERS

    # A log may have many lines, and many names: what they are compared with is looked up once.
    @cached_property
    def _under(self) -> frozenset[str]:
        return frozenset(() if self.device is None else self.under(self.device))

    @cached_property
    def _above(self) -> frozenset[str]:
        return frozenset(() if self.device is None else self.graph.above(self.device))

    @cached_property
    def _is_open(self) -> bool:
        return self.device is not None and self.is_open(self.device)

    def _is_block(self, name: str) -> bool:
        return self.kind_of(name) not in (None, DeviceKind.CONTROLLER)

    def kind_of(self, name: str) -> DeviceKind | None:
        """Return what *name* is; None for what is neither a block device nor its controller."""
        if (known := self.graph.devices.get(name)) is not None:
            return known.kind
        return kind_of_name(name) if is_block_name(name) else None
