"""Places of lines in a text, and what they are found by."""

import re
from collections.abc import Iterable
from itertools import chain

Place = tuple[int, int]
"""Where lines begin and end."""
Needle = bytes | re.Pattern[bytes]


def joined(places: Iterable[tuple[Place, ...]]) -> tuple[Place, ...]:
    """Return all these places in their order, each once."""
    return tuple(sorted(set(chain.from_iterable(places))))
