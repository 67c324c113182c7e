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
from datetime import timedelta
from functools import cache, cached_property, lru_cache
from itertools import chain, pairwise
from operator import itemgetter
from typing import NamedTuple

from vexfsctl.exceptions import MalformedRecord
from vexfsctl.logs.formats import journal_lines
from vexfsctl.logs.formats.lines import parse_record
from vexfsctl.logs.formats.plain_lines import read_dmesg_line, read_kmsg_line, read_syslog_line
from vexfsctl.logs.formats.renderings import FACILITIES, Reading, as_read
from vexfsctl.logs.own_records import DAEMON_FIELDS, NAMED
from vexfsctl.logs.sieve import BEGIN, BEGINNING, Sieve, sieve
from vexfsctl.model.record import LogRecord

_LONGEST = 8192
"""Bytes of a text that is passed over; a record of the kernel has at most that many."""
_PRIORITY = r"(?:<\d{1,4}>|[a-z]\w{2,8} *:[a-z]{3,6} *: )?"
_NAMED_PRIORITY = r"(?:[a-z]\w{2,8} *:[a-z]{3,6} *: )?"
# Below 8, it may have been left out; and some words are none.
_FACILITY = rf"<0*(?:[89]|[1-9]\d{{1,3}})>|(?:{'|'.join(FACILITIES)}) *:"
# Dates that exist, whatever the year; 29 February only where the year is known.
_MINUTE = r"(?:[01]\d|2[0-3]):[0-5]\d:"
_BSD = (
    r"(?:(?:Jan|Mar|May|Jul|Aug|Oct|Dec) (?:[ 0][1-9]|[12]\d|3[01])"
    r"|(?:Apr|Jun|Sep|Nov) (?:[ 0][1-9]|[12]\d|30)"
    rf"|Feb (?:[ 0][1-9]|1\d|2[0-8])) {_MINUTE}"
)
_YEAR = r"(?:19[7-9]|20\d)\d"
_DAY = (
    rf"{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8])|(?:(?<=[02468][048]-)|(?<=[13579][26]-))02-29)"
)
_OFFSET = r"[+-](?:[01]\d|2[0-3])"
# A zone in letters, or a level of the tracing library, would be taken for the host.
# A word and a colon is a tag.
_HOST = r"(?!(?:UTC|GMT|ERROR|WARN|INFO|DEBUG|TRACE) )[\w.:-]{1,255}+(?<!:) "
# Five seconds: the clock of a running kernel never falls back by more (`boots.restarted_between`).
_FIVE_SECONDS = r"\[(?P<tens> *\d{0,11})(?:(?P<below>[0-4])|[5-9])\."
_THE_SAME = r"\[(?P=tens)(?(below)[0-4]|[5-9])\.\d{6}"
_UPTIME = r"\[ *(?P<uptime>\d{1,12}\.\d{6})"
_AFTER_LINE = r"\n"
"""How a pattern begins that is for lines behind another line."""
# What a log daemon puts before a text: the kernel's tag, with or without an uptime after it, or
# nothing, since the tag of any other program counts as the beginning of its text. That text is made
# up if the tag stands as in RFC 5424, or alone.
_TAG = r"[^\s\[\]:]{1,128}+(?:\[\d{1,10}\])?: "
_MADE_UP = r"\S{1,48} \S{1,128} \S{1,32} [-\[]|\S{1,160}+(?<=:)\r?\n"
_CALLER = r"(?: | ?\[ *[TC]\d{1,10}\] )"
_TIMED_KERNEL = rf"kernel: {_THE_SAME}\]{_CALLER}"
# What `renderings` takes off before a tag, `kern.err `, has a blank after it.
_SELECTOR = r"[a-z]{3,8}[0-7]?\.(?:emerg|alert|crit|err|warn|notice|info|debug)"
_NO_TAG = rf"(?!{_SELECTOR}|{_MADE_UP})"
_OTHERS = rf"(?:kernel: (?!<\d|\[ *\d)|(?!kernel[:\[ ])(?:(?={_TAG})|{_NO_TAG}))"
# Each of these dates has at least so many characters, and no blank after them.
_IN_SYSLOG = (
    rf"{_AFTER_LINE}.{{15}}\S* \S{{1,255}}+ "
    rf"(?:kernel: (?:\[ *\d{{1,12}}\.\d{{6}}\](?: ?\[ *[TC]\d{{1,10}}\])?+ )?+)?+{BEGINNING}"
)
_TEXT = rf"{BEGIN}.{{0,{_LONGEST}}}+\n"
# Metadata may say that a daemon wrote the record.
_FIELD = rf" (?!{'|'.join(DAEMON_FIELDS)})[^\\\n=]{{1,{_LONGEST}}}+=[^\n]{{0,{_LONGEST}}}+\n"
_FIELDS = rf"(?:(?! )|(?:{_FIELD}){{1,60}}+)"
# All but a newline and a backslash: in three ranges, which `re` looks up in a table. Two are slow.
_UNESCAPED = rf"[\0-\t\x0b-\[\]-\xff]{{0,{_LONGEST}}}+\n"
# With CONFIG_PRINTK_CALLER, the caller's thread or CPU (Documentation/ABI/testing/dev-kmsg).
_KMSG_CALLER = r"(?:,caller=[TC]\d{1,10})?"
_KMSG = rf"\d{{1,3}}+,\d{{1,20}}+,\d{{1,20}}+,-{_KMSG_CALLER}+;"


@dataclass(frozen=True)
class PlainForm:
    """One form of line, as far as lines of it can be passed over."""

    name: str
    first: str
    """Class of the characters that a line may begin with."""
    ahead: str
    """Looks at the first line and names what the others must have in common with it: `tens` and
    `below` of the uptime, `date`, `zone`, `boot`."""
    line: str
    """Each line, its end included."""
    uptime: str | None = None
    """What stands before the text of a line that has an uptime; None if none has, or a number."""
    time: str | None = None
    """A line up to its text, as far as it is needed to read its time: `date`, `second` and `zone`,
    in this order, of which the second alone says which of two is later; None if it has no date."""
    numbered: bool = False
    """Whether each line has a sequence number, which must rise by one."""
    names_boot: bool = False
    """Whether each line names its boot."""
    with_escapes: str | None = None
    """The same of lines as `line`, which is then for such without a backslash; None if that means
    nothing. To look for one byte by byte takes three times as long."""
    row: str | None = None
    """What stands before the text of a line, its head apart from times in a group; None if there
    is no telling."""
    matters: str | None = None
    """What finds those lines of a stretch that matter, and perhaps others, more quickly than `line`
    does; None if nothing."""
    writer: str | None = None
    """How a line goes on after the newline before it that says who wrote it, by a facility; None if
    none does."""
    some_have_uptimes: bool = False
    """Whether lines with and without an uptime stand side by side."""
    some_have_dates: bool = False
    """Whether lines with and without a date stand side by side."""
    before: str = " "
    """What stands before the text of each line whose record stands in one piece."""
    in_one_piece: bool = True
    """Whether the text of a record stands in its line as it is, but for escapes."""
    lacks: frozenset[str] | None = frozenset()
    """What its times do not say and is assumed, `zone` and `year`; None: the zone, if there is none
    in `zone`."""
    read: Callable[[bytes, Reading], LogRecord | None] | None = None
    """Reads a record in a stretch as `parse_record` does, but quicker; returns None if it cannot.
    """

    @cached_property
    def head(self) -> re.Pattern[bytes]:
        """How a line begins."""
        return re.compile(self._head.encode())

    @cached_property
    def records(self) -> re.Pattern[bytes]:
        """Lines that begin so, and such as are indented after them."""
        return re.compile(rf"(?:(?:{self._head})[^\n]*+\n(?: [^\n]*+\n)*+)*+".encode())

    @property
    def _head(self) -> str:
        # Without names: `re` fails over groups that are repeated possessively (Python 3.11).
        return re.sub(r"\(\?P<\w+>", "(?:", self.time or self.ahead)

    @cached_property
    def uptimes(self) -> re.Pattern[bytes] | None:
        """What finds the uptimes of a stretch that a newline was put before."""
        return None if self.uptime is None else re.compile(f"\n{self.uptime}".encode())

    def uptimes_in(self, lines: bytes) -> list[int]:
        """Return the uptimes (µs) in *lines* of this form."""
        pattern = self.uptimes
        if pattern is None:
            return []
        found = pattern.findall(b"\n" + lines)
        if pattern.groups > 1:
            place = pattern.groupindex["uptime"] - 1
            found = [each[place] for each in found]
        # A point before six digits of microseconds: without it, all of them are whole numbers.
        return [*map(int, b" ".join(found).replace(b".", b"").split())]

    def uptimes_of_all(self, lines: bytes) -> list[int]:
        """Return the uptimes in *lines*, records of this form; empty if any of these has none."""
        uptimes = self.uptimes_in(lines)
        some_lack = self.some_have_uptimes and len(uptimes) < lines.count(b"\n")
        return [] if some_lack else uptimes

    @cached_property
    def writers(self) -> re.Pattern[bytes] | None:
        """What finds the lines, but for the first, that say who wrote them."""
        return None if self.writer is None else re.compile(f"\n(?:{self.writer})".encode())

    @cached_property
    def times(self) -> re.Pattern[bytes] | None:
        """What finds the times of a stretch that a newline was put before."""
        return None if self.time is None else re.compile(f"\n({self.time})".encode())

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
_DMESG = rf"{_THE_SAME}\] {_NO_HOST}{_TEXT}"
_FULL_DMESG = rf"{_PRIORITY}{_THE_SAME}(?: <[ \d.]{{1,24}}>)?\]{_CALLER}{_NO_HOST}{_TEXT}"
# Time up to the minute, second and zone, as log daemons print them; what is missing of it.
_TIMES = (
    ("syslog", "[A-Z]", _BSD, r"[0-5]\d(?:\.\d{1,6})?", "", frozenset(("zone", "year"))),
    (
        *("syslog with ISO dates", r"\d", rf"{_DAY}[T ]{_MINUTE}"),
        *(r"[0-5]\d(?:\.\d{1,9})?", rf"Z|{_OFFSET}:?[0-5]\d|", None),
    ),
    ("syslog with Unix times", r"\d", r"\d{8,10}", r"\d\.\d{6}", "", frozenset[str]()),
)
_CTIME = rf"{_PRIORITY}\[\w{{3}} (?P<date>{_BSD})(?P<second>[0-5]\d) (?P<zone>{_YEAR})\]"
# With a blank, or another zone, it would be a syslog line with a comma in its time.
_ISO_DMESG = (
    rf"{_NAMED_PRIORITY}(?P<date>{_DAY}T{_MINUTE})(?P<second>[0-5]\d,\d{{6}})"
    rf"(?P<zone>{_OFFSET}:[0-5]\d) "
)

PLAIN_FORMS = (
    PlainForm(
        *("dmesg", r"\[", _FIVE_SECONDS, _DMESG, _UPTIME),
        matters=rf"\] {BEGINNING}",
        row=r"()\[ *\d{1,12}\.\d{6}\] ",
        before="] ",
        read=read_dmesg_line,
    ),
    PlainForm(
        "dmesg with priorities",
        r"[<\[a-z]",
        _PRIORITY + _FIVE_SECONDS,
        _FULL_DMESG,
        _PRIORITY + _UPTIME,
        matters=rf"\] {BEGINNING}",
        row=rf"({_PRIORITY})\[ *\d{{1,12}}\.\d{{6}}\] ",
        writer=_FACILITY,
    ),
    PlainForm(
        "kmsg",
        r"\d",
        _KMSG + _UNESCAPED,
        f"{_KMSG}{_TEXT}{_FIELDS}",
        r"\d{1,3},\d{1,20},(?P<uptime>\d{1,20}),",
        numbered=True,
        matters=f";{BEGINNING}",
        before=";",
        with_escapes=f"{_KMSG}{BEGIN}{_UNESCAPED}{_FIELDS}",
        writer=r"\d",
        row=rf"(\d{{1,3}}),\d{{1,20}},\d{{1,20}},-{_KMSG_CALLER};",
        read=read_kmsg_line,
    ),
    *(
        form
        for name, first, date, second, zone, lacks in _TIMES
        for time in (rf"(?P<date>{date})(?P<second>{second})(?P<zone>{zone}) {_HOST}",)
        for head in (rf"(?P=date){second}(?P=zone) {_HOST}",)
        for form in (
            PlainForm(
                f"{name} and uptimes",
                first,
                f"{time}kernel: {_FIVE_SECONDS}",
                f"{head}(?:{_TIMED_KERNEL}|{_OTHERS}){_TEXT}",
                f"{time}kernel: {_UPTIME}",
                time,
                row=rf"{date}{second}(?:{zone}) ({_HOST}kernel: )\[ *\d{{1,12}}\.\d{{6}}\] ",
                read=read_syslog_line,
                some_have_uptimes=True,
                matters=_IN_SYSLOG,
                lacks=lacks,
            ),
            PlainForm(
                *(name, first, time, f"{head}{_OTHERS}{_TEXT}"),
                time=time,
                matters=_IN_SYSLOG,
                lacks=lacks,
                read=read_syslog_line,
            ),
        )
    ),
    PlainForm(
        "dmesg -T",
        r"[<\[a-z]",
        _CTIME,
        rf"{_PRIORITY}\[\w{{3}} (?P=date)[0-5]\d (?P=zone)\] {_TEXT}",
        time=_CTIME,
        lacks=frozenset(("zone",)),
        matters=rf"\] {BEGINNING}",
        writer=_FACILITY,
    ),
    PlainForm(
        "dmesg --time-format=iso",
        r"[\da-z]",
        _ISO_DMESG,
        rf"{_NAMED_PRIORITY}(?P=date)[0-5]\d,\d{{6}}(?P=zone) {_TEXT}",
        time=_ISO_DMESG,
        writer=_FACILITY,
    ),
    PlainForm(
        "short-monotonic",
        r"\[",
        _FIVE_SECONDS,
        rf"{_THE_SAME}\] (?:(?!kernel: )[\w.-]{{1,255}}+ )?kernel: (?!<\d|\[ *\d){_TEXT}",
        _UPTIME,
        matters=rf"kernel: {BEGINNING}",
    ),
    PlainForm(
        "journal in JSON",
        r"[\x1e{]",
        journal_lines.AHEAD,
        journal_lines.LINE,
        journal_lines.UPTIME,
        journal_lines.TIME,
        names_boot=True,
        matters=journal_lines.MATTERS,
        writer=journal_lines.WRITER,
        some_have_dates=True,
        in_one_piece=False,
    ),
)
"""In the order tried."""
_FORMS = {form.name: form for form in PLAIN_FORMS}

_SEQUENCE = re.compile(rb"\d{1,3}+,(\d{1,20}+),.*+\n(?: .*+\n)*+")
"""A record of kmsg and its metadata: as lines that follow each other, they are found at once."""
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
        """Yield where the records begin and end whose text begins as *sieve* has it."""
        if self.form.matters is not None:
            yield from self._seeking(self.form.matters, sieve)
            return
        others, at = _pattern(self.form.name, sieve), self.start
        while at < self.end:
            if (match := others.match(self.block, at, self.end)) is not None:
                at = match.end()
            else:
                yield at, (at := self._record_end(at))

    def _seeking(self, matters: str, sieve: Sieve) -> Iterator[tuple[int, int]]:
        sought, at = _sought(self.form.name, sieve), self.start
        if matters.startswith(_AFTER_LINE):
            # Nothing may stand before the first one.
            yield at, (at := self._record_end(at))
        while (hit := sought.search(self.block, max(at - 1, self.start), self.end)) is not None:
            start = self._record_start(hit.end())
            yield start, (at := self._record_end(start))

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


def form_of(name: str) -> PlainForm:
    """Return the form called *name*."""
    return _FORMS[name]


def stretch_of(form: str, reading: Reading, text: bytes) -> Stretch:
    """Return the stretch that *text* is, records of the form called *form* and no more."""
    return Stretch(_FORMS[form], reading, text, text.lower(), 0, len(text))


class _Try(NamedTuple):
    """A form that a line may have, and the pattern of it."""

    form: PlainForm
    pattern: re.Pattern[bytes]
    unescaped: bool
    """Whether the pattern is for lines without a backslash, and does not look for one."""


class StretchFinder:
    """Finds stretches in the blocks of one source; tries first the form that it found last."""

    def __init__(self) -> None:
        self._forms: dict[int, list[_Try]] = {}
        """What to try by the first byte of a line."""

    def find(
        self, block: bytes, lower: bytes, start: int, end: int, reading: Reading
    ) -> list[Stretch]:
        """Return the stretches that follow each other from the line at *start* up to *end* at most.

        They are of one form. *lower* is the block in lower case.
        """
        forms = self._forms.get(block[start])
        if forms is None:
            forms = self._forms[block[start]] = [*self._forms_of(block[start : start + 1])]
        for place, (form, pattern, unescaped) in enumerate(forms):
            match = pattern.match(block, start, end)
            if match is not None and not (unescaped and _has_backslash(match)):
                if place:
                    forms.insert(0, forms.pop(place))
                if form.numbered:
                    return list(_numbered(form, reading, lower, match))
                return [_timed(form, reading, lower, match)]
        return []

    def _forms_of(self, first: bytes) -> Iterator[_Try]:
        for form in PLAIN_FORMS:
            if re.match(form.first.encode(), first):
                escapes = form.with_escapes is not None
                own = sieve(evidence=False)
                yield _Try(form, _pattern(form.name, own), unescaped=escapes)
                if escapes:
                    careful = _pattern(form.name, own, with_escapes=True)
                    yield _Try(form, careful, unescaped=False)


@cache
def _pattern(name: str, sieve: Sieve, *, with_escapes: bool = False) -> re.Pattern[bytes]:
    """Return what lines of the form called *name* match that do not begin as *sieve* has it."""
    # On first use: each takes 3 ms.
    form = _FORMS[name]
    line = form.with_escapes if with_escapes else form.line
    return sieve.refuse(f"(?={form.ahead})(?:{line})++")


@cache
def _sought(name: str, sieve: Sieve) -> re.Pattern[bytes]:
    """Return what finds the lines of the form called *name* that begin as *sieve* has it."""
    matters = _FORMS[name].matters
    assert matters is not None
    return sieve.seek(matters)


def _has_backslash(match: re.Match[bytes]) -> bool:
    return match.string.find(b"\\", *match.span()) >= 0


@cache
def _runs(row: str, pattern: str) -> re.Pattern[bytes]:
    """Return what finds lines that follow each other and have *row* and *pattern* in them."""
    record = rf"\n{row}{pattern}[^\n]*+(?:\n [^\n]*+)*+"
    # A pattern that begins with a literal is looked for where that is.
    return re.compile(f"{record}(?:{record})*+".encode())


def _timed(form: PlainForm, reading: Reading, lower: bytes, match: re.Match[bytes]) -> Stretch:
    """Return what matched, and what goes on with it later in time."""
    block, start, end = match.string, match.start(), match.end()
    low = latest = _low_us(form, match)
    boot = match["boot"] if form.names_boot else None
    while (more := match.re.match(block, end, match.endpos)) is not None:
        following = _low_us(form, more)
        if following < latest or (form.names_boot and more["boot"] != boot):
            break
        if form.lacks is None and bool(more["zone"]) is not bool(match["zone"]):
            break
        latest, end = following, more.end()
    bounds = (None, None) if form.uptime is None else (low, latest + 4_999_999)
    if boot is not None:
        reading = _of_boot(reading, boot)
    return Stretch(form, reading, block, lower, start, end, *bounds)


@lru_cache(maxsize=16)
def _of_boot(reading: Reading, boot: bytes) -> Reading:
    # The same one for all its stretches, which can then go on with each other.
    return replace(reading, boot_id=boot.decode())


def _low_us(form: PlainForm, match: re.Match[bytes]) -> int:
    """Return the beginning of the five seconds that *match* is of; 0 if it has no uptimes."""
    if form.uptime is None:
        return 0
    tens, below = match.group("tens", "below")
    return int(tens + b"0") * 1_000_000 + (5_000_000 if below is None else 0)


def _numbered(
    form: PlainForm, reading: Reading, lower: bytes, match: re.Match[bytes]
) -> Iterator[Stretch]:
    """Yield what matched, cut where the numbers do not rise by one."""
    block, span = match.string, match.span()
    numbers = [*map(int, _SEQUENCE.findall(block, *span))]
    jumps: list[int] = []
    starts = [match.start()]
    if numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        jumps += (at for at, (one, other) in enumerate(pairwise(numbers), 1) if other != one + 1)
        heads = [record.start() for record in _SEQUENCE.finditer(block, *span)]
        starts += (heads[at] for at in jumps)
    for at, end_at, (start, end) in zip(
        (0, *jumps), (*jumps, len(numbers)), pairwise((*starts, match.end())), strict=True
    ):
        yield Stretch(
            *(form, reading, block, lower, start, end),
            first_sequence=numbers[at],
            last_sequence=numbers[end_at - 1],
        )
