"""How long to wait: arithmetic, in seconds, and chance. The waiting is elsewhere."""

import _random
from collections.abc import Callable
from enum import StrEnum

from vexfsctl.resilience.forking import renew_after_fork

Random = Callable[[], float]
"""Draws from [0, 1)."""


class _Source(_random.Random):
    """What `random` has its numbers from, without the modules that it loads."""

    def _start_after_fork(self) -> None:
        """Draw other numbers than the parent."""
        self.seed()


_SOURCE = _Source()
renew_after_fork(_SOURCE)

draw: Random = _SOURCE.random
"""What draws unless something else is given."""


class Jitter(StrEnum):
    """How a delay *d* is spread, so that those who failed together do not return together.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ compares them.
    """

    FULL = "full"
    """Between 0 and d."""
    EQUAL = "equal"
    """Between d/2 and d."""
    DECORRELATED = "decorrelated"
    """Between the base and three times the delay before."""


def exponential(base: float, factor: float, cap: float, number: int) -> float:
    """Return base * factor^(number - 1), at most *cap*; *number* counts from 1."""
    try:
        return min(cap, base * float(factor) ** (number - 1))
    except OverflowError:
        return cap if base else 0.0


def bounded(delay: float, share: float, cap: float, random: Random) -> float:
    """Spread *delay* by ± *share*, never above *cap*: what is cut off there is spread below it."""
    least, most = delay * (1 - share), min(cap, delay * (1 + share))
    return least + (most - least) * random()


def upwards(delay: float, share: float, cap: float, random: Random) -> float:
    """Spread *delay* by 0 … + *share*, never above *cap*: at the cap it is shortened first."""
    return min(delay, cap / (1 + share)) * (1 + share * random())


def spread(
    jitter: Jitter, delay: float, base: float, before: float, cap: float, random: Random
) -> float:
    """Apply *jitter* to *delay*; *before* is the delay of the time before (0 at first)."""
    match jitter:
        case Jitter.FULL:
            return delay * random()
        case Jitter.EQUAL:
            return delay / 2 * (1 + random())
        case Jitter.DECORRELATED:
            top = min(cap, max(base, before) * 3)
            return min(cap, base) + (top - min(cap, base)) * random()
