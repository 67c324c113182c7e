"""Lines of earlier builds that are about the same failures, in a log of any length.

Such a build counts ids from 1 in every process, so an id alone says little: all of its lines have
to go by in order, and only those are kept that are asked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from vexfsctl.analysis.incident.aliases import Load, Name, Settled
from vexfsctl.analysis.incident.incidents import Occurrence
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.intervals import Intervals


def related_occurrences(
    read: Callable[[], Iterable[Occurrence]], is_asked: Callable[[CorrelationId], bool]
) -> list[Occurrence]:
    """Return those that have an id that *is_asked* for, or another name of such a failure.

    *read* returns what an earlier build says of ids, in the order of the log; it is called again if
    a name turned out to belong to them that stood in a line before.
    """
    known: set[Name] = set()
    while True:
        kept = []
        seen: dict[Load, Intervals] = defaultdict(Intervals)
        again = False
        for each in read():
            names = {*_names(each.settled)} if each.settled is not None else set()
            if not names.isdisjoint(known) or any(is_asked(identifier) for _, identifier in names):
                again = again or any(number in seen[load] for load, number in names - known)
                known |= names
                kept.append(each)
            for load, number in names:
                seen[load].add(number)
        if not again:
            return kept


def _names(settled: Settled) -> Iterator[Name]:
    name, further = settled
    yield name
    yield from further
    yield from further.values()
