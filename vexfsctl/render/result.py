"""What a command returns to be shown: data, how complete it is, and how it reads as text.

JSON comes from `data`; tables and prose come from `body`, TSV from `tables`; both refer to the same
values.
Text in a body is plain: nothing in it is markup, and every renderer escapes it with
`render.escape`. Its pieces are named tuples: dataclasses take six times as long to define, which
every command that answers would wait for.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from vexfsctl.exceptions import ExitStatus, Problem
from vexfsctl.model.coverage import Coverage

_T = TypeVar("_T")


class Tone(StrEnum):
    """What a colour would say; the words say it already."""

    GOOD = "good"
    NOTICE = "notice"
    BAD = "bad"
    DIM = "dim"
    STRONG = "strong"


class Span(NamedTuple):
    """A piece of a line with a tone of its own."""

    text: str
    tone: Tone | None = None


Line = str | tuple[str | Span, ...]
"""One line of text, toned in parts or not at all; without its newline."""


def spans_of(line: Line) -> tuple[Span, ...]:
    """Return *line* in its parts."""
    pieces = (line,) if isinstance(line, str) else line
    return tuple(Span(piece) if isinstance(piece, str) else piece for piece in pieces)


class Column(NamedTuple):
    """One column: its title, and the text of a row's cell. None shows as `-`."""

    title: str
    """Upper case on screen; in TSV lower case with underscores."""
    text: Callable[[Any], object]
    right: bool = False
    """Numbers are aligned to the right."""
    wraps: bool = False
    """Prose, which a narrow terminal wraps before it breaks words, ids and numbers."""
    tone: Callable[[Any], Tone | None] | None = None
    drawn: bool = False
    """Signs of ours: a stream that lacks them gets others."""

    def of(self, part: Callable[[Any], Any]) -> "Column":
        """Return the same column of a *part* of each row."""
        text, tone = self.text, self.tone
        return self._replace(
            text=lambda row: text(part(row)),
            tone=None if tone is None else lambda row: tone(part(row)),
        )


class Table(NamedTuple):
    """Rows of values and the columns that show them."""

    columns: tuple[Column, ...]
    rows: Iterable[Any]
    title: Line | None = None
    """A line above it, on screen only."""


class Paragraph(NamedTuple):
    """Lines between or instead of tables; TSV leaves them out."""

    lines: Iterable[Line]
    verbatim: bool = False
    """Lines of a log: a narrow terminal gets them unbroken, so that they can be copied."""


class Rows(Generic[_T]):
    """Rows that may be too many for memory: each is made when it is shown."""

    def __init__(self, items: Iterable[Any], make: Callable[[Any], _T]) -> None:
        """*items* can be iterated over again; *make* makes a row of one of them."""
        self._items = items
        self._make = make

    def __iter__(self) -> Iterator[_T]:
        """Yield the rows; iterate as often as you like."""
        return map(self._make, self._items)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The answer of one command."""

    schema: str
    """Name without prefix and version: `status`, `breaker.list`."""
    data: object
    """Dataclasses, tuples and mappings of values `render.jsonable` knows; or `Rows` of those."""
    body: tuple[Table | Paragraph, ...] = ()
    """How it reads for people."""
    tables: tuple[Table, ...] | None = None
    """How it reads as TSV; None: the tables of the body."""
    coverage: Coverage = field(default_factory=Coverage)
    problems: tuple[Problem, ...] = ()
    exit_status: int | None = None
    """None: 3 when the coverage has gaps, else 0."""

    @property
    def status(self) -> int:
        """The exit status this answer stands for."""
        if self.exit_status is not None:
            return self.exit_status
        return ExitStatus.OK if self.coverage.complete else ExitStatus.INCOMPLETE
