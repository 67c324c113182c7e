"""Ids of earlier VexFS builds: which of them name one and the same failure.

Such a build gives a failing call an id, the error inside it another, and the fallback a third; all
come from one counter that starts at 1 in every process. The first two stand on one line. The third
is joined only if it must belong: the next id of the counter, on the next line with an id, for the
same call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.intervals import Intervals
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind

Load = tuple[str | None, int | str | None]
"""Where ids are unique: boot id and epoch; for an earlier build, boot id, log and process."""
Name = tuple[Load, CorrelationId]
"""An id that means one call only, whatever else was logged."""
Settled = tuple[Name, Mapping[Name, Name]]
"""The name of a line's id, and further names with what each means."""

_FAILURES = (UpstreamKind.CALL_FAILED, UpstreamKind.CALL_BLOCKED, UpstreamKind.CALL_TIMED_OUT)


@dataclass(slots=True)
class _Process:
    """One process, while its lines go by."""

    number: int = 0
    given: Intervals = field(default_factory=Intervals)
    """Ids its counter has given so far."""
    failure: UpstreamEvent | None = None
    """The last line with an id, if it reports a failure."""


class UpstreamIds:
    """Names the ids of earlier builds as their lines go by, in the order of the log."""

    def __init__(self) -> None:
        self._processes: dict[tuple[str, str | None], _Process] = {}

    def settle(self, entry: LogEntry, event: UpstreamEvent, identifier: CorrelationId) -> Settled:
        """Return what the ids name in a line that is about *identifier*."""
        record = entry.record
        place = record.source, record.boot_id
        process = self._processes.setdefault(place, _Process())
        drawn = {identifier, event.alias or identifier}
        again = any(each in process.given for each in drawn)
        if event.kind is not UpstreamKind.MESSAGE and again:
            # A counter gives each number once: another process has begun. Only a message may report
            # again an error that had its id before.
            process = self._processes[place] = _Process(process.number + 1)
        for each in drawn:
            process.given.add(each)
        further = _further_names(process.failure, event, identifier)
        process.failure = event if event.kind in _FAILURES else None
        load: Load = record.boot_id, f"{record.source}#{process.number}"
        return (load, identifier), {(load, a): (load, b) for a, b in further.items()}


def _further_names(
    failure: UpstreamEvent | None, event: UpstreamEvent, identifier: CorrelationId
) -> dict[CorrelationId, CorrelationId]:
    """Return the other names that *event* gives, and which id each stands for."""
    further: dict[CorrelationId, CorrelationId] = {}
    if event.alias is not None and event.alias != identifier:
        further[event.alias] = identifier
    if event.kind is UpstreamKind.FALLBACK_USED and failure is not None and failure.id is not None:
        newest = max(failure.id, failure.alias or failure.id)
        if failure.call == event.call and identifier == newest + 1:
            further[identifier] = failure.id
    return further
