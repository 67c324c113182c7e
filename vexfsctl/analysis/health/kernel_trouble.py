"""What the kernel itself says about devices, counted by device."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vexfsctl.analysis.window import Window
from vexfsctl.model.entry import LogEntry

_NO_TROUBLE = frozenset({"capacity", "suppressed"})
"""Kinds of kernel lines that do not mean trouble with a device."""


@dataclass(frozen=True, slots=True)
class KernelTrouble:
    """Lines of trouble about one device."""

    device: str
    """Kernel name, or as the record's metadata has it; that of a member if its array has none."""
    count: int


def count_kernel_trouble(entries: Iterable[LogEntry], window: Window) -> tuple[KernelTrouble, ...]:
    """Return for each device how many lines of *window* report trouble with it, most first.

    Repairs and what is routine are none.
    """
    counts = Counter(
        entry.evidence.devices[0]
        for entry in entries
        if entry.evidence is not None
        and entry.evidence.devices
        and entry.evidence.is_trouble
        and entry.evidence.kind not in _NO_TROUBLE
        and window.holds(entry.record)
    )
    return tuple(KernelTrouble(device, count) for device, count in counts.most_common())
