"""Tables, lines and TSV of one and the same result."""

from hypothesis import given
from hypothesis import strategies as st

from tests.render.joined import render, render_plain, render_terminal, render_tsv
from tests.render.samples import PROVENANCE, RESULT
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.formats import Screen
from vexfsctl.render.plain import render_line
from vexfsctl.render.result import Column, CommandResult, Paragraph, Span, Table, Tone
from vexfsctl.render.tsv import render_tsv_row


def test_a_pipe_gets_aligned_columns_and_nothing_else() -> None:
    """No box, no colour; wide characters count as two columns; controls are escaped."""
    assert render(RESULT, OutputFormat.TABLE, PROVENANCE, Screen()) == (
        "2 breakers, 1 open\n"
        "VOLUME  STATE   TRIPS SO FAR  NOTE\n"
        "loop0   open               1  disk \\x1b[2Jreplaced\\t[red]now[/red]\n"
        "量      closed            12  -\n"
        "\n"
        "next: vexfsctl breaker show \\x07loop0\n"
    )


def test_colour_in_a_pipe_only_repeats_the_words() -> None:
    """`--color always` paints the same text and moves nothing."""
    painted = render_plain(RESULT, colour=True)

    assert "\x1b[1;31mopen\x1b[0m               1" in painted
    assert "\x1b[32mclosed\x1b[0m            12" in painted
    assert _without_codes(painted) == render_plain(RESULT)


def test_a_terminal_gets_a_rule_under_the_header() -> None:
    """On a terminal that is wide enough nothing is wrapped."""
    assert render(RESULT, OutputFormat.TABLE, PROVENANCE, Screen(width=100)) == (
        "2 breakers, 1 open\n"
        "VOLUME  STATE   TRIPS SO FAR  NOTE\n"
        "──────────────────────────────────────────────────────────────────\n"
        "loop0   open               1  disk \\x1b[2Jreplaced\\t[red]now[/red]\n"
        "量      closed            12  -\n"
        "\n"
        "next: vexfsctl breaker show \\x07loop0\n"
    )


def test_a_narrow_terminal_wraps_prose_and_keeps_words() -> None:
    """At 40 columns the note is folded, its words nowhere cut off, the others whole."""
    assert render_terminal(RESULT, width=40, colour=False) == (
        "2 breakers, 1 open\n"
        "VOLUME  STATE   TRIPS SO FAR  NOTE\n"
        "────────────────────────────────────────\n"
        "loop0   open               1  disk\n"
        "                              \\x1b[2Jrep\n"
        "                              laced\\t[re\n"
        "                              d]now[/red\n"
        "                              ]\n"
        "量      closed            12  -\n"
        "\n"
        "next: vexfsctl breaker show \\x07loop0\n"
    )


def test_prose_that_has_no_room_beside_its_row_goes_below() -> None:
    """At 35 columns: the words stay a table; a row without prose is one line."""
    assert render_terminal(RESULT, width=35, colour=False) == (
        "2 breakers, 1 open\n"
        "VOLUME  STATE   TRIPS SO FAR\n"
        "────────────────────────────\n"
        "loop0   open               1\n"
        "    NOTE: disk\n"
        "      \\x1b[2Jreplaced\\t[red]now[/red]\n"
        "量      closed            12\n"
        "\n"
        "next: vexfsctl breaker show\n"
        "  \\x07loop0\n"
    )


def test_a_terminal_too_narrow_for_words_gets_a_list_for_each_row() -> None:
    """At 20 columns no row fits; prose wraps between words, and nothing is broken or cut off."""
    assert render_terminal(RESULT, width=20, colour=False) == (
        "2 breakers, 1 open\n"
        "VOLUME        loop0\n"
        "STATE         open\n"
        "TRIPS SO FAR  1\n"
        "NOTE          disk\n"
        "                \\x1b[2Jreplaced\\t[red]now[/red]\n"
        "\n"
        "VOLUME        量\n"
        "STATE         closed\n"
        "TRIPS SO FAR  12\n"
        "NOTE          -\n"
        "\n"
        "next: vexfsctl\n"
        "  breaker show\n"
        "  \\x07loop0\n"
    )


def test_a_terminal_breaks_prose_between_words_and_commands_nowhere() -> None:
    """What follows the first line is indented below it; lines of a log stay as they are."""
    command = (
        "  next: ",
        Span("vexfsctl trace CORR-6F1C93A20000002A", Tone.STRONG),
        "  why it failed",
    )
    prose = Paragraph((command, "one two three four five six seven eight nine"))
    log = Paragraph(("VexFS: [CORR-6F1C93A20000002A] a line of a log",), verbatim=True)

    shown = render_terminal(CommandResult("x", (), (prose, log)), width=30, colour=False)

    assert shown == (
        "  next: \n"
        "    vexfsctl trace CORR-6F1C93A20000002A\n"
        "    why it failed\n"
        "one two three four five six\n"
        "  seven eight nine\n"
        "\n"
        "VexFS: [CORR-6F1C93A20000002A] a line of a log\n"
    )


def test_a_narrow_terminal_never_interprets_markup() -> None:
    """A log line that says [red] stays those letters, in every layout."""
    for width in (30, 60, 100):
        joined = "".join(render_terminal(RESULT, width=width, colour=True).split())
        assert "\x1b[2J" not in joined
        assert "\x07" not in joined


def test_tsv_has_a_header_and_as_many_fields_in_every_line() -> None:
    """Names in lower case, raw values, absent ones empty, no prose."""
    assert render_tsv(RESULT) == (
        "volume\tstate\ttrips_so_far\tnote\n"
        "loop0\topen\t1\tdisk \\x1b[2Jreplaced\\t[red]now[/red]\n"
        "量\tclosed\t12\t\n"
    )


@given(st.text())
def test_no_value_breaks_a_tsv_line(text: str) -> None:
    """Two columns stay two fields on one line, whatever is in them."""
    table = Table((Column("A", lambda row: row), Column("B", lambda _: "end")), [text])

    line = render_tsv_row(table, text)

    assert line.split("\t")[1:] == ["end"]
    assert "\n" not in line


def test_an_empty_answer_is_empty() -> None:
    """No block, no line: not even an empty one."""
    nothing = CommandResult("log", ())

    assert render_plain(nothing) == render_tsv(nothing) == ""
    assert render_plain(CommandResult("log", (), (Paragraph(()), Paragraph(("end",))))) == "end\n"


def test_a_line_is_toned_in_parts() -> None:
    """Escaping happens inside the colour, so that data cannot end it."""
    line = ("state ", Span("op\x1ben", Tone.BAD), " now")

    assert render_line(line) == "state op\\x1ben now"
    assert render_line(line, colour=True) == "state \x1b[1;31mop\\x1ben\x1b[0m now"


def _without_codes(text: str) -> str:
    for code in ("\x1b[1;31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"):
        text = text.replace(code, "")
    return text


def test_the_title_of_a_table_wraps_like_prose() -> None:
    """It stands above a table that may be much narrower."""
    table = Table((Column("DEVICE", str),), ("sdb",), "errors by kind; each bar is 1s")
    result = CommandResult("x", (), body=(table,))

    assert render_terminal(result, width=24, colour=False) == (
        "errors by kind; each bar\n  is 1s\nDEVICE\n──────\nsdb\n"
    )
