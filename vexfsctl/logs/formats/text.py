r"""Records from the bytes of a log, whatever its form, line by line.

Each line is read on its own, so forms may be mixed in one source: raw kmsg, what dmesg and
journalctl print, syslog files, the bare output of VexFS daemons (`lines`). No line is lost
silently: what is not a record becomes None.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from vexfsctl.logs.formats.blocks import Block
from vexfsctl.logs.formats.journal import split_objects
from vexfsctl.logs.formats.lines import INDENTS, bare_line, begin_block
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.formats.stretches import Stretch, StretchFinder
from vexfsctl.model.record import LogRecord

MAXIMUM_LINE = 64 << 10
"""Bytes after which a line without an end is given up; a record has at most 8 KiB."""

_BOOT = re.compile(
    rb"-- (?:Boot (?P<boot>[0-9a-f]{32})|Reboot|Logs begin at .*|Journal begins at .*"
    rb"|No entries) ?(?:--)?"
)


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

    @property
    def reading(self) -> Reading:
        """What is known of the source, by what came so far."""
        return self._reading

    def feed(self, chunk: bytes) -> Iterator[LogRecord | None]:
        """Yield the records that *chunk* completes; None for each line that is not a record."""
        *lines, last = (self._partial + chunk).split(b"\n")
        for line in lines:
            yield from self._take_text(line)
        yield from self._begin_line(last)

    def settle(self) -> Iterator[LogRecord | None]:
        """Yield the record that was waiting for more lines, since none have come."""
        if self._open is not None and not self._open.patient:
            yield from self._close()

    def sift(self, chunk: bytes) -> Iterator[LogRecord | Stretch | None]:
        """Yield the same as `feed`, but records that need no decoding at once as stretches."""
        text = self._partial + chunk
        end = text.rfind(b"\n") + 1
        block = text[:end]
        lower = block.lower()
        at = 0
        while at < end:
            found = self._find_stretches(block, lower, at)
            for stretch in self._whole(found):
                yield from self._close()
                yield stretch
                at = stretch.end
            # All that was found, or it would be found again, line after line.
            ahead = found[-1].end if found else block.index(b"\n", at) + 1
            if at < ahead:
                for line in block[at : ahead - 1].split(b"\n"):
                    yield from self._take_text(line)
                at = ahead
        yield from self._begin_line(text[end:])

    def finish(self) -> Iterator[LogRecord | None]:
        """Yield what is left at the end of the source, a last line without newline included."""
        if self._partial or self._overlong:
            yield from self._take_line(self._partial)
            self._partial = b""
        yield from self._close()

    def _find_stretches(self, block: bytes, lower: bytes, at: int) -> list[Stretch]:
        """Return what looks like stretches at *at*."""
        if self._overlong or (self._open is not None and self._open.patient):
            return []
        return self._finder.find(block, lower, at, len(block), self._reading)

    def _whole(self, found: list[Stretch]) -> Iterator[Stretch]:
        """Yield what needs no decoding of stretches that were found together."""
        if not found:
            return
        *others, last = found
        yield from others
        # The next line may go on with the last record; that of the next block is not known yet.
        open_end = last.end == len(last.block) or last.block.startswith(INDENTS, last.end)
        closed = last.without_last() if open_end else last
        if closed is not None:
            yield closed

    def _take_text(self, line: bytes) -> Iterator[LogRecord | None]:
        """Take a line, which may hold several objects."""
        for part in self._split(line):
            yield from self._take_line(part)

    def _begin_line(self, start: bytes) -> Iterator[LogRecord | None]:
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

    def _close(self) -> Iterator[LogRecord | None]:
        if self._open is not None:
            block, self._open = self._open, None
            yield from block.finish()

    def _take_line(self, line: bytes) -> Iterator[LogRecord | None]:
        if self._overlong or len(line) > MAXIMUM_LINE:
            self._overlong = False
            yield from self._close()
            yield None
            return
        line = bare_line(line)
        if self._open is not None and self._open.take(line):
            yield from self._open.ready()
            return
        yield from self._close()
        if line and not line.isspace() and not self._is_mark(line):
            self._open = begin_block(line, self._reading)
            if self._open is None:
                yield None

    def _is_mark(self, line: bytes) -> bool:
        """Whether *line* is one of journalctl's own about boots, which is not a record."""
        match = _BOOT.fullmatch(line) if line.startswith(b"-- ") else None
        if match is not None and match["boot"] is not None:
            self._reading = replace(self._reading, boot_id=match["boot"].decode())
        return match is not None
