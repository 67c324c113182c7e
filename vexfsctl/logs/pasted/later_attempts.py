"""What a line begins that has no head that is known all through: the attempts after the first."""

import re
from dataclasses import replace

from vexfsctl.logs.formats.blocks import SingleRecord
from vexfsctl.logs.formats.lines import begin_block
from vexfsctl.logs.formats.renderings import Reading, decode_text
from vexfsctl.logs.kernel.evidence import parse_evidence
from vexfsctl.logs.pasted.attempts import Begun, capped
from vexfsctl.logs.pasted.decorations import undecorated
from vexfsctl.logs.pasted.loose import parse_loose
from vexfsctl.logs.pasted.unread_lines import kind_of_unread
from vexfsctl.logs.sieve import sieve
from vexfsctl.model.record import LogRecord

_LONGEST = 8192
"""Bytes of a line that later attempts are made for; a record of the kernel has no more."""
_BLANKS = (b" ", b"\t", b"\xc2\xa0")
_OF_DAEMON = re.compile(rb"(?![\[{])(?:.{0,48}?\d\d:\d\d:\d\d|\d{9,11}\.\d{6} )\S* ")
"""How a line begins that a log daemon wrote: with a time that is not in brackets."""
_OF_KERNEL = re.compile(rb"(?:.{0,300}? |^)(?:kernel:|\[kernel\])(?: |$)")
_OF_KERN = re.compile(rb"(?:[\w.:-]{1,255}: )?kern *: {0,8}[a-z]{3,7} *: ")
"""How a line begins that names the kernel's facility: of dmesg -x, of Talos."""
_UPTIME = re.compile(rb"\[ *\d{1,12}\.\d{6}\]")
_TAG = re.compile(rb"(?:\S{1,300} ){0,2}?[^\s\[\]]{1,128}(?:\[\d{1,10}\])?:(?: |$)")


def begin_later(line: bytes, reading: Reading, before: bytes, *, follows: bool) -> Begun:
    """Return what *line* begins, which begins no record as it is.

    *before* and *follows* as in `attempts.begin`.
    """
    of_program, indented = is_of_program(before), line.startswith(_BLANKS)
    # As programs print further lines of a message, though not where the text of it began.
    goes_on = indented and (of_program or (follows and not reading.decorated))
    if len(line) <= _LONGEST and not goes_on:
        stamped_only = of_program or (follows and indented)
        if (later := _begin_later(line, reading, stamped_only=stamped_only)) is not None:
            return later
    return Begun(None, kind_of_unread(line))


def is_of_program(line: bytes) -> bool:
    """Whether *line*, which is a record or empty, is a log daemon's, and its tag not the kernel's.

    The lines after it may be further lines of that program's message.
    """
    head = _OF_DAEMON.match(line)
    if head is None or _UPTIME.match(line, head.end()) is not None:
        return False
    if _OF_KERN.match(line) is not None:
        return False
    tag = _TAG.match(line, head.end())
    return tag is None or _OF_KERNEL.fullmatch(tag[0]) is None


def _begin_later(line: bytes, reading: Reading, *, stamped_only: bool) -> Begun | None:
    if not stamped_only and (bare := _parse_bare(line, reading)) is not None:
        return Begun(SingleRecord(bare), alone=True)
    decorated = _begin_decorated(line, reading, stamped_only=stamped_only)
    if decorated is not None or stamped_only:
        return decorated
    loose = parse_loose(line, reading)
    if loose is None:
        return None
    return Begun(SingleRecord(loose), alone=loose.uptime_us is None, loose=True)


def _begin_decorated(line: bytes, reading: Reading, *, stamped_only: bool) -> Begun | None:
    reading = replace(reading, decorated=True)
    for each in undecorated(line):
        block = begin_block(each.rest, reading)
        if isinstance(block, SingleRecord) and not block.record.has_time:
            # Anybody's text: it may be a further line of a program's message.
            block = None if each.needs_time or stamped_only else block
        if block is not None:
            return Begun(capped(block, reading), decoration=each.literal)
        if each.needs_time or stamped_only:
            continue
        if (bare := _parse_bare(each.rest, reading)) is not None:
            return Begun(SingleRecord(bare), decoration=each.literal, alone=True)
    return None


def _parse_bare(line: bytes, reading: Reading) -> LogRecord | None:
    """Return the record of the kernel's text about a device that has nothing before it."""
    if _UPTIME.match(line.lstrip(b" ")) is not None:
        # What has a head is not bare.
        return None
    text = decode_text(line)
    if not sieve().accepts_text(text):
        return None
    record = LogRecord(text, reading.source, boot_id=reading.boot_id)
    return None if parse_evidence(record) is None else record
