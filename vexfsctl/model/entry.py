"""One log line with what it means and what may be concluded from it."""

from dataclasses import dataclass

from vexfsctl.model.events import Event, KernelEvidence
from vexfsctl.model.record import LogRecord, Origin
from vexfsctl.model.upstream import UpstreamEvent


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A line that begins as one of our records and is none: torn, garbled, of a later version."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A record, its meaning, who wrote it and in which epoch of its volume."""

    record: LogRecord
    meaning: Event | UpstreamEvent | KernelEvidence | Unrecognised | None
    """None for a line that is neither VexFS's nor evidence about a device."""
    origin: Origin
    epoch: int | None = None
    """Epoch of its volume; None where no `state` record says."""

    @property
    def event(self) -> Event | None:
        """The VexFS event it stands for, if it is one."""
        return self.meaning if isinstance(self.meaning, Event) else None

    @property
    def upstream(self) -> UpstreamEvent | None:
        """What a VexFS build other than our provider says in it, if one does."""
        return self.meaning if isinstance(self.meaning, UpstreamEvent) else None

    @property
    def evidence(self) -> KernelEvidence | None:
        """What the rest of the kernel says in it, if it does."""
        return self.meaning if isinstance(self.meaning, KernelEvidence) else None
