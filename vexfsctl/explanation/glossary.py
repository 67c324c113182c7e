"""From a word to everything it can mean, likeliest first.

What can be looked up is a list of headings: those of the model are here, and whoever knows more
(the attribute tree, the log, exit statuses) hands over more. Letter case, `_`, `-` and spaces
between letters make no difference, but what is written exactly right comes first.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from vexfsctl.catalogue.lookup import parse_error_message
from vexfsctl.explanation.errors import (
    code_headings,
    errno_headings,
    error_headings,
    explain_error,
    family_headings,
)
from vexfsctl.explanation.form import Explanation, Heading
from vexfsctl.explanation.words import (
    explain_flags,
    explain_hints,
    number_headings,
    other_word_headings,
    state_headings,
)

_LONGEST = 1_000
"""Characters of a word: more than any name or message has."""
_LONGEST_MISSPELT = 60
_SEPARATOR = re.compile(r"(?<=[a-z0-9])[-_ ](?=[a-z0-9])")


def model_headings() -> Iterator[Heading]:
    """Hand out everything that `explain` knows without tree and log, likeliest first."""
    yield from errno_headings()
    yield from error_headings()
    yield from family_headings()
    yield from code_headings()
    yield from state_headings()
    yield from other_word_headings()
    yield from number_headings()


@dataclass(frozen=True)
class Glossary:
    """What there is to look up, in order of likelihood."""

    headings: tuple[Heading, ...]

    def explain(self, word: str) -> tuple[Explanation, ...]:
        """Return every meaning of *word*, likeliest first; empty if it has none."""
        text = word.strip()
        if not text or len(text) > _LONGEST:
            return ()
        found = self._by_key.get(_key(text), ())
        exact_first = sorted(found, key=lambda heading: _distance(text, heading))
        meanings = [heading.explain() for heading in exact_first]
        return _once([*meanings, *explain_flags(text), *explain_hints(text), *_by_message(text)])

    def suggest(self, word: str) -> tuple[str, ...]:
        """Return names that are spelt nearly as *word*, the nearest first."""
        if len(word) > _LONGEST_MISSPELT:
            return ()
        from difflib import get_close_matches  # only who mistypes pays for it

        near = get_close_matches(_key(word.strip()), self._by_key, n=3)
        spelt = (tuple(self._names_of(key)) for key in near)
        # Names that differ in letter case alone are one to us, and two to who wrote one of them.
        return tuple(get_close_matches(word, names, n=1, cutoff=0)[0] for names in spelt)

    @property
    def words(self) -> Iterator[str]:
        """Every name there is, for completion."""
        return (name for heading in self.headings for name in heading.names)

    def _names_of(self, key: str) -> Iterator[str]:
        """Every spelling of *key* that there is."""
        names = (name for heading in self._by_key[key] for name in heading.names)
        return (name for name in names if _key(name) == key)

    @cached_property
    def _by_key(self) -> dict[str, list[Heading]]:
        found: dict[str, list[Heading]] = {}
        for heading in self.headings:
            for key in dict.fromkeys(map(_key, heading.names)):
                found.setdefault(key, []).append(heading)
        return found


def _key(text: str) -> str:
    return _SEPARATOR.sub("", text.casefold())


def _distance(text: str, heading: Heading) -> int:
    """Rank how exactly *text* names *heading*: 0 by its own name, 1 by another, 2 nearly."""
    if text == heading.names[0]:
        return 0
    return 1 if text in heading.names else 2


def _by_message(text: str) -> Iterator[Explanation]:
    """Explain a message that VexFS displays, unless it is just any text."""
    for match in parse_error_message(text):
        if match.error.name != "Other":
            yield explain_error(match.error)


def _once(explanations: Iterable[Explanation]) -> tuple[Explanation, ...]:
    return tuple({(each.subject, each.name): each for each in explanations}.values())
