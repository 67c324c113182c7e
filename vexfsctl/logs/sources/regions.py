"""Regions of a large log that were not looked at, and are searched when something is asked.

Most of a log of some GiB has nothing to do with what is asked of it. So only a few lines of its
middle are read, at places far apart (`sampling`), to know which times are where; lines are then
found by their bytes, and those that were found are decoded like any others.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.formats.stretches import Stretch, form_of
from vexfsctl.logs.formats.text import RecordDecoder
from vexfsctl.logs.own_records import STATE
from vexfsctl.logs.sources.holes import Hole, HoleFinder
from vexfsctl.logs.sources.spool import Lines
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.formats.renderings import Reading
    from vexfsctl.logs.sieve import Sieve
    from vexfsctl.logs.sources.open_file import OpenFile
    from vexfsctl.logs.wanted import Wanted

Place = tuple[int, int]
"""Where lines begin and end."""
Needle = bytes | re.Pattern[bytes]

_USUAL = STATE.encode()
"""What almost every question searches for besides: best while the lines are at hand."""
_FEW = 64
"""Places in a region that are remembered."""
_BLANK = ord(" ")
_LEAST_LINE = 32
"""Bytes that a line has at least, mostly."""


class Region:
    """Lines of a file that follow each other, of one form as far as is known."""

    def __init__(
        self,
        file: "OpenFile",
        start: int,
        end: int,
        form: str,
        reading: "Reading",
        *,
        uptimes: tuple[int, int],
        latest_s: float | None,
    ) -> None:
        """They are at the offsets from *start* to *end*; *form* is the name of their form."""
        self.form = form
        self.reading = reading
        self.uptimes = uptimes
        """What the uptime of each (µs) is at least and at most."""
        self.latest_s = latest_s
        """What the Unix time of each is at most; None if they have no dates."""
        self.holes: tuple[Hole, ...] = ()
        """What was found to be torn, if all of it was read."""
        self.start = start
        self.end = end
        self._file = file
        self._places: dict[Needle, tuple[Place, ...]] = {}

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.end - self.start

    @property
    def count(self) -> int:
        """About how many lines these are."""
        return self.size // _LEAST_LINE

    @property
    def some_lack_uptimes(self) -> bool:
        """Whether any of the records may have none."""
        return form_of(self.form).some_have_uptimes

    def places(self, needle: Needle) -> tuple[Place, ...]:
        """Return where the lines are that have *needle* in them: if few, looked for only once.

        Raises LogUnreadable.
        """
        found = self._places.get(needle)
        if found is None:
            text = self._view()
            found = self._search(needle, text)
            if needle != _USUAL and _USUAL not in self._places:
                self._search(_USUAL, text)
        return found

    def _search(self, needle: Needle, text: bytearray) -> tuple[Place, ...]:
        found = tuple(_lines_at(text, _hits(needle, text)))
        if len(found) <= _FEW:
            self._places[needle] = found
        return found

    def find(self, wanted: "Wanted | None", by: "Sieve") -> Iterator[LogRecord]:
        """Yield those records that matter *by* the sieve, and are *wanted* (None: all).

        Raises LogUnreadable.
        """
        from vexfsctl.logs.wanted import records_of

        places = None if wanted is None else wanted.places(self)
        if places is not None and not places:
            return
        whole = bytes(self._view())
        items = () if places is None else self._decoded(b"".join(whole[a:b] for a, b in places))
        if places is None or None in items:
            # Also where what was found is only a line of some larger record.
            items = self._decoded(whole)
            self._note_torn(items)
        for item in items:
            if isinstance(item, Stretch):
                lines = Lines.of(item)
                yield from records_of(lines, by) if wanted is None else wanted.find(lines, by)
            elif item is not None and by.accepts(item) and (wanted is None or wanted.accepts(item)):
                yield item

    def _decoded(self, text: bytes) -> tuple[LogRecord | Stretch | None, ...]:
        known = self.reading
        decoder = RecordDecoder(known.source, boot_id=known.boot_id, today=known.today)
        return (*decoder.sift(text), *decoder.finish())

    def _note_torn(self, items: Iterable[LogRecord | Stretch | None]) -> None:
        finder = HoleFinder()
        for item in items:
            finder.observe(item)
        torn = (hole for hole in finder.holes if hole.reason == "torn")
        latest_us = max(self.uptimes)
        self.holes = tuple(
            replace(hole, until_us=latest_us) if hole.until_us is None else hole for hole in torn
        )

    def _view(self) -> bytearray:
        """Return the lines, to be looked at before anything else is read of the file."""
        try:
            return self._file.view(self.start, self.end)
        except LogUnreadable as failure:
            source = self.reading.source
            raise LogUnreadable(
                f"cannot read {source}: {failure.message}", hint=failure.hint
            ) from failure


def joined(places: Iterable[tuple[Place, ...]]) -> tuple[Place, ...]:
    """Return all these places in their order, each once."""
    return tuple(sorted(set(chain.from_iterable(places))))


def _hits(needle: Needle, text: bytearray) -> Iterator[int]:
    if isinstance(needle, re.Pattern):
        yield from (match.start() for match in needle.finditer(text))
        return
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def _lines_at(text: bytearray, hits: Iterable[int]) -> Iterator[Place]:
    """Yield where the records begin and end that have *hits* in them, in ascending order."""
    end = 0
    for hit in hits:
        if hit < end:
            continue
        start = text.rfind(b"\n", end, hit) + 1 or end
        # Lines that go on with a record are indented.
        while start > end and text[start] == _BLANK:
            start = text.rfind(b"\n", end, start - 1) + 1 or end
        end = text.find(b"\n", hit) + 1 or len(text)
        while end < len(text) and text[end] == _BLANK:
            end = text.find(b"\n", end) + 1 or len(text)
        yield start, end
