"""The block devices of this host or of a log, with their state and what the kernel says of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from vexfsctl.analysis.devices.trouble import DeviceTrouble, TroubleTally
from vexfsctl.devices.block_state import BlockState, read_block_state
from vexfsctl.exceptions import LogUnreadable, covering
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.filters import Filters
from vexfsctl.host.host import Host
from vexfsctl.host.log import Calendar, HostLog, is_elsewhere, read_log, select_boot
from vexfsctl.host.volumes import consult_logs
from vexfsctl.logs.kernel.unexplained import UnexplainedLines
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.device_graph import MOST_RELATED, Device, DeviceGraph, DeviceKind
from vexfsctl.model.device_names import is_block_name
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.moments import is_within
from vexfsctl.model.volume import Volume

MOST_DEVICES = 4_000
"""Devices that are told of at once. A log may name any number of them."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Everything known about one device."""

    name: str
    kind: DeviceKind
    present: bool
    """Whether this host has it now; False for any of a log from elsewhere."""
    aliases: tuple[str, ...]
    """What else it is called."""
    below: tuple[str, ...]
    """What it is made from, down to the controllers, nearest first."""
    above: tuple[str, ...]
    """What is made from it or attached to it, nearest first."""
    beside: tuple[str, ...]
    """Other disks of its controllers."""
    volumes: tuple[str, ...]
    """VexFS volumes that lie on it, directly or not."""
    state: BlockState
    trouble: DeviceTrouble | None
    """What the kernel's lines say, in the time asked for; None if no log could be read."""


@dataclass(frozen=True, slots=True)
class DeviceSurvey:
    """The devices that were asked for."""

    devices: tuple[DeviceReport, ...]
    """What others are made from comes after them; the first is the topmost."""
    elsewhere: bool
    """Whether they are those of a log from elsewhere."""
    coverage: Coverage
    other_lines: int | None = None
    """Lines of trouble about no device that is known: about an adapter, a connection, or without a
    name. None if devices were asked for by name, or no log could be read."""


def survey_devices(
    host: Host,
    asked: Sequence[str] = (),
    *,
    every: bool = False,
    filters: Filters | None = None,
) -> DeviceSurvey:
    """Return the devices called *asked* with all below and above them.

    If none is asked for, those under volumes; without a volume, or if *every* one is wanted, all
    that have a medium or trouble. *filters* give the boot and time of the trouble. Raises
    DeviceNotFound or EvidenceMissing for a name that nothing has, LogUnreadable if a log was asked
    for, InvalidInput for a time that is none.
    """
    filters = filters or Filters()
    consulted = consult_logs(host)
    coverage = consulted.coverage
    log, elsewhere = None, False
    with covering(coverage):
        try:
            log = read_log(host, consulted.volumes)
            elsewhere = is_elsewhere(host, log, consulted.volumes)
        except LogUnreadable as failure:
            if host.logs:
                raise
            coverage += failure.coverage or Coverage()
        finder = DeviceFinder(host, None if log is None else log.reading, elsewhere=elsewhere)
        volumes = () if elsewhere else consulted.volumes
        seen = _Seen(finder, volumes)
        if log is not None:
            seen.take_all(host, log, filters)
            coverage += _coverage_of(host, log.reading, filters) + seen.unexplained
            coverage += Coverage(gaps=tuple(seen.undated()))
        names = seen.chosen(asked, every=every)
    shown = seen.worst(names)
    devices = tuple(seen.report(host, name, elsewhere=elsewhere) for name in shown)
    if len(shown) < len(names) or any(map(_is_cut, devices)):
        coverage += Coverage(gaps=(Gap("devices", "too_many", len(names) - len(shown)),))
    other_lines = None if asked or log is None else seen.other_lines
    return DeviceSurvey(devices, elsewhere, coverage, other_lines)


def _coverage_of(host: Host, reading: LogReading, filters: Filters) -> Coverage:
    since, _ = filters.boundaries(host)
    known = reading.coverage(None if since is None else Calendar.of(host).uptime_us(since))
    # Without a start time, a log that begins late is no gap, as for `log`.
    late = (gap for gap in known.gaps if since is not None or gap.reason != "starts_late")
    return Coverage(known.sources, tuple(late), known.notes)


@dataclass
class _Seen:
    """What sysfs, the volumes and the log show."""

    finder: DeviceFinder
    volumes: Sequence[Volume]
    _carried: dict[str, dict[str, None]] = field(default_factory=dict)
    """Volumes of each device."""
    _named: dict[str, None] = field(default_factory=dict)
    """Names in lines of trouble and of mounts."""
    _has_log: bool = False
    _undated: dict[str, int] = field(default_factory=dict)
    """Lines of trouble, by source, that may be of the time asked for: they have none."""

    def __post_init__(self) -> None:
        self._tally = TroubleTally(self.finder.name_of_device)
        self.unexplained = Coverage()
        """How many lines of trouble no form knows."""

    def take_all(self, host: Host, log: HostLog, filters: Filters) -> None:
        """Take the log, as far as *filters* ask for it."""
        self._has_log = True
        unexplained = UnexplainedLines()
        since, until = filters.boundaries(host)
        calendar = Calendar.of(host)
        chosen = HostLog(select_boot(log.reading, filters.boot), log.live_logs)
        for entry in chosen.entries:
            moment = calendar.moment(entry.record)
            if entry.event is not None and entry.device is not None:
                # Here only those that are there now: old ones may have been anywhere.
                if self.finder.elsewhere:
                    self._carry(entry.device, entry.event.volume)
            elif is_within(moment, since, until):
                unexplained.take(entry)
                self._take(entry, moment)
            elif moment is None and entry.trouble is not None:
                source, weight = entry.record.source, entry.record.weight
                self._undated[source] = self._undated.get(source, 0) + weight
        self.unexplained = unexplained.coverage

    def undated(self) -> Iterator[Gap]:
        """Yield what could not be judged, as it has no time."""
        return (Gap(source, "undated", lost) for source, lost in self._undated.items())

    def chosen(self, asked: Sequence[str], *, every: bool) -> tuple[str, ...]:
        """Return the names of the devices to report."""
        self._carry_live()
        graph = self.graph
        if asked:
            found = (name for each in asked for name in self._related(each))
        elif self._carried and not every:
            found = (name for each in self._carried for name in (each, *graph.below(each)))
        else:
            found = (device.name for device in graph if self._is_shown(device))
        return tuple(dict.fromkeys(name for name in found if name in graph.devices))

    def worst(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return up to `MOST_DEVICES` of *names*, those with most trouble.

        Each is before what it is made from.
        """
        if len(names) > MOST_DEVICES:
            none = DeviceTrouble()
            counts = {name: self._trouble.get(name, none).count for name in names}
            names = sorted(names, key=lambda name: -counts[name])[:MOST_DEVICES]
        return _topmost_first(self.graph, names)

    @property
    def other_lines(self) -> int:
        """How many lines of trouble are not about any device. Ask for it as for the graph."""
        known = self.graph.devices
        return sum(each.count for name, each in self._trouble.items() if name not in known)

    def report(self, host: Host, name: str, *, elsewhere: bool) -> DeviceReport:
        """Return what is known of the device called *name*."""
        graph = self.graph
        device = graph.devices[name]
        over = (name, *graph.above(name))
        return DeviceReport(
            name=name,
            kind=device.kind,
            present=device.present,
            aliases=device.aliases,
            below=graph.below(name),
            above=graph.above(name),
            beside=graph.beside(name),
            volumes=tuple(
                dict.fromkeys(volume for each in over for volume in self._carried.get(each, ()))
            ),
            state=BlockState() if elsewhere else read_block_state(name, host.sysfs),
            trouble=self._trouble.get(name, DeviceTrouble()) if self._has_log else None,
        )

    @cached_property
    def graph(self) -> DeviceGraph:
        """All devices: here, or else of the log; those that are gone if they have trouble.

        Ask for it when all of the log was taken.
        """
        return self.finder.here + self._told()

    def _told(self) -> DeviceGraph:
        # Deferred: few hosts have devices that are gone.
        from vexfsctl.analysis.devices.told import ToldGraph

        told = ToldGraph()
        here = self.finder.here
        for name in (*self._named, *self._carried):
            if name not in here.devices:
                told.mention(name)
        mentioned = told.result()
        known = self.finder.told if mentioned.devices or not here.devices else DeviceGraph()
        both = known + mentioned
        # What is here is as sysfs says it is now, whatever its name meant before.
        return DeviceGraph.of(each for each in both if each.name not in here.devices)

    def _take(self, entry: LogEntry, moment: datetime | None) -> None:
        if entry.upstream is not None and entry.upstream.device is not None:
            self._named[entry.upstream.device] = None
        evidence = entry.trouble
        if evidence is not None:
            self._named.update(dict.fromkeys(self._tally.take(entry, evidence, moment)))

    @cached_property
    def _trouble(self) -> Mapping[str | None, DeviceTrouble]:
        """Ask for it when all of the log was taken."""
        return self._tally.result()

    def _carry_live(self) -> None:
        for volume in self.volumes:
            number = None if volume.status is None else volume.status.device
            for name in () if number is None else self.finder.here.find(number):
                self._carry(name, volume.name)

    def _carry(self, device: str, volume: str) -> None:
        if is_block_name(device):
            self._carried.setdefault(device, {})[volume] = None

    def _related(self, asked: str) -> Iterator[str]:
        found = self.graph.find(asked)
        if not found:
            # By a path, or by a word of the log; raises if nothing is called that.
            found = self.finder.names_among(self.finder.names_of(asked))
        related = [each for name in found for each in self.graph.related(name)]
        if not any(each in self.graph.devices for each in related):
            # Lines may be about a server or an adapter, which is no device.
            raise self.finder.not_found(asked)
        yield from (each for each in related if each in self.graph.devices)

    def _is_shown(self, device: Device) -> bool:
        if device.name in self._trouble or not device.is_block or not device.present:
            return True
        return read_block_state(device.name, self.finder.host.sysfs).size != 0


def _topmost_first(graph: DeviceGraph, names: Iterable[str]) -> tuple[str, ...]:
    """Return *names*, each before what it is made from; what can be is in their own order."""
    names = tuple(names)
    heights = {name: len(graph.below(name)) for name in names}
    return tuple(sorted(names, key=lambda name: -heights[name]))


def _is_cut(device: DeviceReport) -> bool:
    related = (device.below, device.above, device.beside)
    return any(len(each) >= MOST_RELATED for each in related)
