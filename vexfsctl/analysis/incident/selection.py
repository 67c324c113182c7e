"""Which records a reader asked for: the filters of log, errors and trace.

The same filter given twice is *or*, different filters are *and*.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from vexfsctl.analysis.incident.incidents import operation_of
from vexfsctl.catalogue.lookup import ERRORS, TIMEOUT
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.events import CallFailed, CallTimedOut, ErrorReported, KernelEvidence
from vexfsctl.model.moments import is_within
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import UpstreamEvent

_SEVERITIES = {error.name: error.severity for error in ERRORS}


@dataclass(frozen=True, slots=True)
class Selection:
    """A record is taken when every filter that is set accepts it."""

    since: datetime | None = None
    until: datetime | None = None
    severity: Severity | None = None
    """This and above; records without a severity are left out."""
    operations: Collection[OperationType] = ()
    volumes: Collection[str] = ()
    """Names or globs."""
    devices: Collection[str] = ()
    """Kernel names of devices, including those related to what was asked for."""
    device_volumes: Collection[str] = ()
    """Volumes on those devices, for records that do not say it themselves."""
    errors: Collection[str] = ()
    """Names, families (`IoError`) or errnos (`EIO`)."""
    pattern: re.Pattern[str] | None = None
    """Searched for in the text."""
    kernel: bool = False
    """Whether the kernel's own lines are taken whatever device they are about."""

    def accepts(self, entry: LogEntry, moment: datetime | None) -> bool:
        """Whether *entry*, written at *moment* (None: not known), is asked for."""
        return (
            is_within(moment, self.since, self.until)
            and self._is_severe(entry)
            and self._is_about(entry)
            and (not self.errors or self._names_error(entry))
            and (self.pattern is None or self.pattern.search(entry.record.text) is not None)
        )

    def _is_severe(self, entry: LogEntry) -> bool:
        if self.severity is None:
            return True
        severity = severity_of(entry)
        return severity is not None and severity >= self.severity

    def _is_about(self, entry: LogEntry) -> bool:
        if self.operations and operation_of_entry(entry) not in self.operations:
            return False
        event, evidence = entry.event, entry.evidence
        volume = None if event is None else event.volume
        if self.volumes and not any(fnmatchcase(volume or "", glob) for glob in self.volumes):
            return False
        if not self.devices:
            return self.kernel or evidence is None
        if entry.device is not None:
            return entry.device in self.devices
        if evidence is not None:
            return evidence.device in self.devices or evidence.member in self.devices
        named = None if entry.upstream is None else entry.upstream.device
        return volume in self.device_volumes or named in self.devices

    def _names_error(self, entry: LogEntry) -> bool:
        name, number = _error_of(entry)
        spellings = set()
        if name is not None:
            spellings |= {name.lower(), name.partition(".")[0].lower()}
        if number is not None:
            spellings.add(errno_name(number).lower())
        return any(wanted.lower() in spellings for wanted in self.errors)


def operation_of_entry(entry: LogEntry) -> OperationType | None:
    """Return the operation type *entry* is about; None if it names none."""
    event = entry.event or entry.upstream
    return None if event is None else operation_of(event)


def _error_of(entry: LogEntry) -> tuple[str | None, int | None]:
    """Name and errno of the error that *entry* reports, as far as it gives them."""
    match entry.meaning:
        case ErrorReported() | CallFailed() | UpstreamEvent() as event:
            return event.error, event.errno
        case KernelEvidence() as evidence:
            return None, evidence.errno
        case CallTimedOut():
            return TIMEOUT.name, TIMEOUT.errno
        case _:
            return None, None


def severity_of(entry: LogEntry) -> Severity | None:
    """Return how bad the error is that *entry* reports; None if it reports none we know."""
    match entry.event or entry.upstream:
        case UpstreamEvent() as event:
            return event.severity
        case ErrorReported() as event:
            return event.severity
        case CallFailed() as event:
            return _SEVERITIES.get(event.error)
        case CallTimedOut():
            return TIMEOUT.severity
        case _:
            return None
