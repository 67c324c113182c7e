"""Calls that an earlier build numbers, `[CALL-3]`, and finding one by what a person types.

The number counts per call site and load of the module, so `CALL-3` alone may mean several calls.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vexfsctl.analysis.incident.incidents import Occurrence
from vexfsctl.analysis.upstream.loads import ModuleLoads
from vexfsctl.exceptions import AmbiguousId, IncidentNotFound
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind

_WRITTEN = re.compile(
    r"\[?CALL-(?P<number>\d{1,18})\]?(?:@(?P<call>\w{1,64})(?:#(?P<load>\d{1,6}))?)?", re.IGNORECASE
)
_LISTED = 8
"""Candidates named in a message; a long log may have thousands."""


@dataclass(frozen=True, slots=True)
class NumberedCall:
    """One such call."""

    call: str
    number: int
    load: int
    """Which load of the module in its log: 0 is one from before the log begins."""
    occurrences: tuple[Occurrence, ...]
    """Its lines in the order of the log; never empty."""

    @property
    def name(self) -> str:
        """A name that no other call of its log has: `CALL-3@read_file#1`."""
        return f"CALL-{self.number}@{self.call}#{self.load}"

    @property
    def boot_id(self) -> str | None:
        """The boot it was made in, if known."""
        return self.occurrences[0].entry.record.boot_id

    @property
    def events(self) -> tuple[UpstreamEvent, ...]:
        """What its lines say."""
        events = (each.event for each in self.occurrences)
        return tuple(event for event in events if isinstance(event, UpstreamEvent))

    @property
    def hangs(self) -> bool:
        """Whether no line reports its end."""
        return all(event.kind is UpstreamKind.CALL_STARTED for event in self.events)

    @property
    def troubled(self) -> bool:
        """Whether it failed, was blocked, timed out or never returned."""
        return self.hangs or any(event.significance.is_trouble for event in self.events)


def is_numbered(text: str) -> bool:
    """Whether *text* is written like such a call: `CALL-3`, `CALL-3@read_file`."""
    return _WRITTEN.fullmatch(text) is not None


def find_numbered_calls(
    entries: Iterable[LogEntry], text: str | None = None
) -> tuple[NumberedCall, ...]:
    """Return the numbered calls among *entries*, given in the order of the log, by first line.

    With *text*, only those that it may mean, by number and call site.
    """
    wanted = None if text is None else _wanted(text)
    logs: dict[tuple[str, str | None], ModuleLoads] = {}
    found: dict[tuple[object, int, str, int], list[Occurrence]] = {}
    for place, entry in enumerate(entries):
        event = entry.upstream
        if event is None:
            continue
        log = entry.record.source, entry.record.boot_id
        load = logs.setdefault(log, ModuleLoads()).take(event)
        if event.number is None or event.call is None or event.kind not in _KINDS:
            continue
        if wanted is None or _is_wanted(event.call, event.number, wanted):
            key = (log, load, event.call, event.number)
            found.setdefault(key, []).append(Occurrence(place, event, entry))
    return tuple(
        NumberedCall(call, number, load, tuple(lines))
        for (_, load, call, number), lines in found.items()
    )


def find_numbered(calls: Sequence[NumberedCall], text: str) -> NumberedCall:
    """Return the call that *text* means: `CALL-3`, `CALL-3@read_file`, `CALL-3@read_file#2`.

    The last part is the load of the module. Raises IncidentNotFound, or AmbiguousId with the
    candidates.
    """
    wanted = _wanted(text)
    fitting = [each for each in calls if wanted and _fits(each, wanted)]
    if not fitting:
        raise IncidentNotFound(f"no record of the log is about {text}")
    if len(fitting) > 1:
        listed = "; ".join(map(_candidate, fitting[:_LISTED]))
        more = "" if len(fitting) <= _LISTED else "; …"
        hint = f"name the call site and, if need be, the load: {fitting[0].name}"
        raise AmbiguousId(f"{text} fits {len(fitting)} calls: {listed}{more}", hint=hint)
    return fitting[0]


_KINDS = frozenset(
    {
        UpstreamKind.CALL_STARTED,
        UpstreamKind.CALL_SUCCEEDED,
        UpstreamKind.CALL_FAILED,
        UpstreamKind.CALL_BLOCKED,
        UpstreamKind.CALL_TIMED_OUT,
        UpstreamKind.CALL_SKIPPED,
    }
)


def _wanted(text: str) -> dict[str, str]:
    match = _WRITTEN.fullmatch(text)
    return {} if match is None else {k: v for k, v in match.groupdict().items() if v is not None}


def _fits(call: NumberedCall, wanted: dict[str, str]) -> bool:
    load = int(wanted.get("load", call.load))
    return _is_wanted(call.call, call.number, wanted) and load == call.load


def _is_wanted(call: str, number: int, wanted: dict[str, str]) -> bool:
    return number == int(wanted["number"]) and wanted.get("call", call).lower() == call.lower()


def _candidate(call: NumberedCall) -> str:
    since = call.occurrences[0].uptime_us
    return call.name + ("" if since is None else f" at {since / 1e6:.3f} s")
