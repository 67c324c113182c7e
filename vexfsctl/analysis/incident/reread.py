"""A read that the kernel may have made again: the application then got what came of that.

The page cache of a FUSE mount reads ahead. If a read of several pages fails, the kernel tells
nobody, and reads the page that is needed once more, alone (filemap_update_page, mm/filemap.c, Linux
6.1). By then a breaker may be open. From Linux 6.6 on, our driver reads past the page cache, and
each call is one of the application.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vexfsctl.analysis.incident.incidents import Incident, Occurrence
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.events import CallFailed, ErrorReported

SOON_US = 250_000
"""How soon the second call begins; 0.1 s was measured on a slow machine."""
LONGEST_US = 60_000_000
"""How long it may take: its record is written when it ends."""
_PAGE = 4_096
_CALL = "read"


@dataclass(frozen=True, slots=True)
class Reread:
    """What may be the second call."""

    id: CorrelationId
    errno: int
    """What the application got, if it is."""


class RereadFinder:
    """Takes what occurred after an incident, and finds the call that reads again."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._first = _first_call(incident)

    @property
    def reach_us(self) -> tuple[int, int] | None:
        """The uptimes between which its record is; None if there is no such call."""
        if self._first is None:
            return None
        _, ended_us = self._first
        return ended_us, ended_us + SOON_US + LONGEST_US

    def take(self, each: Occurrence) -> Reread | None:
        """Take what occurred next; return the call that reads again if this is its end."""
        event = each.event
        if self._first is None or not isinstance(event, CallFailed) or each.uptime_us is None:
            return None
        first, ended_us = self._first
        began_us = each.uptime_us - event.duration_us
        again = (
            event.id not in self._incident.depths
            and event.parent is None
            and (event.volume, event.call, event.inode) == (first.volume, _CALL, first.inode)
            and each.entry.record.boot_id == self._incident.boot_id
            and ended_us <= began_us <= ended_us + SOON_US
        )
        return Reread(event.id, event.errno) if again else None


def find_reread(incident: Incident, occurrences: Iterable[Occurrence]) -> Reread | None:
    """Return the call that reads again what failed in *incident*, if any of *occurrences* does."""
    found = map(RereadFinder(incident).take, occurrences)
    return next((each for each in found if each is not None), None)


def _first_call(incident: Incident) -> tuple[CallFailed, int] | None:
    """Return the application's call and when it ended, if the kernel may have read again."""
    lengths = (
        each.event.length or 0
        for each in incident.occurrences
        if isinstance(each.event, ErrorReported)
    )
    if max(lengths, default=0) <= _PAGE:
        return None
    for each in incident.occurrences:
        event = each.event
        if isinstance(event, CallFailed) and event.id == incident.root and event.call == _CALL:
            known = event.inode is not None and each.uptime_us is not None
            return (event, each.uptime_us or 0) if known else None
    return None
