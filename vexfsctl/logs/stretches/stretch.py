"""Lines of one plain form that follow each other, vouched for all at once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from operator import itemgetter

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.formats.lines import parse_record
from vexfsctl.logs.formats.renderings import Reading, as_read
from vexfsctl.logs.own_records import NAMED
from vexfsctl.logs.sieve import Sieve
from vexfsctl.logs.stretches.forms import (
    AFTER_LINE,
    PlainForm,
    form_of,
    passing,
    seeking,
)
from vexfsctl.model.record import LogRecord

_BLANK = ord(" ")
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that were not decoded: whole records of one form, at least one."""

    form: PlainForm
    reading: Reading
    block: bytes
    lower: bytes
    """The block in lower case."""
    start: int
    end: int
    low_us: int | None = None
    """What the first uptime is at least; None if the form has other bounds, or none."""
    high_us: int | None = None
    """What the last uptime is at most."""
    first_sequence: int | None = None
    last_sequence: int | None = None

    @property
    def first_record(self) -> LogRecord:
        """The first record."""
        return self.record(self.start, self._record_end(self.start))

    @property
    def last_record(self) -> LogRecord:
        """The last record."""
        return self.record(self._record_start(self.end), self.end)

    @property
    def last_line(self) -> bytes:
        """The line that the last record begins with."""
        start = self._record_start(self.end)
        return self.block[start : self.block.index(b"\n", start)]

    @property
    def lacks(self) -> frozenset[str]:
        """What its times do not say and is assumed: `zone`, `year`."""
        if self.form.lacks is not None:
            return self.form.lacks
        times = self.form.times
        assert times is not None
        first = times.match(b"\n" + self.block[self.start : self._record_end(self.start)])
        return frozenset() if first is not None and first["zone"] else frozenset(("zone",))

    @property
    def first_with_uptime(self) -> LogRecord | None:
        """The first record that has an uptime; None if there is none."""
        if self.form.uptimes is None:
            return None
        lines = b"\n" + self.block[self.start : self.end]
        match = self.form.uptimes.search(lines)
        if match is None:
            return None
        at = self.start + match.start()
        return self.record(at, self._record_end(at))

    @property
    def names_writer(self) -> bool:
        """Whether any of its records says who wrote it, by a facility."""
        writers = self.form.writers
        if writers is None:
            return False
        if not self.reading.decorated:
            found = writers.search(self.block, self.start, self.end) is not None
            return found or self.first_record.facility is not None
        # There, the kernel's facility says nothing.
        at = self.start
        while at < self.end:
            at, start = self._record_end(at), at
            if self.record(start, at).facility is not None:
                return True
        return False

    @property
    def latest_wall_time_s(self) -> float | None:
        """The latest Unix time in it; None if it has no dates."""
        return max(self._wall_times(lasts=True), default=None)

    @property
    def latest_s(self) -> float | None:
        """What the Unix time of each record is at most; None if any has none."""
        if self._some_lack_dates:
            return None
        if self._is_of_one_hour:
            first_s = self.first_record.wall_time_s
            return None if first_s is None else first_s + _HOUR_S
        return self.latest_wall_time_s

    @property
    def time_bounds_s(self) -> tuple[float, float] | None:
        """What the Unix time of each record is at least and at most; None if any has none."""
        if self._some_lack_dates:
            return None
        if self._is_of_one_hour:
            first_s = self.first_record.wall_time_s
            return None if first_s is None else (first_s - _HOUR_S, first_s + _HOUR_S)
        firsts, lasts = [*self._wall_times(lasts=False)], [*self._wall_times(lasts=True)]
        return (min(firsts), max(lasts)) if firsts and lasts else None

    @property
    def latest_uptime_us(self) -> int | None:
        """The latest uptime in it; None if it has none."""
        uptimes = self.form.uptimes_in(self.block[self.start : self.end])
        return max(uptimes, default=None)

    @property
    def uptime_bounds(self) -> tuple[int | None, int | None]:
        """What each uptime in it is at least and at most; None if any of its records has none."""
        if self.has_bounds:
            return self.low_us, self.high_us
        uptimes = self.form.uptimes_of_all(self.block[self.start : self.end])
        return min(uptimes, default=None), max(uptimes, default=None)

    @property
    def has_bounds(self) -> bool:
        """Whether `low_us` and `high_us` are bounds of the uptimes of all its records."""
        return not (self.form.some_have_uptimes or None in (self.low_us, self.high_us))

    def goes_on_with(self, other: "Stretch") -> bool:
        """Whether *other* follows in the same block, in the same form."""
        return (
            self.block is other.block
            and self.end == other.start
            and self.form is other.form
            and self.reading is other.reading
        )

    def named(self) -> Iterator[tuple[int, int]]:
        """Yield where the records that name VexFS begin and end."""
        return self._places_of(NAMED, self.lower)

    def all_places(self) -> Iterator[tuple[int, int]]:
        """Yield where each record begins and ends."""
        at = self.start
        while at < self.end:
            yield at, (at := self._record_end(at))

    def candidates(self, sieve: Sieve) -> Iterable[tuple[int, int]]:
        """Return where those records begin and end that may matter by *sieve*."""
        if not sieve.evidence:
            # Any other line that begins like one of VexFS is in no stretch.
            return self.named()
        others = (self._places_of(literal, self.block) for literal in sieve.inside)
        return sorted({*self.named(), *self._beginning(sieve), *chain.from_iterable(others)})

    def places(self, pattern: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
        """Yield where the records begin and end in which *pattern* finds something."""
        at = self.start
        while (hit := pattern.search(self.block, at, self.end)) is not None:
            start = self._record_start(hit.start() + 1)
            yield start, (at := self._record_end(start))

    def record(self, start: int, end: int) -> LogRecord:
        """Return the record between these places in the block."""
        lines = self.block[start : end - 1]
        record = None if self.form.read is None else self.form.read(lines, self.reading)
        if record is None and (record := parse_record(lines, self.reading)) is None:
            raise MalformedRecord(f"not a record of the form {self.form.name}: {lines[:40]!r}")
        return as_read(record, self.reading)

    def only(self, places: Iterable[tuple[int, int]]) -> "Stretch":
        """Return what it has at *places*, where whole records are, as a stretch of its own."""
        block = b"".join(self.block[start:end] for start, end in places)
        whole = stretch_of(self.form.name, self.reading, block)
        return replace(whole, low_us=self.low_us, high_us=self.high_us)

    def without(self, pattern: str) -> "Stretch | None":
        """Return it as `PlainForm.without` has its lines; None if none are left."""
        text = self.form.without(pattern, self.block[self.start : self.end])
        return stretch_of(self.form.name, self.reading, text) if text else None

    def without_last(self) -> "Stretch | None":
        """Return it without its last record; None if that is all there is."""
        end = self._record_start(self.end)
        if end == self.start:
            return None
        last = None if self.last_sequence is None else self.last_sequence - 1
        return replace(self, end=end, last_sequence=last)

    def _places_of(self, literal: bytes, text: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the records begin and end that have *literal* in them; *text*: the block."""
        at = self.start
        while (hit := text.find(literal, at, self.end)) >= 0:
            start = self._record_start(hit + 1)
            yield start, (at := self._record_end(start))

    def _beginning(self, sieve: Sieve) -> Iterator[tuple[int, int]]:
        """Return where the records begin and end whose text begins as *sieve* has it."""
        if self.form.matters is not None:
            return self._seeking(self.form.matters, sieve)
        return self._not_passing(sieve)

    def _not_passing(self, sieve: Sieve) -> Iterator[tuple[int, int]]:
        others, at = passing(self.form.name, sieve), self.start
        while at < self.end:
            if (match := others.match(self.block, at, self.end)) is not None:
                at = match.end()
            else:
                yield at, (at := self._record_end(at))

    def _seeking(self, matters: str, sieve: Sieve) -> Iterator[tuple[int, int]]:
        sought, at = seeking(self.form.name, sieve), self.start
        if matters.startswith(AFTER_LINE):
            # Nothing may stand before the first one.
            yield at, (at := self._record_end(at))
        block, end = self.block, self.end
        # What is sought may begin with the newline of the line before.
        begin = max(at - 1, self.start)
        # Where most lines matter, these are very many: no calls but for lines of metadata.
        while (hit := sought.search(block, begin, end)) is not None:
            start = block.rfind(b"\n", at, hit.end() - 1) + 1 or at
            if block[start] == _BLANK:
                start = self._record_start(start)
            at = block.index(b"\n", start) + 1
            if at != end and block[at] == _BLANK:
                at = self._record_end(at)
            yield start, at
            begin = at - 1

    def _wall_times(self, *, lasts: bool) -> Iterator[float]:
        """Yield the first Unix time of each minute, or the last."""
        if self.form.times is None:
            return
        found = set(self.form.times.findall(b"\n" + self.block[self.start : self.end]))
        in_order = sorted(found, key=itemgetter(1, 3, 2), reverse=not lasts)
        for line in {(date, zone): line for line, date, _, zone in in_order}.values():
            record = parse_record(line, self.reading)
            if record is not None and record.wall_time_s is not None:
                yield record.wall_time_s

    @property
    def _some_lack_dates(self) -> bool:
        times = self.form.times
        if times is None or not self.form.some_have_dates:
            return times is None
        lines = b"\n" + self.block[self.start : self.end - 1]
        return len(times.findall(lines)) < lines.count(b"\n")

    @property
    def _is_of_one_hour(self) -> bool:
        """Whether all its times are of one hour, which their dates show without a year or a zone,
        unless it is the hour from which on they are taken to be of last year (`renderings`)."""
        if "year" not in self.lacks:
            return False
        lines = b"\n" + self.block[self.start : self.end - 1]
        hour = lines[: lines.find(b":") + 1]
        turn = self.reading.today + timedelta(days=1)
        at_the_turn = (f"\n{turn:%b %e %H:}".encode(), f"\n{turn:%b %d %H:}".encode())
        return hour not in at_the_turn and lines.count(hour) == lines.count(b"\n")

    # Lines of metadata, which only follow a record, are indented.
    def _record_start(self, before: int) -> int:
        """Return where the record begins that has the byte before *before* in it."""
        while True:
            before = max(self.block.rfind(b"\n", self.start, before - 1) + 1, self.start)
            if self.block[before] != _BLANK:
                return before

    def _record_end(self, at: int) -> int:
        """Return where the record ends that has the byte at *at* in it."""
        while True:
            at = self.block.index(b"\n", at) + 1
            if at == self.end or self.block[at] != _BLANK:
                return at


def stretch_of(form: str, reading: Reading, text: bytes) -> Stretch:
    """Return the stretch that *text* is, records of the form called *form* and no more."""
    return Stretch(form_of(form), reading, text, text.lower(), 0, len(text))
