"""Where a stream lacks characters: ours have stand-ins, others are written out, in columns."""

import pytest

from tests.render.joined import render
from tests.render.samples import PROVENANCE
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.encoding import fit_text
from vexfsctl.render.formats import Screen
from vexfsctl.render.plugin import plugin_line
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Table
from vexfsctl.render.signs import stand_in

ROWS = (
    ("größe", "breaker closed → open", 12),
    ("a→b", "trip: closed → open (uid 0), “moved a → b”", 3),
)
TABLE = Table(
    (
        Column("NAME", lambda row: row[0]),
        Column("WHAT", lambda row: row[1], wraps=True),
        Column("COUNT", lambda row: row[2], right=True),
    ),
    ROWS,
    title="2 volumes — one of them moved",
)
LOG = Paragraph(("a line → of a log …",), verbatim=True)


def shown(*body: Table | Paragraph, width: int | None = None, encoding: str = "ascii") -> str:
    """Return how *body* is rendered for a stream of that encoding."""
    result = CommandResult("x", (), body)
    return render(result, OutputFormat.TABLE, PROVENANCE, Screen(width, encoding=encoding))


def test_columns_are_aligned_in_a_pipe() -> None:
    """They are measured as they will be shown."""
    assert shown(TABLE) == (
        "2 volumes -- one of them moved\n"
        "NAME         WHAT                                              COUNT\n"
        "gr\\xf6\\xdfe  breaker closed -> open                               12\n"
        'a\\u2192b     trip: closed -> open (uid 0), "moved a \\u2192 b"      3\n'
    )


def test_a_terminal_gets_a_rule_of_hyphens() -> None:
    """As wide as the table, which is laid out as ever."""
    header, rule, *lines = shown(TABLE, width=80).splitlines()[1:]

    assert set(rule) == {"-"}
    assert len(rule) == len(header) == max(map(len, lines))
    assert all(line[header.index("WHAT") - 1] == " " for line in lines)
    assert "─" in shown(TABLE, width=80, encoding="utf-8")


def test_a_line_of_a_log_is_written_out_as_it_is() -> None:
    """It is not ours, whatever it looks like; neither is a cell that is no prose."""
    assert shown(LOG) == "a line \\u2192 of a log \\u2026\n"


def test_the_end_of_a_plugins_line_is_ours() -> None:
    """A monitoring agent runs in the C locale as a rule."""
    line: Line = plugin_line("OK", "é" * 300)

    assert shown(Paragraph((line,), verbatim=True)) == "OK - " + "\\xe9" * 199 + "...\n"


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("closed → open", "closed -> open"),
        ("an id, or 0, -1, 1 …", "an id, or 0, -1, 1 ..."),
        ("nothing is known of 'xxx…'", "nothing is known of 'xxx...'"),
        ("mounted on /mnt/→, log /mnt/a…", "mounted on /mnt/\\u2192, log /mnt/a\\u2026"),
        ("/mnt/“a”", "/mnt/\\u201ca\\u201d"),
        ("\x9b\udcff日", "\\x9b\\xff\\u65e5"),
    ],
)
def test_what_is_ours_stands_alone(text: str, fitted: str) -> None:
    """A sign within a name is part of it, and must not be taken for another."""
    assert fit_text(text, "ascii") == fitted


def test_an_encoding_shows_what_it_has() -> None:
    """Latin-1 has letters, and no arrow; UTF-8 has all."""
    assert fit_text("größe → 量", "latin-1") == "größe -> \\u91cf"
    assert fit_text("größe → 量", "utf-8") == "größe → 量"
    assert stand_in("ID|±N", "utf-8") == "ID|±N"
    assert stand_in("ID|±N", "ascii") == "ID|+-N"
