"""What every manual page begins and ends with."""

from vexfsctl import __date__
from vexfsctl.render.mdoc import text_lines, words


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
