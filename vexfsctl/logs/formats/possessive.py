"""Repetitions of a group that do not go back, right in every Python.

Before 3.11.5 `re` loses its place in `(?:...)*+` where the group itself has something to go back to
(CPython issue 106052); Debian 12 has 3.11.2. An atomic group around a greedy repetition means the
same and is right there too, but keeps a note of every round. After a single character or a set,
`*+` was right from the start.
"""

import sys

_RIGHT = sys.version_info >= (3, 11, 5)


def possessive(group: str, repeat: str) -> str:
    """Return the pattern for *group*, *repeat* (`*`, `+`, `?`, `{1,9}`) times, with no way back."""
    return f"(?:{group}){repeat}+" if _RIGHT else f"(?>(?:{group}){repeat})"
