"""Calls of VexFS builds that number them: results by call site, and calls that never returned.

The kernel module writes a line when a call into its Rust part begins and one when it ends. Numbers
count for each call site from 1 at every module load, so a call is named by log, boot, load, call
site and number. A build that logs only ends (the userspace engine) is counted by them; steps that
are not numbered (an unmount of the newest module) cannot be told apart, and an end is taken for
that of the one begun last.
"""

from dataclasses import dataclass, field

from vexfsctl.analysis.upstream.loads import ModuleLoads
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.operations import OperationType
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind

_Log = tuple[str, str | None]
"""Source and boot id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSite:
    """What one call site of one module load did, as far as the log has it."""

    source: str
    boot_id: str | None
    load: int
    """Which load of the module in that log and boot: 0 is one that was loaded before the log
    begins, 1 the first whose load it shows."""
    call: str
    """As the lines name it: `lookup_inode`, `read_block`."""
    operation: OperationType | None
    succeeded: int = 0
    failed: int = 0
    """Without those that are known not to be failures."""
    blocked: int = 0
    """Refused by a circuit breaker or by the degradation level."""
    timed_out: int = 0
    skipped: int = 0
    """Not tried, since the module was not initialised."""
    noise: int = 0
    """Logged as failures but known not to be (lookups of files that are not there)."""
    unreturned: int = 0
    """Begun, and no line reports their end."""
    rate_pct: int | None = None
    """Failure rate since the load, 0 to 100, as the last failure line gives it; None if the build
    gives none. A call site whose failures are noise has none either."""
    last_number: int | None = None
    """The highest number seen: how many calls there were since the load. None: not numbered."""
    first: LogEntry
    """Its first line in the log."""
    last: LogEntry
    """Its last one."""
    last_trouble: LogEntry | None = None
    """Its last line that reports a failed, blocked or timed-out call."""

    @property
    def calls(self) -> int:
        """Calls that the log shows."""
        return self.succeeded + self.troubled + self.skipped + self.noise + self.unreturned

    @property
    def troubled(self) -> int:
        """Calls that failed, were blocked or timed out."""
        return self.failed + self.blocked + self.timed_out


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreturnedCall:
    """A call that began and whose end no line reports: hung, in flight, or its end was lost."""

    call: str
    number: int | None
    """None for a step that the build does not number."""
    load: int
    """As in `CallSite`."""
    operation: OperationType | None
    start: LogEntry
    """The line that reports its beginning."""
    waited_us: int | None
    """From its beginning to the last record of that log and boot among the entries given; None if
    one of them has no time."""
    open: bool
    """Whether its load is the last one in the log and was not seen to end: then it hangs, or is in
    flight if it began just now. False: the module was unloaded or loaded again since, which a
    running call would have prevented: the record of its end was lost, or the machine was reset."""


@dataclass(frozen=True, slots=True)
class CallTracking:
    """Everything the log says of calls."""

    sites: tuple[CallSite, ...] = ()
    """In the order in which they first appear."""
    unreturned: tuple[UnreturnedCall, ...] = ()
    """In the order of their beginning."""


class CallTracker:
    """Follows the calls in entries that are taken in the order of the log.

    A caller that must not trust user space leaves out entries of unverified origin. A hole in the
    log may have swallowed the end of a call: the coverage of the reading lists holes.
    """

    def __init__(self) -> None:
        self._logs: dict[_Log, _LogTracker] = {}

    def take(self, entry: LogEntry) -> None:
        """Take the next entry, whatever it is about."""
        name = (entry.record.source, entry.record.boot_id)
        tracker = self._logs.get(name)
        if tracker is None:
            tracker = self._logs[name] = _LogTracker()
        tracker.take(entry)

    def result(self) -> CallTracking:
        """Return what the log says of calls."""
        sites = [site for log in self._logs.values() for site in log.finished_sites()]
        unreturned = [call for log in self._logs.values() for call in log.unreturned()]
        return CallTracking(tuple(sites), tuple(unreturned))


_COUNTED = {
    UpstreamKind.CALL_SUCCEEDED: "succeeded",
    UpstreamKind.CALL_FAILED: "failed",
    UpstreamKind.CALL_BLOCKED: "blocked",
    UpstreamKind.CALL_TIMED_OUT: "timed_out",
    UpstreamKind.CALL_SKIPPED: "skipped",
    UpstreamKind.UNMOUNTED: "succeeded",
}


@dataclass(slots=True)
class _Tally:
    """A call site while its lines go by."""

    load: int
    call: str
    operation: OperationType | None
    first: LogEntry
    last: LogEntry
    counts: dict[str, int] = field(default_factory=dict)
    waiting: dict[int, LogEntry] = field(default_factory=dict)
    """Begun and not ended, by number."""
    unnumbered: list[LogEntry] = field(default_factory=list)
    """Begun and not ended, the latest last."""
    rate_pct: int | None = None
    last_number: int | None = None
    last_trouble: LogEntry | None = None

    @property
    def pending(self) -> list[tuple[int | None, LogEntry]]:
        return [*self.waiting.items(), *((None, start) for start in self.unnumbered)]

    def begin(self, number: int | None, entry: LogEntry) -> None:
        if number is None:
            self.unnumbered.append(entry)
        else:
            self.waiting[number] = entry

    def end(self, outcome: str, event: UpstreamEvent, entry: LogEntry) -> None:
        if event.significance is Significance.NOISE:
            outcome = "noise"
        self.counts[outcome] = self.counts.get(outcome, 0) + entry.record.weight
        # Calls that were counted began and ended among themselves.
        if entry.record.counted is None and event.number is not None:
            self.waiting.pop(event.number, None)
        elif entry.record.counted is None and self.unnumbered:
            self.unnumbered.pop()
        if event.significance.is_trouble:
            self.last_trouble = entry
            self.rate_pct = self.rate_pct if event.rate_pct is None else event.rate_pct

    def finish(self) -> CallSite:
        return CallSite(
            source=self.first.record.source,
            boot_id=self.first.record.boot_id,
            load=self.load,
            call=self.call,
            operation=self.operation,
            unreturned=len(self.pending),
            rate_pct=self.rate_pct,
            last_number=self.last_number,
            first=self.first,
            last=self.last,
            last_trouble=self.last_trouble,
            **self.counts,
        )


class _LogTracker:
    """Follows the calls of one log in one boot."""

    def __init__(self) -> None:
        self._loads = ModuleLoads()
        self._unloaded: int | None = None
        self._tallies: dict[tuple[int, str], _Tally] = {}
        self._end_us: int | None = None

    def take(self, entry: LogEntry) -> None:
        self._end_us = entry.record.uptime_us
        event = entry.upstream
        if event is None:
            return
        load = self._loads.take(event, entry.record.counted)
        if event.kind is UpstreamKind.MODULE_UNLOADED:
            self._unloaded = load
        elif event.call is not None:
            self._take_call((load, event.call), event, entry)

    def finished_sites(self) -> list[CallSite]:
        return [tally.finish() for tally in self._tallies.values()]

    def unreturned(self) -> list[UnreturnedCall]:
        waiting = [
            self._unreturned(tally, number, start)
            for tally in self._tallies.values()
            for number, start in tally.pending
        ]
        # The call that hangs longest comes first, whatever its site; records without a time stay
        # in the order of their sites.
        return sorted(waiting, key=lambda call: call.start.record.uptime_us or 0)

    def _take_call(self, site: tuple[int, str], event: UpstreamEvent, entry: LogEntry) -> None:
        outcome, number = _COUNTED.get(event.kind), event.number
        begins = event.kind is UpstreamKind.CALL_STARTED
        if outcome is None and not begins:
            return
        if (tally := self._tallies.get(site)) is None:
            tally = self._tallies[site] = _Tally(*site, event.operation, entry, entry)
        tally.last = entry
        counted = entry.record.counted
        highest = number if counted is None else counted.highest
        if highest is not None:
            tally.last_number = max(tally.last_number or 0, highest)
        if begins and counted is None:
            tally.begin(number, entry)
        if outcome is not None:
            tally.end(outcome, event, entry)

    def _unreturned(self, tally: _Tally, number: int | None, start: LogEntry) -> UnreturnedCall:
        began, ended = start.record.uptime_us, self._end_us
        return UnreturnedCall(
            call=tally.call,
            number=number,
            load=tally.load,
            operation=tally.operation,
            start=start,
            waited_us=None if began is None or ended is None else max(0, ended - began),
            open=tally.load == self._loads.latest and tally.load != self._unloaded,
        )
