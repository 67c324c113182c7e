"""Moments as people write them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.moments import moment_of, parse_time
from vexfsctl.model.record import LogRecord

BERLIN = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 23, 18, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-11-23T18:30:00+01:00"),
        ("today", "2026-11-23T00:00:00+01:00"),
        ("yesterday", "2026-11-22T00:00:00+01:00"),
        ("tomorrow", "2026-11-24T00:00:00+01:00"),
        ("@1787306400", "2026-08-21T10:00:00+00:00"),
        ("@1787306400.5", "2026-08-21T10:00:00.500000+00:00"),
        ("-1h", "2026-11-23T17:30:00+01:00"),
        ("+1h", "2026-11-23T19:30:00+01:00"),
        ("2h ago", "2026-11-23T16:30:00+01:00"),
        ("1h", "2026-11-23T17:30:00+01:00"),
        ("1h30m", "2026-11-23T17:00:00+01:00"),
        ("500ms", "2026-11-23T18:29:59.500000+01:00"),
        ("-15min", "2026-11-23T18:15:00+01:00"),
        ("2 hours ago", "2026-11-23T16:30:00+01:00"),
        ("1 day ago", "2026-11-22T18:30:00+01:00"),
        ("10:00", "2026-11-23T10:00:00+01:00"),
        ("9:05:01", "2026-11-23T09:05:01+01:00"),
        ("2026-08-21", "2026-08-21T00:00:00+01:00"),
        ("2026-08-21 10:00", "2026-08-21T10:00:00+01:00"),
        (" 2026-08-21 10:00:05 ", "2026-08-21T10:00:05+01:00"),
        ("2026-08-21T10:00:00Z", "2026-08-21T10:00:00+00:00"),
        ("2026-08-21 10:00 UTC", "2026-08-21T10:00:00+00:00"),
        ("2026-08-21T10:00:00.123+02:00", "2026-08-21T10:00:00.123000+02:00"),
    ],
)
def test_a_moment_is_understood(text: str, moment: str) -> None:
    """The forms of systemd.time, RFC 3339 and a bare span; without a zone it is that of now."""
    assert parse_time(text, NOW).isoformat() == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "-", "ago", "--1h", "+1h ago", "1x", "1x ago", "99999999999d"),
        *("24:00", "2026-13-01", "2026-02-29", "20260821", "90", "2026-W34", "@", "@-1", "1h -1h"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """The message names what was written and shows how to write it."""
    with pytest.raises(ValueError, match="examples: 2026-08-21 10:00") as raised:
        parse_time(text, NOW)

    assert repr(text) in str(raised.value)


@given(st.text() | st.from_regex(r"[-+@]?[0-9:T -]{1,20}( ago|Z|h)?", fullmatch=True))
def test_arbitrary_text_is_a_moment_with_a_zone_or_a_value_error(text: str) -> None:
    """Nothing a person types ends in a trace."""
    with suppress(ValueError):
        assert parse_time(text, NOW).tzinfo is not None


@given(st.datetimes(timezones=st.just(UTC)))
def test_rfc_3339_survives(moment: datetime) -> None:
    """What JSON output shows can be given back as a bound."""
    assert parse_time(moment.isoformat(), NOW) == moment


def test_a_record_of_this_boot_has_a_moment() -> None:
    """Uptime counts from the boot; a record of another boot, or of none, has no wall time."""
    booted = datetime(2026, 11, 23, 8, tzinfo=UTC)
    record = LogRecord("text", "kmsg", 90_000_000, boot_id="this")

    assert moment_of(record, "this", booted) == datetime(2026, 11, 23, 8, 1, 30, tzinfo=UTC)
    assert moment_of(record, "other", booted) is None
    assert moment_of(LogRecord("text", "saved.log", 90_000_000), "this", booted) is None
    assert moment_of(LogRecord("text", "saved.log", 90_000_000), None, booted) is None
    assert moment_of(LogRecord("text", "kmsg", boot_id="this"), "this", booted) is None


def test_a_source_that_knows_wall_time_is_believed() -> None:
    """The journal keeps both clocks."""
    record = LogRecord("text", "journal", 5, wall_time_s=1787306400.0)
    assert moment_of(record, None, NOW) == datetime(2026, 8, 21, 10, tzinfo=UTC)
