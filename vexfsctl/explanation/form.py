"""What an explanation is, the prose it is made from, and the names it is found under."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import partial
from typing import TypeVar


class Subject(StrEnum):
    """What kind of thing is explained."""

    ERRNO = "errno"
    CODE = "code"
    """A return code of vexfs_ffi.h."""
    ERROR = "error"
    ERROR_FAMILY = "error_family"
    HINT = "hint"
    HINT_FLAGS = "hint_flags"
    SEVERITY = "severity"
    BREAKER_STATE = "breaker_state"
    OPERATION = "operation"
    """An operation type, which is also the key of its breaker."""
    CALL = "call"
    MODULE_STATE = "module_state"
    PRESENCE = "presence"
    DEGRADATION = "degradation"
    ACCESS_MODE = "access_mode"
    ATTRIBUTE = "attribute"
    RECORD = "record"
    """A kind of record in the log."""
    LINE = "line"
    """One line of a log."""
    EXIT_STATUS = "exit_status"
    TERM = "term"
    """What the program is about."""
    WORD = "word"
    """One of a closed set that stands in a table or in JSON."""
    COLUMN = "column"
    FINDING = "finding"
    PROBLEM = "problem"
    KERNEL_KIND = "kernel_kind"
    """A kind of lines of the kernel."""
    UPSTREAM_LINE = "upstream_line"
    """A line of another VexFS build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One meaning of a word or line. Prose is in sentences, with commands in backquotes."""

    subject: Subject
    name: str
    """The thing by its own name: `IoError.ReadError`, `EIO`, `half_open`."""
    meaning: str
    facts: Mapping[str, object] = field(default_factory=dict)
    """What is known of it as values: numbers, words, tuples and mappings of them."""
    impact: str | None = None
    """What it means for applications and for what is stored; like the next three, None if there is
    nothing to say."""
    what_the_system_does: str | None = None
    what_you_do: str | None = None
    done_when: str | None = None
    """The command whose output proves that it is over, and that output."""
    see_also: tuple[str, ...] = ()
    """Words to explain next."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One thing that can be explained, and the names it can be asked for by."""

    names: tuple[str, ...]
    """Its own name first."""
    explain: Callable[[], Explanation]


@dataclass(frozen=True, slots=True)
class Term:
    """The prose of one word, as in an `Explanation`."""

    meaning: str
    impact: str | None = None
    what_the_system_does: str | None = None
    what_you_do: str | None = None
    done_when: str | None = None


_Word = TypeVar("_Word", bound=Enum)


def term_headings(
    subject: Subject,
    terms: Mapping[_Word, Term],
    facts: Callable[[_Word], dict[str, object]] = lambda _: {},
    further_names: Mapping[_Word, tuple[str, ...]] | None = None,
) -> Iterator[Heading]:
    """Yield a heading for each word of *terms*."""
    for word, term in terms.items():
        names = (str(word), *(further_names or {}).get(word, ()))
        yield Heading(names, partial(explain_term, subject, word, term, facts))


def explain_term(
    subject: Subject, word: _Word, term: Term, facts: Callable[[_Word], dict[str, object]]
) -> Explanation:
    """Return what *word* means: the prose of *term* with its facts."""
    return Explanation(
        subject=subject,
        name=str(word),
        meaning=term.meaning,
        facts=facts(word),
        impact=term.impact,
        what_the_system_does=term.what_the_system_does,
        what_you_do=term.what_you_do,
        done_when=term.done_when,
    )
