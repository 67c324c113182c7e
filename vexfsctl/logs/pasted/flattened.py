"""Records behind the first of a line: mails, chats and tickets lose newlines.

They are not read but counted: nobody can tell them from what a text quotes, such as the name of a
device that a user chose.
"""

import re
from collections.abc import Iterator

from vexfsctl.logs.formats.possessive import possessive
from vexfsctl.logs.pasted.unread_lines import kind_of_unread
from vexfsctl.model.unread import Unread

_STAMP = rb"(?:<\d{1,4}>)?\[ *\d{1,12}\.\d{6}\](?: ?\[ *[TC]\d{1,10}\])? "
_LOGGED = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,255} kernel: "
_STAMPS, _ANY_STAMPS = (possessive(_STAMP.decode(), repeat).encode() for repeat in "+*")
_HEAD = re.compile(rb"\W{0,16}?(?:%s%s|%s)" % (_LOGGED, _ANY_STAMPS, _STAMPS))
_FURTHER = re.compile(rb"(?:\s|<br ?/?>)(?:%s(?:%s)?|%s)(?=\S)" % (_LOGGED, _STAMP, _STAMP))
_QUOTED = re.compile(rb'"[^"]*"')


def further_records(text: bytes) -> Iterator[Unread]:
    """Yield for each record behind the first one of a line of *text* whether it may matter."""
    for line in text.split(b"\n"):
        # Most lines have one of these.
        if line.count(b"] ") < 2 and line.count(b" kernel: ") < 2:
            continue
        head = _HEAD.match(line)
        if head is not None:
            _, *others = _FURTHER.split(_QUOTED.sub(b"", line[head.end() :]))
            yield from map(kind_of_unread, others)
