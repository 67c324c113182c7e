"""What people and programs put before the lines of a log that they hand over; how it comes off.

Quotes of mail and chat, bullets, indents, the colours of a terminal, HTML, tags of forums, the
FILE: of grep, the prompt of a shell or a login, numbers of lines, names of containers and of who
chats, the clock of a terminal. A closed set: what is not in it is not decoration.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vexfsctl.logs.formats.renderings import OF_CONTAINER
from vexfsctl.logs.pasted.blanks import plain_blanks
from vexfsctl.logs.pasted.shipped import logged_line

_MOST = 6
"""Decorations that may stand one after the other."""
_LONGEST = 300
"""Bytes that they take up together."""
_BLANKS = rb"(?:[ \t]|\xc2\xa0)+"
# The last are a bullet, another one, a dash, an arrow, and the border of a window.
_SIGN = rb"\xe2(?:\x80\xa2|\x97\xa6|\x80\x93|\x86\x92|\x94\x82)"
# A mail that was quoted often has many of the first.
_MARK = rb">(?: {0,2}>)+|[>|*+-]+|`{1,3}|" + _SIGN
# A clock in brackets: of dmesg -T, without the day.
_LEFT = re.compile(
    rb"(?P<blanks>" + _BLANKS + rb")|(?P<mark>" + _MARK + rb")|\[\d\d:\d\d:\d\d(?: \d{4})?\] "
)
_OF_STAMPED = re.compile(
    # `[root@host ~]# `, `root@host:~# `, `host:~ # `, `$ `
    rb"(?:\[?[\w.-]{1,64}@[\w.-]{1,64}[: ][^\s#$\]]{0,64}\]?"
    rb"|[\w.-]{1,64}:[^\s#$:\]]{1,64} ?)?[#$] ?"
    rb"|[\w.-]{1,64} login: "
    # Numbers of lines, of cat, nl, less and editors.
    rb"|#?\d{1,6}[:.)]?[ \t|]{1,8}"
    # docker compose, `<nick> ` with or without a time, what terminals and ts put there.
    rb"|[\w.-]{1,64} {1,32}\| |<[ @+%~&]?[\w^|{}-]{1,32}> "
    rb"|[\[(]?\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?[\])]? {1,4}|\d{9,11}\.\d{3,9} "
    # Containers (CRI), chats.
    rb"|\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) "
    + OF_CONTAINER
    + rb"|\[\d{1,2}[/.]\d{1,2}[/.]\d{2,4},? \d\d:\d\d(?::\d\d)?\] [^:\n]{1,40}: "
    # Marks of diff, and of text formats.
    rb"|(?:[!%<]|::?) |~{3}"
    # env_logger, as monitors of virtual machines have it for their console.
    rb"|\[\d{4}-\d\d-\d\dT[\d:.]{8,18}Z (?:ERROR|WARN|INFO|DEBUG|TRACE) {1,2}[\w:]{1,64}\] "
    # The release, of netconsole (Documentation/networking/netconsole.rst).
    rb"|\d[\w.+-]{1,64},(?=\d{1,4},\d{1,20},\d{1,20},)"
    # grep, with -n and of context, too.
    rb"|(?:\(standard input\)|[\w./@+,-]{1,200}?)(?:[:-]\d{1,9})?[:-](?!\d\d-\d\d)(?=[\[<A-Z\d])"
)
"""What is one only before a line that tells its time."""
_QUOTED = re.compile(
    # As an item of a list, of Ansible, YAML or JSON; the whole line, or it may quote somebody.
    rb"[ \t]{0,40}(?:- |\[)?(?:(?P<quote>[\"'])(?P<plain>\[ *\d{1,12}\.\d{6}\] .{1,8000})(?P=quote)"
    rb"|\xe2\x80\x9c(?P<curly>\[ *\d{1,12}\.\d{6}\] .{1,8000})\xe2\x80\x9d)[\],]{0,2}"
)
_COLOURS = re.compile(rb"\x1b\[[\d;?]{0,16}[A-Za-z]")
_TAGS = re.compile(
    rb"</?(?:pre|code|br|p|div|span|tt|li|ul|ol|td|tr|table|b|i|em|strong|font|blockquote|samp|kbd)"
    rb"(?:[ /][^<>\n]{0,200})?>",
    re.IGNORECASE,
)
_FORUM_TAGS = re.compile(
    rb"\[/?(?:code|quote|font|size|color|b|i|u|php|indent|left)(?:=[^\[\]\n]{1,80})?\]",
    re.IGNORECASE,
)
_ENTITY = re.compile(rb"&(?:#\d{1,5}|#x[0-9a-fA-F]{1,4}|lt|gt|amp|quot|apos|nbsp);")


@dataclass(frozen=True, slots=True)
class Undecorated:
    """A line without what stood before it."""

    rest: bytes
    literal: bytes | None
    """What stood there; None if it cannot be taken off other lines in the same way."""
    needs_time: bool = False
    """Whether it was decoration only if the rest tells its time."""


def undecorated(line: bytes) -> Iterator[Undecorated]:
    """Yield *line* without its decorations, each time without one more."""
    shown = as_shown(line)
    plain = shown == line
    if not plain:
        yield Undecorated(shown, None)
    if (inside := _QUOTED.fullmatch(shown)) is not None:
        yield Undecorated(inside["plain"] or inside["curly"], None, needs_time=True)
    if (logged := logged_line(shown)) is not None:
        yield Undecorated(logged, None)
    at, needs_time, quoted = 0, False, False
    for _ in range(_MOST):
        match = _LEFT.match(shown, at, at + _LONGEST)
        if match is None:
            match, needs_time = _OF_STAMPED.match(shown, at, at + _LONGEST), True
        if match is None or match.end() >= len(shown) or match.end() > _LONGEST:
            return
        at = match.end()
        quoted = quoted or match[0].startswith(b"`")
        if quoted:
            yield Undecorated(shown[at:].rstrip(b"`"), None, needs_time)
        else:
            yield Undecorated(shown[at:], _literal(line, shown, at), needs_time)


def _literal(line: bytes, shown: bytes, at: int) -> bytes | None:
    """Return what stands in *line* before what is *shown* from *at* on; None if that is unclear."""
    if line.startswith(shown[:at]):
        return shown[:at]
    return line[: at - len(shown)] if line.endswith(shown[at:]) else None


def as_shown(line: bytes) -> bytes:
    """Return *line* as a terminal or a browser shows it, with plain blanks."""
    if b"\x1b" in line:
        line = _COLOURS.sub(b"", line)
    if b"<" in line:
        line = _TAGS.sub(b"", line)
    if b"[/" in line or line.startswith(b"["):
        line = _FORUM_TAGS.sub(b"", line)
    if b"&" in line:
        line = _ENTITY.sub(_unescaped, line)
    line = plain_blanks(line)
    return line.replace(b"\xe2\x80\x8b", b"") if b"\xe2\x80\x8b" in line else line


def _unescaped(entity: re.Match[bytes]) -> bytes:
    shown = html.unescape(entity[0].decode())
    # What cannot be shown must not end a line, or change one.
    return (shown if shown.isprintable() else " ").encode()
