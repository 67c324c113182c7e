"""What goes to the log: every step as an event, each application call whole or not at all.

Also counts the errors, so that at any moment `total = logged + suppressed + lost + queued`. An
error is logged when its record has been written, which may be after its call has ended.
"""

import threading
from collections import deque
from collections.abc import Callable
from errno import ETIMEDOUT
from typing import Any, NamedTuple, Protocol

from vexfsctl.catalogue.entry import ErrorEntry
from vexfsctl.catalogue.lookup import TIMEOUT
from vexfsctl.exceptions import StateConflict
from vexfsctl.guard.aggregator import ErrorAggregator
from vexfsctl.guard.alarm import NEVER_NS, Alarm
from vexfsctl.guard.call import Call, CallRecords, Fate
from vexfsctl.guard.errors import EnhancedError
from vexfsctl.guard.ratelimit import LogRateLimit
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.model.events import (
    BreakerChanged,
    CallEvent,
    CallFailed,
    CallRecovered,
    CallRejected,
    CallTimedOut,
    ErrorReported,
    Event,
    FallbackUsed,
    OperatorActed,
    RecordsSuppressed,
    RetryScheduled,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import ErrorCounts
from vexfsctl.resilience.events import Transition

_RATE_RULES = ("failure_rate", "slow_rate")


class Bystanders:
    """Calls listeners, whose exceptions must not affect a guarded call; the latest is kept."""

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm
        self._bugs: deque[Exception] = deque(maxlen=1)

    def tell(self, listener: Callable[..., object], *what: Any) -> None:
        """Call *listener* and return, whatever it raises."""
        try:
            listener(*what)
        except Exception as bug:  # noqa: BLE001 - kept, and raised where it hurts nobody
            self._bugs.append(bug)
            self._alarm.bring_forward()

    def raise_bug(self) -> None:
        """Raise what a listener raised since the last time, if one did."""
        if self._bugs:
            raise self._bugs.pop()


class OperatorAction(NamedTuple):
    """What an operator did, and who it was."""

    action: str
    uid: int
    pid: int
    reason: str | None = None


class Receipt:
    """A record of a call on its way into the log, which tells here what has become of it."""

    __slots__ = ("_call", "_counted", "_records")

    def __init__(self, records: "Records", call: CallRecords, *, counted: bool) -> None:
        self._records = records
        self._call = call
        self._counted = counted

    @property
    def void(self) -> bool:
        """Whether an earlier record of its call was lost, so that it is to be left out as well."""
        return self._call.fate is Fate.LOST

    def settle(self, *, written: bool) -> None:
        """Tell that it has been written, or never will be. Once."""
        self._records.settle(self._call, counted=self._counted, written=written)


class EventLog(Protocol):
    """What takes the events of a volume and makes records of them, now or later. Thread-safe."""

    def admit(self) -> bool:
        """Whether the records of another failing call can be taken, all that it will have."""
        ...

    def has_reserve(self) -> bool:
        """Whether those of an operator's command can be taken."""
        ...

    def take(self, event: Event, receipt: Receipt | None = None) -> None:
        """Take *event*, in the thread where it happened; must not wait for a disk.

        One of a call has a *receipt*.
        """
        ...


class ImmediateLog:
    """An `EventLog` that passes each event to *listener*, which is done when it returns."""

    def __init__(self, listener: Callable[[Event], object]) -> None:
        self._listener = listener

    def admit(self) -> bool:
        """Return True: a listener has room for everything."""
        return True

    has_reserve = admit

    def take(self, event: Event, receipt: Receipt | None = None) -> None:
        """Pass *event* on; raise what the listener raises, whose own affair that is."""
        try:
            self._listener(event)
        finally:
            if receipt is not None:
                receipt.settle(written=True)


class Records:
    """Turns steps of calls into events for *log* and counts the errors among them."""

    def __init__(
        self,
        volume: str,
        log: EventLog,
        ids: CorrelationSource,
        bystanders: Bystanders,
        alarm: Alarm,
    ) -> None:
        self.volume = volume
        self._log = log
        self.draw_id = ids.draw
        """Returns the id of whatever is not a call."""
        self._bystanders = bystanders
        self._alarm = alarm
        self.start_after_fork()
        self._limit = LogRateLimit()
        self._errors = ErrorAggregator()

    def start_after_fork(self) -> None:
        """Have a lock that no thread holds."""
        self._lock = threading.Lock()

    def emit(self, event: Event, receipt: Receipt | None = None) -> None:
        """Hand *event* to the log, past the rate limit."""
        self._bystanders.tell(self._log.take, event, receipt)

    def settle(self, call: CallRecords, *, counted: bool, written: bool) -> None:
        """Note what has become of a record of *call*; *counted*: it is one of an error."""
        with self._lock:
            if not written:
                call.fate = Fate.LOST
            if counted:
                self._errors.logged += written
                self._errors.lost += not written

    def require_reserve(self) -> None:
        """Raise StateConflict if the log has no room for the records of an operator's command."""
        if not self._log.has_reserve():
            raise StateConflict(
                f"the log of {self.volume} does not take records",
                hint="nothing is changed that would not be on record: see to the disk of the log",
            )

    def choose(self, now_ns: int) -> CallRecords:
        """Choose what becomes of the records of an application call, whose first one is due."""
        with self._lock:
            return self._choose(now_ns)

    def error(
        self,
        call: Call,
        error: ErrorEntry,
        errno: int,
        max_attempts: int,
        now_ns: int,
        known: EnhancedError | None = None,
    ) -> None:
        """One attempt failed; *known* is what its exception carried."""
        if records := self._count_error(call, error, errno, now_ns, known):
            terms = call.terms
            self._report(
                ErrorReported,
                call,
                records,
                counted=True,
                error=error.name,
                errno=errno,
                severity=error.severity,
                attempt=call.attempt,
                max_attempts=max_attempts,
                inode=terms.inode,
                offset=terms.offset,
                length=terms.length,
                hints=error.hints,
                message=error.describe(errno),
            )

    def timeout(self, call: Call, now_ns: int) -> None:
        """The innermost call of an application call ran past its deadline."""
        if records := self._count_error(call, TIMEOUT, ETIMEDOUT, now_ns):
            self._report(
                CallTimedOut,
                call,
                records,
                counted=True,
                limit_ms=call.limit_ms,
                inode=call.terms.inode,
            )

    def retry(self, call: Call, max_attempts: int, delay_ms: int, now_ns: int) -> None:
        """Another attempt follows after *delay_ms*."""
        if records := self._logged(call, now_ns):
            self._report(
                RetryScheduled,
                call,
                records,
                attempt=call.attempt + 1,
                max_attempts=max_attempts,
                delay_ms=delay_ms,
            )

    def recovered(self, call: Call, now_ns: int) -> None:
        """The call got its answer after a failed attempt."""
        if records := self._logged(call, now_ns):
            self._report(CallRecovered, call, records, **_outcome(call, now_ns))

    def failed(self, call: Call, error: str, errno: int, now_ns: int) -> None:
        """The call gives its caller an error."""
        if records := self._logged(call, now_ns):
            outcome = _outcome(call, now_ns)
            self._report(CallFailed, call, records, error=error, errno=errno, **outcome)

    def fallback(self, call: Call, result: str, now_ns: int) -> None:
        """Something else was tried in its place; *result* is `ok` or the name of an errno."""
        if records := self._logged(call, now_ns):
            self._report(FallbackUsed, call, records, via=call.kind.via, result=result)

    def rejected(self, call: Call, now_ns: int, limit: str | None = None) -> None:
        """An open breaker refused the call, or *limit*, which left no place for it."""
        if records := self._logged(call, now_ns):
            breaker = call.kind.guarded.breaker_status() if limit is None else None
            wait_ms = 0 if breaker is None else breaker.retry_after_ms
            self._report(CallRejected, call, records, retry_after_ms=wait_ms, limit=limit)

    def breaker(
        self, operation: OperationType, transition: Transition, cause: CorrelationId | None
    ) -> None:
        """A breaker changed its state; never limited."""
        settings = transition.settings
        counted = transition.rule == "failures" and transition.before is BreakerState.CLOSED
        self.emit(
            BreakerChanged(
                volume=self.volume,
                id=cause,
                operation=operation,
                before=transition.before,
                after=transition.after,
                generation=transition.generation,
                # The rule fires at the very failure that reaches its threshold.
                failures=settings.failures if counted else None,
                failure_threshold=settings.failures if counted else None,
                window_ms=round(settings.within * 1_000) if counted else None,
                rule=transition.rule if transition.rule in _RATE_RULES else None,
                trips=transition.trips,
                by=None if transition.by == "outcome" else transition.by,
            )
        )

    def operator(
        self,
        identifier: CorrelationId,
        operation: OperationType | None,
        acted: OperatorAction,
        before: str,
        after: str,
    ) -> None:
        """An operator's command was accepted."""
        self.emit(
            OperatorActed(
                volume=self.volume,
                id=identifier,
                operation=operation,
                action=acted.action,
                before=before,
                after=after,
                uid=acted.uid,
                pid=acted.pid,
                reason=acted.reason,
            )
        )

    def report_suppressed(self, now_ns: int | None = None) -> int:
        """Report what the rate limit left out, once its interval is over (None: as if it were).

        Returns when that will be due for what it has left out since.
        """
        with self._lock:
            left_out = self._limit.take_suppressed(now_ns)
            due_ns = self._limit.report_due_ns
        if left_out is not None:
            calls, errors, interval_ms = left_out
            self.emit(
                RecordsSuppressed(
                    volume=self.volume, calls=calls, errors=errors, interval_ms=interval_ms
                )
            )
        return NEVER_NS if due_ns is None else due_ns

    def error_counts(self) -> ErrorCounts:
        """Return the error counters as of now."""
        with self._lock:
            return self._errors.counts()

    def error_value(self, name: str) -> object:
        """Return one of the error counters as of now."""
        with self._lock:
            return self._errors.value(name)

    def errors_of(self, identifier: CorrelationId) -> tuple[EnhancedError, ...]:
        """Return the latest errors of a call and of those nested in it."""
        with self._lock:
            return self._errors.errors_of(identifier)

    def _count_error(
        self,
        call: Call,
        error: ErrorEntry,
        errno: int,
        now_ns: int,
        known: EnhancedError | None = None,
    ) -> CallRecords | None:
        """Count an error of *call*; return where its record belongs, if it is to have one."""
        counted = known or self.enhance(call, error, errno, now_ns)
        with self._lock:
            records = self._records_of(call, now_ns)
            self._errors.add(counted)
            if records.fate is Fate.LOGGED:
                return records
            if records.fate is Fate.SUPPRESSED:
                self._errors.suppressed += 1
                self._limit.suppress_error()
                self._await_report()
            else:
                self._errors.lost += 1
        return None

    def enhance(self, call: Call, error: ErrorEntry, errno: int, now_ns: int) -> EnhancedError:
        """Return *error* with what is known of the *call* that met it."""
        path: tuple[str, ...] = (call.kind.label,)
        for caller in call.callers():
            path = (caller.kind.label, *path)
        return EnhancedError(
            entry=error,
            errno=errno,
            id=call.id,
            operation=call.operation,
            call=call.name,
            volume=self.volume,
            attempt=call.attempt,
            time_ns=now_ns,
            parent=call.parent,
            call_path=path,
        )

    def _logged(self, call: Call, now_ns: int) -> CallRecords | None:
        """Return where a record of *call* belongs, unless it is left out."""
        with self._lock:
            records = self._records_of(call, now_ns)
        return records if records.fate is Fate.LOGGED else None

    def _report(
        self,
        kind: type[CallEvent],
        call: Call,
        records: CallRecords,
        *,
        counted: bool = False,
        **fields: Any,
    ) -> None:
        """Report a step of *call*; *counted*: it is an error."""
        event = kind(
            volume=self.volume,
            id=call.id,
            operation=call.operation,
            call=call.name,
            parent=call.parent,
            **fields,
        )
        self.emit(event, Receipt(self, records, counted=counted))

    def _records_of(self, call: Call, now_ns: int) -> CallRecords:
        trouble = (call if call.outer is None else call.application).in_trouble()
        if trouble.records is None:
            trouble.records = self._choose(now_ns)
        return trouble.records

    def _choose(self, now_ns: int) -> CallRecords:
        if self._limit.admit(now_ns):
            return CallRecords(Fate.LOGGED if self._log.admit() else Fate.LOST)
        self._await_report()
        return _LEFT_OUT

    def _await_report(self) -> None:
        """Have the watch look when what is left out can be reported."""
        ends_ns, alarm = self._limit.ends_ns, self._alarm
        if ends_ns < alarm.due_ns:
            alarm.bring_forward(ends_ns)


_LEFT_OUT = CallRecords(Fate.SUPPRESSED)


def _outcome(call: Call, now_ns: int) -> dict[str, Any]:
    return {
        "attempts": call.attempt,
        "duration_us": (now_ns - call.started_ns) // 1_000,
        # What a nested call worked on stands in the outcome of its caller.
        "inode": call.terms.inode if call.outer is None else None,
    }
