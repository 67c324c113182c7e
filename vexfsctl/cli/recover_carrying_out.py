"""Carry a plan out on this host: ledger, lock, signals, and the actions for its place."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.cli.changes import Consent
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.ending import ending_signals_raise
from vexfsctl.cli.progress import progress_line
from vexfsctl.cli.recover_place import Place, look_at_device
from vexfsctl.cli.recover_subject import Asked, FoundSubject
from vexfsctl.devices.disks import BlockDevice
from vexfsctl.driver.probe import FileRange, send_probe
from vexfsctl.exceptions import ActionFailed
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import Volume
from vexfsctl.recovery.device_actions import DeviceActions
from vexfsctl.recovery.journal import Journal, Record, Stamp, record_nowhere, record_to_kmsg
from vexfsctl.recovery.ledger import Ledger, state_directory
from vexfsctl.recovery.ledger_entries import DeviceIdentity, Who
from vexfsctl.recovery.locking import hold_lock, lock_name
from vexfsctl.recovery.plan import Circumstances, Plan
from vexfsctl.recovery.replay import Actions, Replayed, carry_out
from vexfsctl.recovery.target import Progress
from vexfsctl.recovery.volume_actions import HarmlessCall, VolumeActions

_PROBE_CALL_S = 5.0
"""Deadline of one harmless call; that of a volume's own calls unless it is set otherwise."""
_ON_FILES = (OperationType.FILE, OperationType.STORAGE, OperationType.SYNC)


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What was asked for."""

    asked: Asked
    place: Place
    consent: Consent
    all_steps: bool
    probe: bool
    read_timeout_s: float
    reason: str | None


def carry_out_noted(
    app: AppContext,
    request: ReplayRequest,
    found: FoundSubject,
    plan: Plan,
    here: Circumstances,
) -> Replayed:
    """Carry *plan* out, noted in the ledger and locked against others; return what came of it.

    Raises RecoveryFailed where the ledger cannot be written, or another replay works there.
    """
    ledger = Ledger(state_directory(app.surroundings.environ, os.getuid()))
    identity = _identity(here.device)
    lock = lock_name(identity, plan.subject.volume)
    since = app.surroundings.wall_clock()
    worked_on = plan.steps[0].target
    journal = _journal(app, ledger, CorrelationSource().draw(), plan, found)
    with (
        ending_signals_raise(),
        hold_lock(ledger.directory, lock, since, worked_on),
        _actions(app, request, found, plan, here) as actions,
    ):
        journal.begin(_who(app), identity, lock, request.reason)
        return carry_out(plan, actions, journal, all_steps=request.all_steps)


def _journal(
    app: AppContext, ledger: Ledger, replay: CorrelationId, plan: Plan, found: FoundSubject
) -> Journal:
    here = app.surroundings
    stamp = Stamp(clock=app.clock, wall_clock=here.wall_clock, boot_id=here.boot_id)
    return Journal(ledger, replay, plan, stamp, _record_for(found))


def _record_for(found: FoundSubject) -> Record:
    status = found.volume.status if found.volume is not None else None
    writes_there = found.in_kernel_log if status is None else status.log == "kmsg"
    return record_to_kmsg if writes_there else record_nowhere


@contextmanager
def _actions(
    app: AppContext,
    request: ReplayRequest,
    found: FoundSubject,
    plan: Plan,
    here: Circumstances,
) -> Iterator[Actions]:
    with progress_line(app) as progress:
        if here.device is not None:
            yield _device_actions(app, request, plan, here, here.device, progress)
        else:
            assert here.volume is not None, "checked before anything was asked"
            yield _volume_actions(app, request, found, plan, here.volume)


def _device_actions(
    app: AppContext,
    request: ReplayRequest,
    plan: Plan,
    here: Circumstances,
    device: BlockDevice,
    progress: Progress,
) -> Actions:
    return DeviceActions(
        device,
        plan.ranges,
        fault_in=plan.subject.fault_in,
        retry=here.retry,
        clock=app.clock,
        fallback=look_at_device(request.place.fallback, to_read=True),
        read_timeout_s=request.read_timeout_s,
        progress=progress,
    )


def _volume_actions(
    app: AppContext, request: ReplayRequest, found: FoundSubject, plan: Plan, volume: Volume
) -> Actions:
    operation = plan.subject.operation or OperationType.SUPERBLOCK
    place = found.failed_file
    failed = None if place is None else FileRange(*place)
    return VolumeActions(
        app.surroundings.open_tree(volume.root, app.source_timeout),
        volume.name,
        operation,
        send=_harmless_call(volume, operation, failed),
        doubt=_doubt(plan, operation, failed),
        clock=app.clock,
        timeout_s=app.wait_timeout,
        reason=request.reason,
    )


def _doubt(plan: Plan, operation: OperationType, failed: FileRange | None) -> str | None:
    """Why a harmless call that succeeds does not prove that the fault is gone."""
    if plan.subject.fault_in != "read":
        return "the fault was not in reading: the next call of its kind will tell"
    if operation in _ON_FILES and failed is None:
        return "which file failed is not known"
    return None


def _harmless_call(
    volume: Volume, operation: OperationType, failed: FileRange | None
) -> Callable[[], HarmlessCall]:
    mountpoint = volume.status.mountpoint if volume.status is not None else None
    if mountpoint is None:
        raise ActionFailed(f"{volume.name} does not say where it is mounted")

    def send() -> HarmlessCall:
        sent = send_probe(Path(mountpoint), operation, failed, _PROBE_CALL_S)
        return HarmlessCall(sent.call, sent.error)

    return send


def _identity(device: BlockDevice | None) -> DeviceIdentity | None:
    if device is None:
        return None
    return DeviceIdentity(str(device.path), device.number, device.sequence, device.size)


def _who(app: AppContext) -> Who:
    stdin = app.surroundings.stdin
    try:
        tty = os.ttyname(stdin.fileno()) if stdin.isatty() else None
    except (OSError, ValueError):
        tty = None
    return Who(os.getuid(), app.surroundings.environ.get("SUDO_USER"), tty, os.getpid())
