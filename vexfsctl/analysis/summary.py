"""What `status` says: every volume in a line, what is not as it should be, and the next step."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.analysis.breakers import explain_breaker
from vexfsctl.analysis.findings import Finding, Verdict
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.recent_errors import ErrorGroup, group_errors
from vexfsctl.analysis.verdict import judge
from vexfsctl.analysis.window import Window
from vexfsctl.model.breaker import BreakerState, BreakerStatus
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ErrorCounts,
    ModuleState,
    Presence,
    Volume,
    VolumeStatus,
    clear_command,
)


@dataclass(frozen=True, slots=True)
class Service:
    """What a volume that answers says of itself."""

    driver: str
    device: str | None
    """`major:minor` of the backing block device."""
    mountpoint: str | None
    state: ModuleState | str
    degradation: DegradationLevel | str
    access_mode: AccessMode | str
    errors: ErrorCounts | None
    """Of this epoch, not of the window; None when a counter cannot be told."""
    in_flight: int
    """Calls now running, of all operation types."""
    overdue: int
    """Those of them past their deadline."""


@dataclass(frozen=True, slots=True)
class VolumeSummary:
    """One volume in a line."""

    name: str
    root: Path
    verdict: Verdict
    """The worst finding about it."""
    presence: Presence
    detail: str | None
    """Why it is not present, or what of it was not understood."""
    service: Service | None
    """None unless present."""


@dataclass(frozen=True, slots=True)
class BreakerSummary:
    """A breaker that is not closed, and why."""

    volume: str
    operation: OperationType
    state: BreakerState | str
    why: str | None
    since_ns: int
    """When it opened, CLOCK_MONOTONIC; 0 = never."""
    retry_after_ms: int
    last_error_id: CorrelationId | None
    generation: int

    @property
    def name(self) -> str:
        """As a person writes it: `loop0/storage`."""
        return f"{self.volume}/{self.operation}"


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command to type, and what for."""

    command: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole answer."""

    verdict: Verdict
    window: Window
    findings: tuple[Finding, ...]
    """The worst first."""
    volumes: tuple[VolumeSummary, ...]
    breakers: tuple[BreakerSummary, ...]
    """Those that are not closed."""
    errors: tuple[ErrorGroup, ...]
    """Those of the window, from the log: of live volumes first, then the most severe."""
    next_steps: tuple[NextStep, ...]


def summarize(
    volumes: Sequence[Volume], entries: Sequence[LogEntry], coverage: Coverage, window: Window
) -> Summary:
    """Sum up *volumes* and the log *entries* of *window*; *coverage* is that of the log."""
    verdict, findings = judge(volumes, entries, coverage, window)
    breakers = tuple(_breakers(volumes, window.now_us * 1_000))
    errors = group_errors(entries, window, Loads(volumes))
    return Summary(
        verdict=verdict,
        window=window,
        findings=findings,
        volumes=tuple(_summarize_volume(volume, findings) for volume in volumes),
        breakers=breakers,
        errors=errors,
        next_steps=_next_steps(volumes, breakers, errors),
    )


def _summarize_volume(volume: Volume, findings: Sequence[Finding]) -> VolumeSummary:
    verdicts = [each.verdict for each in findings if each.volume == volume.name]
    return VolumeSummary(
        name=volume.name,
        root=volume.root,
        verdict=max(verdicts, key=lambda verdict: verdict.weight, default=Verdict.OK),
        presence=volume.presence,
        detail=volume.detail,
        service=None if volume.status is None else _summarize_service(volume.status),
    )


def _summarize_service(status: VolumeStatus) -> Service:
    operations = status.operations.values()
    return Service(
        driver=status.driver,
        device=status.device,
        mountpoint=status.mountpoint,
        state=status.state,
        degradation=status.degradation,
        access_mode=status.access_mode,
        errors=status.errors,
        in_flight=sum(each.in_flight for each in operations),
        overdue=sum(each.overdue for each in operations),
    )


def _breakers(volumes: Sequence[Volume], now_ns: int) -> Iterator[BreakerSummary]:
    for volume in volumes:
        operations = volume.status.operations if volume.status is not None else {}
        for operation, status in operations.items():
            if status.breaker.state != BreakerState.CLOSED:
                yield _summarize_breaker(volume.name, operation, status.breaker, now_ns)


def _summarize_breaker(
    volume: str, operation: OperationType, breaker: BreakerStatus, now_ns: int
) -> BreakerSummary:
    return BreakerSummary(
        volume=volume,
        operation=operation,
        state=breaker.state,
        why=explain_breaker(breaker, now_ns),
        since_ns=breaker.opened_ns,
        retry_after_ms=breaker.retry_after_ms,
        last_error_id=breaker.last_error_id,
        generation=breaker.generation,
    )


def _next_steps(
    volumes: Collection[Volume],
    breakers: Sequence[BreakerSummary],
    errors: Sequence[ErrorGroup],
) -> tuple[NextStep, ...]:
    """Each command once, first what brings service back, then what explains."""
    steps = (*_steps_for_volumes(volumes), *_steps_for_breakers(breakers), *_steps_for(errors))
    if not volumes:
        steps += (
            NextStep("vexfsctl mount SOURCE MOUNTPOINT", "guard a directory"),
            NextStep("vexfsctl lab up", "try it on a device whose faults you control"),
        )
    return tuple({step.command: step for step in steps}.values())


def _steps_for_volumes(volumes: Collection[Volume]) -> Iterator[NextStep]:
    for volume in volumes:
        if volume.presence in (Presence.STALE, Presence.UNRESPONSIVE):
            command = clear_command(volume.name)
            yield NextStep(command, "clear away what is left of it, then mount it again")
        if volume.status and volume.status.access_mode == AccessMode.READ_ONLY:
            command = f"vexfsctl volume set {volume.name} access_mode=rw"
            yield NextStep(command, "let it be written to again")


def _steps_for_breakers(breakers: Sequence[BreakerSummary]) -> Iterator[NextStep]:
    for each in breakers:
        match each.state:
            case BreakerState.OPEN | BreakerState.HALF_OPEN:
                if each.last_error_id is not None:
                    yield _trace(each.last_error_id, "the error behind it, down to the device")
                command = f"vexfsctl breaker reset {each.name} --probe"
                yield NextStep(command, "when the device is well: closes if calls succeed again")
            case BreakerState.FORCED_OPEN:
                yield NextStep(f"vexfsctl breaker reset {each.name}", "let calls through again")
            case BreakerState.DISABLED:
                command = f"vexfsctl breaker enable {each.name}"
                yield NextStep(command, "let it protect again")


def _steps_for(errors: Sequence[ErrorGroup]) -> Iterator[NextStep]:
    for each in errors[:1]:
        if each.severity >= Severity.HIGH:
            yield _trace(each.last_id, "the latest of the worst errors, down to the device")


def _trace(identifier: CorrelationId, purpose: str) -> NextStep:
    return NextStep(f"vexfsctl trace {identifier}", purpose)
