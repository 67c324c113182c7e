"""Sources that are followed: existing records, then new ones as they come (`log --follow`)."""

import os
import select
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.formats.text import RecordDecoder
from vexfsctl.logs.sources.boots import split_boots
from vexfsctl.logs.sources.compression import is_compressed
from vexfsctl.logs.sources.holes import Hole, HoleFinder
from vexfsctl.logs.sources.kmsg import KmsgReader
from vexfsctl.logs.sources.reader import STANDARD_INPUT, LogHost
from vexfsctl.logs.sources.reading import LogReading, SourceReading
from vexfsctl.model.record import LogRecord

FILE_INTERVAL_S = 0.25
"""How often a file is looked at again: nothing tells us that it has grown."""

_CHUNK = 1 << 16
_MAGIC = 8
"""Bytes by which a compressed file is known."""


class LiveSource(Protocol):
    """A source that is read as it grows."""

    name: str

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What was missing so far."""
        ...

    def drain(self) -> Iterator[LogRecord]:
        """Yield what has come since the last time, never wait; raise LogUnreadable."""
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

    def __init__(self, names: Sequence[str], host: LogHost) -> None:
        """Open them; raise LogUnreadable with the first reason if none can be opened."""
        self._live: list[LiveSource] = []
        self._failures: dict[str, LogUnreadable] = {}
        for name in dict.fromkeys(names):
            try:
                self._live.append(_open_live(name, host))
            except LogUnreadable as failure:
                self._failures[name] = failure
        if self._failures and not self._live:
            raise next(iter(self._failures.values()))

    @property
    def ended(self) -> bool:
        """Whether nothing can come any more from any source."""
        return all(source.ended for source in self._live)

    def read(self) -> LogReading:
        """Return what has come since the last time (at first everything), with all holes so far."""
        readings = [self._read_one(source) for source in self._live]
        self._live = [source for source in self._live if source.name not in self._failures]
        known = {reading.name for reading in readings}
        failed = (
            SourceReading(name, failure=failure.message)
            for name, failure in self._failures.items()
            if name not in known
        )
        return LogReading((*readings, *failed))

    def wait(self, timeout_s: float) -> None:
        """Return when there may be more to read, at the latest after *timeout_s* seconds."""
        poll = select.poll()
        for source in self._live:
            descriptor = source.fileno()
            if descriptor is None:
                timeout_s = min(timeout_s, FILE_INTERVAL_S)
            else:
                poll.register(descriptor, select.POLLIN)
        poll.poll(timeout_s * 1000)

    def close(self) -> None:
        """Stop reading."""
        for source in self._live:
            source.close()

    def _read_one(self, source: LiveSource) -> SourceReading:
        records: list[LogRecord] = []
        try:
            # What was yielded before a failure stays in the list.
            records.extend(source.drain())
        except LogUnreadable as failure:
            self._failures[source.name] = failure
            source.close()
            return SourceReading(source.name, split_boots(records), source.holes, failure.message)
        return SourceReading(source.name, split_boots(records), source.holes).forget_older_boots()


class FollowedFile:
    """A file that grows, is rotated, or is rewritten."""

    ended = False

    def __init__(self, name: str, descriptor: int, boot_id: str | None) -> None:
        self.name = name
        self._descriptor = descriptor
        self._decoder = RecordDecoder(name, boot_id=boot_id)
        self._finder = HoleFinder()

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What was missing so far."""
        return self._finder.holes

    def drain(self) -> Iterator[LogRecord]:
        """Yield the records added since the last time; raise LogUnreadable."""
        yield from self._drain_descriptor()
        if self._is_replaced():
            yield from self._finder.passing(self._decoder.finish())
            os.close(self._descriptor)
            self._descriptor = _open_path(self.name)
            yield from self._drain_descriptor()
        yield from self._finder.passing(self._decoder.settle())

    def fileno(self) -> None:
        """Return None: a file is readable at its end too."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _drain_descriptor(self) -> Iterator[LogRecord]:
        while chunk := _read(self.name, self._descriptor):
            yield from self._finder.passing(self._decoder.feed(chunk))

    def _is_replaced(self) -> bool:
        opened = os.fstat(self._descriptor)
        if os.lseek(self._descriptor, 0, os.SEEK_CUR) > opened.st_size:
            return True
        try:
            named = Path(self.name).stat()
        except OSError:
            # Moved away and its successor not there yet: the next look will find it.
            return False
        return not os.path.samestat(named, opened)


class FollowedStream:
    """Standard input or a named pipe, until its writers have gone."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self.ended = False
        self._descriptor = descriptor
        self._decoder = RecordDecoder(name)
        self._finder = HoleFinder()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What was missing so far."""
        return self._finder.holes

    def drain(self) -> Iterator[LogRecord]:
        """Yield the records that have come; raise LogUnreadable."""
        while not self.ended and self._poll.poll(0):
            chunk = _read(self.name, self._descriptor)
            self.ended = not chunk
            yield from self._finder.passing(self._decoder.feed(chunk))
        decoder = self._decoder
        yield from self._finder.passing(decoder.finish() if self.ended else decoder.settle())

    def fileno(self) -> int | None:
        """Return the descriptor while something can come."""
        return None if self.ended else self._descriptor

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)


def _open_live(name: str, host: LogHost) -> LiveSource:
    if name in (SOURCE_NAME, str(host.kmsg)):
        return KmsgReader(host.kmsg, boot_id=host.boot_id)
    if name == STANDARD_INPUT:
        return FollowedStream(name, _duplicate(host.stdin))
    descriptor = _open_path(name)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return FollowedStream(name, descriptor)
    if is_compressed(os.pread(descriptor, _MAGIC, 0)):
        os.close(descriptor)
        raise LogUnreadable(f"cannot follow {name}: it is compressed", hint="leave --follow out")
    return FollowedFile(name, descriptor, host.boot_id if name in host.live_logs else None)


def _duplicate(stdin: BinaryIO | None) -> int:
    try:
        if stdin is not None:
            return os.dup(stdin.fileno())
    except OSError:
        pass
    raise LogUnreadable("cannot read standard input: it is closed")


def _open_path(name: str) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as cause:
        raise LogUnreadable(f"cannot read {name}: {cause.strerror}") from cause


def _read(name: str, descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError as cause:
        raise LogUnreadable(f"cannot read {name}: {cause.strerror}") from cause
