"""Durations as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.units import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("30", 30_000),
        ("0.5", 500),
        ("500ms", 500),
        ("15m", 900_000),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        (" 2d ", 172_800_000),
        ("1.5s", 1_500),
        ("0", 0),
    ],
)
def test_a_duration_is_read(text: str, milliseconds: int) -> None:
    """Units from ms to d, several together, a bare number is seconds."""
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "m", "-1", "1x", "1h30", "1e3", "nan", "inf", "1,5s", "½h"])
def test_anything_else_is_refused(text: str) -> None:
    """Never guessed."""
    with pytest.raises(ValueError, match="not a duration: "):
        parse_duration(text)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0ms"),
        (999, "999ms"),
        (1_000, "1s"),
        (8_333, "8.3s"),
        (10_400, "10s"),
        (60_000, "1m"),
        (888_000, "14m48s"),
        (3_600_000, "1h"),
        (5_400_000, "1h30m"),
        (90_061_000, "1d1h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(milliseconds: int, text: str) -> None:
    """Short enough for a table, exact enough to act on."""
    assert format_duration(milliseconds) == text


@given(st.integers(0, 10**12))
def test_what_is_told_can_be_read_and_is_near(milliseconds: int) -> None:
    """Rounded, but never by more than a twentieth."""
    told = parse_duration(format_duration(milliseconds))

    assert abs(told - milliseconds) <= milliseconds / 20


@given(st.text(max_size=12))
def test_hostile_text_is_refused_or_read(text: str) -> None:
    """No other exception, whatever is typed."""
    with suppress(ValueError):
        assert parse_duration(text) >= 0
