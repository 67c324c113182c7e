"""Dates and clocks as log daemons and dmesg print them in any language, into Unix time. Pure.

Times without a zone are the reader's, those without a year of the last twelve months. The kernel
writes no wall-clock time itself: what stands there was put there by a program of user space.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache

from vexfsctl.logs.formats.renderings import possible_time

_WORD = r"[^\W\d_][^\W\d_]{0,15}\.?"
_WEEKDAY = rf"{_WORD},?"
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?P<fraction>[.,]\d{1,9})?"
# `Mär`, `5月`, `5월`.
_MONTH = rf"(?P<month>(?:\d{{1,2}})?{_WORD})"
_DAY = r"(?P<day>\d{1,2})"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_ZONE = r"(?P<zone>Z|[A-Z]{2,5}|[+-]\d\d(?::?\d\d)?)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # dmesg -T and logread: `wo jul 28 05:19:43 2021`; strftime has `%a %b %e %H:%M:%S %Y`.
        rf"(?:{_WEEKDAY} {{1,2}}){_MONTH} {{1,2}}{_DAY} {_CLOCK} (?:{_ZONE} )?{_YEAR}\b",
        # journalctl and syslog: `Mär 03 05:19:43`, ` 5月 31 05:19:43`.
        rf" ?(?:{_WEEKDAY} )?{_MONTH} {{1,2}}{_DAY} {_CLOCK}(?: {_YEAR}(?=[ \]]))?",
        rf"(?:{_WEEKDAY} )?{_MONTH} {{1,2}}{_DAY},? {_YEAR},? {_CLOCK}",
        rf"{_YEAR} {_MONTH} {{1,2}}{_DAY} {_CLOCK}",
        rf"(?:{_WEEKDAY} )?{_DAY}[. /-] ?{_MONTH}(?:[ /-]{_YEAR})?[ :]{_CLOCK}(?: {_ZONE}(?= ))?",
        # journalctl -o short-full: `Wed 2021-07-28 05:19:43 CEST`.
        rf"(?:{_WEEKDAY} ){_YEAR}-(?P<number>\d\d)-{_DAY} {_CLOCK} ?{_ZONE}(?= )",
        rf"{_YEAR}[-/](?P<number>\d\d)[-/]{_DAY}[ T]{_CLOCK}(?:(?: (?!\w+\|))?{_ZONE}(?=[ |]))?",
    )
)
_LEAST_LETTERS = 3
_HUMAN = re.compile(rf"{_MONTH} ?{_DAY} (?P<clock>\d\d:\d\d)")
"""dmesg -H prints `%b%e %H:%M`: `Nov 7 13:49`, `Nov17 13:49`."""
_ZONES = {
    name: hours
    for hours, names in (
        *((-8, "PST"), (-7, "MST PDT"), (-6, "MDT"), (-5, "EST CDT"), (-4, "EDT")),
        *((0, "UTC GMT Z WET"), (1, "CET WEST MEZ"), (2, "CEST EET MESZ SAST"), (3, "EEST MSK")),
        *((9, "JST KST"), (10, "AEST"), (11, "AEDT")),
    )
    for name in names.split()
}
"""Zones by names that mean one thing (RFC 5322, 4.3; the tz database): hours east of Greenwich.

Not CST, IST, BST and their like, which mean several.
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it was printed."""

    unix_s: float
    length: int
    """Characters that it takes up."""
    zone: str | None = None
    """A zone that nobody can resolve: the time is taken to be in the reader's."""
    lacks: tuple[str, ...] = ()
    """What it does not say: `zone`, `year`."""


def parse_moment(text: str, today: datetime) -> Moment | None:
    """Return the moment that *text* begins with; None if it begins with none that exists.

    *today* is the reader's time, naive, in its zone.
    """
    for pattern in _PATTERNS:
        match = pattern.match(text)
        if match is None:
            continue
        groups = match.groupdict()
        try:
            local = _calendar_time(groups, today)
            offset, unknown = _offset_of(groups.get("zone"), local)
            moment = local if offset is None else local.replace(tzinfo=timezone(offset))
            unix_s = possible_time(moment.timestamp())
        except (ValueError, OverflowError, OSError):
            continue
        if unix_s is not None:
            fraction = (groups.get("fraction") or "0").replace(",", ".")
            lacks = tuple(name for name in ("zone", "year") if groups.get(name) is None)
            return Moment(unix_s + float(fraction), match.end(), unknown, lacks)
    return None


def parse_minute(text: str, today: datetime) -> float | None:
    """Return the Unix time of a minute as `dmesg -H` prints it; None for anything else."""
    match = _HUMAN.fullmatch(text)
    if match is None:
        return None
    groups = {**match.groupdict(), "clock": f"{match['clock']}:00"}
    try:
        return possible_time(_calendar_time(groups, today).timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def month_of(name: str) -> int | None:
    """Return the number of the month called *name*; None if none is, or if it may be two."""
    bare, months = name.rstrip(".").casefold(), _months()
    if bare in months:
        return months[bare]
    if len(bare) < _LEAST_LETTERS or bare in _ambiguous():
        return None
    # glibc cuts names for some languages where CLDR does not: `кві` of `квітня`.
    found = {number for each, number in months.items() if each.startswith(bare)}
    return found.pop() if len(found) == 1 else None


@cache
def _months() -> dict[str, int]:
    # Deferred: most logs are in English, which other modules know.
    from vexfsctl.logs.formats.calendar_names import NAMES

    return {name: number for number, names in NAMES.items() for name in "".join(names).split()}


@cache
def _ambiguous() -> frozenset[str]:
    from vexfsctl.logs.formats.calendar_names import AMBIGUOUS

    return frozenset("".join(AMBIGUOUS).split())


def _calendar_time(groups: dict[str, str | None], today: datetime) -> datetime:
    number, year = groups.get("number"), groups.get("year")
    month = int(number) if number else month_of(groups["month"] or "")
    if month is None:
        raise ValueError(groups["month"])
    hour, minute, second = map(int, (groups["clock"] or "").split(":"))
    day = int(groups["day"] or 0)
    moment = datetime(int(year or today.year), month, day, hour, minute, min(second, 59))
    if year is None and moment.replace(second=0) > today + timedelta(days=1):
        moment = moment.replace(year=today.year - 1)
    return moment


def _offset_of(zone: str | None, local: datetime) -> tuple[timedelta | None, str | None]:
    """Return how far east *zone* is, None for the reader's own; and its name if it is unknown."""
    if zone is None:
        return None, None
    if zone[0] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
        east = timedelta(hours=hours, minutes=minutes)
        return (-east if zone[0] == "-" else east), None
    known = _ZONES.get(zone)
    if known is not None:
        return timedelta(hours=known), None
    return None, None if local.astimezone().tzname() == zone else zone
