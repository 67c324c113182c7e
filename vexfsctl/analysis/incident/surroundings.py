"""What of a log is needed to tell of one incident: its own records, and what they are told with.

A log may have millions of records about breakers and refused calls. Which of them belong to the
story is known as they go by, so that only those are kept.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter

from vexfsctl.analysis.incident.incidents import Incident, Occurrence, operation_of
from vexfsctl.analysis.incident.kernel_lines import Vicinity
from vexfsctl.analysis.incident.near_lines import NearLines
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.analysis.incident.others import OthersAtOnce
from vexfsctl.analysis.incident.reread import RereadFinder
from vexfsctl.analysis.incident.timeline import Aftermath, same_load
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import BreakerChanged, CallRejected, CallTimedOut, ErrorReported, Event
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import Counted

SLACK_US = 10_000_000
"""Records of one boot may stand too late by half of it (`logs.reading.boots`)."""


class Surroundings:
    """Takes the entries of a log in their order; those that are not needed may be left out."""

    def __init__(
        self,
        subject: Incident | NumberedCall,
        own: Iterable[LogEntry],
        vicinity: Vicinity | None,
    ) -> None:
        """*own* are the entries of *subject* that are in the log, *vicinity* is its own."""
        self._own = deque(own)
        self._vicinity = vicinity
        self._kept: dict[int, LogEntry] = {}
        """By their places."""
        self._near = None if vicinity is None else NearLines(vicinity)
        self._place = 0
        self._others = OthersAtOnce(subject, vicinity)
        self._breakers: _Breakers | None = None
        self._rereads: RereadFinder | None = None
        if isinstance(subject, Incident):
            self._breakers = _Breakers(subject)
            self._rereads = RereadFinder(subject)
        reaches = (each.reach_us for each in (vicinity, self._rereads) if each is not None)
        self._until_us = max((reach[1] for reach in reaches if reach is not None), default=None)
        """The uptime after which nothing is that it needs by its time; None if not known."""

    def take(self, entry: LogEntry) -> None:
        """Take the next entry."""
        self._place += 1
        # Most are the kernel's, and two entries are equal only after long comparison.
        own = bool(self._own) and entry.evidence is None
        within = own and entry == self._own[0]
        if within:
            self._own.popleft()
        if self._near is not None:
            self._near.take(self._place, entry, own=within)
        if within or self._others.take(entry):
            self._kept[self._place] = entry
        if self._breakers is not None and isinstance(entry.event, Event):
            occurrence = Occurrence(self._place, entry.event, entry)
            self._kept |= self._breakers.take(occurrence, within=within)
            if self._rereads is not None and self._rereads.take(occurrence) is not None:
                self._kept[self._place] = entry
                # The first is enough.
                self._rereads = None

    @property
    def complete(self) -> bool:
        """Whether all that it was told to be in the log has come."""
        return not self._own

    def end_before(self, entry: LogEntry) -> bool:
        """Whether nothing from *entry* on is needed, which comes next and is of the same boot."""
        if self._own or (self._breakers is not None and self._breakers.may_go_on):
            return False
        if self._vicinity is None or self._near is None:
            return True
        if self._vicinity.undated:
            return not self._near.waits
        # By uptime only: whoever has the right may set the date back.
        until_us, uptime_us = self._until_us, entry.record.uptime_us
        if until_us is None or uptime_us is None:
            return False
        return uptime_us > until_us + SLACK_US

    def result(self) -> tuple[LogEntry, ...]:
        """Return those that are needed, in their order."""
        if self._breakers is not None:
            self._kept |= self._breakers.refused()
        if self._near is not None:
            self._kept |= self._near.possible()
        return tuple(entry for _, entry in sorted(self._kept.items(), key=itemgetter(0)))


_Places = dict[int, LogEntry]
_Breaker = tuple[str | None, OperationType | None]
"""Volume and operation type."""


class _Breakers:
    """What happened to the breakers of a volume, as far as one incident was concerned."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._aftermath: Aftermath | None = None
        """From its first record on."""
        self._window_us = counted_window_us(incident)
        self._failures: dict[_Breaker, deque[Occurrence]] = defaultdict(deque)
        """What a breaker may have counted since it changed last."""
        self._openings: dict[_Breaker, Occurrence] = {}
        """The last of each breaker."""
        self._opened: set[_Breaker] = set()
        """Those that opened because of the incident."""
        self._refused: dict[_Breaker, list[Occurrence]] = defaultdict(list)
        """Calls of others since a breaker changed last: the first, and the last with the weight of
        all others."""

    def take(self, each: Occurrence, *, within: bool) -> _Places:
        """Return what is needed, now that *each* occurred, in the incident or not."""
        needed: _Places = {}
        if within and self._aftermath is None:
            self._aftermath = Aftermath(self._incident)
        told = self._aftermath is not None and self._aftermath.take(each)
        if told:
            needed[each.place] = each.entry
        breaker = each.volume, operation_of(each.event)
        match each.event:
            case BreakerChanged() as change:
                needed |= self._take_change(breaker, change, each, told=told, within=within)
            case CallRejected(limit=None) if within:
                opening = self._openings.get(breaker)
                needed |= {} if opening is None else {opening.place: opening.entry}
            case CallRejected(limit=None) if breaker in self._opened:
                self._take_refused(breaker, each)
            case ErrorReported() | CallTimedOut() if self._window_us:
                self._take_failure(breaker, each)
        return needed

    @property
    def may_go_on(self) -> bool:
        """Whether anything later may be needed, if no record of the incident is to come."""
        return self._aftermath is None or self._aftermath.may_go_on

    def refused(self, breaker: _Breaker | None = None) -> _Places:
        """Return the calls that were refused since the last change of *breaker*, or of each."""
        breakers = [*self._refused] if breaker is None else [breaker]
        calls = [each for known in breakers for each in self._refused.pop(known, ())]
        return {each.place: each.entry for each in calls}

    def _take_change(
        self,
        breaker: _Breaker,
        change: BreakerChanged,
        each: Occurrence,
        *,
        told: bool,
        within: bool,
    ) -> _Places:
        needed = self.refused(breaker)
        failures = self._failures.pop(breaker, ())
        if within and change.window_ms is not None:
            needed |= {failure.place: failure.entry for failure in failures}
        if change.after.rejects:
            self._openings[breaker] = each
            if told:
                self._opened.add(breaker)
        return needed

    def _take_refused(self, breaker: _Breaker, each: Occurrence) -> None:
        if not same_load(each, self._incident):
            return
        first, *others = (*self._refused[breaker], each)
        weight = sum(other.entry.record.weight for other in others)
        record = replace(each.entry.record, counted=Counted(weight))
        last = replace(each, entry=replace(each.entry, record=record))
        self._refused[breaker] = [first, last] if others else [first]

    def _take_failure(self, breaker: _Breaker, each: Occurrence) -> None:
        failures = self._failures[breaker]
        failures.append(each)
        # Where an opening cannot be compared with this one, it cannot with those before it either.
        record, length_us = each.entry.record, self._window_us + SLACK_US
        while failures[0].entry.record.is_older(record, length_us):
            failures.popleft()


def counted_window_us(incident: Incident) -> int:
    """Return how far back breakers looked that opened in *incident*; 0 if none did."""
    changes = (each.event for each in incident.occurrences)
    windows = (each.window_ms for each in changes if isinstance(each, BreakerChanged))
    return max((window for window in windows if window is not None), default=0) * 1_000


def in_places(
    occurrences: Iterable[Occurrence], entries: Sequence[LogEntry]
) -> tuple[Occurrence, ...]:
    """Return *occurrences* with the places that they have among *entries*, which hold them all."""
    placed: dict[int, Occurrence] = {}
    at = 0
    for each in occurrences:
        # As a rule they stand in the same order.
        search = chain(range(at, len(entries)), range(at))
        at = next(n for n in search if n not in placed and entries[n] == each.entry)
        placed[at] = replace(each, place=at)
    return tuple(each for _, each in sorted(placed.items(), key=itemgetter(0)))
