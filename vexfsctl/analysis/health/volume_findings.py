"""What is wrong with a volume as its attribute tree shows it."""

from collections.abc import Iterator

from vexfsctl.analysis.breakers import explain_breaker
from vexfsctl.analysis.degradation import explain_degradation
from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ModuleState,
    OperationStatus,
    Presence,
    Volume,
    VolumeStatus,
    release_command,
)

VITAL = frozenset({OperationType.SUPERBLOCK, OperationType.STORAGE})
"""Without these a volume gives no service at all."""

_PRESENCES = {
    Presence.BUSY: Verdict.WARNING,
    Presence.STALE: Verdict.CRITICAL,
    Presence.UNRESPONSIVE: Verdict.CRITICAL,
    Presence.UNREADABLE: Verdict.UNKNOWN,
}


def judge_volume(volume: Volume, now_ns: int) -> Iterator[Finding]:
    """Yield every finding about *volume*; that it vanished is not a finding."""
    if (verdict := _PRESENCES.get(volume.presence)) is not None:
        detail = (volume.detail or "").removeprefix(f"{volume.name} ")
        message = f"{volume.presence}: {detail}" if detail else str(volume.presence)
        code = f"volume_{volume.presence}"
        yield Finding(verdict, code, message, volume.name, hint=volume.hint)
    if volume.status is None:
        return
    yield from _judge_whole(volume.name, volume.status)
    for operation in OperationType:
        status = volume.status.operations.get(operation)
        if status is None:
            message = "its attributes cannot be read"
            yield Finding(Verdict.UNKNOWN, "not_understood", message, volume.name, operation)
        else:
            yield from _judge_operation(volume.name, operation, status, now_ns)


def _judge_whole(name: str, status: VolumeStatus) -> Iterator[Finding]:
    state, degradation = status.state, status.degradation
    if not isinstance(state, ModuleState):
        yield _not_understood(name, "state", state)
    elif state is ModuleState.ERROR:
        yield Finding(Verdict.CRITICAL, "state_error", "its provider is in state error", name)
    if not isinstance(degradation, DegradationLevel):
        yield _not_understood(name, "degradation", degradation)
    elif degradation is not DegradationLevel.NORMAL:
        verdict = Verdict.CRITICAL if degradation.refuses_writes else Verdict.WARNING
        reason = explain_degradation(status)
        message = f"degraded: {degradation}" + ("" if reason is None else f", {reason}")
        hint = release_command(name) if reason is not None and reason.held else None
        yield Finding(verdict, f"degradation_{degradation}", message, name, hint=hint)
    if status.access_mode == AccessMode.READ_ONLY:
        hint = release_command(name)
        message = "set read-only by an operator"
        yield Finding(Verdict.WARNING, "access_mode_ro", message, name, hint=hint)


def _judge_operation(
    name: str, operation: OperationType, status: OperationStatus, now_ns: int
) -> Iterator[Finding]:
    state = status.breaker.state
    if not isinstance(state, BreakerState):
        yield _not_understood(name, "breaker", state, operation)
    elif state is not BreakerState.CLOSED:
        vital = operation in VITAL and state.rejects
        verdict = Verdict.CRITICAL if vital else Verdict.WARNING
        message = f"breaker {state}, {explain_breaker(status.breaker, now_ns)}"
        if state is BreakerState.METRICS_ONLY and status.would_reject:
            calls = "1 call" if status.would_reject == 1 else f"{status.would_reject} calls"
            message += f"; it would have refused {calls}"
        yield Finding(verdict, f"breaker_{state}", message, name, operation)
    if status.overdue:
        calls = "1 call is" if status.overdue == 1 else f"{status.overdue} calls are"
        # It does not say which deadline: that of a nested call ends a call, too.
        message = f"{calls} past the deadline and still running"
        yield Finding(Verdict.WARNING, "overdue", message, name, operation)


def _not_understood(
    name: str, what: str, word: str, operation: OperationType | None = None
) -> Finding:
    message = f"{what} is {word!r}, which this vexfsctl does not know"
    return Finding(Verdict.UNKNOWN, "not_understood", message, name, operation)
