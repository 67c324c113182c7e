"""What `errors` answers: groups, noise, and the counters compared with the log."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from vexfsctl.analysis.errors.backing import DeviceFinder
from vexfsctl.analysis.errors.groups import (
    ErrorGroup,
    GroupKey,
    NoiseGroup,
    Sighting,
    group_errors,
    group_noise,
    is_error,
)
from vexfsctl.analysis.errors.reconciliation import Reconciliation, reconcile
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.upstream.health import UpstreamHealth, read_upstream_health
from vexfsctl.analysis.window import Window
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.errors_columns import screen_columns, tsv_columns
from vexfsctl.cli.evidence import LogEvidence, read_evidence, recent_window
from vexfsctl.cli.filters import Filters
from vexfsctl.cli.log_view import LogView
from vexfsctl.cli.upstream_report import upstream_blocks
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.record import LogEntry
from vexfsctl.model.volume import Volume
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Table


@dataclass(frozen=True, slots=True)
class ErrorsReport:
    """The whole answer."""

    by: tuple[GroupKey, ...]
    groups: tuple[ErrorGroup, ...]
    """The worst first; in the order of time where minutes are asked for first."""
    noise: tuple[NoiseGroup, ...]
    """Lines that look like trouble and are known to be none."""
    reconciliation: tuple[Reconciliation, ...]
    """For each live volume, whatever the filters on time and kind."""
    log_alone: bool
    """Whether no attribute tree answers for what the log shows."""
    upstream: UpstreamHealth | None
    """How VexFS builds fare that export no tree; None where none of them is in the log."""

    left_out: int = 0
    """How many groups more there are than `groups` has, for who asked for the first only."""

    def first(self, count: int | None) -> "ErrorsReport":
        """Return it with the first *count* groups, all for None."""
        groups = self.groups[:count]
        return replace(self, groups=groups, left_out=len(self.groups) - len(groups))


def read_errors(
    app: AppContext, filters: Filters, keys: tuple[GroupKey, ...], volumes: Sequence[Volume]
) -> tuple[ErrorsReport, Coverage]:
    """Read the log and count what *filters* pick; raise LogUnreadable where there is none."""
    view = LogView(app, filters, volumes)
    everything = read_evidence(app, volumes)
    asked = everything if filters.boot is None else view.select(everything)
    window = recent_window(app, everything.reading.records, 0)
    live = Loads(volumes, saved=window.saved)
    seen = tuple(_sightings(view, asked, live, _finder(volumes) if _by_device(keys) else None))
    upstream = _upstream(asked, window, filters)
    groups = sorted(group_errors(seen, keys), key=_order_of(keys))
    report = ErrorsReport(
        by=keys,
        groups=tuple(groups),
        noise=group_noise(seen),
        reconciliation=reconcile(
            [volume for volume in volumes if _is_asked_for(volume, filters)],
            everything.own_entries,
            everything.reading.coverage(),
        ),
        log_alone=bool(seen) and not any(each.live for each in seen),
        upstream=upstream,
    )
    return report, view.coverage(asked.reading)


def errors_result(report: ErrorsReport, coverage: Coverage, output: OutputFormat) -> CommandResult:
    """Render *report*; TSV has the groups alone, an unverified one marked."""
    here = {each.volume for each in report.reconciliation}
    if output is OutputFormat.TSV:
        columns = tsv_columns(report.by, here)
        body: tuple[Table | Paragraph, ...] = (Table(columns, report.groups),)
    else:
        body = tuple(_blocks(report, screen_columns(report.by, here)))
    return CommandResult("errors", report, body, coverage)


def _sightings(
    view: LogView, asked: LogEvidence, live: Loads, finder: DeviceFinder | None
) -> Iterator[Sighting]:
    entries: Sequence[LogEntry] = asked.own_entries
    devices: dict[int, str | None] = {}
    if finder is not None:
        # The kernel's lines about devices are looked at only where they are of use: it takes long.
        entries = asked.entries
        devices = {id(entry): finder.find(entry) for entry in entries}
    told = (entry for entry in entries if is_error(entry) or entry.upstream is not None)
    for entry, moment in view.pick(told):
        yield Sighting(entry, moment, live.hold(entry), devices.get(id(entry)))


def _finder(volumes: Sequence[Volume]) -> DeviceFinder:
    # Deferred: who asks for no device needs no /sys.
    from vexfsctl.devices.block import device_name

    names = {
        volume.name: device_name(volume.status.device)
        for volume in volumes
        if volume.status is not None and volume.status.device is not None
    }
    return DeviceFinder({volume: name for volume, name in names.items() if name is not None})


def _by_device(keys: Sequence[GroupKey]) -> bool:
    return GroupKey.DEVICE in keys


def _upstream(asked: LogEvidence, window: Window, filters: Filters) -> UpstreamHealth | None:
    """Builds without a tree name no volume: who asks for one does not ask for them."""
    return None if filters.volumes else read_upstream_health(asked.own_entries, window)


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


def _blocks(report: ErrorsReport, columns: tuple[Column, ...]) -> Iterator[Table | Paragraph]:
    yield Paragraph(tuple(_headline(report)))
    believed = tuple(group for group in report.groups if group.verified)
    doubtful = tuple(group for group in report.groups if not group.verified)
    if believed:
        yield Table(columns, believed)
    if doubtful:
        title = "unverified: written from user space, vouched for by nothing, no evidence"
        yield Table(columns, doubtful, title)
    yield from upstream_blocks(report.upstream, report.noise)
    if report.reconciliation:
        lines = (line for each in report.reconciliation for line in _reconciled(each))
        yield Paragraph(tuple(lines))


def _headline(report: ErrorsReport) -> Iterator[Line]:
    believed = sum(group.count for group in report.groups if group.verified)
    doubtful = sum(group.count for group in report.groups if not group.verified)
    noise = sum(group.count for group in report.noise)
    parts = [_counted(believed, "error")]
    parts += [f"{doubtful} unverified"] if doubtful else []
    parts += [f"{_counted(noise, 'line')} of expected noise"] if noise else []
    more = f"; {_counted(report.left_out, 'kind')} more without -n" if report.left_out else ""
    yield ", ".join(parts) + more
    if report.log_alone:
        yield "no attribute tree answers for it: from the log alone"


def _reconciled(each: Reconciliation) -> Iterator[Line]:
    counted = _counted(each.counted, "error")
    parts = [f"{each.in_log} in the log", f"{each.suppressed} left out by the rate limit"]
    if each.unaccounted > 0:
        parts.append(f"{each.unaccounted} unaccounted for")
    total = f"{each.volume}: {counted} counted since it was mounted = {' + '.join(parts)}"
    if each.unaccounted < 0:
        total += f", and the log has {-each.unaccounted} more"
    yield total
    if each.causes:
        yield f"    likely: {'; '.join(each.causes)}"
    if each.other_epochs:
        yield f"    {_counted(each.other_epochs, 'error')} more in the log are of earlier mounts"


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
