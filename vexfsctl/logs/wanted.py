"""Which records of a log a question is about, as a quick look can tell.

A log that was read is asked again and again, each time for few of its records. Lines that were kept
undecoded are searched as bytes, and only those are decoded that may be wanted; nothing here decides
what a line means.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Protocol

from vexfsctl.logs.formats.stretches import form_of
from vexfsctl.logs.grammar import RECORD_FORMS, STATE_BEGINS
from vexfsctl.logs.own_records import may_be_vexfs
from vexfsctl.logs.sieve import Sieve, sieve
from vexfsctl.logs.sources.spool import Lines
from vexfsctl.model.events import StateChanged
from vexfsctl.model.record import LogRecord

_WORDS = "|".join(form.word for form in RECORD_FORMS if form.event is not StateChanged)
PASSING = rf"VexFS: (?:\[CORR-[0-9A-F]{{16}}\] )?(?:{_WORDS}) vol="
"""What our own records begin with, but for those of states."""

_FEW = 16
"""Literals that are found more quickly one by one than by a pattern."""


class Wanted(Protocol):
    """Says which records are wanted."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is wanted."""
        ...

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return those records of *lines* that may matter *by* the sieve and may be wanted."""
        ...


def is_passing(record: LogRecord) -> bool:
    """Whether our own provider reports in *record*, perhaps torn, of a call or a breaker."""
    return re.match(PASSING, record.text) is not None


def saying_ids(ids: Iterable[str]) -> "Saying":
    """Return records that have one of *ids* in them, in their written form."""
    written = tuple(ids)
    return Saying("|".join(written), written if len(written) <= _FEW else ())


def records_of(lines: Lines, by: Sieve) -> Iterator[LogRecord]:
    """Yield the records of *lines* that matter *by* the sieve."""
    stretch = lines.stretch
    return filter(by.accepts, (stretch.record(*place) for place in stretch.candidates(by)))


@dataclass(frozen=True)
class Saying:
    """Records in whose text a regular expression finds something, on one line."""

    pattern: str
    """Of characters in ASCII. Empty: any record."""
    literals: tuple[str, ...] = ()
    """A few texts, one of which is in all that it finds: to search for those is quicker."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether it finds something in *record*."""
        return self._in_text.search(record.text) is not None

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return the records of *lines* in which it finds something."""
        if not self.pattern:
            return records_of(lines, by)
        if not form_of(lines.form).in_one_piece:
            return filter(self.accepts, records_of(lines, by))
        if not self._may_find(lines.text):
            return ()
        stretch = lines.stretch
        found = (stretch.record(*place) for place in stretch.places(self._in_bytes))
        return filter(by.accepts, found)

    def _may_find(self, text: bytes) -> bool:
        if self.literals:
            return any(each in text for each in self._encoded)
        return self._in_bytes.search(text) is not None

    @cached_property
    def _encoded(self) -> tuple[bytes, ...]:
        return tuple(each.encode() for each in self.literals)

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def _in_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self.pattern.encode())


@dataclass(frozen=True)
class OfOthers:
    """What VexFS says but for what our own provider reports of calls and breakers: states, and all
    of other builds.

    That is what a verdict needs of the time before its window.
    """

    pattern: str = ""
    """What it says besides, as in `Saying`."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is that."""
        others = may_be_vexfs(record) and not is_passing(record)
        return others and self._saying.accepts(record)

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return the records of *lines* that are that."""
        rest = form_of(lines.form).without(PASSING, lines.text)
        own = sieve(evidence=False)
        return self._saying.find(lines._replace(text=rest), own) if rest else ()

    @cached_property
    def _saying(self) -> "Saying":
        return Saying(self.pattern)


STATES = Saying(STATE_BEGINS, (STATE_BEGINS,))
"""Records that say of which load of its volume the others are."""


@dataclass(frozen=True, slots=True)
class Since:
    """Records from a time on, and of those before it what outlasts it."""

    lasting: Wanted
    uptime_us: int | None = None
    time_s: float | None = None
    """Unix time; it counts for records without an uptime, or if *uptime_us* is None."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is of that time, may be, or outlasts it."""
        before = self._is_before(record.uptime_us, record.wall_time_s)
        return not before or self.lasting.accepts(record)

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return those of *lines*."""
        if self._is_before(lines.latest_us, lines.latest_s):
            return self.lasting.find(lines, by)
        return filter(self.accepts, records_of(lines, by))

    def _is_before(self, uptime_us: int | None, time_s: float | None) -> bool:
        if self.uptime_us is not None and uptime_us is not None:
            return uptime_us < self.uptime_us
        return self.time_s is not None and time_s is not None and time_s < self.time_s


class Evidence:
    """The kernel's own lines about devices, and perhaps others."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* may be one."""
        return sieve().accepts_text(record.text)

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return those of *lines*."""
        return filter(self.accepts, records_of(lines, by))


@dataclass(frozen=True, slots=True)
class During:
    """Of the wanted records those of some time: by uptime, or else by wall-clock time.

    A record without a time of a kind that is given is never of that time.
    """

    wanted: Wanted
    uptimes_us: tuple[float, float] | None = None
    """From and to; None: none is known."""
    times_s: tuple[float, float] | None = None
    """The same in Unix time, for records without an uptime, or if no uptimes are given."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is one of them."""
        return self._is_within(record) and self.wanted.accepts(record)

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return those of *lines*."""
        if self._are_beyond(lines):
            return ()
        return filter(self.accepts, self.wanted.find(lines, by))

    def _is_within(self, record: LogRecord) -> bool:
        if record.uptime_us is not None and self.uptimes_us is not None:
            begin, end = self.uptimes_us
            return begin <= record.uptime_us <= end
        if record.wall_time_s is not None and self.times_s is not None:
            begin, end = self.times_s
            return begin <= record.wall_time_s <= end
        return False

    def _are_beyond(self, lines: Lines) -> bool:
        first_us, last_us = lines.earliest_us, lines.latest_us
        if first_us is not None and last_us is not None and self.uptimes_us is not None:
            begin, end = self.uptimes_us
            return end < first_us or last_us < begin
        if self.times_s is None:
            return False
        return lines.latest_s is not None and lines.latest_s < self.times_s[0]


class AnyOf:
    """Records that are wanted for one reason or another."""

    def __init__(self, *reasons: Wanted) -> None:
        self._reasons = reasons

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is one of them."""
        return any(reason.accepts(record) for reason in self._reasons)

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return those of *lines*."""
        found = [records for each in self._reasons if (records := [*each.find(lines, by)])]
        if len(found) <= 1:
            return chain.from_iterable(found)
        # Where two found something, only the lines themselves tell the order.
        return filter(self.accepts, records_of(lines, by))
