"""A conclusion and its reasons, and the four words a monitoring system knows."""

from dataclasses import dataclass
from enum import IntEnum

from vexfsctl.model.operations import OperationType


class Verdict(IntEnum):
    """How things stand; the numbers are the exit status of `check` and `status --exit-code`."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    def __str__(self) -> str:
        """Lower-case word, as in JSON; text for people has it in capitals."""
        return self.name.lower()

    @property
    def weight(self) -> int:
        """Order in which verdicts outweigh each other: what is known to be bad comes first."""
        return (Verdict.OK, Verdict.UNKNOWN, Verdict.WARNING, Verdict.CRITICAL).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason for a verdict that is not OK."""

    verdict: Verdict
    code: str
    """Stable word for programs: `breaker_open`, `volume_stale`."""
    message: str
    """What it is, without the name of the volume."""
    volume: str | None = None
    """None if it does not concern a single volume."""
    operation: OperationType | None = None
    hint: str | None = None
    """The next step, if there is one."""

    @property
    def subject(self) -> str | None:
        """`loop0/storage`, or `loop0`; None if it does not concern a single volume."""
        if self.operation is None:
            return self.volume
        return f"{self.volume}/{self.operation}"
