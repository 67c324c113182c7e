"""What of a log has to be looked at to find an incident and to tell of it: of a long one, not all.

An id is searched for, with all ids that our own records name together with it. Lines of earlier
builds, whose ids mean little alone, go by in their order, and few of them are kept. The latest
incident is looked for at the end of the log.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vexfsctl.analysis.incident.aliases import Settled
from vexfsctl.analysis.incident.incidents import (
    Incident,
    Occurrence,
    build_incidents,
    identifier_of,
    occurrences_of,
)
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.numbered_calls import (
    NumberedCall,
    find_numbered_calls,
)
from vexfsctl.analysis.incident.related import related_occurrences
from vexfsctl.analysis.incident.surroundings import (
    SLACK_US,
    Surroundings,
    counted_window_us,
    in_places,
)
from vexfsctl.host.log import HostLog
from vexfsctl.logs.ids import ids_ending_in, related_ids
from vexfsctl.logs.wanted import (
    STATES,
    AnyOf,
    During,
    Evidence,
    OfOthers,
    Saying,
    Wanted,
    saying_ids,
)
from vexfsctl.model.correlation import CorrelationId, matches_suffix
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import BreakerChanged, CallRejected, DegradationChanged

MOST_IDS = 64
"""Ids that are looked at if an end fits more."""
_ABOUT_BREAKERS = r"VexFS: (?:\[CORR-\w{16}\] )?(?:breaker|degradation|operator|rejected) vol="
_FAILURES = Saying(r"VexFS: \[CORR-\w{16}\] (?:error|timeout) vol=")

Merge = Callable[[Sequence[LogEntry]], tuple[LogEntry, ...]]
"""Adds what is known of recoveries to the entries of a log, in order of time."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Entries of a log, and what they tell of."""

    entries: tuple[LogEntry, ...] = ()
    incidents: tuple[Incident, ...] = ()
    calls: tuple[NumberedCall, ...] = ()
    complete: bool = True
    """Whether it has all incidents that were asked for."""


def everything(log: HostLog, merge: Merge) -> Scope:
    """Return all of *log*."""
    entries = merge(tuple(log.entries))
    incidents = build_incidents(occurrences_of(entries))
    return Scope(entries, incidents, find_numbered_calls(entries))


def with_ids(log: HostLog, suffix: str, merge: Merge) -> Scope:
    """Return the incidents that have an id which ends in *suffix*, of `parse_id_suffix`."""
    ids = ids_ending_in(log.reading, suffix, MOST_IDS + 1)
    related = related_ids(log.reading, ids[:MOST_IDS])
    own = _entries_with(log, related)
    settled: dict[int, Settled] = {}
    if any(entry.upstream is not None for entry in own):
        theirs = related_occurrences(
            lambda: occurrences_of(log.only(OfOthers("CORR-")).entries),
            partial(matches_suffix, suffix=suffix),
        )
        own, settled = _with_theirs(log, related, theirs)
    entries = merge(own)
    incidents = build_incidents(occurrences_of(entries, settled))
    return Scope(entries, incidents, complete=len(ids) <= MOST_IDS)


def with_call(log: HostLog, text: str) -> Scope:
    """Return the numbered calls of earlier builds that *text* may mean: `CALL-3@read_file`."""
    return Scope(calls=find_numbered_calls(log.only(OfOthers()).entries, text))


def at_the_end(log: HostLog, size: int, merge: Merge) -> Scope | None:
    """Return the last records of *log*, *size* bytes of them; None if that is all of it."""
    ending = log.reading.ending(size, before=STATES)
    if ending is None:
        return None
    entries = merge(tuple(replace(log, reading=ending).entries))
    return Scope(entries, build_incidents(occurrences_of(entries)))


def around(
    log: HostLog, subject: Incident | NumberedCall, merge: Merge
) -> tuple[Incident | NumberedCall, tuple[LogEntry, ...]]:
    """Return *subject*, which is in *log*, among the entries that are needed to tell of it."""
    vicinity = find_vicinity(subject)
    reasons: list[Wanted] = [_records_of(subject)]
    if vicinity is not None:
        reasons.append(During(Evidence(), vicinity.reach_us, vicinity.reach_s))
    if isinstance(subject, Incident):
        reasons += _about_breakers(subject)
    sources = {source.name for source in log.reading.sources}
    told = (each.entry for each in subject.occurrences)
    own = (entry for entry in told if entry.record.source in sources)
    surroundings = Surroundings(subject, own, vicinity)
    for entry in log.only(AnyOf(*reasons)).entries:
        surroundings.take(entry)
    entries = merge(surroundings.result())
    return replace(subject, occurrences=in_places(subject.occurrences, entries)), entries


def _records_of(subject: Incident | NumberedCall) -> Wanted:
    if isinstance(subject, NumberedCall):
        return Saying(rf"CALL-{subject.number}\D")
    return saying_ids(map(str, subject.depths))


def _about_breakers(incident: Incident) -> list[Wanted]:
    """Return what is needed of breakers, whatever call it is about."""
    concerns = (BreakerChanged, DegradationChanged, CallRejected)
    if not any(isinstance(each.event, concerns) for each in incident.occurrences):
        return []
    about: list[Wanted] = [Saying(_ABOUT_BREAKERS)]
    if window_us := counted_window_us(incident):
        before_us = window_us + SLACK_US
        records = [each.entry.record for each in incident.occurrences]
        uptimes = [each.uptime_us for each in records if each.uptime_us is not None]
        times = [each.wall_time_s for each in records if each.wall_time_s is not None]
        spans = _span(uptimes, before_us), _span(times, before_us / 1_000_000)
        about.append(During(_FAILURES, *spans))
    return about


def _span(times: Sequence[float], before: float) -> tuple[float, float] | None:
    """Return from *before* the first of *times* to the last; None if there are none."""
    return (min(times) - before, max(times)) if times else None


def _entries_with(log: HostLog, ids: Iterable[CorrelationId]) -> tuple[LogEntry, ...]:
    written = [*map(str, ids)]
    return tuple(log.only(saying_ids(written)).entries) if written else ()


def _with_theirs(
    log: HostLog, ids: Iterable[CorrelationId], theirs: Iterable[Occurrence]
) -> tuple[tuple[LogEntry, ...], dict[int, Settled]]:
    """Return the entries with *ids*, of earlier builds only *theirs*, and what those name."""
    expected = deque(theirs)
    given = (identifier_of(each.event) for each in expected)
    named = {identifier for identifier in given if identifier is not None}
    kept: list[LogEntry] = []
    settled: dict[int, Settled] = {}
    for entry in _entries_with(log, {*ids, *named}):
        if entry.upstream is None:
            kept.append(entry)
        elif expected and entry == expected[0].entry:
            kept.append(entry)
            names = expected.popleft().settled
            settled |= {} if names is None else {id(entry): names}
    return tuple(kept), settled
