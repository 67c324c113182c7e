"""Records that are counted together: whoever counts errors concludes the same."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.reading.test_passing_over import logs, read, rendered
from vexfsctl.analysis.errors.groups import ErrorGroups, GroupKey, NoiseGroups, Sighting
from vexfsctl.analysis.upstream.health import UpstreamWatch
from vexfsctl.analysis.window import Window
from vexfsctl.logs.interpret import LogEntries
from vexfsctl.logs.reading.contents import Contents, Manner
from vexfsctl.logs.reading.log import LogReading

COUNTED = Manner(ordered=False, evidence=False, counted=True)
ONE_BY_ONE = Manner(ordered=False, evidence=False)
ALL_BUT_TIMES = tuple(key for key in GroupKey if key not in (GroupKey.MINUTE, GroupKey.HOST))
KEYS = ((), ALL_BUT_TIMES, (GroupKey.SEVERITY, GroupKey.ERROR), (GroupKey.VOLUME,))
SITES = ("read_file", "lookup_inode")
OTHERS = (
    "VexFS: Initializing SAFE FFI module v1.0.0 with memory management",
    "VexFS: SAFE FFI module unloaded successfully",
    "VexFS: State transition 1 -> 3",
    "VexFS: Starting put_super cleanup",
    "VexFS: put_super cleanup completed",
    "VexFS: Memory leak detected: 192 bytes at 00000000c0ffee00 from memory_pool_block"
    " (age: 76 jiffies)",
    "VexFS: state vol=loop0 epoch=1 from=uninitialized to=initialized driver=fuse version=1",
    "VexFS: state vol=loop0 epoch=2 from=initialized to=error driver=fuse version=1",
    "VexFS: suppressed vol=loop0 calls=3 errors=4 interval_ms=5000",
    "usb 1-1: new high-speed USB device number 5 using xhci_hcd",
    "a line with VexFS in it, and a \0",
    "a line with \1 in it",
    "VexFS: a line with \1 in it",
    "[    1.000000] VexFS: [CALL-3] FFI call read_file succeeded",
    "host kernel: [    1.000000] VexFS: [CALL-3] FFI call read_file succeeded",
    "VexFS",
    "VexFS-fuse: ready",
    "VexFSFuse: ready",
    "VexFSfuse: ready",
    "VexFS] FFI call read_file succeeded",
    "VexFS: ] FFI call read_file succeeded",
    "VexFS: [CALL-3]FFI call read_file succeeded",
    "VexFS: [CALL-03] FFI call read_file succeeded",
    "VexFS: [CALL-0] Starting FFI call read_file",
    "VexFS error vol=loop0 op=file call=read err=IoError.ReadError errno=EIO sev=high"
    " attempt=1/3 msg=x",
    "VexFS: error vol=loop0 op=file call=read err=IoError.ReadError errno=EIO sev=high"
    " attempt=1/3 msg=x",
    "VexFS: [CORR-6F1C93A20000002A]error vol=loop0 op=file call=read",
    "VexFS: [CORR-6F1C93A20000002A0] timeout vol=loop0 op=sync call=fsync limit_ms=5000",
    "VexFS: [CORR-6F1C93A20000002A] timeout vol=loop0 op=sync call=fsync limit_ms=5000 ino=7x",
    "VexFS: [CORR-6F1C93A20000002B] retry vol=loop0 op=file call=read attempt=2/3 delay_ms=9"
    " parent=CORR-6F1C93A20000002A",
)
KMSG = 4
"""The form of `rendered` whose records may have metadata."""
SPACE = "usb 1-1: " + "x" * 1_000


def calls() -> st.SearchStrategy[str]:
    """Lines about calls, whose numbers may repeat, be missing, or come in any order."""

    def line(site: str, number: int, what: int, code: int) -> str:
        identifier = f"CORR-{number:016X}"
        return (
            f"VexFS: [CALL-{number}] Starting FFI call {site}",
            f"VexFS: [CALL-{number}] FFI call {site} succeeded",
            f"VexFS: [CALL-{number}] FFI call {site} failed: {code} (failure rate: 50%),"
            " using fallback",
            f"VexFS: [CALL-{number}] FFI call {site} blocked by circuit breaker, using fallback",
            f"VexFS FFI WARNING: [{identifier}] {site} failed: Circuit breaker open -"
            " operation blocked",
            f"VexFS FFI WARNING: [{identifier}] put_super failed: Circuit breaker open -"
            " operation blocked",
            f"VexFS: [{identifier}] error vol=loop0 op=file call=read err=IoError.ReadError"
            f" errno=EIO sev=high attempt=1/3 ino={number} off={code * -512} msg=x",
            f"VexFS: [{identifier}] error vol=loop0 op=file call=read err=IoError.ReadError"
            f" errno=EIO sev=high attempt=1/3 off={number} msg=x",
            f"VexFS: [{identifier}] timeout vol=loop0 op=sync call=fsync limit_ms=5000",
            f"VexFS: [{identifier}] recovered vol=loop0 op=sync call=fsync attempts=2 dur_us=7",
            f"VexFS: [{identifier}] recovered vol=loop0 op=sync call=fsync attempts=2 ino=7",
        )[what]

    numbers = st.integers(1, 6) | st.integers(1, 60)
    return st.builds(
        line, st.sampled_from(SITES), numbers, st.integers(0, 10), st.sampled_from((-1, -2, -5))
    )


def rising() -> st.SearchStrategy[list[str]]:
    """Calls as a healthy module logs them: numbered one after the other, each with its end."""

    def lines(first: int, count: int, late: int) -> list[str]:
        told = [
            text
            for number in range(first, first + count)
            for text in (
                f"VexFS: [CALL-{number}] Starting FFI call read_file",
                f"VexFS: [CALL-{number}] FFI call read_file succeeded",
            )
        ]
        return told[late:] + told[:late] if late < 3 else told

    return st.builds(lines, st.integers(1, 40), st.integers(1, 12), st.integers(0, 8))


@st.composite
def busy_logs(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a log that is full of VexFS."""
    few = st.lists(calls() | st.sampled_from(OTHERS), max_size=12)
    texts = [text for part in draw(st.lists(rising() | few, max_size=8)) for text in part]
    apart = draw(st.sampled_from((0, 0, 1, 5)))
    texts = [each for text in texts for each in (text, *[SPACE] * apart)]
    form = draw(st.sampled_from((0, 1, 2, 4, 5, 8)))
    step_us = draw(st.sampled_from((1_000, 400_000, 7_000_000)))
    end = draw(st.sampled_from((b"\n", b"\n", b"\r\n")))
    lines = [rendered(text, at * step_us, at, form) for at, text in enumerate(texts)]
    if form == KMSG:
        for at in draw(st.lists(st.integers(0, len(lines)), max_size=2)):
            lines.insert(at, b" SUBSYSTEM=block")
    return end.join(lines) + end


def conclusions(contents: Contents) -> object:
    """Return what `errors` concludes."""
    reading = LogReading((contents.into_reading("log"),))
    groups = [ErrorGroups(keys) for keys in KEYS]
    noise, upstream = NoiseGroups(), UpstreamWatch(Window(0, 0))
    for entry in LogEntries(reading):
        upstream.take(entry)
        sighting = Sighting(entry, None, False)
        noise.take(sighting)
        for each in groups:
            each.take(sighting)
    return [each.result() for each in groups], noise.result(), upstream.result()


def alike(log: bytes, cuts: Sequence[int]) -> None:
    """Assert that counting changes no conclusion."""
    assert conclusions(read(log, cuts, COUNTED)) == conclusions(read(log, cuts, ONE_BY_ONE))


@given(busy_logs(), st.lists(st.integers(0, 1 << 20), max_size=3))
@settings(max_examples=150, deadline=None)
def test_a_busy_log_is_counted_as_it_is_read(log: bytes, cuts: list[int]) -> None:
    """Groups, noise and call sites, whatever order the calls are in."""
    alike(log, cuts)


@given(logs(), st.lists(st.integers(0, 1 << 20), max_size=3))
@settings(max_examples=50, deadline=None)
def test_any_log_is_counted_as_it_is_read(log: bytes, cuts: list[int]) -> None:
    """Other forms, several boots and torn lines too."""
    alike(log, cuts)


def test_a_phrase_is_kept_twice() -> None:
    """However often a healthy module says it: the first record, and the last."""
    texts = [
        text
        for number in range(1, 5_001)
        for text in (
            f"VexFS: [CALL-{number}] Starting FFI call read_file",
            f"VexFS: [CALL-{number}] FFI call read_file succeeded",
        )
    ]
    log = b"".join(rendered(text, at * 10, at, 0) + b"\n" for at, text in enumerate(texts))

    contents = read(log, (), COUNTED)

    kept = [record for boot in contents.boots for record in boot.records]
    assert sum(record.weight for record in kept) == len(texts)
    # The last record of a block may be gone on with, so its call is told one by one.
    assert [record.text for record in kept] == [texts[0], texts[1], *texts[-4:]]


def test_few_lines_among_many_are_counted_too() -> None:
    """Where the lines of VexFS are far apart, only they are looked at."""
    texts = ["VexFS: Starting put_super", "VexFS: what an odd line"] * 20
    spread = [each for text in texts for each in (text, *[SPACE] * 10)]
    log = b"".join(rendered(text, at * 10, at, 5) + b"\n" for at, text in enumerate(spread))

    contents = read(log, (), COUNTED)

    kept = [record for boot in contents.boots for record in boot.records]
    assert [(record.text, record.weight) for record in kept] == [
        ("VexFS: Starting put_super", 20),
        ("VexFS: what an odd line", 20),
        ("VexFS: Starting put_super", 0),
        ("VexFS: what an odd line", 0),
    ]


def test_lines_that_all_differ_are_counted_too() -> None:
    """More phrases than are held at a time: each stands for itself."""
    texts = [
        f"VexFS: Trying to free invalid block {number}" if number % 2 else f"VexFS: what {number}"
        for number in range(21_000)
    ]
    log = b"".join(rendered(text, at, at, 0) + b"\n" for at, text in enumerate(texts))

    contents = read(log, range(0, len(log), 1 << 18), COUNTED)

    kept = [record for boot in contents.boots for record in boot.records]
    assert [record.text for record in kept] == texts
    assert sum(record.weight for record in kept) == len(texts)
