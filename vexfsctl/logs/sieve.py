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

from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS
from vexfsctl.logs.kernel.form import ANYTHING, NAME
from vexfsctl.logs.kernel.literals import any_of, by_first_letter
from vexfsctl.logs.kernel.prefixes import PREFIX, WORDS
from vexfsctl.logs.own_records import may_be_vexfs, unnamed_leads
from vexfsctl.model.record import LogRecord

_COLON = ": "
_BEHIND_WORD = re.compile(r"([ :\[])")
BEGIN = "<begin>"
"""In a pattern of lines that do not matter: where the text of a line begins."""
WORD = "<word>"
"""The same: where a word begins that stands before the text, and a colon after it, or `[PID]:`; it
has neither of these in it, nor a blank."""
REST = "<rest>"
"""The same: where the text begins that such a word may stand before."""


@dataclass(frozen=True)
class Sieve:
    """How lines that matter are known, apart from those that name VexFS."""

    begins: bytes
    """Regular expression that the text of each of the others begins with, except that of …"""
    inside: tuple[bytes, ...]
    """… lines that have one of these literals anywhere."""
    words: bytes
    """What a word begins with, a quote after it included, that such a text may begin with."""
    rests: bytes
    """What follows a word, a colon and a blank in such a text, whatever the word; may be empty."""
    evidence: bool
    """Whether the kernel's own lines about devices matter, too."""

    def refuse(self, pattern: str) -> re.Pattern[bytes]:
        """Return *pattern* made to refuse lines that matter where it says what begins."""
        refused = {BEGIN: self.begins, WORD: self.words, REST: self.rests}
        for place, beginning in refused.items():
            refusal = f"(?!{beginning.decode()})" if beginning else ""
            pattern = pattern.replace(place, refusal)
        return re.compile(pattern.encode())

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* can matter: quick; False is certain."""
        return may_be_vexfs(record) or self.accepts_text(record.text)

    def accepts_text(self, text: str) -> bool:
        """Whether a record of this text can matter that does not name VexFS."""
        encoded = text.encode(errors="surrogatepass")
        if self._begins.match(encoded) is not None:
            return True
        return any(literal in encoded for literal in self.inside)

    @cached_property
    def _begins(self) -> re.Pattern[bytes]:
        return re.compile(self.begins)


@cache
def sieve(*, evidence: bool = True) -> Sieve:
    """Return the sieve of all forms that there are; without *evidence* of VexFS's alone."""
    kernel = [begin for form in EVIDENCE_FORMS for begin in form.begins if evidence]
    inside = [begin.removeprefix(ANYTHING) for begin in kernel if begin.startswith(ANYTHING)]
    named = [begin.removeprefix(NAME) for begin in kernel if begin.startswith(NAME)]
    literals = [begin for begin in kernel if not begin.startswith((ANYTHING, NAME))]
    # A name has no colon. Before it, old kernels print a blank, and a newline ends an empty line.
    # This accepts more than a form does, which only costs time.
    names = [rf"\n?[^\n:]{{1,160}}+{_behind_a_name(named)}"] if named else []
    literals += unnamed_leads()
    pattern = "|".join([by_first_letter(literals), *names])
    pattern = f"{PREFIX}?(?:{pattern})"
    rests = [each.removeprefix(_COLON) for each in (*named, *inside) if each.startswith(_COLON)]
    return Sieve(
        begins=pattern.encode(),
        inside=tuple(dict.fromkeys(each.encode() for each in inside)),
        words=by_first_letter((*_words_of(literals), *WORDS)).encode(),
        rests=by_first_letter(rests).encode(),
        evidence=evidence,
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
    pattern = f"{_COLON}(?:{by_first_letter(x.removeprefix(_COLON) for x in after_colon)})"
    return f"(?:{any_of(others)}|{pattern})" if others else pattern
