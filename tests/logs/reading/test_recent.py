"""What is concluded about the last part of a log if what is older was counted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.host.test_incident_scope import logs as own_logs
from tests.logs.reading.test_passing_over import logs as mixed_logs
from tests.logs.reading.test_passing_over import read
from tests.logs.reading.test_phrases import busy_logs
from vexfsctl.analysis.health.log_digest import LogDigest
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.window import Window
from vexfsctl.logs.interpret import LogEntries
from vexfsctl.logs.reading.contents import Contents, Manner
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.logs.sieve import sieve
from vexfsctl.model.record import LogRecord

LOGS = own_logs() | mixed_logs() | busy_logs()
LENGTHS_US = st.sampled_from((0, 1_000, 15_000, 1_000_000, 20_000_000, 300_000_000))


def conclusions(contents: Contents, length_us: int) -> object:
    """Return what is concluded about the window: records, calls, states, health."""
    boot = contents.boots[-1]
    reading = LogReading((contents.into_reading("log"),))
    last = boot.last or LogRecord("", "log")
    now_us = last.uptime_us or 0
    window = Window(now_us - length_us, now_us, last.boot_id, saved=True)
    digest = LogDigest(window, Loads((), saved=True), alone=True)
    records = [record for record in boot.records if sieve().accepts(record)]
    for entry in LogEntries(records):
        digest.take(entry)
    return (
        digest.upstream.result(),
        digest.errors.result(),
        digest.noise.result(),
        digest.counts,
        digest.has_records,
        [record for record in records if window.holds(record)],
        [(each.last, each.ends) for each in contents.boots],
        reading.coverage(),
    )


def test_a_boot_that_goes_on_after_another() -> None:
    """With records that have no uptime, before which nothing is older than any time."""
    journal = (
        '{"__REALTIME_TIMESTAMP":"%d","__MONOTONIC_TIMESTAMP":"%d","_BOOT_ID":"%s",'
        '"_TRANSPORT":"kernel","MESSAGE":"I/O error, dev sda, sector 8"}'
    )
    boot = "0" * 32
    times_us = range(0, 90_000_000, 10_000_000)
    lines = [journal % (1_795_900_000_000_000 + time, time, boot) for time in times_us]
    lines += ["Nov 28 21:06:40 host kernel: usb 1-1: reset"]
    lines += [journal.replace("__MONOTONIC", "_MONOTONIC") % (1_795_900_077_000_000, 77, boot)]
    recent = read("\n".join(lines).encode(), (), Manner(ordered=False, recent_us=0))

    assert recent.misjudged


@given(LOGS, st.lists(st.integers(0, 1 << 20), max_size=12), LENGTHS_US)
@settings(max_examples=100, deadline=None)
def test_nothing_else_is_concluded(log: bytes, cuts: list[int], length_us: int) -> None:
    """In whatever pieces it came: a piece is held, kept or counted as a whole."""
    recent = read(log, cuts, Manner(ordered=False, recent_us=length_us))
    if recent.misjudged:
        # Then it is read again, since its end showed that more of it is recent.
        return
    every = read(log, (), Manner(every_record=True))

    assert conclusions(recent, length_us) == conclusions(every, length_us)
