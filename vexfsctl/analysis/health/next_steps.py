"""What to do next, from what was found."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vexfsctl.analysis.degradation import explain_degradation
from vexfsctl.analysis.health.tripped_breakers import BreakerSummary
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import AccessMode, Volume

if TYPE_CHECKING:
    from vexfsctl.analysis.errors.groups import ErrorGroup

_MOST_DEVICES = 3


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command of vexfsctl and its purpose."""

    words: tuple[str, ...]
    """Its command line without the program, as separate words, not quoted."""
    purpose: str


def next_steps(
    volumes: Collection[Volume],
    breakers: Sequence[BreakerSummary],
    errors: "Sequence[ErrorGroup]",
    *,
    records: bool,
    devices: Sequence[str] = (),
) -> tuple[NextStep, ...]:
    """Return each command once: first those that restore service, then those that explain.

    *records*: whether the log has anything to look into; if not, a volume must be made first.
    *devices*: those that the kernel itself has trouble with.
    """
    steps = (
        *_steps_for_volumes(volumes),
        *_steps_for_breakers(breakers),
        *_steps_for(errors),
        *(
            NextStep(("log", "-d", device), "what the kernel says of the device")
            for device in devices[:_MOST_DEVICES]
        ),
    )
    if not volumes and records and not steps:
        steps += (NextStep(("device", "list"), "what all of the log says of devices"),)
    if not volumes and not records:
        steps += (
            NextStep(("mount", "SOURCE", "MOUNTPOINT"), "guard a directory"),
            NextStep(("lab", "up"), "try it on a volume whose faults you control"),
        )
    return tuple({step.words: step for step in steps}.values())


def _steps_for_volumes(volumes: Collection[Volume]) -> Iterator[NextStep]:
    for volume in volumes:
        if volume.abandoned:
            yield NextStep(
                ("umount", "--force", volume.name),
                "clear away what is left of it, then mount it again",
            )
        reason = explain_degradation(volume.status) if volume.status else None
        if reason is not None and reason.held:
            yield NextStep(
                ("volume", "set", volume.name, "access_mode=rw"),
                "when the damage is dealt with: allow writing again",
            )
        elif reason is not None:
            yield NextStep(("volume", "show", volume.name), "what it uses, and its limits")
        if volume.status and volume.status.access_mode == AccessMode.READ_ONLY:
            yield NextStep(
                ("volume", "set", volume.name, "access_mode=rw"), "allow writing to it again"
            )


def _steps_for_breakers(breakers: Sequence[BreakerSummary]) -> Iterator[NextStep]:
    for each in breakers:
        match each.state:
            case BreakerState.OPEN | BreakerState.HALF_OPEN:
                if each.last_error_id is not None:
                    yield _trace(each.last_error_id, "the error behind it, down to the device")
                    yield NextStep(
                        ("recover", "plan", each.name), "what can be done about it, step by step"
                    )
                yield NextStep(
                    ("breaker", "reset", each.name, "--probe"),
                    "when the device is healthy: closes if calls succeed again",
                )
            case BreakerState.FORCED_OPEN:
                yield NextStep(("breaker", "reset", each.name), "let calls through again")
            case BreakerState.DISABLED:
                yield NextStep(("breaker", "enable", each.name), "let it protect again")


def _steps_for(errors: "Sequence[ErrorGroup]") -> Iterator[NextStep]:
    for each in errors[:1]:
        worth = each.severity is not None and each.severity >= Severity.HIGH
        if worth and isinstance(each.last_id, CorrelationId):
            yield _trace(each.last_id, "the latest of the worst errors, down to the device")
        elif each.volume is None:
            yield NextStep(("log",), "the lines themselves")


def _trace(identifier: CorrelationId, purpose: str) -> NextStep:
    return NextStep(("trace", str(identifier)), purpose)
