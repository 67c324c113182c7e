"""What is wrong with VexFS as the kernel's own lines show it: failures in its code, endless reads.

The kernel prints a failure as a line that says what and where, and below it the functions that were
running; VexFS may be among these only. A mount of a device with the wrong block size never ends:
the kernel looks for one block again and again, and says so each second (`__find_get_block_slow` in
fs/buffer.c, Linux 6.1), but VexFS says nothing.
"""

import re
from collections.abc import Iterable, Iterator

from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.window import Window
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.units import format_duration
from vexfsctl.model.upstream import UpstreamEvent

LOOKUP = "__find_get_block_slow() failed"
"""How the kernel says that it did not find a block."""
ENDLESS = 5
"""So many failures to find a block of one device, and no line of VexFS since, are no chance."""
_STILL_US = 5_000_000
"""How long ago the last of them may be for it to go on; they come each second."""
_TRACE_S = 2.0
"""How long the lines of one call trace may take to print, over a slow serial line, too."""
_TRACED = frozenset({"kernel_bug", "hung_task", "stall"})
_PLACE = re.compile(r"\b((?:fs|mm|block|drivers|kernel|lib)/[\w./-]{1,80}:\d{1,6})\b")
_FRAME = "kernel_trace"


def judge_kernel_lines(entries: Iterable[LogEntry], window: Window) -> Iterator[Finding]:
    """Yield what the believed lines of *window* show, taken in the order of time."""
    failures, lookups = _Failures(), _Lookups(window)
    for entry in entries:
        if _is_believed(entry) and window.holds(entry.record):
            failures.take(entry)
            lookups.take(entry)
    yield from failures.findings()
    yield from lookups.findings()


def _is_believed(entry: LogEntry) -> bool:
    # What has no head that is known, or no head at all, may be anybody's words.
    record = entry.record
    return entry.origin is not Origin.UNVERIFIED and record.has_time and not record.loose


class _Failures:
    """Failures that the kernel reports, with VexFS among the functions that were running."""

    def __init__(self) -> None:
        self._open: LogEntry | None = None
        """The failure whose call trace may be going by."""
        self._warnings: list[str] = []
        """Texts of the lines that begin them."""
        self._bugs: list[str] = []
        self._stalls: list[str] = []

    def take(self, entry: LogEntry) -> None:
        evidence, upstream = entry.evidence, entry.upstream
        if evidence is not None and evidence.kind in _TRACED:
            self._open = entry
        elif upstream is not None and self._open is not None and upstream.by_kernel:
            self._look_at(upstream, entry, self._open)

    def _look_at(self, upstream: UpstreamEvent, entry: LogEntry, failure: LogEntry) -> None:
        if upstream.significance.is_trouble:
            self._open = None  # That line is an error of VexFS by itself, and counted as such.
        elif upstream.form == _FRAME and _is_sure(entry) and _seconds(failure, entry) <= _TRACE_S:
            self._open = None
            self._list_for(failure).append(failure.record.text)

    def _list_for(self, failure: LogEntry) -> list[str]:
        if failure.evidence is None or failure.evidence.kind != "kernel_bug":
            return self._stalls
        return self._warnings if failure.record.text.startswith("WARNING: ") else self._bugs

    def findings(self) -> Iterator[Finding]:
        kinds = (
            (Verdict.CRITICAL, "kernel_failure", "failure of the kernel", self._bugs),
            (Verdict.WARNING, "kernel_warning", "warning of the kernel", self._warnings),
            (Verdict.WARNING, "kernel_stall", "stall of the kernel", self._stalls),
        )
        for verdict, code, what, texts in kinds:
            if texts:
                yield Finding(verdict, code, _with_vexfs(what, texts))


class _Lookups:
    """A block that the kernel looks for without end."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._first: dict[str, LogEntry] = {}
        self._last: dict[str, LogEntry] = {}
        self._counts: dict[str, int] = {}

    def take(self, entry: LogEntry) -> None:
        if entry.upstream is not None and not entry.upstream.by_kernel:
            self._first.clear()
            self._last.clear()
            self._counts.clear()
        evidence = entry.evidence
        if evidence is None or evidence.device is None:
            return
        if entry.record.text.startswith(LOOKUP):
            self._first.setdefault(evidence.device, entry)
            self._last[evidence.device] = entry
            self._counts[evidence.device] = self._counts.get(evidence.device, 0) + 1

    def findings(self) -> Iterator[Finding]:
        for device, count in self._counts.items():
            age_us = self._window.age_us(self._last[device].record)
            if count >= ENDLESS and (age_us is None or age_us <= _STILL_US):
                began_us = self._window.age_us(self._first[device].record)
                since = f", begun {format_duration(began_us / 1e3)} ago" if began_us else ""
                message = f"a mount of {device} never ended{since}: the kernel cannot find a block"
                hint = f"compare the block size of {device} with that of its filesystem"
                yield Finding(Verdict.CRITICAL, "mount_hangs", message, hint=hint)


def _is_sure(entry: LogEntry) -> bool:
    """Whether the function was running: a question mark says that its name merely lay around."""
    return "? " not in entry.record.text


def _seconds(first: LogEntry, later: LogEntry) -> float:
    """Return how much later; 0 if that is not known."""
    begin, end = first.record, later.record
    if begin.boot_id != end.boot_id or begin.source != end.source:
        return float("inf")
    if begin.uptime_us is not None and end.uptime_us is not None:
        return (end.uptime_us - begin.uptime_us) / 1e6
    if begin.wall_time_s is not None and end.wall_time_s is not None:
        return end.wall_time_s - begin.wall_time_s
    return 0.0


def _with_vexfs(what: str, texts: list[str]) -> str:
    place = _PLACE.search(texts[0])
    where = f" at {place[1]}" if place else ""
    if len(texts) == 1:
        return f"1 {what} with VexFS in its call trace{where}"
    first = f", the first{where}" if place else ""
    return f"{len(texts)} {what.replace(' of', 's of', 1)} with VexFS in the call trace{first}"
