r"""Pairs, their quoting, and what they cost in the kernel log."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.logfmt import (
    ELLIPSIS,
    ELLIPSIS_SIZE,
    cut_value,
    format_pairs,
    format_value,
    kernel_size,
    parse_pairs,
    written_size,
)

CLEAN_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
"""Any text that UTF-8 can carry."""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("loop0", "loop0"),
        ("/srv/données", "/srv/données"),
        (r"C:\x41", r"C:\x41"),
        ("", '""'),
        ("disk replaced", '"disk replaced"'),
        ("a=b", '"a=b"'),
        ('say "no"', r'"say \"no\""'),
        ("back\\ slash", r'"back\\ slash"'),
        ("a\nb", r'"a\x0ab"'),
        ("\x1b[31mred", r'"\x1b[31mred"'),
        ("no\N{NO-BREAK SPACE}break", r'"no\xc2\xa0break"'),
        ("\udcff", r'"\xff"'),
    ],
)
def test_a_value_is_quoted_when_it_must_be(value: str, written: str) -> None:
    """Space, quote, `=`, nothing and what does not print stand in quotes; the rest stays bare."""
    assert format_value(value) == written


def test_bytes_that_are_no_utf8_come_back_as_text() -> None:
    r"""An escaped 0xff is read as the four characters `\xff`: no value can break a JSON reader."""
    assert parse_pairs(r'reason="\xff"') == [("reason", r"\xff")]


def test_half_a_surrogate_pair_is_replaced() -> None:
    """What JSON can spell and UTF-8 cannot is written as U+FFFD."""
    assert parse_pairs(format_pairs([("msg", "a\ud800b")])) == [
        ("msg", "a\N{REPLACEMENT CHARACTER}b")
    ]


@pytest.mark.parametrize(
    "text",
    ['msg="torn', "vol=loop0 garbage", "=value", 'a="b"c', "a=b  c=d", 'a=b"c', " ", "a=b "],
)
def test_what_is_no_pair_is_refused(text: str) -> None:
    """A torn quote, a word without `=` and stray blanks are no pairs."""
    with pytest.raises(ValueError, match="no key=value at"):
        parse_pairs(text)


@given(st.lists(st.tuples(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), CLEAN_TEXT)))
def test_pairs_survive_the_round_trip(pairs: list[tuple[str, str]]) -> None:
    """Whatever the values hold, they come back, in their order, repeated keys included."""
    assert parse_pairs(format_pairs(pairs)) == pairs


@given(st.text())
def test_arbitrary_text_is_pairs_or_a_value_error(text: str) -> None:
    """Hostile text raises nothing but ValueError."""
    with suppress(ValueError):
        parse_pairs(text)


def test_the_kernel_hands_back_four_bytes_for_what_it_escapes() -> None:
    """Letters cost one byte; a backslash, a control and each byte of `é` cost four."""
    assert [kernel_size(text) for text in ("abc", "\\", "\t", "é", "…")] == [
        3,
        4,
        4,
        8,
        ELLIPSIS_SIZE,
    ]


@given(CLEAN_TEXT, st.integers(min_value=ELLIPSIS_SIZE, max_value=200))
def test_a_cut_value_is_the_longest_start_that_fits(value: str, room: int) -> None:
    """It takes the room it was given, and one character more would not fit."""
    start = cut_value(value, room).removesuffix(ELLIPSIS)

    assert value.startswith(start)
    assert written_size(start + ELLIPSIS) <= max(room, written_size(ELLIPSIS))
    if len(start) + 1 < len(value):
        assert written_size(value[: len(start) + 1] + ELLIPSIS) > room
