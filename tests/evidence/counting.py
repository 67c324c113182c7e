"""How many messages of a subsystem are understood."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.evidence.formats import Format, find_formats
from tests.evidence.reasons import reason_of
from tests.evidence.subsystems import Subsystem
from vexfsctl.logs.kernel.evidence import parse_evidence
from vexfsctl.logs.sieve import sieve
from vexfsctl.model.record import LogRecord

_ERROR = 3


@dataclass(frozen=True)
class Count:
    """Messages at level error or worse."""

    formats: int = 0
    understood: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """How many of the others were left out for which reason."""

    def __add__(self, other: "Count") -> "Count":
        """Return both together."""
        return Count(
            self.formats + other.formats,
            self.understood + other.understood,
            self.reasons + other.reasons,
        )


def count(subsystem: Subsystem, tree: Path) -> Count:
    """Count the different messages of *subsystem* in the sources of *tree*."""
    formats = {
        each
        for pattern in subsystem.paths
        for path in tree.glob(pattern)
        for each in find_formats(
            path.read_text(errors="replace"),
            subsystem.macros,
            subsystem.module,
            usual=subsystem.usual,
            name=subsystem.example,
        )
    }
    left_out = [each for each in formats if not is_understood(each)]
    reasons = Counter(reason_of(each.text) for each in left_out)
    return Count(len(formats), len(formats) - len(left_out), reasons)


def is_understood(message: Format) -> bool:
    """Whether *message*, by the kernel at level error, is evidence and is not sieved out."""
    record = LogRecord(message.text, "kmsg", 0, level=_ERROR, facility=0)
    return parse_evidence(record) is not None and sieve().accepts_text(message.text)
