"""Whether two counts say that something became more frequent."""

import math
from collections.abc import Iterator, Sequence

SIGNIFICANT = 0.05
"""A probability below which a difference is not taken for chance."""
_NEGLIGIBLE = 1e-17


def p_value(before: int, before_s: float, after: int, after_s: float) -> float:
    """Return how likely counts are that differ at least so much if the rate is the same in both.

    Each was counted in a time in seconds, above 0. Exact and two-sided, for independent events
    (Poisson): of all of them, those after are binomial if the rate did not change (Przyborowski and
    Wilenski, Biometrika 31, 1940). Errors of one fault are not independent: for them it is too
    small.
    """
    total = before + after
    share = after_s / (before_s + after_s)
    return min(1.0, 2 * math.fsum(_tail(total, share, after)))


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """Return *values*, p-values of several tests at once, corrected for there being so many.

    So that any at all is below a limit by chance as seldom as one alone (Holm, Scandinavian Journal
    of Statistics 6, 1979).
    """
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, values[place] * (len(values) - rank)))
        corrected[place] = highest
    return tuple(corrected)


def _tail(total: int, share: float, count: int) -> Iterator[float]:
    """Yield the probabilities of *count* of *total* and of all less likely beyond, largest first.

    Those that add nothing more are left out.
    """
    first = term = math.exp(
        math.lgamma(total + 1)
        - math.lgamma(count + 1)
        - math.lgamma(total - count + 1)
        + count * math.log(share)
        + (total - count) * math.log1p(-share)
    )
    odds = share / (1 - share)
    upwards = count > total * share
    while term > first * _NEGLIGIBLE:
        yield term
        if upwards:
            term *= (total - count) / (count + 1) * odds
            count += 1
        else:
            term *= count / (total - count + 1) / odds
            count -= 1
