"""Which lines of a log can matter at all, so that the others need not even be decoded.

A line matters if it names VexFS, or if its text begins as one of the declared forms does: a form
of another VexFS build whose lines need not name it (`upstream`), or one of the kernel's own lines
about a device (`kernel`). What the sieve does not take is lost in silence, so a test proves from
every form, in every rendering, that it does; what it takes in vain costs only time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from vexfsctl.logs.kernel.literals import DIGITS, any_of, by_letters
from vexfsctl.logs.kernel.prefixes import PREFIX, SAMPLES, WORDS, without_prefix
from vexfsctl.logs.own_records import may_be_vexfs, unnamed_leads
from vexfsctl.model.record import LogRecord

_COLON = ": "
_LETTERS = 2
_ROUGHLY = 8
"""Letters that are sought of a literal of the kernel's."""
_OF_HEADS = r"kernel[:\[]|\[ *[TC]\d"
"""How a text begins that has more of the head of its line in it: the kernel's tag, or a caller."""
_OWN = ("VexFS: ", "VexFS FFI")
"""How most of VexFS's texts begin: what does is never taken for the kernel's (`interpret`)."""
_BEHIND_WORD = re.compile(r"([ :\[])")
BEGIN = "<begin>"
"""In a pattern of lines that do not matter: where the text of a line begins."""
WORD = "<word>"
"""The same: where a word begins that stands before the text, and a colon after it, or `[PID]:`; it
has neither of these in it, nor a blank."""
REST = "<rest>"
"""The same: where the text begins that such a word may stand before."""
BEGINNING, WORDING, RESTING = "<beginning>", "<wording>", "<resting>"
"""In a pattern of what matters: how a line begins at these places that does."""


@dataclass(frozen=True)
class Sieve:
    """How lines that matter are known, apart from those that name VexFS."""

    literals: tuple[str, ...]
    """Their texts begin with one of these, of two letters at least, …"""
    named: tuple[str, ...]
    """… or with any name, and one of these behind it; both after an inner prefix, too. …"""
    inside: tuple[bytes, ...]
    """… Or their lines have one of these anywhere."""
    evidence: bool
    """Whether the kernel's own lines about devices matter, too."""

    def refuse(self, pattern: str) -> re.Pattern[bytes]:
        """Return *pattern* made to refuse lines that matter where it says what begins."""
        refused = {BEGIN: self._refused, WORD: self._words, REST: self._rests}
        for place, make in refused.items():
            if place in pattern:
                beginning = make()
                pattern = pattern.replace(place, f"(?!{beginning})" if beginning else "")
        return re.compile(pattern.encode())

    def seek(self, pattern: str) -> re.Pattern[bytes]:
        """Return *pattern* made to find lines that matter, and a few others, where it says what
        begins."""
        sought = {BEGINNING: self._begins_roughly, WORDING: self._words, RESTING: self._rests}
        for place, make in sought.items():
            if place in pattern:
                pattern = pattern.replace(place, f"(?:{make()})")
        return re.compile(pattern.encode())

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* can matter: quick; False is certain."""
        text = record.text
        # By what most lines begin with.
        return text.startswith(_OWN) or self.accepts_text(text) or may_be_vexfs(record)

    def accepts_text(self, text: str) -> bool:
        """Whether a record of this text can matter that does not name VexFS."""
        if self._begins(text):
            return True
        if (inner := without_prefix(text)) is not text and self._begins(inner):
            return True
        encoded = text.encode(errors="surrogatepass")
        if self.named and self._names.match(encoded) is not None:
            return True
        return any(literal in encoded for literal in self.inside)

    def accepts_evidence(self, text: str) -> bool:
        """Whether the kernel itself may say something of a device in a record of this text."""
        return not text.startswith(_OWN) and self.accepts_text(text)

    def _begins(self, text: str) -> bool:
        literals = self._by_letters.get(text[:_LETTERS])
        return literals is not None and text.startswith(literals)

    @cached_property
    def _by_letters(self) -> dict[str, tuple[str, ...]]:
        # Quicker to make than the regular expression is.
        found: dict[str, tuple[str, ...]] = {}
        for literal in self.literals:
            letters = literal[:_LETTERS]
            found[letters] = (*found.get(letters, ()), literal)
        return found

    @cached_property
    def _names(self) -> re.Pattern[bytes]:
        return re.compile(f"(?:{PREFIX}|){self._behind_any_name}".encode())

    @cached_property
    def _behind_any_name(self) -> str:
        # A name has no colon. Before it, old kernels print a blank, and a newline ends an empty
        # line. This accepts more than a form does, which only costs time.
        return rf"\n?[^\n:]{{1,160}}+{_behind_a_name(self.named)}"

    @cached_property
    def _texts(self) -> str:
        """Pattern for how texts begin, and a few others."""
        # The kernel has so many that to make it of all letters of each would take twice as long.
        letters = _ROUGHLY if self.evidence else None
        literals = by_letters(each[:letters] for each in self.literals)
        return f"{literals}|{self._behind_any_name}" if self.named else literals

    def _begins_roughly(self) -> str:
        # Not as an optional group: to try that for each line takes longer.
        return f"(?:{PREFIX}|)(?:{self._texts})"

    def _refused(self) -> str:
        """Return how no text may begin that is passed over: as those that matter, or with more of
        the head of its line."""
        if self.evidence:
            return f"{self._begins_roughly()}|{_OF_HEADS}"
        # Most lines begin with other letters.
        texts = self._texts
        return f"{_letters_of(self.literals)}(?:{texts}|{_OF_HEADS}|{PREFIX}(?:{texts}))"

    def _words(self) -> str:
        """Return what a word begins with, a quote after it included, that a text may begin with."""
        return by_letters((*_words_of(self.literals), *WORDS))

    def _rests(self) -> str:
        """Return what follows a word, a colon and a blank in a text, whatever the word, if any."""
        behind = (*self.named, *(each.decode() for each in self.inside))
        return by_letters(each.removeprefix(_COLON) for each in behind if each.startswith(_COLON))


@cache
def sieve(*, evidence: bool = True) -> Sieve:
    """Return the sieve of all forms that there are; without *evidence* of VexFS's alone."""
    others, named, inside = _beginnings_of_evidence() if evidence else ((), (), ())
    literals = tuple(dict.fromkeys((*others, *unnamed_leads())))
    assert all(len(literal) >= _LETTERS for literal in literals)
    encoded = tuple(each.encode() for each in inside)
    return Sieve(literals, named, encoded, evidence=evidence)


def _letters_of(literals: Iterable[str]) -> str:
    """Return a pattern for the first letters of *literals*, inner prefixes and more of a head."""
    begins = {
        each[:2]
        for each in (*literals, *SAMPLES, "k", "[T", "[C", *map("[{}".format, DIGITS), *DIGITS)
    }
    letters = re.escape("".join(sorted({each[0] for each in begins} - {"["})))
    behind = re.escape("".join(sorted(each[1] for each in begins if each[0] == "[")))
    return rf"(?=[{letters}]|\[[{behind}])"


def _beginnings_of_evidence() -> tuple[tuple[str, ...], ...]:
    """Return how the kernel's own lines begin: with a literal, with a name before it, anywhere."""
    # Deferred, as not all commands ask for evidence, and it has many forms.
    from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS
    from vexfsctl.logs.kernel.form import ANYTHING, NAME

    begins = [*dict.fromkeys(begin for form in EVIDENCE_FORMS for begin in form.begins)]
    return (
        tuple(begin for begin in begins if not begin.startswith((ANYTHING, NAME))),
        tuple(begin.removeprefix(NAME) for begin in begins if begin.startswith(NAME)),
        tuple(begin.removeprefix(ANYTHING) for begin in begins if begin.startswith(ANYTHING)),
    )


def _words_of(literals: Iterable[str]) -> Iterator[str]:
    """Yield how a word begins that is the beginning of a text that begins as one of *literals*."""
    for literal in literals:
        word, *behind = _BEHIND_WORD.split(literal, maxsplit=1)
        if not behind:
            yield word
        elif word and behind[0] != " ":
            yield f'{word}"'


def _behind_a_name(literals: Iterable[str]) -> str:
    """Return a pattern for *literals*; most begin with a colon, which is looked at but once."""
    after_colon: list[str] = []
    others: list[str] = []
    for literal in literals:
        (after_colon if literal.startswith(_COLON) else others).append(literal)
    pattern = f"{_COLON}(?:{by_letters(x.removeprefix(_COLON) for x in after_colon)})"
    return f"(?:{any_of(others)}|{pattern})" if others else pattern
