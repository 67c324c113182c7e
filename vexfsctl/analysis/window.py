"""The stretch of time an answer is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vexfsctl.model.record import LogRecord


@dataclass(frozen=True, slots=True)
class Window:
    """From a point in time to now, on the clock of one boot (CLOCK_MONOTONIC, microseconds)."""

    since_us: int
    now_us: int
    boot_id: str | None = None
    """The boot it lies in; None for a saved log that does not say."""
    now: datetime | None = None
    """Wall-clock time of *now_us*; None where it lies in a saved log."""

    def moment(self, uptime_us: int | None) -> datetime | None:
        """Return the wall-clock time of *uptime_us*; None where one of the two is not known."""
        if self.now is None or uptime_us is None:
            return None
        return self.now - timedelta(microseconds=self.now_us - uptime_us)

    def holds(self, record: LogRecord) -> bool:
        """Whether *record* was written in it; one without a time may have been."""
        if record.boot_id != self.boot_id:
            return False
        return record.uptime_us is None or record.uptime_us >= self.since_us

    def reaches(self, time_ns: int) -> bool:
        """Whether something that the tree dates *time_ns* (0 = never) happened in it."""
        return time_ns > 0 and time_ns // 1_000 >= self.since_us
