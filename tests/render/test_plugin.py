"""The line of a monitoring plugin, read back by an independent reading of the guidelines."""

import re
from dataclasses import dataclass
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.render.plain import render_line
from vexfsctl.render.plugin import plugin_line, render_perfdata

PERFDATUM = re.compile(
    r"(?P<label>'(?:[^'=|]|'')*'|[^ '=|]+)="
    r"(?P<value>-?[0-9.]+|U)(?P<unit>us|ms|s|%|B|KB|MB|TB|c)?"
    r"(?:;(?P<warn>[0-9.:@~-]*))?(?:;(?P<crit>[0-9.:@~-]*))?(?:;(?P<min>[0-9.-]*))?"
    r"(?:;(?P<max>[0-9.-]*))?(?: |$)"
)
"""One datum as nagios-plugins.org/doc/guidelines.html, "Performance data", has it."""


@dataclass(frozen=True)
class Number:
    """What is rendered here."""

    label: str
    value: int | None
    warning: int | None = None
    critical: int | None = None
    maximum: int | None = None
    counter: bool = False


def read_perfdata(text: str) -> list[dict[str, str | None]]:
    """Return every datum of *text*; fail on what is none."""
    data, at = [], 0
    while at < len(text):
        match = PERFDATUM.match(text, at)
        assert match is not None, text[at:]
        data.append(match.groupdict())
        at = match.end()
    return data


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Number("volumes", 2), "volumes=2;;;0"),
        (Number("errors_critical", 0, critical=0), "errors_critical=0;;0;0"),
        (Number("breakers_not_closed", 1, warning=0, maximum=7), "breakers_not_closed=1;0;;0;7"),
        (Number("timeouts", None, warning=0), "timeouts=U;0;;0"),
        (Number("loop0/errors", 27, counter=True), "loop0/errors=27c;;;0"),
        (Number("my disk/errors", 1, counter=True), "'my disk/errors'=1c;;;0"),
        (Number("it's=1|2", 1), "'it''s_1_2'=1;;;0"),
    ],
)
def test_a_datum(number: Number, text: str) -> None:
    """Quoted where needed, with what is known of it."""
    assert render_perfdata([number]) == text


COUNT = st.integers(0, 2**63)
NUMBERS = st.builds(
    Number,
    label=st.text(min_size=1),
    value=st.none() | COUNT,
    warning=st.none() | COUNT,
    critical=st.none() | COUNT,
    maximum=st.none() | COUNT,
    counter=st.booleans(),
)


@given(st.text(), st.lists(NUMBERS))
def test_whatever_is_in_it_the_line_reads_back(text: str, numbers: list[Number]) -> None:
    """One line, one bar, every datum as it was given."""
    line = render_line(plugin_line("WARNING", text, numbers))

    assert not [char for char in line if category(char) in ("Cc", "Cs", "Zl", "Zp")]
    shown, _, rest = line.partition(" | ")
    assert "|" not in shown
    assert "|" not in rest
    data = read_perfdata(rest)
    assert [each["value"] for each in data] == [
        "U" if number.value is None else str(number.value) for number in numbers
    ]
    assert [each["crit"] or None for each in data] == [
        None if number.critical is None else str(number.critical) for number in numbers
    ]


def test_long_text_is_cut_before_the_bar() -> None:
    """The numbers are always whole."""
    line = plugin_line("CRITICAL", "x" * 500, [Number("volumes", 2)])

    assert render_line(line) == f"CRITICAL - {'x' * 199}… | volumes=2;;;0"


def test_a_bar_in_foreign_text_begins_no_numbers() -> None:
    """A name in a log may hold one."""
    line = plugin_line("UNKNOWN", "no volume 'a|b=1'")

    assert render_line(line) == "UNKNOWN - no volume 'a\\x7cb=1'"
