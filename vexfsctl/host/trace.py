"""The incidents of a log: from what was asked for to everything around it."""

import operator
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from vexfsctl.analysis.incident.incidents import (
    Incident,
    find_incident,
    find_occurrences,
    identifier_of,
    latest_incident,
)
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.numbered_calls import (
    NumberedCall,
    find_numbered,
    is_numbered,
)
from vexfsctl.analysis.trace.story import End, LogEnd, Setting, Story, tell_call, tell_story
from vexfsctl.exceptions import EvidenceMissing, IncidentNotFound, InvalidInput, covering
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.filters import Filters
from vexfsctl.host.host import Host
from vexfsctl.host.incident_devices import IncidentDevices
from vexfsctl.host.incident_scope import Scope, around, at_the_end, everything, with_call, with_ids
from vexfsctl.host.log import (
    Calendar,
    HostLog,
    is_elsewhere,
    read_log,
    recent_window,
    select_boot,
)
from vexfsctl.host.volumes import consult, parse_target
from vexfsctl.logs.kernel.writer import may_be_of_kernel
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.logs.reading.wanted import IDENTIFIER, STATES, Naming, Saying
from vexfsctl.model.correlation import parse_id_suffix
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import StateChanged
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import LogRecord
from vexfsctl.model.volume import ModuleState, Volume
from vexfsctl.recovery.ledger.file import read_ledger
from vexfsctl.recovery.ledger.recoveries import merge_recoveries, recoveries_of

_ENDINGS = (1 << 17, 1 << 20, 4 << 20)
"""Bytes of a log's end that are looked at for the latest incident, before all of it is."""

_WITHOUT_ID = "trouble without an id is told by vexfsctl status and vexfsctl device list"

_RELEASE = re.compile(r"(?P<major>\d{1,3})\.(?P<minor>\d{1,3})")
_VERSION = re.compile(rf"Linux version {_RELEASE.pattern}")
"""How the log of a boot begins."""
_WITHOUT_CACHE = 6, 6
"""The first release in which a file that is read past the page cache can be mapped."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One incident with everything around it."""

    story: Story
    device: str | None
    """The kernel's name of the device that the volume lies on; None if unknown."""
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
        with covering(consulted.coverage):
            log = read_log(host, consulted.volumes, searched=True)
            self._elsewhere = is_elsewhere(host, log, consulted.volumes)
            self.volumes = () if self._elsewhere else consulted.volumes
            """The volumes that the log may be about: none if it is from another host."""
            self._finder = DeviceFinder(host, log.reading, elsewhere=self._elsewhere)
            self._selection = filters.selection(host, self.volumes, self._finder)
            self._log = HostLog(select_boot(log.reading, filters.boot), log.live_logs)
            self._devices = IncidentDevices(self._finder, self._log, self.volumes, filters.devices)
        # Another boot, or a log from elsewhere, has nothing to do with recent actions here.
        here = filters.boot is None and not host.logs
        self._recoveries = Recoveries.of(host, self._log.reading, of_this_boot=here)
        self._found: list[Incident | NumberedCall] = []

    def find(self, asked: str | None) -> Incident | NumberedCall:
        """Return what *asked* means: an id or its end, CALL-N[@SITE], or VOLUME[/OPERATION].

        None is the latest incident, or if the log has no ids at all, the latest numbered call
        that met trouble. What is found again is the same object. Raises IncidentNotFound,
        EvidenceMissing if it may be in a missing part of the log, or AmbiguousId.
        """
        coverage = self._coverage_asked_for()
        with covering(coverage):
            try:
                found = self._find(asked)
            except IncidentNotFound as failure:
                same = ", with --log as here" if self._host.logs else ""
                failure.hint = failure.hint or f"{_WITHOUT_ID}{same}"
                if coverage.complete:
                    raise
                missing = ", ".join(map(str, coverage.gaps))
                raise EvidenceMissing(
                    f"{failure.message}, and part of the log is missing: {missing}",
                    hint=failure.hint,
                ) from failure
        known = (each for each in self._found if is_same(each, found))
        if (again := next(known, None)) is not None:
            return again
        self._found.append(found)
        return found

    def trace(self, subject: Incident | NumberedCall) -> Trace:
        """Return everything known about *subject*."""
        placed, entries = around(self._log, subject, self._recoveries.merge)
        volume = None if isinstance(placed, NumberedCall) else self._volume_of(placed)
        below = self._devices.below(placed, volume, entries)
        setting = Setting(
            below,
            volume,
            now_ns=recent_window(self._host, self._log.reading, 0).now_us * 1_000,
            end=self._end_of(placed),
            other_clock=self._has_other_clock(placed),
            may_read_again=self._may_read_again(placed),
        )
        if isinstance(placed, NumberedCall):
            story = tell_call(placed, entries, setting)
        else:
            story = tell_story(placed, entries, find_occurrences(entries), setting)
        shown = self._devices.shown(below)
        return Trace(story, below.device, shown, self._calendar, self.coverage(subject))

    def entries_around(self, subject: Incident | NumberedCall) -> tuple[LogEntry, ...]:
        """Return the entries that are needed to tell of *subject*, in time order."""
        return around(self._log, subject, self._recoveries.merge)[1]

    def coverage(self, subject: Incident | NumberedCall) -> Coverage:
        """Return how complete the log is for *subject*."""
        vicinity = find_vicinity(subject)
        span = None if vicinity is None else vicinity.uptimes
        since_us = None if span is None else span.begin
        return self._log.reading.coverage(since_us) + self._recoveries.coverage

    def _end_of(self, subject: Incident | NumberedCall) -> LogEnd | None:
        """Return up to where the log may tell of the end of *subject*; None if not known."""
        if isinstance(subject, Incident) and (ended := self._end_of_load(subject)) is not None:
            return LogEnd(ended, End.VOLUME)
        sources = self._log.reading.sources
        boots = [boot for source in sources for boot in source.boots]
        ends = [boot.ends[subject.boot_id] for boot in boots if subject.boot_id in boot.ends]
        if len(sources) != 1 or len(ends) != 1:
            return None
        *_, latest = (each for boot in boots for each in boot.ends)
        return LogEnd(ends[0], End.LOG if subject.boot_id == latest else End.BOOT)

    def _end_of_load(self, incident: Incident) -> LogRecord | None:
        """Return the record by which the provider of the volume ended; None if there is none."""
        load = incident.volume, incident.epoch
        for entry in self._log.only(STATES).entries:
            event = entry.event
            if not isinstance(event, StateChanged) or (event.volume, event.epoch) != load:
                continue
            if event.after == ModuleState.UNINITIALIZED:
                return entry.record
        return None

    def _has_other_clock(self, subject: Incident | NumberedCall) -> bool:
        """Whether a log of its boot, as far as is known, has times that cannot be compared."""
        if (vicinity := find_vicinity(subject)) is None:
            return False
        boots = (boot for source in self._log.reading.sources for boot in source.boots)
        ends = (end for boot in boots for end in boot.ends.values())
        known = None, subject.boot_id
        may_be_of_it = (end for end in ends if subject.boot_id is None or end.boot_id in known)
        return any(end.has_time and not vicinity.has_clock_of(end) for end in may_be_of_it)

    def _may_read_again(self, subject: Incident | NumberedCall) -> bool:
        """Whether its kernel may be one that reads through the page cache of our driver's mounts.

        By its release, which is known of this boot, and of a log that begins with a boot.
        """
        boots = (boot for source in self._log.reading.sources for boot in source.boots)
        begins = (boot.first for boot in boots if subject.boot_id in boot.ends)
        told = (first.text for first in begins if first is not None and may_be_of_kernel(first))
        releases = [*map(_VERSION.match, told)]
        if subject.boot_id is not None and subject.boot_id == self._host.boot_id:
            releases.append(_RELEASE.match(self._host.kernel))
        known = [(int(each["major"]), int(each["minor"])) for each in releases if each]
        return not known or min(known) < _WITHOUT_CACHE

    def _coverage_asked_for(self) -> Coverage:
        since = self._selection.since
        since_us = None if since is None else self._calendar.uptime_us(since)
        return self._log.reading.coverage(since_us) + self._recoveries.coverage

    def _find(self, asked: str | None) -> Incident | NumberedCall:
        if asked is None:
            return self._latest_of_all()
        if is_numbered(asked):
            calls = with_call(self._log, asked).calls
            return find_numbered([*filter(self._is_asked_for, calls)], asked)
        if self._is_id(asked):
            return self._with_id(asked)
        target = parse_target(asked)
        if target.operation == "*":
            return self._latest(target.volume)
        if target.operation not in set(OperationType):
            raise InvalidInput(f"{asked!r} is more than one operation", hint="name one, or none")
        return self._latest(target.volume, OperationType(target.operation))

    def _with_id(self, asked: str) -> Incident:
        scope = with_ids(self._log, parse_id_suffix(asked), self._recoveries.merge)
        incidents = [*filter(self._is_asked_for, scope.incidents)]
        if scope.complete:
            return find_incident(incidents, asked)
        if len(incidents) == len(scope.incidents):
            # If it fits several of the first ones already, no more need to be looked at.
            with suppress(IncidentNotFound):
                find_incident(incidents, asked, complete=False)
        return find_incident([*filter(self._is_asked_for, self._everything.incidents)], asked)

    def _latest_of_all(self) -> Incident | NumberedCall:
        if (found := self._latest_at_the_end()) is not None:
            return found
        scope = self._everything
        incidents = [*filter(self._is_asked_for, scope.incidents)]
        calls = filter(self._is_asked_for, scope.calls)
        troubled = [call for call in calls if call.troubled]
        if troubled and not any(each.eventful for each in incidents):
            return troubled[-1]
        return latest_incident(incidents)

    def _latest(self, volume: str, operation: OperationType | None = None) -> Incident:
        named = self._names_volume(volume)
        if named and (found := self._latest_at_the_end(volume, operation)) is not None:
            return found
        try:
            if not named:
                # What it says of a log without any.
                return latest_incident((), volume, operation)
            incidents = filter(self._is_asked_for, self._everything.incidents)
            return latest_incident([*incidents], volume, operation)
        except IncidentNotFound as failure:
            # Deferred: mostly there is one.
            from difflib import get_close_matches

            known = self._volumes_with_ids - {volume}
            for near in get_close_matches(volume, sorted(known), n=1):
                target = near if operation is None else f"{near}/{operation}"
                failure.hint = f"did you mean {target}?"
            raise

    def _latest_at_the_end(
        self, volume: str | None = None, operation: OperationType | None = None
    ) -> Incident | None:
        """Return the latest incident if the end of the log surely shows which that is.

        That is one in which an error arose and which is not a forgery: none from before would be
        preferred to it.
        """
        for size in _ENDINGS:
            scope = at_the_end(self._log, size, self._recoveries.merge)
            if scope is None:
                return None
            incidents = [*filter(self._is_asked_for, scope.incidents)]
            with suppress(IncidentNotFound):
                latest = latest_incident(incidents, volume, operation)
                if latest.vouched and latest.erroneous and self._begins_in(latest):
                    return latest
        return None

    def _begins_in(self, incident: Incident) -> bool:
        """Whether all of the log has no more of *incident* than the end that shows it."""
        digits = f"{incident.root:016X}"
        whole = with_ids(self._log, digits, self._recoveries.merge).incidents
        return any(is_same(each, incident) for each in whole)

    @cached_property
    def _volumes_with_ids(self) -> set[str]:
        """The volumes that records with an id are about."""
        events = (entry.event for entry in chain(self._recoveries.merge(()), self._log.entries))
        return {
            event.volume
            for event in events
            if event is not None and identifier_of(event) is not None
        }

    @cached_property
    def _everything(self) -> Scope:
        return everything(self._log, self._recoveries.merge)

    def _is_id(self, asked: str) -> bool:
        try:
            parse_id_suffix(asked)
        except ValueError:
            return False
        # A volume may be called `dead` or `fe`.
        if any(asked == volume.name for volume in self.volumes):
            return False
        if not self._names_volume(asked):
            return True
        return all(asked != incident.volume for incident in self._everything.incidents)

    def _names_volume(self, name: str) -> bool:
        """Whether any record may be about a volume of that name: quick; False is certain."""
        # Another name may be written with escapes.
        plain = re.fullmatch(r"[\w.-]+", name, re.ASCII) is not None
        pattern = f'vol="?{re.escape(name)}' if plain else "vol="
        # Records with an id will be looked for anyhow.
        is_id = IDENTIFIER.fullmatch(name) is not None
        wanted = Naming(frozenset((name,))) if is_id else Saying(pattern)
        named = (each for each in self._log.reading.only(wanted) if re.search(pattern, each.text))
        recovered = (entry.event for entry in self._recoveries.merge(()))
        return next(iter(named), None) is not None or any(
            event is not None and event.volume == name for event in recovered
        )

    def _is_asked_for(self, subject: Incident | NumberedCall) -> bool:
        return any(
            self._selection.accepts(each.entry, self._calendar.moment(each.entry.record))
            for each in subject.occurrences
        )

    def _volume_of(self, incident: Incident) -> Volume | None:
        """The volume as it is now, if it is still the same load."""
        for volume in self.volumes:
            if volume.status is None or volume.name != incident.volume:
                continue
            if incident.epoch in (None, volume.status.epoch):
                return volume
        return None


def is_same(one: Incident | NumberedCall, other: Incident | NumberedCall) -> bool:
    """Whether both are the same incident or call of a log: all of it."""
    told = ([each.entry for each in subject.occurrences] for subject in (one, other))
    return type(one) is type(other) and operator.eq(*told)


@dataclass(frozen=True, slots=True)
class Recoveries:
    """What the ledger says of recoveries in the time of a log."""

    recorded: tuple[LogEntry, ...]
    boots: frozenset[str | None]
    """The boots that are asked for."""
    coverage: Coverage
    """The gaps of the ledger. One that may not be read is none: what is in the kernel log is there
    already."""

    @classmethod
    def of(cls, host: Host, log: LogReading, *, of_this_boot: bool) -> "Recoveries":
        """Return those of the boots of *log*, and with *of_this_boot* of this boot."""
        readings = [read_ledger(place) for place in host.ledger_directories]
        recorded = (each for reading in readings for each in recoveries_of(reading.entries))
        gaps = (gap for reading in readings for gap in reading.coverage.gaps)
        torn = Coverage(gaps=tuple(gap for gap in gaps if gap.reason == "torn"))
        boots = {*log.boots_with_records, *([host.boot_id] if of_this_boot else [])}
        return cls(tuple(recorded), frozenset(boots - {None}), torn)

    def merge(self, entries: Sequence[LogEntry]) -> tuple[LogEntry, ...]:
        """Return *entries* with those added; no record appears twice."""
        return merge_recoveries(entries, self.recorded, self.boots)
