"""What the ledger of recoveries says: one frozen value for each kind of line.

A replay is `begin`, then for each step `step_begin` and `step_end`, a `verified` for each look at
the fault, and `end`. What has no `end` still runs, or was killed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.plan.steps import ByteRange, FaultState, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What every line carries."""

    replay: CorrelationId
    """Names the replay; drawn for it."""
    time: datetime
    """Wall clock, aware."""
    boot_id: str | None
    monotonic_us: int
    """CLOCK_MONOTONIC of that boot."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who ran a replay."""

    uid: int
    user: str | None
    """Who called sudo; None without."""
    tty: str | None
    pid: int


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """The device a replay worked on, so that no other is taken for it."""

    node: str
    number: str
    """`major:minor`."""
    sequence: int | None
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBegun(LedgerEntry):
    """`begin`: on disk before anything is done."""

    who: Who
    subject: str
    """What was asked to be replayed: an id, an error, hints."""
    incident: CorrelationId
    """Id its records carry: the incident's, or the replay's own where there is none."""
    volume: str | None
    device: DeviceIdentity | None
    """None for a replay through the volume."""
    lock: str
    """Name of the lock that is held while it runs."""
    steps: tuple[str, ...]
    """Hints of its plan, as the log writes them."""
    ranges: tuple[ByteRange, ...]
    """Bytes of the device it works on; empty for a sample, and through a volume."""
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBegun(LedgerEntry):
    """`step_begin`: on disk before a step is taken."""

    number: int
    """From 1, in the order of the plan."""
    hint: HintKind
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded(LedgerEntry):
    """`step_end`: what a step came to."""

    number: int
    hint: HintKind
    outcome: Outcome
    message: str
    evidence: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    changed: bool = False
    duration_us: int
    record: str | None = None
    """Text of its `recovery` record; None where there was nothing to record."""
    epoch: int | None = None
    """Of the volume the record is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultVerified(LedgerEntry):
    """`verified`: one look at whether the fault is still there."""

    after: int
    """Number of the step before it; 0 before the first."""
    state: FaultState
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEnded(LedgerEntry):
    """`end`: how it ended, and with which exit status."""

    result: str
    """A `history.Result`."""
    exit_status: int
    message: str
