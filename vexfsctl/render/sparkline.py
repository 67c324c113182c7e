"""Numbers as a line of bars, one character each."""

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def sparkline(numbers: Sequence[int]) -> str:
    """Return a bar for each number that is not 0, the highest for the greatest; else a blank."""
    top = max(numbers, default=0)
    return "".join(BARS[(n * len(BARS) - 1) // top] if n else " " for n in numbers)
