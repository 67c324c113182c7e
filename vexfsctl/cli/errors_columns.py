"""The columns of `errors`: on screen as `status` has them, in TSV one for each key."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vexfsctl.analysis.errors.groups import ErrorGroup, GroupKey
from vexfsctl.cli.upstream_report import named_error
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.jsonable import format_time
from vexfsctl.render.result import Column


def screen_columns(keys: Sequence[GroupKey], here: Collection[str]) -> tuple[Column, ...]:
    """Return the columns for *keys* on screen; volumes that are *here* now may have been before.

    Volume and operation stand together as one writes them, `loop0/storage`.
    """
    shown = list(dict.fromkeys(keys))
    columns = _columns_of_keys(here, _LOCAL)
    if GroupKey.VOLUME in shown and GroupKey.OPERATION in shown:
        first, second = sorted((GroupKey.VOLUME, GroupKey.OPERATION), key=shown.index)
        shown.remove(second)
        columns[first] = Column("WHERE", lambda group: _where(group, here))
    return (*_keyed(columns, shown), *_counted(_LOCAL))


def tsv_columns(keys: Sequence[GroupKey], here: Collection[str]) -> tuple[Column, ...]:
    """Return the columns for *keys* as programs read them."""
    keyed = _keyed(_columns_of_keys(here, _STABLE), tuple(dict.fromkeys(keys)))
    return (*keyed, *_counted(_STABLE), _VERIFIED)


def _keyed(columns: dict[GroupKey, Column], keys: Sequence[GroupKey]) -> tuple[Column, ...]:
    worst = () if GroupKey.SEVERITY in keys else (_WORST,)
    return (*(columns[key] for key in keys), *worst)


def _counted(clock: "_Clock") -> tuple[Column, ...]:
    return (
        Column("COUNT", lambda group: group.count, right=True),
        # It wraps: the last one matters more, and there is none of its width in 80 columns.
        Column("FIRST", lambda group: clock.moment(group.first, group.first_us), wraps=True),
        Column("LAST", lambda group: clock.moment(group.last, group.last_us)),
        Column("EXAMPLE", lambda group: group.last_id),
    )


def _columns_of_keys(here: Collection[str], clock: "_Clock") -> dict[GroupKey, Column]:
    return {
        GroupKey.SEVERITY: _SEVERITY,
        GroupKey.VOLUME: Column("VOLUME", lambda group: _volume(group, here)),
        GroupKey.OPERATION: Column("OPERATION", lambda group: group.operation),
        GroupKey.ERROR: Column("ERROR", named_error, wraps=True),
        GroupKey.HINT: Column("HINTS", _hints, wraps=True),
        GroupKey.DEVICE: Column("DEVICE", lambda group: group.device),
        GroupKey.MINUTE: Column("MINUTE", clock.minute),
    }


def _volume(group: ErrorGroup, here: Collection[str]) -> str | None:
    return None if group.volume is None else f"{group.volume}{_earlier(group, here)}"


def _where(group: ErrorGroup, here: Collection[str]) -> str | None:
    parts = (str(part) for part in (group.volume, group.operation) if part is not None)
    return "/".join(parts) + _earlier(group, here) or None


def _earlier(group: ErrorGroup, here: Collection[str]) -> str:
    return " (earlier)" if group.volume in here and not group.live else ""


def _hints(group: ErrorGroup) -> str | None:
    return ",".join(group.hints or ()) or None


@dataclass(frozen=True, slots=True)
class _Clock:
    """How times are written: to the second on screen, or whole for programs."""

    of_moment: Callable[[datetime], str]
    of_minute: Callable[[datetime], str]

    def moment(self, moment: datetime | None, uptime_us: int | None) -> str | None:
        if moment is not None:
            return self.of_moment(moment)
        return None if uptime_us is None else f"{uptime_us / 1_000_000:.6f}"

    def minute(self, group: ErrorGroup) -> str | None:
        if group.minute is not None:
            return self.of_minute(group.minute)
        return None if group.uptime_min is None else f"uptime {group.uptime_min}m"


_LOCAL = _Clock(
    lambda moment: moment.astimezone().isoformat(" ", "seconds")[:-6],
    lambda moment: moment.astimezone().isoformat(" ", "minutes")[:-6],
)
_STABLE = _Clock(format_time, format_time)
_SEVERITY = Column(
    "SEVERITY",
    lambda group: group.severity,
    tone=lambda group: tone_of_word(str(group.severity)),
)
_WORST = replace(_SEVERITY, title="WORST")
_VERIFIED = Column("VERIFIED", lambda group: "yes" if group.verified else "no")
