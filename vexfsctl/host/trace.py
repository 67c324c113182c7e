"""The incidents of a log: from what was asked for to everything around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from vexfsctl.analysis.incident.incidents import (
    Incident,
    Occurrence,
    build_incidents,
    find_incident,
    find_occurrences,
    latest_incident,
)
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.numbered_calls import (
    NumberedCall,
    find_numbered,
    find_numbered_calls,
    is_numbered,
)
from vexfsctl.analysis.incident.story import Story, tell_call, tell_story
from vexfsctl.exceptions import EvidenceMissing, IncidentNotFound, InvalidInput, covering
from vexfsctl.host.filters import Filters, find_devices, related_names
from vexfsctl.host.host import Host
from vexfsctl.host.log import (
    Calendar,
    HostLog,
    is_elsewhere,
    read_log,
    recent_window,
    select_boot,
)
from vexfsctl.host.volumes import consult, parse_target
from vexfsctl.model.correlation import parse_id_suffix
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import Volume
from vexfsctl.recovery.ledger.file import read_ledger
from vexfsctl.recovery.ledger.recoveries import merge_recoveries, recoveries_of


@dataclass(frozen=True, slots=True)
class Trace:
    """One incident with everything around it."""

    story: Story
    devices: tuple[str, ...] | None
    """The devices whose kernel lines are shown; None: not known, so the lines of all devices."""
    calendar: Calendar
    """Gives the time at which records of its boot were written."""
    coverage: Coverage
    """How complete the log is for the incident."""


class IncidentLog:
    """A log to find incidents in."""

    def __init__(self, host: Host, filters: Filters | None = None) -> None:
        """Read volumes and log; raises as `pick_log` does."""
        filters = filters or Filters()
        consulted = consult(host)
        self._host = host
        self._calendar = Calendar.of(host)
        self._devices = filters.devices
        with covering(consulted.coverage):
            log = read_log(host, consulted.volumes)
            self._elsewhere = is_elsewhere(host, log, consulted.volumes)
            self.volumes = () if self._elsewhere else consulted.volumes
            """The volumes that the log may be about: none if it is from another host."""
            self._selection = filters.selection(host, self.volumes, elsewhere=self._elsewhere)
            self._reading = select_boot(log.reading, filters.boot)
        entries = tuple(HostLog(self._reading, log.live_logs).entries)
        # Another boot, or a log from elsewhere, has nothing to do with recent actions here.
        here = filters.boot is None and not host.logs
        self._entries, self._ledger = _add_recoveries(host, entries, of_this_boot=here)
        self._occurrences = find_occurrences(self._entries)
        incidents = build_incidents(self._occurrences)
        self._incidents = [each for each in incidents if self._is_asked_for(each.occurrences)]
        calls = find_numbered_calls(self._entries)
        self._calls = [call for call in calls if self._is_asked_for(call.occurrences)]

    @property
    def entries(self) -> tuple[LogEntry, ...]:
        """Every record, with what the ledger of recoveries adds, in time order."""
        return self._entries

    def find(self, asked: str | None) -> Incident | NumberedCall:
        """Return what *asked* means: an id or its end, CALL-N[@SITE], or VOLUME[/OPERATION].

        None is the latest incident, or if the log has no ids at all, the latest numbered call
        that met trouble. Raises IncidentNotFound, EvidenceMissing if it may be in a missing part
        of the log, or AmbiguousId.
        """
        coverage = self._coverage_asked_for()
        with covering(coverage):
            try:
                return self._find(asked)
            except IncidentNotFound as failure:
                failure.hint = failure.hint or self._hint(asked)
                if coverage.complete:
                    raise
                missing = ", ".join(map(str, coverage.gaps))
                raise EvidenceMissing(
                    f"{failure.message}, and part of the log is missing: {missing}",
                    hint=failure.hint,
                ) from failure

    def trace(self, subject: Incident | NumberedCall) -> Trace:
        """Return everything known about *subject*."""
        if isinstance(subject, NumberedCall):
            devices = self._devices_asked_for()
            story = tell_call(subject, self._entries, devices)
        else:
            volume = self._volume_of(subject)
            devices = self._devices_of(subject, volume)
            now_ns = recent_window(self._host, self._reading, 0).now_us * 1_000
            story = tell_story(subject, self._entries, self._occurrences, devices, volume, now_ns)
        return Trace(story, devices, self._calendar, self.coverage(subject))

    def coverage(self, subject: Incident | NumberedCall) -> Coverage:
        """Return how complete the log is for *subject*."""
        vicinity = find_vicinity(subject)
        since_us = None if vicinity is None else vicinity.begin_us
        return self._reading.coverage(since_us) + self._ledger

    def _coverage_asked_for(self) -> Coverage:
        since = self._selection.since
        since_us = None if since is None else self._calendar.uptime_us(since)
        return self._reading.coverage(since_us) + self._ledger

    def _find(self, asked: str | None) -> Incident | NumberedCall:
        if asked is None:
            return self._latest()
        if is_numbered(asked):
            return find_numbered(self._calls, asked)
        if self._is_id(asked):
            return find_incident(self._incidents, asked)
        target = parse_target(asked)
        if target.operation == "*":
            return latest_incident(self._incidents, target.volume)
        if target.operation not in set(OperationType):
            raise InvalidInput(f"{asked!r} is more than one operation", hint="name one, or none")
        return latest_incident(self._incidents, target.volume, OperationType(target.operation))

    def _latest(self) -> Incident | NumberedCall:
        troubled = [call for call in self._calls if call.troubled]
        if troubled and not any(each.eventful for each in self._incidents):
            return troubled[-1]
        return latest_incident(self._incidents)

    def _hint(self, asked: str | None) -> str | None:
        """What *asked*, which the log does not have, may have been meant to be."""
        if asked is None or self._is_id(asked) or is_numbered(asked):
            return None
        volume, slash, operation = asked.partition("/")
        known = {each.volume for each in self._incidents if each.volume is not None}
        for near in get_close_matches(volume, sorted(known - {volume}), n=1):
            return f"did you mean {near}{slash}{operation}?"
        return None

    def _is_id(self, asked: str) -> bool:
        try:
            parse_id_suffix(asked)
        except ValueError:
            return False
        # A volume may be called `dead` or `fe`.
        named = {volume.name for volume in self.volumes}
        return asked not in named | {incident.volume for incident in self._incidents}

    def _is_asked_for(self, occurrences: Sequence[Occurrence]) -> bool:
        return any(
            self._selection.accepts(each.entry, self._calendar.moment(each.entry.record))
            for each in occurrences
        )

    def _volume_of(self, incident: Incident) -> Volume | None:
        """The volume as it is now, if it is still the same load."""
        for volume in self.volumes:
            if volume.status is None or volume.name != incident.volume:
                continue
            if incident.epoch in (None, volume.status.epoch):
                return volume
        return None

    def _devices_asked_for(self) -> tuple[str, ...] | None:
        """Devices that the filter names, with their relatives; None without that filter."""
        if not self._devices:
            return None
        related = self._related_names
        return tuple(name for device in self._devices for name in related(device))

    def _devices_of(self, incident: Incident, volume: Volume | None) -> tuple[str, ...] | None:
        """Devices below the volume; None if they are not known."""
        if (asked := self._devices_asked_for()) is not None:
            return asked
        number = volume.status.device if volume is not None and volume.status else None
        if number is not None and (names := find_devices(number)) is not None:
            return names
        for each in incident.occurrences:
            if each.entry.device is not None:
                return self._related_names(each.entry.device)
        if incident.volume is None:
            return None
        # The kernel module's volumes have their devices' names.
        spoken_of = {entry.evidence.device for entry in self._entries if entry.evidence}
        if incident.volume in spoken_of:
            return self._related_names(incident.volume)
        return None if self._elsewhere else find_devices(incident.volume)

    def _related_names(self, device: str) -> tuple[str, ...]:
        return related_names(device, elsewhere=self._elsewhere)


def _add_recoveries(
    host: Host, entries: Sequence[LogEntry], *, of_this_boot: bool
) -> tuple[tuple[LogEntry, ...], Coverage]:
    """Return *entries* with the recovery records of the ledger added, and the ledger's gaps.

    No record appears twice. Records are added for the boots of *entries*, and with *of_this_boot*
    for this boot. A ledger that may not be read adds nothing and is not a gap: what is in the
    kernel log is there already.
    """
    readings = [read_ledger(place) for place in host.ledger_directories]
    recorded = (each for reading in readings for each in recoveries_of(reading.entries))
    gaps = (gap for reading in readings for gap in reading.coverage.gaps)
    torn = Coverage(gaps=tuple(gap for gap in gaps if gap.reason == "torn"))
    boots = {each.record.boot_id for each in entries}
    if of_this_boot:
        boots.add(host.boot_id)
    return merge_recoveries(entries, recorded, boots - {None}), torn
