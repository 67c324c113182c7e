"""From a word to everything it can mean, likeliest first.

Letter case, `_`, `-` and spaces between letters make no difference, but an exact match comes first.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from vexfsctl.catalogue.lookup import parse_error_message
from vexfsctl.explanation.attributes import attribute_headings
from vexfsctl.explanation.calls import call_headings, operation_headings
from vexfsctl.explanation.errnos import errno_headings
from vexfsctl.explanation.errors import (
    code_headings,
    error_headings,
    explain_error,
    family_headings,
)
from vexfsctl.explanation.exit_statuses import exit_status_headings
from vexfsctl.explanation.form import Explanation, Heading
from vexfsctl.explanation.hints import explain_flags, explain_hints, hint_headings
from vexfsctl.explanation.records import record_headings
from vexfsctl.explanation.states import number_headings, severity_headings, state_headings
from vexfsctl.explanation.vocabulary.columns import column_headings
from vexfsctl.explanation.vocabulary.concepts import concept_headings
from vexfsctl.explanation.vocabulary.findings import finding_headings
from vexfsctl.explanation.vocabulary.lines import line_headings
from vexfsctl.explanation.vocabulary.words import word_headings

_LONGEST = 1_000
"""Longest word that is looked up, in characters: more than any name or message has."""
_LONGEST_MISSPELT = 60
_SEPARATOR = re.compile(r"(?<=[a-z0-9])[-_ ](?=[a-z0-9])")


def whole_glossary() -> "Glossary":
    """Return everything that can be looked up, likeliest first."""
    return Glossary(
        (
            *errno_headings(),
            *error_headings(),
            *family_headings(),
            *code_headings(),
            *concept_headings(),
            *state_headings(),
            *hint_headings(),
            *severity_headings(),
            *operation_headings(),
            *number_headings(),
            *record_headings(),
            *word_headings(),
            *attribute_headings(),
            *call_headings(),
            *exit_status_headings(),
            *finding_headings(),
            *line_headings(),
            *column_headings(),
        )
    )


@dataclass(frozen=True)
class Glossary:
    """What can be looked up, in order of likelihood."""

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
        """Return names spelt much like *word*, the nearest first."""
        if len(word) > _LONGEST_MISSPELT:
            return ()
        from difflib import get_close_matches  # only a misspelt word needs it

        near = get_close_matches(_key(word.strip()), self._by_key, n=3)
        spelt = (tuple(self._names_of(key)) for key in near)
        # Names that differ only in letter case share a key: offer the spelling nearest to *word*.
        return tuple(get_close_matches(word, names, n=1, cutoff=0)[0] for names in spelt)

    @property
    def words(self) -> Iterator[str]:
        """Every name, for completion."""
        return (name for heading in self.headings for name in heading.names)

    def _names_of(self, key: str) -> Iterator[str]:
        """Every spelling of *key*."""
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
