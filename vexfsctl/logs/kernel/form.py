"""The form of one kind of kernel line about a device."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

NAME = "<name>"
"""At the start of a beginning: what the kernel may call a device."""
ANYTHING = "<anything>"
"""At the start of a beginning: the rest of it may stand anywhere in the line."""

TROUBLE = EvidenceSignificance.TROUBLE
REPAIR = EvidenceSignificance.REPAIR
ROUTINE = EvidenceSignificance.ROUTINE

SECTOR_BYTES = 512
"""What the kernel counts sectors in, whatever the device does."""


@dataclass(frozen=True)
class EvidenceForm:
    """One kind of line: how it looks and what it says."""

    sample: str
    mark: str
    """What every such line has in it: looked for first, because that is quick."""
    pattern: str
    """Regular expression that such a line begins with."""
    read: Callable[[re.Match[str]], KernelEvidence]
    trouble_only: bool = False
    """The kernel writes good news in this form too: only bad news is evidence."""
    good_news: str = ""
    """Regular expression for how good news of such a form goes on: where a log does not tell the
    level of its lines, all the others are bad. If empty, bad is what has a word of trouble."""
    general: bool = field(default=False, kw_only=True)
    """What begins so is known by no more than that, and by words of trouble: read with care."""
    begins: tuple[str, ...] = field(kw_only=True)
    """How such lines may begin: literals, after `NAME` or `ANYTHING` if need be.

    A line of a large log that begins in no such way is not looked at (`sieve`).
    """

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of a line of this form, None for another line."""
        return self._compiled.match(text) if self.mark in text else None

    def is_bad_news(self, match: re.Match[str]) -> bool:
        """Whether a line of unknown level, matched as *match*, is no good news for sure."""
        if not self.good_news:
            return False
        return re.compile(self.good_news).match(match.string, match.end()) is None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        # On first use: most logs have few of the forms, and compiling all takes 8 ms.
        return re.compile(self.pattern)
