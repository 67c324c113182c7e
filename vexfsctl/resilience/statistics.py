"""Counters of one operation type: the attributes of an operation in vexfs-sysfs(5)."""

from dataclasses import dataclass


@dataclass(slots=True)
class OperationStatistics:
    """Counters only grow, gauges (`in_flight`, `overdue`) fall again. Not locked.

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
