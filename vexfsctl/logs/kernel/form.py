"""The form of one kind of kernel line about a device."""

import errno as errnos
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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

_DIRECTIONS = {
    "reading": "read",
    "read-ahead": "read",
    "recv": "read",
    "in": "read",
    "writing": "write",
    "out": "write",
    "trim": "discard",
    "flushing": "flush",
    "write zeroes": "write_zeroes",
}
"""Words of drivers for what the block layer calls otherwise."""

# A kernel function that failed gives its errno as a negative number.
_NEGATIVE = re.compile(
    r"(?:[(:=]|\b(?:err|error|errno|result|status|returned|failed|failure|ret|rc|code))"
    r"[ (:=]{0,3}-(\d{1,3})\b",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"\b(?P<before>read|write|flush|discard)(?:ing)? (?:request |operation |I/O )?(?:error|fail)"
    r"|\b(?:error|fail\w*|unable|couldn't|could not|can't|cannot)(?: on| to| when| while)?"
    r" (?P<after>read|write|writ|flush|discard)(?:ing)?\b",
    re.IGNORECASE,
)


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
    begins: tuple[str, ...] = field(kw_only=True)
    """How such lines may begin: literals, after `NAME` or `ANYTHING` if need be.

    A line of a large log that begins in no such way is not looked at (`sieve`).
    """

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of a line of this form, None for another line."""
        return self._compiled.match(text) if self.mark in text else None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        # On first use: most logs have few of the forms, and compiling all takes 8 ms.
        return re.compile(self.pattern)


def reader(
    kind: str,
    errno: int | None = None,
    significance: EvidenceSignificance = TROUBLE,
    *,
    direction: str | None = None,
    sector_on_member: bool = False,
) -> Callable[[re.Match[str]], KernelEvidence]:
    """Return a function that reads a line of *kind* by the groups of its pattern.

    Groups are `device`, or `address` if it has none; `member`, `direction`, `errno`, `lba`; and
    `sector`, `hex_sector`, or `offset` in bytes. *errno* and *direction* are for lines that name
    none and always stand for the same.
    """

    def read(match: re.Match[str]) -> KernelEvidence:
        groups = match.groupdict()
        sector, lba = _sector(groups), groups.get("lba")
        return KernelEvidence(
            kind=kind,
            device=groups.get("device") or groups.get("address"),
            sector=sector,
            direction=direction_of(groups.get("direction")) or direction,
            errno=_errno(groups.get("errno")) or errno,
            significance=significance,
            member=groups.get("member"),
            sector_on_member=sector_on_member and sector is not None,
            lba=None if lba is None else int(lba),
        )

    return read


def free_reader(
    kind: str, significance: EvidenceSignificance = TROUBLE
) -> Callable[[re.Match[str]], KernelEvidence]:
    """Return a reader of *kind* whose words are free: they are searched for errno and direction."""
    by_groups = reader(kind, significance=significance)

    def read(match: re.Match[str]) -> KernelEvidence:
        told, text = by_groups(match), match.string
        return replace(
            told,
            direction=told.direction or find_direction(text),
            errno=told.errno or find_errno(text),
        )

    return read


def direction_of(word: str | None) -> str | None:
    """Return what the block layer calls the direction that a line calls *word*."""
    if word is None:
        return None
    lower = word.lower()
    return _DIRECTIONS.get(lower, lower)


def find_direction(text: str) -> str | None:
    """Return the direction of the request that failed, by the words of *text*."""
    found = _ACTION.search(text)
    if found is None:
        return None
    word = (found["before"] or found["after"]).lower()
    return "write" if word == "writ" else word


def find_errno(text: str) -> int | None:
    """Return the errno that *text* has as a negative number."""
    found = _NEGATIVE.search(text)
    return None if found is None else _errno(found[1])


def _errno(number: str | None) -> int | None:
    if number is None or int(number) not in errnos.errorcode:
        return None
    return int(number)


def _sector(groups: Mapping[str, str | None]) -> int | None:
    if (sector := groups.get("sector")) is not None:
        return int(sector)
    if (sector := groups.get("hex_sector")) is not None:
        return int(sector, 16)
    offset = groups.get("offset")
    return None if offset is None else int(offset) // SECTOR_BYTES
