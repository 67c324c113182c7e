"""What a log record means, and what may be concluded from it."""

from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.model.events import Event, KernelEvidence
from vexfsctl.model.record import LogRecord
from vexfsctl.model.upstream import UpstreamEvent
from vexfsctl.model.value import quick_value


class Origin(StrEnum):
    """Who wrote a record, as far as its source can tell."""

    KERNEL = "kernel"
    """Facility kern: only the kernel itself can write that."""
    DRIVER = "driver"
    """A userspace volume whose `state` record or live tree vouches for it."""
    UNVERIFIED = "unverified"
    """Written from user space and vouched for by nothing: never evidence for a verdict."""
    UNRECORDED = "unrecorded"
    """The source keeps no facility (plain `dmesg` text)."""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A line that begins like one of our records but is not: torn, garbled, of a later version."""

    text: str
    reason: str


Meaning = Event | UpstreamEvent | KernelEvidence | Unrecognised


@quick_value()
class LogEntry:
    """A record, its meaning, who wrote it, in which epoch of its volume and on which device."""

    record: LogRecord
    meaning: Meaning | None
    """None for a line that is neither VexFS's nor evidence about a device."""
    origin: Origin
    epoch: int | None = None
    """Epoch of its volume; None if no `state` record says."""
    device: str | None = None
    """Kernel name of the device that its volume lay on in that epoch; None for the same reason."""

    @property
    def verified(self) -> bool:
        """Whether it may be believed; what may be a forgery is never evidence for a verdict."""
        return self.origin is not Origin.UNVERIFIED

    @property
    def is_own(self) -> bool:
        """Whether it is evidence of VexFS: our provider, another build, or a module at work."""
        return self.event is not None or (self.upstream is not None and not self.upstream.hearsay)

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

    @property
    def trouble(self) -> KernelEvidence | None:
        """The same if it is about trouble; None if that is doubtful.

        That the kernel left out lines is no trouble of its own.
        """
        said = self.meaning
        if not isinstance(said, KernelEvidence) or not (said.is_trouble and self.verified):
            return None
        return said if said.lost is None else None
