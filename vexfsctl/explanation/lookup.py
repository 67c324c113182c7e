"""Answers of `explain`: meanings of words and lines, or what may have been meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vexfsctl.exceptions import NotFound
from vexfsctl.explanation.attributes import explain_path
from vexfsctl.explanation.form import Explanation
from vexfsctl.explanation.glossary import whole_glossary
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType

if TYPE_CHECKING:
    from vexfsctl.model.entry import LogEntry

_SHOWN = 60
_NO_LINE = "standard input has no line from VexFS or about a device, and no known word"
_KEY_AND_VALUE = re.compile(r"[a-z_]+=(.+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one word or line means."""

    asked: str
    meanings: tuple[Explanation, ...]
    """Likeliest first; never empty."""


class Explainer:
    """Looks up words and lines in the whole glossary."""

    def __init__(self) -> None:
        self._glossary = whole_glossary()

    def answer(self, words: Sequence[str]) -> tuple[tuple[Answer, ...], tuple[NotFound, ...]]:
        """Return what each of *words* means, and an exception for each that means nothing.

        Words that form a name or a line together count as one, as in a line pasted without quotes.
        """
        text = " ".join(words)
        if len(words) > 1 and (together := self._together(words[0], text)):
            return (Answer(text, together),), ()
        apart = [(word, self.meanings(word)) for word in dict.fromkeys(words)]
        found = tuple(Answer(word, meanings) for word, meanings in apart if meanings)
        return found, tuple(self._unknown(word) for word, meanings in apart if not meanings)

    def answer_lines(self, text: str) -> tuple[tuple[Answer, ...], tuple[NotFound, ...]]:
        """Return what the different lines of *text* mean, as `answer` does; skip the others."""
        answers = ((line, self.meanings(line)) for line in dict.fromkeys(text.split("\n")))
        found = tuple(Answer(line.strip(), meanings) for line, meanings in answers if meanings)
        return found, () if found else (NotFound(_NO_LINE),)

    def meanings(self, text: str) -> tuple[Explanation, ...]:
        """Return everything that a word, a name of several words, a path or a line can mean."""
        text = text.strip()
        # A line first: it may end in the message of an error.
        if " " in text and (entry := _read_line(text)) is not None:
            return _explain_line(entry)
        if found := self._glossary.explain(text):
            return found
        if "/" in text and (found := explain_path(text)):
            return found
        keyed = _KEY_AND_VALUE.fullmatch(text)
        return self._glossary.explain(keyed[1]) if keyed else ()

    def _together(self, first: str, text: str) -> tuple[Explanation, ...]:
        entry = _read_line(text)
        # Prose that merely names VexFS, or has a line somewhere in it, is a line, unless its first
        # word has a meaning of its own.
        if entry is not None:
            prose = entry.upstream is not None or entry.record.loose
            if not (prose and self.meanings(first)):
                return _explain_line(entry)
        return self._glossary.explain(text)

    def _unknown(self, word: str) -> NotFound:
        shown = word if len(word) <= _SHOWN else f"{word[:_SHOWN]}…"
        return NotFound(f"nothing is known about {shown!r}", hint=self._hint(word))

    def _hint(self, word: str) -> str:
        if _is_id(word):
            return f"for an id: vexfsctl trace {word}"
        volume, slash, operation = word.partition("/")
        if volume and slash and operation in set(OperationType):
            return f"for the breaker itself: vexfsctl breaker show {word}"
        if near := self._glossary.suggest(word):
            return f"did you mean {' or '.join(near)}?"
        return "give an errno, a code, an error, a hint, a state, an attribute, or a line of a log"


def _read_line(text: str) -> "LogEntry | None":
    # Deferred: for a single word, neither of these is needed, and they read lines of all kinds.
    from vexfsctl.explanation.pasted_lines import read_pasted_line

    return read_pasted_line(text)


def _explain_line(entry: "LogEntry") -> tuple[Explanation, ...]:
    from vexfsctl.explanation.lines import explain_entry

    return explain_entry(entry)


def _is_id(word: str) -> bool:
    try:
        CorrelationId.parse(word.upper())
    except ValueError:
        return False
    return True
