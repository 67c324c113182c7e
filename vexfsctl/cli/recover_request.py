"""What `recover` is asked: about what, where, and how to carry it out. Help imports this much."""

from dataclasses import dataclass
from pathlib import Path

import click

from vexfsctl.cli.changes import Consent
from vexfsctl.exceptions import InvalidInput


@dataclass(frozen=True, slots=True)
class Asked:
    """The subject as written: one of them is given."""

    incident: str | None
    """An id or its end, CALL-N[@SITE], or VOLUME[/OPERATION]."""
    error: str | None
    hints: str | None

    def check(self) -> None:
        """Raise a usage error unless exactly one is given."""
        given = [each for each in (self.incident, self.error, self.hints) if each is not None]
        if len(given) != 1:
            raise click.UsageError(
                "give an id, CALL-N or VOLUME[/OPERATION], or --error, or --hints"
            )


@dataclass(frozen=True, slots=True)
class Place:
    """The place as written."""

    device: Path | None
    fallback: Path | None
    offset: int | None
    """First byte, None with *length*: 0."""
    length: int | None

    def check(self) -> None:
        """Raise InvalidInput for what makes no sense without a device."""
        if self.device is not None:
            return
        if (self.fallback, self.offset, self.length) != (None, None, None):
            raise InvalidInput("--fallback, --offset and --length need --device")


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A replay that was asked for."""

    asked: Asked
    place: Place
    consent: Consent
    all_steps: bool
    probe: bool
    read_timeout_s: float
    reason: str | None
