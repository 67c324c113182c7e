"""Hints into steps: in order, with reasons, and with what speaks against them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.recovery.samples import block_device
from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.devices.disks import BlockDevice
from vexfsctl.devices.mountinfo import Mount
from vexfsctl.model.breaker import BreakerSettings, BreakerState, BreakerStatus
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    OperationStatus,
    Presence,
    RetrySettings,
    Volume,
    VolumeStatus,
)
from vexfsctl.recovery.plan.recovery_plan import Circumstances, Column, Plan, RangeSource, make_plan
from vexfsctl.recovery.plan.step_words import DEVICE_WORDS, VOLUME_WORDS, StepWords
from vexfsctl.recovery.plan.steps import ByteRange, Risk
from vexfsctl.recovery.plan.subject import HintSource, Subject, subject_of_error, subject_of_hints

INCIDENT = CorrelationId(0x6F1C93A200000029)


def subject(error: str = "IoError.ReadError", *, hints: str | None = None) -> Subject:
    """An incident with *error* on sdb/storage, whose records carry the catalogue's hints."""
    given = subject_of_error(error) if hints is None else subject_of_hints(hints)
    return replace(
        given,
        name=str(INCIDENT),
        incident=INCIDENT,
        hints_from=HintSource.RECORDS,
        volume="sdb",
        operation=OperationType.STORAGE,
        epoch=99,
        errors=(error,),
    )


def volume(state: BreakerState = BreakerState.CLOSED, *, epoch: int = 99) -> Volume:
    """Volume sdb, its storage breaker in *state*."""
    breaker = BreakerStatus(state, 2, 0, 0, 1, 0, 0, 0, None, BreakerSettings())
    operation = OperationStatus(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5_000, breaker)
    status = VolumeStatus(
        abi_version=1,
        driver="fuse",
        version="1",
        uuid=None,
        device="8:16",
        mountpoint="/mnt/v",
        log="kmsg",
        epoch=epoch,
        state="initialized",
        degradation="normal",
        access_mode="rw",
        errors=None,
        retry=RetrySettings(max_attempts=7),
        resources=None,
        operations={OperationType.STORAGE: operation},
    )
    return Volume("sdb", Path("/run/vexfs"), Presence.PRESENT, status)


def mount(*super_options: str) -> Mount:
    """Where sdb is mounted."""
    return Mount(9, 1, (8, 16), "/", "/srv", ("rw",), "ext4", "/dev/sdb", super_options)


def against(plan: Plan, hint: HintKind) -> tuple[str, ...]:
    """What speaks against the step of *hint*."""
    [step] = [each for each in plan.steps if each.hint is hint]
    return step.obstacles


def test_on_a_device_every_hint_is_a_step_on_it() -> None:
    """In the order of the hints, the range in words, the attempts of the volume's settings."""
    here = Circumstances(
        device=block_device(),
        fallback=block_device("/dev/sdc"),
        volume=volume(),
        ranges=(ByteRange(1 << 20, 4096), ByteRange(1 << 21, 128 << 10)),
        ranges_from=RangeSource.KERNEL_LOG,
    )

    plan = make_plan(subject(), here)

    assert (plan.column, plan.contradictions) == (Column.DEVICE, ())
    where = "4KiB at sector 2048, 128KiB at sector 4096"
    assert [(each.hint, each.target, each.what, each.obstacles) for each in plan.steps] == [
        (
            "retry",
            "/dev/sdb",
            f"read {where} again, past the page cache, up to 7 times with growing waits",
            (),
        ),
        (
            "invalidate_cache",
            "/dev/sdb",
            f"write out what waits for /dev/sdb, drop its cached pages, read {where} again",
            (),
        ),
        (
            "use_fallback",
            "/dev/sdb",
            f"read {where} from /dev/sdc as well and compare; nothing is copied",
            (),
        ),
    ]
    retry = plan.steps[0]
    assert (retry.risk, retry.delay_ms) == (Risk.SAFE, 500)
    assert retry.why == "the records of IoError.ReadError hint retry:500"
    assert retry.precondition == "/dev/sdb may be read"
    assert retry.verification == f"{where} is read from the medium"
    assert retry.undo == "nothing to undo: it only reads"


def test_through_the_volume_there_are_the_probe_and_the_access_mode() -> None:
    """Every other hint needs the device, and says so."""
    plan = make_plan(subject(hints="0x7f"), Circumstances(volume=volume()))

    assert (plan.column, plan.ranges_from) == (Column.VOLUME, None)
    targets = {each.hint: each.target for each in plan.steps}
    assert targets[HintKind.RETRY] == "sdb/storage"
    assert targets[HintKind.READ_ONLY] == "sdb"
    needing = [each.hint for each in plan.steps if each.obstacles]
    assert needing == ["use_fallback", "invalidate_cache", "reduce_scope", "restart"]
    assert against(plan, HintKind.RESTART) == ("not done through the volume: needs --device",)


def test_what_is_of_no_volume_is_done_to_a_device_that_is_to_be_named() -> None:
    """The steps can be judged before."""
    plan = make_plan(subject_of_error("IoError.ReadError"), Circumstances())

    assert (plan.column, plan.device) == (Column.DEVICE, None)
    assert {each.target for each in plan.steps} == {"the device"}
    assert all("needs --device" in each.obstacles for each in plan.steps)


@pytest.mark.parametrize("device", [None, block_device()], ids=["volume", "device"])
def test_every_error_has_a_plan(device: BlockDevice | None) -> None:
    """Each step with every word filled in; without hints that is said."""
    here = Circumstances(device=device, volume=volume())
    plans = {entry.name: make_plan(subject(entry.name), here) for entry in ERRORS}

    assert {name: {each.hint for each in plan.steps} for name, plan in plans.items()} == {
        entry.name: {each.kind for each in entry.hints} for entry in ERRORS
    }
    words = {
        (name, word)
        for name, plan in plans.items()
        for step in plan.steps
        for word in (step.what, step.why, step.precondition, step.verification, step.undo)
    }
    assert [(name, word) for name, word in words if not word or "{" in word] == []
    hintless = [entry.name for entry in ERRORS if not entry.hints]
    assert hintless != []
    assert [n for n in hintless if f"no hints for {n}" not in plans[n].contradictions] == []


@pytest.mark.parametrize("words", [DEVICE_WORDS, VOLUME_WORDS], ids=["device", "volume"])
def test_the_table_has_a_row_for_every_hint(words: Mapping[HintKind, StepWords]) -> None:
    """In both columns, and manual is the only manual one."""
    assert set(words) == set(HintKind)
    assert [kind for kind, each in words.items() if each.risk is Risk.MANUAL] == [HintKind.MANUAL]


def test_an_error_that_is_not_retryable_contradicts_its_retry() -> None:
    """Upstream hints one for lack of memory."""
    plan = make_plan(subject("OutOfMemory"), Circumstances(device=block_device()))

    assert against(plan, HintKind.RETRY) == (
        "OutOfMemory is not retryable: the same is expected to happen again",
    )
    assert against(plan, HintKind.REDUCE_SCOPE) == ()


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (BreakerState.CLOSED, ()),
        (BreakerState.OPEN, ()),
        (
            BreakerState.FORCED_OPEN,
            ("an operator opened the breaker by hand: a probe ends that",),
        ),
        (
            BreakerState.DISABLED,
            ("the breaker is disabled: it refuses no call, and a probe changes nothing",),
        ),
    ],
)
def test_a_probe_through_the_volume_meets_the_breaker(
    state: BreakerState, told: tuple[str, ...]
) -> None:
    """One that an operator opened is not an accident."""
    plan = make_plan(subject(), Circumstances(volume=volume(state)))

    assert against(plan, HintKind.RETRY) == told


def test_an_open_breaker_outlasts_the_device() -> None:
    """To heal the device alone brings nobody's reads back."""
    here = Circumstances(device=block_device(), volume=volume(BreakerState.OPEN))

    assert make_plan(subject(), here).contradictions == (
        "the breaker of sdb/storage is open: calls are refused until it is closed, even when the "
        "device is healthy",
    )


def test_a_mounted_device_is_told_with_its_mount_points() -> None:
    """And going read-only says what becomes of them, unless they write no more."""
    here = Circumstances(device=block_device(), mounts=(mount("rw", "relatime"),))
    plan = make_plan(subject("CorruptedData"), here)

    assert plan.contradictions == ("/dev/sdb is mounted on /srv: others use it meanwhile",)
    assert against(plan, HintKind.READ_ONLY) == (
        "mounted read-write on /srv: it will be remounted read-only",
    )
    for options in (("ro",), ("rw", "emergency_ro")):
        still = replace(here, mounts=(mount(*options),))
        assert against(make_plan(subject("CorruptedData"), still), HintKind.READ_ONLY) == ()


@pytest.mark.parametrize(
    ("options", "against_it"),
    [
        (None, ("a loop device stays read-only when it is detached: undo it before that",)),
        (("rw", "relatime"), ("mounted read-write on /srv: it will be remounted read-only",)),
        (("rw", "emergency_ro"), ()),
    ],
)
def test_a_loop_device_that_is_set_read_only_stays_so(
    options: tuple[str, ...] | None, against_it: tuple[str, ...]
) -> None:
    """Told where the device itself is set, not where a filesystem is remounted or has stopped."""
    mounts = () if options is None else (mount(*options),)
    here = Circumstances(device=block_device("/dev/loop7"), mounts=mounts)

    plan = make_plan(subject("CorruptedData"), here)

    assert against(plan, HintKind.READ_ONLY) == against_it


def test_read_only_on_a_full_device_keeps_it_full() -> None:
    """Nobody could delete."""
    full = replace(subject(hints="read_only"), errors=("OutOfSpace",))

    assert against(make_plan(full, Circumstances(device=block_device())), HintKind.READ_ONLY) == (
        "the device is full: while it is read-only nobody can make room",
    )


def test_what_a_step_needs_and_has_not_is_told() -> None:
    """Something to compare with, something to restart."""
    here = Circumstances(device=block_device(), restart_refusal="nothing can be restarted")
    plan = make_plan(subject(hints="use_fallback,restart"), here)

    assert against(plan, HintKind.USE_FALLBACK) == (
        "there is nothing to compare with: needs --fallback",
    )
    assert against(plan, HintKind.RESTART) == ("nothing can be restarted",)


def test_a_device_that_is_not_the_volumes_is_told() -> None:
    """So are a volume that was mounted anew and a device that is read-only."""
    here = Circumstances(
        device=replace(block_device(), read_only=True),
        belongs_to="/dev/sdc",
        volume=volume(epoch=100),
    )

    assert make_plan(subject(), here).contradictions == (
        "sdb lies on /dev/sdc, and /dev/sdb is not part of it",
        "/dev/sdb is read-only already",
        "sdb was mounted again since: its counters and breakers started over",
    )


def test_many_ranges_are_counted_and_not_listed() -> None:
    """The data has them all."""
    ranges = tuple(ByteRange(number << 20, 512) for number in range(9))
    plan = make_plan(subject(), Circumstances(device=block_device(), ranges=ranges))

    assert plan.steps[0].verification == (
        "512B at sector 0, 512B at sector 2048, 512B at sector 4096 and 6 more is read from the "
        "medium"
    )
    assert plan.ranges == ranges
