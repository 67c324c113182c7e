"""Places for the calls of a volume: how many may run at once, of all of them and of each type.

Who finds no place waits for one, until the deadline of its call. There is a gate only while
something is limited: otherwise a call tests for one and passes.
"""

from collections.abc import Callable

from vexfsctl.model.operations import OperationType
from vexfsctl.resilience.bulkhead import Bulkhead, Holder
from vexfsctl.resilience.counters import Gauge
from vexfsctl.resilience.exceptions import BulkheadFull

LOOK_NS = 250_000_000
"""So often at most resources are measured because calls come."""


class NoPlace(Exception):  # noqa: N818 - an Error is what VexFS reports
    """A call that may not run, and the limit that it met: the name of an attribute."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Admission:
    """The places that a call has, and its times, which begin before it waits for them."""

    __slots__ = ("_held", "deadline_ns", "started_ns")

    def __init__(self, started_ns: int, deadline_ns: int) -> None:
        self.started_ns = started_ns
        self.deadline_ns = deadline_ns
        self._held: list[tuple[Bulkhead, Holder]] = []

    def take(self, places: Bulkhead, wait_s: float) -> None:
        """Take one of *places*; raise BulkheadFull if none comes free."""
        self._held.append((places, places.enter(wait_s)))

    def end(self) -> None:
        """Give all places back."""
        while self._held:
            places, holder = self._held.pop()
            places.leave(holder)


class Gate:
    """Lets calls in while there are places. Thread-safe; its limits may change at any time."""

    def __init__(self, now_ns: Callable[[], int], on_call: Callable[[], object]) -> None:
        self._now_ns = now_ns
        self._on_call = on_call
        self._look_ns = 0
        self._waiting = Gauge()
        self._total: Bulkhead | None = None
        self._each: dict[OperationType, Bulkhead] = {}
        self.refused: frozenset[OperationType] = frozenset()
        """Types whose application calls may not run at all, by the level of degradation."""

    @property
    def waiting(self) -> int:
        """Application calls that wait for a place."""
        return self._waiting.value

    @property
    def open(self) -> bool:
        """Whether it limits nothing."""
        return self._total is None and not self._each and not self.refused

    def limit_all(self, calls: int) -> None:
        """Let so many application calls run at once; 0: any number."""
        self._total = _resized(self._total, calls)

    def limit(self, operation: OperationType, calls: int) -> None:
        """Let so many calls of *operation* run at once; 0: any number."""
        places = _resized(self._each.get(operation), calls)
        if places is None:
            self._each.pop(operation, None)
        else:
            self._each[operation] = places

    def limit_of(self, operation: OperationType) -> int:
        """Return how many calls of *operation* may run at once; 0: any number."""
        places = self._each.get(operation)
        return 0 if places is None else places.limit

    def note_call(self, now_ns: int) -> None:
        """A call comes: have resources measured, unless they were just now."""
        if now_ns >= self._look_ns:
            self._look_ns = now_ns + LOOK_NS
            self._on_call()

    def admit(self, call: Admission, operation: OperationType, *, application: bool) -> None:
        """Give *call* its places; raise NoPlace if one does not come free by its deadline.

        It must be ended in any case.
        """
        if not application:
            self._await(call, self._each.get(operation), "max_concurrent")
            return
        if operation in self.refused:
            raise NoPlace("degradation")
        # Counts as long as this frame lasts.
        _waiting = self._waiting.token
        self._await(call, self._total, "max_operations")
        self._await(call, self._each.get(operation), "max_concurrent")

    def _await(self, call: Admission, places: Bulkhead | None, limit: str) -> None:
        if places is None:
            return
        try:
            call.take(places, max(0, call.deadline_ns - self._now_ns()) / 1e9)
        except BulkheadFull:
            raise NoPlace(limit) from None


def _resized(places: Bulkhead | None, calls: int) -> Bulkhead | None:
    if not calls:
        return None
    if places is None:
        return Bulkhead(calls)
    places.limit = calls
    return places
