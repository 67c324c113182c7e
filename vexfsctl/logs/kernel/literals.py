"""Many literals as one regular expression that looks at each letter but once."""

import re
from collections.abc import Iterable

# `string` has them, too, but compiles patterns when it is imported.
DIGITS = "0123456789"
SMALL_LETTERS = "abcdefghijklmnopqrstuvwxyz"
LETTERS = SMALL_LETTERS + SMALL_LETTERS.upper()

_DEPTH = 3
"""Letters that are looked at one by one; after that, few literals are left."""


def any_of(literals: Iterable[str]) -> str:
    """Return a pattern for any of *literals*, tried in their order."""
    return "|".join(map(re.escape, dict.fromkeys(literals)))


def by_letters(literals: Iterable[str], depth: int = _DEPTH) -> str:
    """Return a pattern for how *literals* begin, if one is the beginning of another, for that."""
    rest: dict[str, list[str]] = {}
    for literal in sorted(set(literals)):
        rest.setdefault(literal[0], []).append(literal[1:])
    return "|".join(re.escape(first) + _behind(others, depth) for first, others in rest.items())


def _behind(literals: list[str], depth: int) -> str:
    if "" in literals:
        return ""
    if len(literals) == 1:
        return re.escape(literals[0])
    return f"(?:{by_letters(literals, depth - 1) if depth > 1 else any_of(literals)})"
