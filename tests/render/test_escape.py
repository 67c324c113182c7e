"""Foreign text never acts on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.render.escape import escape_field, escape_fields, escape_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("disk replaced", "disk replaced"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("two\nlines\tand\rmore", "two\\nlines\\tand\\rmore"),
        ("bell\x07del\x7f", "bell\\x07del\\x7f"),
        ("csi\x9b2J", "csi\\x9b2J"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("line\u2028separator", "line\\u2028separator"),
        ("byte\udcffx", "byte\\xffx"),
        ("half\ud83d", "half\\ud83d"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("Größe 量 नमस्ते", "Größe 量 नमस्ते"),
        ("क्\u200dष", "क्\u200dष"),
        ("10\u00a0s", "10\u00a0s"),
        ("[red]not markup[/red] :smile:", "[red]not markup[/red] :smile:"),
        (r"C:\n", r"C:\n"),
    ],
)
def test_only_what_is_for_reading_stays(text: str, shown: str) -> None:
    """Control, format and surrogate characters are written out; letters of any script stay."""
    assert escape_text(text) == shown


@given(st.text())
def test_nothing_escaped_can_move_a_cursor(text: str) -> None:
    """Whatever goes in, one line without a control character comes out, and escaping ends."""
    shown = escape_text(text)

    assert all(ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0 for character in shown)
    assert len(shown.splitlines()) <= 1
    assert escape_text(shown) == shown


@given(st.text(), st.text())
def test_two_different_fields_stay_different(one: str, other: str) -> None:
    """In TSV the escape can be undone: no two values look alike."""
    assert (escape_field(one) == escape_field(other)) == (one == other)


@given(st.lists(st.text() | st.from_regex(r"[a-z\\\t ]{0,9}", fullmatch=True)))
def test_the_fields_of_a_row_are_escaped_one_by_one(texts: list[str]) -> None:
    """Also where none needs it, or one."""
    assert list(escape_fields(texts)) == [escape_field(text) for text in texts]
