"""The values of a recovery: steps of a plan, and their results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vexfsctl.model.hints import HintKind


class Risk(StrEnum):
    """What carrying out a step may cost."""

    SAFE = "safe"
    """Reads only."""
    DISRUPTIVE = "disruptive"
    """Changes how the device or volume serves others, never what is stored."""
    MANUAL = "manual"
    """Done by a person."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A run of bytes of a device."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan, for a person to judge beforehand."""

    hint: HintKind
    target: str
    """What it works on: `/dev/loop0`, `loop0/storage`, `loop0`."""
    what: str
    why: str
    precondition: str
    risk: Risk
    verification: str
    """How to check whether it helped."""
    undo: str
    delay_ms: int | None = None
    """For a retry: the minimum wait before each attempt."""
    obstacles: tuple[str, ...] = ()
    """Objections to it here: contradicting hints, a mounted device, an open breaker. They are
    shown, and judged again when the step runs."""


class Outcome(StrEnum):
    """How a step ended."""

    OK = "ok"
    """It was done; verification says whether the fault is gone."""
    FAILED = "failed"
    """It was tried and did not work."""
    REFUSED = "refused"
    """Not possible here, or not safe: nothing was done."""
    ABANDONED = "abandoned"
    """It did not end by its deadline and was left behind."""
    PERSON_NEEDED = "person_needed"
    """A person must act now."""
    INTERRUPTED = "interrupted"
    """The replay was ended from outside while the step was running."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did, in words and in numbers."""

    outcome: Outcome
    message: str
    """One line for people and for the record."""
    evidence: tuple[str, ...] = ()
    """What was observed, one line each."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs: integers, strings, lists and mappings of them."""
    changed: bool = False
    """Whether a setting of the device, a mount or the volume was changed."""


class FaultState(StrEnum):
    """Whether the fault is still there, as far as reading can show."""

    GONE = "gone"
    PRESENT = "present"
    UNPROVEN = "unproven"
    """Reads succeed, but the fault was not in reading (only the next write can show), or only a
    sample was read, because the failing range is not known."""


@dataclass(frozen=True, slots=True)
class Verification:
    """One check whether the fault is still there."""

    state: FaultState
    message: str
    evidence: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
