"""Regions of a large log that were not looked at, and are searched when something is asked.

Most of a log of some GiB has nothing to do with what is asked of it. So only a few lines of its
middle are read, at places far apart (`sampling`), to know which times are where; lines are then
found by their bytes, and those that were found are decoded like any others.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.files.searching import find_all
from vexfsctl.logs.own_records import STATE
from vexfsctl.logs.reading.holes import Hole, HoleFinder
from vexfsctl.logs.reading.places import Needle, Place
from vexfsctl.logs.reading.spool import Lines
from vexfsctl.logs.stretches.forms import PlainForm, form_of
from vexfsctl.logs.stretches.stretch import Stretch
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

if TYPE_CHECKING:
    from vexfsctl.logs.files.open_file import OpenFile
    from vexfsctl.logs.formats.renderings import Reading
    from vexfsctl.logs.reading.wanted import Wanted
    from vexfsctl.logs.sieve import Sieve
    from vexfsctl.model.coverage import Gap

_Item = LogRecord | Stretch | Unread

_USUAL = STATE.encode()
"""What almost every question searches for besides: best while the lines are at hand."""
_FEW = 64
"""Places in a region that are remembered."""
_MISSING = ("torn", "not_read")
"""Why lines of a region are holes."""
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
        time_bounds_s: tuple[float, float] | None,
    ) -> None:
        """They are at the offsets from *start* to *end*; *form* is the name of their form."""
        self.form = form
        self.reading = reading
        self.uptimes = uptimes
        """What the uptime of each (µs) is at least and at most."""
        self.time_bounds_s = time_bounds_s
        """What the Unix time of each is at least and at most; None if they have no dates."""
        self.holes: tuple[Hole, ...] = ()
        """What was found to be missing, if all of it was read."""
        self.notes: tuple[Gap, ...] = ()
        """What should be known of how it was read, likewise."""
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
    def latest_s(self) -> float | None:
        """What the Unix time of each is at most; None if they have no dates."""
        return None if self.time_bounds_s is None else self.time_bounds_s[1]

    @property
    def plain_form(self) -> PlainForm:
        """Their form."""
        return form_of(self.form)

    @property
    def some_lack_uptimes(self) -> bool:
        """Whether any of the records may have none."""
        return self.plain_form.some_have_uptimes

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

    def hardly_has(self, literal: bytes) -> bool:
        """Whether *literal* is in so few of the lines that these need not be searched further.

        Raises LogUnreadable.
        """
        return self._view().count(literal) <= _FEW

    def _search(self, needle: Needle, text: bytearray) -> tuple[Place, ...]:
        found = tuple(_lines_at(text, _hits(needle, text), self.plain_form.head))
        if len(found) <= _FEW:
            self._places[needle] = found
        return found

    def find(self, wanted: "Wanted | None", by: "Sieve") -> Iterator[LogRecord]:
        """Yield those records that matter *by* the sieve, and are *wanted* (None: all).

        Raises LogUnreadable.
        """
        from vexfsctl.logs.reading.wanted import records_of

        places = None if wanted is None else wanted.places(self)
        if places is not None and not places:
            return
        whole = bytes(self._view())
        parts = None if places is None else b"".join(whole[a:b] for a, b in places)
        for item in self._in_parts(parts) or self._as_a_whole(whole):
            if isinstance(item, Unread):
                continue
            if isinstance(item, Stretch):
                lines = Lines.of(item)
                found = records_of(lines, by) if wanted is None else wanted.find(lines, by)
                yield from (record for _, record in found)
            elif by.accepts(item) and (wanted is None or wanted.accepts(item)):
                yield item

    def _in_parts(self, text: bytes | None) -> tuple[_Item, ...]:
        """Return what the lines in *text* are; nothing if that is not to be known of them alone.

        Others than those of its form may be parts of a larger record, or read by those around them.
        """
        if text is None or self.plain_form.records.fullmatch(text) is None:
            return ()
        decoder = self._decoder()
        items = (*decoder.sift(text), *decoder.finish())
        return () if any(isinstance(item, Unread) for item in items) else items

    def _as_a_whole(self, text: bytes) -> tuple[_Item, ...]:
        """Return what the lines are, *text*, and note what is missing."""
        decoder, finder = self._decoder(), HoleFinder()
        items = (*decoder.sift(text), *decoder.finish())
        for item in items:
            finder.observe(item)
        finder.zones, finder.lacks = decoder.zones, decoder.lacks
        missing = (hole for hole in finder.holes if hole.reason in _MISSING)
        latest_us = max(self.uptimes)
        self.holes = tuple(
            replace(hole, until_us=latest_us) if hole.until_us is None else hole for hole in missing
        )
        self.notes = finder.notes(self.reading.source)
        return items

    def _decoder(self) -> RecordDecoder:
        known = self.reading
        return RecordDecoder(known.source, boot_id=known.boot_id, today=known.today)

    def _view(self) -> bytearray:
        """Return the lines, to be looked at before anything else is read of the file."""
        try:
            return self._file.view(self.start, self.end)
        except LogUnreadable as failure:
            source = self.reading.source
            raise LogUnreadable(
                f"cannot read {source}: {failure.message}", hint=failure.hint
            ) from failure


def _hits(needle: Needle, text: bytearray) -> Iterator[int]:
    if isinstance(needle, re.Pattern):
        return (match.start() for match in needle.finditer(text))
    return find_all(needle, text)


def _lines_at(text: bytearray, hits: Iterable[int], head: re.Pattern[bytes]) -> Iterator[Place]:
    """Yield where the lines are that have *hits* in them, in ascending order.

    Each time from a line that begins with *head* up to the next that does: others may go on with
    it, or not be of its form.
    """
    end = 0
    for hit in hits:
        if hit < end:
            continue
        start = text.rfind(b"\n", end, hit) + 1 or end
        while start > end and head.match(text, start) is None:
            start = text.rfind(b"\n", end, start - 1) + 1 or end
        end = text.find(b"\n", hit) + 1 or len(text)
        while end < len(text) and head.match(text, end) is None:
            end = text.find(b"\n", end) + 1 or len(text)
        yield start, end
