"""A line as bash reads it: the words before the cursor, and what readline replaces."""

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.program import BOUND_S
from vexfsctl.cli.completion.bash_line import TypedLine, read_line

BREAKS = " \t\n\"'><=;|&(:"
"""COMP_WORDBREAKS as bash has it at first."""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("vexfsctl ", TypedLine(("vexfsctl",), "", "", "")),
        ("vexfsctl  st", TypedLine(("vexfsctl",), "st", "st", "st")),
        ("v a\\ b c\\", TypedLine(("v", "a b"), "c", "c\\", "c")),
        ("v 'a b", TypedLine(("v",), "a b", "a b", "a b", "'")),
        ('v "a\\$b\\c', TypedLine(("v",), "a$b\\c", "a\\$b\\c", "a$b\\c", '"')),
        ("v a'b'c", TypedLine(("v",), "abc", "a'b'c", "abc")),
        ("v --x=y:z", TypedLine(("v",), "--x=y:z", "z", "z")),
        ("v --x='y:z", TypedLine(("v",), "--x=y:z", "y:z", "y:z", "'")),
        ("v x\\=y", TypedLine(("v",), "x=y", "x\\=y", "x=y")),
        ("v $HOME/x", TypedLine(("v",), "$HOME/x", "$HOME/x", "$HOME/x", "", expands=True)),
        ("v '$HOME", TypedLine(("v",), "$HOME", "$HOME", "$HOME", "'")),
        ("v 2>/dev/null a > b c ''", TypedLine(("v", "a", "c"), "", "''", "")),
    ],
)
def test_words_and_the_piece_that_is_replaced(line: str, expected: TypedLine) -> None:
    """Quotes, backslashes, breaks, expansions, and redirections, which are no words."""
    assert read_line(line, BREAKS) == expected


def test_other_breaks_make_other_pieces() -> None:
    """Those who took `:` and `=` out of COMP_WORDBREAKS get whole words."""
    typed = read_line("v --x=y:z", " \t\n\"'><;|&(")

    assert typed.piece == "--x=y:z"
    assert typed.replacement("--x=y:zoo") == "--x=y:zoo"


def test_a_word_in_another_case_replaces_the_piece() -> None:
    """What was typed is spelt as the word is."""
    assert read_line("v --x=ioe", BREAKS).replacement("--x=IoError") == "IoError"


def test_double_quotes_cannot_hold_an_exclamation_mark() -> None:
    """bash expands it there, whatever stands before it."""
    assert read_line('v "a', BREAKS).replacement("a!b") is None
    assert read_line("v 'a", BREAKS).replacement("a!b") == "a!b"
    assert read_line("v a", BREAKS).replacement("a!b") == "a\\!b"


TYPED_WORDS = st.tuples(
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12),
    st.integers(0, 12),
    st.sampled_from(["", "'", '"']),
)
"""A word, how many characters of it are typed, and in which quotes."""


@settings(max_examples=20)
@given(cases=st.lists(TYPED_WORDS, min_size=20, max_size=40))
def test_bash_reads_the_completed_line_as_the_word(cases: list[tuple[str, int, str]]) -> None:
    """Whatever was typed of it, and in whatever quotes: nothing of that is taken back."""
    lines, words = [], []
    for word, at, quote in cases:
        line = f"v {_typed(word[:at], quote)}"
        read = read_line(line, BREAKS)
        replacement = read.replacement(word)
        assert read.begun == word[:at]
        if replacement is not None:
            lines.append(line[: len(line) - len(read.piece)] + replacement + read.quote)
            words.append(word)
            assert lines[-1].startswith(line)

    assert _second_words(lines) == words


def _typed(text: str, quote: str) -> str:
    if quote == "'":
        return quote + text.replace("'", "'\\''")
    if quote:
        return quote + re.sub(r'([\\"$`])', r"\\\1", text)
    return re.sub(r"([^\w])", r"\\\1", text)


def _second_words(lines: list[str]) -> list[str]:
    script = 'for line; do eval "words=($line)"; printf "%s\\0" "${words[1]}"; done'
    understood = subprocess.run(
        ["bash", "-c", script, "bash", *lines],
        capture_output=True,
        check=True,
        timeout=BOUND_S,
    )
    return understood.stdout.decode().split("\0")[:-1]


@given(line=st.text(max_size=60), breaks=st.text(max_size=8))
def test_any_line_is_read(line: str, breaks: str) -> None:
    """The piece is the end of the line, and its value that of the word."""
    typed = read_line(line, breaks)

    assert line.endswith(typed.piece)
    assert typed.begun.endswith(typed.piece_value)
