"""Which of the kernel's lines in a log belong to an incident: those of its time, or beside it.

Where records have no time, the lines belong to it that stand beside them. Where no line of its time
says of a disk that it failed, those of minutes before do, as trouble may last.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from vexfsctl.analysis.incident.incidents import Occurrence
from vexfsctl.analysis.incident.kernel_lines import Vicinity
from vexfsctl.model.entry import LogEntry

BESIDE_BEFORE = 16
"""How many of the kernel's lines before a record without a time are beside it."""
BESIDE_AFTER = 8
MOST_EARLIER = 16
"""How many lines of before are looked at for each device, the latest."""
MOST_DEVICES = 256
"""The devices that these may be about, the latest."""

_Log = tuple[str, str | None]
_Line = tuple[int, LogEntry]
"""A line and its place."""


class NearLines:
    """Takes the entries of a log in their order, and keeps those that may belong to an incident."""

    def __init__(self, vicinity: Vicinity, devices: Collection[str] | None = None) -> None:
        """*devices* are those whose lines count; None: any."""
        self._vicinity = vicinity
        self._devices = devices
        self._near: list[_Line] = []
        self._cause = False
        """Whether one of these says of a disk that it failed."""
        self._before: dict[_Log, deque[_Line]] = defaultdict(lambda: deque(maxlen=BESIDE_BEFORE))
        self._to_come: dict[_Log, int] = {}
        """How many lines after a record are still beside it."""
        self._earlier: OrderedDict[tuple[str, ...], deque[_Line]] = OrderedDict()

    def take(self, place: int, entry: LogEntry, *, own: bool) -> None:
        """Take the entry at *place*; *own*: it is a record of the incident."""
        if self._vicinity.undated:
            self._take_beside(place, entry, own=own)
        elif self._vicinity.holds(entry, self._devices):
            self._near.append((place, entry))
            evidence = entry.evidence
            told = evidence is not None and evidence.tells_cause and entry.verified
            self._cause = self._cause or told
        elif self._vicinity.holds_earlier(entry, self._devices):
            self._take_earlier(place, entry)

    @property
    def waits(self) -> bool:
        """Whether lines to come may be beside a record that was taken."""
        return any(self._to_come.values())

    def possible(self) -> dict[int, LogEntry]:
        """Return all that may belong, by place: those of before, too."""
        return dict(chain(self._near, *self._earlier.values()))

    def result(self) -> dict[int, LogEntry]:
        """Return those that belong, by place."""
        return dict(self._near) if self._cause else self.possible()

    def _take_beside(self, place: int, entry: LogEntry, *, own: bool) -> None:
        log = entry.record.source, entry.record.boot_id
        if own:
            self._near.extend(filter(self._concerns, self._before.pop(log, ())))
            self._to_come[log] = BESIDE_AFTER
        elif entry.evidence is not None:
            line = place, entry
            if not self._to_come.get(log):
                self._before[log].append(line)
                return
            self._to_come[log] -= 1
            if self._concerns(line):
                self._near.append(line)

    def _concerns(self, line: _Line) -> bool:
        evidence = line[1].evidence
        return evidence is not None and self._vicinity.concerns(evidence, self._devices)

    def _take_earlier(self, place: int, entry: LogEntry) -> None:
        devices = () if entry.evidence is None else entry.evidence.devices
        self._earlier.setdefault(devices, deque(maxlen=MOST_EARLIER)).append((place, entry))
        self._earlier.move_to_end(devices)
        if len(self._earlier) > MOST_DEVICES:
            self._earlier.popitem(last=False)


def find_near_lines(
    entries: Iterable[LogEntry],
    own: Sequence[Occurrence],
    vicinity: Vicinity | None,
    devices: Collection[str] | None,
) -> dict[int, LogEntry]:
    """Return those of the *entries*, by place, that belong to the incident of the records *own*."""
    if vicinity is None:
        return {}
    lines = NearLines(vicinity, devices)
    places = {each.place for each in own}
    for place, entry in enumerate(entries):
        lines.take(place, entry, own=place in places)
    return lines.result()
