"""What is found among lines that were kept undecoded is what the records say."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.reading.test_passing_over import logs, read, rendered
from vexfsctl.analysis.devices.told import TELLING, TELLING_AGAIN, TELLING_WORDS, graph_of
from vexfsctl.logs.reading.contents import Contents, Manner
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.logs.reading.wanted import (
    STATES,
    Beginning,
    OfOthers,
    OfVexfs,
    Saying,
    Since,
    Wanted,
)
from vexfsctl.logs.sieve import sieve
from vexfsctl.model.record import LogRecord

ALONE = Manner(ordered=False)
EVERY = Manner(every_record=True)
DATED_S = 1_795_900_000
"""What `logs` adds to the uptime of a record to get its date."""


def wanted() -> st.SearchStrategy[Wanted]:
    """Questions of every kind."""
    lasting: st.SearchStrategy[Wanted] = st.sampled_from(
        (
            *(STATES, OfOthers(), OfVexfs(), Saying("CORR-6F1C93A2"), Saying("sd[ab]|EXT4")),
            *(Saying("sda(?!1)", ("sda",)), Beginning(r"sd \d|EXT4|I/O", ("sd ", "EXT4", "I/O"))),
        )
    )
    times = st.none() | st.integers(0, 100)
    since = st.builds(_since, lasting, times, times)
    return lasting | since | st.builds(OfVexfs, since)


def _since(lasting: Wanted, uptime_s: int | None, time_s: int | None) -> Since:
    uptime_us = None if uptime_s is None else uptime_s * 1_000_000
    return Since(lasting, uptime_us, None if time_s is None else DATED_S + time_s)


def records(contents: Contents) -> Iterator[LogRecord]:
    """Yield what was kept of a log."""
    return (record for boot in contents.boots for record in boot.records)


def found(contents: Contents, asked: Wanted) -> list[LogRecord]:
    """Return the records that are *asked* for."""
    return [record for boot in contents.boots for record in boot.only(asked).records]


@given(logs(), st.lists(st.integers(0, 1 << 20), max_size=3), wanted())
@settings(max_examples=150, deadline=None)
def test_what_is_wanted_is_found(log: bytes, cuts: list[int], asked: Wanted) -> None:
    """Every record that is wanted, and no other that anything could be concluded from."""
    all_of_it = [record for record in records(read(log, (), EVERY)) if sieve().accepts(record)]
    expected = [record for record in all_of_it if asked.accepts(record)]

    shown = found(read(log, cuts, ALONE), asked)
    assert [record for record in shown if asked.accepts(record)] == expected


@given(logs(), st.integers(1, 4_000))
@settings(max_examples=100, deadline=None)
def test_a_log_has_an_end(log: bytes, size: int) -> None:
    """Its last records, and of those before only the wanted ones."""
    reading = LogReading((read(log, (), ALONE).into_reading("log"),))
    every, states = list(reading), list(reading.only(STATES))
    ending = reading.ending(size, before=STATES)

    if ending is not None:
        shown = list(ending)
        last = next(
            n for n in range(len(shown) + 1) if every[len(every) - len(shown) + n :] == shown[n:]
        )
        assert shown[:last] == [record for record in states if record in shown[:last]]


@pytest.mark.parametrize("count", [2, 40, 4_000])
def test_the_end_is_a_part_of_a_long_log(count: int) -> None:
    """Not of one that is shorter than that."""
    lines = (b"[%5d.000000] VexFS: line %d\n" % (n, n) for n in range(count))
    contents = read(b"".join(lines), range(0, 200_000, 50_000), ALONE)
    reading = LogReading((contents.into_reading("log"),))
    ending = reading.ending(1_000, before=STATES)

    assert len(list(reading)) == count
    if count < 100:
        assert ending is None
    else:
        assert ending is not None
        shown = list(ending)
        assert 10 <= len(shown) < count
        assert shown[-1].text == f"VexFS: line {count - 1}"


ATTACHED = st.builds(
    "{}: {}".format,
    st.sampled_from(("sd 2:0:0:0", "sd 3:0:0:0")),
    st.sampled_from(("[sdb] Attached SCSI disk", "[sdc] Attached SCSI disk", "[sdc] tag#1 FAILED")),
) | st.builds(
    "{}: {}".format,
    st.sampled_from(("ata3", "ata3.00", "nvme nvme0", "scsi host2", "scsi host3")),
    st.sampled_from(("SATA max UDMA/133", "exception Emask 0x0", "ahci", "pci function 00:01.0")),
)


@given(st.lists(ATTACHED, max_size=40), st.sampled_from((0, 4, 6)), st.booleans())
@settings(max_examples=100, deadline=None)
def test_repetitions_need_not_be_found(texts: list[str], form: int, whole: bool) -> None:
    """Without them a log tells of the same devices."""
    lines = [rendered(text, 1_000 * n, n, form) + b"\n" for n, text in enumerate(texts)]
    contents = read(b"".join(lines), (), EVERY if whole else ALONE)
    found_texts = [
        record.text for record in found(contents, Beginning(TELLING, TELLING_WORDS, TELLING_AGAIN))
    ]

    assert graph_of(found_texts) == graph_of(texts)


def test_what_a_storm_repeats_is_found_once() -> None:
    """But for what is said anew in between."""
    texts = ["sd 3:0:0:0: [sdb] tag#1 x", "sd 3:0:0:0: [sdb] tag#2 y", "sd 3:0:0:0: [sdc] tag#3 z"]
    lines = [rendered(text, n, n, 0) + b"\n" for n, text in enumerate([*texts, *texts])]
    asked = Beginning(TELLING, TELLING_WORDS, TELLING_AGAIN)

    shown = [each.text for each in found(read(b"".join(lines), (), ALONE), asked)]
    assert shown == [texts[0], texts[2], texts[0], texts[2]]
