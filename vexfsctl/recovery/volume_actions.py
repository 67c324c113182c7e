"""What a replay does through a live volume: probe a breaker, set the access mode.

The other hints cannot be carried out through the volume yet (`recovery/control` comes later).
A harmless call through the mount shows whether the fault is there; the caller passes it in,
because it knows the mount.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vexfsctl.exceptions import VexfsctlException
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.clock import Clock
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode
from vexfsctl.recovery.plan.steps import FaultState, Outcome, Step, StepResult, Verification
from vexfsctl.sysfs.attributes import (
    ACCESS_MODE,
    BREAKER_CONTROL,
    BREAKER_GENERATION,
    BREAKER_STATE,
)
from vexfsctl.sysfs.tree import SysfsTree

_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class HarmlessCall:
    """One call through the mount that changes nothing, and how it ended."""

    call: str
    """`statfs of /mnt/v`."""
    error: str | None
    """None if it succeeded."""

    def __str__(self) -> str:
        """Render as evidence: `statfs of /mnt/v: ok`."""
        return f"{self.call}: {self.error or 'ok'}"


class VolumeActions:
    """The actions of a replay through *volume*; *send* makes a harmless call of *operation*.

    *doubt* says why its success would not prove that the fault is gone; None if it does.
    *timeout_s* bounds how long a breaker is probed. If the volume goes away, raises a subclass
    of EvidenceMissing, or VolumeNotFound.
    """

    def __init__(
        self,
        tree: SysfsTree,
        volume: str,
        operation: OperationType,
        *,
        send: Callable[[], HarmlessCall],
        doubt: str | None,
        clock: Clock,
        timeout_s: float,
        reason: str | None = None,
    ) -> None:
        self._tree = tree
        self._volume = volume
        self._operation = operation
        self._send = send
        self._doubt = doubt
        self._clock = clock
        self._timeout_s = timeout_s
        self._reason = reason

    def verify(self) -> Verification:
        """Send a harmless call, unless the breaker rejects it; GONE if it succeeds.

        UNPROVEN if there is a doubt, or the breaker has not closed yet.
        """
        state = self._state()
        if state in (BreakerState.OPEN, BreakerState.FORCED_OPEN):
            return Verification(FaultState.PRESENT, f"{self._name} is {state}: calls are refused")
        sent = self._send()
        if sent.error is not None:
            return Verification(FaultState.PRESENT, str(sent), (str(sent),))
        if self._doubt is not None:
            return Verification(FaultState.UNPROVEN, f"{sent}; {self._doubt}", (str(sent),))
        if state == BreakerState.HALF_OPEN and (now := self._state()) != BreakerState.CLOSED:
            told = f"{sent}, but {self._name} is still {now}"
            return Verification(FaultState.UNPROVEN, told, (str(sent),))
        return Verification(FaultState.GONE, str(sent), (str(sent),))

    def take(self, step: Step) -> StepResult:
        """Carry out *step*, a step through the volume."""
        match step.hint:
            case HintKind.RETRY:
                return self._probe()
            case HintKind.READ_ONLY:
                return self._set_read_only()
            case HintKind.MANUAL:
                return StepResult(Outcome.PERSON_NEEDED, "see the runbook")
            case _:
                return StepResult(Outcome.REFUSED, f"{step.hint} needs --device")

    @property
    def _name(self) -> str:
        return f"the breaker of {self._volume}/{self._operation}"

    def _probe(self) -> StepResult:
        before = self._state()
        if before in (BreakerState.DISABLED, BreakerState.METRICS_ONLY):
            return StepResult(
                Outcome.REFUSED,
                f"{self._name} is {before}: it refuses no call, so none can close it",
            )
        if before in (BreakerState.OPEN, BreakerState.FORCED_OPEN):
            self._make_half_open()
        evidence, after = self._send_until_settled()
        changed = after != before
        if after == BreakerState.CLOSED and evidence[-1].error is None:
            outcome = Outcome.OK
        else:
            outcome = Outcome.FAILED
        return StepResult(
            outcome,
            f"{self._name}: {before} → {after}; {evidence[-1]}",
            tuple(map(str, evidence)),
            {"before": str(before), "after": str(after), "calls": len(evidence)},
            changed,
        )

    def _make_half_open(self) -> None:
        generation = self._tree.read(self._volume, BREAKER_GENERATION.of(self._operation).path)
        command = BreakerCommand(BreakerAction.PROBE, if_generation=generation, reason=self._reason)
        self._tree.write(self._volume, BREAKER_CONTROL.of(self._operation).path, command)

    def _send_until_settled(self) -> tuple[list[HarmlessCall], BreakerState | str]:
        """Send calls until the breaker is closed or open again, or time is up."""
        deadline_ns = self._clock.now_ns() + round(self._timeout_s * 1e9)
        calls: list[HarmlessCall] = []
        while True:
            calls.append(self._send())
            state = self._state()
            if state != BreakerState.HALF_OPEN or self._clock.now_ns() >= deadline_ns:
                return calls, state
            self._clock.sleep(_PAUSE_S)

    def _set_read_only(self) -> StepResult:
        before = self._tree.read(self._volume, ACCESS_MODE.path)
        if before != AccessMode.READ_ONLY:
            self._tree.write(self._volume, ACCESS_MODE.path, AccessMode.READ_ONLY)
        after = self._tree.read(self._volume, ACCESS_MODE.path)
        if after != AccessMode.READ_ONLY:
            raise VexfsctlException(f"{self._volume}: access_mode is {after}, not ro as set")
        return StepResult(
            Outcome.OK,
            f"access_mode: {before} → {after}",
            details={"before": str(before), "after": str(after)},
            changed=before != after,
        )

    def _state(self) -> BreakerState | str:
        state: BreakerState | str = self._tree.read(
            self._volume, BREAKER_STATE.of(self._operation).path
        )
        return state
