"""Which records are inside a window, by whichever clock they have."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.analysis.window import Window
from vexfsctl.model.record import LogRecord

NOW = datetime(2026, 8, 21, 10, 0, tzinfo=UTC)
HOUR = Window(since_us=6_400_000_000, now_us=10_000_000_000, boot_id="boot", now=NOW)


def record(
    uptime_s: float | None = None, ago_s: float | None = None, boot: str | None = "boot"
) -> LogRecord:
    """Return a record of that uptime, or written so long before NOW by the wall clock."""
    uptime_us = None if uptime_s is None else round(uptime_s * 1e6)
    wall_time_s = None if ago_s is None else NOW.timestamp() - ago_s
    return LogRecord("text", "kmsg", uptime_us, boot_id=boot, wall_time_s=wall_time_s)


@pytest.mark.parametrize(
    ("given_record", "held"),
    [
        (record(9_999), True),
        (record(6_399), False),
        (record(9_999, boot="another"), False),
        (record(ago_s=3_599), True),
        (record(ago_s=3_601), False),
        (record(ago_s=3_599, boot=None), True),
        (record(ago_s=3_599, boot="another"), True),
        (record(), True),
        (record(boot=None), False),
    ],
)
def test_a_record_is_judged_by_the_clock_it_has(given_record: LogRecord, held: bool) -> None:
    """Uptime within the same boot, else the wall clock; one without a time may be inside."""
    assert HOUR.holds(given_record) is held


def test_a_saved_log_without_a_date_holds_what_has_only_a_date() -> None:
    """Nothing tells that it is outside."""
    undated = Window(0, 60_000_000, saved=True)

    assert undated.holds(record(ago_s=100_000, boot=None))


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_both_clocks_agree(age_s: int, length_s: int) -> None:
    """The same record by uptime and by wall clock is inside the same windows."""
    now_us = 20_000_000_000
    window = Window(now_us - length_s * 1_000_000, now_us, "boot", NOW)
    by_uptime = record((now_us / 1e6) - age_s)
    by_wall_clock = record(ago_s=age_s, boot=None)

    assert window.holds(by_uptime) is window.holds(by_wall_clock) is (age_s <= length_s)
    assert (
        window.moment(by_uptime) == window.moment(by_wall_clock) == NOW - timedelta(seconds=age_s)
    )
