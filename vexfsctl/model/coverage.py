"""How complete the evidence behind an answer is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """A known hole in a source."""

    source: str
    reason: str
    """`starts_late`, `overrun`, `torn`, `not_read`, `unreadable`, `undated`, `empty`,
    `too_many`; for a volume, its presence. Of a note: `not_read`, `loose`, `zone`, `year`,
    `unexplained`."""
    lost: int | None = None
    """How many records were lost, if the source says; of a note, how many it is about."""
    detail: str | None = None

    def __str__(self) -> str:
        """Return it in words: `kmsg lost records before they were read`."""
        return f"{self.source} {GAP_REASONS.get(self.reason, self.reason)}"


GAP_REASONS = {
    "starts_late": "begins late and lacks what came before",
    "overrun": "lost records before they were read",
    "torn": "has records that are broken off",
    "not_read": "has lines that are not read: no form fits",
    "loose": "has records in lines of a form that is not known",
    "unexplained": "has trouble in words of the kernel that no form knows",
    "zone": "has times in a zone that is not known",
    "year": "has times without a year",
    "unreadable": "cannot be read",
    "undated": "has records without a time",
    "empty": "has nothing in it",
    "too_many": "are too many to tell of all of them",
}
"""What a reason says of its source; that of a volume is its presence."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read for an answer and which part of it was missing."""

    sources: tuple[str, ...] = ()
    """Roots and logs that were read."""
    gaps: tuple[Gap, ...] = ()
    notes: tuple[Gap, ...] = ()
    """What should be known of how a source was read, and leaves nothing out of the answer."""

    @property
    def complete(self) -> bool:
        """Whether nothing was missing of what was asked for."""
        return not self.gaps

    def missing(self, log: str | None) -> str | None:
        """Return why the log called *log* (None: any) is not complete; None if it is.

        If *log* is not among the sources, because a saved log was read instead, every gap counts.
        """
        if not self.sources:
            return "none could be read"
        gaps = [gap for gap in self.gaps if gap.source == log or log not in self.sources]
        return ", ".join(map(str, gaps)) or None

    def __add__(self, other: "Coverage") -> "Coverage":
        """Join the coverage of two readings."""
        sources = dict.fromkeys(self.sources + other.sources)
        return Coverage(tuple(sources), self.gaps + other.gaps, self.notes + other.notes)
