"""Which records of a log a question is about, as a quick look can tell.

A log that was read is asked again and again, each time for few of its records. Lines that were kept
undecoded are searched as bytes, and only those are decoded that may be wanted; nothing here decides
what a line means.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from vexfsctl.logs.grammar import RECORD_FORMS, STATE_BEGINS
from vexfsctl.logs.own_records import may_be_vexfs
from vexfsctl.logs.sieve import Sieve, sieve
from vexfsctl.logs.sources.spool import Lines
from vexfsctl.model.events import StateChanged
from vexfsctl.model.record import LogRecord

_WORDS = "|".join(form.word for form in RECORD_FORMS if form.event is not StateChanged)
_PASSING = rf"VexFS: (?:\[CORR-[0-9A-F]{{16}}\] )?(?:{_WORDS}) vol="
"""What our own records begin with, but for those of states."""


class Wanted(Protocol):
    """Says which records are wanted."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is wanted."""
        ...

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return those records of *lines* that may matter *by* the sieve and may be wanted."""
        ...


def records_of(lines: Lines, by: Sieve) -> Iterator[LogRecord]:
    """Yield the records of *lines* that matter *by* the sieve."""
    stretch = lines.stretch
    return filter(by.accepts, (stretch.record(*place) for place in stretch.candidates(by)))


@dataclass(frozen=True)
class Saying:
    """Records in whose text a regular expression finds something, on one line."""

    pattern: str
    """Of characters in ASCII, which no form of log writes in another way."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether it finds something in *record*."""
        return self._in_text.search(record.text) is not None

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return the records of *lines* in which it finds something."""
        if self._in_bytes.search(lines.text) is None:
            return ()
        stretch = lines.stretch
        found = (stretch.record(*place) for place in stretch.places(self._in_bytes))
        return filter(by.accepts, found)

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def _in_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self.pattern.encode())


@dataclass(frozen=True)
class Lasting:
    """What a verdict needs of the time before its window: all that VexFS says but what our own
    builds report of calls and breakers."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is that."""
        return may_be_vexfs(record) and re.match(_PASSING, record.text) is None

    def find(self, lines: Lines, by: Sieve) -> Iterable[LogRecord]:
        """Return the records of *lines* that are that."""
        rest = lines.stretch.form.without(_PASSING, lines.text)
        return records_of(lines._replace(text=rest), sieve(evidence=False)) if rest else ()


STATES = Saying(f"(?:{STATE_BEGINS})")
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
