r"""Manual pages in mdoc(7), the markup of BSD that mandoc and groff both read.

Plain text goes in, page source comes out: whatever could be taken for a macro or a font escape is
escaped here. Sentences begin on lines of their own, as mdoc wants them.
"""

import re
from collections.abc import Iterable, Sequence

from vexfsctl import __date__

_WIDTH = 78
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]'\"_][.!?:]) +(?=[A-Z0-9'\"-])")
_DELIMITERS = frozenset(".,:;()[]?!|")
_LOOKS_LIKE_A_MACRO = re.compile(r"[A-Z][a-z][a-z]?|%[A-Z]")


def escape(text: str) -> str:
    """Return *text* for the middle of a text line."""
    return "".join(map(_escape_character, text))


def argument(text: str) -> str:
    """Return *text* as one argument of a macro."""
    text = escape(text).replace('"', r"\(dq")
    if text in _DELIMITERS or _LOOKS_LIKE_A_MACRO.fullmatch(text) or not text:
        return rf"\&{text}"
    return f'"{text}"' if " " in text else text


def words(text: str) -> str:
    """Return *text* as the arguments of a macro, one per word."""
    return " ".join(map(argument, text.split()))


def text_lines(paragraph: str) -> list[str]:
    """Return a paragraph as source lines: a sentence begins a line, long ones are folded."""
    lines: list[str] = []
    for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
        lines += _fold(escape(sentence))
    return [_guard(line) for line in lines]


def literal_block(text: str) -> list[str]:
    """Return *text* as a block that is shown as it stands and can be copied."""
    lines = [_guard(escape(line).replace("-", r"\-")) for line in text.splitlines()]
    return [".Bd -literal -offset 2n", *lines, ".Ed"]


def tagged_list(items: Iterable[tuple[str, Sequence[str]]], *, width: str = "Ds") -> list[str]:
    """Return a list of tags, macro lines already, each with the source lines of its text."""
    lines = [f".Bl -tag -width {width}"]
    for tag, body in items:
        lines += [f".It {tag}", *body]
    return [*lines, ".El"]


def column_list(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table whose columns are as wide as their widest cell."""
    rows = [tuple(row) for row in rows]
    widths = [max(cells, key=len) for cells in zip(header, *rows, strict=True)]
    lines = [".Bl -column " + " ".join(f'"{escape(width)}"' for width in widths)]
    lines += [".It " + " Ta ".join(f"Em {words(title)}" for title in header)]
    lines += [".It " + " Ta ".join(words(cell) or r"\&" for cell in row) for row in rows]
    return [*lines, ".El"]


def _escape_character(character: str) -> str:
    if character == "\\":
        return r"\e"
    return character if character.isascii() else rf"\[u{ord(character):04X}]"


def _fold(sentence: str) -> list[str]:
    # textwrap would count and break escapes and hyphens as it likes.
    lines = [""]
    for word in sentence.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _guard(line: str) -> str:
    return rf"\&{line}" if line.startswith((".", "'")) else line


def page_head(name: str, section: int, description: str) -> list[str]:
    """Return prologue and NAME of a page; *description* is a phrase without full stop."""
    return [
        '.\\" Made by vexfsctl generate man; change what it is made from.',
        f".Dd {__date__}",
        f".Dt {name.upper()} {section}",
        ".Os",
        ".Sh NAME",
        f".Nm {name}",
        f".Nd {words(description)}",
    ]


def see_also(*pages: str) -> list[str]:
    """Return the section that refers to other *pages*, written `name(5)`."""
    ordered = sorted(pages, key=lambda page: (page[-2], page))
    references = [f".Xr {page[:-3]} {page[-2]}" for page in ordered]
    return [".Sh SEE ALSO", *(f"{line} ," for line in references[:-1]), references[-1]]


def paragraphs(*texts: str) -> list[str]:
    """Return *texts* as paragraphs, none before the first."""
    lines: list[str] = []
    for text in texts:
        lines += [".Pp"] if lines else []
        lines += text_lines(text)
    return lines
