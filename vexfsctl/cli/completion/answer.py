"""The answer to a completion script: a line for each word, and one if a path may stand there.

The parts of a line are `word`, the text, and what is said of it; or `file` or `dir`, and what
stands before the path. For zsh and fish they are separated by tabs and unquoted: those shells quote
what they insert. bash gets words as they are to be inserted, and the path that is to be completed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from vexfsctl.cli.completion.offers import Offers, offers_for
from vexfsctl.cli.context import AppContext

_SEPARATOR = "\x1f"
"""Between the parts for bash, whose `read` takes several tabs for one."""
_MOST_FOR_BASH = 50
"""Characters that are said of an offer: bash does not cut lines at the edge of the terminal."""


def completion_answer(app: AppContext, shell: str, arguments: Sequence[str]) -> str | None:
    """Return the answer to the script of *shell*; None for a shell that has none.

    *arguments* are for bash the line up to the cursor and its COMP_WORDBREAKS; for the others the
    words up to the cursor without quotes, the last of which is being typed.
    """
    answer = _ANSWERS.get(shell)
    return None if answer is None else "".join(f"{line}\n" for line in answer(app, arguments))


def _for_bash(app: AppContext, arguments: Sequence[str]) -> Iterator[str]:
    from vexfsctl.cli.completion.bash_line import read_line

    line, breaks = arguments
    typed = read_line(line, breaks)
    offers = Offers() if typed.expands else offers_for(app, typed.words[1:], typed.begun)
    for offer in offers.words:
        replacement = typed.replacement(offers.option + offer.text)
        if replacement is not None:
            yield _SEPARATOR.join(("word", replacement, _phrase(offer.help)[:_MOST_FOR_BASH]))
    if offers.paths or typed.expands:
        path = typed.begun.removeprefix(offers.option + offers.before_path)
        # Usually the piece is the path; not if COMP_WORDBREAKS lacks what stands before that.
        before = typed.piece_value.removesuffix(path) if len(path) < len(typed.piece_value) else ""
        yield _SEPARATOR.join((offers.paths or "file", path, before))


def _for_zsh(app: AppContext, arguments: Sequence[str]) -> Iterator[str]:
    *words, begun = arguments
    offers = offers_for(app, words, begun)
    yield from (f"word\t{offer.text}\t{_phrase(offer.help)}" for offer in offers.words)
    if offers.paths:
        yield f"{offers.paths}\t{offers.before_path}"


def _for_fish(app: AppContext, arguments: Sequence[str]) -> Iterator[str]:
    *words, begun = arguments
    offers = offers_for(app, words, begun)
    for offer in offers.words:
        yield f"word\t{offers.option}{offer.text}\t{_phrase(offer.help)}"
    if offers.paths:
        yield f"{offers.paths}\t{offers.option}{offers.before_path}"


_ANSWERS: Mapping[str, Callable[[AppContext, Sequence[str]], Iterator[str]]] = {
    "bash": _for_bash,
    "zsh": _for_zsh,
    "fish": _for_fish,
}


def _phrase(text: str) -> str:
    return " ".join(text.split()) if text.isprintable() else ""
