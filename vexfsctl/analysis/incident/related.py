"""Lines of earlier builds that are about the same failures, in a log of any length.

Such a build counts ids from 1 in every process, so an id alone says little: all of its lines have
to go by in order, and only those are kept that are asked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from vexfsctl.analysis.incident.aliases import Load, Name
from vexfsctl.analysis.incident.incidents import Occurrence
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.groups import Groups
from vexfsctl.model.intervals import Intervals

_ROUNDS = 4
"""Looks at all lines after which all names are kept: failures may be chained at length."""


def related_occurrences(
    read: Callable[[], Iterable[Occurrence]], is_asked: Callable[[CorrelationId], bool]
) -> list[Occurrence]:
    """Return those that have an id that *is_asked* for, or another name of such a failure.

    *read* returns what an earlier build says of ids, in the order of the log; it is called again if
    a name turned out to belong to them that stood in a line before.
    """
    known: set[Name] = set()
    for _ in range(_ROUNDS):
        kept, complete = _look(read(), known, is_asked)
        if complete:
            return kept
    groups: Groups[Name] = Groups()
    for each in read():
        if names := [*_names(each)]:
            groups.join(names)
    known = groups.of(known)
    return _look(read(), known, is_asked)[0]


def _look(
    occurrences: Iterable[Occurrence],
    known: set[Name],
    is_asked: Callable[[CorrelationId], bool],
) -> tuple[list[Occurrence], bool]:
    """Return those that have a name that is *known* or asked for, and whether these are all.

    Their names are added to *known*.
    """
    kept: list[Occurrence] = []
    seen: dict[Load, Intervals] = defaultdict(Intervals)
    complete = True
    for each in occurrences:
        names = {*_names(each)}
        if not names.isdisjoint(known) or any(is_asked(identifier) for _, identifier in names):
            new = names - known
            complete = complete and not any(number in seen[load] for load, number in new)
            known |= new
            kept.append(each)
        for load, number in names:
            seen[load].add(number)
    return kept, complete


def _names(occurrence: Occurrence) -> Iterator[Name]:
    if occurrence.settled is None:
        return
    name, further = occurrence.settled
    yield name
    yield from further
    yield from further.values()
