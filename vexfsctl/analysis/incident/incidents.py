"""Events joined by correlation: which records belong to the same failing call.

An event is named by host, boot, epoch and id: earlier VexFS builds count ids from 1 at every load,
so the same id in two epochs is two incidents. Nested calls name their caller in `parent=`; an
incident is an application's call with all that was nested in it and all that was done under those
ids. A failure to which earlier builds give several ids is one incident as well (`aliases`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vexfsctl.analysis.incident.aliases import Name, Settled, UpstreamIds
from vexfsctl.exceptions import AmbiguousId, IncidentNotFound, InvalidInput
from vexfsctl.model.correlation import CorrelationId, matches_suffix, parse_id_suffix
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import (
    BreakerChanged,
    CallEvent,
    CallRejected,
    CallTimedOut,
    DegradationChanged,
    ErrorReported,
    Event,
    OperatorActed,
    RecoveryStepTaken,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.upstream import Significance, UpstreamEvent

_LISTED = 8
"""Candidates named in a message; a long log may have thousands."""

_OK = "ok"

AnyEvent = Event | UpstreamEvent
"""What our provider reports, and what earlier builds write."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A VexFS event where it stands in the log that was read."""

    place: int
    """Position among the entries read: the order where time stamps are equal or missing."""
    event: AnyEvent
    entry: LogEntry
    settled: Settled | None = field(default=None, compare=False)
    """What the ids of an earlier build name in its log, by all lines before."""

    @property
    def uptime_us(self) -> int | None:
        """When its record was written."""
        return self.entry.record.uptime_us

    @property
    def volume(self) -> str | None:
        """The volume it is about; None for earlier builds, which name none."""
        return self.event.volume if isinstance(self.event, Event) else None


@dataclass(frozen=True, slots=True)
class Incident:
    """One application call that met trouble, or one act of an operator."""

    boot_id: str | None
    epoch: int | None
    volume: str | None
    """None for earlier builds, which name none."""
    root: CorrelationId
    """The application's call, even if it left no record of its own."""
    depths: Mapping[CorrelationId, int]
    """Every id of it, the root first, and how deep that call is nested: 0 for the root."""
    aliases: frozenset[CorrelationId]
    """Those of them that are other names of a call (earlier builds give a failure several)."""
    occurrences: tuple[Occurrence, ...]
    """All that carries one of its ids, in the order of the log; never empty."""

    @property
    def erroneous(self) -> bool:
        """Whether an error arose in it; a call that was only refused met none of its own."""
        return any(tells_error(each.event) for each in self.occurrences)

    @property
    def eventful(self) -> bool:
        """Whether anything is in it but what went well: calls that earlier builds log, steps of a
        clean unmount."""
        return not all(_went_well(each.event) for each in self.occurrences)

    @property
    def vouched(self) -> bool:
        """Whether none of its records can be a forgery."""
        return all(each.entry.origin is not Origin.UNVERIFIED for each in self.occurrences)

    def touches(self, volume: str, operation: OperationType | None = None) -> bool:
        """Whether it concerns *volume*, and in it *operation* if one is given."""
        return any(
            each.volume == volume and operation in (None, operation_of(each.event))
            for each in self.occurrences
        )


def occurrences_of(
    entries: Iterable[LogEntry], settled: Mapping[int, Settled] | None = None
) -> Iterator[Occurrence]:
    """Yield the VexFS events among *entries*, which are given in the order of the log.

    Of the lines of earlier builds, only those with an id are among them. Where *entries* are only
    some of a log, *settled* has what was known of each of those, by its `id()`.
    """
    upstream = UpstreamIds()
    for place, entry in enumerate(entries):
        event = entry.event or entry.upstream
        if isinstance(event, Event):
            yield Occurrence(place, event, entry)
        elif event is not None and event.id is not None:
            known = None if settled is None else settled.get(id(entry))
            yield Occurrence(place, event, entry, known or upstream.settle(entry, event, event.id))


def find_occurrences(entries: Iterable[LogEntry]) -> tuple[Occurrence, ...]:
    """Return what `occurrences_of` yields of a whole log."""
    return tuple(occurrences_of(entries))


def identifier_of(event: AnyEvent) -> CorrelationId | None:
    """Return the id an event stands under; None for those that have none (`state`, a timer's)."""
    match event:
        case (
            CallEvent() | OperatorActed() | RecoveryStepTaken() | BreakerChanged() | UpstreamEvent()
        ):
            return event.id
        case DegradationChanged():
            return event.cause
        case _:
            return None


def tells_error(event: AnyEvent) -> bool:
    """Whether an error arose; a call that was only refused met none of its own."""
    if isinstance(event, UpstreamEvent):
        return event.significance.is_trouble and not is_refusal(event)
    return isinstance(event, ErrorReported | CallTimedOut)


def is_refusal(event: AnyEvent) -> bool:
    """Whether a breaker refused the call, so that nothing below was asked."""
    if isinstance(event, UpstreamEvent):
        return event.significance is Significance.BLOCKED
    return isinstance(event, CallRejected)


def is_abandoned(event: AnyEvent) -> bool:
    """Whether a call did not come back in time."""
    if isinstance(event, UpstreamEvent):
        return event.significance is Significance.TIMEOUT
    return isinstance(event, CallTimedOut)


def operation_of(event: AnyEvent) -> OperationType | None:
    """Return the operation type an event is about; None for those about the volume as a whole."""
    operation: OperationType | None = getattr(event, "operation", None)
    return operation


def build_incidents(occurrences: Iterable[Occurrence]) -> tuple[Incident, ...]:
    """Join what occurred into incidents, the earliest first."""
    occurrences = tuple(occurrences)
    settle = _Epochs(occurrences).settle
    parents: dict[Name, Name] = {}
    members: dict[Name, list[Occurrence]] = {}
    aliases: set[Name] = set()
    for each in occurrences:
        if (identifier := identifier_of(each.event)) is None:
            continue
        if each.settled is not None:
            name, further = each.settled
            # Not `|=`, which copies the whole set for the keys of a mapping.
            aliases.update(further)
            for alias, meant in further.items():
                parents.setdefault(alias, meant)
        else:
            name = settle(each, identifier)
            if (parent := getattr(each.event, "parent", None)) is not None:
                parents.setdefault(name, settle(each, parent))
        members.setdefault(name, []).append(each)
    families = _families(members, parents, aliases)
    incidents = (_incident(family, members, aliases) for family in families)
    return tuple(sorted(incidents, key=lambda incident: incident.occurrences[0].place))


def find_incident(incidents: Sequence[Incident], text: str, *, complete: bool = True) -> Incident:
    """Return the incident that *text*, an id or an unambiguous suffix of one, belongs to.

    Without *complete*, the log has more incidents that it fits. Raises InvalidInput if *text* is
    not an id, IncidentNotFound, or AmbiguousId with the candidates.
    """
    try:
        suffix = parse_id_suffix(text)
    except ValueError as cause:
        raise InvalidInput(str(cause)) from cause
    found = [
        (incident, identifier)
        for incident in incidents
        if (identifier := _first_match(incident, suffix)) is not None
    ]
    if not found:
        hint = "vexfsctl log shows the records with their ids"
        raise IncidentNotFound(f"no record carries an id that ends in {suffix}", hint=hint)
    if len(found) > 1:
        listed = "; ".join(_candidate(*each) for each in found[:_LISTED])
        more = "" if len(found) <= _LISTED else f"; {len(found) - _LISTED} more"
        count = f"{len(found)}{'' if complete else ' or more'}"
        hint = "give more digits, or narrow with --volume, --since or --boot"
        raise AmbiguousId(f"{suffix} fits {count} incidents: {listed}{more}", hint=hint)
    return found[0][0]


def latest_incident(
    incidents: Sequence[Incident],
    volume: str | None = None,
    operation: OperationType | None = None,
) -> Incident:
    """Return the most recent incident, of *volume* and *operation* if given.

    A verified one goes before one that may be a forgery, and one in which an error arose before a
    call that was only refused or an operator's act. Raises IncidentNotFound.
    """
    eventful = (each for each in incidents if each.eventful)
    asked = [each for each in eventful if volume is None or each.touches(volume, operation)]
    if not asked:
        target = volume if operation is None else f"{volume}/{operation}"
        where = "" if target is None else f" of {target}"
        raise IncidentNotFound(f"the log has no incident{where}")
    best = max((each.vouched, each.erroneous) for each in asked)
    return [each for each in asked if (each.vouched, each.erroneous) == best][-1]


class _Epochs:
    """Gives ids in records of unknown epoch the only epoch in which they are known."""

    def __init__(self, occurrences: Sequence[Occurrence]) -> None:
        self._known: dict[tuple[str | None, CorrelationId], set[int]] = {}
        for each in occurrences:
            identifier, epoch = identifier_of(each.event), each.entry.epoch
            if identifier is not None and epoch is not None:
                key = (each.entry.record.boot_id, identifier)
                self._known.setdefault(key, set()).add(epoch)

    def settle(self, occurrence: Occurrence, identifier: CorrelationId) -> Name:
        boot, epoch = occurrence.entry.record.boot_id, occurrence.entry.epoch
        known = self._known.get((boot, identifier), set())
        if epoch is None and len(known) == 1:
            (epoch,) = known
        return (boot, epoch), identifier


def _families(
    names: Iterable[Name], parents: Mapping[Name, Name], aliases: Collection[Name]
) -> Iterator[Mapping[Name, int]]:
    """Yield each application call with all that is nested in it, and how deep; callers first.

    An alias is as deep as the call it names.
    """
    children: dict[Name, list[Name]] = {}
    for name, parent in parents.items():
        children.setdefault(parent, []).append(name)
    everyone = dict.fromkeys((*names, *parents.values()))
    roots = [name for name in everyone if name not in parents]
    seen: set[Name] = set()
    # A log may claim a circle of callers, which has no root: it is entered anywhere.
    for root in (*roots, *everyone):
        family: dict[Name, int] = {}
        waiting = [(root, 0)]
        while waiting:
            name, depth = waiting.pop()
            if name not in seen:
                seen.add(name)
                family[name] = depth
                nested = reversed(children.get(name, ()))
                waiting.extend((child, depth + (child not in aliases)) for child in nested)
        if family:
            yield family


def _incident(
    family: Mapping[Name, int],
    members: Mapping[Name, Sequence[Occurrence]],
    aliases: Collection[Name],
) -> Incident:
    (boot, load), root = next(iter(family))
    occurrences = sorted((each for name in family for each in members.get(name, ())), key=_place)
    return Incident(
        boot_id=boot,
        epoch=load if isinstance(load, int) else None,
        volume=occurrences[0].volume,
        root=root,
        depths={identifier: depth for (_, identifier), depth in family.items()},
        aliases=frozenset(name[1] for name in family if name in aliases),
        occurrences=tuple(occurrences),
    )


def _went_well(event: AnyEvent) -> bool:
    match event:
        case UpstreamEvent():
            return event.significance is Significance.ROUTINE
        case RecoveryStepTaken():
            return event.result == _OK
        case _:
            return False


def _place(occurrence: Occurrence) -> int:
    return occurrence.place


def _first_match(incident: Incident, suffix: str) -> CorrelationId | None:
    return next((each for each in incident.depths if matches_suffix(each, suffix)), None)


def _candidate(incident: Incident, identifier: CorrelationId) -> str:
    since = incident.occurrences[0].uptime_us
    when = "" if since is None else f" at {since / 1e6:.3f} s"
    epoch = "" if incident.epoch is None else f", epoch {incident.epoch}"
    where = incident.volume or f"in {incident.occurrences[0].entry.record.source}"
    return f"{identifier} ({where}{when}{epoch})"
