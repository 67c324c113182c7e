"""From what `trace` was asked for to the incidents and everything that surrounds them."""

from collections.abc import Sequence
from difflib import get_close_matches

from vexfsctl.analysis.incidents import (
    Incident,
    build_incidents,
    find_incident,
    find_occurrences,
    latest_incident,
)
from vexfsctl.analysis.story import Story, tell_story
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.evidence import Calendar, LogEvidence, read_evidence, recent_window, select_boot
from vexfsctl.cli.filters import Filters, find_devices, related_names
from vexfsctl.cli.targets import parse_target
from vexfsctl.cli.trace_report import Trace, make_trace
from vexfsctl.exceptions import EvidenceMissing, IncidentNotFound, InvalidInput
from vexfsctl.model.correlation import parse_id_suffix
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.operations import OperationType
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
        self._entries = LogEvidence(self._reading, evidence.live_logs).entries
        incidents = build_incidents(find_occurrences(self._entries))
        self._incidents = [each for each in incidents if self._is_asked_for(each)]

    def find(self, asked: str | None) -> Incident:
        """Return the incident that *asked* means, None: the latest.

        *asked* is an id or its end, or VOLUME[/OPERATION]. Raises IncidentNotFound, or
        EvidenceMissing where it may be in a part of the log that is missing; AmbiguousId.
        """
        try:
            return self._find(asked)
        except IncidentNotFound as failure:
            coverage = self._app.looked_at = self.coverage(None)
            failure.hint = failure.hint or self._hint(asked)
            if coverage.complete:
                raise
            missing = ", ".join(f"{gap.source} {gap.reason}" for gap in coverage.gaps)
            raise EvidenceMissing(
                f"{failure.message}, and part of the log is missing: {missing}", hint=failure.hint
            ) from failure

    def trace(self, incident: Incident) -> tuple[Trace, Coverage]:
        """Return all there is to say of *incident*, and how complete the log is for it."""
        volume = self._volume_of(incident)
        devices = self._devices_of(incident, volume)
        now_ns = recent_window(self._app, self._reading.records, 0).now_us * 1_000
        story = tell_story(incident, self._entries, devices, volume, now_ns)
        return make_trace(story, devices, self._calendar), self.coverage(story)

    def coverage(self, story: Story | None) -> Coverage:
        """Return how complete the log is for *story*; None: for all that was asked for."""
        if story is not None:
            return self._reading.coverage(story.timeline.since_us)
        since = self._selection.since
        return self._reading.coverage(None if since is None else self._calendar.uptime_us(since))

    def _find(self, asked: str | None) -> Incident:
        if asked is None:
            return latest_incident(self._incidents)
        if self._is_id(asked):
            return find_incident(self._incidents, asked)
        target = parse_target(asked)
        if target.operation == "*":
            return latest_incident(self._incidents, target.volume)
        if target.operation not in set(OperationType):
            raise InvalidInput(f"{asked!r} is more than one operation", hint="name one, or none")
        return latest_incident(self._incidents, target.volume, OperationType(target.operation))

    def _hint(self, asked: str | None) -> str | None:
        """What may have been meant by *asked*, of which the log has nothing."""
        if asked is None or self._is_id(asked):
            return None
        volume, slash, operation = asked.partition("/")
        known = {each.volume for each in self._incidents}
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

    def _is_asked_for(self, incident: Incident) -> bool:
        return any(
            self._selection.accepts(each.entry, self._calendar.moment(each.entry.record))
            for each in incident.occurrences
        )

    def _volume_of(self, incident: Incident) -> Volume | None:
        """The volume as it is now, if it is still the same load."""
        for volume in self._volumes:
            if volume.status is None or volume.name != incident.volume:
                continue
            if incident.epoch in (None, volume.status.epoch):
                return volume
        return None

    def _devices_of(self, incident: Incident, volume: Volume | None) -> tuple[str, ...] | None:
        """Devices below the volume, None where nothing tells which they are."""
        if self._devices:
            return tuple(name for device in self._devices for name in related_names(device))
        number = volume.status.device if volume is not None and volume.status else None
        if number is not None and (names := find_devices(number)) is not None:
            return names
        # A volume is called after its device where nobody named it.
        spoken_of = {entry.evidence.device for entry in self._entries if entry.evidence}
        if incident.volume in spoken_of:
            return related_names(incident.volume)
        return find_devices(incident.volume)
