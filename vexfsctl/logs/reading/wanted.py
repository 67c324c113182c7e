"""Which records of a log a question is about, as a quick look can tell.

A log that was read is asked again and again, each time for few of its records. Lines that were kept
undecoded are searched as bytes, and only those are decoded that may be wanted; nothing here decides
what a line means.
"""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

from vexfsctl.logs.own_records import STATE, may_be_vexfs
from vexfsctl.logs.reading.places import Needle, Place, joined
from vexfsctl.logs.reading.spool import Lines
from vexfsctl.logs.sieve import Sieve, sieve
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.reading.regions import Region
    from vexfsctl.logs.stretches.stretch import Stretch

_SPECIAL = frozenset(r".^$*+?{}[]\|()")
"""Characters that stand for something else in a regular expression."""
_SHORT = 4
"""Characters of a literal below which many lines have it."""
_SAME = len("CORR-") + 14
"""Characters that ids have in common which a process gives soon after each other."""
_FEW = 16
"""Literals that are found more quickly one by one than by a pattern."""
_SOME = 128
"""Ids that are found more quickly by a pattern of just these than among all others."""

IDENTIFIER = re.compile(r"CORR-[0-9A-F]{16}")
"""A correlation id in its written form."""
_IDENTIFIER = re.compile(IDENTIFIER.pattern.encode())


Found = tuple[int, LogRecord]
"""A record, and where among some lines it begins."""


class Wanted(Protocol):
    """Says which records are wanted."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is wanted."""
        ...

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return those records of *lines* that may matter *by* the sieve and may be wanted.

        In their order, each behind the place in *lines* where it begins.
        """
        ...

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* lines are that may be wanted; None: anywhere."""
        ...


def records_of(lines: Lines, by: Sieve) -> Iterable[Found]:
    """Return the records of *lines* that matter *by* the sieve, as `Wanted.find` does."""
    return _accepted(by, _candidates(lines, by))


def _candidates(lines: Lines, by: Sieve) -> Iterator[Found]:
    stretch = lines.stretch
    # Without evidence, it is quicker to look which lines name VexFS.
    places = stretch.all_places() if lines.sifted and by.evidence else stretch.candidates(by)
    return _at(stretch, places)


def _at(stretch: "Stretch", places: Iterable[Place]) -> Iterator[Found]:
    return ((start, stretch.record(start, end)) for start, end in places)


def _accepted(by: "Sieve | Wanted", found: Iterable[Found]) -> Iterator[Found]:
    accepts = by.accepts
    return (placed for placed in found if accepts(placed[1]))


@dataclass(frozen=True)
class Saying:
    """Records in whose text a regular expression finds something, on one line."""

    pattern: str
    """Of characters in ASCII. Empty: any record."""
    literals: tuple[str, ...] = ()
    """A few texts, one of which is in all that it finds: to search for those is quicker. The text
    of a record need not stand in one piece in its line, but is cut at a colon and a blank only."""
    name: str = ""
    """A text that is in all of those lines that matter, and in most logs in few others."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether it finds something in *record*."""
        return self._in_text.search(record.text) is not None

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return the records of *lines* in which it finds something."""
        if not self.pattern:
            return records_of(lines, by)
        in_one_piece = lines.plain_form.in_one_piece
        if (in_one_piece or self._uncut) and not self._may_find(lines.text):
            return ()
        if not (in_one_piece or self._uncut):
            return _accepted(self, records_of(lines, by))
        stretch = lines.stretch
        sought = self._in_bytes if in_one_piece else self._any_literal
        found = _at(stretch, stretch.places(sought))
        return _accepted(by, found if in_one_piece else _accepted(self, found))

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* it finds something, or one of its literals is."""
        if not self.pattern:
            return None
        if self.name and region.hardly_has(self.name.encode()):
            return region.places(self.name.encode())
        # Bytes are found more quickly than a pattern, but a few of them are in most lines.
        if _SPECIAL.isdisjoint(self.pattern):
            return region.places(self.pattern.encode(errors="surrogatepass"))
        if min(map(len, self.literals), default=0) < _SHORT or self._begins_with_literal:
            return region.places(self._in_bytes)
        return joined(region.places(each) for each in self._encoded)

    def _may_find(self, text: bytes) -> bool:
        if self.literals:
            return any(each in text for each in self._encoded)
        return self._in_bytes.search(text) is not None

    @cached_property
    def _uncut(self) -> bool:
        return bool(self.literals) and not any(": " in each for each in self.literals)

    @property
    def _begins_with_literal(self) -> bool:
        """Whether its only literal is the beginning of it, and not all."""
        begin = re.escape(self.literals[0]) if len(self.literals) == 1 else self.pattern
        return self.pattern != begin and self.pattern.startswith(begin)

    @cached_property
    def _any_literal(self) -> re.Pattern[bytes]:
        return re.compile(b"|".join(map(re.escape, self._encoded)))

    @cached_property
    def _encoded(self) -> tuple[bytes, ...]:
        return tuple(each.encode(errors="surrogatepass") for each in self.literals)

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def _in_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self.pattern.encode(errors="surrogatepass"))


class Beginning:
    """Records whose text begins as a regular expression says, mostly without repetitions.

    It can be asked of a log only once: it remembers what it found, and does not find that again.
    """

    def __init__(self, pattern: str, literals: tuple[str, ...], repeated: str = "") -> None:
        """*pattern*: of characters in ASCII.

        *literals*: a few texts with one of which each of them begins, cut as in `Saying`.
        *repeated*: another pattern, for others. Its group `thing` is what a record is about, and
        all that it finds is what is said of that: a record is wanted if the one before said
        something else of the same thing.
        """
        self._pattern = pattern
        self._literals = literals
        self._repeated = repeated
        self._said: dict[str, str] = {}
        """What was said last of each thing."""
        self._in_bytes: dict[str, re.Pattern[bytes]] = {}

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* begins so, and is no repetition."""
        match = self._in_text.match(record.text)
        if match is None:
            return False
        thing = match["thing"] if self._repeated else None
        if thing is None:
            return True
        if self._said.get(thing) == match[0]:
            return False
        if thing in self._said or len(self._said) < _SOME:
            self._said[thing] = match[0]
            self._in_bytes.clear()
        return True

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return the records of *lines* that begin so."""
        form = lines.plain_form
        if form.in_one_piece:
            stretch = lines.stretch
            found: Iterable[Found] = _at(stretch, stretch.places(self._behind(form.before)))
        else:
            found = self._anywhere.find(lines, by)
        return _accepted(by, _accepted(self, found))

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* these are, and perhaps others."""
        form = region.plain_form
        if not form.in_one_piece:
            return self._anywhere.places(region)
        return region.places(self._behind(form.before))

    @cached_property
    def _any(self) -> str:
        return "|".join(filter(None, (self._pattern, self._repeated)))

    @cached_property
    def _anywhere(self) -> Saying:
        return Saying(self._any.replace("?P<thing>", "?:"), self._literals)

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        return re.compile(self._any)

    def _behind(self, before: str) -> re.Pattern[bytes]:
        """Return what finds those behind *before*, but hardly any repetition of what was said."""
        if (known := self._in_bytes.get(before)) is not None:
            return known
        said = "|".join(map(re.escape, self._said.values()))
        wanted = f"{self._pattern}|(?!{said}){self._repeated}" if said else self._any
        # What begins with a literal is searched for three times as quickly.
        start = f"{re.escape(before)}(?={'|'.join(map(re.escape, self._literals))})"
        found = re.compile(f"{start}(?:{wanted})".encode())
        return self._in_bytes.setdefault(before, found)


@dataclass(frozen=True)
class OfVexfs:
    """Of the wanted records those that VexFS may have written, ours or an earlier build."""

    wanted: Wanted | None = None
    """None: all."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is one of them."""
        return may_be_vexfs(record) and (self.wanted is None or self.wanted.accepts(record))

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return those of *lines*."""
        # The kernel's own lines need not even be decoded.
        own = sieve(evidence=False)
        found = records_of(lines, own) if self.wanted is None else self.wanted.find(lines, own)
        return ((place, record) for place, record in found if may_be_vexfs(record))

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* those may be."""
        return None if self.wanted is None else self.wanted.places(region)


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
        from vexfsctl.logs.reading.passing import is_passing

        others = may_be_vexfs(record) and not is_passing(record)
        return others and self._saying.accepts(record)

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return the records of *lines* that are that."""
        # Deferred: nothing may have been kept, and it brings the wording of all our records.
        from vexfsctl.logs.reading.passing import PASSING

        left = lines.plain_form.left_without(PASSING, lines.text)
        rest = lines._replace(text=b"".join(lines.text[start:end] for start, end in left))
        if not rest.text:
            return ()
        begins = [0, *accumulate(end - start for start, end in left)]
        found = self._saying.find(rest, sieve(evidence=False))
        pieces = ((bisect(begins, place) - 1, place, record) for place, record in found)
        return ((left[n][0] + place - begins[n], record) for n, place, record in pieces)

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* lines are that may be that."""
        return self._saying.places(region)

    @cached_property
    def _saying(self) -> "Saying":
        return Saying(self.pattern)


STATES = Saying(STATE, ("state vol=",))
"""Records that say of which load of its volume the others are."""

MOUNTING = "ounting filesystem"
"""Part of all lines in which earlier builds name the device that they mount."""
_OF_MOUNTS = (
    *(MOUNTING, "nmount", "nitializing ", "nloaded", "nregistered"),
    *("Integrated v", "FUSE Implementation", "serspace components"),
)
MOUNTS = Saying("|".join(map(re.escape, _OF_MOUNTS)), _OF_MOUNTS, name="VexFS")
"""What earlier builds say of what they mount, and of what ends that, and other lines."""


@dataclass(frozen=True, slots=True)
class Since:
    """Records from a time on, and of those before it what outlasts it."""

    lasting: Wanted | None = None
    uptime_us: int | None = None
    time_s: float | None = None
    """Unix time; it counts for records without an uptime, or if *uptime_us* is None."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is of that time, may be, or outlasts it."""
        before = self._is_before(record.uptime_us, record.wall_time_s)
        return not before or (self.lasting is not None and self.lasting.accepts(record))

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return those of *lines*."""
        if self._are_before(lines):
            return () if self.lasting is None else self.lasting.find(lines, by)
        return _accepted(self, records_of(lines, by))

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* those lines may be."""
        if not self._are_before(region):
            return None
        return () if self.lasting is None else self.lasting.places(region)

    def _are_before(self, lines: "Lines | Region") -> bool:
        if self.uptime_us is not None and lines.plain_form.uptime is not None:
            # A record with an uptime is judged by that, one beside it without one by its date.
            return not lines.some_lack_uptimes and max(lines.uptimes) < self.uptime_us
        return self.time_s is not None and self._is_before(None, lines.latest_s)

    def _is_before(self, uptime_us: int | None, time_s: float | None) -> bool:
        if self.uptime_us is not None and uptime_us is not None:
            return uptime_us < self.uptime_us
        return self.time_s is not None and time_s is not None and time_s < self.time_s


class Evidence:
    """The kernel's own lines about devices, and perhaps others."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* may be one."""
        return sieve().accepts_evidence(record.text)

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return those of *lines*."""
        # Whatever it accepts matters, as a rule.
        found = _candidates(lines, by) if by.evidence else records_of(lines, by)
        return _accepted(self, found)

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return None: they may be anywhere in *region*."""
        return None


@dataclass(frozen=True, slots=True)
class During:
    """Of the wanted records those of some time: by uptime, or else by wall-clock time."""

    wanted: Wanted
    uptimes_us: tuple[float, float] | None = None
    """From and to; None: none is known."""
    times_s: tuple[float, float] | None = None
    """The same in Unix time, for records without an uptime, or if no uptimes are given."""
    or_undated: bool = False
    """Whether records without a time of a kind that is given are, too."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is one of them."""
        return self._is_within(record) and self.wanted.accepts(record)

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return those of *lines*."""
        if not self._overlaps(lines):
            return ()
        found = self.wanted.find(lines, by)
        return ((place, record) for place, record in found if self._is_within(record))

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* those may be."""
        return self.wanted.places(region) if self._overlaps(region) else ()

    def _is_within(self, record: LogRecord) -> bool:
        if record.uptime_us is not None and self.uptimes_us is not None:
            begin_us, end_us = self.uptimes_us
            return begin_us <= record.uptime_us <= end_us
        if record.wall_time_s is not None and self.times_s is not None:
            begin_s, end_s = self.times_s
            return begin_s <= record.wall_time_s <= end_s
        return self.or_undated

    def _overlaps(self, lines: "Lines | Region") -> bool:
        form = lines.plain_form
        if self.uptimes_us is not None and form.uptime is not None:
            begin_us, end_us = self.uptimes_us
            uptimes = lines.uptimes
            if uptimes and min(uptimes) <= end_us and begin_us <= max(uptimes):
                return True
            if not lines.some_lack_uptimes:
                return False
        if self.times_s is None or form.time is None:
            return self.or_undated
        begin_s, end_s = self.times_s
        bounds_s = lines.time_bounds_s
        return bounds_s is None or (bounds_s[0] <= end_s and begin_s <= bounds_s[1])


@dataclass(frozen=True)
class Naming:
    """Records that name one of some correlation ids."""

    ids: frozenset[str]
    """In their written form."""

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* names one."""
        return not self.ids.isdisjoint(IDENTIFIER.findall(record.text))

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return those of *lines*."""
        if not self.ids:
            return ()
        if len(self.ids) <= _FEW:
            return Saying("|".join(self.ids), tuple(self.ids)).find(lines, by)
        stretch, ids = lines.stretch, {each.encode() for each in self.ids}
        places = (
            (start, end)
            for start, end in stretch.places(self._pattern)
            if not ids.isdisjoint(_IDENTIFIER.findall(stretch.block, start, end))
        )
        return _accepted(by, _at(stretch, places))

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* these are, and perhaps others."""
        return joined(region.places(each) for each in self._beginnings)

    @cached_property
    def _beginnings(self) -> Sequence[Needle]:
        beginnings = {each[:_SAME].encode() for each in self.ids}
        return tuple(beginnings) if len(beginnings) <= _FEW else (self._pattern,)

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        if len(self.ids) > _SOME:
            return _IDENTIFIER
        return re.compile("|".join(sorted(self.ids)).encode())


class AnyOf:
    """Records that are wanted for one reason or another."""

    def __init__(self, *reasons: Wanted) -> None:
        self._reasons = reasons

    def accepts(self, record: LogRecord) -> bool:
        """Whether *record* is one of them."""
        return any(reason.accepts(record) for reason in self._reasons)

    def find(self, lines: Lines, by: Sieve) -> Iterable[Found]:
        """Return those of *lines*."""
        found = [records for each in self._reasons if (records := [*each.find(lines, by)])]
        if len(found) <= 1:
            return chain.from_iterable(found)
        return sorted(dict(chain.from_iterable(found)).items(), key=itemgetter(0))

    def places(self, region: "Region") -> Sequence[Place] | None:
        """Return where in *region* those may be."""
        places = [each.places(region) for each in self._reasons]
        known = [each for each in places if each is not None]
        return joined(map(tuple, known)) if len(known) == len(places) else None
