"""Breakers that are not closed, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vexfsctl.analysis.breakers import explain_breaker
from vexfsctl.model.breaker import BreakerState, BreakerStatus
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import Volume


@dataclass(frozen=True, slots=True)
class BreakerSummary:
    """A breaker that is not closed, and why."""

    volume: str
    operation: OperationType
    state: BreakerState | str
    why: str | None
    since_ns: int
    """When it opened, CLOCK_MONOTONIC; 0 = never."""
    retry_after_ms: int
    last_error_id: CorrelationId | None
    generation: int

    @property
    def name(self) -> str:
        """As a person writes it: `loop0/storage`."""
        return f"{self.volume}/{self.operation}"


def summarize_breakers(volumes: Iterable[Volume], now_ns: int) -> tuple[BreakerSummary, ...]:
    """Return the breakers of *volumes* that are not closed, as of *now_ns* (CLOCK_MONOTONIC)."""
    return tuple(_summaries(volumes, now_ns))


def _summaries(volumes: Iterable[Volume], now_ns: int) -> Iterator[BreakerSummary]:
    for volume in volumes:
        operations = volume.status.operations if volume.status is not None else {}
        for operation, status in operations.items():
            if status.breaker.state != BreakerState.CLOSED:
                yield _summarize_breaker(volume.name, operation, status.breaker, now_ns)


def _summarize_breaker(
    volume: str, operation: OperationType, breaker: BreakerStatus, now_ns: int
) -> BreakerSummary:
    return BreakerSummary(
        volume=volume,
        operation=operation,
        state=breaker.state,
        why=explain_breaker(breaker, now_ns),
        since_ns=breaker.opened_ns,
        retry_after_ms=breaker.retry_after_ms,
        last_error_id=breaker.last_error_id,
        generation=breaker.generation,
    )
