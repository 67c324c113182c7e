"""The lines of trouble about one device: nothing is lost in a count, and memory is bounded."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.analysis.devices.trouble import (
    MOST_RANGES,
    MOST_SPANS,
    Ranges,
    SectorRange,
    Timeline,
    TroubleTally,
    tells_trouble,
)
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

seconds = st.integers(0, 2**33)
sectors = st.lists(st.integers(0, 2**40) | st.integers(0, 5_000), max_size=600)


@given(st.lists(seconds, max_size=300))
def test_every_moment_is_in_a_span(times: list[int]) -> None:
    """However far apart they are, there are few spans, and they hold all of them."""
    timeline = Timeline()
    for second in times:
        timeline.add(second)

    spans = list(timeline)
    assert len(spans) <= MOST_SPANS
    assert sum(count for _, count in spans) == len(times)
    for begin, count in spans:
        assert sum(begin <= each < begin + timeline.width_s for each in times) == count


@given(sectors)
def test_every_sector_is_in_a_range(hit: list[int]) -> None:
    """Ranges do not overlap, begin and end at a sector that was hit, and count each once."""
    ranges = Ranges()
    for sector in hit:
        ranges.add(sector)

    found = list(ranges)
    assert len(found) <= MOST_RANGES
    assert sum(each.count for each in found) == len(hit)
    for each in found:
        assert {each.first, each.last} <= set(hit)
        assert sum(each.first <= sector <= each.last for sector in hit) == each.count


def test_sectors_a_page_apart_are_one_range() -> None:
    """As the kernel names them when it reads page by page."""
    ranges = Ranges()
    for sector in (4112, 4096, 4104, 9000):
        ranges.add(sector)

    assert list(ranges) == [SectorRange(4096, 4112, 3), SectorRange(9000, 9000, 1)]


def entry(evidence: KernelEvidence, origin: Origin = Origin.KERNEL) -> LogEntry:
    """Return a line of the kernel."""
    return LogEntry(LogRecord("text", "log", uptime_us=5_000_000), evidence, origin)


def test_lines_by_kind() -> None:
    """The most frequent kind first; with a date where there is one, else the uptime."""
    read = KernelEvidence(kind="block", device="sdb", sector=8, direction="read", errno=5)
    moment = datetime(2026, 8, 21, 10, 0, 30, tzinfo=UTC)
    tally = TroubleTally()
    tally.take(entry(KernelEvidence(kind="scsi", device="sdb")), KernelEvidence(kind="scsi"), None)
    for _ in range(2):
        tally.take(entry(read), read, moment)

    first, second = tally.result().kinds

    assert (first.kind, first.count, first.last) == ("block", 2, moment)
    assert [(each.begin, each.count) for each in first.spans] == [(moment.replace(second=0), 2)]
    assert (second.kind, second.first, second.first_us) == ("scsi", None, 5_000_000)
    assert [(each.uptime_s, each.count) for each in second.spans] == [(0, 1)]
    assert tally.result().sectors == (SectorRange(8, 8, 2),)


def test_what_is_no_trouble() -> None:
    """A capacity that changed, a count of lines left out, and whatever may be forged."""
    read = KernelEvidence(kind="block", device="sdb")

    assert tells_trouble(entry(read)) == read
    assert tells_trouble(entry(read, Origin.UNVERIFIED)) is None
    assert tells_trouble(entry(KernelEvidence(kind="capacity", device="sdb"))) is None
    assert tells_trouble(entry(KernelEvidence(kind="suppressed"))) is None
