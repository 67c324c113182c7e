"""Turn hints into steps: what would be done, in which order, why, and the objections. Pure.

Follows the two columns of the table of hints in commands.md: on a device, or through the volume.
The words of each step are in `step_words`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.catalogue.lookup import find_entry
from vexfsctl.devices.disks import BlockDevice
from vexfsctl.devices.mountinfo import Mount, may_write, write_refusal
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.hints import HintKind, RecoveryHint
from vexfsctl.model.volume import OperationStatus, RetrySettings, Volume
from vexfsctl.recovery.plan.ranges import describe
from vexfsctl.recovery.plan.step_words import DEVICE_WORDS, VOLUME_WORDS, StepWords
from vexfsctl.recovery.plan.steps import ByteRange, Risk, Step
from vexfsctl.recovery.plan.subject import HintSource, Subject


class Column(StrEnum):
    """What the steps work on."""

    DEVICE = "device"
    VOLUME = "volume"


class RangeSource(StrEnum):
    """Where the failing ranges of a plan come from."""

    KERNEL_LOG = "kernel_log"
    """The kernel's lines about the device around the incident."""
    GIVEN = "given"
    """The command line."""
    SAMPLE = "sample"
    """No range is known: a sample of the device is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known about the place where the steps would run."""

    device: BlockDevice | None = None
    """None: through the volume."""
    fallback: BlockDevice | None = None
    mounts: tuple[Mount, ...] = ()
    """Mounts of the device and of the devices made from it."""
    belongs_to: str | None = None
    """Node of the volume's own device, if *device* is unrelated to it."""
    restart_refusal: str | None = None
    """Why nothing of the device can be restarted; None if something can."""
    volume: Volume | None = None
    """The live volume, if there is one."""
    ranges: tuple[ByteRange, ...] = ()
    ranges_from: RangeSource = RangeSource.SAMPLE

    def operation(self, subject: Subject) -> OperationStatus | None:
        """Return the present status of the operation of *subject*, if the volume reports it."""
        status = self.volume.status if self.volume is not None else None
        if status is None or subject.operation is None:
            return None
        return status.operations.get(subject.operation)

    @property
    def retry(self) -> RetrySettings:
        """The volume's retry settings; the defaults if no volume reports them."""
        status = self.volume.status if self.volume is not None else None
        return status.retry if status is not None and status.retry is not None else RetrySettings()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, for a person to judge beforehand."""

    subject: Subject
    column: Column
    steps: tuple[Step, ...]
    ranges: tuple[ByteRange, ...]
    """Failing bytes of the device."""
    ranges_from: RangeSource | None
    """None if no device is given."""
    device: BlockDevice | None
    fallback: BlockDevice | None
    mounts: tuple[Mount, ...]
    """Mounts of the device and of the devices made from it."""
    contradictions: tuple[str, ...]
    """Contradictions of the whole plan; objections to one step are in the step."""


def make_plan(subject: Subject, circumstances: Circumstances) -> Plan:
    """Turn the hints of *subject* into steps, in order, with the objections to each."""
    # Without a volume, steps can only be on a device, even before one is given.
    on_device = circumstances.device is not None or subject.volume is None
    return Plan(
        subject=subject,
        column=Column.DEVICE if on_device else Column.VOLUME,
        steps=tuple(_step(hint, subject, circumstances) for hint in subject.hints),
        ranges=circumstances.ranges,
        ranges_from=circumstances.ranges_from if circumstances.device is not None else None,
        device=circumstances.device,
        fallback=circumstances.fallback,
        mounts=circumstances.mounts,
        contradictions=tuple(_contradictions(subject, circumstances)),
    )


def _step(hint: RecoveryHint, subject: Subject, here: Circumstances) -> Step:
    through_volume = here.device is None and subject.volume is not None
    words = (VOLUME_WORDS if through_volume else DEVICE_WORDS)[hint.kind]
    target = _target(hint.kind, subject, here)
    values = {
        "target": target,
        "where": describe(here.ranges) if here.ranges else "a sample of the device",
        "attempts": here.retry.max_attempts,
        "fallback": "the fallback" if here.fallback is None else here.fallback.path,
    }
    return Step(
        hint=hint.kind,
        target=target,
        what=words.what.format(**values),
        why=_why(hint, subject),
        precondition=words.precondition.format(**values),
        risk=words.risk,
        verification=words.verification.format(**values),
        undo=words.undo.format(**values),
        delay_ms=hint.delay_ms,
        obstacles=tuple(_obstacles(hint, subject, here, words)),
    )


def _target(kind: HintKind, subject: Subject, here: Circumstances) -> str:
    if here.device is not None:
        return str(here.device.path)
    if subject.volume is None:
        return "the device"
    of_operation = kind is HintKind.RETRY and subject.operation is not None
    return f"{subject.volume}/{subject.operation}" if of_operation else subject.volume


def _why(hint: RecoveryHint, subject: Subject) -> str:
    errors = ", ".join(subject.errors)
    match subject.hints_from:
        case HintSource.RECORDS:
            return f"the records of {errors} hint {hint}"
        case HintSource.CATALOGUE:
            return f"the catalogue hints {hint} for {errors}"
        case HintSource.GIVEN:
            return f"{hint} was asked for"


def _obstacles(
    hint: RecoveryHint, subject: Subject, here: Circumstances, words: StepWords
) -> Iterator[str]:
    if words.needs_device:
        yield "not done through the volume: needs --device"
    elif here.device is None and subject.volume is None and words.risk is not Risk.MANUAL:
        yield "needs --device"
    if hint.kind is HintKind.RETRY:
        yield from _against_retry(subject, here)
    if hint.kind is HintKind.USE_FALLBACK and here.device is not None and here.fallback is None:
        yield "there is nothing to compare with: needs --fallback"
    if hint.kind is HintKind.READ_ONLY:
        yield from _against_read_only(subject, here)
    if hint.kind is HintKind.RESTART and here.restart_refusal is not None:
        yield here.restart_refusal


def _against_retry(subject: Subject, here: Circumstances) -> Iterator[str]:
    for name in subject.errors:
        if (error := find_entry(name)) is not None and not error.retryable:
            yield f"{name} is not retryable: the same is expected to happen again"
    state = _breaker_state(subject, here)
    if here.device is not None or state is None:
        return
    if state is BreakerState.FORCED_OPEN:
        yield "an operator opened the breaker by hand: a probe ends that"
    if state in (BreakerState.DISABLED, BreakerState.METRICS_ONLY):
        yield f"the breaker is {state}: it refuses no call, and a probe changes nothing"


def _against_read_only(subject: Subject, here: Circumstances) -> Iterator[str]:
    if any(name in _FULL for name in subject.errors):
        yield "the device is full: while it is read-only nobody can make room"
    writable = [mount.mount_point for mount in here.mounts if may_write(mount)]
    if writable:
        yield f"mounted read-write on {', '.join(writable)}: it will be remounted read-only"
    elif here.device is None or any(write_refusal(mount) for mount in here.mounts):
        return
    elif here.device.name.startswith("loop"):
        yield "a loop device stays read-only when it is detached: undo it before that"


def _contradictions(subject: Subject, here: Circumstances) -> Iterator[str]:
    if not subject.hints:
        yield f"no hints for {', '.join(subject.errors) or subject.name}"
    device = here.device
    if device is not None and here.belongs_to is not None:
        yield f"{subject.volume} lies on {here.belongs_to}, and {device.path} is not part of it"
    if device is not None:
        points = dict.fromkeys(mount.mount_point for mount in here.mounts)
        if points:
            yield f"{device.path} is mounted on {', '.join(points)}: others use it meanwhile"
        if device.read_only:
            yield f"{device.path} is read-only already"
    status = here.volume.status if here.volume is not None else None
    if status is not None and subject.epoch not in (None, status.epoch):
        yield f"{subject.volume} was mounted again since: its counters and breakers started over"
    state = _breaker_state(subject, here)
    if device is not None and state is not None and state.rejects:
        yield (
            f"the breaker of {subject.volume}/{subject.operation} is {state}: calls are refused "
            "until it is closed, even when the device is healthy"
        )


def _breaker_state(subject: Subject, here: Circumstances) -> BreakerState | None:
    status = here.operation(subject)
    state = None if status is None else status.breaker.state
    return state if isinstance(state, BreakerState) else None


_FULL = frozenset({"OutOfSpace", "NoSpace", "NoSpaceLeft", "DeviceFull", "VectorError.NoSpace"})
