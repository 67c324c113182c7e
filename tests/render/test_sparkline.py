"""Numbers as bars."""

import pytest

from vexfsctl.render.sparkline import sparkline


@pytest.mark.parametrize(
    ("numbers", "bars"),
    [
        ((), ""),
        ((0, 0), "  "),
        ((1,), "█"),
        ((1, 2, 3, 4, 5, 6, 7, 8), "▁▂▃▄▅▆▇█"),
        ((0, 1, 1_000_000), " ▁█"),
        ((500, 250, 0), "█▄ "),
    ],
)
def test_bars(numbers: tuple[int, ...], bars: str) -> None:
    """One for each; the least that is not 0 can be seen."""
    assert sparkline(numbers) == bars
