"""The stretch of time an answer is about."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vexfsctl.model.moments import moment_of
from vexfsctl.model.record import LogRecord


@dataclass(frozen=True, slots=True)
class Window:
    """From a point in time to now, on the clock of one boot (CLOCK_MONOTONIC, microseconds)."""

    since_us: int
    now_us: int
    boot_id: str | None = None
    """The boot it lies in; None for a saved log that does not say."""
    now: datetime | None = None
    """Wall-clock time of *now_us*; None if it lies in a saved log that gives none."""
    saved: bool = False
    """Whether it ends where a saved log ends, not at the present moment."""

    @property
    def length_us(self) -> int:
        """How far it reaches back."""
        return self.now_us - self.since_us

    def moment(self, record: LogRecord) -> datetime | None:
        """Return the wall-clock time of *record*; None if unknown."""
        if self.now is None:
            seconds = record.wall_time_s
            return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        return moment_of(record, self.boot_id, self.now - timedelta(microseconds=self.now_us))

    def age_us(self, record: LogRecord) -> int | None:
        """Return how long before its end *record* was written; None if unknown."""
        if record.uptime_us is not None:
            return self.now_us - record.uptime_us
        moment = self.moment(record)
        if moment is None or self.now is None:
            return None
        return (self.now - moment) // timedelta(microseconds=1)

    def holds(self, record: LogRecord) -> bool:
        """Whether *record* was written in it; one without a time may have been."""
        dated = record.uptime_us is None and record.wall_time_s is not None
        if record.boot_id != self.boot_id and not dated:
            return False
        age_us = self.age_us(record)
        return age_us is None or age_us <= self.length_us

    def reaches(self, time_ns: int) -> bool:
        """Whether something that the tree dates *time_ns* (0 = never) happened in it."""
        return time_ns > 0 and time_ns // 1_000 >= self.since_us
