"""Sources that are followed: existing records, then new ones as they come (`log --follow`)."""

import math
import os
import select
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from vexfsctl.exceptions import InvalidInput, LogUnreadable
from vexfsctl.logs.files.compression import is_compressed
from vexfsctl.logs.files.listing import ask
from vexfsctl.logs.files.names import PSTORE, STANDARD_INPUT, is_journal, is_pattern
from vexfsctl.logs.files.stream import NOT_THERE, hint_for
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.reading.boots import BootSplitter
from vexfsctl.logs.reading.log import LogReading, SourceReading
from vexfsctl.logs.sieve import sieve
from vexfsctl.logs.sources.journal import failure_of, follow_journal
from vexfsctl.logs.sources.kmsg import KmsgReader
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.logs.sources.reader import LogHost
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch

FILE_INTERVAL_S = 0.25
"""How often a file is looked at again: nothing tells us that it has grown."""

_GATHER_S = 0.02
_LITTLE = 1 << 14
"""While a source brings no more bytes at a time than these, records may gather for as long as that:
a look costs as much as dozens of records, and no ring buffer of a kernel is full so soon."""
_CHUNK = 1 << 18
_AT_ONCE = 1 << 20
"""Bytes of a source after which their records are shown, even if more have come."""
_TAIL = 64
"""Bytes before the place reached by which a file is known to be the same still."""
_MAGIC = 8
"""Bytes by which a compressed file is known."""
_FOLLOW_ONE = "name the logs that grow, such as --log DIR/kern.log, or journal:DIR for journals"


class LiveSource(Protocol):
    """A source that is read as it grows."""

    name: str
    text: LiveText
    """What its bytes say."""

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what has come since the last time, never wait; raise LogUnreadable.

        After about *most* bytes the rest is left for the next time.
        """
        ...

    def fileno(self) -> int | None:
        """Return a descriptor that is readable when there is more; None if there is none."""
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing can come any more."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...


class LogFollower:
    """Several sources followed together; one that fails is given up and named."""

    def __init__(
        self,
        names: Sequence[str],
        host: LogHost,
        *,
        every_record: bool = False,
        since_us: int | None = None,
    ) -> None:
        """Open them; raise LogUnreadable with the first reason if none can be opened.

        InvalidInput instead if it is of a kind that cannot be followed.

        *every_record* is as in `LiveText`. Holes are wanted that reach past uptime *since_us*.
        """
        self._live: list[LiveSource] = []
        self._failures: dict[str, LogUnreadable | InvalidInput] = {}
        self._sieve = None if every_record else sieve()
        self._since_us = since_us
        self._most = math.inf
        self._much = False
        """Whether the last reading was of many bytes."""
        for name in dict.fromkeys(names):
            try:
                self._live.append(_open_live(name, host, every_record=every_record))
            except (LogUnreadable, InvalidInput) as failure:
                self._failures[name] = failure
        if self._failures and not self._live:
            raise next(iter(self._failures.values()))

    @property
    def ended(self) -> bool:
        """Whether nothing can come any more from any source."""
        return all(source.ended for source in self._live)

    def read(self) -> LogReading:
        """Return what has come since the last time, with all holes so far.

        At first that is everything; later, much is returned in several parts.
        """
        before = self._size()
        readings = [self._read_one(source) for source in self._live]
        self._much = self._size() - before > _LITTLE
        self._most = _AT_ONCE
        self._live = [source for source in self._live if source.name not in self._failures]
        known = {reading.name for reading in readings}
        failed = (
            SourceReading(name, failure=failure.message)
            for name, failure in self._failures.items()
            if name not in known
        )
        return LogReading((*readings, *failed))

    def wait(self, timeout_s: float) -> None:
        """Return when there may be more to read, after about *timeout_s* seconds at the latest."""
        poll = select.poll()
        for source in self._live:
            descriptor = source.fileno()
            if descriptor is None:
                timeout_s = min(timeout_s, FILE_INTERVAL_S)
            else:
                poll.register(descriptor, select.POLLIN)
        if poll.poll(timeout_s * 1000) and not self._much:
            time.sleep(min(_GATHER_S, timeout_s))

    def close(self) -> None:
        """Stop reading."""
        for source in self._live:
            source.close()

    def _size(self) -> int:
        return sum(source.text.size for source in self._live)

    def _read_one(self, source: LiveSource) -> SourceReading:
        splitter = BootSplitter(self._sieve, ordered=len(self._live) > 1)
        finder = source.text.finder
        try:
            # What was yielded before a failure has been taken.
            for item in source.drain(self._most):
                splitter.take(item)
        except LogUnreadable as failure:
            self._failures[source.name] = failure
            source.close()
            return _reading_of(source, splitter, failure.message)
        finder.join(self._since_us)
        return _reading_of(source, splitter).forget_older_boots()


def _reading_of(
    source: LiveSource, splitter: BootSplitter, failure: str | None = None
) -> SourceReading:
    finder = source.text.finder
    return SourceReading(
        name=source.name,
        boots=splitter.boots(),
        holes=finder.holes,
        failure=failure,
        names_writers=finder.names_writers,
        notes=finder.notes(source.name),
    )


class FollowedFile:
    """A file that grows, is rotated, or is rewritten."""

    ended = False

    def __init__(self, name: str, descriptor: int, text: LiveText) -> None:
        self.name = name
        self.text = text
        self._descriptor = descriptor
        self._tail = b""
        self._behind = False

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what was added since the last time; raise LogUnreadable."""
        while (rewritten := self._is_rewritten()) or self._is_replaced():
            if not rewritten:
                # Only now, when nothing more is written to the old file.
                yield from self._drain_descriptor(most)
                if self._behind:
                    return
            yield from self.text.finish()
            successor = _open_path(self.name)
            os.close(self._descriptor)
            self._descriptor = successor
            self._tail = b""
        yield from self._drain_descriptor(most)
        if not self._behind:
            yield from self.text.settle()

    def fileno(self) -> int | None:
        """Return None, as a file is readable at its end too, unless that is not reached yet."""
        return self._descriptor if self._behind else None

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _drain_descriptor(self, most: float) -> "Iterator[LogRecord | Stretch]":
        taken, self._behind = 0, False
        while not self._behind and (chunk := _read(self.name, self._descriptor)):
            taken += len(chunk)
            self._tail, self._behind = chunk[-_TAIL:], taken >= most
            yield from self.text.take(chunk)

    def _is_rewritten(self) -> bool:
        """Whether it was truncated; it may be longer again than it was."""
        if not self._tail:
            return False
        os.lseek(self._descriptor, -len(self._tail), os.SEEK_CUR)
        return _read(self.name, self._descriptor, len(self._tail)) != self._tail

    def _is_replaced(self) -> bool:
        """Whether its name is now that of another file."""
        try:
            named = Path(self.name).stat()
        except OSError:
            # Moved away and its successor not there yet: the next look will find it.
            return False
        # Log daemons write to the old file until they open the new one.
        return bool(named.st_size) and not os.path.samestat(named, os.fstat(self._descriptor))


class FollowedStream:
    """Standard input or a named pipe, until its writers have gone."""

    def __init__(self, name: str, descriptor: int, text: LiveText) -> None:
        self.name = name
        self.text = text
        self.ended = False
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what has come; raise LogUnreadable."""
        taken = 0
        while not self.ended and (more := self._poll.poll(0)) and taken < most:
            chunk = _read(self.name, self._descriptor)
            taken += len(chunk)
            self.ended = not chunk
            yield from self.text.take(chunk)
        if self.ended:
            yield from self.text.finish()
        elif not more:
            yield from self.text.settle()

    def fileno(self) -> int | None:
        """Return the descriptor while something can come."""
        return None if self.ended else self._descriptor

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)


class FollowedJournal:
    """A systemd journal that grows."""

    ended = False

    def __init__(self, name: str, text: LiveText, *, every_record: bool) -> None:
        """Start journalctl; raise LogUnreadable."""
        self.name = name
        self.text = text
        self._child = follow_journal(name, every_record=every_record)
        # The stream closes what is its own.
        self._stream = FollowedStream(name, os.dup(self._child.output), text)

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what has come; raise LogUnreadable when journalctl has ended."""
        yield from self._stream.drain(most)
        if self._stream.ended:
            reason = failure_of(self._child.complaint() or "it ended", self.name)
            raise LogUnreadable(f"cannot follow {self.name}: {reason.message}", hint=reason.hint)

    def fileno(self) -> int | None:
        """Return the descriptor that is readable when there is more."""
        return self._stream.fileno()

    def close(self) -> None:
        """End journalctl."""
        self._stream.close()
        self._child.close()


def _open_live(name: str, host: LogHost, *, every_record: bool) -> LiveSource:
    if name in (SOURCE_NAME, str(host.kmsg)):
        return KmsgReader(host.kmsg, boot_id=host.boot_id, every_record=every_record)
    boot_id = host.boot_id if name in host.live_logs else None
    if is_journal(name):
        text = LiveText(name, every_record=every_record)
        return FollowedJournal(name, text, every_record=every_record)
    if name == PSTORE:
        raise InvalidInput("cannot follow pstore: it never grows", hint="leave --follow out")
    if name == STANDARD_INPUT:
        descriptor = _duplicate(host.stdin)
    else:
        descriptor = _open_first(name, host.silence_s)
    text = LiveText(name, boot_id=boot_id, every_record=every_record)
    if name == STANDARD_INPUT or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return FollowedStream(name, descriptor, text)
    if is_compressed(os.pread(descriptor, _MAGIC, 0)):
        os.close(descriptor)
        raise InvalidInput(f"cannot follow {name}: it is compressed", hint="leave --follow out")
    return FollowedFile(name, descriptor, text)


def _duplicate(stdin: BinaryIO | None) -> int:
    try:
        if stdin is not None:
            return os.dup(stdin.fileno())
    except OSError:
        pass
    raise LogUnreadable("cannot read standard input: it is closed")


def _open_first(name: str, silence_s: float) -> int:
    """Open what is to be followed; InvalidInput if it is no one thing that may grow."""
    # A dead mount would never let go of this process: a child goes first.
    try:
        mode = ask(lambda: os.stat(name).st_mode, silence_s)
    except LogUnreadable as failure:
        if failure.message == NOT_THERE and is_pattern(name):
            reason = f"cannot follow {name}: it is a pattern"
            raise InvalidInput(reason, hint=_FOLLOW_ONE) from failure
        hint = failure.hint or hint_for(failure.message, Path(name))
        raise LogUnreadable(f"cannot read {name}: {failure.message}", hint=hint) from failure
    if stat.S_ISDIR(mode):
        raise InvalidInput(f"cannot follow {name}: it is a directory", hint=_FOLLOW_ONE)
    return _open_path(name)


def _open_path(name: str) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as cause:
        reason = str(cause.strerror)
        hint = hint_for(reason, Path(name))
        raise LogUnreadable(f"cannot read {name}: {reason}", hint=hint) from cause


def _read(name: str, descriptor: int, most: int = _CHUNK) -> bytes:
    try:
        return os.read(descriptor, most)
    except OSError as cause:
        raise LogUnreadable(f"cannot read {name}: {cause.strerror}") from cause
