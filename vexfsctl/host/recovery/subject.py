"""The subject of a recovery, with the records it was found in and the bytes that failed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vexfsctl.analysis.incident.incidents import Incident, Occurrence
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.exceptions import LogUnreadable, covering
from vexfsctl.host.host import Host
from vexfsctl.host.recovery.request import Asked
from vexfsctl.host.trace import IncidentLog
from vexfsctl.host.volumes import consult
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.events import ErrorReported
from vexfsctl.model.volume import Volume
from vexfsctl.recovery.plan.failing_ranges import find_failing_ranges
from vexfsctl.recovery.plan.steps import ByteRange
from vexfsctl.recovery.plan.subject import (
    Subject,
    subject_of_call,
    subject_of_error,
    subject_of_hints,
    subject_of_incident,
)

_BLOCK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class FoundSubject:
    """The subject asked about, with the evidence it was found in."""

    subject: Subject
    volumes: tuple[Volume, ...]
    """Every volume of this host; empty if the log it was found in is from elsewhere."""
    coverage: Coverage
    recorded: Incident | NumberedCall | None = None
    """The incident or call in the log; None for an error or hints alone."""
    log: IncidentLog | None = None

    @property
    def volume(self) -> Volume | None:
        """The volume of the subject as it is now, if it answers."""
        named = (each for each in self.volumes if each.name == self.subject.volume)
        return next((each for each in named if each.status is not None), None)

    @property
    def in_kernel_log(self) -> bool:
        """Whether the records of the incident are in the live kernel log."""
        return any(each.entry.record.source == "kmsg" for each in self._occurrences)

    @property
    def failed_file(self) -> tuple[int, int, int] | None:
        """Inode, offset and length of the last failure in it, if its records name a file."""
        for each in reversed(self._occurrences):
            event = each.event
            if isinstance(event, ErrorReported) and event.inode is not None:
                return event.inode, event.offset or 0, event.length or _BLOCK_BYTES
        return None

    def failing_ranges(self, starts: Mapping[str, int], size: int) -> tuple[ByteRange, ...]:
        """Return the bytes that the kernel reported as failed, on the device named in *starts*."""
        if self.recorded is None or self.log is None:
            return ()
        entries = self.log.entries_around(self.recorded)
        return find_failing_ranges(self.recorded, entries, starts, size)

    def on_device(self, number: str) -> "FoundSubject":
        """Return it assigned to the live volume on device *number*, if no volume was named.

        Not for records of an earlier build, which name no volume.
        """
        if self.subject.volume is not None or self.recorded is not None:
            return self
        for volume in self.volumes:
            if volume.status is not None and volume.status.device == number:
                epoch = volume.status.epoch
                return replace(self, subject=replace(self.subject, volume=volume.name, epoch=epoch))
        return self

    @property
    def _occurrences(self) -> tuple[Occurrence, ...]:
        return () if self.recorded is None else self.recorded.occurrences


def find_subject(host: Host, asked: Asked) -> FoundSubject:
    """Find what *asked* means.

    Raises NotFound for an unknown error, InvalidInput for invalid hints, and for a subject in the
    log what `IncidentLog` raises: IncidentNotFound, EvidenceMissing, AmbiguousId, LogUnreadable.
    """
    if asked.incident is None:
        consulted = consult(host)
        with covering(consulted.coverage):
            return FoundSubject(_named_subject(asked), consulted.volumes, consulted.coverage)
    try:
        log = IncidentLog(host)
    except LogUnreadable as failure:
        failure.hint = f"{failure.hint or 'pass --log FILE'}; or say what failed: --error, --hints"
        raise
    recorded = log.find(asked.incident)
    if isinstance(recorded, Incident):
        subject = subject_of_incident(recorded)
    else:
        subject = subject_of_call(recorded)
    return FoundSubject(subject, log.volumes, log.coverage(recorded), recorded, log)


def _named_subject(asked: Asked) -> Subject:
    if asked.error is not None:
        return subject_of_error(asked.error)
    return subject_of_hints(asked.hints or "")
