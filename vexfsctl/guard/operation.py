"""One operation type of a volume: its breaker, its deadline, its counters."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from vexfsctl.guard.breaker import CircuitBreaker, Permit, Transition
from vexfsctl.guard.records import Records
from vexfsctl.model.breaker import BreakerCommand, BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType


@dataclass(slots=True)
class OperationStatistics:
    """The counters of one operation type, as vexfs-sysfs(5) has them.

    Counters only grow, gauges (`in_flight`, `overdue`) fall again. Not locked.

    A call is completed when its caller has the answer: one past its deadline completes there,
    whatever its thread still does. A rejected call never ran and adds no latency. So there are
    `calls - rejected - (in_flight - overdue)` completed calls behind `latency_ns_total`.
    """

    calls: int = 0
    failures: int = 0
    rejected: int = 0
    retries: int = 0
    retry_successes: int = 0
    fallbacks: int = 0
    """Calls served from a fallback."""
    fallback_failures: int = 0
    """Calls whose fallback failed as well."""
    timeouts: int = 0
    in_flight: int = 0
    overdue: int = 0
    latency_ns_total: int = 0
    latency_ns_max: int = 0

    def completed(self, latency_ns: int) -> None:
        """Add the latency of a completed call."""
        self.latency_ns_total += latency_ns
        if latency_ns > self.latency_ns_max:
            self.latency_ns_max = latency_ns


class GuardedOperation:
    """Settles permits with its breaker and reports each change of state in order."""

    def __init__(
        self, operation: OperationType, records: Records, on_change: Callable[[OperationType], None]
    ) -> None:
        self.operation = operation
        self.breaker = CircuitBreaker()
        self.timeout_ms = operation.default_timeout_ms
        """Deadline of one call, its retries included; may be set, applies to later calls."""
        self.statistics = OperationStatistics()
        """Changed under the executor's lock."""
        self._records = records
        self._on_change = on_change
        # Held from a change to its record, or two threads could log changes in the wrong order.
        self._order = threading.Lock()

    def succeed(self, permit: Permit, now_ns: int, cause: CorrelationId) -> None:
        """Settle *permit* after a success; *cause* is the call."""
        self._change(lambda: permit.success(now_ns), cause)

    def fail(self, permit: Permit, now_ns: int, cause: CorrelationId) -> None:
        """Settle *permit* after a failure; *cause* is the error."""
        self._change(lambda: permit.failure(now_ns, cause), cause)

    def tick(self, now_ns: int) -> None:
        """Let the breaker's timers run."""
        if self.breaker.state.rejects:
            self._change(lambda: self.breaker.tick(now_ns), None)

    def command(
        self,
        command: BreakerCommand,
        now_ns: int,
        accepted: Callable[[BreakerState, BreakerState], CorrelationId],
    ) -> tuple[BreakerState, BreakerState]:
        """Carry out *command* and return the states before and after; raise as the breaker does.

        *accepted* writes the operator's record, which comes before the breaker's own, and
        returns the id of both.
        """
        self.tick(now_ns)
        with self._order:
            before, transition = self.breaker.command(command, now_ns)
            after = before if transition is None else transition.after
            cause = accepted(before, after)
            if transition is not None:
                self._records.breaker(self.operation, transition, cause)
        if transition is not None:
            self._on_change(self.operation)
        return before, after

    def _change(self, change: Callable[[], Transition | None], cause: CorrelationId | None) -> None:
        with self._order:
            transition = change()
            if transition is not None:
                self._records.breaker(self.operation, transition, cause)
        # Outside the lock: a subscriber may wait for a thread that waits for it.
        if transition is not None:
            self._on_change(self.operation)
