"""Text for a stream whose encoding lacks characters, converted before anything is measured.

Our own texts have ASCII stand-ins for the few other characters that they use: `closed -> open`.
Foreign text, a path or a line of a log, is written out instead (`\\u2192`), so that it cannot be
taken for something else. Both can come in one text: an arrow of ours is a word of its own, unlike
one in the name of a file.
"""

import re
from collections.abc import Sequence
from functools import partial

from vexfsctl.render.escape import escape_text
from vexfsctl.render.result import Column, Line, Paragraph, Span, Table, spans_of
from vexfsctl.render.signs import STAND_INS, lacks_ours, stand_in, takes_all

_OURS = r"(?<!\S)[→…—±](?!\S)|…(?=')|(?<!\S)“(?P<quoted>.*?)”(?!\S)"
"""A sign between spaces, the end of a word that was cut, a quotation, whose content is foreign."""


def fit_text(text: str, encoding: str, *, verbatim: bool = False) -> str:
    """Return *text*, escaped, in characters that *encoding* has; *verbatim*: nothing is ours."""
    text = escape_text(text)
    if text.isascii() or takes_all(encoding):
        return text
    if lacks_ours(encoding) and not verbatim:
        text = re.sub(_OURS, _stand_in_match, text)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def fit_line(line: Line, encoding: str, *, verbatim: bool = False) -> Line:
    """Do the same for each part of *line*; a part that is nothing but a sign is ours anyway."""
    return tuple(
        Span(fit_text(each.text, encoding, verbatim=verbatim and len(each.text) > 1), each.tone)
        for each in spans_of(line)
    )


def fit_body(body: Sequence[Table | Paragraph], encoding: str) -> tuple[Table | Paragraph, ...]:
    """Do the same for all that is shown in *body*."""
    return tuple(
        _fit_table(block, encoding) if isinstance(block, Table) else _fit_prose(block, encoding)
        for block in body
    )


def _fit_prose(prose: Paragraph, encoding: str) -> Paragraph:
    lines = (fit_line(line, encoding, verbatim=prose.verbatim) for line in prose.lines)
    return Paragraph(lines, prose.verbatim)


def _fit_table(table: Table, encoding: str) -> Table:
    columns = tuple(
        each._replace(text=partial(_fit_cell, each, encoding)) for each in table.columns
    )
    title = None if table.title is None else fit_line(table.title, encoding)
    return Table(columns, table.rows, title)


def _fit_cell(column: Column, encoding: str, row: object) -> str | None:
    value = column.text(row)
    if column.drawn:
        return None if value is None else stand_in(str(value), encoding)
    # A cell that is not prose is a name or a number.
    return None if value is None else fit_text(str(value), encoding, verbatim=not column.wraps)


def _stand_in_match(match: re.Match[str]) -> str:
    quoted = match["quoted"]
    return STAND_INS[match[0]] if quoted is None else f'"{quoted}"'
