"""What the kernel itself says about devices, counted by device."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vexfsctl.analysis.devices.trouble import NO_TROUBLE
from vexfsctl.analysis.window import Window
from vexfsctl.model.entry import LogEntry


@dataclass(frozen=True, slots=True)
class KernelTrouble:
    """Lines of trouble about one device."""

    device: str
    """Kernel name, or as the record's metadata has it."""
    count: int


def count_kernel_trouble(
    entries: Iterable[LogEntry], window: Window, name_of: Callable[[str], str] = str
) -> tuple[KernelTrouble, ...]:
    """Return for each device how many lines of *window* report trouble with it, most first.

    *name_of* gives the kernel's name of what a line calls a device: its address, its number.
    """
    counts = Counter(
        entry.evidence.device
        for entry in entries
        if entry.evidence is not None
        and entry.evidence.device is not None
        and entry.evidence.kind not in NO_TROUBLE
        and window.holds(entry.record)
    )
    named: Counter[str] = Counter()
    for device, count in counts.items():
        named[name_of(device)] += count
    return tuple(KernelTrouble(device, count) for device, count in named.most_common())
