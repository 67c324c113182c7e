"""What the kernel itself says about devices, counted by device."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vexfsctl.analysis.window import Window
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import EvidenceSignificance

_UNTOLD = frozenset({"capacity", "suppressed"})
"""Kinds of kernel lines that do not say whether there is trouble with a device."""


@dataclass(frozen=True, slots=True)
class KernelTrouble:
    """Lines of trouble about one device."""

    device: str
    """Kernel name, or as the record's metadata has it."""
    count: int


def count_kernel_trouble(entries: Iterable[LogEntry], window: Window) -> tuple[KernelTrouble, ...]:
    """Return for each device how many lines of *window* report trouble with it, most first."""
    counts = Counter(
        entry.evidence.device
        for entry in entries
        if entry.evidence is not None
        and entry.evidence.device is not None
        and entry.evidence.kind not in _UNTOLD
        and entry.evidence.significance is EvidenceSignificance.TROUBLE
        and window.holds(entry.record)
    )
    return tuple(KernelTrouble(device, count) for device, count in counts.most_common())
