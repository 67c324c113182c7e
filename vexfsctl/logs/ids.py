"""Correlation ids in a log that was read: which there are, and which belong together."""

import re
from collections.abc import Iterable

from vexfsctl.logs.reading.log import LogReading
from vexfsctl.logs.reading.passing import is_passing
from vexfsctl.logs.reading.wanted import IDENTIFIER, Naming, Saying
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.groups import Groups

_DIGITS = 16
_ROUNDS = 6
"""Searches after which all ids are looked at: a chain of callers may be long."""


def ids_ending_in(reading: LogReading, suffix: str, most: int) -> tuple[CorrelationId, ...]:
    """Return the ids that end in *suffix*, upper-case digits; at most *most*."""
    if len(suffix) == _DIGITS:
        return (CorrelationId(suffix, 16),)
    pattern = f"CORR-[0-9A-F]{{{_DIGITS - len(suffix)}}}{suffix}(?![0-9A-F])"
    found: dict[str, None] = {}
    for record in reading.only(Saying(pattern, (suffix,))):
        found |= dict.fromkeys(re.findall(pattern, record.text))
        if len(found) >= most:
            break
    return tuple(CorrelationId.parse(each) for each in [*found][:most])


def related_ids(reading: LogReading, ids: Iterable[CorrelationId]) -> frozenset[CorrelationId]:
    """Return *ids*, and all that our own records name together with one of them, and so on."""
    known = {str(each) for each in ids}
    new = known
    for _ in range(_ROUNDS):
        mentioned = (mention for each in _mentions(reading, new) for mention in each)
        new = set(mentioned) - known
        if not new:
            break
        known |= new
    else:
        known = _all_related(reading, known)
    return frozenset(map(CorrelationId.parse, known))


def _all_related(reading: LogReading, known: set[str]) -> set[str]:
    groups: Groups[str] = Groups()
    for record in reading.only(Saying(IDENTIFIER.pattern, ("CORR-",))):
        if is_passing(record) and (ids := IDENTIFIER.findall(record.text)):
            groups.join(ids)
    return groups.of(known)


def _mentions(reading: LogReading, ids: Iterable[str]) -> Iterable[list[str]]:
    """Yield the ids that each of our own records names which names one of *ids*."""
    records = reading.only(Naming(frozenset(ids)))
    return (IDENTIFIER.findall(each.text) for each in records if is_passing(each))
