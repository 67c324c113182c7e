"""Samples of a large log: a few lines at places far apart, from which the rest is known enough.

What lies between two samples is a region of its own (`regions`) if both are of the same form and
time went on between them as clocks do. Everywhere else the machine may have been restarted, a clock
may have been set, or the log is not what it seems, so all lines there are read.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from vexfsctl.logs.reading.boots import REORDERING_US
from vexfsctl.logs.reading.regions import Region
from vexfsctl.logs.stretches.finder import StretchFinder
from vexfsctl.logs.stretches.forms import PlainForm

if TYPE_CHECKING:
    from vexfsctl.logs.files.open_file import OpenFile
    from vexfsctl.logs.formats.renderings import Reading

_APART = 1 << 19
"""Bytes from one sample to the next, at least."""
_MOST = 1 << 15
"""Samples of a file."""
_LOOKED_AT = 2048
"""Bytes that are read of each."""
_ENDING = 1 << 20
"""Bytes at the end of the file that are read in any case."""
_REORDERING_S = REORDERING_US / 1e6
_DRIFT = 1e-3
"""The clock that uptimes are read from (sched_clock) is not disciplined by NTP, as dates are."""
_CHUNK = 1 << 18


class Sample(NamedTuple):
    """Some lines, and what they tell of those around them."""

    start: int
    """Offset of the first line."""
    next: int
    """Offset of the second."""
    form: PlainForm
    uptime_us: int
    """Of the first record that has one."""
    time_s: float | None
    """Unix time of the same; None if lines have no dates."""

    def leads_to(self, later: "Sample") -> bool:
        """Whether, by what these show, all between them is of one boot and one run of the clock."""
        if self.form is not later.form or later.uptime_us < self.uptime_us - REORDERING_US:
            return False
        if self.time_s is None or later.time_s is None:
            return self.time_s is later.time_s
        passed_s = (later.uptime_us - self.uptime_us) / 1e6
        drift_s = _REORDERING_S + abs(passed_s) * _DRIFT
        return abs(later.time_s - self.time_s - passed_s) <= drift_s

    def region_to(self, later: "Sample", start: int, file: "OpenFile", by: "Reading") -> Region:
        """Return what is between the two, from the offset *start* on."""
        times_s = None
        if self.time_s is not None and later.time_s is not None:
            times_s = self.time_s - _REORDERING_S, later.time_s + _REORDERING_S
        return Region(
            *(file, start, later.start, self.form.name, by),
            uptimes=(self.uptime_us - REORDERING_US, later.uptime_us + REORDERING_US),
            time_bounds_s=times_s,
        )


def parts_of(
    file: "OpenFile", start: int, reading: "Callable[[], Reading]"
) -> Iterator[bytes | Region]:
    """Yield what *file* has from the offset *start* on: bytes to be read, regions to be left out.

    A region begins and ends with a line. *reading* returns what is known of the source by what was
    yielded so far. Raises LogUnreadable.
    """
    at = start
    in_region = False
    for one, other in pairwise(_samples(file, start, reading())):
        if one is None or other is None or not one.leads_to(other):
            in_region = False
            continue
        if not in_region:
            # The line before a region is read: if there was a restart before, it shows that.
            yield from _chunks(file, at, one.next)
            at, in_region = one.next, True
        yield one.region_to(other, at, file, reading())
        at = other.start
    yield from _chunks(file, at, file.size)


def _samples(file: "OpenFile", start: int, reading: "Reading") -> Iterator[Sample | None]:
    finder = StretchFinder()
    apart = max(_APART, (file.size - start) // _MOST)
    for offset in range(start, file.size - _ENDING, apart):
        yield _sample(file, offset, reading, finder)


def _sample(
    file: "OpenFile", offset: int, reading: "Reading", finder: StretchFinder
) -> Sample | None:
    """Return the one after *offset*; None if what is there is not lines of one suitable form."""
    around = file.read(offset, min(offset + _LOOKED_AT, file.size))
    begin, end = around.find(b"\n") + 1, around.rfind(b"\n") + 1
    text = around[begin:end]
    first = text.find(b"\n") + 1
    # Of one line, it would not be known whether the next one goes on with it.
    stretches = finder.find(text, text.lower(), 0, len(text), reading) if first < len(text) else []
    if len(stretches) != 1 or stretches[0].end < len(text):
        return None
    (stretch,) = stretches
    form = stretch.form
    if form.numbered or form.names_boot:
        return None
    record = stretch.first_with_uptime
    if record is None or record.uptime_us is None:
        return None
    return Sample(
        start=offset + begin,
        next=offset + begin + first,
        form=form,
        uptime_us=record.uptime_us,
        time_s=record.wall_time_s,
    )


def _chunks(file: "OpenFile", start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, _CHUNK):
        yield file.read(at, min(at + _CHUNK, end))
