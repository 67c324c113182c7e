"""State words and counts as people see them."""

from enum import Enum

UNKNOWN = "?"
"""In the place of a word that this version does not know."""


def word(value: Enum | str) -> str:
    """Return the word of a known state; `?` for one that this version does not know.

    A newer provider may use other words: they are shown where they are explained, never taken for
    something they may not mean.
    """
    return str(value) if isinstance(value, Enum) else UNKNOWN


def counted_noun(count: int, noun: str) -> str:
    """Return how many there are: `1 error`, `3 errors`."""
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
