"""Strategies: TOML texts, sound and unsound, and configurations that are valid."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from vexfsctl.config.declaration import TABLES, Key
from vexfsctl.config.types import Boolean, Choice, Directory, Duration, Integer, ListOf, LogName
from vexfsctl.model.operations import OperationType

PIECES = (
    *(
        '"',
        "'",
        '"""',
        "'''",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\n",
        "\r\n",
        "#",
        "\\",
    ),
    *("a", "b", "breaker", "storage", "retry", "sources", "logs", "failure_threshold", "format"),
    *("1", "0x7f", "1e400", "nan", "true", "1979-05-27 07:32:00", " ", "\t", "é", "\0", "\x1b[2J"),
)
"""What TOML is made of, and what it is not."""

TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)

_NAMES = st.sampled_from(["a", "b", "c-1", '"q. ="', "'l]'", "3"])
_SCALARS = st.sampled_from(
    [
        "1",
        "-0.5",
        "true",
        "2026-08-21 10:00:00",
        '"x = 1 # ]"',
        "'[a]\\'",
        '"""a\n"b""""',
        "'''\n'''",
    ]
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", # ,]\n ".join(items) + "\n]"),
        st.dictionaries(_NAMES, inner, max_size=2).map(
            lambda table: (
                "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
            )
        ),
    ),
    max_leaves=6,
)
_KEYS = st.lists(_NAMES, min_size=1, max_size=3).map(".".join)
_STATEMENTS = st.one_of(
    st.tuples(_KEYS, _VALUES).map(" = ".join),
    _KEYS.map(lambda key: f"[ {key} ] # header"),
    _KEYS.map(lambda key: f"[[{key}]]"),
    st.sampled_from(["", "# comment = [", "   "]),
)
DOCUMENTS = st.lists(_STATEMENTS, max_size=8).map("\n".join)
"""Texts of which many are TOML: every form of key, table and value, in any mixture."""


def values_of(key: Key) -> st.SearchStrategy[tuple[str, Any]]:
    """Return values that *key* takes: each as written, and as the program has it."""
    match key.type:
        case Integer(number):
            return st.integers(number.low, number.high).map(lambda n: (str(n), n))
        case Duration():
            return st.integers(1, 999_999).map(lambda ms: (f'"{ms}ms"', ms))
        case Choice(members):
            return st.sampled_from([*members]).map(lambda word: (f'"{word}"', word))
        case Boolean():
            return st.booleans().map(lambda truth: (str(truth).lower(), truth))
        case ListOf(Directory()) | ListOf(LogName()):
            names = st.lists(st.sampled_from(["/run/vexfs", "/a b"]), max_size=2)
            make = str if isinstance(key.type.item, LogName) else Path
            return names.map(lambda each: (str(each).replace("'", '"'), tuple(map(make, each))))
        case _:
            raise AssertionError(f"no values for {key.type}")


@st.composite
def configurations(draw: st.DrawFn) -> tuple[str, dict[tuple[str, ...], Any]]:
    """Draw the text of a valid file, and its settings by table, operation type and key."""
    lines: list[str] = []
    settings: dict[tuple[str, ...], Any] = {}
    places: list[tuple[str, ...]] = [(name,) for name in TABLES]
    places += [("breaker", str(operation)) for operation in OperationType]
    for place in draw(st.permutations(places)):
        keys = TABLES[place[0]].keys
        chosen = draw(st.lists(st.sampled_from(sorted(keys)), unique=True, max_size=3))
        if chosen:
            lines.append(f"[{'.'.join(place)}]")
        for name in chosen:
            text, value = draw(values_of(keys[name]))
            lines.append(f"{name} = {text}")
            settings[(*place, name)] = value
    return "\n".join(lines), settings
