"""Moments as people write them for `--since` and `--until`, after systemd.time(7).

The forms: `2026-08-21 10:00`, RFC 3339, `10:00` (today), `now` `today` `yesterday` `tomorrow`,
`@1787306400`, `-1h` `+1h` `2h ago`, and a bare `1h`, which is an hour ago too.
"""

import re
from datetime import UTC, datetime, time, timedelta

from vexfsctl.model.record import LogRecord
from vexfsctl.model.units import parse_duration

_EXAMPLES = "examples: 2026-08-21 10:00, yesterday, 1h, -15m, 2h ago, @1787306400"
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
# Compiled when first used: everything that dates a record loads this module, too.
_EPOCH = r"@(\d{1,12}(?:\.\d{1,9})?)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?"
_DATE = (
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)"
    r" ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
# A bare number is refused: 20260821 is not a span of seconds.
_SPAN = r"(?P<ago>\d.*[a-z]) ago|(?P<sign>[+-]?) ?(?P<length>\d.*[a-z])"
# `2 hours`, `15min`, `1 day`: the duration parser knows the first letter.
_LONG_UNIT = r"([smhd])(?:ec|econds?|in|inutes?|ours?|r|ays?)\b"


def is_within(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    """Whether *moment* is between these times, both included; None for one of them: no bound.

    A moment that is not known is within no bounds.
    """
    if since is None and until is None:
        return True
    return (
        moment is not None
        and (since is None or moment >= since)
        and (until is None or moment <= until)
    )


def parse_time(text: str, now: datetime) -> datetime:
    """Return the moment meant, aware; the default zone is that of *now*. Raises ValueError."""
    words = text.strip()
    try:
        return _parse_named(words, now) or _parse_date(words, now) or _parse_span(words, now)
    except (ValueError, OverflowError):
        raise ValueError(f"not a time: {text!r} ({_EXAMPLES})") from None


def moment_of(record: LogRecord, boot_id: str | None, booted: datetime) -> datetime | None:
    """Return when a record was written; None if its source does not say.

    *booted* is the present moment minus CLOCK_MONOTONIC, on the boot called *boot_id*: the kernel
    stamps its records with a clock that stands still while the machine is suspended, so records
    from before a suspend appear late.
    """
    if record.wall_time_s is not None:
        return datetime.fromtimestamp(record.wall_time_s, UTC)
    if record.uptime_us is None or record.boot_id is None or record.boot_id != boot_id:
        return None
    return booted + timedelta(microseconds=record.uptime_us)


def _parse_named(words: str, now: datetime) -> datetime | None:
    if words == "now":
        return now
    if words in _DAYS:
        return _midnight(now) + timedelta(days=_DAYS[words])
    if match := re.fullmatch(_EPOCH, words):
        return datetime.fromtimestamp(float(match[1]), UTC)
    return None


def _parse_date(words: str, now: datetime) -> datetime | None:
    if re.fullmatch(_CLOCK, words):
        return datetime.combine(now.date(), _parse_clock(words), now.tzinfo)
    match = re.fullmatch(_DATE, words)
    if match is None:
        return None
    zone = (match["zone"] or "").replace("UTC", "Z")
    moment = datetime.fromisoformat(f"{match['date']}T{match['clock'] or '00:00'}{zone}")
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _parse_clock(words: str) -> time:
    return time.fromisoformat(words.rjust(len(words) + (words.index(":") == 1), "0"))


def _parse_span(words: str, now: datetime) -> datetime:
    match = re.fullmatch(_SPAN, words)
    if match is None:
        raise ValueError(words)
    length = re.sub(_LONG_UNIT, lambda unit: unit[1], match["ago"] or match["length"])
    span = timedelta(milliseconds=parse_duration(length))
    return now + span if match["sign"] == "+" else now - span


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date(), time(), now.tzinfo)
