"""A large log of which little was read at first answers like one that was read as a whole."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.generated_logs.renderings import Rendering
from bench.generated_logs.writing import Kind, write_log
from tests.host.test_incident_scope import check, other_lines, own_lines, read_log
from tests.logs.files.test_open_file import taken_over
from tests.logs.reading.test_passing_over import TODAY, rendered
from tests.logs.reading.test_passing_over import logs as mixed_logs
from vexfsctl.exceptions import LogUnreadable
from vexfsctl.host.log import HostLog
from vexfsctl.logs.files.open_file import OpenFile
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.reading.contents import Contents, Manner, read_contents
from vexfsctl.logs.reading.log import LogReading, SourceReading
from vexfsctl.logs.reading.regions import Region
from vexfsctl.logs.reading.sampling import parts_of
from vexfsctl.logs.reading.wanted import (
    IDENTIFIER,
    STATES,
    AnyOf,
    During,
    Evidence,
    Naming,
    OfOthers,
    OfVexfs,
    Saying,
    Since,
    Wanted,
)
from vexfsctl.logs.sources.reader import LogHost, read_sources
from vexfsctl.model.coverage import Gap

SMALL = {
    "contents._BEGINNING": 200,
    "contents._LARGE": 400,
    "sampling._APART": 900,
    "sampling._LOOKED_AT": 500,
    "sampling._ENDING": 300,
}
"""Sizes by which a log of a few lines is a large one."""
WITH_UPTIMES = (0, 1, 2, 5, 8, 13)
"""Of `rendered`."""
STEPS_MS = st.sampled_from((0, 1, 15, 300, 2_000, 40_000, -200))
SECOND = 1_000_000
FIRST_ID, ANOTHER_ID = (f"CORR-400000000000000{number}" for number in (1, 5))
QUESTIONS: tuple[Wanted, ...] = (
    STATES,
    Saying(""),
    Saying("rejected|breaker"),
    Saying(f"{FIRST_ID} error", (FIRST_ID,)),
    Naming(frozenset((FIRST_ID, ANOTHER_ID))),
    OfOthers(),
    OfOthers("CORR-"),
    OfVexfs(),
    Since(STATES, uptime_us=400 * SECOND),
    Since(OfOthers(), time_s=1_795_900_300.0),
    During(Evidence(), (200 * SECOND, 320 * SECOND)),
    During(Evidence(), None, (1_795_900_200.0, 1_795_900_320.0)),
    During(Evidence(), (200 * SECOND, 320 * SECOND), (1_795_900_200.0, 1_795_900_320.0)),
    During(Saying("breaker"), (300 * SECOND, math.inf), or_undated=True),
    During(Saying("breaker"), None, (0.0, 1_795_900_320.0), or_undated=True),
    AnyOf(STATES, Naming(frozenset((ANOTHER_ID,))), During(Evidence(), (0, 150 * SECOND))),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of a few lines is a large one."""
    make_small(monkeypatch)


def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a log of a few lines for a large one."""
    for name, size in SMALL.items():
        monkeypatch.setattr(f"vexfsctl.logs.reading.{name}", size)


@st.composite
def steady_logs(draw: st.DrawFn) -> bytes:
    """Draw a log of one boot and one form."""
    lines: list[bytes] = []
    time_ms = 100_000
    form = draw(st.sampled_from(WITH_UPTIMES))
    ordinary = st.just("eth0: link becomes ready")
    texts = st.lists(own_lines() | other_lines() | ordinary, min_size=20, max_size=120)
    for number, text in enumerate(draw(texts)):
        time_ms = max(0, time_ms + draw(STEPS_MS))
        lines.append(rendered(text, time_ms * 1_000 + number, number, form) + b"\n")
    return b"".join(lines)


def open_file(text: bytes) -> OpenFile:
    """Return *text* as a file."""
    with TemporaryFile() as file:
        file.write(text)
        file.flush()
        return OpenFile(os.dup(file.fileno()), 20.0)


def search(text: bytes) -> Contents:
    """Return *text* as a file of which few records will be asked for."""
    chunks = (text[at : at + 333] for at in range(0, len(text), 333))
    manner = Manner(ordered=False, searched=True)
    return read_contents(chunks, "log", TODAY, manner, None, lambda taken: open_file(text))


def regions_of(contents: Contents | SourceReading) -> list[Region]:
    """Return what was not read at first."""
    parts = (part for boot in contents.boots for part in boot.parts)
    return [region for part in parts for region in part.regions]


def log_of(contents: Contents) -> HostLog:
    """Return *contents* as a log that was read."""
    return HostLog(LogReading((contents.into_reading("log"),)), {})


def assert_same(searched: HostLog, read: HostLog) -> None:
    """Ask both the same."""
    assert searched.reading.last == read.reading.last
    assert searched.reading.boot_ids == read.reading.boot_ids
    assert len(searched.reading.sources[0].boots) == len(read.reading.sources[0].boots)
    for question in QUESTIONS:
        found, expected = (
            [record for record in log.reading.only(question) if question.accepts(record)]
            for log in (searched, read)
        )
        assert found == expected, question
    assert list(searched.entries) == list(read.entries)
    assert searched.reading.coverage() == read.reading.coverage()


AN_ID_OF_TWO_LOADS = b"""\
[  222.016005] VexFS: [CORR-4000000000000002] error vol=loop1 op=storage call=read \
err=IoError.ReadError errno=EIO sev=high attempt=1/3 off=4096 len=131072 msg=x
[  224.316007] VexFS: state vol=loop1 epoch=6 from=uninitialized to=initialized driver=fuse \
version=1.0
[  346.491020] VexFS: state vol=loop0 epoch=2 from=uninitialized to=initialized driver=fuse \
version=1.0
[  430.257047] VexFS: [CORR-4000000000000002] recovered vol=loop0 op=storage call=fsync \
attempts=2 dur_us=1000
[  481.160061] VexFS: [CORR-4000000000000002] breaker vol=loop1 op=storage from=closed to=open \
generation=2 failures=5/5 window_ms=10000 trips=1
"""


@given(steady_logs())
@example(AN_ID_OF_TWO_LOADS)
@settings(max_examples=75, deadline=None)
def test_questions_about_a_random_log(text: bytes) -> None:
    """Of one boot: about records, and about every incident by all names."""
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        log = log_of(search(text))
        assert_same(log, read_log(text))
        check(log)


@given(steady_logs(), st.integers(1, 4_000))
@settings(max_examples=50, deadline=None)
def test_the_end_of_a_random_log(text: bytes, size: int) -> None:
    """With the states before it."""
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        ending = log_of(search(text)).reading.ending(size, before=STATES)
    if ending is None:
        return
    found, whole = [*ending], [*read_log(text).reading]
    for states in (True, False):
        part, expected = (
            [record for record in records if STATES.accepts(record) is states]
            for records in (found, whole)
        )
        assert part == expected[len(expected) - len(part) :]
        assert not states or part == expected


@given(mixed_logs())
@settings(max_examples=100, deadline=None)
def test_nothing_is_left_out_or_read_twice(text: bytes) -> None:
    """Whatever the log is: what is read and what is not are all of it, cut between lines."""
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        file = open_file(text)
        reading = Reading("log", None, TODAY.replace(tzinfo=None))
        parts = [*parts_of(file, 0, lambda: reading)]
    texts = [part if isinstance(part, bytes) else file.read(part.start, part.end) for part in parts]
    assert b"".join(texts) == text
    for part, piece, after in zip(parts, texts, [*texts[1:], b""], strict=False):
        assert isinstance(part, bytes) or piece.endswith(b"\n")
        assert isinstance(part, bytes) or not after.startswith(b" ")


def dmesg(lines: Iterator[tuple[int, str]]) -> bytes:
    """Return lines of dmesg from their uptimes (µs) and texts."""
    return b"".join(rendered(text, time, 0, 0) + b"\n" for time, text in lines)


def ordinary(begin_s: int, count: int) -> Iterator[tuple[int, str]]:
    """Yield lines of another part of the kernel, one a second."""
    return (((begin_s + at) * SECOND, f"docker0: port {at} entered") for at in range(count))


STATE = "VexFS: state vol=loop0 epoch={} from=uninitialized to=initialized driver=fuse version=1"


@pytest.mark.usefixtures("small")
def test_a_restart_is_seen_wherever_it_is() -> None:
    """Three boots, whose records are not mistaken for each other's."""
    text = b"".join(
        dmesg(iter([(number, STATE.format(number)), *ordinary(1, 300)])) for number in range(3)
    )
    contents = search(text)
    assert len(contents.boots) == 3
    assert len(regions_of(contents)) > 20
    assert_same(log_of(contents), read_log(text))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("before", range(40, 60))
def test_a_restart_between_two_samples(before: int) -> None:
    """Wherever these are: uptimes are higher soon, but the dates do not fit to that."""
    first = [rendered(f"port {at} entered", at * SECOND, 0, 8) for at in range(before)]
    later = [
        rendered(f"port {at} left", (3_600 + 20 * at) * SECOND, 0, 8).replace(
            f"[{3_600 + 20 * at:5d}.".encode(), f"[{20 * at:5d}.".encode()
        )
        for at in range(100)
    ]
    text = b"\n".join([*first, *later, b""])
    contents = search(text)
    assert len(contents.boots) == 2
    assert regions_of(contents)
    assert_same(log_of(contents), read_log(text))


@pytest.mark.usefixtures("small")
def test_what_is_torn_around_an_incident() -> None:
    """It is said once the lines around it were looked at; elsewhere nobody looks."""
    lines = [dmesg(iter([each])) for each in ordinary(0, 400)]
    lines[200] = b"[  200.0000\n"
    text = b"".join(lines)
    reading = log_of(search(text)).reading
    assert regions_of(search(text))
    assert reading.coverage().gaps == ()

    assert [*reading.only(During(Evidence(), (0, 100 * SECOND)))] == []
    assert reading.coverage().gaps == ()
    assert [*reading.only(During(Evidence(), (190 * SECOND, 210 * SECOND)))] == []
    assert reading.coverage().gaps == (Gap("log", "torn", 1),)
    assert reading.coverage(198 * SECOND).gaps == (Gap("log", "torn", 1),)
    assert reading.coverage(202 * SECOND).gaps == ()


@pytest.mark.usefixtures("small")
def test_truncated_before_it_was_searched(tmp_path: Path) -> None:
    """The message names the log."""
    path = tmp_path / "kern.log"
    # More than a child reads ahead.
    path.write_bytes(dmesg(ordinary(0, 120_000)))
    contents = read_contents(
        iter([path.read_bytes()[:300]]),
        *(str(path), TODAY, Manner(ordered=False, searched=True), None),
        lambda taken: OpenFile(os.open(path, os.O_RDONLY), 20.0),
    )
    os.truncate(path, 5_000)
    reading = LogReading((contents.into_reading("log"),))
    with pytest.raises(LogUnreadable) as caught:
        list(reading.only(STATES))
    assert caught.value.message == f"cannot read {path}: it was truncated while it was read"


@pytest.mark.parametrize(
    ("kind", "rendering"),
    [
        (Kind.SPARSE, Rendering.DMESG),
        (Kind.OWN, Rendering.SYSLOG),
        (Kind.STORM, Rendering.DMESG),
        (Kind.SPARSE, Rendering.JOURNAL),
    ],
)
def test_a_large_log(kind: Kind, rendering: Rendering, tmp_path: Path) -> None:
    """As it is: most of it is not read before something is asked, but for forms without uptimes
    in every line."""
    log = write_log(tmp_path / "log", kind, rendering, 34 << 20, seed=3)
    host = LogHost(today=log.ends, silence_s=20.0)
    searched, read = (
        read_sources([str(log.path)], host, Manner(searched=each)) for each in (True, False)
    )
    left_out = sum(region.size for region in regions_of(searched.sources[0]))
    can_be_searched = rendering is not Rendering.JOURNAL and taken_over(log.path) is not None
    assert (left_out > 31 << 20) is can_be_searched
    middle = next(iter(read.only(Saying("CORR-[4-7]", ("CORR-",))))).text
    (identifier,) = IDENTIFIER.findall(middle)[:1]
    end_us = read.last.uptime_us if read.last is not None and read.last.uptime_us else 0
    for question in (
        STATES,
        Naming(frozenset((identifier,))),
        Saying("breaker vol=", ("breaker",)),
        Since(STATES, uptime_us=end_us - 600 * SECOND),
        During(Evidence(), (end_us // 2, end_us // 2 + 60 * SECOND)),
    ):
        found, expected = (
            [record for record in log.only(question) if question.accepts(record)]
            for log in (searched, read)
        )
        assert found == expected
    assert searched.coverage() == read.coverage()
    assert searched.last == read.last


@pytest.mark.usefixtures("small")
def test_boots_that_the_log_names() -> None:
    """What was not read is of the boot that was named last before it."""
    half = b"".join(
        rendered(text, time, 0, 13) + b"\n"
        for time, text in ((at * SECOND, f"VexFS: [{FIRST_ID}] x {at}") for at in range(300))
    )
    marks = [b"-- Boot " + letter * 32 + b" --\n" for letter in (b"a", b"b")]
    text = b"".join(mark + half for mark in marks)
    contents = search(text)
    assert len(regions_of(contents)) > 20
    assert_same(log_of(contents), read_log(text))


@pytest.mark.usefixtures("small")
def test_a_record_of_several_lines() -> None:
    """It is found though only one of its lines has what is asked for."""
    entry = (
        b"__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1795900200000000\n"
        b"__MONOTONIC_TIMESTAMP=200000000\n_TRANSPORT=kernel\n"
        b"MESSAGE=VexFS: [CORR-4000000000000005] error vol=loop0 op=storage call=read err=x\n\n"
    )
    lines = [dmesg(iter([each])) for each in ordinary(0, 400)]
    text = b"".join((*lines[:200], entry, *lines[200:]))
    searched, read = log_of(search(text)).reading, read_log(text).reading
    question = Naming(frozenset((ANOTHER_ID,)))
    assert [*searched.only(question)] == [*read.only(question)] != []


ERROR = f"VexFS: [{ANOTHER_ID}] error vol=loop0 op=storage call=read err=x".encode()
ODD = {
    "wrapped by a mailer": (
        b"[  200.000001] sd 3:0:0:0: [sdb] 976773168 512-byte logical blocks:\n(500 GB/466 GiB)\n"
    ),
    "of an unknown form": b"x|[  200.000001] " + ERROR + b"\n",
    "with something before it": b"> [  200.000001] x\n> [  200.000002] " + ERROR + b"\n",
    "of several lines": b"[  200.000001] one\n               " + ERROR + b"\n",
    "quoted by a program": b"Nov 29 10:00:00 host sshd[1]: x\n [  200.000001] " + ERROR + b"\n",
    "in colour": b"\x1b[32m[  200.000001] \x1b[0m" + ERROR + b"\n",
    "indented": b"   [  200.000001] " + ERROR + b"\n",
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_lines_of_another_form(odd: bytes) -> None:
    """They are read with those around them, wherever that is in a log whose form is another."""
    lines = [dmesg(iter([each])) for each in ordinary(0, 400)]
    text = b"".join((*lines[:200], odd, *lines[200:]))
    contents = search(text)
    middle = text.index(odd)
    assert any(each.start < middle < each.end for each in regions_of(contents))
    assert_same(log_of(contents), read_log(text))


@pytest.mark.usefixtures("small")
def test_what_should_be_known_of_lines_around_an_incident() -> None:
    """As of what is torn: of those that were looked at."""
    lines = [dmesg(iter([each])) for each in ordinary(0, 400)]
    lines[200] = lines[266] = b"rubbish\n"
    reading = log_of(search(b"".join(lines))).reading
    assert reading.coverage().notes == ()
    for second, count in ((200, 1), (266, 2)):
        assert [*reading.only(During(Evidence(), (second * SECOND, second * SECOND)))] == []
        assert reading.coverage().notes == (Gap("log", "not_read", count),)
