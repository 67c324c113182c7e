r"""Records from the bytes of a log, whatever its form, line by line.

Each line is read on its own, so forms may be mixed in one source: raw kmsg, what dmesg and
journalctl print, syslog files, the bare output of VexFS daemons (`lines`), and all that with
something before it (`attempts`). No line is lost silently: what is not a record is `Unread`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from vexfsctl.logs.formats.blocks import Block, SingleRecord
from vexfsctl.logs.formats.journal import split_objects
from vexfsctl.logs.formats.lines import INDENTS, bare_line
from vexfsctl.logs.formats.possessive import possessive
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.pasted.attempts import begin, capped
from vexfsctl.logs.pasted.blanks import plain_blanks
from vexfsctl.logs.pasted.wrapped import RESULT, WIDEST, join_wrapped, may_go_on
from vexfsctl.logs.stretches.finder import StretchFinder
from vexfsctl.logs.stretches.stretch import Stretch
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

MAXIMUM_LINE = 64 << 10
"""Bytes after which a line without an end is given up; a record has at most 8 KiB."""

_MOST_ZONES = 8
_GOING_ON = (*INDENTS, RESULT)
"""How lines begin that may go on with the record before them, however long that is."""
_BOOT = re.compile(
    rb"-- (?:Boot (?P<boot>[0-9a-f]{32})|Reboot|Logs begin at .*|Journal begins at .*"
    rb"|No entries) ?(?:--)?"
)


Item = LogRecord | Unread


class RecordDecoder:
    """Takes the bytes of one source as they come; yields its records in order."""

    def __init__(
        self,
        source: str,
        *,
        boot_id: str | None = None,
        today: datetime | None = None,
    ) -> None:
        """*today* is the reader's wall-clock time, for forms of log that leave out the year."""
        self._reading = Reading(source, boot_id, (today or datetime.now()).replace(tzinfo=None))
        self._partial = b""
        self._overlong = False
        self._open: Block | None = None
        self._finder = StretchFinder()
        self._decoration = b""
        """What stands before each line now and is not part of the log."""
        self._before: bytes | Stretch = b""
        """The line that the last record begins with, or the stretch that it ends."""
        self._adjacent = False
        """Whether the line before was a record, or part of one."""
        self._width = 0
        """Characters of the line that the open block began with."""
        self._rest: tuple[bytes, Unread] | None = None
        """A line that may go on with the open record, and what it is unless the next one shows that
        it does."""
        self.zones: set[str] = set()
        """Zones that nobody can resolve: times were taken to be in the reader's."""
        self.lacks: set[str] = set()
        """What times did not say and was assumed: `zone`, `year`."""

    @property
    def reading(self) -> Reading:
        """What is known of the source, by what came so far."""
        return self._reading

    def feed(self, chunk: bytes) -> Iterator[Item]:
        """Yield the records that *chunk* completes, and what each other line is instead."""
        *lines, last = (self._partial + chunk).split(b"\n")
        for line in lines:
            yield from self._take_text(line)
        yield from self._begin_line(last)

    def settle(self) -> Iterator[Item]:
        """Yield the record that was waiting for more lines, since none have come."""
        if self._open is not None and not self._open.patient:
            yield from self._close()

    def sift(self, chunk: bytes) -> Iterator[Item | Stretch]:
        """Yield the same as `feed`, but records that need no decoding at once as stretches."""
        text = self._partial + chunk
        end = text.rfind(b"\n") + 1
        block = text[:end]
        lower = block.lower()
        at = 0
        while at < end:
            if self._decoration and block.startswith(self._decoration, at):
                decorated = _decorated_lines(self._decoration).match(block, at)
                assert decorated is not None
                yield from self._sift_decorated(decorated[0])
                at = decorated.end()
                continue
            found = self._find_stretches(block, lower, at, self._reading)
            for stretch in _whole(found):
                self._decoration = b""
                yield from self._pass_over(stretch)
                at = stretch.end
            # All that was found, or it would be found again, line after line.
            ahead = found[-1].end if found else block.index(b"\n", at) + 1
            if at < ahead:
                for line in block[at : ahead - 1].split(b"\n"):
                    yield from self._take_text(line)
                at = ahead
        yield from self._begin_line(text[end:])

    def finish(self) -> Iterator[Item]:
        """Yield what is left at the end of the source, a last line without newline included."""
        if self._partial or self._overlong:
            yield from self._take_line(self._partial)
            self._partial = b""
        yield from self._close()

    def _sift_decorated(self, lines: bytes) -> Iterator[Item | Stretch]:
        """Take *lines* that all have the same decoration."""
        size = len(self._decoration)
        block = plain_blanks(lines[size:].replace(b"\n" + self._decoration, b"\n"))
        lower = block.lower()
        reading = replace(self._reading, decorated=True)
        at, end = 0, len(block)
        while at < end:
            found = self._find_stretches(block, lower, at, reading)
            for stretch in _whole(found, size):
                yield from self._pass_over(stretch)
                at = stretch.end
            ahead = found[-1].end if found else block.index(b"\n", at) + 1
            if at < ahead:
                for line in block[at : ahead - 1].split(b"\n"):
                    yield from self._take_line(self._decoration + line)
                at = ahead

    def _pass_over(self, stretch: Stretch) -> Iterator[Item | Stretch]:
        yield from self._close()
        self.lacks |= stretch.lacks
        self._before, self._adjacent = stretch, True
        yield stretch

    def _find_stretches(
        self, block: bytes, lower: bytes, at: int, reading: Reading
    ) -> list[Stretch]:
        """Return what looks like stretches at *at*."""
        if self._overlong or (self._open is not None and self._open.patient):
            return []
        return self._finder.find(block, lower, at, len(block), reading)

    def _take_text(self, line: bytes) -> Iterator[Item]:
        """Take a line, which may hold several objects."""
        for part in self._split(line):
            yield from self._take_line(part)

    def _begin_line(self, start: bytes) -> Iterator[Item]:
        """Remember the *start* of a line; take what is complete of it."""
        *objects, self._partial = self._split(start)
        for part in objects:
            yield from self._take_line(part)
        if len(self._partial) > MAXIMUM_LINE:
            self._overlong = True
            self._partial = b""

    def _split(self, line: bytes) -> list[bytes]:
        # The rest of a line that was given up is not a line, whatever it looks like.
        return [line] if self._overlong else split_objects(line)

    def _close(self) -> Iterator[Item]:
        if self._open is not None:
            block, self._open = self._open, None
            yield from map(_item, block.finish())
        if self._rest is not None:
            (_, unread), self._rest = self._rest, None
            yield unread

    def _take_line(self, line: bytes) -> Iterator[Item]:
        if self._overlong or len(line) > MAXIMUM_LINE:
            self._overlong = False
            yield from self._close()
            yield Unread.TORN
            return
        line = bare_line(line)
        width, reading = len(line), self._reading
        if self._decoration and line.startswith(self._decoration):
            line = plain_blanks(line.removeprefix(self._decoration))
            reading = replace(reading, decorated=True)
        if not line or line.isspace():
            if self._open is not None and self._open.take(line):
                yield from map(_item, self._open.ready())
            else:
                self._adjacent = False
                yield from self._close()
            return
        if not reading.decorated:
            self._decoration = b""
        yield from self._take_words(line, width, reading)

    def _take_words(self, line: bytes, width: int, reading: Reading) -> Iterator[Item]:
        """Take a line that is not blank, *width* with what stood before it."""
        if self._open is not None and self._rest is None and self._open.take(line):
            yield from map(_item, self._open.ready())
            return
        follows, self._adjacent = self._adjacent, False
        if self._is_mark(line):
            yield from self._close()
            return
        before = self._before.last_line if isinstance(self._before, Stretch) else self._before
        begun = begin(line, reading, before, follows=follows)
        if begun.block is None or begun.alone:
            before = b"" if self._rest is None else self._rest[0] + b" "
            joined = join_wrapped(self._open, self._width, before + line)
            if joined is not None:
                self._open, self._adjacent, self._width = joined, follows, width
                self._rest = None
                return
            if begun.block is None and not before and may_go_on(self._open, self._width, line):
                self._rest = line, begun.unread or Unread.NOT_READ
                return
        yield from self._close()
        if begun.block is None:
            yield begun.unread or Unread.NOT_READ
            return
        # Nothing goes on with a line that has no head to be indented under.
        self._open, self._width = capped(begun.block, reading), width
        self._adjacent = not begun.alone
        if begun.decoration is not None and not reading.decorated:
            self._decoration = begun.decoration
        if not (begun.alone or begun.loose):
            self._before = line
        self._learn(begun.block)

    def _learn(self, block: Block) -> None:
        """Remember what the head of a record says of those after it."""
        head = block.head if isinstance(block, SingleRecord) else None
        if head is None:
            return
        if head.zone is not None and len(self.zones) < _MOST_ZONES:
            self.zones.add(head.zone)
        self.lacks.update(head.lacks)
        if head.base_s is not None:
            self._reading = replace(self._reading, base_s=head.base_s)

    def _is_mark(self, line: bytes) -> bool:
        """Whether *line* is one of journalctl's own about boots, which is not a record."""
        match = _BOOT.fullmatch(line) if line.startswith(b"-- ") else None
        if match is not None and match["boot"] is not None:
            self._reading = replace(self._reading, boot_id=match["boot"].decode())
        return match is not None


def _whole(found: list[Stretch], decoration: int = 0) -> Iterator[Stretch]:
    """Yield what needs no decoding of stretches that were found together.

    *decoration* bytes stood before each line.
    """
    if not found:
        return
    *others, last = found
    yield from others
    # The next line may go on with the last record; that of the next block is not known yet.
    open_end = last.end == len(last.block) or last.block.startswith(_GOING_ON, last.end)
    wrapped = len(last.last_line.removesuffix(b"\r")) + decoration <= WIDEST
    closed = last.without_last() if open_end or wrapped else last
    if closed is not None:
        yield closed


def _item(item: LogRecord | None) -> Item:
    return Unread.TORN if item is None else item


@lru_cache(maxsize=16)
def _decorated_lines(decoration: bytes) -> re.Pattern[bytes]:
    line = possessive(r"%s[^\n]*+\n", "+").encode()
    return re.compile(line % re.escape(decoration))
