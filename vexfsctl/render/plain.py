"""Text for a pipe or a file: tables aligned in columns, without box, wrapping or truncation."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from unicodedata import combining, east_asian_width

from vexfsctl.render.colour import paint
from vexfsctl.render.escape import escape_text
from vexfsctl.render.result import (
    Column,
    CommandResult,
    Line,
    Paragraph,
    Span,
    Table,
    Tone,
    spans_of,
)

_GAP = "  "
NOTHING = "-"
"""What a cell without a value shows."""


def render_plain(result: CommandResult, *, colour: bool = False) -> Iterator[str]:
    """Yield the body of *result* line by line, in colour only if that was asked for."""
    return render_body(
        result.body,
        lambda table: _table_lines(table, colour),
        lambda prose: (render_line(line, colour=colour) for line in prose.lines),
    )


def render_body(
    body: Sequence[Table | Paragraph],
    lines_of_table: Callable[[Table], Iterable[str]],
    lines_of_prose: Callable[[Paragraph], Iterable[str]],
) -> Iterator[str]:
    """Yield the lines of the blocks of *body* with an empty line between those."""
    return join_blocks(
        lines_of_table(block) if isinstance(block, Table) else lines_of_prose(block)
        for block in body
    )


def join_blocks(blocks: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of all blocks, an empty one between those; empty blocks vanish."""
    begun = False
    for block in blocks:
        gap = "\n" if begun else ""
        for line in block:
            yield f"{gap}{line}\n"
            gap, begun = "", True


def render_line(line: Line, *, colour: bool = False) -> str:
    """Render one line, escaped, without a newline at its end."""
    spans = spans_of(line)
    if not colour:
        return escape_text("".join([span.text for span in spans]))
    return "".join(paint(escape_text(span.text), span.tone, colour) for span in spans)


def cell_of(column: Column, row: object) -> Span:
    """Return the text of one cell, escaped, with its tone."""
    value = column.text(row)
    text = NOTHING if value is None else escape_text(str(value))
    return Span(text, column.tone(row) if column.tone else None)


def _table_lines(table: Table, colour: bool) -> list[str]:
    header = [Span(column.title, Tone.STRONG) for column in table.columns]
    rows = [header, *([cell_of(column, row) for column in table.columns] for row in table.rows)]
    widths = [max(text_width(cell.text) for cell in cells) for cells in zip(*rows, strict=True)]
    lines = [_row_line(table.columns, row, widths, colour) for row in rows]
    return lines if table.title is None else [render_line(table.title, colour=colour), *lines]


def _row_line(
    columns: Sequence[Column], cells: Sequence[Span], widths: Sequence[int], colour: bool
) -> str:
    pieces = []
    for column, cell, width in zip(columns, cells, widths, strict=True):
        padding = " " * (width - text_width(cell.text))
        text = paint(cell.text, cell.tone, colour)
        pieces.append(padding + text if column.right else text + padding)
    return _GAP.join(pieces).rstrip(" ")


def text_width(text: str) -> int:
    """Terminal columns that *text* takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )
