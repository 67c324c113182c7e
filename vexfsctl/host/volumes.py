"""The volumes that targets mean: `VOLUME` or `VOLUME/OPERATION`, each part a name or a glob.

A name that does not exist, or a glob that matches nothing, is an exception with a suggestion. A
volume that exists but does not answer is a gap in a listing, and an exception if it was named to
be acted on.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from vexfsctl.exceptions import (
    EvidenceMissing,
    InvalidInput,
    Problem,
    SysfsUnreadable,
    VexfsctlException,
    VolumeBusy,
    VolumeNotFound,
    VolumeStale,
    VolumeUnresponsive,
    VolumeVanished,
    covering,
)
from vexfsctl.host.host import Host
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import OperationStatus, Presence, Volume

if TYPE_CHECKING:
    from vexfsctl.sysfs.tree import Survey


_GLOB = re.compile(r"[*?\[]")


class Target(NamedTuple):
    """One target as written; without an operation it means all seven of them."""

    volume: str
    operation: str = "*"

    @property
    def names_one_volume(self) -> bool:
        """Whether the volume is a name, not a glob."""
        return not _GLOB.search(self.volume)

    def __str__(self) -> str:
        return self.volume if self.operation == "*" else f"{self.volume}/{self.operation}"


class Chosen(NamedTuple):
    """One operation of one volume, from a target."""

    volume: Volume
    operation: OperationType
    status: OperationStatus

    @property
    def name(self) -> str:
        """As people write it: `loop0/file`."""
        return f"{self.volume.name}/{self.operation}"


def parse_target(text: str) -> Target:
    """Parse a target; raise InvalidInput for an unknown operation type."""
    volume, slash, operation = text.partition("/")
    if not volume or (slash and not operation):
        raise InvalidInput(f"not a target: {text!a}", hint="VOLUME or VOLUME/OPERATION")
    if not slash:
        return Target(volume)
    if not any(fnmatchcase(name, operation) for name in OperationType):
        hint = _hint_for_no_operation(volume, operation)
        raise InvalidInput(f"there is no operation type {operation!a}", hint=hint)
    return Target(volume, operation)


@dataclass(frozen=True, slots=True)
class Consulted:
    """The volumes that targets mean, and what could not be read."""

    targets: tuple[Target, ...] = ()
    volumes: tuple[Volume, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def operations(self) -> tuple[Chosen, ...]:
        """Every operation that the targets mean, of the volumes that answered."""
        return tuple(
            Chosen(volume, operation, status)
            for volume in self.volumes
            if volume.status is not None
            for operation, status in volume.status.operations.items()
            if not self.targets or any(_means(t, volume, operation) for t in self.targets)
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of volumes that are absent or only partly understood."""
        return problems_of(self.volumes)

    def require_answers(self) -> None:
        """Refuse to act on a named volume that does not answer, or exists twice."""
        for target in self.targets:
            if target.names_one_volume:
                _require_one(target, [v for v in self.volumes if v.name == target.volume])


def consult(host: Host, targets: Sequence[Target] = ()) -> Consulted:
    """Read the volumes that *targets* mean; without targets, all.

    Raises VolumeNotFound for a target that matches none; volumes that do not answer are gaps.
    """
    return _consult(host, targets, None)


def consult_breakers(host: Host, targets: Sequence[Target] = ()) -> Consulted:
    """Read only the operations that *targets* mean; otherwise as `consult`."""
    meant = frozenset(
        operation
        for operation in OperationType
        if not targets or any(fnmatchcase(operation, target.operation) for target in targets)
    )
    return _consult(host, targets, meant)


def consult_logs(host: Host) -> Consulted:
    """Read only the load and the log of every volume, no operations."""
    return _consult(host, (), ())


def names_of_volumes(host: Host) -> tuple[str, ...]:
    """Return the names of all volumes, in order."""
    return tuple(sorted({volume.name for volume in _survey(host, (), ()).volumes}))


def coverage_of(volumes: Iterable[Volume]) -> Coverage:
    """Return the gaps left by volumes that did not answer."""
    return Coverage(gaps=tuple(Gap(v.name, str(v.presence)) for v in _absent(volumes)))


def problems_of(volumes: Iterable[Volume]) -> tuple[Problem, ...]:
    """Return the problems of volumes that are absent, late or only partly understood."""
    volumes = tuple(volumes)
    absent = [Problem.of(absence_exception(volume)) for volume in _absent(volumes)]
    partial = [
        Problem(_PARTIAL[volume.presence], f"{volume.name}: {volume.detail}", volume.hint)
        for volume in volumes
        if volume.status is not None and volume.detail
    ]
    return (*absent, *partial)


def absence_exception(volume: Volume) -> EvidenceMissing:
    """Return the exception for a volume that did not answer."""
    detail = volume.detail or f"it is {volume.presence}"
    told = detail.startswith(f"{volume.name} ")
    message = detail if told else f"{volume.name}: {detail}"
    return _ABSENCES[volume.presence](message, hint=volume.hint)


_PARTIAL = {Presence.PRESENT: "not_understood", Presence.BUSY: VolumeBusy.code}
_ABSENCES: dict[Presence, type[EvidenceMissing]] = {
    Presence.BUSY: VolumeBusy,
    Presence.STALE: VolumeStale,
    Presence.UNRESPONSIVE: VolumeUnresponsive,
    Presence.UNREADABLE: SysfsUnreadable,
    Presence.VANISHED: VolumeVanished,
}


def _consult(
    host: Host, targets: Sequence[Target], operations: Collection[OperationType] | None
) -> Consulted:
    survey = _survey(host, targets, operations)
    with covering(survey.coverage):
        for target in targets:
            if not any(fnmatchcase(volume.name, target.volume) for volume in survey.volumes):
                raise _not_found(host, target, survey.coverage)
    volumes = tuple(
        volume
        for volume in survey.volumes
        if not targets or any(fnmatchcase(volume.name, target.volume) for target in targets)
    )
    return Consulted(tuple(targets), volumes, survey.coverage + coverage_of(volumes))


def _survey(
    host: Host, targets: Sequence[Target], operations: Collection[OperationType] | None
) -> "Survey":
    # Deferred: help and usage errors do not read the tree.
    from vexfsctl.sysfs.tree import survey_volumes

    exact = bool(targets) and all(target.names_one_volume for target in targets)
    names = [target.volume for target in targets] if exact else None
    return survey_volumes(
        host.roots or host.standard_roots,
        names,
        operations=operations,
        timeout_s=host.deadlines.source_s,
        must_exist=bool(host.roots),
    )


def _hint_for_no_operation(volume: str, operation: str) -> str:
    if volume in set(OperationType):
        return f"did you mean {operation}/{volume}?"
    # Deferred: only a typo needs it.
    from difflib import get_close_matches

    for near in get_close_matches(operation, list(OperationType), n=1):
        return f"did you mean {volume}/{near}?"
    return f"there are {', '.join(OperationType)}"


def _require_one(target: Target, named: Sequence[Volume]) -> None:
    if len(named) > 1:
        roots = " and ".join(str(volume.root) for volume in named)
        raise InvalidInput(
            f"{target.volume} exists twice, in {roots}", hint="say which: --sysfs-root"
        )
    for volume in _absent(named):
        raise absence_exception(volume)


def _means(target: Target, volume: Volume, operation: OperationType) -> bool:
    return fnmatchcase(volume.name, target.volume) and fnmatchcase(operation, target.operation)


def _absent(volumes: Iterable[Volume]) -> list[Volume]:
    return [volume for volume in volumes if volume.status is None]


def _not_found(host: Host, target: Target, coverage: Coverage) -> VexfsctlException:
    for gap in coverage.gaps:
        return SysfsUnreadable(
            f"there may be a volume {target.volume!a}: {gap.source} cannot be read ({gap.detail})",
            hint="say where to look: --sysfs-root",
        )
    names = names_of_volumes(host)
    from difflib import get_close_matches

    near = get_close_matches(target.volume, names)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif names:
        hint = f"existing volumes: {', '.join(names)}"
    else:
        hint = "there are no volumes; vexfsctl mount makes one"
    where = ", ".join(coverage.sources)
    kind = "volume matching" if not target.names_one_volume else "volume"
    return VolumeNotFound(f"there is no {kind} {target.volume!a} in {where}", hint=hint)
