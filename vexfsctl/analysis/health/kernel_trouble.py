"""What the kernel itself says is wrong, by device, and what to do about each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vexfsctl.analysis.devices.trouble import DeviceTrouble, TroubleTally, tells_trouble
from vexfsctl.analysis.window import Window
from vexfsctl.catalogue.kernel_kinds import advice_for, layer_of
from vexfsctl.model.entry import LogEntry


@dataclass(frozen=True, slots=True)
class KernelTrouble:
    """Lines of trouble about one device."""

    device: str | None
    """Kernel name, or as the record's metadata has it; None: the lines name none, as those about
    memory or a stuck task."""
    count: int
    trouble: DeviceTrouble
    advice: str
    """What to do, in a sentence or two."""


def find_kernel_trouble(
    entries: Iterable[LogEntry], window: Window, name_of: Callable[[str], str] = str
) -> tuple[KernelTrouble, ...]:
    """Return for each device what the lines of *window* say is wrong with it, causes first.

    That is, in the order of the layers of storage, and within one, most lines first. Repairs and
    what is routine are no trouble. What no device is named for comes last. *name_of* gives the
    kernel's name of what a line calls a device: its address, its number.
    """
    tally = TroubleTally(name_of)
    for entry in entries:
        evidence = tells_trouble(entry)
        if evidence is not None and window.holds(entry.record):
            tally.take(entry, evidence, window.moment(entry.record))
    found = (_told(device, trouble) for device, trouble in tally.result().items())
    return tuple(sorted(found, key=_distance))


def _told(device: str | None, trouble: DeviceTrouble) -> KernelTrouble:
    return KernelTrouble(device, trouble.count, trouble, advice_for(_lines(trouble), device))


def _distance(each: KernelTrouble) -> tuple[bool, int, int]:
    """Return what puts causes first when sorted by it."""
    return each.device is None, layer_of(_lines(each.trouble), each.device), -each.count


def _lines(trouble: DeviceTrouble) -> Iterator[tuple[str, int | None]]:
    return ((each.kind, each.errno) for each in trouble.kinds)
