"""Errors of the log counted in groups, and compared with the counters of the volumes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vexfsctl.analysis.errors.groups import (
    USUAL_KEYS,
    ErrorGroup,
    ErrorGroups,
    GroupKey,
    NoiseGroup,
    NoiseGroups,
    Sighting,
    is_error,
)
from vexfsctl.analysis.errors.reconciliation import Reconciliation, reconcile
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.upstream.health import UpstreamHealth, UpstreamWatch
from vexfsctl.exceptions import covering
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.filters import Filters
from vexfsctl.host.host import Host
from vexfsctl.host.log import Calendar, is_elsewhere, observed_s, read_log, recent_window
from vexfsctl.host.log_view import LogView
from vexfsctl.host.volumes import consult
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.record import LogRecord
from vexfsctl.model.volume import Volume

if TYPE_CHECKING:
    from vexfsctl.analysis.errors.backing import BackingFinder
    from vexfsctl.analysis.errors.comparison import ErrorChange

_OF_EACH = {GroupKey.MINUTE, GroupKey.HOST}
"""Keys by which records differ that say the same."""


@dataclass(frozen=True, slots=True)
class CountedErrors:
    """Groups of errors, the noise, and the reconciled counters."""

    by: tuple[GroupKey, ...]
    groups: tuple[ErrorGroup, ...]
    """The worst first; in order of time if the first key is the minute."""
    noise: tuple[NoiseGroup, ...]
    """Lines that look like trouble but are known not to be."""
    reconciliation: tuple[Reconciliation, ...]
    """For each live volume, regardless of the filters on time and kind."""
    log_alone: bool
    """Whether no attribute tree covers what the log shows."""
    upstream: UpstreamHealth | None
    """Health of VexFS builds that export no tree; None if the log has none of them."""
    observed_s: float | None = None
    """How many seconds of the log that is; None if it does not say."""
    kernel_lines: int | None = None
    """How many lines of the kernel itself are about trouble with devices, which are no errors of
    VexFS; None if they were not looked at, as errors were not counted by device."""
    left_out: int = 0
    """How many groups `groups` lacks, if only the first were asked for."""

    def first(self, count: int | None) -> "CountedErrors":
        """Return it with the first *count* groups; None: all."""
        groups = self.groups[:count]
        return replace(self, groups=groups, left_out=len(self.groups) - len(groups))


def count_errors(
    host: Host,
    filters: Filters | None = None,
    keys: tuple[GroupKey, ...] = USUAL_KEYS,
    *,
    over_time: bool = False,
) -> tuple[CountedErrors, Coverage]:
    """Read the log and count what *filters* select by *keys*; raises as `pick_log` does.

    *over_time*: whether each group also says when its errors arose, which takes longer.
    """
    filters = filters or Filters()
    consulted = consult(host)
    with covering(consulted.coverage):
        everything = read_log(
            host,
            consulted.volumes,
            # A device that is gone is found in the lines of the kernel.
            evidence=_by_device(keys) or bool(filters.devices),
            # Times and texts are those of each record.
            counted=not (over_time or _OF_EACH & {*keys} or filters.ask_for_each_record),
        )
        elsewhere = is_elsewhere(host, everything, consulted.volumes)
        volumes = () if elsewhere else consulted.volumes
        named = DeviceFinder(host, everything.reading, elsewhere=elsewhere)
        view = LogView(host, filters, volumes, named)
        of_kernel = LogView(host, filters, volumes, named, kernel=True)
        asked = everything if filters.boot is None else view.select(everything)
    window = recent_window(host, everything.reading, 0)
    live = Loads(volumes, saved=window.saved)
    groups, noise = ErrorGroups(keys, over_time=over_time), NoiseGroups()
    upstream = UpstreamWatch(window)
    finder = _finder(volumes) if _by_device(keys) else None
    by_host = GroupKey.HOST in keys
    seen: set[bool] = set()
    kernel_lines = 0
    # The kernel's lines about devices are read only if they are needed: it takes long.
    for entry in asked.own_entries if finder is None else asked.entries:
        found = None if finder is None else finder.find(entry)
        if entry.evidence is not None:
            if entry.trouble is not None and of_kernel.has(entry):
                kernel_lines += entry.record.weight
            continue
        upstream.take(entry)
        if is_error(entry) or entry.upstream is not None:
            for _, moment in view.pick((entry,)):
                device = None if found is None else named.suspect(found)
                name = _name_of_host(entry.record, host) if by_host else None
                sighting = Sighting(entry, moment, live.hold(entry), device, name)
                groups.take(sighting)
                noise.take(sighting)
                seen.add(sighting.live)
    counted = CountedErrors(
        by=keys,
        groups=tuple(sorted(groups.result(), key=_order_of(keys))),
        noise=noise.result(),
        reconciliation=reconcile(
            [volume for volume in volumes if _is_asked_for(volume, filters)],
            everything.own_entries,
            everything.reading.coverage(),
        ),
        log_alone=seen == {False},
        # Builds without a tree name no volume: a volume filter leaves them out.
        upstream=None if filters.volumes else upstream.result(),
        observed_s=observed_s(asked.reading, Calendar.of(host), *filters.boundaries(host)),
        kernel_lines=None if finder is None else kernel_lines,
    )
    return counted, view.coverage(asked.reading)


@dataclass(frozen=True, slots=True)
class ComparedLog:
    """One of two logs that are compared."""

    source: str
    """As it was asked for."""
    errors: int
    """Unverified ones left out."""
    observed_s: float | None
    """How many seconds it is about; None if it does not say."""


@dataclass(frozen=True, slots=True)
class ComparedErrors:
    """What became of each kind of error from one log to another."""

    by: tuple[GroupKey, ...]
    before: ComparedLog
    after: ComparedLog
    changes: "tuple[ErrorChange, ...]"
    """First what is worse, the worst first."""
    left_out: int = 0
    """How many kinds `changes` lacks, if only the first were asked for."""

    @property
    def is_worse(self) -> bool:
        """Whether any error is new, or more frequent and hardly by chance."""
        return any(each.change.is_worse and each.group.verified for each in self.changes)

    def first(self, count: int | None) -> "ComparedErrors":
        """Return it with the first *count* changes; None: all."""
        changes = self.changes[:count]
        return replace(self, changes=changes, left_out=len(self.changes) - len(changes))


def compare_errors(
    host: Host,
    sources: tuple[str, str],
    filters: Filters | None = None,
    keys: tuple[GroupKey, ...] = (GroupKey.FINGERPRINT,),
) -> tuple[ComparedErrors, Coverage]:
    """Compare what *filters* select of two logs, the earlier first; raises as `count_errors`."""
    # Deferred: few compare logs.
    from vexfsctl.analysis.errors.comparison import Counts, compare

    logs: list[ComparedLog] = []
    counts: list[Counts] = []
    coverage = Coverage()
    for source in sources:
        counted, covered = count_errors(replace(host, logs=(source,)), filters, keys)
        errors = sum(each.count for each in counted.groups if each.verified)
        logs.append(ComparedLog(source, errors, counted.observed_s))
        counts.append(Counts(counted.groups, counted.observed_s))
        coverage += covered
    changes = compare(counts[0], counts[1], keys)
    return ComparedErrors(keys, logs[0], logs[1], changes), coverage


def _finder(volumes: Sequence[Volume]) -> "BackingFinder":
    # Deferred: without a device filter, /sys is not needed.
    from vexfsctl.analysis.errors.backing import BackingFinder
    from vexfsctl.devices.block import device_name

    names = {
        volume.name: device_name(volume.status.device)
        for volume in volumes
        if volume.status is not None and volume.status.device is not None
    }
    return BackingFinder({volume: name for volume, name in names.items() if name is not None})


def _name_of_host(record: LogRecord, host: Host) -> str | None:
    here = record.boot_id is not None and record.boot_id == host.boot_id
    return record.host or (host.name if here else None)


def _by_device(keys: Sequence[GroupKey]) -> bool:
    return GroupKey.DEVICE in keys


def _is_asked_for(volume: Volume, filters: Filters) -> bool:
    return not filters.volumes or any(
        fnmatchcase(volume.name, target.volume) for target in filters.volumes
    )


def _order_of(keys: Sequence[GroupKey]) -> Callable[[ErrorGroup], tuple[float, ...]]:
    def by_time(group: ErrorGroup) -> tuple[float, ...]:
        return (0.0 if group.first is None else group.first.timestamp(), group.first_us or 0)

    def worst_first(group: ErrorGroup) -> tuple[float, ...]:
        return (-1 if group.severity is None else -group.severity - 2, -group.count)

    return by_time if keys[0] is GroupKey.MINUTE else worst_first
