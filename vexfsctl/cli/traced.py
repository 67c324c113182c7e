"""From what `trace` was asked for to the incidents and everything that surrounds them."""

from collections.abc import Sequence
from difflib import get_close_matches

from vexfsctl.analysis.incident.incidents import (
    Incident,
    Occurrence,
    build_incidents,
    find_incident,
    find_occurrences,
    latest_incident,
)
from vexfsctl.analysis.incident.numbered_calls import (
    NumberedCall,
    find_numbered,
    find_numbered_calls,
    is_numbered,
)
from vexfsctl.analysis.incident.story import Story, tell_call, tell_story
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.evidence import Calendar, LogEvidence, read_evidence, recent_window, select_boot
from vexfsctl.cli.filters import Filters, find_devices, related_names
from vexfsctl.cli.recorded_recoveries import add_recoveries
from vexfsctl.cli.targets import parse_target
from vexfsctl.cli.trace_report import Trace, make_trace
from vexfsctl.exceptions import EvidenceMissing, IncidentNotFound, InvalidInput
from vexfsctl.model.correlation import parse_id_suffix
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import LogEntry
from vexfsctl.model.volume import Volume


class TracedLog:
    """A log whose incidents can be asked for."""

    def __init__(self, app: AppContext, filters: Filters, volumes: Sequence[Volume]) -> None:
        """Read the log; raise LogUnreadable if there is none."""
        self._app = app
        self._volumes = volumes
        self._calendar = Calendar.of(app)
        self._devices = filters.devices
        self._selection = filters.selection(app, volumes)
        evidence = read_evidence(app, volumes)
        self._reading = select_boot(evidence.reading, filters.boot)
        entries = LogEvidence(self._reading, evidence.live_logs).entries
        # Another boot, and a log from elsewhere, know nothing of what was done here just now.
        here = filters.boot is None and not app.logs
        self._entries, self._ledger = add_recoveries(app, entries, of_this_boot=here)
        incidents = build_incidents(find_occurrences(self._entries))
        self._incidents = [each for each in incidents if self._is_asked_for(each.occurrences)]
        calls = find_numbered_calls(self._entries)
        self._calls = [call for call in calls if self._is_asked_for(call.occurrences)]

    @property
    def entries(self) -> tuple[LogEntry, ...]:
        """Every record, with what the ledger of recoveries adds, in time order."""
        return self._entries

    def find(self, asked: str | None) -> Incident | NumberedCall:
        """Return what *asked* means: an id or its end, CALL-N[@SITE], or VOLUME[/OPERATION].

        None is the latest incident, or where the log has no ids at all, the latest numbered call
        that met trouble. Raises IncidentNotFound, or EvidenceMissing where it may be in a part of
        the log that is missing; AmbiguousId.
        """
        try:
            return self._find(asked)
        except IncidentNotFound as failure:
            coverage = self._app.looked_at = self.coverage(None)
            failure.hint = failure.hint or self._hint(asked)
            if coverage.complete:
                raise
            missing = ", ".join(map(str, coverage.gaps))
            raise EvidenceMissing(
                f"{failure.message}, and part of the log is missing: {missing}", hint=failure.hint
            ) from failure

    def tell(self, subject: Incident | NumberedCall) -> tuple[Trace, Coverage]:
        """Return all there is to say of *subject*, and how complete the log is for it."""
        if isinstance(subject, NumberedCall):
            devices = self._devices_asked_for()
            story = tell_call(subject, self._entries, devices)
        else:
            volume = self._volume_of(subject)
            devices = self._devices_of(subject, volume)
            now_ns = recent_window(self._app, self._reading.records, 0).now_us * 1_000
            story = tell_story(subject, self._entries, devices, volume, now_ns)
        return make_trace(story, devices, self._calendar), self.coverage(story)

    def coverage(self, story: Story | None) -> Coverage:
        """Return how complete the log is for *story*; None: for all that was asked for."""
        if story is not None:
            return self._reading.coverage(story.timeline.since_us) + self._ledger
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
        """What may have been meant by *asked*, of which the log has nothing."""
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
        named = {volume.name for volume in self._volumes}
        return asked not in named | {incident.volume for incident in self._incidents}

    def _is_asked_for(self, occurrences: Sequence[Occurrence]) -> bool:
        return any(
            self._selection.accepts(each.entry, self._calendar.moment(each.entry.record))
            for each in occurrences
        )

    def _volume_of(self, incident: Incident) -> Volume | None:
        """The volume as it is now, if it is still the same load."""
        for volume in self._volumes:
            if volume.status is None or volume.name != incident.volume:
                continue
            if incident.epoch in (None, volume.status.epoch):
                return volume
        return None

    def _devices_asked_for(self) -> tuple[str, ...] | None:
        """Devices that the filter names with those around them; None without that filter."""
        if not self._devices:
            return None
        return tuple(name for device in self._devices for name in related_names(device))

    def _devices_of(self, incident: Incident, volume: Volume | None) -> tuple[str, ...] | None:
        """Devices below the volume, None where nothing tells which they are."""
        if (asked := self._devices_asked_for()) is not None:
            return asked
        number = volume.status.device if volume is not None and volume.status else None
        if number is not None and (names := find_devices(number)) is not None:
            return names
        if incident.volume is None:
            return None
        # A volume is called after its device where nobody named it.
        spoken_of = {entry.evidence.device for entry in self._entries if entry.evidence}
        if incident.volume in spoken_of:
            return related_names(incident.volume)
        return find_devices(incident.volume)
