"""Running a call: breaker, attempts, retries, fallback, deadline, and what each of them counts.

A call and its deadline race: the thread that runs it wants to settle its outcome, the watch wants
to abandon it. `lock` decides: the second to take it changes nothing. Records are written without
it, so that a slow log delays no other call; the deadline waits for a thread that has begun to
record a failure (`settling`).

No variable that outlives a raise holds the exception: a reference to it in a frame of its own
traceback would keep the caller's buffers until the next garbage collection.
"""

import threading
from collections.abc import Callable, Mapping
from enum import Enum, auto
from errno import EBUSY, EIO, ETIMEDOUT
from os import strerror
from typing import Any, NoReturn, TypeVar

from vexfsctl.catalogue.lookup import BREAKER_OPEN, TIMEOUT, error_for_errno
from vexfsctl.guard.alarm import NEVER_NS, Alarm
from vexfsctl.guard.call import (
    ApplicationCall,
    Call,
    CallAbandoned,
    CallRejected,
    Failure,
    Terms,
)
from vexfsctl.guard.operation import GuardedOperation, OperationStatistics
from vexfsctl.guard.records import Bystanders, Records
from vexfsctl.guard.retry import retry_delay_ms
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.model.errnos import ErrnoClass, application_errno, classify_errno, errno_name
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import RetrySettings
from vexfsctl.resilience.exceptions import BreakerOpen
from vexfsctl.resilience.outcomes import FAILED, IGNORED, OK, Outcome

T = TypeVar("T")

_LOOK_NS = 1_000_000_000
"""While calls are under way the watch looks this often at least: when the last one has ended, it
soon has nothing to wait for, whatever the deadline was."""
_SETTLING_LOOK_NS = 10_000_000
"""How soon it looks again at a call whose failure is just being recorded."""


class _Verdict(Enum):
    """What the exception of an attempt means for its call."""

    ANSWER = auto()
    AGAIN = auto()
    FAILED = auto()


class CallExecutor:
    """Runs the calls of one volume, each in the thread that asks for it."""

    def __init__(
        self,
        operations: Mapping[OperationType, GuardedOperation],
        records: Records,
        *,
        clock: Clock,
        ids: CorrelationSource,
        random: Callable[[], float],
        refuses_writes: Callable[[], bool],
        on_corruption: Callable[[CorrelationId], None],
        bystanders: Bystanders,
        alarm: Alarm,
    ) -> None:
        self.retry = RetrySettings()
        """May be replaced at any time; applies from the next decision on."""
        self.lock = threading.Lock()
        """Held while counters change; take it to read them together."""
        self.now_ns = clock.now_ns
        self._sleep = clock.sleep
        self._draw_id = ids.draw
        self._random = random
        self._operations = operations
        self._records = records
        self._refuses_writes = refuses_writes
        self._on_corruption = on_corruption
        self._bystanders = bystanders
        self._alarm = alarm
        self._innermost: dict[ApplicationCall, Call] = {}
        """For each application call now running, the call that has the thread."""

    def run(
        self,
        application: ApplicationCall,
        outer: Call | None,
        operation: OperationType,
        name: str,
        function: Callable[[Call], T],
        terms: Terms,
    ) -> T:
        """Run *function* as a call of *application*, nested in *outer* if given."""
        guarded = self._operations[operation]
        call = Call(
            self, application, outer, self._draw_id(), operation, name, terms, guarded.timeout_ms
        )
        self._begin(call, guarded)
        try:
            while self._admit(call, guarded):
                try:
                    result = function(call)
                except OSError as error:
                    verdict = self._judge(call, guarded, error)
                    if verdict is _Verdict.ANSWER:
                        raise
                    if verdict is _Verdict.FAILED:
                        break
                else:
                    self._succeed(call, guarded)
                    return result
            served: T = self._give_up(call, guarded)
            if call.served:
                return served
            raise _error_for_caller(call)
        except BaseException as bug:
            if not call.ended:
                self._crash(call, guarded, bug)
            raise

    def expire_overdue(self, now_ns: int) -> int:
        """Abandon every application call past its deadline, and answer it.

        Returns when to look again, unless calls begin that are due sooner.
        """
        overdue = []
        with self.lock:
            due_ns = now_ns + _LOOK_NS if self._innermost else NEVER_NS
            for application, innermost in self._innermost.items():
                if now_ns < innermost.deadline_ns:
                    due_ns = min(due_ns, innermost.deadline_ns)
                elif application.settling:
                    due_ns = min(due_ns, now_ns + _SETTLING_LOOK_NS)
                else:
                    overdue.append((application, innermost))
            for application, innermost in overdue:
                self._abandon(application, innermost, now_ns)
        for application, innermost in overdue:
            self._answer(application, innermost, now_ns)
        return due_ns

    # Beginning

    def _begin(self, call: Call, guarded: GuardedOperation) -> None:
        with self.lock:
            if call.application.expired:
                raise CallAbandoned
            guarded.statistics.calls += 1
            guarded.statistics.in_flight += 1
            self._innermost[call.application] = call
        if call.deadline_ns < self._alarm.due_ns:
            self._alarm.bring_forward(min(call.deadline_ns, call.started_ns + _LOOK_NS))

    def _admit(self, call: Call, guarded: GuardedOperation) -> bool:
        """Get a permit for the next attempt; False if the breaker refuses."""
        try:
            call.permit = guarded.breaker.acquire()
        except BreakerOpen:
            if call.failure is None:
                rejection = CallRejected(call.operation)
                call.failure = Failure(rejection, BREAKER_OPEN.name, EBUSY, rejected=True)
            return False
        # Checked after the watch can find the permit, so that one of the two sees the other.
        if call.application.expired:
            _release(call, guarded)
            self._unwind(call, guarded)
        if call.attempt:
            call.attempt_ns = self.now_ns()
            call.ignored = False
            with self.lock:
                guarded.statistics.retries += 1
        call.attempt += 1
        return True

    # Ending

    def _succeed(self, call: Call, guarded: GuardedOperation) -> None:
        call.failure = None
        now_ns = self.now_ns()
        self._end(call, guarded, now_ns)
        if call.permit is not None and call.permit.watched:
            _settle(call, guarded, IGNORED if call.ignored else OK)
        if call.attempt > 1:
            self._records.recovered(call, now_ns)

    def _judge(self, call: Call, guarded: GuardedOperation, error: OSError) -> _Verdict:
        """Settle an attempt that raised."""
        nested = call.nested_failure
        if nested is not None and nested.cause is error:
            self._claim(call, guarded)
            call.failure = nested
            _release(call, guarded)
            return _Verdict.FAILED
        errno = error.errno or EIO
        kind = classify_errno(errno, call.name, read_only=self._refuses_writes())
        if call.nested_answer is error or not kind.counts_as_failure:
            self._succeed(call, guarded)
            if call.outer is not None:
                call.outer.nested_answer = error
                call.outer.ignored |= call.ignored
            return _Verdict.ANSWER
        self._claim(call, guarded)
        delay_ms = self._record_failure(call, guarded, error, errno, kind)
        if delay_ms is not None and self._pause(call, delay_ms):
            return _Verdict.AGAIN
        return _Verdict.FAILED

    def _record_failure(
        self, call: Call, guarded: GuardedOperation, cause: OSError, errno: int, kind: ErrnoClass
    ) -> int | None:
        """Report the error where it arose; return the delay until the next attempt, if any."""
        now_ns = self.now_ns()
        error = error_for_errno(errno, call.name)
        max_attempts = self.retry.max_attempts if call.terms.repeatable else 1
        call.failure = Failure(cause, error.name, errno)
        self._records.error(call, error, errno, max_attempts, now_ns)
        _settle(call, guarded, FAILED if kind.trips_breaker(errno) else IGNORED)
        if kind is ErrnoClass.CORRUPTION:
            self._on_corruption(call.id)
        if not kind.retryable or call.attempt >= max_attempts or not guarded.breaker.would_admit():
            return None
        delay_ms = retry_delay_ms(self.retry, call.attempt, error.retry_delay_ms, self._random)
        # Asked again: writing the records above may have taken time.
        if delay_ms * 1_000_000 >= call.remaining_ns():
            return None
        self._records.retry(call, max_attempts, delay_ms, now_ns)
        return delay_ms

    def _pause(self, call: Call, delay_ms: int) -> bool:
        """Wait for the next attempt; False if cut short because the volume goes away."""
        call.application.settling = False
        due_ns = self.now_ns() + delay_ms * 1_000_000
        self._sleep(delay_ms / 1_000)
        return self.now_ns() >= due_ns

    def _give_up(self, call: Call, guarded: GuardedOperation) -> Any:
        """End a failed or rejected call; return what its fallback served, if anything."""
        self._claim(call, guarded)
        failure = call.failure
        assert failure is not None
        if failure.rejected:
            now_ns = self.now_ns()
            self._records.rejected(call, guarded.breaker_status().retry_after_ms, now_ns)
        served = self._fall_back(call, guarded, failure.cause)
        now_ns = self.now_ns()
        if not (failure.rejected or call.served):
            self._records.failed(call, failure.error, failure.errno, now_ns)
        self._end(call, guarded, now_ns)
        return served

    def _fall_back(self, call: Call, guarded: GuardedOperation, cause: OSError) -> Any:
        fallback = call.terms.fallback
        if fallback is None:
            return None
        call.application.settling = False
        call.served = False
        served, result = None, "ok"
        try:
            served = fallback(cause)
        except OSError as error:
            result = errno_name(error.errno or EIO)
        self._claim(call, guarded)
        call.served = result == "ok"
        self._records.fallback(call, result, self.now_ns())
        return served

    def _crash(self, call: Call, guarded: GuardedOperation, bug: BaseException) -> None:
        """Count a call that met a bug as failed.

        A bug is not an error of the volume and has no record. Only if errors or a rejection were
        reported before it does the log have the outcome that belongs to them.
        """
        now_ns, reported = self.now_ns(), call.failure
        call.failure = reported or Failure(OSError(EIO, strerror(EIO)), "Other", EIO)
        try:
            self._end(call, guarded, now_ns)
        except CallAbandoned as abandoned:
            raise abandoned from bug
        call.failure = None
        _release(call, guarded)
        if reported is not None and not reported.rejected:
            self._records.failed(call, reported.error, reported.errno, now_ns)

    def _claim(self, call: Call, guarded: GuardedOperation) -> None:
        """Hold off the deadline while a failure is recorded; raise if the deadline came first."""
        with self.lock:
            if not call.application.expired:
                call.application.settling = True
                return
        self._unwind(call, guarded)

    def _end(self, call: Call, guarded: GuardedOperation, now_ns: int) -> None:
        """Count the outcome of *call*; raise CallAbandoned if its deadline came first."""
        application = call.application
        with self.lock:
            if not application.expired:
                call.ended = True
                call.nested_failure = call.nested_answer = None
                application.settling = False
                if call.outer is None:
                    del self._innermost[application]
                else:
                    self._innermost[application] = call.outer
                _count(call, guarded.statistics, now_ns)
                return
        self._unwind(call, guarded)

    # After the deadline

    def _abandon(self, application: ApplicationCall, innermost: Call, now_ns: int) -> None:
        """Count an application call as timed out; its thread learns of it when it comes back."""
        application.expired = True
        del self._innermost[application]
        self._operations[innermost.operation].statistics.timeouts += 1
        for call in (innermost, *innermost.callers()):
            statistics = self._operations[call.operation].statistics
            statistics.failures += 1
            statistics.overdue += 1
            statistics.completed(now_ns - call.started_ns)

    def _answer(self, application: ApplicationCall, innermost: Call, now_ns: int) -> None:
        self._records.timeout(innermost, now_ns)
        _settle(innermost, self._operations[innermost.operation], FAILED)
        for caller in innermost.callers():
            _release(caller, self._operations[caller.operation])
            self._records.failed(caller, TIMEOUT.name, ETIMEDOUT, now_ns)
        if application.on_timeout is not None:
            self._bystanders.tell(application.on_timeout)
        with self.lock:
            application.answered = True
            ended = application.ended
        if ended:
            self._tell_ended(application)

    def _unwind(self, call: Call, guarded: GuardedOperation) -> NoReturn:
        """End a call of an abandoned application call whose thread came back."""
        application = call.application
        with self.lock:
            call.ended = True
            call.nested_failure = call.nested_answer = None
            call.failure = None
            guarded.statistics.in_flight -= 1
            guarded.statistics.overdue -= 1
            application.ended = call.outer is None
            answered = application.answered
        # Otherwise the watch reports the end, which must not come before the timeout.
        if application.ended and answered:
            self._tell_ended(application)
        raise CallAbandoned

    def _tell_ended(self, application: ApplicationCall) -> None:
        if application.on_ended is not None:
            self._bystanders.tell(application.on_ended)


def _count(call: Call, statistics: OperationStatistics, now_ns: int) -> None:
    statistics.in_flight -= 1
    failure = call.failure
    if failure is not None and failure.rejected:
        statistics.rejected += 1
    else:
        statistics.completed(now_ns - call.started_ns)
        if failure is not None:
            statistics.failures += 1
        elif call.attempt > 1:
            statistics.retry_successes += 1
    if call.served is not None:
        statistics.fallbacks += call.served
        statistics.fallback_failures += not call.served


def _release(call: Call, guarded: GuardedOperation) -> None:
    _settle(call, guarded, IGNORED)


def _settle(call: Call, guarded: GuardedOperation, outcome: Outcome) -> None:
    """Give the permit of the running attempt back, if it has one."""
    permit, call.permit = call.permit, None
    if permit is not None:
        guarded.breaker.settle(permit, outcome, began_ns=call.attempt_ns, context=call.id)


def _error_for_caller(call: Call) -> OSError:
    """Return what a failed call raises, and let go of it everywhere else."""
    failure, call.failure = call.failure, None
    assert failure is not None
    if call.outer is not None:
        call.outer.nested_failure = Failure(failure.cause, failure.error, failure.errno)
        return failure.cause
    errno = application_errno(failure.errno)
    if errno == failure.cause.errno:
        return failure.cause
    error = OSError(errno, strerror(errno))
    error.__cause__ = failure.cause
    return error
