"""Past replays on this host, from the ledgers."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vexfsctl.host.host import Host
from vexfsctl.model.coverage import Coverage
from vexfsctl.recovery.ledger.entries import ReplayBegun
from vexfsctl.recovery.ledger.file import read_ledger
from vexfsctl.recovery.ledger.history import PastReplay, collect_replays, is_asked_for
from vexfsctl.recovery.ledger.lock import is_held


@dataclass(frozen=True, slots=True)
class History:
    """Replays, the latest last, and which parts of the ledgers could not be read."""

    replays: tuple[PastReplay, ...]
    coverage: Coverage


def read_history(host: Host, asked: str | None = None, limit: int | None = None) -> History:
    """Return the latest *limit* replays that *asked* means; None: all."""
    replays: list[PastReplay] = []
    coverage = Coverage()
    for directory in host.ledger_directories:
        reading = read_ledger(directory)
        coverage += reading.coverage
        found = collect_replays(reading.entries, partial(_is_running, directory))
        replays += [each for each in found if asked is None or is_asked_for(each, asked)]
    replays.sort(key=lambda each: each.begun.time)
    return History(tuple(replays if limit is None else replays[-limit:]), coverage)


def _is_running(directory: Path, begun: ReplayBegun) -> bool:
    return is_held(directory, begun.lock)
