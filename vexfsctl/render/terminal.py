"""Text for a terminal: tables that fit its width by wrapping in their cells, nothing cut off.

If even single words of prose do not fit, it goes below its row; if that is not enough, each row
becomes a list of its own, with its prose wrapped. Ids are never broken, so that they can be copied.

The only module that imports rich. Its markup, highlighting and emoji are off for everything
shown: `[red]` in a log line is four letters and two brackets.
"""

from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import chain, compress

from rich.box import SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from vexfsctl.render.colour import paint
from vexfsctl.render.plain import NOTHING, cell_of, render_body, render_line, text_width
from vexfsctl.render.result import Column, CommandResult, Paragraph, Span, Table, Tone, spans_of
from vexfsctl.render.wrap import wrap_line

_STYLES = {
    Tone.GOOD: "green",
    Tone.NOTICE: "yellow",
    Tone.BAD: "bold red",
    Tone.DIM: "dim",
    Tone.STRONG: "bold",
}


_ASCII_HEAD = Box("    \n    \n -- \n" + "    \n" * 5, ascii=True)
"""SIMPLE_HEAD, with a rule of hyphens."""
_PROSE_WIDTH = 10
_GAP = 2
_INDENT = "    "


def render_terminal(
    result: CommandResult, *, width: int, colour: bool, ascii_rules: bool = False
) -> Iterator[str]:
    """Yield the body of *result* line by line, for a terminal of *width* columns."""
    box = _ASCII_HEAD if ascii_rules else SIMPLE_HEAD

    def lines_of_table(table: Table) -> list[str]:
        wrapped = () if table.title is None else wrap_line(table.title, width)
        title = (render_line(line, colour=colour) for line in wrapped)
        return [*title, *_table_lines(table, width, colour, box)]

    def lines_of_prose(prose: Paragraph) -> Iterator[str]:
        lines = chain.from_iterable(
            (line,) if prose.verbatim else wrap_line(line, width) for line in prose.lines
        )
        return (render_line(line, colour=colour) for line in lines)

    return render_body(result.body, lines_of_table, lines_of_prose)


def _table_lines(table: Table, width: int, colour: bool, box: Box) -> list[str]:
    rows = [[cell_of(column, row) for column in table.columns] for row in table.rows]
    if _narrowest(table.columns, rows) <= width:
        return _grid(table.columns, rows, width, colour, box)
    words = [not column.wraps for column in table.columns]
    columns, cells = [*compress(table.columns, words)], [[*compress(row, words)] for row in rows]
    if _narrowest(columns, cells) > width:
        return _lists(table.columns, rows, width, colour)
    header, rule, *lines = _grid(columns, cells, width, colour, box)
    prose = (_prose_below(table.columns, row, width, colour) for row in rows)
    return [
        header,
        rule,
        *chain.from_iterable((line, *more) for line, more in zip(lines, prose, strict=True)),
    ]


def _prose_below(
    columns: Sequence[Column], row: Sequence[Span], width: int, colour: bool
) -> Iterator[str]:
    for column, cell in zip(columns, row, strict=True):
        if column.wraps and cell.text != NOTHING:
            for line in wrap_line((_INDENT, f"{column.title}: ", cell), width):
                yield "".join(paint(each.text, each.tone, colour) for each in spans_of(line))


def _lists(
    columns: Sequence[Column], rows: Sequence[Sequence[Span]], width: int, colour: bool
) -> list[str]:
    title_width = max(text_width(column.title) for column in columns)
    lines: list[str] = []
    for row in rows:
        lines += [""] if lines else []
        for column, cell in zip(columns, row, strict=True):
            title = paint(f"{column.title:{title_width}}", Tone.STRONG, colour)
            text = _cell_lines(column, cell, width - title_width - _GAP, colour)
            lines.append(f"{title}{' ' * _GAP}{next(text)}")
            lines += (" " * (title_width + _GAP) + more for more in text)
    return lines


def _cell_lines(column: Column, cell: Span, width: int, colour: bool) -> Iterator[str]:
    for line in wrap_line((cell,), width) if column.wraps else ((cell,),):
        yield "".join(paint(each.text, each.tone, colour) for each in spans_of(line))


def _grid(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Span]],
    width: int,
    colour: bool,
    box: Box,
) -> list[str]:
    grid = RichTable(
        box=box, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold"
    )
    for column in columns:
        grid.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            # rich cuts off what may not wrap and does not fit.
            no_wrap=not column.wraps,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*map(_styled, row))
    console = _console(width, colour)
    with console.capture() as captured:
        console.print(grid)
    return [line.rstrip(" ") for line in captured.get().splitlines()]


def _narrowest(columns: Sequence[Column], rows: Sequence[Sequence[Span]]) -> int:
    """The width below which words, ids and numbers would have to be broken."""
    widths = [
        _PROSE_WIDTH
        if column.wraps
        else max(text_width(column.title), *(text_width(row[index].text) for row in rows), 0)
        for index, column in enumerate(columns)
    ]
    return sum(widths) + _GAP * (len(widths) - 1)


def _styled(cell: Span) -> Text:
    return Text(cell.text, style=_STYLES[cell.tone] if cell.tone else "")


def _console(width: int, colour: bool) -> Console:
    # Our caller has read the environment; rich's own reading of it could disagree.
    return Console(
        file=StringIO(),
        width=width,
        color_system="standard" if colour else None,
        force_terminal=colour,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )
