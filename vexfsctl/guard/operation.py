"""One operation type of a volume: its breaker, its deadline, its counters."""

from collections.abc import Callable
from functools import partial
from typing import cast

from vexfsctl.guard.breaker import carry_out, library_settings, read_status, read_value
from vexfsctl.guard.gate import Gate
from vexfsctl.guard.records import Bystanders, OperatorAction, Records
from vexfsctl.guard.statistics import OperationStatistics
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
from vexfsctl.resilience.statistics import Counting

_NS_PER_MS = 1_000_000


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
        self.gate: Gate | None = None
        """Where its calls get their places; None as long as nothing is limited."""
        self._timeout_ms, self._timeout_pct = operation.default_timeout_ms, 100
        self._set_timeout()
        self.statistics = OperationStatistics()
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
    def timeout_ms(self) -> int:
        """Deadline of one call, its retries included; may be set, applies to later calls."""
        return self._timeout_ms

    @timeout_ms.setter
    def timeout_ms(self, timeout_ms: int) -> None:
        self._timeout_ms = timeout_ms
        self._set_timeout()

    def stretch_timeout(self, pct: int) -> None:
        """Have deadlines of later calls last *pct* percent of `timeout_ms`."""
        self._timeout_pct = pct
        self._set_timeout()

    def _set_timeout(self) -> None:
        self.timeout_ns = self._timeout_ms * self._timeout_pct // 100 * _NS_PER_MS
        """What calls go by."""

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

    def value(self, name: str) -> object:
        """Return only what an OperationStatus has under *name*, which must not be `breaker`."""
        match name:
            case "timeout_ms":
                return self.timeout_ms
            case "would_reject":
                return self.breaker.stats().would_reject
            case _:
                return self.statistics.value(name)

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
            identifier = self._records.draw_id()
            self._records.operator(identifier, self.operation, acted, before, after)
        return before, after

    def _changed(self, transition: Transition) -> None:
        if transition.shadow:
            return
        cause = transition.context
        if isinstance(cause, OperatorAction):
            acted, cause = cause, self._records.draw_id()
            self._records.operator(
                cause, self.operation, acted, transition.before, transition.after
            )
        self._records.breaker(self.operation, transition, cast("CorrelationId | None", cause))
        self._on_change(self.operation)
