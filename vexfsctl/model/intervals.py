"""Sets of whole numbers that mostly follow each other, in little memory."""

from bisect import bisect_right


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
        if not isinstance(number, int):
            return False
        place = bisect_right(self._starts, number) - 1
        return place >= 0 and number < self._ends[place]

    def add(self, number: int) -> None:
        """Add *number*; nothing happens if it is there."""
        starts, ends = self._starts, self._ends
        place = bisect_right(starts, number) - 1
        if place >= 0 and number < ends[place]:
            return
        joins_one = place >= 0 and number == ends[place]
        joins_next = place + 1 < len(starts) and number + 1 == starts[place + 1]
        if joins_one and joins_next:
            ends[place] = ends.pop(place + 1)
            starts.pop(place + 1)
        elif joins_one:
            ends[place] = number + 1
        elif joins_next:
            starts[place + 1] = number
        else:
            starts.insert(place + 1, number)
            ends.insert(place + 1, number + 1)
