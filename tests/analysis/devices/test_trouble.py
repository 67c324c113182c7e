"""The lines of trouble about one device: nothing is lost in a count, and memory is bounded."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.analysis.devices.trouble import (
    MOST_RANGES,
    DeviceTrouble,
    Ranges,
    SectorRange,
    TroubleTally,
)
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence
from vexfsctl.model.record import LogRecord

sectors = st.lists(st.integers(0, 2**40) | st.integers(0, 5_000), max_size=600)


@given(sectors)
def test_every_sector_is_in_a_range(hit: list[int]) -> None:
    """Ranges do not overlap, begin and end at a sector that was hit, and count each once."""
    ranges = Ranges()
    for sector in hit:
        ranges.add(sector)

    found, scattered = ranges.result()
    assert len(found) <= MOST_RANGES
    for each in found:
        assert {each.first, each.last} <= set(hit)
        assert sum(each.first <= sector <= each.last for sector in hit) == each.count
    kept = sum(each.count for each in found)
    assert kept + (0 if scattered is None else scattered.count) == len(hit)
    assert (scattered is None) == (kept == len(hit))


def test_sectors_a_page_apart_are_one_range() -> None:
    """As the kernel names them when it reads page by page."""
    ranges = Ranges()
    for sector in (4112, 4096, 4104, 9000):
        ranges.add(sector)

    assert ranges.result() == ((SectorRange(4096, 4112, 3), SectorRange(9000, 9000, 1)), None)


def test_what_was_hit_most_of_a_disk_with_errors_all_over() -> None:
    """Places 1 MiB apart are told apart; the others are counted."""
    ranges = Ranges()
    for number in range(20_000):
        ranges.add(number * 1_000_003)
        if number % 100 == 0:
            ranges.add(5_000_000 + number)

    found, scattered = ranges.result()

    assert max(found, key=lambda each: each.count) == SectorRange(5_000_000, 5_019_900, 201)
    assert scattered is not None
    assert sum(each.count for each in found) + scattered.count == 20_200
    trouble = DeviceTrouble(sectors=found, scattered=scattered).most_hit(1)
    assert [each.count for each in trouble.sectors] == [201]
    assert trouble.scattered is not None
    assert (trouble.scattered.first, trouble.scattered.count) == (0, 19_999)


def entry(evidence: KernelEvidence, origin: Origin = Origin.KERNEL) -> LogEntry:
    """Return a line of the kernel."""
    return LogEntry(LogRecord("text", "log", uptime_us=5_000_000), evidence, origin)


MOMENT = datetime(2026, 8, 21, 10, 0, 30, tzinfo=UTC)
READ = KernelEvidence(kind="block", device="sdb", sector=8, direction="read", errno=5)
RESET = KernelEvidence(kind="scsi", device="scsi:1:0:0:0")
FAILED = KernelEvidence(
    kind="md", device="md2", member="sdb", sector=4096, sector_on_member=True, errno=5
)


def test_lines_by_kind() -> None:
    """The most frequent kind first; with a date where there is one, else the uptime."""
    tally = TroubleTally({"scsi:1:0:0:0": "sdb", "sdb": "sdb"}.__getitem__)
    tally.take(entry(RESET), RESET, None)
    for _ in range(2):
        tally.take(entry(READ), READ, MOMENT)

    first, second = tally.result()["sdb"].kinds

    assert (first.kind, first.count, first.last) == ("block", 2, MOMENT)
    assert (first.over_time.begin, first.over_time.counts) == (MOMENT, (2,))
    assert (second.kind, second.first, second.first_us) == ("scsi", None, 5_000_000)
    assert (second.over_time.counts, second.over_time.untimed) == ((0,), 1)
    assert tally.result()["sdb"].sectors == (SectorRange(8, 8, 2),)


def test_array_and_member_have_the_trouble() -> None:
    """The sector counts on one of them."""
    tally = TroubleTally()

    assert tally.take(entry(FAILED), FAILED, MOMENT) == ("md2", "sdb")

    found = tally.result()
    assert {name: each.count for name, each in found.items()} == {"md2": 1, "sdb": 1}
    assert (found["md2"].sectors, found["sdb"].sectors) == ((), (SectorRange(4096, 4096, 1),))


def test_spans_are_the_same_for_all() -> None:
    """So that bars can be compared: later trouble of another device is in the same place."""
    tally = TroubleTally()
    tally.take(entry(READ), READ, MOMENT)
    tally.take(entry(FAILED), FAILED, MOMENT + timedelta(seconds=2))

    counts = {name: each.kinds[0].over_time.counts for name, each in tally.result().items()}

    assert counts == {"sdb": (1, 0, 0), "md2": (0, 0, 1)}


def test_trouble_that_no_device_is_named_for() -> None:
    """A task that is stuck."""
    stuck = KernelEvidence(kind="hung_task", task="fio:4242")
    tally = TroubleTally()

    assert tally.take(entry(stuck), stuck, None) == ()
    assert tally.result()[None].count == 1


def test_what_is_no_trouble() -> None:
    """What is routine or a repair, a count of lines left out, and whatever may be forged."""
    assert entry(READ).trouble == READ
    assert entry(READ, Origin.UNVERIFIED).trouble is None
    for significance in (EvidenceSignificance.ROUTINE, EvidenceSignificance.REPAIR):
        quiet = KernelEvidence(kind="scsi", device="sdb", significance=significance)
        assert entry(quiet).trouble is None
    assert entry(KernelEvidence(kind="suppressed", lost=3)).trouble is None
