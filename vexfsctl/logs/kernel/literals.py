"""Many literals as one regular expression."""

import re
from collections.abc import Iterable, Iterator


def any_of(literals: Iterable[str]) -> str:
    """Return a pattern for any of *literals*, tried in their order."""
    return "|".join(map(re.escape, dict.fromkeys(literals)))


def by_first_letter(literals: Iterable[str]) -> str:
    """Return a pattern for *literals* that a match is refused by at the first letter, mostly."""
    rest: dict[str, list[str]] = {}
    for literal in sorted(set(literals)):
        rest.setdefault(literal[0], []).append(literal[1:])
    return "|".join(_branches(rest))


def _branches(rest: dict[str, list[str]]) -> Iterator[str]:
    for first, others in rest.items():
        yield f"{re.escape(first)}(?:{any_of(others)})"
