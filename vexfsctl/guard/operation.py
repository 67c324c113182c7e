"""One operation type of a volume: its breaker, its deadline, its counters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from vexfsctl.guard.breaker import carry_out, library_settings, read_status, read_value
from vexfsctl.guard.records import Bystanders, OperatorAction, Records
from vexfsctl.model.breaker import (
    BreakerCommand,
    BreakerSettings,
    BreakerState,
    BreakerStatus,
    state_after,
)
from vexfsctl.model.clock import Clock
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.resilience.breaker import CircuitBreaker
from vexfsctl.resilience.events import Transition
from vexfsctl.resilience.statistics import Counting, Latency


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
    latency: Latency = field(default_factory=Latency)

    def completed(self, latency_ns: int) -> None:
        """Add the latency of a completed call."""
        self.latency_ns_total += latency_ns
        if latency_ns > self.latency_ns_max:
            self.latency_ns_max = latency_ns
        self.latency.add(latency_ns)

    @property
    def latency_ns_p50(self) -> int:
        """Within this time half of the completed calls ended, to within 3 %."""
        return self.latency.percentiles().p50

    @property
    def latency_ns_p99(self) -> int:
        """Likewise, 99 of 100."""
        return self.latency.percentiles().p99


class GuardedOperation:
    """The breaker of an operation type, its deadline and its counters.

    Each change of state is recorded before anybody is notified of it.
    """

    def __init__(
        self,
        operation: OperationType,
        *,
        clock: Clock,
        records: Records,
        bystanders: Bystanders,
        on_change: Callable[[OperationType], None],
    ) -> None:
        self.operation = operation
        self.timeout_ms = operation.default_timeout_ms
        """Deadline of one call, its retries included; may be set, applies to later calls."""
        self.statistics = OperationStatistics()
        """Changed under the executor's lock."""
        self._records = records
        self._on_change = on_change
        self._now_ns = clock.now_ns
        self._breaker_settings = BreakerSettings()
        self.breaker = CircuitBreaker(
            operation,
            clock=clock,
            counting=Counting.NONE,
            listeners=(partial(bystanders.tell, self._changed),),
            **library_settings(self._breaker_settings),
        )

    @property
    def breaker_settings(self) -> BreakerSettings:
        """When the breaker trips and recovers; may be set, applies from the next decision on."""
        return self._breaker_settings

    @breaker_settings.setter
    def breaker_settings(self, settings: BreakerSettings) -> None:
        self.breaker.configure(**library_settings(settings))
        self._breaker_settings = settings

    def breaker_status(self) -> BreakerStatus:
        """Return everything about the breaker as of now."""
        return read_status(self.breaker, self._breaker_settings, self._now_ns())

    @property
    def would_reject(self) -> int:
        """Calls that metrics_only let pass and an open breaker would have refused."""
        return self.breaker.stats().would_reject

    def value(self, name: str) -> object:
        """Return only what an OperationStatus has under *name*, which must not be `breaker`."""
        # A single number needs no lock: it is replaced whole.
        return getattr(self if name in ("timeout_ms", "would_reject") else self.statistics, name)

    def breaker_value(self, name: str) -> object:
        """Return only what `breaker_status` has under *name*, which must not be a setting."""
        return read_value(self.breaker, name, self._now_ns())

    def command(
        self, command: BreakerCommand, *, uid: int, pid: int
    ) -> tuple[BreakerState, BreakerState]:
        """Carry out *command* and return the states before and after.

        Its record is written here or, with a change of state, in front of the record of that.
        Raises GenerationMoved or StateConflict; then there is none.
        """
        acted = OperatorAction(command.action, uid, pid, command.reason)
        before = carry_out(self.breaker, command, uid, acted)
        after = state_after(before, command.action)
        assert after is not None
        if after is before:
            self._records.operator(self.operation, acted, before, after)
        return before, after

    def _changed(self, transition: Transition) -> None:
        if transition.shadow:
            return
        cause = transition.context
        if isinstance(cause, OperatorAction):
            cause = self._records.operator(
                self.operation, cause, transition.before, transition.after
            )
        self._records.breaker(self.operation, transition, cast("CorrelationId | None", cause))
        self._on_change(self.operation)
