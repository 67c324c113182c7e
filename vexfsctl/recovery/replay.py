"""Carry out a plan step by step, recording each before and after, until the fault is gone."""

import signal
from dataclasses import dataclass, replace
from typing import Protocol

from vexfsctl.exceptions import DeviceVanished, ExitStatus, RecoveryFailed, VexfsctlException
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.ledger.history import Result
from vexfsctl.recovery.ledger.journal import Journal
from vexfsctl.recovery.plan.recovery_plan import Plan
from vexfsctl.recovery.plan.steps import FaultState, Outcome, Step, StepResult, Verification


class Actions(Protocol):
    """Carries out steps on one device, or through one volume."""

    def verify(self) -> Verification:
        """Check whether the fault is still there; raise what makes it pointless to continue."""
        ...

    def take(self, step: Step) -> StepResult:
        """Carry out *step*; raise what makes it pointless to continue."""
        ...


class EndedFromOutside(KeyboardInterrupt):
    """A signal that ends the program; a KeyboardInterrupt, so that nobody catches it by chance."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@dataclass(frozen=True, slots=True)
class TakenStep:
    """One step that was taken."""

    number: int
    step: Step
    result: StepResult
    duration_us: int
    verification: Verification | None
    """The check of the fault after it; None if there was none."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay."""

    replay: CorrelationId
    incident: CorrelationId
    """Id under which `trace` shows its records."""
    result: Result
    message: str
    before: Verification | None
    """The check of the fault before the first step; None if the check failed."""
    steps: tuple[TakenStep, ...]
    exit_status: int
    failures: tuple[VexfsctlException, ...] = ()
    """What kept it from continuing, or from being recorded."""


def carry_out(plan: Plan, actions: Actions, journal: Journal, *, all_steps: bool) -> Replayed:
    """Carry out *plan* and return the result; `journal.begin` has been written.

    Stops as soon as the fault is verified gone, unless *all_steps*; if a person must act; if the
    device is gone; at a signal (KeyboardInterrupt). None of these is raised: the result says what
    was done.
    """
    return _Replay(plan, actions, journal, all_steps).run()


class _Replay:
    def __init__(self, plan: Plan, actions: Actions, journal: Journal, all_steps: bool) -> None:
        self._plan = plan
        self._actions = actions
        self._journal = journal
        self._all_steps = all_steps
        self._before: Verification | None = None
        self._latest: Verification | None = None
        self._steps: list[TakenStep] = []

    def run(self) -> Replayed:
        failures: list[VexfsctlException] = []
        try:
            result, message = self._carry_out()
            status = int(_STATUSES[result])
        except KeyboardInterrupt as ending:
            number = getattr(ending, "number", signal.SIGINT)
            result, message = Result.INTERRUPTED, f"ended by {signal.Signals(number).name}"
            # As a shell reports a program that a signal ended.
            status = 128 + number
        except VexfsctlException as failure:
            result, message, status = Result.FAILED, failure.message, int(ExitStatus.FAILED)
            failures.append(failure)
        try:
            self._note_end(result, status, message)
        except RecoveryFailed as failure:
            failures.append(failure)
        return Replayed(
            self._journal.replay,
            self._journal.incident,
            result,
            message,
            self._before,
            tuple(self._steps),
            status,
            tuple(failures),
        )

    def _note_end(self, result: Result, status: int, message: str) -> None:
        try:
            self._journal.end(result, status, message)
        except KeyboardInterrupt:
            # Everything was done by then. If the first entry is on disk, this one is ignored.
            self._journal.end(result, status, message)

    def _carry_out(self) -> tuple[Result, str]:
        first = self._before = self._verify(after=0)
        if self._is_done():
            return Result.GONE, f"there is nothing to do: {first.message}"
        for number, step in enumerate(self._plan.steps, 1):
            if step.hint is HintKind.MANUAL and self._is_gone():
                continue
            result = self._take(number, step)
            if result.outcome is Outcome.PERSON_NEEDED:
                return Result.PERSON_NEEDED, result.message
            if result.outcome is not Outcome.REFUSED:
                looked = self._verify(after=number)
                self._steps[-1] = replace(self._steps[-1], verification=looked)
            if self._is_done():
                break
        return self._judge()

    def _take(self, number: int, step: Step) -> StepResult:
        started_ns = self._journal.clock.now_ns()
        try:
            self._journal.step_begins(number, step)
            result, gone = self._try(step)
            self._note(number, step, result, started_ns)
        except KeyboardInterrupt:
            if number not in (taken.number for taken in self._steps):
                ended = StepResult(Outcome.INTERRUPTED, "ended from outside while it was running")
                self._note(number, step, ended, started_ns)
            raise
        if gone is not None:
            raise gone
        return result

    def _try(self, step: Step) -> tuple[StepResult, DeviceVanished | None]:
        """Take *step*; return its result, and the reason if no further step is possible."""
        try:
            return self._actions.take(step), None
        except DeviceVanished as gone:
            return StepResult(Outcome.FAILED, gone.message), gone
        except VexfsctlException as failure:
            return StepResult(Outcome.FAILED, failure.message), None

    def _note(self, number: int, step: Step, result: StepResult, started_ns: int) -> None:
        duration_us = (self._journal.clock.now_ns() - started_ns) // 1_000
        self._journal.step_ended(number, step, result, duration_us)
        self._steps.append(TakenStep(number, step, result, duration_us, None))

    def _verify(self, after: int) -> Verification:
        self._latest = self._actions.verify()
        self._journal.verified(after, self._latest)
        return self._latest

    def _is_gone(self) -> bool:
        return self._latest is not None and self._latest.state is FaultState.GONE

    def _is_done(self) -> bool:
        return self._is_gone() and not self._all_steps

    def _judge(self) -> tuple[Result, str]:
        assert self._latest is not None, "the fault was checked before the first step"
        return _RESULTS[self._latest.state], self._latest.message


_RESULTS = {
    FaultState.GONE: Result.GONE,
    FaultState.PRESENT: Result.STILL_THERE,
    FaultState.UNPROVEN: Result.UNPROVEN,
}
_STATUSES = {
    Result.GONE: ExitStatus.OK,
    Result.STILL_THERE: ExitStatus.STILL_FAULTY,
    Result.UNPROVEN: ExitStatus.STILL_FAULTY,
    Result.PERSON_NEEDED: ExitStatus.PERSON_NEEDED,
}
