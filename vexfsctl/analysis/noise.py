"""Expected noise: lines that look like trouble and are known to be none, counted and explained."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from vexfsctl.analysis.error_groups import Sighting
from vexfsctl.model.upstream import Significance


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseGroup:
    """How often one form of line stood in the log without meaning anything."""

    form: str
    """Name of the form: `ffi_call_failed`."""
    call: str | None
    """Call site, where the line names one."""
    count: int
    why: str | None
    """Why it means nothing."""
    first_us: int | None
    last_us: int | None
    first: datetime | None
    last: datetime | None


def group_noise(sightings: Iterable[Sighting]) -> tuple[NoiseGroup, ...]:
    """Count the noise among *sightings* by form and call site, the most frequent first."""
    groups: dict[tuple[str, str | None], NoiseGroup] = {}
    for each in sightings:
        event = each.entry.upstream
        if event is None or event.significance is not Significance.NOISE:
            continue
        uptime_us, moment = each.entry.record.uptime_us, each.moment
        known = groups.get((event.form, event.call)) or NoiseGroup(
            form=event.form,
            call=event.call,
            count=0,
            why=event.note,
            first_us=uptime_us,
            last_us=uptime_us,
            first=moment,
            last=moment,
        )
        groups[event.form, event.call] = replace(
            known, count=known.count + 1, last_us=uptime_us, last=moment
        )
    return tuple(sorted(groups.values(), key=lambda group: -group.count))
