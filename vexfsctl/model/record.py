"""One log line, whatever it was read from; its meaning is in `entry`."""

from typing import NamedTuple

from vexfsctl.model.value import quick_value

KERNEL_FACILITY = 0
USER_FACILITY = 1


class Counted(NamedTuple):
    """How many records one stands for that say the same but for their ids and numbers."""

    weight: int
    """0: it only shows when the last of them was written."""
    numbers: tuple[tuple[int, int], ...] = ()
    """Numbers of the calls that they are about, as intervals: the first, and the one after the
    last. Each of these calls began and ended among the records that were counted."""

    @property
    def highest(self) -> int | None:
        """The highest of these numbers; None if there are none."""
        return max(end for _, end in self.numbers) - 1 if self.numbers else None


@quick_value()
class LogRecord:
    """One log line, whatever it was read from."""

    text: str
    """Message without prefix, escapes already decoded; may hold any character."""
    source: str
    """What it was read from: `kmsg`, a path, or `-`."""
    uptime_us: int | None = None
    """Microseconds since boot (CLOCK_MONOTONIC); None when the source keeps none."""
    sequence: int | None = None
    """Record number of the source; None when it keeps none."""
    level: int | None = None
    """syslog level 0 (emerg) to 7 (debug)."""
    facility: int | None = None
    """syslog facility, 0 = kern, 1 = user."""
    boot_id: str | None = None
    """The boot `uptime_us` counts from; None when the source does not say."""
    wall_time_s: float | None = None
    """Unix time, where the source gives one itself."""
    host: str | None = None
    """Name of the host that wrote it, where the source gives one."""
    fields: tuple[tuple[str, str], ...] = ()
    """Metadata lines (`DEVICE`, `SUBSYSTEM`)."""
    counted: Counted | None = None
    """What else it stands for; None: for itself alone."""
    loose: bool = False
    """Whether it was found in a line of a form that nobody knows: what stood before is not
    understood."""

    def is_older(self, other: "LogRecord", span_us: int) -> bool:
        """Whether it was written more than *span_us* before *other*.

        By uptime if both have one, else by wall-clock time. What cannot be compared is older; but
        if neither has any time, they stand side by side.
        """
        if self.uptime_us is not None and other.uptime_us is not None:
            return other.uptime_us - self.uptime_us > span_us
        if self.wall_time_s is not None and other.wall_time_s is not None:
            return round((other.wall_time_s - self.wall_time_s) * 1_000_000) > span_us
        return self.has_time or other.has_time

    def is_near(self, other: "LogRecord", span_us: int) -> bool:
        """Whether neither was written more than *span_us* before the other, as `is_older` says."""
        return not (self.is_older(other, span_us) or other.is_older(self, span_us))

    @property
    def has_time(self) -> bool:
        """Whether it says when it was written, by one clock or another."""
        return self.uptime_us is not None or self.wall_time_s is not None

    @property
    def weight(self) -> int:
        """How many records it stands for."""
        return 1 if self.counted is None else self.counted.weight
