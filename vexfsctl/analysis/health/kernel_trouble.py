"""What the kernel itself says is wrong, by device, and what to do about each."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vexfsctl.analysis.devices.trouble import DeviceTrouble, TroubleTally
from vexfsctl.analysis.health.replays import Replays
from vexfsctl.analysis.window import Window
from vexfsctl.catalogue.kernel_kinds import advice_for, layer_of
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_LOST = frozenset({"block", "buffer", "filesystem", "swap"})
"""Kinds of lines that somebody above was told of: what comes after them does not undo that."""


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
    recovered: bool = False
    """Whether nothing was lost, and the last line that is not routine tells of a repair."""
    volumes: tuple[str, ...] = ()
    """The volumes with trouble that lie on it."""


@dataclass(frozen=True, slots=True)
class VolumesBelow:
    """What volumes lie on, as far as lines about it are to be told apart."""

    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By volume, what all devices below it are called."""
    failing: Collection[str] = ()
    """The volumes that something is wrong with."""
    replays: Replays | None = None

    def volumes_on(self, device: str | None) -> tuple[str, ...]:
        """Return the failing volumes that lie on *device*."""
        return tuple(name for name in self.failing if device in self.names.get(name, ()))

    def may_be_replay(
        self, entry: LogEntry, evidence: KernelEvidence, name_of: Callable[[str], str]
    ) -> bool:
        """Whether a replay may have made that line; *name_of* is as for `find_kernel_trouble`."""
        replays = self.replays
        if replays is None or not replays.volumes:
            return False
        devices = frozenset(map(name_of, evidence.devices))
        return any(
            replays.may_have_read(volume, entry, evidence)
            for volume, names in self.names.items()
            if not devices.isdisjoint(names)
        )


def find_kernel_trouble(
    entries: Iterable[LogEntry],
    window: Window,
    name_of: Callable[[str], str] = str,
    below: VolumesBelow | None = None,
) -> tuple[KernelTrouble, ...]:
    """Return for each device what the lines of *window* say is wrong with it, the worst first.

    What failing volumes lie on comes first, then what was not recovered, then causes, in the order
    of the layers of storage, then most lines; what no device is named for comes last. Repairs, what
    is routine, and what replays read is no trouble. *name_of* gives the kernel's name of what a
    line calls a device: its address, its number.
    """
    below = below or VolumesBelow()
    tally = TroubleTally(name_of)
    repaired: dict[str, bool] = {}
    for entry in entries:
        evidence = entry.evidence
        if evidence is None or not entry.verified or not window.holds(entry.record):
            continue
        if evidence.significance is EvidenceSignificance.REPAIR:
            repaired |= dict.fromkeys(map(name_of, evidence.devices), True)
        elif entry.trouble is not None:
            if below.may_be_replay(entry, evidence, name_of):
                continue
            for name in tally.take(entry, evidence, window.moment(entry.record)):
                repaired[name] = False
    found = (
        _told(device, trouble, below, repaired=repaired.get(device or "", False))
        for device, trouble in tally.result().items()
    )
    return tuple(sorted(found, key=_worst_first))


def _told(
    device: str | None, trouble: DeviceTrouble, below: VolumesBelow, *, repaired: bool
) -> KernelTrouble:
    return KernelTrouble(
        device,
        trouble.count,
        trouble,
        advice=advice_for(_lines(trouble), device),
        recovered=repaired and _LOST.isdisjoint(each.kind for each in trouble.kinds),
        volumes=below.volumes_on(device),
    )


def _worst_first(each: KernelTrouble) -> tuple[bool, bool, bool, int, int]:
    layer = layer_of(_lines(each.trouble), each.device)
    unnamed, harmless = each.device is None, not each.volumes
    return unnamed, harmless, each.recovered, layer, -each.count


def _lines(trouble: DeviceTrouble) -> Iterator[tuple[str, int | None]]:
    return ((each.kind, each.errno) for each in trouble.kinds)
