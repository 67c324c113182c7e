"""Records of VexFS that say the same, counted together while a log goes by.

A busy log has millions of lines that differ in ids and numbers only: its *phrases* are few. Whoever
counts errors needs of each phrase the first record, the last one, and how many there were; those
two records are kept, `counted`, in their places.

What changes the meaning of others (a load of the module, a change of state) is kept one by one. So
is a call that does not begin and end within one stretch: somebody may ask whether it came back.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from operator import lt
from typing import NamedTuple

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.formats.lines import parse_record
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.formats.stretches import Stretch
from vexfsctl.logs.interpret import meaning_of
from vexfsctl.logs.own_records import NAMED
from vexfsctl.model.events import StateChanged
from vexfsctl.model.intervals import Intervals
from vexfsctl.model.record import Counted, LogRecord
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind

_MOST = 20_000
"""Phrases and single records that are held at a time."""
_FEWEST = 4
"""Records of a stretch that it pays to count."""
_MARK = b"\0"
"""Stands for what was cut out; a stretch that has it itself is not counted."""
_CUTS = (
    (b"CALL-", re.compile(rb"CALL-\d{1,18}"), b"CALL-" + _MARK),
    (b"CORR-", re.compile(rb"CORR-[0-9A-F]{16}"), b"CORR-" + _MARK),
    *(
        (key, re.compile(re.escape(key) + rb"\d{1,20}(?= |$)", re.MULTILINE), key + _MARK)
        for key in (b" ino=", b" off=", b" len=", b" dur_us=", b" delay_ms=", b" retry_after_ms=")
    ),
)
"""What is cut out of lines: what it begins with, all of it, and what stands there then."""
_NUMBER = re.compile(rb"\n(?:VexFS: \[CALL-(\d{1,18})\])?")
"""The number of each line, none if it has none."""
_UNKNOWN = -1
_ENDS = (
    *(UpstreamKind.CALL_SUCCEEDED, UpstreamKind.CALL_FAILED, UpstreamKind.CALL_BLOCKED),
    *(UpstreamKind.CALL_TIMED_OUT, UpstreamKind.CALL_SKIPPED),
)

_Key = bytes
"""What stands before the text, without times, and the text, without ids and numbers."""


class _Kind(NamedTuple):
    """What a record is about, as far as it matters for others."""

    in_place: bool = False
    """Whether the meaning of others depends on where it stands."""
    loads: bool = False
    """Whether the module was loaded: its calls are numbered anew."""
    call: str | None = None
    """The site of the call that begins or ends with it, if any."""
    begins: bool = False
    number: int | None = None
    """Of that call; None if its build numbers none."""


class _Row(NamedTuple):
    """A line that was counted."""

    place: int
    line: bytes
    reading: Reading


@dataclass(slots=True)
class _Phrase:
    first: _Row
    last: _Row
    weight: int = 0
    numbers: Intervals = field(default_factory=Intervals)

    def note(self, numbers: Sequence[int]) -> None:
        """Add the *numbers* of calls, in order."""
        for start, end in _intervals(numbers):
            self.numbers.add_all(start, end)


@dataclass(slots=True)
class _Site:
    """What is known of the numbered calls of one call site."""

    seen: Intervals = field(default_factory=Intervals)
    """Their numbers in this load of the module."""
    running: set[int] = field(default_factory=set)
    """Those of them that began and did not end."""


@dataclass(slots=True)
class _Calls:
    """Calls of one site in one stretch: their numbers, and the rows that tell of them."""

    begins: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    repeated: bool = False
    """Whether a number came twice."""

    def take(self, numbers: Sequence[int], rows: Sequence[int], *, begins: bool) -> None:
        told = self.begins if begins else self.ends
        expected = len(told) + len(numbers)
        told.update(zip(numbers, rows, strict=True))
        self.repeated = self.repeated or len(told) != expected

    def is_in_order(self, site: _Site) -> bool:
        """Whether each number is known and new, and no call ends before it begins."""
        beginnings = map(self.begins.get, self.ends, repeat(-1))
        return (
            not self.repeated
            and _UNKNOWN not in self.begins
            and _UNKNOWN not in self.ends
            and not any(map(site.seen.__contains__, self.begins))
            and all(map(lt, beginnings, self.ends.values()))
        )

    def open_rows(self, site: _Site) -> Iterator[int]:
        """Yield the rows of those that begin or end elsewhere."""
        begun, ended = self.begins.keys(), self.ends.keys()
        yield from (self.begins[number] for number in begun - ended)
        yield from (self.ends[number] for number in (ended - begun) & site.running)

    def settle(self, site: _Site) -> None:
        """Let *site* know of them."""
        for start, end in _intervals(sorted(self.begins.keys() | self.ends.keys())):
            site.seen.add_all(start, end)
        site.running.update(self.begins.keys() - self.ends.keys())
        site.running.difference_update(self.ends)


class PhraseCounter:
    """Counts the records of one source, boot by boot."""

    def __init__(self, keep: Callable[[LogRecord], None]) -> None:
        """*keep* is given the records that stand for all of them, in their order."""
        self._keep = keep
        self._place = 0
        self._pending: list[Stretch] = []
        """Stretches that follow each other, to be counted together."""
        self._kinds: dict[_Key, _Kind] = {}
        self._unnumbered: set[str] = set()
        """Sites of calls without a number whose beginning was told: their ends are matched."""
        self._phrases: dict[_Key, _Phrase] = {}
        self._singles: list[tuple[int, LogRecord]] = []
        self._sites: dict[str, _Site] = defaultdict(_Site)

    def take_record(self, record: LogRecord) -> None:
        """Take a record that was decoded alone."""
        self._count_pending()
        self._take(record)

    def take_stretch(self, stretch: Stretch) -> None:
        """Take those records of *stretch* that name VexFS."""
        if self._pending and not self._pending[-1].goes_on_with(stretch):
            self._count_pending()
        self._pending.append(stretch)

    def flush(self) -> None:
        """Hand over what was counted so far."""
        self._count_pending()
        self._hand_over()

    def _hand_over(self) -> None:
        records = [*self._singles]
        for phrase in self._phrases.values():
            counted = Counted(phrase.weight, tuple(phrase.numbers))
            records.append((phrase.first.place, replace(_decode(phrase.first), counted=counted)))
            if phrase.last.place != phrase.first.place:
                last = replace(_decode(phrase.last), counted=Counted(0))
                records.append((phrase.last.place, last))
        self._phrases.clear()
        self._singles.clear()
        for _, record in sorted(records, key=lambda placed: placed[0]):
            self._keep(record)

    def _count_pending(self) -> None:
        if not self._pending:
            return
        stretch = replace(self._pending[0], end=self._pending[-1].end)
        self._pending.clear()
        rows = _rows_of(stretch)
        if rows is None or not self._count(rows, stretch.reading):
            for start, end in stretch.named():
                self._take(stretch.record(start, end))

    def _take(self, record: LogRecord) -> None:
        kind = _kind_of(record)
        anew = kind.loads or self._repeats(kind)
        if kind.in_place or anew:
            self._hand_over()
        if anew:
            self._sites.clear()
        self._singles.append((self._place, record))
        self._place += 1
        self._note_call(kind)
        self._hand_over_if_many()

    def _repeats(self, kind: _Kind) -> bool:
        """Whether the line of another load was lost, as `analysis.upstream.loads` has it."""
        if kind.call is None or kind.number is None or not kind.begins:
            return False
        return kind.number in self._sites[kind.call].seen

    def _hand_over_if_many(self) -> None:
        if len(self._singles) + len(self._phrases) > _MOST:
            self._hand_over()

    def _note_call(self, kind: _Kind) -> None:
        if kind.call is None:
            return
        if kind.number is not None:
            site = self._sites[kind.call]
            site.seen.add(kind.number)
            (site.running.add if kind.begins else site.running.discard)(kind.number)
        elif kind.begins:
            self._unnumbered.add(kind.call)

    def _count(self, rows: "_Rows", reading: Reading) -> bool:
        """Count *rows*; if their order matters, count nothing and return False."""
        groups: dict[_Key, list[int]] = defaultdict(list)
        for row, key in enumerate(rows.keys):
            groups[key].append(row)
        kinds = {
            key: self._kind_of_phrase(key, _Row(0, rows.lines[places[0]], reading))
            for key, places in groups.items()
        }
        calls = self._calls_of(groups, kinds, rows.numbers)
        if calls is None:
            return False
        alone = {row for call in calls for row in calls[call].open_rows(self._sites[call])}
        for key, places in groups.items():
            counted = [row for row in places if row not in alone] if alone else places
            if counted:
                phrase = self._add(key, rows, counted, reading)
                kind = kinds[key]
                if kind.call is not None and kind.number is not None:
                    numbers = {rows.numbers[row] for row in counted}
                    # A number that begins need not be noted again where it ends.
                    known = () if kind.begins else calls[kind.call].begins
                    phrase.note(sorted(numbers.difference(known)))
        for row in alone:
            line = _Row(self._place + row, rows.lines[row], reading)
            self._singles.append((line.place, _decode(line)))
        for call, told in calls.items():
            told.settle(self._sites[call])
        self._place += len(rows.lines)
        self._hand_over_if_many()
        return True

    def _calls_of(
        self,
        groups: Mapping[_Key, Sequence[int]],
        kinds: Mapping[_Key, _Kind],
        numbers: Sequence[int],
    ) -> dict[str, _Calls] | None:
        """Return the numbered calls in *groups* of rows; None if the order of any row matters."""
        calls: dict[str, _Calls] = defaultdict(_Calls)
        for key, places in groups.items():
            kind = kinds[key]
            if kind.in_place or (kind.number is None and kind.call in self._unnumbered):
                return None
            if kind.call is not None and kind.number is not None:
                told = [numbers[row] for row in places]
                calls[kind.call].take(told, places, begins=kind.begins)
        in_order = (told.is_in_order(self._sites[call]) for call, told in calls.items())
        return calls if all(in_order) else None

    def _kind_of_phrase(self, key: _Key, row: _Row) -> _Kind:
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) > _MOST:
                self._kinds.clear()
            kind = self._kinds[key] = _kind_of(_decode(row))
        return kind

    def _add(self, key: _Key, rows: "_Rows", counted: Sequence[int], reading: Reading) -> _Phrase:
        last = _Row(self._place + counted[-1], rows.lines[counted[-1]], reading)
        phrase = self._phrases.get(key)
        if phrase is None:
            first = _Row(self._place + counted[0], rows.lines[counted[0]], reading)
            phrase = self._phrases[key] = _Phrase(first, last)
        phrase.last = last
        phrase.weight += len(counted)
        return phrase


class _Rows(NamedTuple):
    """The lines of a stretch that name VexFS."""

    lines: tuple[bytes, ...]
    keys: list[_Key]
    numbers: Sequence[int]
    """Of the call that each is about; `_UNKNOWN` for a line without a number."""


def _rows_of(stretch: Stretch) -> _Rows | None:
    """Return the lines of *stretch* that name VexFS; None if they cannot be counted."""
    rows = stretch.form.rows
    named = stretch.lower.count(NAMED, stretch.start, stretch.end)
    if rows is None or named < _FEWEST:
        return None
    text = b"\n" + stretch.block[stretch.start : stretch.end]
    # Lines of metadata belong to the record before them.
    found = [] if _MARK in text or b"\n " in text else rows.findall(text)
    if len(found) < _FEWEST:
        return None
    lines, heads, texts = zip(*found, strict=True)
    joined = b"\n".join(texts)
    if joined.lower().count(NAMED) != named:
        return None
    numbers = [int(each) if each else _UNKNOWN for each in _NUMBER.findall(b"\n" + joined)]
    if any(heads):
        joined = b"\n".join(map(_MARK.join, zip(heads, texts, strict=True)))
    for begins, pattern, stand_in in _CUTS:
        if begins in joined:
            joined = pattern.sub(stand_in, joined)
    return _Rows(lines, joined.split(b"\n"), numbers)


def _kind_of(record: LogRecord) -> _Kind:
    """Return what *record* is about."""
    meaning = meaning_of(record)
    if not isinstance(meaning, UpstreamEvent):
        # It says of which load of its volume the records after it are.
        return _Kind(in_place=isinstance(meaning, StateChanged))
    begins = meaning.kind is UpstreamKind.CALL_STARTED
    if meaning.call is not None and (begins or meaning.kind in _ENDS):
        number = meaning.number
        in_place = begins and number is None
        return _Kind(in_place, call=meaning.call, begins=begins, number=number)
    plain = meaning.kind in (UpstreamKind.MESSAGE, UpstreamKind.FALLBACK_USED)
    in_place = not plain or meaning.number is not None
    return _Kind(in_place, loads=meaning.kind is UpstreamKind.MODULE_LOADED)


def _decode(row: _Row) -> LogRecord:
    record = parse_record(row.line, row.reading)
    if record is None:
        raise MalformedRecord(f"not a record: {row.line[:40]!r}")
    return record


def _intervals(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the intervals that *numbers*, in order, make up."""
    if not numbers:
        return
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        yield numbers[0], numbers[-1] + 1
        return
    for number in numbers:
        yield number, number + 1
