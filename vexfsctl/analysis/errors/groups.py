"""Errors in a log, counted together if they are equal in the keys that the reader groups by.

An error is one failed attempt, one call past its deadline, or one line of another VexFS build that
reports trouble. What only looks like trouble is noise, counted separately.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from vexfsctl.analysis.errors.fingerprint import Fingerprint, fingerprint_of
from vexfsctl.analysis.histogram import Histogram, OverTime
from vexfsctl.catalogue.lookup import ERRORS, TIMEOUT
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import CallTimedOut, ErrorReported
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind

_US_PER_MINUTE = 60_000_000


class GroupKey(StrEnum):
    """What errors can be grouped by."""

    SEVERITY = "severity"
    OPERATION = "op"
    ERROR = "error"
    """Name and errno."""
    VOLUME = "volume"
    HINT = "hint"
    """All hints together, as they stand in the record or in the catalogue."""
    DEVICE = "device"
    FINGERPRINT = "fingerprint"
    """What it is, wherever and whenever it arises (`analysis.errors.fingerprint`)."""
    HOST = "host"
    """Name of the host that wrote it: the logs of several may have been collected in one place."""
    MINUTE = "minute"


USUAL_KEYS = (GroupKey.SEVERITY, GroupKey.VOLUME, GroupKey.OPERATION, GroupKey.ERROR)
"""As `status` shows them."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A log entry, and what only its context shows."""

    entry: LogEntry
    moment: datetime | None
    """When it was written; None if unknown."""
    live: bool
    """Whether it is about a volume as it is mounted now, not about an earlier one of its name."""
    device: str | None = None
    """Kernel name of the device behind it; None if unknown or not asked for."""
    host: str | None = None
    """Name of the host that wrote it; None if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """How often equal errors arose. Keys that they were not grouped by are None."""

    severity: Severity | None
    """Of the worst of them; None if no line says."""
    volume: str | None = None
    """None too for builds whose lines name no volume."""
    operation: OperationType | None = None
    error: str | None = None
    """Catalogue name, `IoError.ReadError`; for a line that fits none the name of its form."""
    errno: int | None = None
    hints: tuple[HintKind, ...] | None = None
    """In the order in which to try them."""
    device: str | None = None
    fingerprint: str | None = None
    message: str | None = None
    """As it goes into the fingerprint, with `*` for what differs."""
    host: str | None = None
    minute: datetime | None = None
    """Beginning of the minute, if the wall-clock time is known."""
    uptime_min: int | None = None
    """Otherwise whole minutes since boot."""
    verified: bool
    """False: its records may be forgeries; they are counted separately and are not evidence."""
    live: bool
    """Whether they are of the volume as it is mounted now, not of an earlier one of its name."""
    count: int
    first_us: int | None
    last_us: int | None
    last_id: CorrelationId | str | None
    """Of the last of them: `CORR-6F1C93A20000002A`, or `CALL-3` where a build numbers calls."""
    first: datetime | None
    """Wall-clock time of the first of them; None if unknown."""
    last: datetime | None
    over_time: OverTime | None = None
    """None if it was not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseGroup:
    """How often one form of line appeared in the log without meaning anything."""

    form: str
    """Name of the form: `ffi_call_failed`."""
    call: str | None
    """Call site, if the line names one."""
    count: int
    why: str | None
    """Why it means nothing."""
    first_us: int | None
    last_us: int | None
    first: datetime | None
    last: datetime | None


def is_error(entry: LogEntry) -> bool:
    """Whether *entry* reports an error, no matter who wrote it."""
    meaning = entry.meaning
    if isinstance(meaning, UpstreamEvent):
        # Changes of state are not errors, as with volumes: `upstream.health` judges them.
        return meaning.significance.is_trouble and meaning.kind not in _STATES
    return isinstance(meaning, ErrorReported | CallTimedOut)


class ErrorGroups:
    """Counts together the errors that are equal in the keys, taken in the order of time."""

    def __init__(self, keys: Sequence[GroupKey] = USUAL_KEYS, *, over_time: bool = False) -> None:
        """*over_time*: whether the groups say it of themselves."""
        self._histogram = Histogram() if over_time else None
        self._with_fingerprints = GroupKey.FINGERPRINT in keys
        self._names = _names_of(keys)
        # The volume of an earlier mount is not the volume that has its name now.
        self._apart = ["verified", *(["live"] if "volume" in self._names else [])]
        self._tallies: dict[tuple[Any, ...], _Tally] = {}

    def take(self, sighting: Sighting) -> None:
        """Count *sighting* if it is of an error."""
        if not is_error(sighting.entry):
            return
        one = _group_of_one(sighting)
        if self._with_fingerprints:
            digits, message = _fingerprint(sighting.entry, one)
            one = replace(one, fingerprint=digits, message=message)
        kind = tuple(getattr(one, name) for name in (*self._names, *self._apart))
        if (tally := self._tallies.get(kind)) is None:
            self._tallies[kind] = _Tally(one)
        else:
            tally.add(one)
        if self._histogram is not None:
            self._histogram.add(kind, one.first, one.first_us, one.count)

    def result(self) -> tuple[ErrorGroup, ...]:
        """Return the groups: of live volumes first, among them the most severe, then the latest."""
        unasked: dict[str, Any] = dict.fromkeys(_ALL_FIELDS - {"severity", *self._names})
        groups = (
            replace(tally.group(), **unasked, over_time=self._over_time(kind))
            for kind, tally in self._tallies.items()
        )
        return tuple(sorted(groups, key=_worst_first))

    def _over_time(self, kind: tuple[Any, ...]) -> OverTime | None:
        return None if self._histogram is None else self._histogram.over_time(kind)


def kind_of(group: ErrorGroup, keys: Sequence[GroupKey]) -> tuple[Any, ...]:
    """Return what *group* and others have in common that are of the same kind by *keys*."""
    return tuple(getattr(group, name) for name in (*_names_of(keys), "verified"))


def _names_of(keys: Sequence[GroupKey]) -> list[str]:
    return [name for key in dict.fromkeys(keys) for name in _FIELDS[key]]


class NoiseGroups:
    """Counts noise by form and call site."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str | None], NoiseGroup] = {}

    def take(self, sighting: Sighting) -> None:
        """Count *sighting* if it is noise."""
        event = sighting.entry.upstream
        if event is None or event.significance is not Significance.NOISE:
            return
        uptime_us, moment = sighting.entry.record.uptime_us, sighting.moment
        known = self._groups.get((event.form, event.call)) or NoiseGroup(
            form=event.form,
            call=event.call,
            count=0,
            why=event.note,
            first_us=uptime_us,
            last_us=uptime_us,
            first=moment,
            last=moment,
        )
        self._groups[event.form, event.call] = replace(
            known,
            count=known.count + sighting.entry.record.weight,
            last_us=uptime_us,
            last=moment,
        )

    def result(self) -> tuple[NoiseGroup, ...]:
        """Return the groups, the most frequent first."""
        return tuple(sorted(self._groups.values(), key=lambda group: -group.count))


_STATES = (UpstreamKind.MODULE_STATE, UpstreamKind.DEGRADATION)
_FIELDS: dict[GroupKey, tuple[str, ...]] = {
    GroupKey.SEVERITY: ("severity",),
    GroupKey.OPERATION: ("operation",),
    GroupKey.ERROR: ("error", "errno"),
    GroupKey.VOLUME: ("volume",),
    GroupKey.HINT: ("hints",),
    GroupKey.DEVICE: ("device",),
    GroupKey.FINGERPRINT: ("fingerprint", "operation", "error", "errno", "message"),
    GroupKey.HOST: ("host",),
    GroupKey.MINUTE: ("minute", "uptime_min"),
}
_ALL_FIELDS = {name for names in _FIELDS.values() for name in names}
_HINTS = {error.name: tuple(hint.kind for hint in error.hints) for error in ERRORS}


class _Tally:
    """Errors that are equal in the keys."""

    def __init__(self, first: ErrorGroup) -> None:
        self._first = self._last = first
        self._worst = first.severity
        self._count = first.count
        self._live = first.live

    def add(self, one: ErrorGroup) -> None:
        self._last = one
        self._count += one.count
        self._live = self._live or one.live
        if _weight(one.severity) > _weight(self._worst):
            self._worst = one.severity

    def group(self) -> ErrorGroup:
        return replace(
            self._last,
            severity=self._worst,
            live=self._live,
            count=self._count,
            first_us=self._first.first_us,
            first=self._first.first,
        )


def _group_of_one(each: Sighting) -> ErrorGroup:
    uptime_us, moment = each.entry.record.uptime_us, each.moment
    known = uptime_us is not None and moment is None
    return ErrorGroup(
        **_told_by(each.entry.meaning),
        device=each.device,
        host=each.host,
        minute=None if moment is None else moment.replace(second=0, microsecond=0),
        uptime_min=uptime_us // _US_PER_MINUTE if uptime_us is not None and known else None,
        verified=each.entry.origin is not Origin.UNVERIFIED,
        live=each.live,
        count=each.entry.record.weight,
        first_us=uptime_us,
        last_us=uptime_us,
        first=moment,
        last=moment,
    )


def _fingerprint(entry: LogEntry, one: ErrorGroup) -> Fingerprint:
    meaning = entry.meaning
    if isinstance(meaning, UpstreamEvent):
        message: str | None = entry.record.text
    else:
        message = meaning.message if isinstance(meaning, ErrorReported) else None
    return fingerprint_of(one.operation, one.error or "", one.errno, message)


def _told_by(meaning: object) -> dict[str, Any]:
    match meaning:
        case ErrorReported() as event:
            hints = tuple(hint.kind for hint in event.hints) or _HINTS.get(event.error, ())
            told = _named(event.severity, event.error, event.errno, hints, event.id)
            return told | {"volume": event.volume, "operation": event.operation}
        case CallTimedOut() as event:
            known = TIMEOUT
            told = _named(known.severity, known.name, known.errno, _HINTS[known.name], event.id)
            return told | {"volume": event.volume, "operation": event.operation}
        case UpstreamEvent() as event:
            name = event.error or event.form
            told = _named(event.severity, name, event.errno, _HINTS.get(name, ()), _id_of(event))
            return told | {"operation": event.operation}
        case _:
            raise TypeError(f"{type(meaning).__name__} is not an error")


def _named(
    severity: Severity | None,
    error: str,
    errno: int | None,
    hints: tuple[HintKind, ...],
    identifier: CorrelationId | str | None,
) -> dict[str, Any]:
    return {
        "severity": severity,
        "error": error,
        "errno": errno,
        "hints": hints,
        "last_id": identifier,
    }


def _id_of(event: UpstreamEvent) -> CorrelationId | str | None:
    return event.id or (None if event.number is None else f"CALL-{event.number}")


def _worst_first(group: ErrorGroup) -> tuple[bool, int, float]:
    last = group.last_us or (0 if group.last is None else group.last.timestamp())
    return not group.live, -_weight(group.severity), -last


def _weight(severity: Severity | None) -> int:
    return -1 if severity is None else severity
