"""One log line, whatever it was read from; its meaning is in `entry`."""

from dataclasses import dataclass

KERNEL_FACILITY = 0
USER_FACILITY = 1


@dataclass(frozen=True, slots=True)
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
    fields: tuple[tuple[str, str], ...] = ()
    """Metadata lines (`DEVICE`, `SUBSYSTEM`)."""
