"""Why a volume is degraded, what that limits, and how it ends; as its attributes show it."""

from collections.abc import Iterator
from dataclasses import dataclass

from vexfsctl.model.degradation import (
    FALLS_BELOW_PCT,
    LEVEL_RULES,
    Resource,
    Usage,
    calls_at_once,
    level_of,
    timeout_pct,
    usages,
)
from vexfsctl.model.volume import DegradationLevel, ResourceStatus, VolumeStatus


@dataclass(frozen=True, slots=True)
class DegradationReason:
    """What is behind the level of a volume, in a few words each."""

    why: str
    limited: str = ""
    """What is refused or slower besides; empty if nothing is."""
    way_back: str = ""
    """How it ends, if that is not said already."""
    held: bool = False
    """Whether only an operator ends it."""

    def __str__(self) -> str:
        """One clause after the other."""
        return "; ".join(filter(None, (self.why, self.limited, self.way_back)))


def explain_degradation(status: VolumeStatus) -> DegradationReason | None:
    """Say why a volume is at its level; None if it is normal, or its provider does not tell.

    Corruption and a start that succeeded only in part are what is left if no resource is short.
    """
    level, resources = status.degradation, status.resources
    if not isinstance(level, DegradationLevel) or level is DegradationLevel.NORMAL:
        return None
    if resources is None or resources.active_operations is None:
        return None
    short = {
        resource: usage
        for resource, usage in usages(resources)
        if level_of(resource, usage, kept=True) >= level
    }
    if not short:
        return _without_want(level, limited=any(usages(resources)))
    resource, usage = next(iter(short.items()))
    return DegradationReason(
        why=_want(resource, usage),
        limited=", ".join(_limits(level, resource, resources)),
        way_back=_way_back(level, resource, resources),
    )


def _without_want(level: DegradationLevel, *, limited: bool) -> DegradationReason:
    if level is DegradationLevel.READ_ONLY:
        why = "held after damage until rw is written to access_mode"
        return DegradationReason(why, held=True)
    if limited:
        return DegradationReason("nothing is short any more", way_back="it recovers in seconds")
    return DegradationReason("a part did not start", way_back="until it is mounted again")


def _want(resource: Resource, usage: Usage) -> str:
    match resource:
        case Resource.MEMORY:
            return f"memory at {usage.pct} % of its limit"
        case Resource.OPERATIONS:
            return f"{usage.used} calls for {usage.limit} places"
        case Resource.SPACE:
            return f"{_about(usage.limit)} free, {_about(usage.used)} in reserve"


def _limits(
    level: DegradationLevel, resource: Resource, resources: ResourceStatus
) -> Iterator[str]:
    if resource is Resource.SPACE:
        # The level lasts a little longer than this.
        if (resources.free_bytes or 0) < (resources.reserve_bytes or 0):
            yield "what needs space fails (ENOSPC)"
        return
    if resource is Resource.MEMORY:
        yield f"{calls_at_once(level, resources.max_operations or 0)} calls at once"
    yield f"deadlines {timeout_pct(level) / 100:g} times as long"
    if level.refuses_writes:
        yield "writes fail (EROFS)"
    if level is DegradationLevel.EMERGENCY:
        yield "no vectors (EBUSY)"


def _way_back(level: DegradationLevel, resource: Resource, resources: ResourceStatus) -> str:
    pct = LEVEL_RULES[level].threshold_pct(resource)
    assert pct is not None
    below = pct * FALLS_BELOW_PCT // 100
    match resource:
        case Resource.MEMORY:
            return f"ends below {below} %"
        case Resource.OPERATIONS:
            return f"ends at {(resources.max_operations or 0) * below // 100} calls"
        case Resource.SPACE:
            return f"ends above {_about((resources.reserve_bytes or 0) * 100 // below)} free"


def _about(size: int) -> str:
    """Return *size*, rounded: nobody compares free space by the byte."""
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= 10 * unit or size >= unit == 1 << 10:
            return f"{size / unit:.0f} {name}"
    return f"{size} B"
