"""Sets of whole numbers that mostly follow each other, in little memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise


class Intervals:
    """A set of numbers, kept as the intervals that they make up.

    The calls of a load are numbered 1, 2, 3 …: a million of them is one interval.
    """

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        """First numbers of the intervals, in order."""
        self._ends: list[int] = []
        """The numbers after their last ones."""

    def __contains__(self, number: object) -> bool:
        """Whether *number* was added."""
        if not isinstance(number, int) or not self._ends or number >= self._ends[-1]:
            return False
        place = bisect_right(self._starts, number) - 1
        return place >= 0 and number < self._ends[place]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the intervals: the first number of each, and the one after its last."""
        return zip(self._starts, self._ends, strict=True)

    def isdisjoint(self, numbers: Collection[int]) -> bool:
        """Whether none of *numbers* was added."""
        # Mostly they are all higher, and need not be looked for one by one.
        if not numbers or not self._ends or min(numbers) >= self._ends[-1]:
            return True
        return not any(number in self for number in numbers)

    def add(self, number: int) -> None:
        """Add *number*; nothing happens if it is there."""
        self.add_all(number, number + 1)

    def add_all(self, start: int, end: int) -> None:
        """Add the numbers from *start* to before *end*, which is greater."""
        starts, ends = self._starts, self._ends
        # Those that overlap or touch it become one with it.
        first, last = bisect_left(ends, start), bisect_right(starts, end)
        if first < last:
            start, end = min(start, starts[first]), max(end, ends[last - 1])
        starts[first:last], ends[first:last] = [start], [end]

    def add_sorted(self, numbers: Sequence[int]) -> None:
        """Add *numbers*, which rise: quick where most follow each other."""
        if not numbers:
            return
        start = numbers[0]
        if numbers[-1] - start >= len(numbers):
            for one, other in pairwise(numbers):
                if other != one + 1:
                    self.add_all(start, one + 1)
                    start = other
        self.add_all(start, numbers[-1] + 1)
