"""The guard of one volume: every call goes through it, and it reports what was counted."""

import random as chance
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from vexfsctl.catalogue.entry import ErrorEntry
from vexfsctl.guard.alarm import Alarm
from vexfsctl.guard.call import BoundCall, Call, Terms
from vexfsctl.guard.degradation import Degradation, Reason
from vexfsctl.guard.errors import EnhancedError
from vexfsctl.guard.execution import CallExecutor
from vexfsctl.guard.gate import Gate
from vexfsctl.guard.operation import GuardedOperation
from vexfsctl.guard.order import InOrder
from vexfsctl.guard.records import Bystanders, EventLog, OperatorAction, Records
from vexfsctl.guard.statistics import COUNTERS, GAUGES
from vexfsctl.model.breaker import BreakerCommand, BreakerSettings
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationId, CorrelationSource
from vexfsctl.model.degradation import Resource, calls_at_once, timeout_pct
from vexfsctl.model.events import DegradationChanged
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ErrorCounts,
    OperationStatus,
    ResourceSettings,
    ResourceStatus,
    RetrySettings,
)
from vexfsctl.resilience.forking import renew_after_fork

T = TypeVar("T")

_PUT_OFF = frozenset({OperationType.VECTOR})
"""What can wait in an emergency: files can be read and closed without it."""


class Guard:
    """Guards the calls of one volume, with a breaker per operation type. Thread-safe.

    *log* gets every step as an event: those of a call in its thread, changes of state in their
    order, perhaps in the thread of another one. It may command the guard. A watch thread must call
    `expire_overdue` whenever `alarm` is due: deadlines and timers have no other clock.
    """

    def __init__(
        self,
        volume: str,
        *,
        clock: Clock,
        log: EventLog,
        ids: CorrelationSource,
        random: Callable[[], float] = chance.random,
    ) -> None:
        self.volume = volume
        self.alarm = Alarm(clock)
        """When the watch has to look next."""
        self._bystanders = Bystanders(self.alarm)
        self._records = Records(volume, log, ids, self._bystanders, self.alarm)
        self.operations: Mapping[OperationType, GuardedOperation] = MappingProxyType(
            {
                operation: GuardedOperation(
                    operation,
                    clock=clock,
                    records=self._records,
                    bystanders=self._bystanders,
                    on_change=self._notify,
                )
                for operation in OperationType
            }
        )
        self._executor = CallExecutor(
            self.operations,
            self._records,
            clock=clock,
            ids=ids,
            random=random,
            refuses_writes=lambda: self.refuses_writes,
            on_corruption=self._hold_read_only,
            bystanders=self._bystanders,
            alarm=self.alarm,
        )
        self._gate = Gate(clock.now_ns, on_call=lambda: self.on_use())
        self._resources = ResourceSettings()
        self._followers: list[Callable[[ResourceSettings], object]] = []
        self.on_use: Callable[[], object] = lambda: None
        """Called when what is used should be measured, for `look`; must return at once."""
        self._access_mode = AccessMode.READ_WRITE
        self._degradation = Degradation()
        self._judging = threading.Lock()
        self._telling = InOrder()
        self._subscribers: list[Callable[[OperationType | None], None]] = []
        renew_after_fork(self)

    def run(
        self,
        operation: OperationType,
        name: str,
        function: Callable[[Call], T],
        *,
        repeatable: bool = True,
        writes: bool = False,
        fallback: Callable[[OSError], T] | None = None,
        via: str = "last_good",
        inode: int | None = None,
        offset: int | None = None,
        length: int | None = None,
        on_timeout: Callable[[], None] | None = None,
        on_ended: Callable[[], None] | None = None,
    ) -> T:
        """Run *function* in this thread as one application call and return what it returns.

        Raises OSError with the errno the application gets: an answer (ENOENT) as it came, the cause
        once the attempts are used up, CallRejected (EBUSY) from an open breaker, EROFS for a call
        that *writes* while the volume is read-only. Raises CallAbandoned if the call was already
        answered at its deadline; the caller must not answer again.

        *repeatable* calls are tried again where the error allows it. *fallback* is given the
        exception and serves something instead, reported as *via*. At the deadline *on_timeout* runs
        in the watch thread, to answer ETIMEDOUT; *on_ended* follows, exactly once, when the
        abandoned function really ends. An exception other than OSError is a bug and passes through;
        the call counts as failed.
        """
        run = self.bind(operation, name, repeatable=repeatable, writes=writes, via=via)
        return run(function, lambda: Terms(fallback, inode, offset, length, on_timeout, on_ended))

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
        """Return what runs calls of one kind at half the cost of `run`.

        It takes the function, what tells the terms of the call when they are needed, and for a
        nested call the one that it is nested in. *unconditional* calls run whatever their breaker
        says, and tell it nothing.
        """
        return self._executor.bind(
            operation,
            name,
            repeatable=repeatable,
            writes=writes,
            via=via,
            unconditional=unconditional,
        )

    def enhance(self, call: Call, error: ErrorEntry, errno: int) -> EnhancedError:
        """Return *error* with what is known of the *call* that meets it now.

        An exception that carries it is recorded as this error, and counted for this call alone,
        whichever calls it passes through.
        """
        return self._records.enhance(call, error, errno, self._executor.now_ns())

    def expire_overdue(self, now_ns: int) -> None:
        """Answer calls past their deadline, let breaker timers run, report suppressed records.

        Afterwards `alarm` says when the next of these will be due. Then raises what a listener, a
        subscriber, an `on_timeout`, an `on_ended` or what tells the terms of an overdue call raised
        since the last time (the latest, if several did): a bug there stops no call and no other
        answer.
        """
        self.alarm.reset()
        due_ns = self._executor.expire_overdue(now_ns)
        for guarded in self.operations.values():
            timer_ns = guarded.breaker.next_due()
            if timer_ns is not None:
                due_ns = min(due_ns, timer_ns)
        due_ns = min(due_ns, self._records.report_suppressed(now_ns))
        self.alarm.bring_forward(due_ns)
        self._bystanders.raise_bug()

    def flush(self) -> None:
        """Report what the rate limit has left out so far."""
        self._records.report_suppressed()

    def subscribe(self, callback: Callable[[OperationType | None], None]) -> None:
        """Call *callback* when a breaker changes state, with its operation type.

        None stands for degradation, which concerns the whole volume.
        """
        self._subscribers.append(callback)

    def _start_after_fork(self) -> None:
        self._judging = threading.Lock()
        self._telling = InOrder()
        for part in (self.alarm, self._records, self._executor):
            part.start_after_fork()
        for guarded in self.operations.values():
            guarded.statistics.start_after_fork()

    # Reading

    def status(self, operation: OperationType) -> OperationStatus:
        """Return counters and breaker of *operation* as of now."""
        guarded = self.operations[operation]
        counted = {name: guarded.statistics.value(name) for name in (*COUNTERS, *GAUGES)}
        counted["would_reject"] = guarded.breaker.stats().would_reject
        # Calls go on while they are read.
        counted["overdue"] = min(counted["overdue"], counted["in_flight"])
        return OperationStatus(
            **counted,
            timeout_ms=guarded.timeout_ms,
            max_concurrent=self.max_concurrent(operation),
            breaker=guarded.breaker_status(),
        )

    def error_counts(self) -> ErrorCounts:
        """Return the error counters, all of one moment."""
        return self._records.error_counts()

    def error_value(self, name: str) -> object:
        """Return only what `error_counts` has under *name*."""
        return self._records.error_value(name)

    def breaker_value(self, operation: OperationType, name: str) -> object:
        """Return what the breaker of *operation* has under *name* as of now; not a setting."""
        return self.operations[operation].breaker_value(name)

    def errors_of(self, identifier: CorrelationId) -> tuple[EnhancedError, ...]:
        """Return the latest errors of a call and of the calls nested in it, oldest first."""
        return self._records.errors_of(identifier)

    @property
    def retry(self) -> RetrySettings:
        """How operations are retried; may be replaced, applies from the next decision on."""
        return self._executor.retry

    @retry.setter
    def retry(self, settings: RetrySettings) -> None:
        self._executor.retry = settings

    @property
    def resources(self) -> ResourceSettings:
        """What may be used up; may be replaced, applies to later calls."""
        return self._resources

    @resources.setter
    def resources(self, settings: ResourceSettings) -> None:
        with self._judging:
            self._resources = settings
            self._apply_limits()
            for follower in self._followers:
                follower(settings)
        self.on_use()

    def follow_limits(self, follower: Callable[[ResourceSettings], object]) -> None:
        """Call *follower* with the present `resources` whenever they change; it must not block."""
        self._followers.append(follower)

    @property
    def active_operations(self) -> int:
        """Application calls that have not returned: also those that hang, or wait for a place."""
        return self._executor.running + self._gate.waiting

    def max_concurrent(self, operation: OperationType) -> int:
        """Return how many calls of *operation* may run at once; 0: any number."""
        return self._gate.limit_of(operation)

    @property
    def access_mode(self) -> AccessMode:
        """The operator's switch."""
        return self._access_mode

    @property
    def degradation(self) -> DegradationLevel:
        """The engine's judgement."""
        return self._degradation.level

    @property
    def refuses_writes(self) -> bool:
        """Whether the operator or the engine has made the volume read-only."""
        return self._access_mode is AccessMode.READ_ONLY or self.degradation.refuses_writes

    # Commands

    def command_breaker(
        self, operation: OperationType, command: BreakerCommand, *, uid: int, pid: int
    ) -> tuple[str, str]:
        """Carry out an operator's command; return the states before and after.

        Raises GenerationMoved or StateConflict, and changes nothing then; StateConflict too where
        the log could not take the records of it.
        """
        self._records.require_reserve()
        states = self.operations[operation].command(command, uid=uid, pid=pid)
        # One that changes no state may still move its timer.
        self.alarm.bring_forward()
        return states

    def set_breaker(self, operation: OperationType, settings: BreakerSettings) -> None:
        """Replace the settings of one breaker; they apply from the next decision on."""
        self.operations[operation].breaker_settings = settings
        self.alarm.bring_forward()

    def limit_concurrent(self, operation: OperationType, calls: int) -> None:
        """Let so many calls of *operation* run at once from now on; 0: any number."""
        with self._judging:
            self._gate.limit(operation, calls)
            self._apply_limits()

    def set_access_mode(self, mode: AccessMode, *, uid: int, pid: int) -> None:
        """Set the operator's switch; `rw`, even if already set, ends the hold of a corruption.

        Raises StateConflict, with nothing changed, where the log could not take the records of it.
        """
        self._records.require_reserve()
        acted, cause = OperatorAction("access_mode", uid, pid), self._records.draw_id()
        with self._judging:
            before, self._access_mode = self._access_mode, mode
            self._telling.add(partial(self._records.operator, cause, None, acted, before, mode))
        self._telling.run()
        if mode is AccessMode.READ_WRITE:
            self._change_degradation(self._degradation.release, cause)

    def set_degradation(self, level: DegradationLevel, cause: CorrelationId | None = None) -> None:
        """Set the judged level of service; the hold of a corruption outweighs it."""
        self._change_degradation(lambda: self._degradation.judge(level), cause)

    def look(self, memory_bytes: int | None, free_bytes: int | None, now_ns: int) -> bool:
        """Judge what is used; return whether to look again soon, though no call may come.

        None for what could not be measured.
        """
        self._change_degradation(
            lambda: self._degradation.look(self._usage(memory_bytes, free_bytes), now_ns)
        )
        return not self._degradation.settled

    def _usage(self, memory_bytes: int | None, free_bytes: int | None) -> ResourceStatus:
        limits = self._resources
        return ResourceStatus(
            memory_bytes=memory_bytes,
            memory_limit_bytes=limits.memory_limit_bytes,
            free_bytes=free_bytes,
            reserve_bytes=limits.reserve_bytes,
            active_operations=self.active_operations,
            max_operations=limits.max_operations,
            lock_timeout_ms=limits.lock_timeout_ms,
        )

    def _apply_limits(self) -> None:
        """Let calls go by the present limits and levels."""
        degradation, limits = self._degradation, self._resources
        memory = degradation.level_of([Resource.MEMORY])
        self._gate.limit_all(calls_at_once(memory, limits.max_operations))
        emergency = degradation.level is DegradationLevel.EMERGENCY
        self._gate.refused = _PUT_OFF if emergency else frozenset()
        measured = limits.memory_limit_bytes or limits.reserve_bytes
        stretch = timeout_pct(degradation.level_of([Resource.MEMORY, Resource.OPERATIONS]))
        for guarded in self.operations.values():
            guarded.gate = None if self._gate.open and not measured else self._gate
            guarded.stretch_timeout(stretch)

    def _hold_read_only(self, cause: CorrelationId) -> None:
        self._change_degradation(self._degradation.hold_read_only, cause)

    def _change_degradation(
        self, change: Callable[[], Reason | None], cause: CorrelationId | None = None
    ) -> None:
        with self._judging:
            before = self._degradation.level
            reason = change()
            after = self._degradation.level
            if after is not before or reason is not None:
                self._apply_limits()
            if after is not before:
                event = DegradationChanged(
                    volume=self.volume,
                    before=str(before),
                    after=str(after),
                    cause=cause,
                    resource=None if reason is None else str(reason.resource),
                    used_pct=None if reason is None else reason.used_pct,
                )
                self._telling.add(partial(self._records.emit, event))
                self._telling.add(partial(self._notify, None))
        self._telling.run()

    def _notify(self, changed: OperationType | None) -> None:
        # What changed may have a timer now, or another one.
        self.alarm.bring_forward()
        for callback in self._subscribers:
            self._bystanders.tell(callback, changed)
