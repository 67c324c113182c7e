"""Lines of prose for a narrow terminal: broken between words, commands left whole."""

import re
from collections.abc import Iterator

from vexfsctl.render.escape import escape_text
from vexfsctl.render.plain import text_width
from vexfsctl.render.result import Line, Span, Tone, spans_of

_INDENT = "  "
_WORDS = re.compile(r" *[^ ]+| +")


def wrap_line(line: Line, width: int) -> tuple[Line, ...]:
    """Return *line* as lines of at most *width* columns; what follows the first is indented.

    A word or a strong span (a command to copy) stays whole even if it is wider.
    """
    lines: list[list[Span]] = [[]]
    indent, used = _indent_of(line), 0
    for piece in _pieces(line):
        room = text_width(escape_text(piece.text.rstrip(" ")))
        if used > len(indent) and used + room > width:
            piece = Span(piece.text.lstrip(" "), piece.tone)
            lines.append([Span(indent)])
            used = len(indent)
        lines[-1].append(piece)
        used += text_width(escape_text(piece.text))
    return tuple(tuple(each) for each in lines)


def _indent_of(line: Line) -> str:
    text = "".join(span.text for span in spans_of(line))
    return " " * (len(text) - len(text.lstrip(" "))) + _INDENT


def _pieces(line: Line) -> Iterator[Span]:
    for span in spans_of(line):
        if span.tone is Tone.STRONG:
            yield span
        else:
            yield from (Span(word, span.tone) for word in _WORDS.findall(span.text))
