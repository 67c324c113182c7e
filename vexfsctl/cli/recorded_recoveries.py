"""A log with what the ledgers of this user add to it."""

import os
from collections.abc import Sequence

from vexfsctl.cli.context import AppContext
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.record import LogEntry
from vexfsctl.recovery.ledger.file import read_ledger
from vexfsctl.recovery.ledger.recoveries import merge_recoveries, recoveries_of
from vexfsctl.system.directories import state_directories


def add_recoveries(
    app: AppContext, entries: Sequence[LogEntry], *, of_this_boot: bool
) -> tuple[tuple[LogEntry, ...], Coverage]:
    """Return *entries* with the recovery records of the ledger among them, and what it lost.

    None is there twice; they are those of the boots that *entries* are of, and *of_this_boot*
    those of this one. A ledger that may not be read adds nothing and is no gap: what is in the
    kernel log is there already.
    """
    directories = state_directories(app.surroundings.environ, os.getuid())
    readings = [read_ledger(place) for place in directories]
    recorded = (each for reading in readings for each in recoveries_of(reading.entries))
    gaps = (gap for reading in readings for gap in reading.coverage.gaps)
    torn = Coverage(gaps=tuple(gap for gap in gaps if gap.reason == "torn"))
    boots = {each.record.boot_id for each in entries}
    if of_this_boot:
        boots.add(app.surroundings.boot_id)
    return merge_recoveries(entries, recorded, boots - {None}), torn
