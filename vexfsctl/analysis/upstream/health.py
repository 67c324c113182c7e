"""The health of VexFS builds that export no attribute tree, as far as their log lines show it.

State and degradation are those of the last load of the module and hold until the log shows
another, however long ago that was; the calls are those of that load.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vexfsctl.analysis.upstream.calls import CallSite, CallTracker, UnreturnedCall
from vexfsctl.analysis.window import Window
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.operations import OperationType
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind
from vexfsctl.model.volume import DegradationLevel, ModuleState

ENDLESS = 16
"""So many allocations of an inode in a row, and nothing else, are the endless recursion that a
mount of the build with a Rust part can run into: one that goes well allocates one."""
_MOUNTING = "ffi_mounting"
_ALLOCATING = "ffi_inode_allocating"
_NO_MOUNT = "the mount fails"
PATIENCE_US = 30_000_000
"""A call that has run for less may still return: it is the limit of upstream's own watchdog for
reads (`OperationType::FileRead`, 30 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSummary:
    """What one call site did since its module was loaded, as far as the log has it."""

    call: str
    operation: OperationType | None
    calls: int
    succeeded: int
    failed: int
    blocked: int
    timed_out: int
    skipped: int
    noise: int
    unreturned: int
    rate_pct: int | None
    """Failure rate as the build itself gives it; None if it gives none worth believing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCall:
    """A call that began and did not end within the log."""

    call: str
    number: int | None
    """None for a step that the build does not number."""
    operation: OperationType | None
    since_us: int | None
    """Uptime at which it began."""
    waited_us: int | None
    """From then to the end of the window."""
    hangs: bool
    """Whether that is too long for a call that is only under way."""
    device: str | None = None
    """What is mounted, if a line says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamHealth:
    """The last load of such a build, as the log shows it."""

    state: ModuleState | str | None
    """None if no line says (the builds of 2026 have no states)."""
    errored: bool
    """Whether that load went into state error within the window, whatever became of it since."""
    loaded: bool | None
    """None if the log shows neither that it was loaded nor that it was unloaded."""
    degradation: DegradationLevel | str | None
    sites: tuple[SiteSummary, ...]
    """Those with trouble first."""
    running: tuple[RunningCall, ...]
    """The oldest first."""
    mounting: RunningCall | None = None
    """A mount that began and did not end within the log; of the builds that say that it began."""

    @property
    def troubled(self) -> tuple[SiteSummary, ...]:
        """The call sites with any call that did not succeed."""
        return tuple(site for site in self.sites if site.calls != site.succeeded)


class UpstreamWatch:
    """Watches entries go by in the order of the log, for the health of such builds.

    Unverified entries, and boots other than that of *window*, are left out.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._found = False
        self._load = _Load()
        self._calls = CallTracker()

    def take(self, entry: LogEntry) -> None:
        """Take the next entry, whatever it is about."""
        if (
            entry.upstream is not None
            and entry.origin is not Origin.UNVERIFIED
            and entry.record.boot_id == self._window.boot_id
        ):
            # The kernel speaks like that of the module behind a tree, too.
            self._found = self._found or not entry.upstream.by_kernel
            self._load.take(entry.upstream, entry)
            self._calls.take(entry)

    def result(self) -> UpstreamHealth | None:
        """Return what they showed; None if they had no such build."""
        if not self._found:
            return None
        load, window = self._load, self._window
        sites = load.calls.result().sites
        last = max((site.load for site in sites), default=0)
        return UpstreamHealth(
            state=load.state,
            errored=load.errored is not None and window.holds(load.errored.record),
            loaded=load.loaded,
            degradation=load.degradation,
            sites=_summarize_sites(site for site in sites if site.load == last),
            running=tuple(_running(call, window) for call in self._calls.result().unreturned),
            mounting=load.mount.result(window),
        )


class _Load:
    """State of the module while its lines go by."""

    def __init__(self) -> None:
        self.state: ModuleState | str | None = None
        self.degradation: DegradationLevel | str | None = None
        self.errored: LogEntry | None = None
        self.loaded: bool | None = None
        self.calls = CallTracker()
        """Of those since that load."""
        self.mount = _Mount()

    def take(self, event: UpstreamEvent, entry: LogEntry) -> None:
        match event.kind:
            case UpstreamKind.MODULE_LOADED:
                self.state = self.degradation = self.errored = None
                self.loaded = True
                self.calls = CallTracker()
                self.mount = _Mount()
            case UpstreamKind.MODULE_UNLOADED:
                self.loaded = False
            case UpstreamKind.MODULE_STATE if _took_place(event):
                self.state = _state_of(event.after)
                if self.state is ModuleState.ERROR:
                    self.errored = entry
            case UpstreamKind.DEGRADATION if event.after is not None:
                self.degradation = _level_of(event.after)
        self.calls.take(entry)
        self.mount.take(event, entry)


class _Mount:
    """The mount that began last, while the lines go by."""

    def __init__(self) -> None:
        self._begun: LogEntry | None = None
        self._first: LogEntry | None = None
        """The first of the allocations that nothing else stands between."""
        self._last: LogEntry | None = None
        self._allocations = 0

    def take(self, event: UpstreamEvent, entry: LogEntry) -> None:
        if event.by_kernel:
            return
        self._last = entry
        if event.form == _ALLOCATING:
            self._first = self._first or entry
            self._allocations += entry.record.weight
            return
        self._first, self._allocations = None, 0
        if event.form == _MOUNTING:
            self._begun = entry
        elif _ends_mount(event):
            self._begun = None

    def result(self, window: Window) -> RunningCall | None:
        """Return it if it did not end; it may have begun before the log does."""
        endless = self._allocations >= ENDLESS
        start = self._begun or (self._first if endless else None)
        if start is None or self._last is None or not window.holds(self._last.record):
            return None
        waited_us = window.age_us(start.record)
        late = window.saved or (waited_us is not None and waited_us >= PATIENCE_US)
        return RunningCall(
            call="mount",
            number=None,
            operation=OperationType.SUPERBLOCK,
            since_us=start.record.uptime_us,
            waited_us=waited_us,
            hangs=late or endless,
            device=None if start.upstream is None else start.upstream.device,
        )


def _ends_mount(event: UpstreamEvent) -> bool:
    ends = (UpstreamKind.MOUNTED, UpstreamKind.UNMOUNTED, UpstreamKind.MODULE_UNLOADED)
    return event.kind in ends or event.note == _NO_MOUNT


def _took_place(event: UpstreamEvent) -> bool:
    """`Invalid state transition 3 -> 2` reports one that was refused."""
    went_well = event.significance is Significance.ROUTINE
    return event.after is not None and (went_well or event.after == ModuleState.ERROR)


def _state_of(word: str | None) -> ModuleState | str | None:
    return ModuleState(word) if word in set(ModuleState) else word


def _level_of(word: str) -> DegradationLevel | str:
    try:
        return DegradationLevel[word.upper()]
    except KeyError:
        return word


def _summarize_sites(sites: Iterable[CallSite]) -> tuple[SiteSummary, ...]:
    rows = (
        SiteSummary(
            call=site.call,
            operation=site.operation,
            calls=site.calls,
            succeeded=site.succeeded,
            failed=site.failed,
            blocked=site.blocked,
            timed_out=site.timed_out,
            skipped=site.skipped,
            noise=site.noise,
            unreturned=site.unreturned,
            rate_pct=site.rate_pct,
        )
        for site in sites
    )
    return tuple(sorted(rows, key=lambda row: -(row.failed + row.blocked + row.timed_out)))


def _running(call: UnreturnedCall, window: Window) -> RunningCall:
    age_us = window.age_us(call.start.record)
    waited_us = call.waited_us if age_us is None else age_us
    # A saved log ends where nothing more was written: a call that hangs may be the reason.
    late = window.saved or (waited_us is not None and waited_us >= PATIENCE_US)
    return RunningCall(
        call=call.call,
        number=call.number,
        operation=call.operation,
        since_us=call.start.record.uptime_us,
        waited_us=waited_us,
        # Of an earlier load only the record of its end can be missing, or the machine was reset.
        hangs=late if call.open else window.holds(call.start.record),
    )
