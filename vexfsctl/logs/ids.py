"""Correlation ids in a log that was read: which there are, and which belong together."""

import re
from collections.abc import Iterable

from vexfsctl.logs.sources.reading import LogReading
from vexfsctl.logs.wanted import Saying, is_passing, saying_ids
from vexfsctl.model.correlation import CorrelationId

_DIGITS = 16
_ID = re.compile(rf"CORR-[0-9A-F]{{{_DIGITS}}}")


def ids_ending_in(reading: LogReading, suffix: str, most: int) -> tuple[CorrelationId, ...]:
    """Return the ids that end in *suffix*, upper-case digits; at most *most*."""
    if len(suffix) == _DIGITS:
        return (CorrelationId(suffix, 16),)
    pattern = f"CORR-[0-9A-F]{{{_DIGITS - len(suffix)}}}{suffix}(?![0-9A-F])"
    found: dict[str, None] = {}
    for record in reading.only(Saying(pattern)):
        found |= dict.fromkeys(re.findall(pattern, record.text))
        if len(found) >= most:
            break
    return tuple(CorrelationId.parse(each) for each in [*found][:most])


def related_ids(reading: LogReading, ids: Iterable[CorrelationId]) -> frozenset[CorrelationId]:
    """Return *ids*, and all that our own records name together with one of them, and so on."""
    known: set[str] = set()
    new = {str(each) for each in ids}
    while new:
        known |= new
        records = reading.only(saying_ids(new))
        mentioned = (_ID.findall(each.text) for each in records if is_passing(each))
        new = {each for ids_of_record in mentioned for each in ids_of_record} - known
    return frozenset(map(CorrelationId.parse, known))
