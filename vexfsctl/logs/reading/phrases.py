"""Records of VexFS that say the same, counted together while a log goes by.

A busy log has millions of lines that differ in ids and numbers only: its *phrases* are few. Whoever
counts errors needs of each phrase the first record, the last one, and how many there were; those
two records are kept, `counted`, in their places.

What changes the meaning of others (a load of the module, a change of state) is kept one by one. So
is a call that does not begin and end within one stretch: somebody may ask whether it came back.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import repeat
from operator import add, lt
from typing import Any, NamedTuple, cast

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.formats.lines import parse_record
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.interpret import meaning_of
from vexfsctl.logs.own_records import NAMED, may_be_vexfs
from vexfsctl.logs.reading.boots import BootSplitter
from vexfsctl.logs.stretches.stretch import Stretch
from vexfsctl.model.events import StateChanged
from vexfsctl.model.intervals import Intervals
from vexfsctl.model.record import Counted, LogRecord
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind

_MOST = 20_000
"""Phrases and single records that are held at a time."""
_FEWEST = 4
"""Records of a stretch that it pays to count."""
_MARKS = _ID_MARK, _VALUE_MARK = b"\0", b"\1"
"""These stand for what was cut out; a text that has one itself is not counted."""
_ID = re.compile(rb"-(?:(?<=CORR-)[0-9A-F]{16}|(?<=CALL-)\d{1,18})")
"""What is cut out of a text; to look for a byte that is rare in it is quickest."""
_VALUE = re.compile(rb" (ino|off|len|dur_us|delay_ms|retry_after_ms)=\d{1,20}(?![^ \r\n])")
"""What else is, but for its key: no conclusion depends on such a number."""
_UPTIME = r" *\d{1,12}\.\d{6}\] "
_BEFORE = {
    "dmesg": rf"()\[{_UPTIME}",
    "dmesg with priorities": rf"((?:<\d{{1,4}}>|[a-z]\w{{2,8}} *:[a-z]{{3,6}} *: )?\[){_UPTIME}",
    "kmsg": r"(\d{1,3},)\d{1,20},\d{1,20},-;",
    **dict.fromkeys(
        (
            "syslog and uptimes",
            "syslog with ISO dates and uptimes",
            "syslog with Unix times and uptimes",
        ),
        # Each of these dates has at least so many characters, and no blank after them.
        rf"().{{15}}\S* [\w.:-]{{1,255}}+ kernel: \[{_UPTIME}",
    ),
}
"""What stands before the text of a line, for the forms whose lines can be counted: that of it
which tells more than a time or a host is a group."""
_TEXT = (
    r"VexFS(?:: \[C(?:ALL-([1-9]\d{0,17})(?=\])|ORR-[0-9A-F]{16}\] (?=[a-z]))|(?![]a-z]))"
    r"(.*+)(?!\n )"
)
"""The text of a line that can be counted: the number of its call, and what follows its first id.
That begins with a bracket after the id of a call, with a small letter after that of one of our own
records, else with neither, so that no two texts become one. Not one with lines of metadata."""
_BATCH = 1000
"""Texts that are cut at a time: more of them do not fit into the nearest memory."""
_SPARSE = 2048
"""Bytes for each name of VexFS from which on its lines are better looked at alone."""
_SAMPLE = 1 << 14
"""Bytes of a stretch by which that is judged."""
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


@dataclass(slots=True)
class _Phrase:
    """What was counted of one phrase: its first line, its last one, and their places."""

    reading: Reading
    first_place: int
    first: bytes
    last_place: int = -1
    last: bytes = b""
    weight: int = 0
    numbers: Intervals = field(default_factory=Intervals)

    def records(self) -> Iterator[tuple[int, LogRecord]]:
        """Yield the records that stand for it, and their places."""
        counted = Counted(self.weight, tuple(self.numbers))
        yield self.first_place, replace(_decode(self.first, self.reading), counted=counted)
        if self.last_place != self.first_place:
            last = _decode(self.last, self.reading)
            yield self.last_place, replace(last, counted=Counted(0))


@dataclass(slots=True)
class _Site:
    """What is known of the numbered calls of one call site."""

    seen: Intervals = field(default_factory=Intervals)
    """Their numbers in this load of the module."""
    running: set[int] = field(default_factory=set)
    """Those of them that began and did not end."""


@dataclass(slots=True)
class _Calls:
    """Calls of one site in one stretch: the rows that tell of them, by their numbers."""

    begins: dict[bytes, int] = field(default_factory=dict)
    ends: dict[bytes, int] = field(default_factory=dict)
    repeated: bool = False
    """Whether a number came twice."""
    begun: dict[_Key, list[int]] = field(default_factory=dict)
    """Numbers that begin, by phrase; those that end are mostly the same, and need not be parsed."""

    def take(self, key: _Key, numbers: Sequence[bytes], rows: Sequence[int], kind: _Kind) -> None:
        told = self.begins if kind.begins else self.ends
        expected = len(told) + len(numbers)
        told.update(zip(numbers, rows, strict=True))
        self.repeated = self.repeated or len(told) != expected
        if kind.begins:
            self.begun[key] = list(map(int, numbers))

    def is_in_order(self, site: _Site) -> bool:
        """Whether each number that begins is new, and no call ends before it begins."""
        beginnings = map(self.begins.get, self.ends, repeat(-1))
        return (
            not self.repeated
            and all(map(site.seen.isdisjoint, self.begun.values()))
            and all(map(lt, beginnings, self.ends.values()))
        )

    def settle(self, site: _Site) -> "_Told":
        """Let *site* know of them."""
        opened = self.begins.keys() - self.ends.keys()
        # Mostly all begin here: then there is nothing to compare.
        known = len(self.ends) == len(self.begins) - len(opened)
        strangers = {} if known else {int(each): each for each in self.ends.keys() - self.begins}
        closed = strangers.keys() & site.running
        running = {int(each) for each in opened}
        site.running |= running
        site.running -= closed
        begun = {}
        for key, numbers in self.begun.items():
            numbers.sort()
            site.seen.add_sorted(numbers)
            begun[key] = [each for each in numbers if each not in running] if running else numbers
        site.seen.add_sorted(sorted(strangers))
        alone = {self.begins[each] for each in opened}
        alone |= {self.ends[strangers.pop(number)] for number in closed}
        ended = {number: self.ends[each] for number, each in strangers.items()}
        return _Told(alone, begun, ended)


class _Told(NamedTuple):
    """What is to be noted of the calls of one site in one stretch."""

    alone: set[int]
    """Rows of those that are known to begin or end elsewhere."""
    begun: dict[_Key, list[int]]
    """Numbers of the others that begin here, in order, by phrase."""
    ended: dict[int, int]
    """Rows of those whose beginning is not known, by number."""


class PhraseCounter:
    """Counts the records of one source, boot by boot."""

    misjudged = False
    """It leaves out nothing."""

    def __init__(self, splitter: BootSplitter) -> None:
        """*splitter* keeps the records that stand for all of them, in their order."""
        self._keep = splitter.keep
        self._place = 0
        self._pending: list[Stretch] = []
        """Stretches that follow each other, to be counted together."""
        self._kinds: dict[_Key, _Kind] = {}
        self._unnumbered: set[str] = set()
        """Sites of calls without a number whose beginning was told: their ends are matched."""
        self._phrases: dict[_Key, _Phrase] = {}
        self._singles: list[tuple[int, LogRecord]] = []
        self._sites: dict[str, _Site] = defaultdict(_Site)

    def take(self, item: LogRecord | Stretch) -> None:
        """Take the next record, or those records of a stretch that name VexFS."""
        if isinstance(item, LogRecord):
            if may_be_vexfs(item):
                self._count_pending()
                self._take(item)
            return
        if self._pending and not self._pending[-1].goes_on_with(item):
            self._count_pending()
        self._pending.append(item)

    def flush(self, *, restarted: bool = False) -> None:
        """Hand over what was counted so far, whether or not the machine was *restarted*."""
        self._count_pending()
        self._hand_over()

    def _hand_over(self) -> None:
        records = [*self._singles]
        for phrase in self._phrases.values():
            records += phrase.records()
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
            key: self._kinds.get(key) or self._learn(key, rows.lines[places[0]], reading)
            for key, places in groups.items()
        }
        calls = self._calls_of(groups, kinds, rows)
        if calls is None:
            return False
        told = [calls[call].settle(self._sites[call]) for call in calls]
        alone = set[int]().union(*(each.alone for each in told))
        torn = {rows.keys[row] for row in alone}
        for key, places in groups.items():
            counted = [row for row in places if row not in alone] if key in torn else places
            if counted:
                self._add(key, counted, rows.lines, reading)
        for each in told:
            for key, numbers in each.begun.items():
                if numbers:
                    self._phrases[key].numbers.add_sorted(numbers)
            for number, row in each.ended.items():
                self._phrases[rows.keys[row]].numbers.add(number)
        for row in alone:
            self._singles.append((self._place + row, _decode(rows.lines[row], reading)))
        self._place += len(rows.lines)
        self._hand_over_if_many()
        return True

    def _calls_of(
        self,
        groups: Mapping[_Key, Sequence[int]],
        kinds: Mapping[_Key, _Kind],
        rows: "_Rows",
    ) -> dict[str, _Calls] | None:
        """Return the numbered calls in *groups* of rows; None if the order of any row matters."""
        calls: dict[str, _Calls] = defaultdict(_Calls)
        for key, places in groups.items():
            kind = kinds[key]
            if kind.in_place or (kind.number is None and kind.call in self._unnumbered):
                return None
            if kind.call is not None and kind.number is not None:
                if rows.numbers[places[0]] is None:
                    return None
                calls[kind.call].take(key, rows.numbers_of(places), places, kind)
        in_order = (told.is_in_order(self._sites[call]) for call, told in calls.items())
        return calls if all(in_order) else None

    def _learn(self, key: _Key, line: bytes, reading: Reading) -> _Kind:
        if len(self._kinds) > _MOST:
            self._kinds.clear()
        kind = self._kinds[key] = _kind_of(_decode(line, reading))
        return kind

    def _add(
        self, key: _Key, counted: Sequence[int], lines: Sequence[bytes], reading: Reading
    ) -> None:
        last = counted[-1]
        phrase = self._phrases.get(key)
        if phrase is None:
            first = counted[0]
            phrase = self._phrases[key] = _Phrase(reading, self._place + first, lines[first])
        phrase.weight += len(counted)
        phrase.last_place, phrase.last = self._place + last, lines[last]


class _Rows(NamedTuple):
    """The lines of a stretch that name VexFS."""

    lines: list[bytes]
    keys: list[_Key]
    numbers: list[bytes | None]
    """Of the call that each is about; lines of one phrase all have such a number, or none has."""

    def numbers_of(self, rows: Sequence[int]) -> list[bytes]:
        """Return the numbers of *rows* of a phrase that has them."""
        numbers = cast("list[bytes]", self.numbers)
        return [numbers[row] for row in rows]


def _rows_of(stretch: Stretch) -> _Rows | None:
    """Return the lines of *stretch* that name VexFS; None if they cannot be counted."""
    row = _row_of(stretch.form.name)
    if row is None or _has_marks(stretch):
        return None
    # Quicker than `findall`, which makes a tuple of each row.
    cells: list[Any] = (
        row.split(_named_lines(stretch)) if _is_sparse(stretch) else _split(stretch, row)
    )
    between, lines, heads, numbers, texts = (cells[at::5] for at in range(5))
    # A name that stands between them is that of a line which is no row.
    if len(lines) < _FEWEST or NAMED in b"".join(between).lower():
        return None
    keys = [key for at in range(0, len(texts), _BATCH) for key in _cut(texts[at : at + _BATCH])]
    return _Rows(lines, list(map(add, heads, keys)) if heads[0] else keys, numbers)


@cache
def _row_of(form: str) -> re.Pattern[bytes] | None:
    """Return what finds lines of the *form* so called that can be counted; None if none can."""
    before = _BEFORE.get(form)
    return None if before is None else re.compile(rf"\n({before}{_TEXT})".encode())


def _cut(texts: Sequence[bytes]) -> list[bytes]:
    """Return *texts* without ids and values."""
    joined = _ID.sub(_ID_MARK, b"\n".join(texts))
    if b"=" in joined:
        joined = _VALUE_MARK.join(_VALUE.split(joined))
    return joined.split(b"\n")


def _has_marks(stretch: Stretch) -> bool:
    places = (stretch.block.find(mark, stretch.start, stretch.end) for mark in _MARKS)
    return any(place >= 0 for place in places)


def _is_sparse(stretch: Stretch) -> bool:
    end = min(stretch.start + _SAMPLE, stretch.end)
    return stretch.lower.count(NAMED, stretch.start, end) * _SPARSE < end - stretch.start


def _named_lines(stretch: Stretch) -> bytes:
    return b"\n" + b"".join(stretch.block[start:end] for start, end in stretch.named())


def _split(stretch: Stretch, row: re.Pattern[bytes]) -> list[bytes]:
    """Return all of *stretch* split at each *row*, as if a newline stood before it."""
    block = memoryview(stretch.block)
    if stretch.start:
        return row.split(block[stretch.start - 1 : stretch.end])
    # To put one there would copy all. The byte after the first line shows if it has metadata.
    second = stretch.block.index(b"\n")
    cells = row.split(b"\n" + stretch.block[: second + 2])
    others = row.split(block[second : stretch.end])
    return [*cells[:-1], cells[-1] + others[0], *others[1:]]


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


def _decode(line: bytes, reading: Reading) -> LogRecord:
    record = parse_record(line, reading)
    if record is None:
        raise MalformedRecord(f"not a record: {line[:40]!r}")
    return record
