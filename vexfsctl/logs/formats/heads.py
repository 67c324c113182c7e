"""What else may stand before the text of a line: heads of rarer programs, of other languages.

dmesg -T and -H as util-linux prints them in any language, logread, busybox and metalog, syslog and
journalctl in any language, journalctl -o short-full in any zone, and lines with no more than a tag.
`renderings` has the usual ones. A tag that is not the kernel's stays in the text, as there: what
follows it is another program's.
"""

import re
from dataclasses import replace
from datetime import datetime

from vexfsctl.logs.formats.dates import Moment, parse_minute, parse_moment
from vexfsctl.logs.formats.renderings import (
    FACILITIES,
    LEVELS,
    OF_CONTAINER,
    SELECTOR,
    Head,
    Reading,
    decode_text,
    possible_time,
    priority_of,
    read_tagged,
)
from vexfsctl.model.record import LogRecord

_LONGEST = 512
"""Characters of a line that its head is looked for in."""
_PRIORITY = re.compile(
    # syslog daemons can be told to put one or the other there, or both.
    rb"(?:[a-z]\w{2,8}\.[a-z]{3,7} )?<(?P<priority>\d{1,4})>(?:1 | (?=\w))?"
    rb"|(?P<facility>[a-z]\w{2,8}) *:(?P<level>[a-z]{3,6}) *: "
)
_LOGCAT = re.compile(
    rb"\d\d-\d\d \d\d:\d\d:\d\d\.\d{3,9} {1,8}(?:root {1,6})?0 {1,8}0 "
    rb"[VDIWEF] (?P<tag>[^:\n]{0,64}): (?P<text>.*)",
    re.DOTALL,
)
"""Android's logcat -b kernel, whose time counts from the boot as often as not: the process is 0."""
_OF_TALOS = re.compile(
    rb"(?:[\w.:-]{1,255}: )?(?P<facility>[a-z]\w{2,8}): {1,8}(?P<level>[a-z]{3,7}): "
    rb"\[(?P<iso>\d{4}-\d\d-\d\dT[\d:.]{8,18}Z)\]: "
)
"""talosctl dmesg: `10.0.0.1: kern: warning: [2024-10-29T13:44:17.655Z]: text`."""
_DELTA = re.compile(r"\[(?: *\+|<) *(?P<seconds>\d{1,9})[.,](?P<micros>\d{6})>?\] ?")
"""dmesg -H and --time-format=delta: seconds since the record before."""
_DELTA_BEHIND = re.compile(r"(?: <[ \d.]{1,24}>)?")
"""What --show-delta adds to a time."""
_IN_BRACKETS = re.compile(r"\[(?P<inside>[^\[\]]{8,80})\] ?")
_ALONE = re.compile(
    # Some cut the date off, or a part of it: where a paste begins, the line does not.
    rb"(?:(?:[A-Za-z]{1,2} )?(?:[ \d]?\d )?[\dT:.,-]{0,15}:\d\d(?:[.,]\d{1,9})?"
    rb"(?:Z|[+-]\d\d:?\d\d)? )?"
    rb"(?:(?!kernel[:\[]|" + SELECTOR + rb")(?P<host>[\w.-]{1,255}) )?"
    rb"(?P<selector>(?:" + SELECTOR + rb")?)"
    rb"(?:k?e?r)?nel(?P<rest>(?:\[\d{0,10}\])?:(?: |(?=\S)).*)",
    re.DOTALL,
)
"""The kernel's tag where nothing tells the day: `kernel: text`, `05:19:43 host kernel: text`."""
_HOST = re.compile(
    rb"(?!" + SELECTOR + rb")(?:[\w.:@/-]{1,255}(?<!\w:)"
    # Hidden by whoever hands the log over.
    rb"|\*{1,16}|<\w[\w .-]{0,40}>|\[(?!kernel)[A-Za-z][\w.-]{0,40}\])[ \t]"
)
_OF_CONTAINER = re.compile(OF_CONTAINER)
_NUMBERS = re.compile(rb"(?P<facility>1?\d|2[0-3]) (?P<level>[0-7]) ")
"""Facility and level as a template of a log daemon may have them, before the host."""
_BEFORE_UPTIME = re.compile(
    rb"(?:<\d{1,3}>|(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?)[|:]? {1,4})"
    rb"(?=\[ *\d{1,12}\.\d{6}\])"
)
"""What frameworks of tests put before what a console printed."""
_SEPARATOR = re.compile(rb":?(?: +|\t)(?!\{)")
"""What stands behind a time: some put a colon after it, or have columns."""
_BEFORE_STAMP = re.compile(rb"^kernel:[ \t]+(?=\[ *\d)")
_TORN = re.compile(rb"(?:\d{0,11}\.\d{6}|[A-Za-z\d: ]{0,18}:\d\d (?:19|20)\d\d)\] ")
"""The end of an uptime, or of a date, of which a paste lacks the beginning."""
_IN_METALOG = b"[kernel] "
_OF_GUEST = re.compile(
    rb"(?:\| vcpu-\d{1,4}\| [A-Z]\d{1,3}: | [A-Z][a-z]\(\d\d\) vcpu-\d{1,4} - )Guest: "
    rb"(?=(?:<\d{1,3}>)?\[ *\d{1,12}\.\d{6}\])"
)
"""vmware.log behind the time, where it has what the kernel of its guest prints."""
_UPTIME = re.compile(rb"\[ *\d{1,12}\.\d{6}\]")


def parse_head(line: bytes, reading: Reading) -> Head | None:
    """Return the record of a line that has such a head; None for every other line."""
    if (logged := _LOGCAT.fullmatch(line)) is not None:
        # Its daemon took the first word of what the kernel says for a tag.
        text = decode_text(logged["tag"].rstrip() + b": " + logged["text"]).removeprefix(": ")
        return Head(LogRecord(text, reading.source, boot_id=reading.boot_id), logged.start("tag"))
    priority = _PRIORITY.match(line)
    if priority is None:
        return _of_talos(line, reading) or _parse(line, reading)
    level, facility = priority_of(priority.groupdict())
    rest = line[priority.end() :]
    head = _parse(rest, reading)
    if head is None:
        if priority["facility"] is None or None in (level, facility):
            return None
        # dmesg -t -x prints no time.
        head = Head(LogRecord(decode_text(rest), reading.source, boot_id=reading.boot_id), 0)
    known = replace(head.record, level=level, facility=facility)
    return replace(head, record=known, width=head.width + priority.end())


def _of_talos(line: bytes, reading: Reading) -> Head | None:
    match = _OF_TALOS.match(line)
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match["iso"].decode()).timestamp()
    except ValueError:
        return None
    record = LogRecord(
        text=decode_text(line[match.end() :]),
        source=reading.source,
        level=LEVELS.get(match["level"].decode().removesuffix("ing")),
        facility=FACILITIES.get(match["facility"].decode()),
        boot_id=reading.boot_id,
        wall_time_s=possible_time(moment),
    )
    return Head(record, match.end())


def _parse(line: bytes, reading: Reading) -> Head | None:
    text = decode_text(line[:_LONGEST])
    if text.startswith("["):
        return _bracketed(line, text, reading)
    moment = parse_moment(text, reading.today)
    if moment is not None:
        width = len(text[: moment.length].encode())
        guest = _OF_GUEST.match(line, width)
        if guest is not None:
            rest = b"kernel: " + line[guest.end() :]
            record, size = read_tagged(rest, reading, wall_time_s=moment.unix_s)
            return Head(record, len(line) - size, zone=moment.zone, lacks=moment.lacks)
        if line.startswith(b"] ", width):
            return _torn(line, width + 2, reading, moment)
        if (separator := _SEPARATOR.match(line, width)) is not None:
            return _of_daemon(line, line[separator.end() :], moment, reading)
    if (torn := _TORN.match(line)) is not None:
        return _torn(line, torn.end(), reading)
    alone = _ALONE.fullmatch(line)
    if alone is None:
        return None
    rest = b"%skernel%s" % alone.group("selector", "rest")
    record, size = read_tagged(rest, reading, host=alone["host"])
    return Head(record, len(line) - size)


def _torn(line: bytes, width: int, reading: Reading, moment: Moment | None = None) -> Head:
    """Read what dmesg printed, where a paste begins behind the bracket."""
    record = LogRecord(
        text=decode_text(line[width:]),
        source=reading.source,
        boot_id=reading.boot_id,
        wall_time_s=None if moment is None else moment.unix_s,
    )
    return Head(record, width, lacks=() if moment is None else moment.lacks)


def _of_daemon(line: bytes, rest: bytes, moment: Moment, reading: Reading) -> Head | None:
    """Read what a log daemon printed; *rest* stands behind its time."""
    if _OF_CONTAINER.match(rest) is not None:
        return None
    text = decode_text(rest[:_LONGEST])
    if (again := parse_moment(text, reading.today)) is not None:
        width = len(text[: again.length].encode())
        if (separator := _SEPARATOR.match(rest, width)) is not None:
            # Of the host, behind that of the one that collects.
            moment, rest = again, rest[separator.end() :]
    level, facility, rest = _split_numbers(rest)
    host, rest = _split_host(rest)
    rest = _BEFORE_STAMP.sub(b"kernel: ", rest, count=1)
    record, size = read_tagged(
        rest, reading, wall_time_s=moment.unix_s, level=level, facility=facility, host=host
    )
    return Head(record, len(line) - size, zone=moment.zone, lacks=moment.lacks)


def _bracketed(line: bytes, text: str, reading: Reading) -> Head | None:
    """Read what dmesg prints with a time that is not an uptime."""
    delta = _DELTA.match(text)
    if delta is not None:
        if (told := _told_again(line, text, delta.end(), reading)) is not None:
            return told
        base_s = reading.base_s
        if base_s is not None:
            base_s += int(delta["seconds"]) + int(delta["micros"]) / 1e6
        return _of_dmesg(line, text[: delta.end()], base_s, reading)
    match = _IN_BRACKETS.match(text)
    if match is None:
        return None
    head, inside = match[0], match["inside"]
    if (minute := parse_minute(inside, reading.today)) is not None:
        if (told := _told_again(line, text, match.end(), reading)) is not None:
            return told
        return replace(_of_dmesg(line, head, minute, reading), lacks=("zone", "year"))
    moment = parse_moment(inside, reading.today)
    if moment is None or _DELTA_BEHIND.fullmatch(inside, moment.length) is None:
        return None
    printed = _of_dmesg(line, head, moment.unix_s, reading)
    return replace(printed, base_s=None, zone=moment.zone, lacks=moment.lacks)


def _told_again(line: bytes, text: str, start: int, reading: Reading) -> Head | None:
    """Read a date behind another time: dmesg prints as many times as it is given formats."""
    match = _IN_BRACKETS.match(text, start)
    if match is None:
        return None
    moment = parse_moment(match["inside"], reading.today)
    if moment is None or moment.length < len(match["inside"]):
        return None
    printed = _of_dmesg(line, text[: match.end()], moment.unix_s, reading)
    return replace(printed, zone=moment.zone, lacks=moment.lacks)


def _of_dmesg(line: bytes, head: str, unix_s: float | None, reading: Reading) -> Head:
    width = len(head.encode())
    record = LogRecord(
        text=decode_text(line[width:]),
        source=reading.source,
        boot_id=reading.boot_id,
        wall_time_s=unix_s,
    )
    return Head(record, width, unix_s)


def _split_numbers(rest: bytes) -> tuple[int | None, int | None, bytes]:
    numbers = _NUMBERS.match(rest)
    if numbers is None:
        return None, None, rest
    # Any program can send messages of the facility kern to a log daemon.
    return int(numbers["level"]), int(numbers["facility"]) or None, rest[numbers.end() :]


def _split_host(rest: bytes) -> tuple[bytes | None, bytes]:
    """Return the host after a time, if any, and the rest with the kernel's tag as log daemons have
    it.

    metalog has the tag in brackets; with an uptime alone, nothing but the kernel can be meant.
    """
    if rest.startswith(_IN_METALOG):
        return None, b"kernel: " + rest.removeprefix(_IN_METALOG)
    if (before := _BEFORE_UPTIME.match(rest)) is not None:
        rest = rest[before.end() :]
    if _UPTIME.match(rest) is not None:
        return None, b"kernel: " + rest
    host = _HOST.match(rest)
    return (None, rest) if host is None else (host[0].strip(), rest[host.end() :].lstrip(b" \t"))
