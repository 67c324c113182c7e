"""Call tracking: how call sites fare, and which calls never returned."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import Line, read_log
from vexfsctl.analysis.upstream.calls import CallSite, CallTracker, CallTracking, UnreturnedCall
from vexfsctl.logs.interpret import LogEntries
from vexfsctl.logs.sources.reader import LogHost, read_sources
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.operations import OperationType

CAPTURES = Path(__file__).parents[2] / "data" / "kernel-logs" / "vexfs"
LOAD = "VexFS: Initializing SAFE FFI module v1.0.0 with memory management"
UNLOAD = "VexFS: SAFE FFI module unloaded successfully"


def start(number: int, call: str = "read_file") -> str:
    """Return the line of a call's begin."""
    return f"VexFS: [CALL-{number}] Starting FFI call {call}"


def success(number: int, call: str = "read_file") -> str:
    """Return the line of its good end."""
    return f"VexFS: [CALL-{number}] FFI call {call} succeeded"


def failure(number: int, call: str = "read_file", code: int = -5, rate: int = 50) -> str:
    """Return the line of its bad end."""
    return (
        f"VexFS: [CALL-{number}] FFI call {call} failed: {code} (failure rate: {rate}%),"
        " using fallback"
    )


def kernel_log(*lines: Line, boot: str | None = None, source: str = "kmsg") -> tuple[LogEntry, ...]:
    """Return the entries of a log that the kernel wrote."""
    return read_log(*lines, facility=0, boot=boot, source=source)


def tracked(entries: Iterable[LogEntry]) -> CallTracking:
    """Return what *entries* say of calls."""
    tracker = CallTracker()
    for entry in entries:
        tracker.take(entry)
    return tracker.result()


def track(*texts: str) -> CallTracking:
    """Track calls in lines a second apart."""
    return tracked(kernel_log(*((float(at), text) for at, text in enumerate(texts))))


def the_site(tracking: CallTracking) -> CallSite:
    """Return the only call site."""
    (site,) = tracking.sites
    return site


def the_unreturned(tracking: CallTracking) -> UnreturnedCall:
    """Return the only call that never returned."""
    (call,) = tracking.unreturned
    return call


def test_a_call_site_is_counted_by_outcome() -> None:
    """Calls are successes, failures, refusals, timeouts and skips; the last rate is kept."""
    site = the_site(
        track(
            start(1), success(1),
            start(2), failure(2),
            start(3), "VexFS: [CALL-3] FFI call read_file blocked by circuit breaker,"
            " using fallback",
            start(4), "VexFS: [CALL-4] FFI call read_file timed out: -110, using fallback",
            "VexFS: [CALL-5] Module not initialized, skipping FFI call read_file",
            start(6), failure(6, rate=33),
        )
    )  # fmt: skip

    assert (site.call, site.operation, site.load) == ("read_file", OperationType.FILE, 0)
    assert (site.succeeded, site.failed, site.blocked, site.timed_out) == (1, 2, 1, 1)
    assert (site.skipped, site.noise, site.unreturned) == (1, 0, 0)
    assert (site.calls, site.troubled) == (6, 4)
    assert (site.rate_pct, site.last_number) == (33, 6)
    assert site.last_trouble is site.last


def test_noise_is_counted_apart() -> None:
    """A missing file at 100 % is no failure of the site and gives no rate."""
    site = the_site(track(start(1, "lookup_inode"), failure(1, "lookup_inode", -1, 100)))

    assert (site.failed, site.noise, site.calls) == (0, 1, 1)
    assert (site.rate_pct, site.last_trouble) == (None, None)


def test_a_call_without_an_end_never_returned() -> None:
    """It is told with when it began and how long the log went on after it."""
    call = the_unreturned(track(start(1), success(1), start(2), "VexFS: Filesystem unregistered"))

    assert (call.call, call.number, call.operation) == ("read_file", 2, OperationType.FILE)
    assert call.start.record.uptime_us == 2_000_000
    assert (call.waited_us, call.open) == (1_000_000, True)


def test_the_last_call_of_a_growing_log_may_be_in_flight() -> None:
    """Nothing came after it, so it has waited no time that the log tells of."""
    call = the_unreturned(track(start(1), success(1), start(2)))
    assert (call.number, call.waited_us, call.open) == (2, 0, True)


def test_calls_side_by_side_are_told_apart_by_number_and_site() -> None:
    """Two threads, two sites, ends in another order."""
    tracking = track(
        start(1), start(2), start(1, "sync_fs"), success(2), success(1, "sync_fs"), success(1)
    )

    assert [(site.call, site.succeeded) for site in tracking.sites] == [
        ("read_file", 2),
        ("sync_fs", 1),
    ]
    assert tracking.unreturned == ()


def test_numbers_count_anew_in_each_load() -> None:
    """The same number after a load is another call; what ran before it has ended somehow."""
    tracking = track(LOAD, start(1), UNLOAD, LOAD, start(1), success(1))

    assert [(site.load, site.succeeded, site.unreturned) for site in tracking.sites] == [
        (1, 0, 1),
        (2, 1, 0),
    ]
    assert the_unreturned(tracking).open is False


def test_a_load_whose_line_was_lost_is_seen_by_a_number_that_repeats() -> None:
    """A number is given once in each load."""
    tracking = track(start(1), start(1), success(1))

    assert [(site.load, site.succeeded) for site in tracking.sites] == [(0, 0), (1, 1)]
    assert the_unreturned(tracking).load == 0


def test_such_a_load_is_seen_even_where_every_call_returned() -> None:
    """`status` and `trace CALL-1@read_file#1` number the loads alike."""
    log = (start(1), success(1), start(1), success(1))

    assert [(site.load, site.succeeded) for site in track(*log).sites] == [(0, 1), (1, 1)]


def test_boots_and_sources_are_apart() -> None:
    """The same call in another boot, or read from another file, is another call."""
    tracking = tracked(
        (
            *kernel_log((1, start(1)), boot="a"),
            *kernel_log((1, start(1)), boot="b"),
            *kernel_log((1, start(1)), boot="b", source="saved.kmsg"),
        )
    )

    assert len(tracking.sites) == len(tracking.unreturned) == 3


def test_a_build_that_logs_ends_alone_is_counted_by_those() -> None:
    """The userspace engine has ids and no numbers."""
    site = the_site(
        track(
            "VexFS FFI: [CORR-0000000000000001] read_block succeeded",
            "VexFS FFI WARNING: [CORR-0000000000000002] read_block failed: Circuit breaker open -"
            " operation blocked",
            "VexFS FFI INFO: [CORR-0000000000000003] read_block: Using fallback operation due to"
            " primary failure",
        )
    )

    assert (site.calls, site.succeeded, site.blocked, site.last_number) == (2, 1, 1, None)


def test_an_unmount_that_hangs_never_returned() -> None:
    """The newest module says when one begins and when it is through."""
    tracking = track(
        "VexFS: Starting filesystem unmount",
        "VexFS: Starting put_super cleanup",
        "VexFS: put_super cleanup completed",
        "VexFS: Filesystem unmount completed",
        "VexFS: Starting filesystem unmount",
        "VexFS: Starting put_super cleanup",
    )

    assert [(c.call, c.number) for c in tracking.unreturned] == [
        ("kill_sb", None),
        ("put_super", None),
    ]


@pytest.mark.parametrize(
    ("capture", "sites", "calls"),
    [("ffi_initfail.kmsg", 13, 17), ("head_normal.kmsg", 2, 2), ("head_dm.kmsg", 2, 4)],
)
def test_every_call_of_a_real_log_returned(capture: str, sites: int, calls: int) -> None:
    """As was the case on those machines; grep counts as many begins and skipped calls."""
    records = read_sources([str(CAPTURES / capture)], LogHost())
    tracking = tracked(LogEntries(records))

    assert (len(tracking.sites), sum(site.calls for site in tracking.sites)) == (sites, calls)
    words = ("skipping FFI call", "Starting filesystem unmount", "Starting put_super")
    assert sum(any(word in record.text for word in words) for record in records) == calls
    assert tracking.unreturned == ()


@given(
    st.lists(
        st.sampled_from(
            [LOAD, UNLOAD]
            + [line(n, call) for n in (1, 2, 3) for call in ("read_file", "sync_fs")
               for line in (start, success, failure)]
        )
    )
)  # fmt: skip
def test_no_line_of_a_call_is_lost_or_counted_twice(texts: list[str]) -> None:
    """Whatever order a torn log has: ends are counted once, begins are ended or unreturned."""
    tracking = track(*texts)

    ends = sum(" succeeded" in text or " failed" in text for text in texts)
    begins = sum("Starting" in text for text in texts)
    counted = sum(site.calls - site.unreturned for site in tracking.sites)
    assert counted == ends
    assert begins - ends <= len(tracking.unreturned) <= begins
    assert sum(site.unreturned for site in tracking.sites) == len(tracking.unreturned)
