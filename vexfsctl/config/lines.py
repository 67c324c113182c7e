"""Lines of a TOML text: where each of its tables and keys begins.

`tomllib` reads the values and forgets where they stood. But it accepts a valid text up to the end
of each statement and up to no other line, so feeding it line after line finds the statements.
"""

import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""Keys and indices, from the outermost table on."""

_MOST_WORK = 1 << 20
"""Characters to feed to `tomllib`, about two seconds of work: a value is read again for each of its
lines, so one of thousands of lines would take minutes."""


def locate(text: str, most_work: int = _MOST_WORK) -> Mapping[KeyPath, int]:
    """Return the line, counted from 1, in which each statement begins; empty if too much work.

    *text* must be valid TOML. If a path occurs more than once, its first place counts.
    """
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    statement, begin, work = "", 1, 0
    for number, line in enumerate(text.split("\n"), start=1):
        statement += f"{line}\n"
        work += len(statement)
        if work > most_work:
            return {}
        try:
            path = _path_of(tomllib.loads(statement))
        except ValueError:
            continue  # Its value goes on in the next line.
        if statement.lstrip().startswith("["):
            table = path
            lines.setdefault(table, begin)
        elif path:
            lines.setdefault((*table, *path), begin)
        statement, begin = "", number + 1
    return lines


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """Return the line of the statement that *path* is in, or is the beginning of."""
    nearest = max(lines, key=lambda each: _shared(each, path), default=None)
    return None if nearest is None else lines[nearest]


def _path_of(value: object) -> KeyPath:
    """Return the keys down to the first value that is not a table of one key."""
    if not isinstance(value, dict) or len(value) != 1:
        return ()
    ((key, inner),) = value.items()
    return (key, *_path_of(inner))


def _shared(one: KeyPath, other: KeyPath) -> int:
    length = min(len(one), len(other))
    return length if one[:length] == other[:length] else 0
