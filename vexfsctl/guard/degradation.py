"""The engine's judgement of how much service a volume can give.

Independent of the operator's `access_mode`. Corruption holds it at read-only whatever else is
judged: a volume that was damaged does not get better by itself. A shortage does: its level
rises once it has lasted for `RISE_NS`, and falls after `FALL_NS` without it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from vexfsctl.model.degradation import Resource, Usage, level_of, usages
from vexfsctl.model.volume import DegradationLevel, ResourceStatus

RISE_NS = 500_000_000
"""How long a resource must be short before its level rises: a burst does not count."""
FALL_NS = 2_000_000_000
"""How long it must be better before the level falls."""

_NORMAL = DegradationLevel.NORMAL


class ResourceLevel:
    """The level of one resource, which follows its usage with a delay in both directions."""

    __slots__ = ("_falling_ns", "_least", "_most", "_resource", "_rising_ns", "level")

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self.level = _NORMAL
        self._rising_ns: int | None = None
        """Since when it has been above the level."""
        self._least = _NORMAL
        """The lowest that it was since then."""
        self._falling_ns: int | None = None
        """Since when it has been below."""
        self._most = _NORMAL
        """The highest that it was since then."""

    @property
    def settled(self) -> bool:
        """Whether it is normal, and nothing has to be waited for."""
        return self.level is _NORMAL and self._rising_ns is None

    def look(self, usage: Usage, now_ns: int) -> None:
        """Take *usage* into account."""
        self._rise(level_of(self._resource, usage), now_ns)
        self._fall(level_of(self._resource, usage, kept=True), now_ns)

    def _rise(self, caused: DegradationLevel, now_ns: int) -> None:
        if caused <= self.level:
            self._rising_ns = None
            return
        if self._rising_ns is None:
            self._rising_ns, self._least = now_ns, caused
        self._least = min(self._least, caused)
        if now_ns - self._rising_ns >= RISE_NS:
            self.level, self._rising_ns = self._least, None

    def _fall(self, kept: DegradationLevel, now_ns: int) -> None:
        if kept >= self.level:
            self._falling_ns = None
            return
        if self._falling_ns is None:
            self._falling_ns, self._most = now_ns, kept
        self._most = max(self._most, kept)
        if now_ns - self._falling_ns >= FALL_NS:
            self.level, self._falling_ns = self._most, None


class Reason(NamedTuple):
    """The resource behind a change of level."""

    resource: Resource
    used_pct: int


class Degradation:
    """What was judged at the start, the levels of resources, and the hold of corruption.

    Not locked.
    """

    def __init__(self) -> None:
        self._judged = _NORMAL
        self._held = False
        self._resources = {resource: ResourceLevel(resource) for resource in Resource}

    @property
    def level(self) -> DegradationLevel:
        """The level in force: the highest of all, and at least read-only while held."""
        held = DegradationLevel.READ_ONLY if self._held else _NORMAL
        return max(held, self._judged, self.level_of(Resource))

    def level_of(self, resources: Iterable[Resource]) -> DegradationLevel:
        """Return the highest level of *resources*."""
        return max(self._resources[resource].level for resource in resources)

    @property
    def settled(self) -> bool:
        """Whether no resource is short: there is nothing to look at until calls come."""
        return all(each.settled for each in self._resources.values())

    def judge(self, level: DegradationLevel) -> None:
        """Set the level that is in force unless something is worse."""
        self._judged = level

    def look(self, status: ResourceStatus, now_ns: int) -> Reason | None:
        """Take what was measured into account; return the resource whose level changed, if one did.

        Of several, the one whose level is the highest.
        """
        used = dict(usages(status))
        before = {resource: each.level for resource, each in self._resources.items()}
        for resource, each in tuple(self._resources.items()):
            if resource in used:
                each.look(used[resource], now_ns)
            elif not each.settled and not _is_limited(resource, status):
                self._resources[resource] = ResourceLevel(resource)
        changed = [r for r, each in self._resources.items() if each.level is not before[r]]
        if not changed:
            return None
        worst = max(changed, key=lambda resource: self._resources[resource].level)
        return Reason(worst, used[worst].pct if worst in used else 0)

    def hold_read_only(self) -> None:
        """Corruption was found: read-only until `release`."""
        self._held = True

    def release(self) -> None:
        """An operator puts the volume back into service."""
        self._held = False


def _is_limited(resource: Resource, status: ResourceStatus) -> bool:
    match resource:
        case Resource.MEMORY:
            return bool(status.memory_limit_bytes)
        case Resource.OPERATIONS:
            return bool(status.max_operations)
        case Resource.SPACE:
            return bool(status.reserve_bytes)
