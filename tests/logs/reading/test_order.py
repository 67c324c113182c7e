"""Records of several sources in one order."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import recorded
from vexfsctl.logs.reading.boots import Boot, BootSplitter
from vexfsctl.logs.reading.log import merge_by_time
from vexfsctl.model.record import LogRecord


def split_boots(records: Iterable[LogRecord]) -> tuple[Boot, ...]:
    """Cut *records* of one source where the machine was restarted."""
    splitter = BootSplitter()
    for record in records:
        splitter.take(record)
    return splitter.boots()


def record(text: str, uptime_us: int | None, sequence: int | None = None) -> LogRecord:
    """Return a record of which only text, time and number matter."""
    return LogRecord(text, "log", uptime_us, sequence=sequence)


def texts(records: tuple[LogRecord, ...]) -> str:
    """Return the texts in one word."""
    return "".join(item.text for item in records)


def merged(*sources: list[LogRecord]) -> tuple[LogRecord, ...]:
    """Return the records of all sources in one order."""
    return tuple(merge_by_time([split_boots(records) for records in sources]))


def test_sources_are_woven_together_by_uptime() -> None:
    """The driver's file and the kernel's log make one story."""
    driver = [record("b", 20, 0), record("d", 40, 1)]
    kernel = [record("a", 10, 7), record("c", 30, 8), record("e", 50, 9)]

    assert texts(merged(driver, kernel)) == "abcde"


def test_a_source_keeps_its_own_order() -> None:
    """The clock of a starting kernel jumps back; a record without time stays where it stands."""
    assert texts(merged([record("a", 900), record("b", 0), record("c", None)])) == "abc"


def test_sources_without_uptimes_are_woven_together_by_wall_clock() -> None:
    """Syslog files and the journal have that."""

    def dated(text: str, wall_time_s: float) -> LogRecord:
        return LogRecord(text, "log", wall_time_s=wall_time_s)

    assert texts(merged([dated("a", 1), dated("c", 3)], [dated("b", 2)])) == "abc"


def test_a_real_boot_is_one_boot() -> None:
    """The jump back of a calibrated clock is no second boot, with record numbers or without."""
    for capture in ("vexfs/head_normal.kmsg", "vexfs/head_normal.dmesg"):
        assert len(split_boots(recorded(capture))) == 1


def test_numbers_and_time_that_fall_back_are_a_new_boot() -> None:
    """A new epoch of a driver begins at 0 too, but time goes on."""
    first = [record("a", 100, 0), record("b", 200, 1)]
    new_epoch = [record("c", 300, 0)]
    new_boot = [record("d", 50, 0), record("e", 60, 1)]

    boots = split_boots([*first, *new_epoch, *new_boot])

    assert [list(boot.records) for boot in boots] == [[*first, *new_epoch], new_boot]
    assert [boot.last for boot in boots] == [new_epoch[-1], new_boot[-1]]


def test_text_without_numbers_is_cut_where_time_falls_back_far() -> None:
    """More than five seconds back is a new boot."""
    boots = split_boots([record("a", 9_000_000), record("b", 8_500_000), record("c", 0)])
    assert [texts(tuple(boot.records)) for boot in boots] == ["ab", "c"]


def test_boots_are_compared_from_the_last() -> None:
    """What a file holds of an earlier boot comes before everything of this one."""
    file = [record("a", 500, 0), record("b", 10, 0), record("d", 30, 1)]
    kernel = [record("c", 20, 3)]

    assert texts(merged(file, kernel)) == "abcd"


@given(st.lists(st.lists(st.integers(0, 10**9) | st.none(), max_size=8), max_size=4))
def test_nothing_is_lost_or_reordered(sources: list[list[int | None]]) -> None:
    """The merged records are those of the sources, each in its own order."""
    named = [
        [record(f"{at}/{index}", uptime) for index, uptime in enumerate(times)]
        for at, times in enumerate(sources)
    ]

    everything = merged(*named)

    for at, records in enumerate(named):
        assert [item for item in everything if item.text.startswith(f"{at}/")] == records
    assert len(everything) == sum(map(len, named))
