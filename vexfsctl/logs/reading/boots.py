"""The records of one source, boot by boot, while they go by.

A log may hold several boots. The records that matter are kept; of the others only what a question
about the whole boot needs: which boot ids they had, and which was the last.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from vexfsctl.logs.own_records import NAMED
from vexfsctl.logs.reading.spool import Lines, Placed, Position, Spool
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.reading.regions import Region
    from vexfsctl.logs.reading.wanted import Found, Wanted
    from vexfsctl.logs.sieve import Sieve
    from vexfsctl.logs.stretches.stretch import Stretch

_UNORDERED: Position = 0, 0.0
_USUAL_SIZE = 128
"""Bytes of a line that names VexFS: so large at least, or a little smaller."""
REORDERING_US = 5_000_000
"""The clock of a kernel that just started jumps back by up to a second once it is calibrated."""


@dataclass(frozen=True, slots=True)
class Part:
    """Records that were kept together, and what became known of them later."""

    spool: Spool
    start: int
    """Marks in it between which they are."""
    end: int
    reached: Position = (0, 0.0)
    """Where the boot stood when they began."""
    forgotten: bool = False
    """Whether the boot they are of is not known after all."""
    only: str | None = None
    """The only boot id of which they are wanted, 32 hexadecimal digits; None: any."""
    wanted: "Wanted | None" = None
    """Which of them are; None: all."""

    def __len__(self) -> int:
        """Return how many records these are at most, wanted or not."""
        return self.spool.count(self.start, self.end)

    def __iter__(self) -> Iterator[Placed]:
        """Yield the records and their positions."""
        placed = self._wanted()
        if self.only is None and not self.forgotten and not any(self.reached):
            yield from placed
            return
        for position, record in placed:
            if self.only is None or plain_id(record.boot_id) == self.only:
                known = replace(record, boot_id=None) if self.forgotten else record
                yield _later(self.reached, position), known

    @property
    def regions(self) -> "Iterator[Region]":
        """What of it was not read at first."""
        return self.spool.regions(self.start, self.end)

    @property
    def uptimes(self) -> Iterator[int]:
        """Yield the uptimes in it as `Boot.uptimes` does."""
        for kept in self.spool.read(self.start, self.end):
            if isinstance(kept, Lines) or not isinstance(kept, tuple):
                yield from kept.uptimes
            elif kept[1].uptime_us is not None:
                yield kept[1].uptime_us

    @property
    def size(self) -> int:
        """Bytes that it takes up."""
        return self.spool.size(self.start, self.end)

    def ending(self, size: int, before: "Wanted") -> "Iterator[Part]":
        """Yield it in two parts: records that are wanted *before* its last *size* bytes; these."""
        middle = self.spool.mark_before_last(self.start, self.end, size)
        if self.start < middle:
            yield replace(self, end=middle, wanted=before)
        if middle < self.end:
            yield replace(self, start=middle)

    def _wanted(self) -> Iterator[Placed]:
        for kept in self.spool.read(self.start, self.end):
            if isinstance(kept, Lines):
                yield from ((_UNORDERED, record) for _, record in self._found(kept))
            elif not isinstance(kept, tuple):
                assert self.spool.sieve is not None
                found = kept.find(self.wanted, self.spool.sieve)
                yield from ((_UNORDERED, record) for record in found)
            elif self.wanted is None or self.wanted.accepts(kept[1]):
                yield kept

    def _found(self, lines: Lines) -> "Iterable[Found]":
        # Deferred: nothing may have been kept as lines.
        from vexfsctl.logs.reading.wanted import records_of

        assert self.spool.sieve is not None
        if self.wanted is None:
            return records_of(lines, self.spool.sieve)
        return self.wanted.find(lines, self.spool.sieve)


class Boot(NamedTuple):
    """What one source has of one boot."""

    parts: tuple[Part, ...] = ()
    """The records that matter, in the order of the source."""
    ends: Mapping[str | None, LogRecord] = MappingProxyType({})
    """The last of all its records of each boot id: text need not show a restart, but name it."""
    first: LogRecord | None = None
    """The first of all its records, not only of those that matter; None if it is not known."""
    last: LogRecord | None = None
    """The last of them; None if it has none."""
    end: Position = (0, 0.0)
    """That of the last."""

    @property
    def records(self) -> Iterator[LogRecord]:
        """Yield the records that matter, in the order of the source."""
        return (record for part in self.parts for _, record in part)

    @property
    def uptimes(self) -> Iterator[int]:
        """Yield the uptimes (µs) of these; of lines that go on with each other only two bounds."""
        return (uptime_us for part in self.parts for uptime_us in part.uptimes)

    def without_id(self) -> "Boot":
        """Return it with the boot unknown."""
        if self.last is None:
            return self
        last = replace(self.last, boot_id=None)
        parts = tuple(replace(part, forgotten=True) for part in self.parts)
        return self._replace(parts=parts, ends={None: last}, last=last)

    def of(self, boot_id: str) -> "Boot":
        """Return what it has of *boot_id*, 32 hexadecimal digits."""
        ends = {each: last for each, last in self.ends.items() if plain_id(each) == boot_id}
        known = () if not ends else self.parts
        return Boot(
            parts=tuple(replace(part, only=boot_id) for part in known),
            ends=ends,
            first=self.first if len(self.ends) == len(ends) else None,
            last=next(reversed(ends.values()), None),
            end=self.end,
        )

    def only(self, wanted: "Wanted") -> "Boot":
        """Return it with those records only that are *wanted*, whatever was wanted before."""
        return self._replace(parts=tuple(replace(part, wanted=wanted) for part in self.parts))

    def of_vexfs(self) -> "Boot":
        """Return it with those of its records only that VexFS may have written."""
        if not self.parts:
            return self
        # Deferred: an empty log needs nothing of it.
        from vexfsctl.logs.reading.wanted import OfVexfs

        parts = (replace(part, wanted=OfVexfs(part.wanted)) for part in self.parts)
        return self._replace(parts=tuple(parts))

    @property
    def size(self) -> int:
        """Bytes that its records take up."""
        return sum(part.size for part in self.parts)

    def ending(self, size: int, before: "Wanted") -> "Boot":
        """Return it with its last records, *size* bytes, and those *before* that are wanted."""
        parts: list[Part] = []
        for part in reversed(self.parts):
            parts = [*part.ending(size, before), *parts]
            size -= part.size
        return self._replace(parts=tuple(parts))

    def followed_by(self, later: "Boot") -> "Boot":
        """Return both as one boot."""
        on_top = (replace(part, reached=_later(self.end, part.reached)) for part in later.parts)
        return Boot(
            parts=(*self.parts, *on_top),
            ends={**self.ends, **later.ends},
            first=self.first or later.first,
            last=later.last or self.last,
            end=_later(self.end, later.end),
        )


def plain_id(boot_id: str | None) -> str:
    """Return a boot id as 32 hexadecimal digits; none has none."""
    return (boot_id or "").replace("-", "")


class _Open:
    """A boot while its records go by."""

    def __init__(self, start: int) -> None:
        self.start = start
        """Mark in the spool at which it begins."""
        self.ends: dict[str | None, LogRecord] = {}
        self.first: LogRecord | None = None
        self.last: LogRecord | None = None
        self.end: Position = (0, 0.0)

    def close(self, spool: Spool, end: int) -> Boot:
        parts = (Part(spool, self.start, end),)
        return Boot(parts, self.ends, self.first, self.last, self.end)


class Keeper(Protocol):
    """Decides what to keep of one boot after the other."""

    def take(self, item: "LogRecord | Stretch") -> None:
        """Take the next record, or stretch of records."""
        ...

    def flush(self, *, restarted: bool) -> None:
        """Keep what has to be kept of those so far: a boot ends, or only a boot id."""
        ...

    @property
    def misjudged(self) -> bool:
        """Whether something was left out that should have been kept, as the end showed."""
        ...


class BootSplitter:
    """Cuts the records of one source where the machine was restarted."""

    def __init__(
        self,
        sieve: "Sieve | None" = None,
        *,
        ordered: bool = True,
        keeper: "Callable[[BootSplitter], Keeper] | None" = None,
    ) -> None:
        """*sieve* says which records to keep; None: all.

        *ordered*: whether their positions are needed, for which all of them have to be decoded.
        *keeper* makes what takes each item in turn and hands to `keep` what is to be kept.
        """
        self.first: LogRecord | None = None
        """The first of all records."""
        self._sieve = sieve
        self._ordered = ordered
        self._spool = Spool(sieve)
        self._boots: list[Boot] = []
        self._boot = _Open(self._spool.mark())
        self._before: LogRecord | Stretch | None = None
        self._keeper = None if keeper is None else keeper(self)

    def take(self, item: "LogRecord | Stretch") -> None:
        """Take the next record, or stretch of records."""
        before, self._before = self._before, item
        if before is None:
            self.first = self._boot.first = first_record(item)
        elif restarted_between(before, item):
            self._end_boot(before, restarted=True)
            self._boots.append(self._boot.close(self._spool, self._spool.mark()))
            self._boot = _Open(self._spool.mark())
            self._boot.first = first_record(item)
        elif boot_id_of(before) != boot_id_of(item):
            self._end_boot(before, restarted=False)
        (self.keep if self._keeper is None else self._keeper.take)(item)

    @property
    def misjudged(self) -> bool:
        """Whether something is missing that should have been kept, as its end showed."""
        return self._keeper is not None and self._keeper.misjudged

    def keep(self, item: "LogRecord | Stretch") -> None:
        """Keep what may matter of *item*."""
        if isinstance(item, LogRecord):
            self._take_record(item)
        elif self._ordered:
            self._decode(item)
        else:
            self._keep_lines(item)

    def pass_over(self, region: "Region") -> None:
        """Take what follows in the same boot, to be searched when something is asked."""
        self._spool.append_region(region)

    def boots(self) -> tuple[Boot, ...]:
        """Return what went by so far; at least one boot."""
        if self._before is not None:
            self._end_boot(self._before, restarted=True)
        return (*self._boots, self._boot.close(self._spool, self._spool.mark()))

    def _take_record(self, record: LogRecord) -> None:
        boot = self._boot
        if self._ordered:
            boot.end = _later(boot.end, (record.uptime_us or 0, record.wall_time_s or 0.0))
        if self._sieve is None or self._sieve.accepts(record):
            self._spool.append(boot.end, record)

    def _keep_lines(self, stretch: "Stretch") -> None:
        """Keep the lines of *stretch* that may matter, or if VexFS has many of them all of it."""
        assert self._sieve is not None
        size = stretch.end - stretch.start
        count = stretch.lower.count(NAMED, stretch.start, stretch.end)
        sifted = False
        if count * _USUAL_SIZE < size // 2:
            places = [*stretch.candidates(self._sieve)]
            count = len(places)
            stretch, sifted = stretch.only(places), True
        if count:
            self._spool.append_lines(Lines.of(stretch, sifted=sifted), count)

    def _decode(self, stretch: "Stretch") -> None:
        """Keep the records of *stretch* that may matter, each with its position."""
        assert self._sieve is not None
        at = stretch.start
        for start, end in stretch.candidates(self._sieve):
            self._pass_over(stretch, at, start)
            self._take_record(stretch.record(start, end))
            at = end
        self._pass_over(stretch, at, stretch.end)

    def _pass_over(self, stretch: "Stretch", start: int, end: int) -> None:
        if start < end:
            part = replace(stretch, start=start, end=end)
            reached = part.latest_uptime_us or 0, part.latest_wall_time_s or 0.0
            self._boot.end = _later(self._boot.end, reached)

    def _end_boot(self, last: "LogRecord | Stretch", *, restarted: bool) -> None:
        """Note the *last* record of a boot, or of a boot id."""
        if self._keeper is not None:
            self._keeper.flush(restarted=restarted)
        record = last_record(last)
        # The order of the ids is that of their last records.
        self._boot.ends.pop(record.boot_id, None)
        self._boot.ends[record.boot_id] = self._boot.last = record


def join_boots(older: Sequence[Boot], later: Sequence[Boot], first: LogRecord | None) -> list[Boot]:
    """Return the boots of a log of two parts; *first* is the first record of the later one."""
    end, begin = older[-1], later[0]
    if end.last is not None and first is not None and restarted_between(end.last, first):
        return [*older, *later]
    return [*older[:-1], end.followed_by(begin), *later[1:]]


def first_record(item: "LogRecord | Stretch") -> LogRecord:
    """Return the first record of *item*."""
    return item if isinstance(item, LogRecord) else item.first_record


def boot_id_of(item: "LogRecord | Stretch") -> str | None:
    """Return the boot that *item* says it is of."""
    return item.boot_id if isinstance(item, LogRecord) else item.reading.boot_id


def last_record(item: "LogRecord | Stretch") -> LogRecord:
    """Return the last record of *item*."""
    return item if isinstance(item, LogRecord) else item.last_record


def restarted_between(before: "LogRecord | Stretch", after: "LogRecord | Stretch") -> bool:
    """Whether the machine was restarted between two items that follow each other."""
    if _has_no_uptime(before) or _has_no_uptime(after) or _surely_go_on(before, after):
        return False
    one, other = last_record(before), first_record(after)
    if one.uptime_us is None or other.uptime_us is None:
        return False
    if one.sequence is not None and other.sequence is not None:
        return other.sequence <= one.sequence and other.uptime_us < one.uptime_us
    return one.uptime_us - other.uptime_us > REORDERING_US


def _has_no_uptime(item: "LogRecord | Stretch") -> bool:
    if isinstance(item, LogRecord):
        return item.uptime_us is None
    return item.form.uptimes is None


def _surely_go_on(before: "LogRecord | Stretch", after: "LogRecord | Stretch") -> bool:
    """Whether there was no restart, by what is known without decoding a stretch."""
    if isinstance(before, LogRecord):
        number, latest_us = before.sequence, before.uptime_us
    else:
        number, latest_us = before.last_sequence, before.high_us
    if isinstance(after, LogRecord):
        next_number, earliest_us = after.sequence, after.uptime_us
    else:
        next_number, earliest_us = after.first_sequence, after.low_us
    if number is not None and next_number is not None:
        return next_number > number
    if latest_us is None or earliest_us is None:
        return False
    return latest_us - earliest_us <= REORDERING_US


def _later(one: Position, other: Position) -> Position:
    return max(one[0], other[0]), max(one[1], other[1])
