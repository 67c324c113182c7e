"""How complete the evidence behind an answer is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """A known hole in a source."""

    source: str
    reason: str
    """`starts_late`, `overrun`, `torn`, `unreadable`, `undated`; of a volume how it is absent."""
    lost: int | None = None
    """Records lost, where the source tells."""
    detail: str | None = None

    def __str__(self) -> str:
        """As a person says it: `kmsg lost records before they were read`."""
        return f"{self.source} {_WORDS.get(self.reason, self.reason)}"


_WORDS = {
    "starts_late": "begins after what was asked for",
    "overrun": "lost records before they were read",
    "torn": "has lines that are no records",
    "unreadable": "cannot be read",
    "undated": "has records without a time",
}


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

    def missing(self, log: str | None) -> str | None:
        """Say why the log called *log* (None: any) is not complete; None if it is.

        A source given in its place, a saved one, stands for all.
        """
        if not self.sources:
            return "none could be read"
        gaps = [gap for gap in self.gaps if gap.source == log or log not in self.sources]
        return ", ".join(map(str, gaps)) or None

    def __add__(self, other: "Coverage") -> "Coverage":
        """Join the evidence of two readings."""
        sources = dict.fromkeys(self.sources + other.sources)
        return Coverage(tuple(sources), self.gaps + other.gaps)
