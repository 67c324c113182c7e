"""Everything that a replay records: its ledger entries, and `recovery` records in the log.

The ledger comes first; if it cannot be written, the replay ends. Records also go to the kernel log
if the volume writes there; what the kernel log does not take is in the ledger, and `trace` reads
both.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vexfsctl.logs.grammar import event_level, format_event
from vexfsctl.logs.sources.kmsg import kmsg_unavailable, write_kmsg
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.events import RecoveryStepTaken
from vexfsctl.model.operations import OperationType
from vexfsctl.recovery.ledger.entries import (
    DeviceIdentity,
    FaultVerified,
    ReplayBegun,
    ReplayEnded,
    StepBegun,
    StepEnded,
    Who,
)
from vexfsctl.recovery.ledger.file import Ledger
from vexfsctl.recovery.ledger.history import Result
from vexfsctl.recovery.plan.recovery_plan import Plan
from vexfsctl.recovery.plan.steps import Step, StepResult, Verification

Record = Callable[[RecoveryStepTaken], None]
"""Writes a record to a log; never raises: the ledger has it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Stamps the entries of one replay."""

    clock: Clock
    wall_clock: Callable[[], datetime]
    boot_id: str | None


def record_to_kmsg(event: RecoveryStepTaken) -> None:
    """Write *event* to the kernel log if possible."""
    if kmsg_unavailable() is None:
        with suppress(OSError):
            write_kmsg(format_event(event), event_level(event))


def record_nowhere(_: RecoveryStepTaken) -> None:
    """Write nothing: the volume does not write to the kernel log, and the ledger has it."""


class Journal:
    """Records one replay; raises RecoveryFailed if the ledger cannot be written."""

    def __init__(
        self, ledger: Ledger, replay: CorrelationId, plan: Plan, stamp: Stamp, record: Record
    ) -> None:
        self.replay = replay
        self.clock = stamp.clock
        self._ledger = ledger
        self._subject = plan.subject
        self._hints = tuple(map(str, plan.subject.hints))
        self._ranges = plan.ranges
        self._stamp = stamp
        self._record = record

    @property
    def incident(self) -> CorrelationId:
        """Id of the records: the incident's, or the replay's own if there is no incident."""
        return self._subject.incident if self._subject.incident is not None else self.replay

    def begin(self, who: Who, device: DeviceIdentity | None, lock: str, reason: str | None) -> None:
        """Record what is about to be done, by whom and to what."""
        entry = ReplayBegun(
            who=who,
            subject=self._subject.name,
            incident=self.incident,
            volume=self._subject.volume,
            device=device,
            lock=lock,
            steps=self._hints,
            ranges=self._ranges,
            reason=reason,
            **self._now(),
        )
        self._ledger.write(entry)

    def step_begins(self, number: int, step: Step) -> None:
        """Record that a step is about to run."""
        self._ledger.write(
            StepBegun(number=number, hint=step.hint, target=step.target, **self._now())
        )

    def step_ended(self, number: int, step: Step, result: StepResult, duration_us: int) -> None:
        """Record the result of a step, in the log too."""
        event = self._event(step, result, duration_us)
        entry = StepEnded(
            number=number,
            hint=step.hint,
            outcome=result.outcome,
            message=result.message,
            evidence=result.evidence,
            details=result.details,
            changed=result.changed,
            duration_us=duration_us,
            record=None if event is None else format_event(event),
            epoch=self._subject.epoch,
            **self._now(),
        )
        self._ledger.write(entry)
        if event is not None:
            self._record(event)

    def verified(self, after: int, verification: Verification) -> None:
        """Record a check of the fault after step number *after*."""
        entry = FaultVerified(
            after=after, state=verification.state, message=verification.message, **self._now()
        )
        self._ledger.write(entry)

    def end(self, result: Result, exit_status: int, message: str) -> None:
        """Record how it ended."""
        entry = ReplayEnded(result=result, exit_status=exit_status, message=message, **self._now())
        self._ledger.write(entry)

    def _event(self, step: Step, result: StepResult, duration_us: int) -> RecoveryStepTaken | None:
        volume = self._subject.volume
        if volume is None:
            return None
        operation: OperationType | None = self._subject.operation
        return RecoveryStepTaken(
            volume=volume,
            id=self.incident,
            operation=operation,
            step=step.hint,
            result=result.outcome,
            duration_us=duration_us,
            message=result.message,
        )

    def _now(self) -> dict[str, Any]:
        return {
            "replay": self.replay,
            "time": self._stamp.wall_clock(),
            "boot_id": self._stamp.boot_id,
            "monotonic_us": self._stamp.clock.now_ns() // 1_000,
        }
