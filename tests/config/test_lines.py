"""Where things stand in a TOML text, held against tomllib's own reading of it."""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.config.documents import DOCUMENTS
from vexfsctl.config.lines import KeyPath, line_of, locate

EVERY_FORM = '''\
plain = 1
dotted."with quotes".'and more' = 2
[table."a.b"] # = [
lists = [ [1,
 2], {inner = """
over lines""", date = 2026-08-21 10:00:00},
 'last'] # ]
"esc\\u0061ped" = 3.14
inline = { dotted.key = { deep = 1 }, list = [
  7 ] }

[[array]]
n = 1
[[array]]
n = 2
[array.table]
quotes = """"two at the end"""""
empty = ""
after = 1
'''


def test_every_form_has_its_line() -> None:
    """Dotted and quoted keys, inline tables, arrays, and strings that look like all of them."""
    assert locate(EVERY_FORM) == {
        ("plain",): 1,
        ("dotted", "with quotes", "and more"): 2,
        ("table", "a.b"): 3,
        ("table", "a.b", "lists"): 4,
        ("table", "a.b", "escaped"): 8,
        ("table", "a.b", "inline"): 9,
        ("array",): 12,
        ("array", "n"): 13,
        ("array", "table"): 16,
        ("array", "table", "quotes"): 17,
        ("array", "table", "empty"): 18,
        ("array", "table", "after"): 19,
    }


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("dotted",), 2),
        (("dotted", "with quotes"), 2),
        (("table", "a.b", "lists", 1, "inner"), 4),
        (("table", "a.b", "inline", "list", 0), 9),
        (("array", "table", "after"), 19),
    ],
)
def test_what_is_in_a_statement_is_in_its_line(path: KeyPath, line: int) -> None:
    """Parts of a dotted key, and items of a value, which may begin in a later line."""
    assert line_of(path, locate(EVERY_FORM)) == line


def test_what_is_too_much_work_has_no_line() -> None:
    """None rather than that of something else, for what stands before it too."""
    text = "before = 1\nlong = [\n" + "1,\n" * 100 + "]\nafter = 1\n"

    assert line_of(("after",), locate(text)) == 104
    assert locate(text, most_work=10_000) == {}
    assert line_of(("before",), {}) is None


@given(DOCUMENTS)
def test_nothing_that_tomllib_finds_is_overlooked(text: str) -> None:
    """Every key of every table is located, in a statement that holds its name in some form."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    text = text.replace("\r\n", "\n")
    lines = locate(text)
    written = [*text.split("\n"), ""]
    begins = [*sorted(lines.values()), len(written)]

    for path in paths_of(document):
        name = path[-1]
        line = line_of(path, lines)
        assert line is not None, f"{path} in {text!r}"
        statement = written[line - 1 : begins[begins.index(line) + 1] - 1]
        assert isinstance(name, int) or str(name) in "\n".join(statement)


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=10))
def test_a_key_is_in_the_line_that_it_was_written_to(shape: list[tuple[int, bool]]) -> None:
    """Whatever stands between: blank lines, comments, strings and arrays over several lines."""
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for number, (height, as_table) in enumerate(shape):
        path = (f"table{number}",) if as_table else (*_last_table(expected), f"key{number}")
        expected[path] = len(lines) + 1
        lines += (
            [f"[{path[0]}]"]
            if as_table
            else [f"{path[-1]} = [", *["'''x", "]''', # ["] * height, "]"]
        )
        lines += ["", "# = ["] * height

    text = "\n".join(lines)

    tomllib.loads(text)
    assert {path: line_of(path, locate(text)) for path in expected} == expected


def _last_table(expected: dict[tuple[str, ...], int]) -> tuple[str, ...]:
    tables = [path[0] for path in expected if path[-1].startswith("table")]
    return (tables[-1],) if tables else ()


def paths_of(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every table, key and item of a document; of an array of tables no index."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            if not _is_array_of_tables(inner):
                yield from paths_of(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from paths_of(inner, (*path, index))


def _is_array_of_tables(value: object) -> bool:
    # [[a]] and a = [{}] read alike, and only the second has items with places of their own.
    return isinstance(value, list) and bool(value) and all(isinstance(i, dict) for i in value)
