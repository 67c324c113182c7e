"""The seven hints, carried out on a block device, and the check whether that helped.

Implements the column *on a device* of the table in commands.md. Every open, read and ioctl happens
in a child that is left behind at its deadline (`medium`); nothing is ever written to what is
stored. A filesystem that is remounted read-only writes out what it has in memory, as at every
unmount.
"""

import random as random_numbers
from collections.abc import Callable, Sequence
from typing import Any

from vexfsctl.devices import sectors
from vexfsctl.devices.disks import BlockDevice
from vexfsctl.exceptions import InvalidInput
from vexfsctl.guard.retry import retry_delay_ms
from vexfsctl.model.clock import Clock
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.hints import HintKind
from vexfsctl.model.volume import RetrySettings
from vexfsctl.recovery.device.fallback import use_fallback
from vexfsctl.recovery.device.medium import Answer, Medium
from vexfsctl.recovery.device.read_only import enforce_read_only
from vexfsctl.recovery.device.restart import restart_device
from vexfsctl.recovery.device.scope import reduce_scope
from vexfsctl.recovery.device.target import Look, Progress, Target
from vexfsctl.recovery.plan.ranges import fit, sample
from vexfsctl.recovery.plan.steps import (
    ByteRange,
    FaultState,
    Outcome,
    Step,
    StepResult,
    Verification,
)

READ = "read"
_DOUBTS = {
    "write": "the fault was in writing: only the next write can tell",
    "flush": "the fault was in writing out: only the next sync can tell",
}
_NOT_TRIED = "not tried"
_OTHER_DOUBT = "the fault was not in reading the device: that it can be read proves nothing"


def _no_progress(what: str, done: int, total: int) -> None:
    pass


class DeviceActions:
    """What a replay does to one device; made once for each replay, for the device as it is then.

    *ranges* are the failing bytes; if they are not known, a sample of the device is read.
    *fault_in* is what failed: `read`, `write`, `flush`, or anything else. *retry* says how many
    attempts are made and how far apart. *read_timeout_s* is the deadline of each request (1 MiB
    at most), *sync_timeout_s* that of writing out what others have written. Raises InvalidInput
    if all *ranges* are beyond the end of the device.
    """

    def __init__(
        self,
        device: BlockDevice,
        ranges: Sequence[ByteRange],
        *,
        fault_in: str,
        retry: RetrySettings,
        clock: Clock,
        random: Callable[[], float] = random_numbers.random,
        fallback: BlockDevice | None = None,
        read_timeout_s: float = 10.0,
        sync_timeout_s: float = 60.0,
        progress: Progress = _no_progress,
    ) -> None:
        block = device.logical_block_size
        fitting = fit(ranges, block, device.size) if ranges else sample(device.size, block)
        if not fitting:
            raise InvalidInput(
                f"the range is beyond the end of {device.path}: it has {device.size} bytes",
                hint="give the range with --offset and --length",
            )
        # A device that is small enough is read completely.
        sampled = not ranges and len(fitting) > 1
        self._medium = Medium(device, clock, read_timeout_s)
        self._target = Target(self._medium, fitting, sampled=sampled, progress=progress)
        self._fallback = Medium(fallback, clock, read_timeout_s) if fallback else None
        self._fault_in = fault_in
        self._settings = retry
        self._clock = clock
        self._random = random
        self._sync_timeout_s = sync_timeout_s

    def verify(self) -> Verification:
        """Read the failing ranges (or a sample, if they are not known) from the medium.

        PRESENT if a part cannot be read. GONE if all can, the fault was in reading, and its range
        is known. Otherwise UNPROVEN: reads say nothing about writes, a sample nothing about the
        rest. Raises DeviceVanished, and FacilityUnavailable if it may not be opened.
        """
        self._medium.require_same()
        look = self._target.look("reading what failed")
        state = self._state(look)
        message = f"{self._target.words}: {look.words}"
        reason = self._doubt() if state is FaultState.UNPROVEN else None
        return Verification(
            state,
            f"{message}; {reason}" if reason else message,
            details=self._target.details | look.details,
        )

    def take(self, step: Step) -> StepResult:
        """Carry out the hint of *step*; raises as `verify` does, other failures are in the result.

        Nothing is carried out on a different device that took the same place.
        """
        self._medium.require_same()
        match step.hint:
            case HintKind.RETRY:
                return self._retry(step.delay_ms)
            case HintKind.INVALIDATE_CACHE:
                return self._invalidate_cache()
            case HintKind.REDUCE_SCOPE:
                return reduce_scope(self._target, self._clock)
            case HintKind.USE_FALLBACK:
                return use_fallback(self._target, self._fallback, self._clock)
            case HintKind.READ_ONLY:
                return enforce_read_only(self._medium)
            case HintKind.RESTART:
                return restart_device(self._medium.device, self._sync_timeout_s)
            case HintKind.MANUAL:
                return StepResult(Outcome.PERSON_NEEDED, "see the runbook")

    def _state(self, look: Look) -> FaultState:
        if not look.answer.ok:
            return FaultState.PRESENT
        return FaultState.UNPROVEN if self._doubt() else FaultState.GONE

    def _doubt(self) -> str | None:
        """Return why reads that succeed do not prove that the fault is gone."""
        if self._fault_in != READ:
            return _DOUBTS.get(self._fault_in, _OTHER_DOUBT)
        if self._target.sampled:
            return "the failing range is not known: give it with --offset and --length"
        return None

    def _retry(self, least_ms: int | None) -> StepResult:
        """Wait and read again, until the read succeeds or the attempts are used up."""
        tries: list[tuple[int, Look]] = []
        for attempt in range(1, self._settings.max_attempts + 1):
            delay_ms = retry_delay_ms(self._settings, attempt, least_ms, self._random)
            self._clock.sleep(delay_ms / 1000)
            look = self._target.look(f"attempt {attempt} of {self._settings.max_attempts}")
            tries.append((delay_ms, look))
            # If one did not end, the next would leave another process stuck.
            if look.answer.ok or not look.answer.answered:
                break
        attempts = "1 attempt" if len(tries) == 1 else f"{len(tries)} attempts"
        return StepResult(
            _joint_outcome(look.answer),
            f"{self._target.words}: {look.words}; {attempts}",
            evidence=tuple(
                f"attempt {number} after {delay_ms} ms: {look.words}"
                for number, (delay_ms, look) in enumerate(tries, start=1)
            ),
            details=self._target.details
            | {"attempts": [{"waited_ms": delay_ms} | look.details for delay_ms, look in tries]},
        )

    def _invalidate_cache(self) -> StepResult:
        """Write out, drop what is cached, read again; report what was lost on the way."""
        path = self._medium.device.path
        self._target.progress("writing out what is cached", 0, 1)
        flush = self._medium.ask(sectors.flush, timeout_s=self._sync_timeout_s)
        drop = cached = None
        # Not if writing out hangs: this would write out as well.
        if flush.answered:
            drop = self._medium.ask(sectors.drop_cache, timeout_s=self._sync_timeout_s)
        medium = self._target.look("reading from the medium")
        if medium.answer.answered:
            cached = self._target.look("reading through the cache", cached=True)
        # A refusal is not a failure: what is read again is dropped anyway.
        hung = [drop] if drop and not drop.answered else []
        through = [cached.answer] if cached else []
        message = f"{self._target.words}: {medium.words}"
        if flush.errno is not None:
            message += f"; {path} has lost data that was written earlier: {flush.words}"
        return StepResult(
            _joint_outcome(flush, *hung, medium.answer, *through),
            message,
            evidence=(
                f"writing out what was cached: {flush.words}",
                f"dropping what was cached: {_drop_words(drop)}",
                f"from the medium: {medium.words}",
                f"through the cache: {cached.words if cached else _NOT_TRIED}",
            ),
            details=self._target.details
            | {
                "sync": _answer_details(flush),
                "drop": None if drop is None else _answer_details(drop),
                "medium": medium.details,
                "cached": cached.details if cached else None,
            },
        )


def _joint_outcome(*answers: Answer) -> Outcome:
    if not all(each.answered for each in answers):
        return Outcome.ABANDONED
    return Outcome.OK if all(each.ok for each in answers) else Outcome.FAILED


def _drop_words(drop: Answer | None) -> str:
    if drop is None:
        return _NOT_TRIED
    if drop.errno is not None:
        return f"{drop.words}, only what was read again is dropped"
    return drop.words


def _answer_details(answer: Answer) -> dict[str, Any]:
    return {
        "answered": answer.answered,
        "errno": None if answer.errno is None else errno_name(answer.errno),
        "latency_us": answer.latency_us,
    }
