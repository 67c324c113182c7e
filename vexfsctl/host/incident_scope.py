"""What of a log has to be looked at to find an incident and to tell of it: of a long one, not all.

An id is searched for, with all ids that our own records name together with it. Lines of earlier
builds, whose ids mean little alone, go by in their order, and few of them are kept. The latest
incident is looked for at the end of the log.
"""

import math
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
from vexfsctl.analysis.incident.kernel_lines import Vicinity, find_vicinity
from vexfsctl.analysis.incident.numbered_calls import (
    NumberedCall,
    find_numbered_calls,
)
from vexfsctl.analysis.incident.related import related_occurrences
from vexfsctl.analysis.incident.reread import RereadFinder
from vexfsctl.analysis.incident.surroundings import (
    SLACK_US,
    Surroundings,
    counted_window_us,
    in_places,
)
from vexfsctl.host.log import HostLog
from vexfsctl.logs.ids import ids_ending_in, related_ids
from vexfsctl.logs.kernel.block_sizes import REMEMBERED_US, SETTLING_US, SIZE_TOLD
from vexfsctl.logs.reading.wanted import (
    STATES,
    AnyOf,
    During,
    Evidence,
    Naming,
    OfOthers,
    Saying,
    Wanted,
)
from vexfsctl.model.correlation import CorrelationId, matches_suffix
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import CallRejected

MOST_IDS = 64
"""Ids that are looked at if an end fits more."""
_ABOUT_BREAKERS = Saying(
    r"VexFS: (?:\[CORR-\w{16}\] (?:breaker|degradation|operator|rejected) "
    r"|(?:breaker|degradation) vol=)"
)
_FAILURES = Saying(r"VexFS: \[CORR-\w{16}\] (?:error|timeout) ")

_SIZES = Saying(SIZE_TOLD, (SIZE_TOLD,))
"""Lines that say how large the blocks of a device are: by that, others tell a sector."""
_FAILED_READS = Saying(r"VexFS: \[CORR-\w{16}\] failed ")

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
        reasons.append(_evidence_in(vicinity))
        reasons.append(During(_FAILURES, vicinity.at_once_us, vicinity.at_once_s))
    rising = not log.reading.uptimes_fall(SLACK_US)
    if isinstance(subject, Incident):
        reasons += _about_breakers(subject, rising=rising)
    found = _surroundings_in(log, subject, vicinity, reasons, rising=rising)
    if found is not None and any(_awaits_size(entry) for entry in found):
        # Rare, and a size may have been told anywhere in the log.
        reasons.append(_SIZES)
        found = _surroundings_in(log, subject, vicinity, reasons, rising=rising)
    # All of the log has every record of it, whatever was overlooked in searching.
    entries = merge(tuple(log.entries) if found is None else found)
    return replace(subject, occurrences=in_places(subject.occurrences, entries)), entries


def _surroundings_in(
    log: HostLog,
    subject: Incident | NumberedCall,
    vicinity: Vicinity | None,
    reasons: Sequence[Wanted],
    *,
    rising: bool,
) -> tuple[LogEntry, ...] | None:
    """Return what is needed to tell of *subject*; None if records of its own are missing there.

    *rising*: uptimes tell the order of records, but for `SLACK_US`.
    """
    sources = {source.name for source in log.reading.sources}
    told = (each.entry for each in subject.occurrences)
    own = (entry for entry in told if entry.record.source in sources)
    surroundings = Surroundings(subject, own, vicinity)
    for entry in log.only(AnyOf(*reasons)).entries:
        if rising and surroundings.end_before(entry):
            break
        surroundings.take(entry)
    return surroundings.result() if surroundings.complete else None


def _awaits_size(entry: LogEntry) -> bool:
    """Whether *entry* says where something was, in blocks of a size that it does not say."""
    return entry.evidence is not None and entry.evidence.lba is not None


def _records_of(subject: Incident | NumberedCall) -> Wanted:
    if isinstance(subject, NumberedCall):
        return Saying(rf"CALL-0*{subject.number}\D")
    return Naming(frozenset(map(str, subject.depths)))


def _evidence_in(vicinity: Vicinity) -> Wanted:
    """Return what is needed of the kernel, and mostly to know in which sectors its lines were."""
    before_us, after_us = REMEMBERED_US, SETTLING_US
    uptimes_us, times_s = vicinity.reach_us, vicinity.reach_s
    if uptimes_us is not None:
        uptimes_us = uptimes_us[0] - before_us, uptimes_us[1] + after_us
    if times_s is not None:
        times_s = times_s[0] - before_us / 1e6, times_s[1] + after_us / 1e6
    return During(Evidence(), uptimes_us, times_s, or_undated=vicinity.undated)


def _about_breakers(incident: Incident, *, rising: bool) -> list[Wanted]:
    """Return what is needed of breakers, whatever call it is about.

    *rising*: uptimes tell the order of records, but for `SLACK_US`.
    """
    if incident.volume is None:
        return []
    window_us = counted_window_us(incident)
    times = [each.uptime_us for each in incident.occurrences]
    known = [time for time in times if time is not None]
    begin_us, end_us = -math.inf, math.inf
    # Without an uptime, a record is as old as any.
    if rising and len(known) == len(times):
        # Records may stand a little too late.
        begin_us, end_us = min(known) - window_us - SLACK_US, max(known) + SLACK_US
    events = [each.event for each in incident.occurrences]
    refused = any(isinstance(each, CallRejected) and each.limit is None for each in events)
    # What refused a call may have opened long before.
    opened_us = -math.inf if refused else begin_us
    about: list[Wanted] = [During(_ABOUT_BREAKERS, (opened_us, math.inf), or_undated=True)]
    if (reach_us := RereadFinder(incident).reach_us) is not None:
        about.append(During(_FAILED_READS, reach_us))
    if window_us:
        about.append(During(_FAILURES, (begin_us, end_us), or_undated=True))
    return about


def _entries_with(log: HostLog, ids: Iterable[CorrelationId]) -> tuple[LogEntry, ...]:
    written = frozenset(map(str, ids))
    return tuple(log.only(Naming(written)).entries) if written else ()


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
