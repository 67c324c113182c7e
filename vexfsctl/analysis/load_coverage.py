"""How much of a log's incompleteness can concern the present load of a volume."""

from collections.abc import Iterable

from vexfsctl.model.coverage import Coverage
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import StateChanged
from vexfsctl.model.volume import ModuleState, VolumeStatus


def coverage_of_load(
    name: str, status: VolumeStatus, entries: Iterable[LogEntry], coverage: Coverage
) -> Coverage:
    """Leave out what was lost before the volume came up: it cannot have been about this load."""
    born = any(
        isinstance(entry.event, StateChanged)
        and (entry.event.volume, entry.event.epoch) == (name, status.epoch)
        and entry.event.before == ModuleState.UNINITIALIZED
        and entry.verified
        for entry in entries
    )
    gaps = (gap for gap in coverage.gaps if not born or gap.reason != "starts_late")
    return Coverage(coverage.sources, tuple(gaps), coverage.notes)
