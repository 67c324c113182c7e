"""A budget for retries: they stay a share of the calls, however many fail.

Without it, retries multiply the load on what is failing because of load.
"""

from vexfsctl.resilience import checks
from vexfsctl.resilience.clock import MONOTONIC, Timepiece, nanoseconds
from vexfsctl.resilience.counters import Counter

_TENTHS = 10


class RetryBudget:
    """Grants retries up to *share* of the calls of the last *within* seconds, plus *floor*.

    A share of 0.2 is one retry for five calls, 2.0 two for each. May be shared by several `Retry`.
    Time is kept in tenths of *within*.
    """

    def __init__(
        self,
        share: float = 0.2,
        *,
        floor: int = 10,
        within: float = 10.0,
        clock: Timepiece = MONOTONIC,
    ) -> None:
        checks.factor("share", share, least=0)
        checks.whole("floor", floor, least=0)
        checks.seconds("within", within)
        checks.clock("clock", clock)
        self.share = share
        self.floor = floor
        self.within = within
        self._now_ns = clock.now_ns
        self._width_ns = max(1, nanoseconds(within) // _TENTHS)
        self._parts: dict[int, _Part] = {}

    def add_call(self) -> None:
        """Count a call."""
        self._part().calls.add()

    def grant(self) -> bool:
        """Charge one retry; False if there is nothing left to charge it to."""
        now = self._part()
        parts = list(self._parts.values())
        calls, granted = (
            sum(part.calls.value for part in parts),
            sum(part.granted.value for part in parts),
        )
        if self.floor + self.share * calls - granted < 1:
            return False
        now.granted.add()
        return True

    def _part(self) -> "_Part":
        """Return the part of now, without those that are too old."""
        number = self._now_ns() // self._width_ns
        part = self._parts.get(number)
        if part is None:
            part = self._parts.setdefault(number, _Part())
            for old in [each for each in list(self._parts) if each <= number - _TENTHS]:
                self._parts.pop(old, None)
        return part


class _Part:
    __slots__ = ("calls", "granted")

    def __init__(self) -> None:
        self.calls, self.granted = Counter(), Counter()
