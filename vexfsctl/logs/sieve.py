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

from vexfsctl.logs.kernel.filesystems import EVIDENCE_FORMS
from vexfsctl.logs.kernel.form import ANYTHING, NAME
from vexfsctl.logs.own_records import may_be_vexfs, unnamed_leads
from vexfsctl.model.record import LogRecord


@dataclass(frozen=True)
class Sieve:
    """How lines that matter are known, apart from those that name VexFS."""

    begins: bytes
    """Regular expression that the text of each of the others begins with, except that of …"""
    inside: tuple[bytes, ...]
    """… lines that have one of these literals anywhere."""
    evidence: bool
    """Whether the kernel's own lines about devices matter, too."""

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
    names = [rf"\n?[^\n:]{{1,160}}+(?:{_alternatives(named)})"] if named else []
    pattern = "|".join([_by_first_letter([*literals, *unnamed_leads()]), *names])
    literals_inside = tuple(dict.fromkeys(each.encode() for each in inside))
    return Sieve(pattern.encode(), literals_inside, evidence)


def _alternatives(literals: Iterable[str]) -> str:
    return "|".join(map(re.escape, dict.fromkeys(literals)))


def _by_first_letter(literals: Iterable[str]) -> str:
    """Return a pattern for *literals* that a match is refused by at the first letter, mostly."""
    rest: dict[str, list[str]] = {}
    for literal in sorted(set(literals)):
        rest.setdefault(literal[0], []).append(literal[1:])
    return "|".join(_branches(rest))


def _branches(rest: dict[str, list[str]]) -> Iterator[str]:
    for first, others in rest.items():
        yield f"{re.escape(first)}(?:{_alternatives(others)})"
