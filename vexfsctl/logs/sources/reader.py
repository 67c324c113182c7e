"""What was asked for with `--log`, read to its present end.

A source is `kmsg` (the live kernel log), a systemd journal, `pstore` (crash logs), `-` (standard
input) or a path. One that cannot be read is a gap if others can; if none can, LogUnreadable is
raised.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.names import PSTORE, STANDARD_INPUT, is_journal, is_pattern, naming
from vexfsctl.logs.files.stream import IS_DIRECTORY, NOT_THERE, FileStream, read_stream
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.reading.boots import BootSplitter
from vexfsctl.logs.reading.contents import Contents, Manner, read_contents
from vexfsctl.logs.reading.holes import Hole
from vexfsctl.logs.reading.log import LogReading, SourceReading
from vexfsctl.logs.sources.journal import as_journal, journals_are_in, read_journal
from vexfsctl.logs.sources.kmsg import KMSG, KmsgReader
from vexfsctl.logs.sources.pstore import crash_logs_in, is_crash_log, read_crashes, standard_files
from vexfsctl.model.volume import Volume


@dataclass(frozen=True, slots=True)
class LogHost:
    """What reading logs needs to know about this host."""

    boot_id: str | None = None
    """The present boot."""
    live_logs: frozenset[str] = frozenset()
    """Files that live volumes write: their last records are of this boot."""
    standing_logs: frozenset[str] = frozenset()
    """Logs that are read as a rule: that one has nothing in it yet is no reason for doubt."""
    stdin: BinaryIO | None = None
    """None: there is no standard input to read."""
    today: datetime | None = None
    """Wall-clock time, for forms of log that leave out the year; None: that of the system."""
    kmsg: Path = KMSG
    silence_s: float = 2.0
    """Seconds without a byte after which a source counts as not answering."""


def _reading_of(contents: Contents, name: str, host: LogHost) -> SourceReading:
    """Return what the source *name* gave; a gap if that is nothing at all. Raises LogUnreadable."""
    reading = contents.into_reading(name)
    if not contents.empty or name in host.standing_logs | host.live_logs:
        return reading
    # Whoever saved it failed to: what it lacks is not known.
    return replace(reading, holes=(*reading.holes, Hole("empty", None)))


class LogSource(Protocol):
    """One place that records come from."""

    def read(self) -> SourceReading:
        """Read it to its present end; raise LogUnreadable if it gave nothing at all."""
        ...


def standard_sources(volumes: Iterable[Volume]) -> tuple[str, ...]:
    """Return the sources to read if none is named: the kernel log and what volumes name."""
    logs = (volume.status.log for volume in volumes if volume.status is not None)
    return tuple(dict.fromkeys((SOURCE_NAME, *logs)))


def open_source(name: str, host: LogHost, manner: Manner) -> LogSource:
    """Return the source called *name*; nothing is opened yet."""
    if name in (SOURCE_NAME, str(host.kmsg)):
        return KernelLog(host, manner)
    if is_journal(name):
        return Journal(name, host, manner)
    if name == PSTORE or is_crash_log(Path(name).name):
        return CrashLogs(name, host, manner)
    if name == STANDARD_INPUT:
        return StandardInput(host, manner)
    return LogFile(name, host, manner)


def read_source(name: str, host: LogHost, manner: Manner) -> list[SourceReading]:
    """Read the source called *name*, or each log in it if it is a directory or a pattern.

    Raises LogUnreadable if there is nothing at all.
    """
    source = open_source(name, host, manner)
    try:
        return [source.read()]
    except LogUnreadable as failure:
        if not isinstance(source, LogFile):
            raise
        # Deferred: mostly a log is one file.
        from vexfsctl.logs.sources.log_directory import read_sets

        if failure.message.endswith(IS_DIRECTORY):
            special = _read_special_directory(name, host, manner)
            if special is not None:
                return [special]
        elif not (failure.message.endswith(NOT_THERE) and is_pattern(name)):
            raise
    return read_sets(name, host.today, host.silence_s, manner)


def _read_special_directory(name: str, host: LogHost, manner: Manner) -> SourceReading | None:
    """Return what a directory of crash logs or journals has; None if it is neither."""
    from vexfsctl.logs.files.listing import ask

    with naming(name):
        crashes = crash_logs_in(name, host.silence_s)
        has_journals = ask(lambda: journals_are_in(name), host.silence_s)
    if crashes:
        return read_crash_logs(name, crashes, host, manner)
    if has_journals:
        return Journal(name, host, manner).read()
    return None


def read_sources(names: Sequence[str], host: LogHost, manner: Manner | None = None) -> LogReading:
    """Read every source; raise LogUnreadable with all reasons when none can be read."""
    asked = dict.fromkeys(names)
    manner = (manner or Manner())._replace(ordered=len(asked) > 1)
    readings: list[SourceReading] = []
    failures: dict[str, LogUnreadable] = {}
    for name in asked:
        try:
            readings += read_source(name, host, manner)
        except LogUnreadable as failure:
            failures[name] = failure
            readings.append(SourceReading(name, failure=failure.advice))
    if failures and len(failures) == len(readings):
        raise LogUnreadable.of_all(failures)
    return LogReading(tuple(readings))


class KernelLog:
    """The live kernel log."""

    def __init__(self, host: LogHost, manner: Manner) -> None:
        self._host = host
        self._manner = manner

    def read(self) -> SourceReading:
        """Read what the kernel still has; raise LogUnreadable."""
        # Deferred: it brings the wordings of all VexFS builds.
        from vexfsctl.logs.sieve import sieve

        every_record = self._manner.every_record
        reader = KmsgReader(self._host.kmsg, boot_id=self._host.boot_id, every_record=every_record)
        kept = None if every_record else sieve(evidence=self._manner.evidence)
        splitter = BootSplitter(kept, ordered=self._manner.ordered)
        try:
            for item in reader.drain():
                splitter.take(item)
        finally:
            reader.close()
        holes = reader.text.finder.holes
        return SourceReading(SOURCE_NAME, splitter.boots(), holes, names_writers=True)


class StandardInput:
    """Standard input, in any form `text` knows."""

    def __init__(self, host: LogHost, manner: Manner) -> None:
        self._host = host
        self._manner = manner

    def read(self) -> SourceReading:
        """Read it to its end; raise LogUnreadable if nothing came."""
        if self._host.stdin is None:
            raise LogUnreadable("cannot read standard input: it is closed")
        chunks = read_stream(self._host.stdin, self._host.silence_s)
        # It cannot be read again if its end is not what it seemed to be.
        manner = self._manner._replace(recent_us=None)
        contents = read_contents(chunks, STANDARD_INPUT, self._host.today, manner)
        return _reading_of(contents, STANDARD_INPUT, self._host)


class Journal:
    """A systemd journal (`journal`)."""

    def __init__(self, name: str, host: LogHost, manner: Manner) -> None:
        self._name = name
        self._host = host
        self._manner = manner

    def read(self) -> SourceReading:
        """Read it to its present end; raise LogUnreadable if nothing came."""
        every_record = self._manner.every_record
        chunks = read_journal(
            as_journal(self._name), self._host.silence_s, every_record=every_record
        )
        # It would be another one when it is read again.
        manner = self._manner._replace(recent_us=None)
        contents = read_contents(chunks, self._name, self._host.today, manner)
        return contents.into_reading(self._name)


class CrashLogs:
    """What pstore kept: all of this host, or one file (`pstore`)."""

    def __init__(self, name: str, host: LogHost, manner: Manner) -> None:
        self._name = name
        self._host = host
        self._manner = manner

    def read(self) -> SourceReading:
        """Read them, the oldest first; raise LogUnreadable if none can be read."""
        if self._name == PSTORE:
            with naming(self._name):
                files = standard_files(self._host.silence_s)
        else:
            files = {Path(self._name): 0.0}
        return read_crash_logs(self._name, files, self._host, self._manner)


def read_crash_logs(
    name: str, files: Mapping[Path, float], host: LogHost, manner: Manner
) -> SourceReading:
    """Read the crash logs *files* as the source *name*; raise LogUnreadable if none can be.

    *files* are as `crash_files` returns them.
    """
    chunks = read_crashes(files, host.silence_s)
    known = name, host.today, manner._replace(recent_us=None)
    return read_contents(chunks, *known).into_reading(name)


class LogFile:
    """A file in any form `text` knows: a driver's own, or a saved log."""

    def __init__(self, name: str, host: LogHost, manner: Manner) -> None:
        self._name = name
        self._path = Path(name)
        self._host = host
        self._manner = manner

    def read(self) -> SourceReading:
        """Read it, and before it what was rotated to `.1`; raise LogUnreadable."""
        contents = self._read(self._path)
        if contents.begins_in_the_middle:
            older = self._read(self._path.with_name(f"{self._path.name}.1"))
            if older.precedes(contents):
                contents = older.followed_by(contents)
        return _reading_of(contents, self._name, self._host).forget_older_boots()

    def _read(self, path: Path) -> Contents:
        contents = self._read_once(path, self._manner)
        if not contents.misjudged:
            return contents
        again = self._read_once(path, self._manner._replace(recent_us=None))
        if again.first is not None:
            return again
        return replace(contents, failure=LogUnreadable("it could not be read once more"))

    def _read_once(self, path: Path, manner: Manner) -> Contents:
        boot_id = self._host.boot_id if self._name in self._host.live_logs else None
        with closing(FileStream(path, self._host.silence_s)) as stream:
            known = self._name, self._host.today, manner, boot_id
            return read_contents(iter(stream), *known, stream.take_over)
