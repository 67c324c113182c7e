"""Where in a block stretches are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from vexfsctl.logs.formats.possessive import possessive
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.sieve import sieve
from vexfsctl.logs.stretches.forms import PLAIN_FORMS, PlainForm, passing
from vexfsctl.logs.stretches.stretch import Stretch

_METADATA = possessive(r" .*+\n", "*")
_SEQUENCE = re.compile(rf"\d{{1,3}}+,(\d{{1,20}}+),.*+\n{_METADATA}".encode())
"""A record of kmsg and its metadata: as lines that follow each other, they are found at once."""


@dataclass
class _Try:
    """A form that a line may have."""

    form: PlainForm
    unescaped: bool
    """Whether its pattern is for lines without a backslash, and does not look for one."""

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """The pattern of it, made when it is tried first."""
        careful = self.form.with_escapes is not None and not self.unescaped
        return passing(self.form.name, sieve(evidence=False), with_escapes=careful)


class StretchFinder:
    """Finds stretches in the blocks of one source; tries first the form that it found last."""

    def __init__(self) -> None:
        self._forms: dict[int, list[_Try]] = {}
        """What to try by the first byte of a line."""

    def find(
        self, block: bytes, lower: bytes, start: int, end: int, reading: Reading
    ) -> list[Stretch]:
        """Return the stretches that follow each other from the line at *start* up to *end* at most.

        They are of one form. *lower* is the block in lower case.
        """
        forms = self._forms.get(block[start])
        if forms is None:
            forms = self._forms[block[start]] = [*self._forms_of(block[start : start + 1])]
        for place, tried in enumerate(forms):
            form = tried.form
            match = tried.pattern.match(block, start, end)
            if match is not None and not (tried.unescaped and _has_backslash(match)):
                if place:
                    forms.insert(0, forms.pop(place))
                if form.numbered:
                    return list(_numbered(form, reading, lower, match))
                return [_timed(form, reading, lower, match)]
        return []

    def _forms_of(self, first: bytes) -> Iterator[_Try]:
        for form in PLAIN_FORMS:
            if re.match(form.first.encode(), first):
                escapes = form.with_escapes is not None
                yield _Try(form, unescaped=escapes)
                if escapes:
                    yield _Try(form, unescaped=False)


def _has_backslash(match: re.Match[bytes]) -> bool:
    return match.string.find(b"\\", *match.span()) >= 0


def _timed(form: PlainForm, reading: Reading, lower: bytes, match: re.Match[bytes]) -> Stretch:
    """Return what matched, and what goes on with it later in time."""
    block, start, end = match.string, match.start(), match.end()
    low = latest = _low_us(form, match)
    boot = match["boot"] if form.names_boot else None
    while (more := match.re.match(block, end, match.endpos)) is not None:
        following = _low_us(form, more)
        if following < latest or (form.names_boot and more["boot"] != boot):
            break
        if form.lacks is None and bool(more["zone"]) is not bool(match["zone"]):
            break
        latest, end = following, more.end()
    bounds = (None, None) if form.uptime is None else (low, latest + 4_999_999)
    if boot is not None:
        reading = _of_boot(reading, boot)
    return Stretch(form, reading, block, lower, start, end, *bounds)


@lru_cache(maxsize=16)
def _of_boot(reading: Reading, boot: bytes) -> Reading:
    # The same one for all its stretches, which can then go on with each other.
    return replace(reading, boot_id=boot.decode())


def _low_us(form: PlainForm, match: re.Match[bytes]) -> int:
    """Return the beginning of the five seconds that *match* is of; 0 if it has no uptimes."""
    if form.uptime is None:
        return 0
    tens, below = match.group("tens", "below")
    return int(tens + b"0") * 1_000_000 + (5_000_000 if below is None else 0)


def _numbered(
    form: PlainForm, reading: Reading, lower: bytes, match: re.Match[bytes]
) -> Iterator[Stretch]:
    """Yield what matched, cut where the numbers do not rise by one."""
    block, span = match.string, match.span()
    numbers = [*map(int, _SEQUENCE.findall(block, *span))]
    jumps: list[int] = []
    starts = [match.start()]
    if numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        jumps += (at for at, (one, other) in enumerate(pairwise(numbers), 1) if other != one + 1)
        heads = [record.start() for record in _SEQUENCE.finditer(block, *span)]
        starts += (heads[at] for at in jumps)
    for at, end_at, (start, end) in zip(
        (0, *jumps), (*jumps, len(numbers)), pairwise((*starts, match.end())), strict=True
    ):
        yield Stretch(
            *(form, reading, block, lower, start, end),
            first_sequence=numbers[at],
            last_sequence=numbers[end_at - 1],
        )
