"""A plan carried out on this host: ledger, lock, signals, and the actions for its place."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from vexfsctl.devices.disks import BlockDevice
from vexfsctl.driver.volume.probe import ON_FILES, FileRange, send_probe
from vexfsctl.exceptions import ActionFailed
from vexfsctl.host.host import Host
from vexfsctl.host.operator import Operator
from vexfsctl.host.recovery.place import look_at_device
from vexfsctl.host.recovery.plan import Planned
from vexfsctl.host.recovery.request import ReplayRequest
from vexfsctl.host.recovery.subject import FoundSubject
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import Volume
from vexfsctl.recovery.device.actions import DeviceActions
from vexfsctl.recovery.device.target import Progress
from vexfsctl.recovery.ledger.entries import DeviceIdentity
from vexfsctl.recovery.ledger.file import Ledger
from vexfsctl.recovery.ledger.journal import Journal, Record, Stamp, record_nowhere, record_to_kmsg
from vexfsctl.recovery.ledger.lock import hold_lock, lock_name
from vexfsctl.recovery.plan.recovery_plan import Plan
from vexfsctl.recovery.replay import Actions, EndedFromOutside, Replayed, carry_out
from vexfsctl.recovery.volume_actions import HarmlessCall, VolumeActions
from vexfsctl.system.signals import ENDING, ending_as_interrupt

_PROBE_CALL_S = 5.0
"""Deadline of one harmless call; the default deadline of a volume's own calls."""


def execute_plan(
    host: Host, operator: Operator, request: ReplayRequest, planned: Planned
) -> Replayed:
    """Carry out what was *planned*, recorded in the ledger and locked; return the result.

    Raises RecoveryFailed if the ledger cannot be written, or another replay holds the lock.
    """
    plan = planned.plan
    ledger = Ledger(host.state_directory)
    identity = _identity(planned.here.device)
    lock = lock_name(identity, plan.subject.volume)
    since = host.wall_clock()
    worked_on = plan.steps[0].target
    journal = _journal(host, ledger, planned)
    with (
        ending_as_interrupt(_end),
        hold_lock(ledger.directory, lock, since, worked_on),
        _actions(host, operator, request, planned) as actions,
    ):
        journal.begin(operator.who, identity, lock, request.reason)
        return carry_out(plan, actions, journal, all_steps=request.all_steps)


def _journal(host: Host, ledger: Ledger, planned: Planned) -> Journal:
    stamp = Stamp(clock=host.clock, wall_clock=host.wall_clock, boot_id=host.boot_id)
    replay = CorrelationSource().draw()
    return Journal(ledger, replay, planned.plan, stamp, _record_for(planned.found))


def _record_for(found: FoundSubject) -> Record:
    status = found.volume.status if found.volume is not None else None
    writes_there = found.in_kernel_log if status is None else status.log == "kmsg"
    return record_to_kmsg if writes_there else record_nowhere


@contextmanager
def _actions(
    host: Host, operator: Operator, request: ReplayRequest, planned: Planned
) -> Iterator[Actions]:
    here = planned.here
    with operator.progress() as progress:
        if here.device is not None:
            yield _device_actions(host, request, planned, here.device, progress)
        else:
            assert here.volume is not None, "checked before anything was asked"
            yield _volume_actions(host, request, planned, here.volume)


def _device_actions(
    host: Host,
    request: ReplayRequest,
    planned: Planned,
    device: BlockDevice,
    progress: Progress,
) -> Actions:
    return DeviceActions(
        device,
        planned.plan.ranges,
        fault_in=planned.plan.subject.fault_in,
        retry=planned.here.retry,
        clock=host.clock,
        fallback=look_at_device(request.place.fallback, to_read=True),
        read_timeout_s=request.read_timeout_s,
        progress=progress,
    )


def _volume_actions(
    host: Host, request: ReplayRequest, planned: Planned, volume: Volume
) -> Actions:
    operation = planned.plan.subject.operation or OperationType.SUPERBLOCK
    place = planned.found.failed_file
    failed = None if place is None else FileRange(*place)
    return VolumeActions(
        host.tree(volume.root),
        volume.name,
        operation,
        send=_harmless_call(host, volume, operation, failed),
        doubt=_doubt(planned.plan, operation, failed),
        clock=host.clock,
        timeout_s=host.deadlines.wait_s,
        reason=request.reason,
    )


def _doubt(plan: Plan, operation: OperationType, failed: FileRange | None) -> str | None:
    """Return why a harmless call that succeeds does not prove that the fault is gone."""
    if plan.subject.fault_in != "read":
        return "the fault was not in reading: only the next call of its kind can show it gone"
    if operation in ON_FILES and failed is None:
        return "it is not known which file failed"
    return None


def _harmless_call(
    host: Host, volume: Volume, operation: OperationType, failed: FileRange | None
) -> Callable[[], HarmlessCall]:
    mountpoint = volume.status.mountpoint if volume.status is not None else None
    if mountpoint is None:
        raise ActionFailed(f"{volume.name} does not say where it is mounted")

    def send() -> HarmlessCall:
        limit_s = min(_PROBE_CALL_S, host.deadlines.wait_s)
        sent = send_probe(Path(mountpoint), operation, failed, limit_s)
        return HarmlessCall(sent.call, sent.error)

    return send


def _end(number: int, _: FrameType | None) -> None:
    """Take the first signal that ends the replay; later ones do not disturb recording it."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    raise EndedFromOutside(number)


def _identity(device: BlockDevice | None) -> DeviceIdentity | None:
    if device is None:
        return None
    return DeviceIdentity(str(device.path), device.number, device.sequence, device.size)
