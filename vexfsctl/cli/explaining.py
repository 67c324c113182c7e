"""From the words that `explain` was given to their meanings, or to what may have been meant."""

import re
from collections.abc import Iterator, Sequence

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.explain_lines import explain_line, explain_read_line, read_line
from vexfsctl.cli.explain_report import Answer
from vexfsctl.cli.explain_words import explain_path, whole_glossary
from vexfsctl.exceptions import LogUnreadable, NotFound
from vexfsctl.explanation.form import Explanation
from vexfsctl.logs.sources.stream import read_stream
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType

STANDARD_INPUT = "-"
MOST_INPUT = 1 << 20
"""Bytes of standard input that are looked at: a line is pasted, a log is for `log` and `trace`."""

_SHOWN = 60
_NO_LINE = "no line of standard input is VexFS's or about a device, or a word that is known"
_KEY_AND_VALUE = re.compile(r"[a-z_]+=(.+)")


class Explainer:
    """Looks up words and lines in everything there is."""

    def __init__(self) -> None:
        self._glossary = whole_glossary()

    def answer(self, words: Sequence[str]) -> tuple[tuple[Answer, ...], tuple[NotFound, ...]]:
        """Return the meanings of *words*, and for each without one what may have been meant.

        Words that make a name or a line together, as a pasted line without quotes does, are one.
        """
        text = " ".join(words)
        if len(words) > 1 and (together := self._together(words[0], text)):
            return (Answer(text, together),), ()
        apart = [(word, self.meanings(word)) for word in dict.fromkeys(words)]
        found = tuple(Answer(word, meanings) for word, meanings in apart if meanings)
        return found, tuple(self._unknown(word) for word, meanings in apart if not meanings)

    def answer_lines(self, text: str) -> tuple[tuple[Answer, ...], tuple[NotFound, ...]]:
        """Return the meanings of each different line of *text* that has any, as `answer` does."""
        answers = ((line, self.meanings(line)) for line in dict.fromkeys(text.split("\n")))
        found = tuple(Answer(line.strip(), meanings) for line, meanings in answers if meanings)
        return found, () if found else (NotFound(_NO_LINE),)

    def meanings(self, text: str) -> tuple[Explanation, ...]:
        """Return everything that a word, a name of several words, a path or a line can mean."""
        text = text.strip()
        # A line first: one may end in a message that is an error's own.
        if " " in text and (found := explain_line(text)):
            return found
        if found := self._glossary.explain(text):
            return found
        if "/" in text and (found := explain_path(text)):
            return found
        keyed = _KEY_AND_VALUE.fullmatch(text)
        return self._glossary.explain(keyed[1]) if keyed else ()

    def _together(self, first: str, text: str) -> tuple[Explanation, ...]:
        entry = read_line(text)
        # Prose that only names VexFS is a line, unless it begins with a word that was asked for.
        if entry is not None and (entry.upstream is None or not self.meanings(first)):
            return explain_read_line(entry)
        return self._glossary.explain(text)

    def _unknown(self, word: str) -> NotFound:
        shown = word if len(word) <= _SHOWN else f"{word[:_SHOWN]}…"
        return NotFound(f"nothing is known of {shown!r}", hint=self._hint(word))

    def _hint(self, word: str) -> str:
        if _is_id(word):
            return f"an id is a story of its own: vexfsctl trace {word}"
        volume, slash, operation = word.partition("/")
        if volume and slash and operation in set(OperationType):
            return f"for the breaker itself: vexfsctl breaker show {word}"
        if near := self._glossary.suggest(word):
            return f"did you mean {' or '.join(near)}?"
        return "give an errno, a code, an error, a hint, a state, an attribute, or a line of a log"


def read_input(app: AppContext) -> str:
    """Return what stands on standard input, at most `MOST_INPUT` bytes; raise LogUnreadable."""
    stdin = app.host.stdin
    if stdin is None:
        raise LogUnreadable("cannot read standard input: it is closed")
    return b"".join(_bounded(read_stream(stdin, app.host.deadlines.source_s))).decode(
        errors="backslashreplace"
    )


def _bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    room = MOST_INPUT
    for chunk in chunks:
        yield chunk[:room]
        room -= len(chunk)
        if room <= 0:
            return


def _is_id(word: str) -> bool:
    try:
        CorrelationId.parse(word.upper())
    except ValueError:
        return False
    return True
