"""Other volumes whose calls failed while those of an incident did: they may share what failed."""

from collections.abc import Iterable

from vexfsctl.analysis.incident.incidents import Incident
from vexfsctl.analysis.incident.kernel_lines import Vicinity
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.errnos import ErrnoClass, classify_errno
from vexfsctl.model.events import CallTimedOut, ErrorReported


class OthersAtOnce:
    """Takes the entries of a log, and keeps the first of each other volume that failed at once."""

    def __init__(self, subject: Incident | NumberedCall, vicinity: Vicinity | None) -> None:
        self._volume = subject.volume if isinstance(subject, Incident) else None
        self._vicinity = vicinity
        self._seen: dict[str, LogEntry] = {}

    def take(self, entry: LogEntry) -> bool:
        """Take the next entry; return whether it is the first of such a volume."""
        event = entry.event
        if event is None or event.volume == self._volume or event.volume in self._seen:
            return False
        if self._vicinity is None or not entry.verified or not _is_of_a_device(event):
            return False
        if not self._vicinity.is_at_once(entry.record):
            return False
        self._seen[event.volume] = entry
        return True


def others_at_once(
    subject: Incident | NumberedCall, entries: Iterable[LogEntry], vicinity: Vicinity | None
) -> tuple[LogEntry, ...]:
    """Return the first error of each other volume among *entries* that failed at once."""
    return tuple(filter(OthersAtOnce(subject, vicinity).take, entries))


def _is_of_a_device(event: object) -> bool:
    match event:
        case CallTimedOut():
            return True
        case ErrorReported():
            return classify_errno(event.errno, event.call) is ErrnoClass.DEVICE
        case _:
            return False
