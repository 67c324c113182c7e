"""Running a call: breaker, attempts, retries, fallback, deadline, and what each of them counts.

A call that goes well passes through one function, bound once for calls of its kind. All else is
found out when it fails.

A call and its deadline race: the thread that runs it wants to settle its outcome, the watch wants
to abandon it. `_live` decides, which has the innermost call of each application call: whoever takes
it out has the application call in hand, and the other changes nothing. The thread takes it out to
end it or to record a failure, however long a slow log needs for that, and the deadline waits.

No variable that outlives a raise holds the exception: a reference to it in a frame of its own
traceback would keep the caller's buffers until the next garbage collection.
"""

import threading
from collections.abc import Callable, Mapping
from enum import Enum, auto
from errno import EBUSY, EIO, EROFS, ETIMEDOUT
from os import strerror
from typing import Any, TypeVar, cast

from vexfsctl.catalogue.lookup import BREAKER_OPEN, NO_PLACE, TIMEOUT, error_for_errno
from vexfsctl.guard.alarm import NEVER_NS, Alarm
from vexfsctl.guard.call import (
    About,
    BoundCall,
    Call,
    CallAbandoned,
    CallRejected,
    Failure,
    Fate,
    Kind,
    Trouble,
    no_terms,
)
from vexfsctl.guard.errors import EnhancedError, errno_of, error_of
from vexfsctl.guard.gate import Admission, Gate, NoPlace
from vexfsctl.guard.operation import GuardedOperation
from vexfsctl.guard.records import Bystanders, Records
from vexfsctl.guard.retry import retry_delay_ms
from vexfsctl.guard.statistics import MANY
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.model.errnos import ErrnoClass, application_errno, classify_errno, errno_name
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import RetrySettings
from vexfsctl.resilience.counters import Counter
from vexfsctl.resilience.exceptions import BreakerOpen
from vexfsctl.resilience.machine import Permit
from vexfsctl.resilience.outcomes import FAILED, IGNORED, OK, Outcome

T = TypeVar("T")

_LOOK_NS = 1_000_000_000
"""While calls are under way the watch looks this often at least: when the last one has ended, it
soon has nothing to wait for, whatever the deadline was."""
_SETTLING_LOOK_NS = 10_000_000
"""How soon it looks again while a failure is being recorded."""


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
        self._live: dict[Call, Call] = {}
        """The innermost call of each application call that nobody has in hand."""
        self._in_hand: dict[Call, None] = {}
        """Calls whose failure is being recorded."""
        self._first_of_two: dict[Call, object] = {}
        """Abandoned application calls that were answered and have not returned, or vice versa."""
        self._bound: dict[tuple[object, ...], BoundCall] = {}
        self._identifying = threading.Lock()
        self._hung, self._came_back = Counter(), Counter()

    @property
    def running(self) -> int:
        """Application calls that have begun and not returned, also those that hang."""
        hung = self._hung.value - self._came_back.value
        return len(self._live) + len(self._in_hand) + max(0, hung)

    def start_after_fork(self) -> None:
        """Forget the calls of threads that do not exist here; one's own ends without a deadline."""
        for calls in (self._live, self._in_hand, self._first_of_two):
            calls.clear()
        self._hung, self._came_back = Counter(), Counter()
        self._identifying = threading.Lock()

    def bind(
        self,
        operation: OperationType,
        name: str,
        *,
        repeatable: bool = True,
        writes: bool = False,
        via: str = "last_good",
        unconditional: bool = False,
    ) -> BoundCall:
        """Return what runs calls of one kind."""
        key = (operation, name, repeatable, writes, via, unconditional)
        bound = self._bound.get(key)
        if bound is None:
            kind = Kind(
                executor=self,
                guarded=self._operations[operation],
                name=name,
                repeatable=repeatable,
                writes=writes,
                via=via,
                label=f"{operation}/{name}",
                rejection=f"circuit breaker open for {operation} operations",
                unconditional=unconditional,
            )
            bound = self._bound.setdefault(key, self._bind(kind))
        return bound

    def identify(self, call: Call) -> CorrelationId:
        """Return the id of *call*; those of its callers are drawn before."""
        if call.identifier is None:
            if call.outer is not None:
                self.identify(call.outer)
            with self._identifying:
                if call.identifier is None:
                    call.identifier = self._draw_id()
        return call.identifier

    def expire_overdue(self, now_ns: int) -> int:
        """Abandon every application call past its deadline, and answer it.

        Returns when to look again, unless calls begin that are due sooner.
        """
        overdue = []
        # In this order: who has recorded a failure is here before it is no longer there.
        due_ns = now_ns + _SETTLING_LOOK_NS if self._in_hand else NEVER_NS
        for call in list(self._live):
            if now_ns < call.deadline_ns:
                due_ns = min(due_ns, call.deadline_ns, now_ns + _LOOK_NS)
            elif self._abandon(call, now_ns):
                overdue.append(call)
        for call in overdue:
            self._bystanders.tell(self._answer, call, now_ns)
        return due_ns

    # The way of a call that goes well. What it holds ends with its frame: the permit, its share of
    # `in_flight`. Whatever else it called would cost as much as a fourth of all that it does.

    def _bind(self, kind: Kind) -> BoundCall:  # noqa: C901
        guarded = kind.guarded
        acquire, running = _admission(kind), guarded.statistics.running
        count_call = guarded.statistics.count["calls"]
        latencies = guarded.statistics.latencies
        add_latency, waiting = latencies.add, latencies.waiting
        now_ns, alarm, live = self.now_ns, self._alarm, self._live
        take = live.pop

        def run(  # noqa: C901
            function: Callable[[Call], T],
            about: About = no_terms,
            outer: Call | None = None,
            admission: Admission | None = None,
            /,
        ) -> T:
            started_ns = now_ns()
            deadline_ns = started_ns + guarded.timeout_ns
            if outer is None:
                if kind.writes and self._refuses_writes():
                    count_call()
                    raise OSError(EROFS, strerror(EROFS))
            elif outer.deadline_ns < deadline_ns:
                # Its caller may be overdue already; nothing ends before it has begun.
                deadline_ns = max(outer.deadline_ns, started_ns)
            gate = guarded.gate
            if gate is not None:
                if admission is None:
                    admission = Admission(started_ns, deadline_ns)
                    admitted = self._admit(run, kind, gate, admission, function, about, outer)
                    return cast("T", admitted)
                started_ns, deadline_ns = admission.started_ns, admission.deadline_ns
            permit: Permit | None = None
            try:
                permit = acquire()
            except BreakerOpen:
                if about().fallback is None:
                    raise self._reject(kind, about, outer, started_ns) from None
                function = _refused
            call = Call(kind, about, outer, started_ns, deadline_ns, permit)
            held = None
            try:
                # Two calls of one application call may be here at once, but never none.
                live[call] = call
                if outer is not None and take(outer, None) is None and outer.was_abandoned():
                    raise CallAbandoned
                held = running.token
                count_call()
                if deadline_ns < alarm.due_ns:
                    alarm.bring_forward(min(deadline_ns, started_ns + _LOOK_NS))
                result = function(call)
                if outer is not None:
                    live[outer] = outer
                if take(call, None) is not None or not call.was_abandoned():
                    held = None
                    add_latency(now_ns() - started_ns)
                    if len(waiting) >= MANY:
                        latencies.add_up()
                    if permit is None or permit.watched or call.trouble is not None:
                        self._went_well(call)
                    return result
            except BaseException as error:
                try:
                    if held is None:
                        raise
                    result = self._recover(call, function, error)
                finally:
                    held = None
                    take(call, None)
                    self._leave(call)
                if result is _AS_IT_CAME:
                    raise
                return result
            held = None
            raise self._unwind(call)

        return run

    def _admit(
        self,
        run: Callable[..., object],
        kind: Kind,
        gate: Gate,
        admission: Admission,
        function: Callable[[Call], object],
        about: About,
        outer: Call | None,
    ) -> object:
        """Run a call once it has its places; if it gets none in time, refuse it (EBUSY).

        While a nested call waits, the deadline of its caller does: both are over at once, and the
        application is to hear why.
        """
        try:
            if outer is None:
                gate.note_call(admission.started_ns)
            else:
                self._take(outer)
            try:
                gate.admit(admission, kind.guarded.operation, application=outer is None)
            except NoPlace as full:
                limit = full.limit
            else:
                if outer is not None:
                    self._put_back(outer)
                return run(function, about, outer, admission)
        finally:
            admission.end()
        raise self._reject(kind, about, outer, admission.started_ns, limit)

    def _went_well(self, call: Call) -> None:
        if call.trouble is not None:
            call.trouble.forget()
        self._settle_success(call)

    def _leave(self, call: Call) -> None:
        """Leave nothing of *call* behind, and its caller with its deadline, whatever ended it."""
        self._in_hand.pop(call, None)
        if call.outer is not None and not call.application.expired:
            self._put_back(call.outer)

    # In hand, or not

    def _take(self, call: Call) -> Trouble:
        """Hold off the deadline while a failure is recorded; raise if the deadline came first."""
        if call in self._in_hand:
            return call.in_trouble()
        self._in_hand[call] = None
        if self._live.pop(call, None) is None and call.was_abandoned():
            del self._in_hand[call]
            raise self._unwind(call)
        return call.in_trouble()

    def _put_back(self, call: Call) -> None:
        """Let the deadline come again."""
        self._live[call] = call
        self._in_hand.pop(call, None)
        # The watch may have looked meanwhile, and found nothing to wait for.
        if call.deadline_ns < self._alarm.due_ns:
            self._alarm.bring_forward(call.deadline_ns)

    # The way of one that does not

    def _recover(self, call: Call, function: Callable[[Call], Any], error: BaseException) -> Any:
        """Take a call whose first attempt raised *error* to its end.

        Returns what it is served after all, or `_AS_IT_CAME`; raises what its caller gets.
        """
        trouble = self._take(call)
        try:
            verdict = self._judge_first(call, trouble, error)
            del error
            while verdict is _Verdict.AGAIN and self._begin_again(call, trouble):
                try:
                    result = function(call)
                except OSError as again:
                    self._take(call)
                    verdict = self._judge(call, trouble, again)
                    if verdict is _Verdict.ANSWER:
                        raise
                else:
                    self._take(call)
                    self._succeed(call, trouble)
                    return result
            if verdict is _Verdict.ANSWER:
                return _AS_IT_CAME
            served = self._give_up(call, trouble)
            if trouble.served:
                return served
            if _passes_as_it_came(call, trouble):
                return _AS_IT_CAME
            raise _error_for_caller(call, trouble)
        except BaseException:
            if not trouble.ended:
                self._crash(call)
            raise
        finally:
            trouble.forget()

    def _reject(
        self,
        kind: Kind,
        about: About,
        outer: Call | None,
        started_ns: int,
        limit: str | None = None,
    ) -> CallRejected | CallAbandoned:
        """Count and report a call that its breaker refused, or *limit*; return what it raises.

        Nothing serves it instead. It costs little, for an open breaker refuses many.
        """
        if outer is not None and self._live.pop(outer, None) is None and outer.was_abandoned():
            return CallAbandoned()
        count = kind.guarded.statistics.count
        count["calls"]()
        count["rejected"]()
        rejection = CallRejected(EBUSY, kind.rejection if limit is None else f"{limit} is reached")
        records = self._records.choose(started_ns) if outer is None else None
        if records is None or records.fate is Fate.LOGGED:
            call = Call(kind, about, outer, started_ns, started_ns, None)
            call.in_trouble().records = records
            self._records.rejected(call, started_ns, limit)
            rejection.id = call.parent or call.id
        if outer is not None:
            error = BREAKER_OPEN if limit is None else NO_PLACE
            outer.in_trouble().nested_failure = Failure(rejection, error.name, EBUSY)
            self._put_back(outer)
        return rejection

    def _judge_first(self, call: Call, trouble: Trouble, error: BaseException) -> _Verdict:
        """Settle the first attempt."""
        if isinstance(error, CallRejected) and call.permit is None:
            trouble.attempt = 0
            error.id = call.parent or call.id
            trouble.failure = Failure(error, BREAKER_OPEN.name, EBUSY, rejected=True)
            return _Verdict.FAILED
        if isinstance(error, OSError):
            return self._judge(call, trouble, error)
        self._crash(call)
        return _Verdict.ANSWER

    def _judge(self, call: Call, trouble: Trouble, error: OSError) -> _Verdict:
        """Settle an attempt that raised."""
        nested, outer = trouble.nested_failure, call.outer
        errno = errno_of(error)
        kind = classify_errno(errno, call.name, read_only=self._refuses_writes())
        if nested is None or nested.cause is not error:
            nested = _failure_elsewhere(call, error) if kind.counts_as_failure else None
        if nested is not None:
            trouble.failure = nested
            self._release(call)
            return _Verdict.FAILED
        if trouble.nested_answer is error or not kind.counts_as_failure:
            if outer is not None:
                outer.in_trouble().nested_answer = error
                outer.ignored |= call.ignored
            self._succeed(call, trouble)
            return _Verdict.ANSWER
        delay_ms = self._record_failure(call, trouble, error, errno, kind)
        if delay_ms is not None and self._pause(call, delay_ms):
            return _Verdict.AGAIN
        return _Verdict.FAILED

    def _record_failure(
        self, call: Call, trouble: Trouble, cause: OSError, errno: int, kind: ErrnoClass
    ) -> int | None:
        """Report the error where it arose; return the delay until the next attempt, if any."""
        now_ns = self.now_ns()
        known = error_of(cause)
        if known is not None and not arose_in(known, call):
            known = None
        error = error_for_errno(errno, call.name) if known is None else known.entry
        max_attempts = self.retry.max_attempts if call.kind.repeatable else 1
        trouble.failure = Failure(cause, error.name, errno)
        self._records.error(call, error, errno, max_attempts, now_ns, known)
        counts = kind.trips_breaker(errno) and not call.ignored
        self._settle(call, FAILED if counts else IGNORED)
        if kind is ErrnoClass.CORRUPTION:
            self._on_corruption(call.id)
        if not kind.retryable or trouble.attempt >= max_attempts:
            return None
        if not call.kind.guarded.breaker.would_admit():
            return None
        delay_ms = retry_delay_ms(self.retry, trouble.attempt, error.retry_delay_ms, self._random)
        # Asked again: writing the records above may have taken time.
        if delay_ms * 1_000_000 >= call.remaining_ns():
            return None
        self._records.retry(call, max_attempts, delay_ms, now_ns)
        return delay_ms

    def _pause(self, call: Call, delay_ms: int) -> bool:
        """Wait for the next attempt; False if cut short because the volume goes away."""
        self._put_back(call)
        due_ns = self.now_ns() + delay_ms * 1_000_000
        self._sleep(delay_ms / 1_000)
        return self.now_ns() >= due_ns

    def _begin_again(self, call: Call, trouble: Trouble) -> bool:
        """Begin another attempt; False if the breaker refuses."""
        try:
            call.permit = _admission(call.kind)()
        except BreakerOpen:
            return False
        # Checked after the watch can find the permit, so that one of the two sees the other.
        if call not in self._live and call.was_abandoned():
            self._release(call)
            raise self._unwind(call)
        trouble.attempt_ns = self.now_ns()
        call.ignored = False
        trouble.attempt += 1
        call.kind.guarded.statistics.count["retries"]()
        return True

    # Ending

    def _succeed(self, call: Call, trouble: Trouble) -> None:
        """End a call that got its answer after all."""
        trouble.forget()
        self._settle_success(call)
        if trouble.attempt > 1:
            self._records.recovered(call, self.now_ns())
        self._end(call, trouble)

    def _give_up(self, call: Call, trouble: Trouble) -> Any:
        """End a failed or rejected call; return what its fallback served, if anything."""
        self._take(call)
        failure, outer = trouble.failure, call.outer
        assert failure is not None
        if failure.rejected:
            self._records.rejected(call, self.now_ns())
        served = self._fall_back(call, trouble, failure.cause)
        if not trouble.served:
            if not failure.rejected:
                self._records.failed(call, failure.error, failure.errno, self.now_ns())
            if outer is not None:
                nested = Failure(failure.cause, failure.error, failure.errno)
                outer.in_trouble().nested_failure = nested
        self._end(call, trouble)
        return served

    def _fall_back(self, call: Call, trouble: Trouble, cause: OSError) -> Any:
        fallback = call.terms.fallback
        if fallback is None:
            return None
        trouble.served = False
        self._put_back(call)
        served, result = None, "ok"
        try:
            served = fallback(cause)
        except OSError as error:
            result = errno_name(errno_of(error))
        self._take(call)
        trouble.served = result == "ok"
        self._records.fallback(call, result, self.now_ns())
        return served

    def _crash(self, call: Call) -> None:
        """Count a call that met a bug as failed.

        A bug is not an error of the volume and has no record. Only if errors or a rejection were
        reported before it does the log have the outcome that belongs to them.
        """
        trouble = self._take(call)
        reported = trouble.failure
        self._release(call)
        if reported is not None and not reported.rejected:
            self._records.failed(call, reported.error, reported.errno, self.now_ns())
        trouble.failure = reported or _BUG
        self._end(call, trouble)
        trouble.forget()

    def _end(self, call: Call, trouble: Trouble) -> None:
        """Count the outcome of a call that is in hand, and give its caller back to the watch."""
        trouble.ended = True
        statistics, failure = call.kind.guarded.statistics, trouble.failure
        count = statistics.count
        if failure is not None and failure.rejected:
            count["rejected"]()
        else:
            statistics.latencies.take(self.now_ns() - call.started_ns)
            if failure is not None:
                count["failures"]()
            elif trouble.attempt > 1:
                count["retry_successes"]()
        if trouble.served is not None:
            count["fallbacks" if trouble.served else "fallback_failures"]()

    # Permits

    def _settle_success(self, call: Call) -> None:
        if call.permit is not None and call.permit.watched:
            self._settle(call, IGNORED if call.ignored else OK)

    def _release(self, call: Call) -> None:
        """Give the permit of the running attempt back, if it has one, without a verdict."""
        if call.permit is not None and call.permit.watched:
            self._settle(call, IGNORED)
        call.permit = None

    def _settle(self, call: Call, outcome: Outcome) -> None:
        permit, call.permit = call.permit, None
        if permit is not None:
            breaker = call.kind.guarded.breaker
            breaker.settle(permit, outcome, began_ns=call.attempt_ns, context=call.id)

    # After the deadline

    def _abandon(self, innermost: Call, now_ns: int) -> bool:
        """Count an application call as timed out, unless its thread has it in hand; say whether.

        Its thread learns of it when it comes back.
        """
        application = innermost.application
        if application.expired:
            return False
        # Set before, so that who finds it gone knows why; of its callers nothing is known yet.
        innermost.claimed = True
        if self._live.pop(innermost, None) is None:
            innermost.claimed = False
            return False
        application.expired = True
        self._hung.add()
        innermost.kind.guarded.statistics.count["timeouts"]()
        for call in (innermost, *innermost.callers()):
            call.kind.guarded.statistics.abandon(now_ns - call.started_ns)
        return True

    def _answer(self, innermost: Call, now_ns: int) -> None:
        application = innermost.application
        self._records.timeout(innermost, now_ns)
        self._settle(innermost, FAILED)
        for caller in innermost.callers():
            self._release(caller)
            self._records.failed(caller, TIMEOUT.name, ETIMEDOUT, now_ns)
        if application.terms.on_timeout is not None:
            self._bystanders.tell(application.terms.on_timeout)
        if self._comes_second(application):
            self._tell_ended(application)

    def _unwind(self, call: Call) -> CallAbandoned:
        """End a call past its deadline whose thread came back; return what it is to raise."""
        call.kind.guarded.statistics.take_back()
        if call.trouble is not None:
            call.trouble.ended = True
            call.trouble.forget()
        if call.outer is not None:
            self._live.pop(call.outer, None)
            return CallAbandoned()
        self._came_back.add()
        # Otherwise the watch reports the end, which must not come before the timeout.
        if self._comes_second(call):
            self._tell_ended(call)
        abandoned = CallAbandoned()
        abandoned.id = call.identifier
        return abandoned

    def _comes_second(self, application: Call) -> bool:
        """Whether both the answer and the end of an abandoned call have come, now."""
        this = object()
        if self._first_of_two.setdefault(application, this) is this:
            return False
        del self._first_of_two[application]
        return True

    def _tell_ended(self, application: Call) -> None:
        if application.terms.on_ended is not None:
            self._bystanders.tell(application.terms.on_ended)


def _admission(kind: Kind) -> Callable[[], Permit]:
    """Return what gives leave for an attempt, or raises BreakerOpen."""
    return _unconditionally if kind.unconditional else kind.guarded.breaker.acquire


def _unconditionally() -> Permit:
    return _LEAVE


_LEAVE = Permit(0, watched=False)
"""Of no era: a breaker learns nothing from it."""


def arose_in(known: EnhancedError, call: Call) -> bool:
    """Whether *known* is of the running attempt of *call*, or of another call that this has made.

    An exception may have been raised before: somebody keeps one and raises it again and again.
    """
    if known.id == call.id:
        return known.attempt == call.attempt
    return known.time_ns >= call.started_ns


def _failure_elsewhere(call: Call, error: OSError) -> Failure | None:
    """Return the failure of another call, nested or not, whose exception reached *call*."""
    if isinstance(error, CallRejected):
        return Failure(error, BREAKER_OPEN.name, EBUSY)
    known = error_of(error)
    if known is None or known.id == call.id or not arose_in(known, call):
        return None
    return Failure(error, known.entry.name, known.errno)


def _refused(call: Call) -> Any:
    """Stand in for the function of a call that its breaker refused."""
    raise CallRejected(EBUSY, call.kind.rejection)


_AS_IT_CAME = object()
"""The exception is to pass unchanged."""
_BUG = Failure(OSError(EIO, strerror(EIO)), "Other", EIO)


def _passes_as_it_came(call: Call, trouble: Trouble) -> bool:
    """Whether the caller gets the very exception of the first attempt, the only one."""
    failure = trouble.failure
    assert failure is not None
    if trouble.attempt != 1:
        return False
    return call.outer is not None or application_errno(failure.errno) == failure.cause.errno


def _error_for_caller(call: Call, trouble: Trouble) -> OSError:
    """Return what a failed call raises, and let go of it everywhere else."""
    failure = trouble.failure
    assert failure is not None
    trouble.forget()
    errno = application_errno(failure.errno)
    if call.outer is not None or errno == failure.cause.errno:
        return failure.cause
    error = OSError(errno, strerror(errno))
    error.__cause__ = failure.cause
    return error
