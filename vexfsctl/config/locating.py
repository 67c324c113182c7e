"""Lines of a TOML text: where each of its tables, keys and array items begins.

`tomllib` checks the text and reads the values, and forgets where they stood. This looks only for
what it left out, in a text that it took: nothing is checked here, and of a name that is there more
than once (an array of tables) the first place counts.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

KeyPath = tuple[str | int, ...]
"""Keys and indices from the outermost table on."""

_TOKEN = re.compile(
    r'''
      (?P<string> """(?:[^\\]|\\.)*?"{3,5} | \'{3}.*?\'{3,5}
                | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<comment> \#[^\n]* )
    | (?P<newline> \n )
    | (?P<mark> [\[\]{}=,] )
    | (?P<bare> [^\s\[\]{}=,."'\#]+ )
    | . # spaces, and the dots of a dotted key
    ''',
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Frame:
    """A table or an array whose inside is being read."""

    path: KeyPath
    is_array: bool = False
    items: int = 0
    """Items of the array begun so far."""
    parts: list[str] = field(default_factory=list)
    """Key of the table that is being read."""
    in_value: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """Line numbers, from 1 on, by path."""

    by_path: Mapping[KeyPath, int]

    def of(self, path: KeyPath) -> int:
        """Return the line of *path*, else that of the innermost table around it that is known."""
        while path and path not in self.by_path:
            path = path[:-1]
        return self.by_path.get(path, 1)


def locate(text: str) -> Lines:
    """Return where tables, keys and items of *text* begin; it must be valid TOML."""
    starts = [match.end() for match in re.finditer("\n", text)]
    lines: dict[KeyPath, int] = {}
    for path, position in _places(text):
        line = bisect_right(starts, position) + 1
        while path and path not in lines:
            lines[path] = line
            path = path[:-1]
    return Lines(lines)


def _places(text: str) -> Iterator[tuple[KeyPath, int]]:
    document = _Frame(())
    frames = [document]
    header_at: int | None = None
    for match in _TOKEN.finditer(text):
        kind, token, frame = match.lastgroup, match[0], frames[-1]
        if kind is None or kind == "comment":
            continue
        if kind == "newline":
            if frame is document:
                document.parts, document.in_value, header_at = [], False, None
        elif header_at is not None or (frame is document and _begins_header(frame, token)):
            header_at = match.start() if header_at is None else header_at
            if kind != "mark":
                document.parts.append(_name(token))
            elif token == "]":
                document.path = tuple(document.parts)
                yield document.path, header_at
        else:
            yield from _inside(frames, token, match.start(), is_mark=kind == "mark")


def _begins_header(document: _Frame, token: str) -> bool:
    return token == "[" and not document.in_value and not document.parts


def _inside(
    frames: list[_Frame], token: str, position: int, *, is_mark: bool
) -> Iterator[tuple[KeyPath, int]]:
    """Take one token of a key or a value; yield what begins with it."""
    frame = frames[-1]
    if is_mark and token in "]}":
        frames.pop()
    elif is_mark and token == ",":
        frame.parts, frame.in_value = [], False
    elif not frame.is_array and not frame.in_value:
        if is_mark:
            frame.in_value = True
            yield (*frame.path, *frame.parts), position
        else:
            frame.parts.append(_name(token))
    else:
        path: KeyPath = (*frame.path, *frame.parts)
        if frame.is_array and not frame.in_value:
            path = (*frame.path, frame.items)
            frame.items, frame.in_value = frame.items + 1, True
            yield path, position
        if is_mark:
            frames.append(_Frame(path, is_array=token == "["))


def _name(token: str) -> str:
    """Return the key that *token* stands for."""
    if token[0] not in "\"'":
        return token
    return next(iter(tomllib.loads(f"{token} = 0")))
