"""Reset by probing: half-open, then harmless calls until the breaker has closed itself."""

from pathlib import Path

from vexfsctl.driver.volume.probe import FileRange, send_probe
from vexfsctl.exceptions import (
    ActionFailed,
    DeadlineExceeded,
    LogUnreadable,
    StateConflict,
    VexfsctlException,
)
from vexfsctl.host.breaker.command import Plan, carry_out, change_of, plan_command, read_operation
from vexfsctl.host.changes import Outcome, Refusal
from vexfsctl.host.host import Host
from vexfsctl.host.operator import Operator
from vexfsctl.host.volumes import Chosen
from vexfsctl.model.breaker import BreakerAction, BreakerState, BreakerStatus
from vexfsctl.model.events import ErrorReported

_PAUSE_S = 0.1
_BLOCK_SIZE = 4096


def reset_by_probes(host: Host, operator: Operator, reset: Plan) -> Outcome:
    """Get the breaker of *reset* closed by calls that succeed, never by the command."""
    state = reset.breaker.state
    if state is BreakerState.CLOSED:
        return carry_out(host, operator, reset)
    if state not in (BreakerState.OPEN, BreakerState.FORCED_OPEN, BreakerState.HALF_OPEN):
        refusal = StateConflict(
            f"{reset.chosen.name} is {state}: it judges no call, so none can close it",
            hint=f"vexfsctl breaker enable {reset.chosen.name}",
        )
        return Refusal(change_of(reset, reset.breaker), refusal)
    probe = reset.command._replace(action=BreakerAction.PROBE)
    half_open = carry_out(host, operator, plan_command(reset.chosen, probe))
    if isinstance(half_open, Refusal):
        return half_open
    return _probe_and_judge(host, operator, reset)


def _probe_and_judge(host: Host, operator: Operator, reset: Plan) -> Outcome:
    try:
        return change_of(reset, _probe_until_closed(host, operator, reset.chosen))
    except VexfsctlException as failure:
        return Refusal(change_of(reset, read_operation(host, reset.chosen).breaker), failure)


def _probe_until_closed(host: Host, operator: Operator, chosen: Chosen) -> BreakerStatus:
    mountpoint = chosen.volume.status.mountpoint if chosen.volume.status else None
    if mountpoint is None:
        raise ActionFailed(f"{chosen.volume.name} does not say where it is mounted")
    failed = _failed_range(host, chosen)
    limit_s = host.deadlines.wait_s
    deadline_ns = host.clock.now_ns() + round(limit_s * 1e9)
    while True:
        left_s = (deadline_ns - host.clock.now_ns()) / 1e9
        if left_s <= 0:
            raise DeadlineExceeded(f"{chosen.name} did not close within {limit_s:g} s")
        result = send_probe(Path(mountpoint), chosen.operation, failed, left_s)
        outcome = f"{result.call}: {result.error or 'ok'}"
        breaker = read_operation(host, chosen).breaker
        operator.note(f"{chosen.name}: {outcome}: {breaker.state}")
        if breaker.state == BreakerState.CLOSED:
            return breaker
        if breaker.state != BreakerState.HALF_OPEN:
            raise ActionFailed(
                f"{chosen.name} is {breaker.state} again: {outcome}",
                hint=f"vexfsctl trace {chosen.name}",
            )
        host.clock.sleep(_PAUSE_S)


def _failed_range(host: Host, chosen: Chosen) -> FileRange | None:
    """Return what the error that last counted against the breaker failed on, if the log says."""
    # Deferred: the other verbs do not need the log.
    from vexfsctl.host.log import read_log

    error = chosen.status.breaker.last_error_id
    try:
        entries = tuple(read_log(host, [chosen.volume], evidence=False).own_entries)
    except LogUnreadable:
        return None
    for entry in reversed(entries):
        event = entry.event
        if isinstance(event, ErrorReported) and event.id == error and event.inode is not None:
            length = event.length or _BLOCK_SIZE
            return FileRange(event.inode, event.offset or 0, length)
    return None
