"""Plain text survives the markup of manual pages."""

import subprocess

import pytest

from tests.support import privileges
from vexfsctl.render.mdoc import (
    argument,
    column_list,
    literal_block,
    tagged_list,
    text_lines,
    words,
)

NASTY = (
    ".Sh no section\n"
    "'br no request\n"
    r"a\fBbackslash\fP and \(bu"
    "\n"
    "quotes \"' and --dashes - x\n"
    "Größe → 量"
)


def test_a_sentence_begins_on_a_line_of_its_own() -> None:
    """As mdoc wants it; what is no end of a sentence stays on the line."""
    assert text_lines(
        "One ends. Two, e.g. this, does\n  too.  'Three' is read(2). --json is one."
    ) == [
        "One ends.",
        "Two, e.g. this, does too.",
        "\\&'Three' is read(2).",
        "--json is one.",
    ]


def test_a_long_sentence_is_folded_and_never_starts_a_macro() -> None:
    """Lines stay below 80 characters, and a dot at the beginning of one is a dot."""
    lines = text_lines("word " * 15 + ".hidden is a file")

    assert lines == [" ".join(["word"] * 15), r"\&.hidden is a file"]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("TARGET", "TARGET"),
        ("Op", r"\&Op"),
        (".", r"\&."),
        ("", r"\&"),
        ('a "b" c', r'"a \(dqb\(dq c"'),
        ("back\\slash", r"back\eslash"),
        ("±N", r"\[u00B1]N"),
    ],
)
def test_an_argument_is_taken_for_nothing_else(text: str, escaped: str) -> None:
    """Not for a macro, not for punctuation, not for two arguments."""
    assert argument(text) == escaped


def test_lists_are_built_of_items() -> None:
    """Tags with their text, and columns as wide as they must be."""
    assert tagged_list([("Fl -json", ["Short."])]) == [
        ".Bl -tag -width Ds",
        ".It Fl -json",
        "Short.",
        ".El",
    ]
    assert column_list(("state", "trip"), [("closed", "forced open")]) == [
        '.Bl -column "closed" "forced open"',
        ".It Em state Ta Em trip",
        ".It closed Ta forced open",
        ".El",
    ]
    assert words("a Op") == r"a \&Op"


def test_a_literal_block_shows_what_was_put_in() -> None:
    """Read back by mandoc: every line, to the character."""
    privileges.require("mandoc")
    page = [".Dd January 1, 2026", ".Dt X 1", ".Os", ".Sh EXAMPLES", *literal_block(NASTY)]

    shown = subprocess.run(
        ["mandoc", "-T", "utf8"],
        input="\n".join(page) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    for line in NASTY.splitlines():
        assert line in shown
