"""Who is to blame for an incident: the kernel's lines, weighed for and against each suspect.

A suspect is a device, a controller, a filesystem, or a task that is stuck; `suspects` has the
weights and the arithmetic.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from errno import EIO, ENOSPC, ETIMEDOUT
from functools import partial
from typing import NamedTuple

from vexfsctl.analysis.incident.kernel_lines import MARGIN_US, Vicinity, When
from vexfsctl.analysis.trace.complaint import Complaint
from vexfsctl.analysis.trace.devices_below import DevicesBelow, Standing
from vexfsctl.analysis.trace.suspects import (
    MOST,
    WEIGHTS,
    Explanation,
    Sign,
    Suspect,
    SuspectKind,
    Testimony,
)
from vexfsctl.model.calls import READ
from vexfsctl.model.device_graph import DeviceKind
from vexfsctl.model.device_names import disk_of_partition, is_bio_based
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.errnos import ErrnoClass, application_errno, classify_errno
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence
from vexfsctl.model.record import LogRecord

MOST_SUSPECTS = 64
"""How many are compared with each other; a log can name any number of devices."""

JUST_BEFORE_US = 100_000
"""How long before VexFS's own record the kernel's line is the cause, as a rule: a busy machine
writes that record 23 ms late (measured)."""
_STUCK = frozenset({"hung_task", "stall"})
_FILESYSTEM = "filesystem"
_HAVE_REQUESTS = frozenset({DeviceKind.DISK, DeviceKind.PARTITION, DeviceKind.LOOP})
_NO_DEVICE = frozenset({SuspectKind.TASK, SuspectKind.MACHINE})


def find_suspects(
    complaint: Complaint,
    lines: Iterable[LogEntry],
    vicinity: Vicinity | None,
    below: DevicesBelow,
) -> tuple[Suspect, ...]:
    """Return who may be to blame for what *complaint* tells, the most certain first, not too many.

    *lines* are the kernel's around the incident, *vicinity* when that was.
    """
    if vicinity is None:
        return ()
    if not complaint.points_below:
        # A filesystem answers so itself; but the storage below may have run full.
        lines = filter(partial(_tells_answer, complaint), lines)
        below = replace(below, others={})
    scale = _Scale(complaint, vicinity, below)
    found: dict[_Key, list[Testimony]] = defaultdict(list)
    by_key = _by_key(lines, below)
    for key, (kept, sectors) in by_key.items():
        for (kind, _), entries in kept.items():
            found[key].append(_best(kind, [scale.weigh(each, key, sectors) for each in entries]))
    troubled = {key for key, told in found.items() if any(each.points > 0 for each in told)}
    for key, testimony in _common_parents(complaint, troubled, below):
        found[key].append(testimony)
    suspects = (Suspect(key.name, key.kind, _ordered(told)) for key, told in found.items())
    ranked = sorted(suspects, key=lambda each: (-each.alone, each.called))[:MOST_SUSPECTS]
    judged = [
        replace(
            each,
            explained=_explanation(each, ranked, below),
            rivals=tuple(_rivals(each, ranked, below)),
        )
        for each in ranked
    ]
    return tuple(sorted(judged, key=_rank))


def _rank(suspect: Suspect) -> tuple[float, bool, bool, str]:
    # As certain as each other: a disk before what it may be attached to, which says the same of it,
    # and what has a name before what has none.
    no_disk, no_device = suspect.kind not in _HAVE_REQUESTS, suspect.kind in _NO_DEVICE
    return -round(suspect.certainty, 6), no_device, no_disk, suspect.called


class _Key(NamedTuple):
    kind: DeviceKind | SuspectKind
    name: str


_Sector = tuple[str | None, int]
_Lines = tuple[dict[tuple[str, bool], list[LogEntry]], dict[_Sector, int]]
"""Lines by kind, those of repairs apart, and how often each sector is named."""


def _tells_answer(complaint: Complaint, entry: LogEntry) -> bool:
    return entry.evidence is not None and entry.evidence.errno in complaint.errnos


def _by_key(lines: Iterable[LogEntry], below: DevicesBelow) -> dict[_Key, _Lines]:
    found: dict[_Key, _Lines] = {}
    for entry in lines:
        evidence = entry.evidence
        # What may be a forgery is no evidence.
        if evidence is None or not entry.verified or evidence.lost is not None:
            continue
        if evidence.significance is EvidenceSignificance.ROUTINE:
            continue
        for key in _keys_of(evidence, below):
            kinds, sectors = found.setdefault(key, ({}, {}))
            kinds.setdefault((evidence.kind, evidence.is_trouble), []).append(entry)
            if evidence.sector is not None and evidence.is_trouble:
                sector = _sector_of(evidence)
                sectors[sector] = sectors.get(sector, 0) + 1
    return found


def _keys_of(evidence: KernelEvidence, below: DevicesBelow) -> Iterator[_Key]:
    """Yield whom a line is about; one that tells of a repair, of a partition and its disk."""
    key = _key_of(evidence, below)
    yield key
    if not evidence.is_trouble and key.kind is DeviceKind.PARTITION:
        for disk in below.graph.below(key.name):
            if below.kind_of(disk) is DeviceKind.DISK:
                yield _Key(DeviceKind.DISK, disk)


def _key_of(evidence: KernelEvidence, below: DevicesBelow) -> _Key:
    if evidence.task is not None:
        return _Key(SuspectKind.TASK, evidence.task)
    # A line about a member of an array is about that, not about all of the array.
    spelling = evidence.member or evidence.device
    if spelling is None:
        return _Key(SuspectKind.MACHINE, evidence.kind)
    name = below.name_of(spelling)
    if evidence.kind == _FILESYSTEM and not _passes_on(evidence):
        return _Key(SuspectKind.FILESYSTEM, name)
    return _Key(below.kind_of(name) or SuspectKind.OTHER, name)


def _passes_on(evidence: KernelEvidence) -> bool:
    """Whether a filesystem tells that its device failed."""
    number = evidence.errno
    return number == ENOSPC or (
        number is not None and classify_errno(number, "") is ErrnoClass.DEVICE
    )


def _ordered(told: Iterable[Testimony]) -> tuple[Testimony, ...]:
    return tuple(sorted(told, key=lambda each: (-each.points, each.kind, each.volume or "")))


def _best(kind: str, told: Sequence[Testimony]) -> Testimony:
    """Return the best of *told*, of one kind, for all of them."""
    best = max(told, key=lambda each: each.points)
    return replace(best, kind=kind, lines=len(told))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Weighs lines against what the calls complain of."""

    complaint: Complaint
    vicinity: Vicinity
    below: DevicesBelow

    def weigh(self, entry: LogEntry, key: _Key, sectors: dict[_Sector, int]) -> Testimony:
        """Return what one line says about the suspect that *key* names."""
        evidence = entry.evidence
        if evidence is None or evidence.significance is EvidenceSignificance.REPAIR:
            return Testimony("", WEIGHTS[Sign.REPAIR], (Sign.REPAIR,), 1, entry)
        again = evidence.sector is not None and sectors[_sector_of(evidence)] > 1
        signs = (
            Sign.TROUBLE,
            *self._standing(key),
            *self._outcome(evidence),
            *self._direction(evidence),
            *((Sign.SECTOR,) if again else ()),
            *self._time(entry.record, evidence),
            *((Sign.KERNEL,) if entry.origin is Origin.KERNEL else ()),
            *((Sign.LOOSE,) if entry.record.loose else ()),
            *((Sign.GENERAL,) if evidence.general else ()),
        )
        points = sum(WEIGHTS[sign] for sign in signs)
        return Testimony("", max(0, min(MOST, points)), signs, 1, entry)

    def _standing(self, key: _Key) -> Iterator[Sign]:
        if key.kind in _NO_DEVICE:
            return
        standing = self.below.standing(key.name)
        if standing is Standing.BELOW:
            yield Sign.BELOW
        elif standing is Standing.APART:
            yield Sign.APART

    def _outcome(self, evidence: KernelEvidence) -> Iterator[Sign]:
        if self.complaint.abandoned and evidence.kind in _STUCK:
            yield Sign.STUCK
        elif evidence.errno is not None:
            if any(_agree(evidence.errno, number) for number in self.complaint.errnos):
                yield Sign.ERRNO
            elif self.complaint.abandoned:
                # Its request ended in something after nobody waited for it any more.
                yield from (Sign.ERRNO,) if evidence.errno == ETIMEDOUT else ()
            elif self.complaint.errnos:
                yield Sign.OTHER_ERRNO

    def _direction(self, evidence: KernelEvidence) -> Iterator[Sign]:
        if evidence.direction is not None and self.complaint.directions:
            reads = evidence.direction == READ
            agrees = any((each == READ) is reads for each in self.complaint.directions)
            yield Sign.DIRECTION if agrees else Sign.OTHER_DIRECTION

    def _time(self, record: LogRecord, evidence: KernelEvidence) -> Iterator[Sign]:
        when = self.vicinity.when(record, evidence)
        gaps = (_gap_us(record, end) for end in self.complaint.ends)
        if any(gap is not None and -MARGIN_US <= gap <= JUST_BEFORE_US for gap in gaps):
            yield Sign.JUST_BEFORE
        elif when is When.DURING:
            yield Sign.DURING
        elif when is When.BEFORE:
            yield Sign.BEFORE
        elif when is When.EARLIER:
            yield Sign.EARLIER
        elif when is None:
            yield Sign.BESIDE
        elif when is When.AFTER and not self.complaint.abandoned:
            yield Sign.AFTER


def _sector_of(evidence: KernelEvidence) -> _Sector:
    return evidence.sector_device, evidence.sector or 0


def _agree(theirs: int, ours: int) -> bool:
    """Whether a call may end in errno *ours* because of a request that ended in *theirs*.

    The page cache makes EIO of nearly all that a device answers.
    """
    if application_errno(theirs) == application_errno(ours):
        return True
    # A pool that is full fails what is written back, or read from where nothing could be written.
    failed = theirs == ENOSPC or classify_errno(theirs, "") is ErrnoClass.DEVICE
    return ours == EIO and failed


def _gap_us(line: LogRecord, end: LogRecord) -> int | None:
    """Return how long after *line* the record *end* was written; None if that is not known."""
    if line.source != end.source or line.boot_id != end.boot_id:
        return None
    if line.uptime_us is not None and end.uptime_us is not None:
        return end.uptime_us - line.uptime_us
    if line.wall_time_s is None or end.wall_time_s is None or line.wall_time_s.is_integer():
        return None
    return round((end.wall_time_s - line.wall_time_s) * 1_000_000)


def _common_parents(
    complaint: Complaint, troubled: Collection[_Key], below: DevicesBelow
) -> Iterator[tuple[_Key, Testimony]]:
    """Yield, for each other volume that failed at once, the nearest thing that both lie on.

    *troubled* are those whom lines of trouble are about.
    """
    if below.device is None:
        return
    own = below.under(below.device)
    for volume, device in sorted(below.others.items()):
        theirs = frozenset(below.under(device))
        if (parent := next((each for each in own if each in theirs), None)) is not None:
            key = _Key(below.kind_of(parent) or SuspectKind.OTHER, parent)
            silent = key.kind in _HAVE_REQUESTS and not is_bio_based(parent)
            signs = [Sign.VOLUME]
            if silent and key not in troubled and not complaint.abandoned:
                signs.append(Sign.SILENT)
            points = sum(WEIGHTS[sign] for sign in signs)
            yield key, Testimony("volume", points, tuple(signs), 1, volume=volume)


def _explanation(
    suspect: Suspect, others: Iterable[Suspect], below: DevicesBelow
) -> Explanation | None:
    """Return what below *suspect* explains it best, by its own lines."""
    explaining = [each for each in others if _explains(each, suspect, below) and each.alone > 0]
    best = max(explaining, key=lambda each: (each.alone, each.called), default=None)
    return None if best is None else Explanation(best.called, best.alone)


def _rivals(
    suspect: Suspect, others: Iterable[Suspect], below: DevicesBelow
) -> Iterator[Explanation]:
    """Yield the other disks that the volume may lie on instead, where nobody knows on which."""
    if not _may_be_rival(suspect, below):
        return
    above = {*below.graph.above(suspect.name)}
    for each in others:
        if not _may_be_rival(each, below):
            continue
        # What both are members of may have failed because both did.
        joined = not above.isdisjoint(below.graph.above(each.name))
        if _disk(each) != _disk(suspect) and not joined:
            yield Explanation(each.called, each.alone)


def _may_be_rival(suspect: Suspect, below: DevicesBelow) -> bool:
    has_requests = suspect.kind in _HAVE_REQUESTS and not is_bio_based(suspect.name)
    unknown = below.standing(suspect.name) is Standing.UNKNOWN
    return has_requests and unknown and suspect.alone > 0


def _disk(suspect: Suspect) -> str:
    return disk_of_partition(suspect.name) or suspect.name


def _explains(one: Suspect, other: Suspect, below: DevicesBelow) -> bool:
    """Whether trouble of *one* brings trouble to *other*."""
    if one.kind in _NO_DEVICE or other.kind is SuspectKind.MACHINE:
        return False
    if other.kind is SuspectKind.TASK:
        return below.standing(one.name) is not Standing.APART
    if one.name == other.name:
        return one.kind is not SuspectKind.FILESYSTEM and other.kind is SuspectKind.FILESYSTEM
    if one.name in below.under(other.name):
        return True
    # Nobody knows what the volume's own device is made of: it may be that.
    may_be = below.standing(one.name) is Standing.UNKNOWN
    return may_be and below.standing(other.name) is Standing.BELOW and below.is_open(other.name)
