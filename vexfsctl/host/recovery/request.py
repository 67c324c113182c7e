"""A request for a recovery: its subject, its place, and how to carry it out."""

from dataclasses import dataclass
from pathlib import Path

from vexfsctl.exceptions import InvalidInput
from vexfsctl.host.changes import Consent


@dataclass(frozen=True, slots=True)
class Asked:
    """The subject as written: exactly one field is given."""

    incident: str | None
    """An id or its end, CALL-N[@SITE], or VOLUME[/OPERATION]."""
    error: str | None
    hints: str | None

    @property
    def names_one(self) -> bool:
        """Whether exactly one field is given."""
        return [self.incident, self.error, self.hints].count(None) == 2


@dataclass(frozen=True, slots=True)
class Place:
    """The place as written."""

    device: Path | None
    fallback: Path | None
    offset: int | None
    """First byte; None with *length* means 0."""
    length: int | None

    def check(self) -> None:
        """Raise InvalidInput for options that need a device."""
        if self.device is not None:
            return
        if (self.fallback, self.offset, self.length) != (None, None, None):
            raise InvalidInput("--fallback, --offset and --length need --device")


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A requested replay."""

    asked: Asked
    place: Place
    consent: Consent
    all_steps: bool
    probe: bool
    read_timeout_s: float
    reason: str | None
