"""What raises the level of degradation of a volume, and what each level limits. Pure.

Memory and operations have the thresholds of VexFS (`calculate_degradation_level` of
shared/system_hang_prevention.rs), as percentages of limits that an operator sets: without a limit
nothing counts. Space goes no further than `heavy`, for a full volume must let files be removed.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from vexfsctl.model.volume import DegradationLevel, ResourceStatus


class Resource(StrEnum):
    """What a volume may run short of."""

    MEMORY = "memory"
    OPERATIONS = "operations"
    SPACE = "space"


class Usage(NamedTuple):
    """How much of a resource is used, and of how much."""

    used: int
    limit: int
    """More than 0; for space, what is free."""

    def exceeds(self, pct: int) -> bool:
        """Whether it is more than *pct* percent; exact."""
        return self.used * 100 > self.limit * pct

    @property
    def pct(self) -> int:
        """Percent, rounded down; at most 999."""
        return min(_MOST_PCT, self.used * 100 // self.limit if self.limit else _MOST_PCT)


class LevelRule(NamedTuple):
    """When a level is reached, and what it limits."""

    memory_pct: int
    """Above this percentage of memory_limit_bytes."""
    operations_pct: int
    """Above this percentage of max_operations: calls that wait for a place count."""
    space_pct: int | None
    """If reserve_bytes is above this percentage of what is free; None: not for want of space."""
    calls_pct: int
    """Share of max_operations (or of 100) that may run at once while memory is short.

    Not while there are too many calls: fewer at once would only let more of them wait.
    """
    timeout_pct: int
    """Deadlines of calls, in percent of timeout_ms, while memory or operations are short."""

    def threshold_pct(self, resource: Resource) -> int | None:
        """Return the percentage above which *resource* causes the level; None: it never does."""
        pct: int | None = getattr(self, f"{resource}_pct")
        return pct


LEVEL_RULES = {
    DegradationLevel.LIGHT: LevelRule(70, 80, 50, calls_pct=80, timeout_pct=120),
    DegradationLevel.MODERATE: LevelRule(80, 100, 80, calls_pct=60, timeout_pct=150),
    DegradationLevel.HEAVY: LevelRule(85, 120, 100, calls_pct=40, timeout_pct=200),
    DegradationLevel.READ_ONLY: LevelRule(90, 150, None, calls_pct=20, timeout_pct=300),
    DegradationLevel.EMERGENCY: LevelRule(95, 200, None, calls_pct=5, timeout_pct=500),
}
"""Every level but `normal`, which limits nothing."""

CALLS_AT_ONCE = 100
"""What `calls_pct` is a share of where max_operations is off (MAX_CONCURRENT_OPERATIONS)."""
FALLS_BELOW_PCT = 90
"""A level ends below this percentage of the threshold above which it began."""
_MOST_PCT = 999


def level_of(resource: Resource, usage: Usage, *, kept: bool = False) -> DegradationLevel:
    """Return the level that *usage* of *resource* causes; with *kept*, that it keeps up."""
    reached = DegradationLevel.NORMAL
    for level, rule in LEVEL_RULES.items():
        pct = rule.threshold_pct(resource)
        if pct is not None and usage.exceeds(pct * FALLS_BELOW_PCT // 100 if kept else pct):
            reached = level
    return reached


def usages(status: ResourceStatus) -> Iterator[tuple[Resource, Usage]]:
    """Yield what is used of each resource that has a limit and was measured."""
    if status.memory_limit_bytes and status.memory_bytes is not None:
        yield Resource.MEMORY, Usage(status.memory_bytes, status.memory_limit_bytes)
    if status.max_operations and status.active_operations is not None:
        yield Resource.OPERATIONS, Usage(status.active_operations, status.max_operations)
    if status.reserve_bytes and status.free_bytes is not None:
        yield Resource.SPACE, Usage(status.reserve_bytes, status.free_bytes)


def calls_at_once(level: DegradationLevel, max_operations: int) -> int:
    """Return how many application calls may run at once while memory is at *level*; 0: any number.

    *max_operations* is the operator's own limit, 0 if there is none.
    """
    if level is DegradationLevel.NORMAL:
        return max_operations
    return max(1, (max_operations or CALLS_AT_ONCE) * LEVEL_RULES[level].calls_pct // 100)


def timeout_pct(level: DegradationLevel) -> int:
    """Return the deadlines in percent of timeout_ms while memory or operations are at *level*."""
    return 100 if level is DegradationLevel.NORMAL else LEVEL_RULES[level].timeout_pct
