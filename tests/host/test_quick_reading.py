"""What is concluded from a log that was read quickly is what is concluded from every record."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.host.test_incident_scope import logs as own_logs
from tests.logs.reading.test_passing_over import in_json
from tests.logs.reading.test_passing_over import logs as mixed_logs
from tests.logs.reading.test_phrases import busy_logs
from tests.support.clock import VirtualClock
from vexfsctl.exceptions import VexfsctlException
from vexfsctl.host import Host, assess
from vexfsctl.host.filters import Filters
from vexfsctl.host.log_view import PickedLog, pick_log
from vexfsctl.host.trace import IncidentLog

NOW = datetime(2026, 11, 29, 22, tzinfo=UTC)
NOWHERE = replace(
    Host.of_this_machine({}),
    clock=VirtualClock(),
    wall_clock=lambda: NOW,
    standard_roots=(),
    ledger_directories=(),
    logs=("-",),
)
"""This machine without a volume, and a log that is given to it."""
LOGS = own_logs() | mixed_logs() | busy_logs()
WINDOWS_MS = st.sampled_from((0, 1_000, 20_000, 300_000, 3_600_000))


def of_both(log: bytes, ask: Callable[[Host], object]) -> tuple[object, object]:
    """Return what is answered about *log* when it is read quickly, and from every record."""
    quick, every = (
        ask(replace(NOWHERE, stdin=io.BytesIO(log), every_record=each)) for each in (False, True)
    )
    return quick, every


@given(LOGS, WINDOWS_MS)
@settings(max_examples=50, deadline=None)
def test_an_assessment(log: bytes, window_ms: int) -> None:
    """Of any window, with what began before it."""

    def ask(host: Host) -> object:
        found = assess(host, (), window_ms)
        return found.summary, found.coverage

    quick, every = of_both(log, ask)
    assert quick == every


@given(LOGS, st.integers(0, 12), st.sampled_from((None, "high")))
@settings(max_examples=50, deadline=None)
def test_the_last_records(log: bytes, count: int, severity: str | None) -> None:
    """As many as there are, of those that are asked for."""

    def ask(host: Host) -> object:
        picked = pick_log(host, Filters(severity=severity))
        return list(picked.last(count)), picked.coverage

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vexfsctl.host.log_view._ENDING", 100)
        quick, every = of_both(log, ask)
    assert quick == every


@given(LOGS, st.integers(-90, 20))
@settings(max_examples=50, deadline=None)
def test_records_since_a_time(log: bytes, seconds: int) -> None:
    """With what they are judged by, and how many have no time."""

    def ask(host: Host) -> object:
        picked: PickedLog = pick_log(host, Filters(since=f"@{1_795_900_000 + seconds}"))
        return list(picked), picked.coverage

    quick, every = of_both(log, ask)
    assert quick == every


def test_records_without_a_time_among_such_with_one() -> None:
    """Of a journal from which somebody took a field: nobody knows whether they are so old."""
    text = "VexFS: [CALL-1] FFI call read_file failed: -5 (failure rate: 50%), using fallback"
    lines = [in_json(text, 1_000_000 + number, number, 0) for number in range(4)]
    lines[2] = lines[2].replace(b"__REALTIME_TIMESTAMP", b"__REALTIME")

    def ask(host: Host) -> object:
        picked = pick_log(host, Filters(since="@1795900050"))
        return list(picked), picked.coverage.gaps[-1].lost

    assert of_both(b"\n".join((*lines, b"")), ask) == (([], 1), ([], 1))


@given(LOGS, st.sampled_from((None, "loop0", "loop1", "loop0/storage", "loop1/sync")))
@settings(max_examples=75, deadline=None)
def test_the_latest_incident(log: bytes, asked: str | None) -> None:
    """Where the end of the log shows it, as from all of the log."""

    def find(endings: tuple[int, ...]) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("vexfsctl.host.trace._ENDINGS", endings)
            patch.setattr("vexfsctl.logs.reading.spool._BATCH", 1)
            incidents = IncidentLog(replace(NOWHERE, stdin=io.BytesIO(log)))
            try:
                found = incidents.find(asked)
            except VexfsctlException as failure:
                return str(failure)
        return [each.entry for each in found.occurrences]

    assert find((1, 200, 600, 2_000)) == find(())
