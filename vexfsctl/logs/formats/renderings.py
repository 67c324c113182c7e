"""Records from lines of kernel log text, as dmesg, journalctl and syslog daemons print them.

dmesg of util-linux: plain, `-r`, `-x`, `-T`, `--show-delta`, `--time-format=iso`, alone and
together. journalctl: every form whose name begins with `short`, and with-unit.
Syslog files: the traditional form, that of rsyslog with RFC 3339 times, RFC 5424.

Times without a zone are taken to be in the reader's zone, times without a year in the last twelve
months. Such text does not show whether user space or the kernel wrote a line, so its facility stays
unknown, unless dmesg names it.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from vexfsctl.logs.own_records import PROGRAM_FIELD, VEXFS
from vexfsctl.model.record import KERNEL_FACILITY, LogRecord

FACILITIES = {
    word: number
    for number, word in enumerate(
        (
            *("kern", "user", "mail", "daemon", "auth", "syslog"),
            *("lpr", "news", "uucp", "cron", "authpriv", "ftp"),
        )
    )
} | {f"local{number}": 16 + number for number in range(8)}
"""Numbers of the facilities of syslog by their names."""
LEVELS = {
    word: number
    for number, word in enumerate(
        ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
    )
}
"""Numbers of the levels of syslog by the names that dmesg gives them."""
_MONTHS = {
    name: number
    for number, name in enumerate(
        b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1
    )
}

# Thread or CPU of the caller, with CONFIG_PRINTK_CALLER (kernel/printk/printk.c): `[      T0]`.
# util-linux 2.41 puts a blank before it.
_CALLER = rb"(?: ?\[ *[TC]\d{1,10}(?:@C?\d{1,4})?\])?"
# Some put a blank before the bracket; Amlogic's kernels, the processor: `[    8.888974@0]`.
_UPTIME = (
    rb"\[ *(?P<seconds>\d{1,12})\.(?P<micros>\d{6})(?: <[ \d.]{1,24}>| {1,2}|@\d{1,3})?\]" + _CALLER
)
_CTIME = (
    rb"\[\w{3} (?P<month>"
    + b"|".join(_MONTHS)
    + rb") (?P<day>[ \d]\d) (?P<clock>[\d:]{8}) (?P<year>\d{4})\]"
)
_ISO = rb"(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d| UTC| GMT)?)"
_ZONE = re.compile(rb"(?:Z|[+-]\d\d:?\d\d| UTC| GMT)$")
_BSD = (
    rb"(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]?\d) (?P<clock>\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,6})?"
)

_DMESG = re.compile(
    rb"(?:<(?P<priority>\d{1,4})>|(?P<facility>[a-z]\w{2,8}) *:(?P<level>[a-z]{3,6}) *: )?"
    rb"(?:" + _UPTIME + rb"|" + _CTIME + rb") ?(?P<text>.*)",
    re.DOTALL,
)
_DMESG_ISO = re.compile(
    rb"(?:(?P<facility>[a-z]\w{2,8}) *:(?P<level>[a-z]{3,6}) *: )?"
    rb"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d) (?P<text>.*)",
    re.DOTALL,
)
OF_CONTAINER = rb"std(?:out|err) [FP] "
"""What CRI puts before a line that a container printed."""
NO_HOST = rb"\d{1,2} [0-7] \S|" + OF_CONTAINER
"""What may stand in the place of a host: facility and level as numbers, or that."""
_SYSLOG = re.compile(
    rb"(?:<(?P<priority>\d{1,4})>(?:1 )?)?"
    # With a weekday, a zone follows; `heads` knows others.
    rb"(?:(?:[A-Z][a-z]{2} (?=\S{10} \S{8,18} (?:UTC|GMT) ))?"
    + _ISO
    + rb"|(?P<unix>\d{9,11}\.\d{6})|"
    + _BSD
    + rb") "
    # Facility and level before the host, and what containers print, are for others to read.
    + rb"(?!"
    + NO_HOST
    + rb")"
    # A word and a colon is a tag: there is no host. syslog-ng writes `s_src@host`, `relay/host`.
    rb"(?P<host>[\w.:@/-]{1,255})(?<!\w:) (?P<rest>.*)",
    re.DOTALL,
)
_TAGGED = re.compile(
    # A template of syslog-ng has brackets even where no process is told.
    rb"(?P<tag>[^\s\[\]]{1,128}?)(?:\[(?P<pid>\d{0,10})\])?:"
    # Some daemons, and those who tell all that are logged in, put no blank behind the kernel's tag.
    rb"(?:(?: |(?<=kernel:)(?=\S))(?P<text>.*)|$)",
    re.DOTALL,
)
_RFC5424 = re.compile(
    rb"(?P<tag>\S{1,48}) (?P<pid>\S{1,128}) \S{1,32} "
    rb"(?:-|(?:\[(?:[^\]\\]|\\.){0,1024}\]){1,8}) ?(?:\xef\xbb\xbf)?(?P<text>.*)",
    re.DOTALL,
)
_UNMARKED = re.compile(rb"kernel (?!(?:-|\d{1,10}) |:)")
"""The kernel's tag without its colon, as some templates of log daemons have it; not in RFC 5424."""
_INNER_UPTIME = re.compile(
    rb"(?:<\d{1,3}>)?\[ *(?P<seconds>\d{1,12})\.(?P<micros>\d{6})(?: {1,2}|@\d{1,3})?\]"
    + _CALLER
    + rb" ?"
)
_MONOTONIC = re.compile(
    rb"(?P<rest>kernel(?:\[\d{0,10}\])?: .*)"
    # Words that the kernel itself puts before a name of VexFS are no hosts.
    rb"|(?!kmem_cache_|BUG |module )(?P<host>[\w.-]{1,255}) "
    rb"(?P<hosted>(?:kernel|VexFS|vexfs\w*)(?:\[\d{1,10}\])?: .*)",
    re.DOTALL,
)
_KERNEL_TAG = b"kernel"
_NIL = "-"
"""What stands for nothing in RFC 5424."""
SELECTOR = (
    rb"\[?(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7])\."
    rb"(?:emerg|alert|crit|err|warn(?:ing)?|notice|info|debug)\]? "
)
"""What busybox, logread and some syslog daemons put before the tag: `kern.err kernel: `."""
_SELECTOR = re.compile(SELECTOR)
_SEVERITY = re.compile(
    rb"(?i:(emerg|alert|crit|err|warn|notice|info|debug)(?:or|ing)?)"
    rb" (?=kernel(?:\[\d{0,10}\])?: )"
)
"""What others put there, the level alone: rsyslog's `%syslogseverity-text%`."""
# A day at either end of the calendar does not exist in every zone.
_EARLIEST_S = datetime(2, 1, 1, tzinfo=UTC).timestamp()
_LATEST_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the decoder knows of the source it reads from."""

    source: str
    boot_id: str | None
    today: datetime
    """Wall-clock time of the reader, naive, in its zone."""
    decorated: bool = False
    """Whether something stood before its lines that is not part of the log: whoever put it there
    may have written the rest as well."""
    base_s: float | None = None
    """Unix time of the record before, for forms that only give the time since that."""


@dataclass(frozen=True, slots=True)
class Head:
    """A line whose head is known."""

    record: LogRecord
    width: int
    """Bytes of the head."""
    base_s: float | None = None
    """Unix time that a delta of the next record counts from; None if it counts from none."""
    zone: str | None = None
    """A zone that nobody can resolve: the time was taken to be in the reader's."""
    lacks: tuple[str, ...] = ()
    """What its time does not say and was assumed: `zone`, `year`."""


def as_read(record: LogRecord, reading: Reading) -> LogRecord:
    """Return *record* as it may be believed: in a decorated line, none is surely the kernel's."""
    if reading.decorated and record.facility == KERNEL_FACILITY:
        return replace(record, facility=None)
    return record


def decode_text(text: bytes) -> str:
    """Return *text* as it is shown; bytes that are not UTF-8 stay as `\\xNN`."""
    return text.decode(errors="backslashreplace")


@lru_cache(maxsize=64)
def decode_name(host: bytes) -> str:
    """Return the name of a host as it is shown: the same text each time, as there are few."""
    return decode_text(host)


def parse_dmesg_line(line: bytes, reading: Reading) -> Head | None:
    """Return the record that a line of dmesg begins; None for every other line.

    Further lines of the same message are indented by the width of the head.
    """
    match = _DMESG.fullmatch(line) or _DMESG_ISO.fullmatch(line)
    if match is None:
        return None
    groups = match.groupdict()
    text = groups["text"]
    if groups.get("seconds") and (carried := _MONOTONIC.fullmatch(text)) is not None:
        level, facility = priority_of(groups)
        record, size = read_tagged(
            carried["rest"] or carried["hosted"],
            reading,
            uptime_us=_uptime_us(match),
            level=level,
            facility=facility,
            host=carried["host"],
        )
        return Head(record, len(line) - size)
    level, facility = priority_of(groups)
    record = LogRecord(
        text=decode_text(text),
        source=reading.source,
        uptime_us=_uptime_us(match) if groups.get("seconds") else None,
        level=level,
        facility=facility,
        boot_id=reading.boot_id,
        wall_time_s=_wall_time(groups, reading),
    )
    return Head(record, match.start("text"), lacks=_lacks(groups))


def parse_syslog_line(line: bytes, reading: Reading) -> Head | None:
    """Return the same for a line of a syslog file or of journalctl.

    journalctl indents as dmesg does; in a syslog file a record has one line.
    """
    match = _SYSLOG.fullmatch(line)
    if match is None:
        return None
    groups = match.groupdict()
    wall_time_s = _wall_time(groups, reading)
    if wall_time_s is None:
        return None
    # RFC 5424 and `<PRI>` name the facility; below 8 it may be one that was left out.
    level, facility = priority_of(groups)
    record, size = read_tagged(
        match["rest"],
        reading,
        wall_time_s=wall_time_s,
        level=level,
        facility=facility,
        host=match["host"],
    )
    return Head(record, len(line) - size, lacks=_lacks(groups))


def possible_time(unix_s: float) -> float | None:
    """Return *unix_s* where the calendar has such a time in every zone, else None."""
    return unix_s if _EARLIEST_S <= unix_s < _LATEST_S else None


def untagged_text(tag: str, pid: str | None, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a text with the *tag* that a log daemon took off it, and metadata.

    `kernel` alone stands for no tag: the kernel has no process. Any other tag is a program's, and
    metadata, too: its text may be whatever the program likes. Output of a VexFS daemon has it as
    metadata only, and a text that begins with VexFS's name has none.
    """
    if tag == "kernel" and pid is None:
        return text, ()
    process = "" if pid is None else f"[{pid}]"
    whole = f"{tag}{process}: {text}"
    if not tag.lower().startswith(VEXFS):
        return whole, ((PROGRAM_FIELD, tag),)
    return (whole, ()) if pid is None else (text, ((PROGRAM_FIELD, tag),))


def read_tagged(
    rest: bytes,
    reading: Reading,
    *,
    uptime_us: int | None = None,
    wall_time_s: float | None = None,
    level: int | None = None,
    facility: int | None = None,
    host: bytes | None = None,
) -> tuple[LogRecord, int]:
    """Return the record of what follows host and time, and how many bytes of that are its text.

    A tag that is not the kernel's stays in the text.
    """
    if (selector := _SELECTOR.match(rest)) is not None:
        # Any program can send messages of the facility kern to a log daemon.
        word, _, severity = decode_text(selector[0]).strip(" []").partition(".")
        facility = FACILITIES[word] or None
        level = LEVELS[severity.removesuffix("ing")]
        rest = rest[selector.end() :]
        if _INNER_UPTIME.match(rest) is not None:
            rest = b"kernel: " + rest
    elif (severity_word := _SEVERITY.match(rest)) is not None:
        level = LEVELS[severity_word[1].decode().lower()]
        rest = rest[severity_word.end() :]
    elif (unmarked := _UNMARKED.match(rest)) is not None:
        # Anybody can send such a text without a tag.
        rest = rest[unmarked.end() :]
        if _INNER_UPTIME.match(rest) is not None:
            rest = b"kernel: " + rest
    match = _TAGGED.fullmatch(rest) or _RFC5424.fullmatch(rest)
    tag, pid, text = (None, None, rest) if match is None else match.group("tag", "pid", "text")
    if pid in (b"-", b""):
        pid = None
    size = len(text or b"")
    inner = _INNER_UPTIME.match(text or b"" if tag is not None else rest.lstrip(b" "))
    if inner is not None and tag == _KERNEL_TAG and pid is None:
        uptime_us, text = _uptime_us(inner), text[inner.end() :]
    shown = decode_text(text or b"")
    fields: tuple[tuple[str, str], ...] = ()
    if tag is not None:
        process = None if pid is None else decode_text(pid)
        shown, fields = untagged_text(decode_text(tag), process, shown)
    elif inner is None and not shown.lower().startswith(VEXFS):
        # Log daemons tag what the kernel says: this is from a program that sent no tag.
        fields = ((PROGRAM_FIELD, _NIL),)
    record = LogRecord(
        text=shown,
        source=reading.source,
        uptime_us=uptime_us,
        level=level,
        facility=facility,
        boot_id=reading.boot_id,
        wall_time_s=wall_time_s,
        host=None if host is None else decode_name(host),
        fields=fields,
    )
    return record, size


def _uptime_us(match: re.Match[bytes]) -> int:
    return int(match["seconds"]) * 1_000_000 + int(match["micros"])


def priority_of(groups: dict[str, bytes]) -> tuple[int | None, int | None]:
    """Return level and facility, as far as the head of a line gives them."""
    if (facility := groups.get("facility")) is not None:
        level = groups["level"].decode()
        return LEVELS.get(level), FACILITIES.get(facility.decode())
    if (word := groups.get("priority")) is None:
        return None, None
    priority = int(word)
    # util-linux 2.38 prints `<5>` for user.notice (13) too: below 8 it says nothing.
    return priority & 7, priority >> 3 if priority > 7 else None


def _wall_time(groups: dict[str, bytes], reading: Reading) -> float | None:
    """Unix time of a line; None if it has none, or an impossible one (33 February)."""
    try:
        if (unix := groups.get("unix")) is not None:
            return possible_time(float(unix))
        if (iso := groups.get("iso")) is not None:
            return possible_time(_iso_time(iso.decode()))
        if groups.get("clock") is not None:
            return possible_time(_calendar_time(groups, reading.today))
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _lacks(groups: dict[str, bytes]) -> tuple[str, ...]:
    """Return what the time of a line does not say."""
    if (iso := groups.get("iso")) is not None:
        return () if _ZONE.search(iso) is not None else ("zone",)
    if groups.get("clock") is None:
        return ()
    return ("zone",) if groups.get("year") else ("zone", "year")


def _iso_time(text: str) -> float:
    text = text.replace(",", ".").replace(" UTC", "Z").replace(" GMT", "Z")
    return datetime.fromisoformat(text).timestamp()


def _calendar_time(groups: dict[str, bytes], today: datetime) -> float:
    month, day = _MONTHS.get(groups["month"], 0), int(groups["day"])
    hour, minute, second = map(int, groups["clock"].split(b":"))
    year = groups.get("year")
    moment = datetime(int(year or today.year), month, day, hour, minute, min(second, 59))
    # To the minute: all seconds of one are of the same year (`stretches`).
    if year is None and moment.replace(second=0) > today + timedelta(days=1):
        moment = moment.replace(year=today.year - 1)
    return moment.timestamp() + float(groups.get("fraction") or 0)
