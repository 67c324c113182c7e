"""Lines of one plain form that follow each other, vouched for all at once.

Each line of a stretch is a record of the same form, the date in it exists, and the machine was not
restarted in between. So of all that only the records that name VexFS or may be evidence about a
device (`sieve`) need to be decoded; those at the two ends can be, on demand.

One pattern per form runs over all lines. Whatever it does not vouch for is a line like any other,
for `text.RecordDecoder`; nothing here decides what a line means. `.*+` and the like (Python 3.11)
keep a pattern from going back, `\\n` from a line before.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, pairwise

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.formats.lines import parse_record
from vexfsctl.logs.formats.plain_lines import (
    read_dmesg_line,
    read_kmsg_line,
    read_syslog_line,
)
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.own_records import DAEMON_FIELDS, NAMED
from vexfsctl.logs.sieve import Sieve, sieve
from vexfsctl.model.record import LogRecord

_LONGEST = 8192
"""Bytes of a text that is passed over; a record of the kernel has at most that many."""
_PRIORITY = r"(?:<\d{1,4}>|[a-z]\w{2,8} *:[a-z]{3,6} *: )?"
_NAMED_PRIORITY = r"(?:[a-z]\w{2,8} *:[a-z]{3,6} *: )?"
_BSD = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:"
_ISO = r"(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d:"
_ZONE = r"Z|[+-]\d\d:?\d\d|"
# A zone in letters, or a level of the tracing library, would be taken for the host.
_HOST = r"(?!(?:UTC|GMT|ERROR|WARN|INFO|DEBUG|TRACE) )[\w.:-]{1,255}+ "
# Five seconds: the clock of a running kernel never falls back by more (`boots.restarted_between`).
_FIVE_SECONDS = r"\[(?P<tens> *\d{0,11})(?:(?P<below>[0-4])|[5-9])\."
_THE_SAME = r"\[(?P=tens)(?(below)[0-4]|[5-9])\.\d{6}"
_UPTIME = r"\[ *(?P<uptime>\d{1,12}\.\d{6})"
# What a log daemon puts before a text: the kernel's tag, with or without an uptime after it, or
# nothing, since the tag of any other program counts as the beginning of its text. That text is made
# up if the tag stands as in RFC 5424, or alone.
_TAG = r"[^\s\[\]:]{1,128}+(?:\[\d{1,10}\])?: "
_MADE_UP = r"\S{1,48} \S{1,128} \S{1,32} [-\[]|\S{1,160}+(?<=:)\r?\n"
_TIMED_KERNEL = rf"kernel: {_THE_SAME}\] "
_OTHERS = rf"(?:kernel: (?!<\d|\[ *\d)|(?!kernel[:\[ ])(?:(?={_TAG})|(?!{_MADE_UP})))"
_TEXT = rf".{{0,{_LONGEST}}}+\n"
# Metadata may say that a daemon wrote the record.
_FIELD = rf" (?!{'|'.join(DAEMON_FIELDS)})[^\\\n=]{{1,{_LONGEST}}}+=[^\n]{{0,{_LONGEST}}}+\n"
_KMSG_TEXT = rf"[^\\\n]{{0,{_LONGEST}}}+\n(?:{_FIELD}){{0,60}}+"


@dataclass(frozen=True)
class PlainForm:
    """One form of line, as far as lines of it can be passed over."""

    name: str
    first: str
    """Class of the characters that a line may begin with."""
    ahead: str
    """Looks at the first line and names what the others must have in common with it: `tens` and
    `below` of the uptime, `date`, `zone`."""
    head: str
    """What stands before the text of each line."""
    uptime: str | None = None
    """What stands before the text of a line that has an uptime; None if none has, or a number."""
    text: str = _TEXT
    dated: bool = False
    """Whether its time is a date, which may be one that does not exist."""
    numbered: bool = False
    """Whether each line has a sequence number, which must rise by one."""
    row: str | None = None
    """What stands before the text of a line, its head apart from times in a group; None if there
    is no telling."""
    read: Callable[[bytes, Reading], LogRecord | None] | None = None
    """Reads a record in a stretch as `parse_record` does, but quicker; returns None if it cannot.
    """

    @cached_property
    def uptimes(self) -> re.Pattern[bytes] | None:
        """What finds the uptimes of a stretch that a newline was put before."""
        return None if self.uptime is None else re.compile(f"\n{self.uptime}".encode())

    def without(self, pattern: str, lines: bytes) -> bytes:
        """Return *lines* without, as far as there is telling, those whose text begins as it says.

        *pattern* is a regular expression without groups.
        """
        if self.row is None:
            return lines
        runs = _runs(self.row, pattern)
        return runs.sub(b"", b"\n" + lines)[1:]


# What journalctl puts before the text: another form.
_NO_HOST = r"(?![\w.-]{1,255}+ (?:kernel|VexFS|vexfs))"
_DMESG = rf"{_THE_SAME}\] {_NO_HOST}"
_FULL_DMESG = rf"{_PRIORITY}{_THE_SAME}(?: <[ \d.]{{1,24}}>)?\](?:\[ *[TC]\d{{1,10}}\])? {_NO_HOST}"
_ISO_START = rf"(?P<date>{_ISO})\d\d(?:\.\d{{1,9}})?(?P<zone>{_ZONE}) "
_ISO_HEAD = r"(?P=date)[0-5]\d(?:\.\d{1,9})?(?P=zone) " + _HOST
_BSD_START = rf"(?P<date>{_BSD})\d\d(?:\.\d{{1,6}})? "
_BSD_HEAD = r"(?P=date)[0-5]\d(?:\.\d{1,6})? " + _HOST
_UNIX_START = r"(?P<date>\d{8,10})\d\.\d{6} "
_UNIX_HEAD = r"(?P=date)\d\.\d{6} " + _HOST

PLAIN_FORMS = (
    PlainForm(
        *("dmesg", r"\[", _FIVE_SECONDS, _DMESG, _UPTIME),
        row=r"()\[ *\d{1,12}\.\d{6}\] ",
        read=read_dmesg_line,
    ),
    PlainForm(
        "dmesg with priorities",
        r"[<\[a-z]",
        _PRIORITY + _FIVE_SECONDS,
        _FULL_DMESG,
        _PRIORITY + _UPTIME,
        row=rf"({_PRIORITY})\[ *\d{{1,12}}\.\d{{6}}\] ",
    ),
    PlainForm(
        "kmsg",
        r"\d",
        r"\d{1,3},\d{1,20},",
        r"\d{1,3},\d{1,20},\d{1,20},-;",
        r"\d{1,3},\d{1,20},(?P<uptime>\d{1,20}),",
        _KMSG_TEXT,
        numbered=True,
        row=r"(\d{1,3}),\d{1,20},\d{1,20},-;",
        read=read_kmsg_line,
    ),
    *(
        form
        for name, first, start, head in (
            ("syslog", "[A-Z]", _BSD_START, _BSD_HEAD),
            ("syslog with ISO dates", r"\d", _ISO_START, _ISO_HEAD),
            ("syslog with Unix times", r"\d", _UNIX_START, _UNIX_HEAD),
        )
        for form in (
            PlainForm(
                f"{name} and uptimes",
                first,
                f"{start}{_HOST}kernel: {_FIVE_SECONDS}",
                f"{head}(?:{_TIMED_KERNEL}|{_OTHERS})",
                f"{start}{_HOST}kernel: {_UPTIME}",
                dated=True,
                row=rf"[^\s\[]++ ?[^\[\n]*? ({_HOST}kernel: )\[ *\d{{1,12}}\.\d{{6}}\] ",
                read=read_syslog_line,
            ),
            PlainForm(name, first, start, head + _OTHERS, dated=True),
        )
    ),
    PlainForm(
        "dmesg -T",
        r"[<\[a-z]",
        _PRIORITY + r"\[\w{3} (?P<date>\w{3} [ \d]\d \d\d:\d\d:)\d\d (?P<zone>\d{4})\]",
        _PRIORITY + r"\[\w{3} (?P=date)[0-5]\d (?P=zone)\] ",
        dated=True,
    ),
    PlainForm(
        "dmesg --time-format=iso",
        r"[\da-z]",
        # With a blank, or another zone, it would be a syslog line with a comma in its time.
        _NAMED_PRIORITY + r"(?P<date>\d{4}-\d\d-\d\dT\d\d:\d\d:)\d\d,\d{6}(?P<zone>[+-]\d\d:\d\d) ",
        _NAMED_PRIORITY + r"(?P=date)[0-5]\d,\d{6}(?P=zone) ",
        dated=True,
    ),
    PlainForm(
        "short-monotonic",
        r"\[",
        _FIVE_SECONDS,
        rf"{_THE_SAME}\] [\w.-]{{1,255}}+ kernel: (?!<\d|\[ *\d)",
        _UPTIME,
    ),
)
"""In the order tried."""
_FORMS = {form.name: form for form in PLAIN_FORMS}

_DATE_S = 60
"""Seconds that the dates of a stretch may differ in."""
_SEQUENCE = re.compile(rb"\n\d{1,3},(\d{1,20}),")
_BLANK = ord(" ")


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
    date: tuple[bytes | None, ...]
    """What the dates of all of them have in common, apart from the second."""
    low_us: int | None = None
    """What the first uptime is at least; None if the form has other bounds, or none."""
    high_us: int | None = None
    """What the last uptime is at most."""
    first_sequence: int | None = None
    last_sequence: int | None = None

    @property
    def is_one_line(self) -> bool:
        """Whether it is one record without metadata."""
        return self.block.find(b"\n", self.start) == self.end - 1

    @property
    def first_record(self) -> LogRecord:
        """The first record."""
        return self.record(self.start, self._record_end(self.start))

    @property
    def last_record(self) -> LogRecord:
        """The last record."""
        return self.record(self._record_start(self.end), self.end)

    @property
    def dates_exist(self) -> bool:
        """Whether its lines have no dates, or such as exist: the others are no records."""
        if not self.form.dated:
            return True
        record = parse_record(
            self.block[self.start : self._record_end(self.start) - 1], self.reading
        )
        return record is not None and record.wall_time_s is not None

    @property
    def latest_wall_time_s(self) -> float | None:
        """The latest Unix time in it; None if it has no dates."""
        if not self.form.dated:
            return None
        lines = self.block[self.start : self.end - 1].split(b"\n")
        date, zone = self.date[0] or b"", self.date[1] or b" "
        # The dates differ in the seconds only; a `Z` after those would count as more than a digit.
        latest = max(lines, key=lambda line: line.partition(date)[2].partition(zone)[0])
        record = parse_record(latest, self.reading)
        return None if record is None else record.wall_time_s

    @property
    def latest_uptime_us(self) -> int | None:
        """The latest uptime in it; None if it has none."""
        return max(self._uptimes(), default=None)

    @property
    def uptime_bounds(self) -> tuple[int | None, int | None]:
        """What each uptime in it is at least and at most; None if it has none."""
        if self.low_us is not None and self.high_us is not None:
            return self.low_us, self.high_us
        uptimes = self._uptimes()
        return min(uptimes, default=None), max(uptimes, default=None)

    @property
    def latest_s(self) -> float | None:
        """What each Unix time in it is at most; None if it has no dates."""
        first_s = self.first_record.wall_time_s if self.form.dated else None
        return None if first_s is None else first_s + _DATE_S

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
        return record

    def only(self, places: Iterable[tuple[int, int]]) -> "Stretch":
        """Return what it has at *places*, where whole records are, as a stretch of its own."""
        block = b"".join(self.block[start:end] for start, end in places)
        whole = stretch_of(self.form.name, self.reading, block)
        return replace(whole, low_us=self.low_us, high_us=self.high_us)

    def without_last(self) -> "Stretch | None":
        """Return it without its last record; None if that is all there is."""
        end = self._record_start(self.end)
        if end == self.start:
            return None
        last = None if self.last_sequence is None else self.last_sequence - 1
        return replace(self, end=end, last_sequence=last)

    def _uptimes(self) -> list[int]:
        if self.form.uptimes is None:
            return []
        found = self.form.uptimes.finditer(b"\n" + self.block[self.start : self.end])
        # A point before six digits of microseconds: without it, all of them are whole numbers.
        return [int(match["uptime"].replace(b".", b"")) for match in found]

    def _places_of(self, literal: bytes, text: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the records begin and end that have *literal* in them; *text*: the block."""
        at = self.start
        while (hit := text.find(literal, at, self.end)) >= 0:
            start = self._record_start(hit + 1)
            yield start, (at := self._record_end(start))

    def _beginning(self, sieve: Sieve) -> Iterator[tuple[int, int]]:
        """Yield where the records begin and end whose text begins as *sieve* has it."""
        others, at = _pattern(self.form.name, sieve), self.start
        while at < self.end:
            if (match := others.match(self.block, at, self.end)) is not None:
                at = match.end()
            else:
                yield at, (at := self._record_end(at))

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
    return Stretch(_FORMS[form], reading, text, text.lower(), 0, len(text), ())


class StretchFinder:
    """Finds stretches in the blocks of one source; tries first the form that it found last."""

    def __init__(self) -> None:
        self._forms: dict[int, list[tuple[PlainForm, re.Pattern[bytes]]]] = {}
        """Those that a line may have by its first byte."""

    def find(
        self, block: bytes, lower: bytes, start: int, end: int, reading: Reading
    ) -> list[Stretch]:
        """Return the stretches that follow each other from the line at *start* up to *end* at most.

        They are of one form and, if it has dates, of one date. *lower* is the block in lower case.
        """
        forms = self._forms.get(block[start])
        if forms is None:
            forms = self._forms[block[start]] = [*self._forms_of(block[start : start + 1])]
        for place, (form, pattern) in enumerate(forms):
            match = pattern.match(block, start, end)
            if match is not None:
                if place:
                    forms.insert(0, forms.pop(place))
                if form.numbered:
                    return list(_numbered(form, reading, lower, match))
                return [_timed(form, reading, lower, match)]
        return []

    def _forms_of(self, first: bytes) -> "Iterator[tuple[PlainForm, re.Pattern[bytes]]]":
        for form in PLAIN_FORMS:
            if re.match(form.first.encode(), first):
                yield form, _pattern(form.name, sieve(evidence=False))


@cache
def _pattern(name: str, sieve: Sieve) -> re.Pattern[bytes]:
    """Return what lines of the form called *name* match that do not begin as *sieve* has it."""
    # On first use: each takes 3 ms.
    form = _FORMS[name]
    boring = f"(?!{sieve.begins.decode()})"
    return re.compile(f"(?={form.ahead})(?:{form.head}{boring}{form.text})++".encode())


@cache
def _runs(row: str, pattern: str) -> re.Pattern[bytes]:
    """Return what finds lines that follow each other and have *row* and *pattern* in them."""
    record = rf"\n{row}{pattern}[^\n]*+(?:\n [^\n]*+)*+"
    # A pattern that begins with a literal is looked for where that is.
    return re.compile(f"{record}(?:{record})*+".encode())


def _timed(form: PlainForm, reading: Reading, lower: bytes, match: re.Match[bytes]) -> Stretch:
    """Return what matched, and what goes on with it later in time."""
    block, start, date = match.string, match.start(), _date_of(match)
    low = latest = _low_us(match)
    while (more := match.re.match(block, match.end(), match.endpos)) is not None:
        if _date_of(more) != date:
            break
        following = _low_us(more)
        if latest is not None and following is not None and following < latest:
            break
        match, latest = more, following
    high = None if latest is None else latest + 4_999_999
    return Stretch(form, reading, block, lower, start, match.end(), date, low, high)


def _date_of(match: re.Match[bytes]) -> tuple[bytes | None, ...]:
    known = match.groupdict()
    return known.get("date"), known.get("zone")


def _low_us(match: re.Match[bytes]) -> int | None:
    """Return the beginning of the five seconds that *match* is of; None if it tells no uptime."""
    known = match.groupdict()
    tens = known.get("tens")
    if tens is None:
        return None
    return int(tens.strip() or b"0") * 10_000_000 + (0 if known["below"] else 5_000_000)


def _numbered(
    form: PlainForm, reading: Reading, lower: bytes, match: re.Match[bytes]
) -> Iterator[Stretch]:
    """Yield what matched, cut where the numbers do not rise by one."""
    lines = b"\n" + match[0]
    numbers = [int(each) for each in _SEQUENCE.findall(lines)]
    jumps = [at for at, (one, other) in enumerate(pairwise(numbers), 1) if other != one + 1]
    heads = [head.start() for head in _SEQUENCE.finditer(lines)] if jumps else [0]
    starts = [match.start() + heads[at] for at in (0, *jumps)]
    for at, end_at, (start, end) in zip(
        (0, *jumps), (*jumps, len(numbers)), pairwise((*starts, match.end())), strict=True
    ):
        yield Stretch(
            *(form, reading, match.string, lower, start, end, ()),
            first_sequence=numbers[at],
            last_sequence=numbers[end_at - 1],
        )
