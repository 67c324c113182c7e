"""Whether two counts differ by more than chance, against exact arithmetic."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.analysis.errors.rates import holm, p_value


def exact_p(before: int, before_s: int, after: int, after_s: int) -> float:
    """Return the same probability by its definition, in whole numbers."""
    total = before + after
    share = Fraction(after_s, before_s + after_s)
    each = [comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(total + 1)]
    return float(min(Fraction(1), 2 * min(sum(each[: after + 1]), sum(each[after:]))))


COUNTS = st.integers(0, 60)
SECONDS = st.integers(1, 1_000_000)


@given(COUNTS, SECONDS, COUNTS, SECONDS)
def test_it_is_exact(before: int, before_s: int, after: int, after_s: int) -> None:
    """For any counts and times."""
    expected = exact_p(before, before_s, after, after_s)
    assert p_value(before, before_s, after, after_s) == pytest.approx(expected, rel=1e-9, abs=1e-15)


@given(COUNTS, SECONDS, COUNTS, SECONDS)
def test_before_and_after_can_be_exchanged(
    before: int, before_s: int, after: int, after_s: int
) -> None:
    """A difference is one in either direction."""
    assert p_value(before, before_s, after, after_s) == pytest.approx(
        p_value(after, after_s, before, before_s), rel=1e-6, abs=1e-15
    )


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        # scipy.stats.binomtest(30, 40, 0.5).pvalue and the like, by their tails.
        ((10, 100, 30, 100), 0.0022214),
        ((5, 100, 5, 100), 1.0),
        ((5, 100, 10, 200), 1.0),
        ((0, 100, 1, 100), 1.0),
        ((0, 100, 6, 100), 0.03125),
        ((1_000_000, 1, 1_000_000, 1), 1.0),
        ((1_000_000, 1, 1_010_000, 1), 1.8e-12),
        ((1_000_000, 1, 0, 1), 0.0),
    ],
)
def test_known_values(counts: tuple[int, int, int, int], p: float) -> None:
    """Those of large counts are found as quickly as those of small ones."""
    assert p_value(*counts) == pytest.approx(p, rel=0.05, abs=1e-300)


def test_several_tests_at_once_are_corrected() -> None:
    """The smallest counts as many times as there are tests, the next once less, and so on."""
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx((0.04, 0.06, 0.06, 0.06))
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()
