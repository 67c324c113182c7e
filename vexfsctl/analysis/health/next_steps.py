"""The commands to type next, from what was found."""

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from vexfsctl.analysis.breakers import BreakerSummary
from vexfsctl.analysis.errors.groups import ErrorGroup
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import AccessMode, Presence, Volume, clear_command

_MOST_DEVICES = 3


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command to type, and what for."""

    command: str
    purpose: str


def next_steps(
    volumes: Collection[Volume],
    breakers: Sequence[BreakerSummary],
    errors: Sequence[ErrorGroup],
    *,
    records: bool,
    devices: Sequence[str] = (),
    log_options: str = "",
) -> tuple[NextStep, ...]:
    """Return each command once, first what brings service back, then what explains.

    *records*: whether the log has anything to look into, or a volume is to be made first.
    *devices*: those the kernel itself has trouble with. *log_options*, with a space before them,
    make a command read the same log.
    """
    steps = (
        *_steps_for_volumes(volumes),
        *_steps_for_breakers(breakers, log_options),
        *_steps_for(errors, log_options),
        *(_look_at(device, log_options) for device in devices[:_MOST_DEVICES]),
    )
    if not volumes and not records:
        steps += (
            NextStep("vexfsctl mount SOURCE MOUNTPOINT", "guard a directory"),
            NextStep("vexfsctl lab up", "try it on a volume whose faults you control"),
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


def _steps_for_breakers(breakers: Sequence[BreakerSummary], log_options: str) -> Iterator[NextStep]:
    for each in breakers:
        match each.state:
            case BreakerState.OPEN | BreakerState.HALF_OPEN:
                if each.last_error_id is not None:
                    yield _trace(
                        each.last_error_id, log_options, "the error behind it, down to the device"
                    )
                    command = f"vexfsctl recover plan {each.name}{log_options}"
                    yield NextStep(command, "what can be done about it, step by step")
                command = f"vexfsctl breaker reset {each.name} --probe"
                yield NextStep(command, "when the device is well: closes if calls succeed again")
            case BreakerState.FORCED_OPEN:
                yield NextStep(f"vexfsctl breaker reset {each.name}", "let calls through again")
            case BreakerState.DISABLED:
                command = f"vexfsctl breaker enable {each.name}"
                yield NextStep(command, "let it protect again")


def _steps_for(errors: Sequence[ErrorGroup], log_options: str) -> Iterator[NextStep]:
    for each in errors[:1]:
        worth = each.severity is not None and each.severity >= Severity.HIGH
        if worth and isinstance(each.last_id, CorrelationId):
            purpose = "the latest of the worst errors, down to the device"
            yield _trace(each.last_id, log_options, purpose)
        elif each.volume is None:
            yield NextStep(f"vexfsctl log{log_options}", "the lines themselves")


def _look_at(device: str, log_options: str) -> NextStep:
    command = f"vexfsctl log -d {shlex.quote(device)}{log_options}"
    return NextStep(command, "what the kernel says of the device")


def _trace(identifier: CorrelationId, log_options: str, purpose: str) -> NextStep:
    return NextStep(f"vexfsctl trace {identifier}{log_options}", purpose)
