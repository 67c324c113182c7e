"""Correlation ids: one name for a failing call from its first error to its outcome.

An id is a 64-bit number, written `CORR-%016X` everywhere in VexFS. Ours are
`2^62 + random62 + counter`: the random part is drawn once per process, so ids rise within an
epoch, do not collide between loads, processes, boots or hosts, and their first hex digit (4 to 7)
tells them from those of earlier providers, which count from 1 at every load.
"""

import itertools
import os
import re

_PREFIX = "CORR-"
_WRITTEN = f"{_PREFIX}%016X"
_FULL = re.compile(r"CORR-[0-9A-F]{16}")
_SUFFIX = re.compile(r"(?:CORR-?)?([0-9A-F]{2,16})", re.IGNORECASE)
_SPAN = 1 << 62


class CorrelationId(int):
    """A correlation id: an int that prints as `CORR-6F1C93A20000002A`."""

    __slots__ = ()

    def __str__(self) -> str:
        """Render as every log, table and JSON key shows it."""
        # Twice as quick as an f-string: it is written for each record that is shown.
        return _WRITTEN % self

    __repr__ = __str__

    @classmethod
    def parse(cls, text: str) -> "CorrelationId":
        """Read the full written form; raise ValueError for anything else."""
        if not _FULL.fullmatch(text):
            raise ValueError(f"not a correlation id: {text!r}")
        return cls(text[len(_PREFIX) :], 16)


def parse_id_suffix(text: str) -> str:
    """Return the upper-case hex digits of an id as a person types it: `2A`, `corr-2a`, or whole.

    Leading zeros may be left out, so the result is a suffix to match with `matches_suffix`. Raises
    ValueError for fewer than two digits or anything that is not a hex number.
    """
    match = _SUFFIX.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a correlation id: {text!r} (at least two hex digits)")
    return match[1].upper()


def matches_suffix(identifier: CorrelationId, suffix: str) -> bool:
    """Whether the written form of *identifier* ends in *suffix* (of `parse_id_suffix`)."""
    return f"{int(identifier):016X}".endswith(suffix)


class CorrelationSource:
    """Draws the ids of one provider. Thread-safe; a forked child draws a new random part."""

    def __init__(self, random62: int | None = None) -> None:
        self._restart(random62)
        os.register_at_fork(after_in_child=self._restart)

    def _restart(self, random62: int | None = None) -> None:
        # os.urandom is what `secrets` uses, without its 5 ms of imports in every command.
        drawn = int.from_bytes(os.urandom(8)) if random62 is None else random62
        # itertools.count is atomic under the GIL; the wrap keeps the first digit in 4..7.
        self._counter = itertools.count(drawn % _SPAN)

    def draw(self) -> CorrelationId:
        """Return the next id; costs well under a microsecond."""
        return CorrelationId(_SPAN + next(self._counter) % _SPAN)
