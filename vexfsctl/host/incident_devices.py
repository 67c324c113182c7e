"""Which devices are below the volume of an incident, by this host or by the log itself."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from vexfsctl.analysis.errors.backing import BackingFinder
from vexfsctl.analysis.incident.incidents import Incident
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.analysis.incident.others import others_at_once
from vexfsctl.analysis.trace.devices_below import MADE_OF_OTHERS, TRANSPORTS, DevicesBelow
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.log import HostLog
from vexfsctl.logs.reading.wanted import MOUNTING, MOUNTS, Saying
from vexfsctl.model.device_graph import DeviceGraph, DeviceKind, kind_of_name
from vexfsctl.model.device_names import disk_of_partition, is_block_name, is_on_other_bus
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence
from vexfsctl.model.volume import Volume


class IncidentDevices:
    """Finds the devices below the volumes of a log."""

    def __init__(
        self,
        finder: DeviceFinder,
        log: HostLog,
        volumes: Sequence[Volume],
        asked: Sequence[str] = (),
    ) -> None:
        """*volumes* are those that the log may be about, *asked* the devices of a filter."""
        self._finder = finder
        self._log = log
        self._volumes = volumes
        self._asked = asked

    def below(
        self,
        subject: Incident | NumberedCall,
        volume: Volume | None,
        entries: Sequence[LogEntry],
    ) -> DevicesBelow:
        """Return what is below *subject*, told with *entries*; *volume* is its own as it is now."""
        device = self._device_of(subject, volume)
        others = self._others(subject, entries)
        evidence = (each.evidence for each in entries)
        told = (each for each in evidence if each is not None and self._counts(each, device))
        named = {name for each in told for name in each.devices}
        graph = self._graph(device, named, {*others.values()})
        canonical = device if device is None else next(iter(graph.find(device)), device)
        below = DevicesBelow(canonical, graph, None, others)
        return replace(below, names=self._names(below, entries))

    def shown(self, below: DevicesBelow) -> tuple[str, ...] | None:
        """Return the kernel's names of the devices whose lines count; None if not known."""
        if below.names is None:
            return None
        devices = {*below.graph.devices, *self._finder.names_among(below.names)}
        return tuple(name for name in below.names if name in devices)

    def _names(self, below: DevicesBelow, entries: Iterable[LogEntry]) -> tuple[str, ...] | None:
        """Names of devices whose lines count; None for any device."""
        asked = tuple(name for each in self._asked for name in self._finder.names_of(each))
        if below.device is None or below.is_open(below.device):
            return asked or None
        related = below.graph.spellings(below.graph.related(below.device))
        return tuple(dict.fromkeys((*related, *asked, *_transports(below, entries))))

    def _device_of(self, subject: Incident | NumberedCall, volume: Volume | None) -> str | None:
        """What the volume lies on, by name or number; None if that is not known."""
        number = volume.status.device if volume is not None and volume.status else None
        if number is not None and self._finder.known_names_of(number):
            return number
        for each in subject.occurrences:
            if each.entry.device is not None:
                return each.entry.device
        if isinstance(subject, NumberedCall) or subject.volume is None:
            return self._mounted(subject)
        # The kernel module's volumes have their devices' names.
        return subject.volume if self._is_device(subject.volume) else None

    def _mounted(self, subject: Incident | NumberedCall) -> str | None:
        """What an earlier build had mounted then, if that is one device."""
        if not self._log.has_text(MOUNTING):
            return None
        first = subject.occurrences[0].entry
        finder = BackingFinder({})
        found = None
        for entry in self._log.only(MOUNTS).entries:
            if _is_later(entry, first):
                break
            if entry.upstream is not None and _is_same_log(entry, first):
                found = finder.find(entry)
        return found

    def _is_device(self, name: str) -> bool:
        """Whether this host or a line of the kernel knows a device of that name.

        A line about a disk may be about any partition of it, and one about a partition shows its
        disk.
        """
        if not self._finder.elsewhere and self._finder.known_names_of(name):
            return True
        disk = (disk_of_partition(name) if is_block_name(name) else None) or name
        entries = self._log.only(Saying(re.escape(disk))).entries
        told = chain.from_iterable(each.evidence.devices for each in entries if each.evidence)
        return any(disk in (each, disk_of_partition(each)) for each in told)

    def _others(
        self, subject: Incident | NumberedCall, entries: Iterable[LogEntry]
    ) -> Mapping[str, str]:
        failed = others_at_once(subject, entries, find_vicinity(subject))
        return dict(self._devices_of(failed))

    def _devices_of(self, failed: Iterable[LogEntry]) -> Iterator[tuple[str, str]]:
        numbers = {each.name: each.status.device for each in self._volumes if each.status}
        for entry in failed:
            if entry.event is None:
                continue
            name = entry.event.volume
            device = entry.device or numbers.get(name)
            if device is not None:
                yield name, self._finder.name_of_device(device)

    def _counts(self, evidence: KernelEvidence, device: str | None) -> bool:
        """Whether it matters how *device* stands to what a line near the incident is about.

        Not for a routine line that is shown in any case, as the log alone hardly tells what is
        below *device*.
        """
        if evidence.significance is not EvidenceSignificance.ROUTINE:
            return True
        open_ended = device is None or kind_of_name(device) in MADE_OF_OTHERS
        return not (self._finder.elsewhere and open_ended)

    def _graph(self, device: str | None, near: set[str], others: set[str]) -> DeviceGraph:
        """Return what is known of *device*, of those *near*, and of those of *others*."""
        # Deferred, as for the finder.
        from vexfsctl.analysis.devices.told import ToldGraph

        named = near | others
        mentioned = ToldGraph()
        for name in (device, *sorted(named)):
            if name is not None:
                mentioned.mention(name)
        words = mentioned.result()
        if self._finder.elsewhere:
            # All of the log is searched only for what matters.
            alone = all(_are_apart(name, device) for name in near)
            shared = any(self._may_share(device, other) for other in others - {device})
            return words if alone and not shared else self._finder.told + words
        here = self._finder.here + words
        known = all(self._finder.here.find(each) for each in (device, *named) if each is not None)
        return here if known else here + self._finder.told

    def _may_share(self, device: str | None, other: str) -> bool:
        """Whether lines of the log may tell that *other* lies on something that *device* does."""
        if device is None:
            return False
        # Deferred, as for the finder.
        from vexfsctl.analysis.devices.told import PATH_TOLD

        if _is_mapped(device) or _is_mapped(other):
            return self._log.has_text(PATH_TOLD)
        return not _are_apart(other, device) or _may_be_beside(other, device)


_STACKED = re.compile(r"md|dm-|nvme\d+c\d+n|(?:nvme|ata|host)[\d.]+$|scsi:|pci:|[\d:]+$")
"""How names begin of what may be above a disk, or below it, and what else such may be called."""


def _is_mapped(name: str) -> bool:
    return kind_of_name(disk_of_partition(name) or name) is DeviceKind.MAPPED


def _are_apart(name: str, device: str | None) -> bool:
    """Whether *name* is *device* or its disk, or no line of a log tells that one is made from or
    attached to the other; if *device* is not known, that *name* is made from anything, or anything
    from it."""
    if device is None:
        return _STACKED.match(name) is None
    disk = disk_of_partition(device) or device
    if name in (device, disk) or is_on_other_bus(disk, name):
        return True
    return kind_of_name(disk) is DeviceKind.DISK and _STACKED.match(name) is None


def _may_be_beside(name: str, device: str | None) -> bool:
    """Whether lines of a log may tell that *name* is attached where *device* is: SCSI's do."""
    return device is not None and name[:2] == device[:2] == "sd"


def _transports(below: DevicesBelow, entries: Iterable[LogEntry]) -> Iterator[str]:
    """Yield what disks may be attached to, as lines call it, if nobody knows which disks."""
    told = (each.evidence for each in entries if each.evidence is not None)
    names = (name for each in told if each.kind in TRANSPORTS for name in each.devices)
    return (name for name in names if below.may_carry(below.name_of(name)))


def _is_same_log(entry: LogEntry, other: LogEntry) -> bool:
    one, two = entry.record, other.record
    return (one.source, one.boot_id) == (two.source, two.boot_id)


def _is_later(entry: LogEntry, other: LogEntry) -> bool:
    return _is_same_log(entry, other) and other.record.is_older(entry.record, 0)
