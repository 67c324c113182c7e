"""The numbers behind a verdict: always the same ones, for a monitoring system to plot."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from vexfsctl.analysis.health.verdict import Observation
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import DegradationLevel, OperationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One number; above *warning* or *critical* it is a reason for that verdict."""

    label: str
    value: int | None
    """None if unknown: the log could not be read."""
    warning: int | None = None
    critical: int | None = None
    maximum: int | None = None
    counter: bool = False
    """Whether it only grows, from the mount on; the others are as of now or of the window."""


def read_gauges(observation: Observation) -> tuple[Gauge, ...]:
    """Return the numbers of *observation*: of volumes, of the log in the window, of each volume."""
    return (*_of_volumes(observation), *_of_log(observation), *_of_each_volume(observation))


def _of_volumes(observation: Observation) -> Iterator[Gauge]:
    operations = list(_operations(observation))
    tripped = sum(each.breaker.state != BreakerState.CLOSED for each in operations)
    overdue = sum(each.overdue for each in operations)
    yield Gauge(label="volumes", value=len(observation.volumes))
    yield Gauge(label="breakers_not_closed", value=tripped, warning=0, maximum=len(operations))
    yield Gauge(label="calls_overdue", value=overdue, warning=0)


def _of_log(observation: Observation) -> Iterator[Gauge]:
    told = bool(observation.coverage.sources)
    counts = Counter[str]() if observation.digest is None else observation.digest.counts
    for severity in reversed(Severity):
        warning = 0 if severity is Severity.HIGH else None
        critical = 0 if severity is Severity.CRITICAL else None
        value = counts[f"errors_{severity}"] if told else None
        yield Gauge(label=f"errors_{severity}", value=value, warning=warning, critical=critical)
    for label in ("timeouts", "calls_suppressed"):
        yield Gauge(label=label, value=counts[label] if told else None, warning=0)
    # A live volume's breaker says that for it; for the others this is all that is known.
    yield Gauge(label="calls_rejected", value=counts["calls_rejected"] if told else None)
    health = observation.upstream
    hanging = 0 if health is None else sum(call.hangs for call in health.running)
    yield Gauge(label="calls_unreturned", value=hanging if told else None, warning=0)
    for label in ("corruptions", "data_losses"):
        yield Gauge(label=label, value=counts[label] if told else None, critical=0)
    yield Gauge(label="expected_noise", value=counts["expected_noise"] if told else None)


def _of_each_volume(observation: Observation) -> Iterator[Gauge]:
    for volume in observation.volumes:
        if volume.status is not None:
            errors = volume.status.errors
            value = None if errors is None else errors.total
            yield Gauge(label=f"{volume.name}/errors", value=value, counter=True)
            level = volume.status.degradation
            yield Gauge(
                label=f"{volume.name}/degradation",
                value=int(level) if isinstance(level, DegradationLevel) else None,
                warning=int(DegradationLevel.NORMAL),
                critical=int(DegradationLevel.HEAVY),
                maximum=int(DegradationLevel.EMERGENCY),
            )


def _operations(observation: Observation) -> Iterator[OperationStatus]:
    for volume in observation.volumes:
        if volume.status is not None:
            yield from volume.status.operations.values()
