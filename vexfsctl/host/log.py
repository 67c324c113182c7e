"""The log of a host: its sources, how complete it is, and when its records were written."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial, reduce
from itertools import chain
from typing import TYPE_CHECKING

from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.window import Window
from vexfsctl.exceptions import DeadlineExceeded, InvalidInput, LogUnreadable, NotFound
from vexfsctl.host.host import Host
from vexfsctl.logs.files.names import STANDARD_INPUT, WORDS, is_journal
from vexfsctl.logs.reading.boots import Boot
from vexfsctl.logs.reading.contents import Manner
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.logs.sources.reader import LogHost, read_sources, standard_sources
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.filtered import Filtered
from vexfsctl.model.moments import moment_of
from vexfsctl.model.record import LogRecord
from vexfsctl.model.volume import Volume
from vexfsctl.system.bounded import run_bounded

if TYPE_CHECKING:
    from vexfsctl.logs.reading.wanted import Wanted
    from vexfsctl.model.entry import LogEntry

_FEW = 10_000
"""So many records are interpreted once and kept, which takes about 10 MiB."""
_OFFSET = re.compile(r"[+-]?\d{1,6}")
_BOOT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class HostLog:
    """What was read from the log sources."""

    reading: LogReading
    live_logs: Mapping[str, str]
    """Name of each volume that answers, and writes from user space, to its attribute `log`."""
    whole: "HostLog | None" = None
    """What it is a selection of, if it is one."""

    @cached_property
    def entries(self) -> "Iterable[LogEntry]":
        """Every record that matters, with its meaning, in time order; made anew when iterated."""
        return self._interpret(self.reading)

    @cached_property
    def own_entries(self) -> "Iterable[LogEntry]":
        """The entries that VexFS wrote."""
        return self._interpret(self.reading.of_vexfs())

    @cached_property
    def evidence(self) -> "Iterable[LogEntry]":
        """The kernel's own lines about devices, and perhaps others."""
        # Deferred, as few commands ask.
        from vexfsctl.logs.sieve import sieve

        wanted = sieve().accepts_evidence
        return self._interpret(Filtered(self.reading, lambda record: wanted(record.text)))

    def has_text(self, text: str) -> bool:
        """Whether any record that matters has *text* in it."""
        from vexfsctl.logs.reading.wanted import Saying

        found = self.reading.only(Saying(re.escape(text), (text,)))
        return next(iter(found), None) is not None

    def only(self, wanted: "Wanted") -> "HostLog":
        """Return what it has of the records that are *wanted*, and of those of states.

        By the latter the meaning of others is judged.
        """
        if not len(self.reading):
            return self
        # Deferred, as many logs have no records.
        from vexfsctl.logs.reading.wanted import STATES, AnyOf

        reading = self.reading.only(AnyOf(STATES, wanted))
        return replace(self, reading=reading, whole=self.whole or self)

    @cached_property
    def _states(self) -> "Sequence[LogRecord]":
        """All of its records of states."""
        if self.whole is not None:
            return self.whole._states
        from vexfsctl.logs.reading.wanted import STATES

        # Without a length: that of a reading is a bound, for which memory would be set aside.
        return tuple(iter(self.reading.only(STATES)))

    def _interpret(self, records: Iterable[LogRecord]) -> "Iterable[LogEntry]":
        # Of a selection, that would be a search of its own.
        if self.whole is None and next(iter(records), None) is None:
            return ()
        # Deferred, as most logs have none, and it brings the wordings of all VexFS builds.
        from vexfsctl.logs.interpret import LogEntries

        entries = LogEntries(records, self.live_logs, self._states, self.reading.naming_writers)
        return tuple(entries) if len(self.reading) <= _FEW else entries


def read_log(
    host: Host,
    volumes: Sequence[Volume],
    *,
    evidence: bool = True,
    counted: bool = False,
    recent_us: int | None = None,
    searched: bool = False,
) -> HostLog:
    """Read the requested or the standard sources; raise LogUnreadable if none answers.

    Without *evidence*, the kernel's own lines about devices may be missing, which is quicker. It is
    quicker still if records that say the same may be *counted*: each then stands for as many as
    its weight says. With *recent_us*, of what is older than that when a boot ends there are only
    records that say something about later ones, counted, and one that shows that VexFS wrote any.
    If it is only *searched* for few records, most of a large file is not looked at before that.
    """
    names = source_names(host, volumes)
    manner = Manner(
        host.every_record,
        evidence=evidence,
        counted=counted,
        recent_us=recent_us,
        searched=searched,
    )
    try:
        reading = read_sources(names, log_host(host, volumes), manner)
    except LogUnreadable as failure:
        reasons = {name: failure.reasons.get(name, failure.advice) for name in names}
        failure.coverage = Coverage(
            gaps=tuple(Gap(name, "unreadable", None, why) for name, why in reasons.items())
        )
        raise
    return HostLog(reading, vouching_logs_of(volumes))


def source_names(host: Host, volumes: Sequence[Volume]) -> Sequence[str]:
    """Return the sources to read: the requested ones, or by default those that exist.

    The file of a volume goes by the name that the volume has for it, however it was asked for: what
    is said of the one then holds for the other.
    """
    if not host.logs:
        return (*standard_sources(volumes), *_logs_of_the_silent(volumes))
    files = [file for file in _log_files(volumes) if os.path.isabs(file)]
    if not files:
        return host.logs
    try:
        asked = partial(_names_of_volumes, host.logs, files)
        return run_bounded(asked, host.deadlines.source_s, what="looking for the log")
    except DeadlineExceeded:
        return host.logs


def live_logs_of(volumes: Iterable[Volume]) -> dict[str, str]:
    """Return the name of each volume that answers and where it writes its records."""
    return {v.name: v.status.log for v in volumes if v.status is not None}


def vouching_logs_of(volumes: Iterable[Volume]) -> dict[str, str]:
    """Return the same of those that write from user space: their records are not the kernel's."""
    return live_logs_of(
        v for v in volumes if v.status is not None and v.status.writes_from_user_space
    )


def log_host(host: Host, volumes: Sequence[Volume]) -> LogHost:
    """Return what the readers of a log need to know of *host*."""
    return LogHost(
        boot_id=host.boot_id,
        live_logs=_log_files(volumes),
        standing_logs=host.usual_logs,
        stdin=host.stdin,
        today=host.wall_clock().astimezone(),
        silence_s=host.deadlines.source_s,
    )


def _log_files(volumes: Sequence[Volume]) -> frozenset[str]:
    return frozenset((*live_logs_of(volumes).values(), *_logs_of_the_silent(volumes)))


def _names_of_volumes(asked: Iterable[str], files: Iterable[str]) -> tuple[str, ...]:
    """Return each of *asked* once, by its name in *files* if it is one of them."""
    names = {os.path.realpath(file): file for file in files}
    words = {*WORDS, STANDARD_INPUT}
    return tuple(
        dict.fromkeys(
            name if name in words or is_journal(name) else names.get(os.path.realpath(name), name)
            for name in asked
        )
    )


def _logs_of_the_silent(volumes: Iterable[Volume]) -> tuple[str, ...]:
    """Log files of volumes that do not answer: a killed driver's file shows how it died."""
    silent = [volume for volume in volumes if volume.status is None]
    if not silent:
        return ()
    from vexfsctl.lab.layout import logs_of_labs
    from vexfsctl.system.directories import default_file

    files = chain.from_iterable((default_file(v.name), *logs_of_labs(v.name)) for v in silent)
    return tuple(str(file) for file in files if file.exists())


def is_elsewhere(host: Host, log: HostLog, volumes: Sequence[Volume]) -> bool:
    """Whether *log* is a saved log that was requested, and shows no load of *volumes*.

    It is then from another boot or another host, and nothing here now can explain it. The load of
    a volume that does not answer is not known: a log that names the volume may be from it. If no
    record could be read, only the name of the log tells whether it is of this host.
    """
    if not host.logs:
        return False
    if log.reading.last is None:
        names = source_names(host, volumes)
        return not any(_is_of_this_host(name, host, volumes) for name in names)
    if not recent_window(host, log.reading, 0).saved:
        return False
    live = Loads(volumes, saved=True)
    silent = {volume.name for volume in volumes if volume.status is None}
    if not live and not silent:
        return True
    # Deferred: mostly nobody asks.
    from vexfsctl.logs.reading.wanted import STATES

    # A load is known by its epoch, which only records of states tell.
    telling = log.own_entries if silent else log.only(STATES).entries
    return not any(
        live.hold(entry) or (entry.event is not None and entry.event.volume in silent)
        for entry in telling
    )


def _is_of_this_host(name: str, host: Host, volumes: Sequence[Volume]) -> bool:
    """Whether the source called *name* is one that this host writes, or says to read no log."""
    known = log_host(host, volumes)
    return name in {
        os.devnull,
        *WORDS,
        str(known.kmsg),
        *known.live_logs,
        *known.standing_logs,
    } or is_journal(name)


def recent_window(host: Host, reading: LogReading | None, length_ms: int) -> Window:
    """Return the last *length_ms* before now; *reading* is None if no log could be read.

    If no record is from the present boot, the log is a saved one, and now is its end.
    """
    boot_id, now_us = host.boot_id, host.now_us
    now: datetime | None = host.wall_clock()
    last = None
    if reading is not None and boot_id not in reading.boot_ids:
        last = reading.last
    if last is not None:
        boot_id, now_us = last.boot_id, last.uptime_us or 0
        now = None if last.wall_time_s is None else datetime.fromtimestamp(last.wall_time_s, UTC)
    return Window(now_us - length_ms * 1_000, now_us, boot_id, now, saved=last is not None)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Gives the wall-clock time of records of this boot."""

    boot_id: str | None
    booted: datetime
    """Now minus CLOCK_MONOTONIC."""

    @classmethod
    def of(cls, host: Host) -> "Calendar":
        """Return the calendar from the two clocks of *host*, as of now."""
        return cls(host.boot_id, host.wall_clock() - timedelta(microseconds=host.now_us))

    def moment(self, record: LogRecord) -> datetime | None:
        """Return when *record* was written; None if that is not known."""
        return moment_of(record, self.boot_id, self.booted)

    def uptime_us(self, moment: datetime) -> int:
        """Return the uptime of *moment* in this boot; negative before it."""
        return (moment - self.booted) // timedelta(microseconds=1)


def observed_s(
    reading: LogReading, calendar: Calendar, since: datetime | None, until: datetime | None
) -> float | None:
    """Return how many seconds *reading* is about, as far as they are between two moments.

    That is the time from the first to the last record of each boot, of several sources that of the
    longest. None if one does not say.
    """
    lengths = [
        [_length_s(boot, calendar, since, until) for boot in source.boots if boot.last is not None]
        for source in reading.sources
    ]
    known = [[each for each in boots if each is not None] for boots in lengths]
    if known != lengths:
        return None
    return max(map(sum, known), default=None)


def _length_s(
    boot: Boot, calendar: Calendar, since: datetime | None, until: datetime | None
) -> float | None:
    if boot.first is None or boot.last is None:
        return None
    first_us, last_us = boot.first.uptime_us, boot.last.uptime_us
    if since is None and until is None and first_us is not None and last_us is not None:
        return max(0, last_us - first_us) / 1e6
    begin, end = calendar.moment(boot.first), calendar.moment(boot.last)
    if begin is None or end is None:
        return None
    begin, end = max(begin, since or begin), min(end, until or end)
    return max(0.0, (end - begin).total_seconds())


def select_boot(reading: LogReading, boot: str | None) -> LogReading:
    """Return what *reading* has of one boot; None: everything.

    An offset counts within each source, as in journalctl: 0 is its last boot, -1 the one before,
    1 its first. Raises InvalidInput if it is neither an offset nor an id, NotFound for a boot that
    no source has.
    """
    if boot is None:
        return reading
    choose = _choose_by_offset if _OFFSET.fullmatch(boot) else _choose_by_id
    chosen = LogReading(
        tuple(replace(source, boots=(choose(source.boots, boot),)) for source in reading.sources)
    )
    if reading.last is not None and chosen.last is None:
        raise NotFound(f"the log has no records of boot {boot}")
    return chosen


def _choose_by_offset(boots: Sequence[Boot], boot: str) -> Boot:
    at = int(boot) - 1
    return boots[at] if -len(boots) <= at < len(boots) else Boot()


def _choose_by_id(boots: Sequence[Boot], boot: str) -> Boot:
    wanted = boot.replace("-", "").lower()
    if not _BOOT_ID.fullmatch(wanted):
        raise InvalidInput(f"not a boot: {boot!r}", hint="an id, or 0, -1, 1 …")
    return reduce(Boot.followed_by, (each.of(wanted) for each in boots), Boot())
