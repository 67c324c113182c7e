"""What the log of a verdict says, in one look at it: however long it is, it is read once."""

from collections import Counter

from vexfsctl.analysis.errors.groups import ErrorGroups, NoiseGroups, Sighting, is_error
from vexfsctl.analysis.health.log_counts import count_entry
from vexfsctl.analysis.health.log_findings import LogJudge
from vexfsctl.analysis.health.replays import Replays
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.upstream.health import UpstreamWatch
from vexfsctl.analysis.window import Window
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import CallTimedOut, ErrorReported


class LogDigest:
    """Takes the entries of a log in the order of time."""

    def __init__(self, window: Window, live: Loads, *, alone: bool) -> None:
        """*alone*: there is no tree behind the log."""
        self._window = window
        self._live = live
        self.judge = LogJudge(live, alone=alone)
        """Of the believed entries of the window."""
        self.errors = ErrorGroups()
        """Of the window, unverified ones included: they are counted separately."""
        self.noise = NoiseGroups()
        self.counts: Counter[str] = Counter()
        """Of what the believed entries of the window report, by the labels of gauges."""
        self.upstream = UpstreamWatch(window)
        self.volumes_with_errors: set[str] = set()
        """Live volumes of which the believed entries of the window show an error."""
        self.replays = Replays()
        """Of the window."""
        self.devices: dict[str, str] = {}
        """The device of each volume, as its believed records say."""
        self.mounted: dict[str, None] = {}
        """Devices that builds mounted that export no tree."""
        self.has_records = False
        """Whether it has any verified record by VexFS, in the window or before."""
        self.traced = False
        """Whether the kernel names code of VexFS in the window, as in a call trace."""

    def take(self, entry: LogEntry) -> None:
        """Take the next entry."""
        self.upstream.take(entry)
        own = entry.is_own and entry.verified
        self.has_records = self.has_records or own
        if own:
            self._note_device(entry)
        if not self._window.holds(entry.record):
            return
        if own:
            self.traced = self.traced or (entry.upstream is not None and entry.upstream.by_kernel)
            self.judge.take(entry)
            self.replays.take(entry)
            count_entry(entry, self.counts)
            event = entry.event
            if isinstance(event, ErrorReported | CallTimedOut) and self._live.hold(entry):
                self.volumes_with_errors.add(event.volume)
        if entry.upstream is not None or is_error(entry):
            moment = self._window.moment(entry.record)
            sighting = Sighting(entry, moment, self._live.hold(entry))
            self.errors.take(sighting)
            self.noise.take(sighting)

    def _note_device(self, entry: LogEntry) -> None:
        if entry.event is not None and entry.device is not None:
            self.devices[entry.event.volume] = entry.device
        elif entry.upstream is not None and (device := entry.upstream.device) is not None:
            self.mounted[device] = None
