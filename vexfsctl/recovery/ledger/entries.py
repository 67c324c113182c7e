"""The entries of the ledger of recoveries: one frozen value for each kind of line.

A replay is `begin`, then for each step `step_begin` and `step_end`, a `verified` for each check of
the fault, and `end`. A replay without `end` is still running, or was killed.
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
    """Random id of the replay."""
    time: datetime
    """Wall-clock time, timezone-aware."""
    boot_id: str | None
    monotonic_us: int
    """CLOCK_MONOTONIC of that boot."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who ran a replay."""

    uid: int
    user: str | None
    """Who called sudo; None without sudo."""
    tty: str | None
    pid: int


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """The device that a replay worked on, so that no other is mistaken for it."""

    node: str
    number: str
    """`major:minor`."""
    sequence: int | None
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBegun(LedgerEntry):
    """`begin`: written to disk before anything is done."""

    who: Who
    subject: str
    """What was asked to be replayed: an id, an error, hints."""
    incident: CorrelationId
    """Id of its records: the incident's, or the replay's own if there is no incident."""
    volume: str | None
    device: DeviceIdentity | None
    """None for a replay through the volume."""
    lock: str
    """Name of the lock that it holds while running."""
    steps: tuple[str, ...]
    """Hints of its plan, as the log writes them."""
    ranges: tuple[ByteRange, ...]
    """Ranges of the device that it works on; empty for a sample, and through a volume."""
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBegun(LedgerEntry):
    """`step_begin`: written to disk before a step runs."""

    number: int
    """From 1, in the order of the plan."""
    hint: HintKind
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded(LedgerEntry):
    """`step_end`: the result of a step."""

    number: int
    hint: HintKind
    outcome: Outcome
    message: str
    evidence: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    changed: bool = False
    duration_us: int
    record: str | None = None
    """Text of its `recovery` record; None if there was nothing to record."""
    epoch: int | None = None
    """Epoch of the volume that the record is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultVerified(LedgerEntry):
    """`verified`: one check whether the fault is still there."""

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
