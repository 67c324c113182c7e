"""How answers write times, and counts over time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from vexfsctl.analysis.histogram import OverTime
from vexfsctl.model.units import format_duration
from vexfsctl.render.jsonable import format_time
from vexfsctl.render.sparkline import sparkline


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are written."""

    of_moment: Callable[[datetime], str]
    of_minute: Callable[[datetime], str]

    def moment(self, moment: datetime | None, uptime_us: int | None) -> str | None:
        """Return *moment* in words, else the uptime in seconds; None if neither is known."""
        if moment is not None:
            return self.of_moment(moment)
        return None if uptime_us is None else f"{uptime_us / 1_000_000:.6f}"


LOCAL = Clock(
    lambda moment: moment.astimezone().isoformat(" ", "seconds")[:-6],
    lambda moment: moment.astimezone().isoformat(" ", "minutes")[:-6],
)
"""On screen: local time, to the second or minute."""
STABLE = Clock(format_time, format_time)
"""For programs: in full."""


def bars(over_time: OverTime | None) -> str | None:
    """Return *over_time* as a line of bars; None if there is nothing to draw."""
    return None if over_time is None else sparkline(over_time.counts) or None


def about_bars(over_time: OverTime) -> str:
    """Return a sentence that says of which times the bars are."""
    width = format_duration(over_time.span_s * 1_000)
    start = "boot" if over_time.begin is None else LOCAL.of_moment(over_time.begin)
    if over_time.uptime_s:
        start = f"uptime {format_duration(over_time.uptime_s * 1_000)}"
    return f"over time: each bar is {width}, the first from {start} on"
