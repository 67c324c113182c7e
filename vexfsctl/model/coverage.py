"""How complete the evidence behind an answer is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """A known hole in a source."""

    source: str
    reason: str
    """`overrun`, `suppressed`, `torn`, `unreadable`, `starts_late`."""
    lost: int | None = None
    """Records lost, where the source tells."""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read for an answer and which part of it was missing."""

    sources: tuple[str, ...] = ()
    """Roots and logs that were read."""
    gaps: tuple[Gap, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing that was asked for was missing."""
        return not self.gaps

    def __add__(self, other: "Coverage") -> "Coverage":
        """Join the evidence of two readings."""
        sources = dict.fromkeys(self.sources + other.sources)
        return Coverage(tuple(sources), self.gaps + other.gaps)
