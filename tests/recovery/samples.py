"""A device, a subject and ledger entries for the tests of recovery."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from vexfsctl.devices.disks import BlockDevice
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.ledger.entries import (
    DeviceIdentity,
    FaultVerified,
    LedgerEntry,
    ReplayBegun,
    ReplayEnded,
    StepBegun,
    StepEnded,
    Who,
)
from vexfsctl.recovery.plan.steps import ByteRange, FaultState, Outcome

BOOT = "0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11"
REPLAY = CorrelationId(0x5F1C93A200000001)
INCIDENT = CorrelationId(0x6F1C93A200000029)
WHEN = datetime(2026, 8, 21, 10, 0, 0, 123456, tzinfo=UTC)


class Moment(TypedDict):
    """When an entry was made, as every kind of entry has it."""

    time: datetime
    boot_id: str
    monotonic_us: int


NOW: Moment = {"time": WHEN, "boot_id": BOOT, "monotonic_us": 3_600_000_000}


def block_device(path: str = "/dev/sdb", *, size: int = 1 << 30) -> BlockDevice:
    """A disk that no machine of a test has."""
    name = Path(path).name
    return BlockDevice(
        path=Path(path),
        name=name,
        number="8:16",
        size=size,
        logical_block_size=512,
        physical_block_size=4096,
        sequence=7,
        read_only=False,
        removable=False,
        disk=name,
    )


def begun(replay: CorrelationId = REPLAY, lock: str = "device-8-16-7.lock") -> ReplayBegun:
    """The begin of a replay on /dev/sdb."""
    return ReplayBegun(
        replay=replay,
        who=Who(0, "ann", "/dev/pts/1", 4242),
        subject=str(INCIDENT),
        incident=INCIDENT,
        volume="sdb",
        device=DeviceIdentity("/dev/sdb", "8:16", 7, 1 << 30),
        lock=lock,
        steps=("retry:500", "manual"),
        ranges=(ByteRange(9178112, 131072),),
        reason="disk replaced",
        **NOW,
    )


def step_begun(number: int = 1, replay: CorrelationId = REPLAY) -> StepBegun:
    """The begin of a retry."""
    return StepBegun(
        replay=replay,
        number=number,
        hint=HintKind.RETRY,
        target="/dev/sdb",
        **NOW,
    )


def step_ended(number: int = 1, replay: CorrelationId = REPLAY) -> StepEnded:
    """The end of it."""
    return StepEnded(
        replay=replay,
        number=number,
        hint=HintKind.RETRY,
        outcome=Outcome.FAILED,
        message="EIO after 3 attempts",
        evidence=("attempt 1: EIO",),
        details={"attempts": [{"errno": "EIO", "latency_us": 812}]},
        duration_us=1_500_000,
        record=(
            f"VexFS: [{INCIDENT}] recovery vol=sdb op=storage step=retry result=failed "
            'dur_us=1500000 msg="EIO after 3 attempts"'
        ),
        epoch=8_172_635_412,
        **NOW,
    )


def verified(replay: CorrelationId = REPLAY) -> FaultVerified:
    """A look at the fault after it."""
    return FaultVerified(
        replay=replay,
        after=1,
        state=FaultState.PRESENT,
        message="EIO at 0",
        **NOW,
    )


def ended(
    replay: CorrelationId = REPLAY, result: str = "person_needed", status: int = 5
) -> ReplayEnded:
    """The end of the replay."""
    return ReplayEnded(
        replay=replay,
        result=result,
        exit_status=status,
        message="a person must act",
        **NOW,
    )


WHOLE: tuple[LedgerEntry, ...] = (begun(), step_begun(), step_ended(), verified(), ended())
"""One replay from its begin to its end."""
