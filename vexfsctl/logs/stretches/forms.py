"""The plain forms of lines, as far as lines of them can be passed over."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from vexfsctl.logs.formats import journal_lines
from vexfsctl.logs.formats.possessive import possessive
from vexfsctl.logs.formats.renderings import FACILITIES, NO_HOST, Reading
from vexfsctl.logs.own_records import DAEMON_FIELDS
from vexfsctl.logs.sieve import BEGIN, BEGINNING, Sieve
from vexfsctl.logs.stretches.plain_lines import read_dmesg_line, read_kmsg_line, read_syslog_line
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
# A word and a colon is a tag. Facility and level, or a stream of a container, are no host either.
_HOST = (
    r"(?!(?:UTC|GMT|ERROR|WARN|INFO|DEBUG|TRACE) |" + NO_HOST.decode() + r")"
    r"[\w.:-]{1,255}+(?<!:) "
)
# Five seconds: the clock of a running kernel never falls back by more (`boots.restarted_between`).
_FIVE_SECONDS = r"\[(?P<tens> *\d{0,11})(?:(?P<below>[0-4])|[5-9])\."
_THE_SAME = r"\[(?P=tens)(?(below)[0-4]|[5-9])\.\d{6}"
_UPTIME = r"\[ *(?P<uptime>\d{1,12}\.\d{6})"
AFTER_LINE = r"\n"
"""How a pattern begins that is for lines behind another line."""
# What a log daemon puts before a text: the kernel's tag, with or without an uptime after it, or
# nothing, since the tag of any other program counts as the beginning of its text. That text is made
# up if the tag stands as in RFC 5424, or alone.
_TAG = r"[^\s\[\]:]{1,128}+(?:\[\d{1,10}\])?: "
_MADE_UP = r"\S{1,48} \S{1,128} \S{1,32} [-\[]|\S{1,160}+(?<=:)\r?\n"
_CALLER = r"(?: | ?\[ *[TC]\d{1,10}\] )"
_TIMED_KERNEL = rf"kernel: {_THE_SAME}\]{_CALLER}"
# What `renderings` takes off before a tag, `kern.err ` or `err `, has a blank after it.
_SELECTOR = (
    r"[a-z]{3,8}[0-7]?\.(?:emerg|alert|crit|err|warn|notice|info|debug)"
    r"|[a-z]{3,7} kernel[:\[]"
)
_NO_TAG = rf"(?!{_SELECTOR}|{_MADE_UP})"
_OTHERS = rf"(?:kernel: (?!<\d|\[ *\d)|(?!kernel[:\[ ])(?:(?={_TAG})|{_NO_TAG}))"
# Each of these dates has at least so many characters, and no blank after them.
_THREAD = possessive(r" ?\[ *[TC]\d{1,10}\]", "?")
_SINCE_BOOT = possessive(r"\[ *\d{1,12}\.\d{6}\]" + _THREAD + " ", "?")
_KERNEL = possessive(f"kernel: {_SINCE_BOOT}", "?")
_IN_SYSLOG = (
    rf"{AFTER_LINE}.{{15}}\S* \S{{1,255}}+ "
    rf"{_KERNEL}{BEGINNING}"
)
_TEXT = rf"{BEGIN}.{{0,{_LONGEST}}}+\n"
# Metadata may say that a daemon wrote the record.
_FIELD = rf" (?!{'|'.join(DAEMON_FIELDS)})[^\\\n=]{{1,{_LONGEST}}}+=[^\n]{{0,{_LONGEST}}}+\n"
_FIELDS = rf"(?:(?! )|{possessive(_FIELD, '{1,60}')})"
# All but a newline and a backslash: in three ranges, which `re` looks up in a table. Two are slow.
_UNESCAPED = rf"[\0-\t\x0b-\[\]-\xff]{{0,{_LONGEST}}}+\n"
_METADATA = possessive(r" [^\n]*+\n", "*")
# With CONFIG_PRINTK_CALLER, the caller's thread or CPU (Documentation/ABI/testing/dev-kmsg).
_KMSG_CALLER = r",caller=[TC]\d{1,10}"
_KMSG = rf"\d{{1,3}}+,\d{{1,20}}+,\d{{1,20}}+,-{possessive(_KMSG_CALLER, '?')};"


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
        record = rf"(?:{self._head})[^\n]*+\n{_METADATA}"
        return re.compile(possessive(record, "*").encode())

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
        return b"".join(lines[start:end] for start, end in self.left_without(pattern, lines))

    def left_without(self, pattern: str, lines: bytes) -> list[tuple[int, int]]:
        """Return where in *lines* what `without` leaves of them begins and ends."""
        if self.row is None:
            return [(0, len(lines))]
        # A run begins with the newline of the line before it, and ends before its own.
        runs = [run.span() for run in _runs(self.row, pattern).finditer(b"\n" + lines)]
        begins, ends = (0, *(end for _, end in runs)), (*(start for start, _ in runs), len(lines))
        return [each for each in zip(begins, ends, strict=True) if each[0] < each[1]]


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
        row=rf"(\d{{1,3}}),\d{{1,20}},\d{{1,20}},-(?:{_KMSG_CALLER})?;",
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


def form_of(name: str) -> PlainForm:
    """Return the form called *name*."""
    return _FORMS[name]


@cache
def passing(name: str, sieve: Sieve, *, with_escapes: bool = False) -> re.Pattern[bytes]:
    """Return what lines of the form called *name* match that do not begin as *sieve* has it."""
    # On first use: each takes 3 ms.
    form = _FORMS[name]
    line = form.with_escapes if with_escapes else form.line
    assert line is not None
    return sieve.refuse(f"(?={form.ahead}){possessive(line, '+')}")


@cache
def seeking(name: str, sieve: Sieve) -> re.Pattern[bytes]:
    """Return what finds the lines of the form called *name* that begin as *sieve* has it."""
    matters = _FORMS[name].matters
    assert matters is not None
    return sieve.seek(matters)


@cache
def _runs(row: str, pattern: str) -> re.Pattern[bytes]:
    """Return what finds lines that follow each other and have *row* and *pattern* in them."""
    indented = possessive(r"\n [^\n]*+", "*")
    record = rf"\n{row}{pattern}[^\n]*+{indented}"
    # A pattern that begins with a literal is looked for where that is.
    return re.compile(f"{record}{possessive(record, '*')}".encode())
