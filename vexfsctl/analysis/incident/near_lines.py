"""Which of the kernel's lines in a log belong to an incident: those of its time, or beside it.

Where records have no time, the lines belong to it that stand beside them. Where none of these lines
says of a disk that it failed, those do that are a little farther off: of minutes before, as trouble
may last, or of a few lines more.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from vexfsctl.analysis.incident.incidents import Occurrence
from vexfsctl.analysis.incident.kernel_lines import Vicinity
from vexfsctl.model.entry import LogEntry

CLOSE_BEFORE = 8
"""How many of the kernel's lines before a record without a time are right beside it."""
CLOSE_AFTER = 4
BESIDE = 16
"""How many of them, before and after, are looked at if none of these says that a disk failed."""
MOST_FARTHER = 16
"""How many lines that are farther off are looked at for each device, the latest."""
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
        self._before: dict[_Log, deque[_Line]] = defaultdict(lambda: deque(maxlen=BESIDE))
        self._to_come: dict[_Log, int] = {}
        """How many lines after a record are still beside it."""
        self._farther: OrderedDict[tuple[str, ...], deque[_Line]] = OrderedDict()

    def take(self, place: int, entry: LogEntry, *, own: bool) -> None:
        """Take the entry at *place*; *own*: it is a record of the incident."""
        line = place, entry
        if self._vicinity.undated:
            self._take_beside(line, own=own)
        elif entry.evidence is None:
            return
        elif self._vicinity.holds(entry, self._devices):
            self._take_near(line)
        elif self._vicinity.holds_earlier(entry, self._devices):
            self._take_farther(line)

    @property
    def waits(self) -> bool:
        """Whether lines to come may be beside a record that was taken."""
        return any(self._to_come.values())

    def possible(self) -> dict[int, LogEntry]:
        """Return all that may belong, by place: those that are farther off, too."""
        return dict(chain(self._near, *self._farther.values()))

    def result(self) -> dict[int, LogEntry]:
        """Return those that belong, by place."""
        return dict(self._near) if self._cause else self.possible()

    def _take_beside(self, line: _Line, *, own: bool) -> None:
        _, entry = line
        log = entry.record.source, entry.record.boot_id
        if own:
            before = self._before.pop(log, ())
            for number, each in enumerate(before, CLOSE_BEFORE - len(before)):
                self._take_one_beside(each, close=number >= 0)
            self._to_come[log] = BESIDE
        elif entry.evidence is not None:
            left = self._to_come.get(log, 0)
            if not left:
                self._before[log].append(line)
                return
            self._to_come[log] = left - 1
            self._take_one_beside(line, close=left > BESIDE - CLOSE_AFTER)

    def _take_one_beside(self, line: _Line, *, close: bool) -> None:
        evidence = line[1].evidence
        if evidence is not None and self._vicinity.concerns(evidence, self._devices):
            (self._take_near if close else self._take_farther)(line)

    def _take_near(self, line: _Line) -> None:
        _, entry = line
        self._near.append(line)
        tells = entry.evidence is not None and entry.evidence.tells_cause and entry.verified
        self._cause = self._cause or tells

    def _take_farther(self, line: _Line) -> None:
        evidence = line[1].evidence
        devices = () if evidence is None else evidence.devices
        if (known := self._farther.get(devices)) is not None:
            known.append(line)
            self._farther.move_to_end(devices)
            return
        self._farther[devices] = deque((line,), MOST_FARTHER)
        if len(self._farther) > MOST_DEVICES:
            self._farther.popitem(last=False)


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
