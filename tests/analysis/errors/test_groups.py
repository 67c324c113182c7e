"""Errors counted by what is alike, whatever that is, and noise beside them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import STATE, error, group_errors, read_log
from vexfsctl.analysis.errors.groups import (
    ErrorGroup,
    GroupKey,
    NoiseGroups,
    Sighting,
    is_error,
)
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity

TIMEOUT = "VexFS: [CORR-000000000000002F] timeout vol=loop0 op=sync call=fsync limit_ms=5000"
MISSED = "VexFS: [CALL-9] FFI call lookup_inode failed: -1 (failure rate: 100%), using fallback"
FAILED = "VexFS: [CALL-4] FFI call read_file failed: -5 (failure rate: 50%), using fallback"
LEAK = (
    "VexFS: Memory leak detected: 192 bytes at 00000000c0ffee00 from memory_pool_block "
    "(age: 76 jiffies)"
)


def sightings(*entries: LogEntry, device: str | None = None) -> list[Sighting]:
    """Return *entries* as seen in a log without a date, of volumes that are not here."""
    return [Sighting(entry, None, False, device) for entry in entries]


def test_usual_groups_have_what_status_shows() -> None:
    """Count, first, last and an id of the last; the most severe first."""
    log = read_log(
        (1.0, STATE),
        (2.0, error(0x2A)),
        (3.0, error(0x2A, attempt=2)),
        (4.0, error(0x3A, sev="low", op="file", err="IoError.WriteError")),
        (5.0, TIMEOUT),
    )

    groups = group_errors(sightings(*log))

    assert [(str(g.severity), g.volume, g.operation, g.error, g.count) for g in groups] == [
        ("high", "loop0", "sync", "Timeout", 1),
        ("high", "loop0", "storage", "IoError.ReadError", 2),
        ("low", "loop0", "file", "IoError.WriteError", 1),
    ]
    assert (groups[1].first_us, groups[1].last_us) == (2_000_000, 3_000_000)
    assert groups[1].last_id == CorrelationId(0x2A)
    assert (groups[1].hints, groups[1].device, groups[1].minute) == (None, None, None)


def test_an_upstream_line_counts_under_its_call_number() -> None:
    """Such a build has neither volume nor correlation id."""
    [group] = group_errors(sightings(*read_log((2.0, FAILED), facility=0)))

    assert (group.volume, group.error, group.errno) == (None, "IoError.ReadError", 5)
    assert (group.operation, group.last_id) == (OperationType.FILE, "CALL-4")


def test_unverified_records_are_counted_apart() -> None:
    """They may be forgeries."""
    forged = read_log((2.0, error(0x2A)))
    believed = read_log((1.0, STATE), (2.0, error(0x2A)))

    groups = group_errors(sightings(*forged, *believed), [GroupKey.ERROR])

    assert sorted((group.verified, group.count) for group in groups) == [(False, 1), (True, 1)]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (GroupKey.HINT, {(HintKind.RETRY,): 2, (HintKind.INVALIDATE_CACHE,): 1}),
        (GroupKey.DEVICE, {"sdb": 3}),
    ],
)
def test_keys_that_are_not_in_the_usual_table(key: GroupKey, expected: dict[object, int]) -> None:
    """Hints of one error stay together, so that no error is counted twice."""
    other = error(0x3A).replace("hints=retry:500", "hints=invalidate_cache")
    log = read_log((1.0, STATE), (2.0, error(0x2A)), (3.0, error(0x2B)), (4.0, other))

    groups = group_errors(sightings(*log, device="sdb"), [key])

    name = {"hint": "hints", "device": "device"}[key]
    assert {getattr(group, name): group.count for group in groups} == expected
    assert all(group.severity is Severity.HIGH for group in groups)


def test_hints_come_from_the_catalogue_where_the_record_has_none() -> None:
    """A timeout record has no key for them."""
    [group] = group_errors(sightings(*read_log((1.0, STATE), (2.0, TIMEOUT))), [GroupKey.HINT])

    assert group.hints == (HintKind.RETRY,)


def test_minutes_are_of_the_wall_clock_where_it_is_known() -> None:
    """Else of the uptime."""
    entry = read_log((1.0, STATE), (125.0, error(0x2A)))[1]
    moment = datetime(2026, 8, 21, 10, 7, 41, 5, tzinfo=UTC)

    [dated] = group_errors([Sighting(entry, moment, False)], [GroupKey.MINUTE])
    [undated] = group_errors([Sighting(entry, None, False)], [GroupKey.MINUTE])

    assert (dated.minute, dated.uptime_min) == (moment.replace(second=0, microsecond=0), None)
    assert (undated.minute, undated.uptime_min) == (None, 2)


def test_the_severity_is_that_of_the_worst_where_it_is_no_key() -> None:
    """In whatever order they came."""
    log = read_log((1.0, STATE), *((t, error(t, sev=s)) for t, s in ((2, "critical"), (3, "low"))))

    [group] = group_errors(sightings(*log), [GroupKey.VOLUME])

    assert (group.severity, group.count) == (Severity.CRITICAL, 2)


def test_noise_is_no_error_and_is_explained_once() -> None:
    """The most frequent first, by form and call site."""
    log = read_log((1.0, MISSED), (2.0, LEAK), (3.0, LEAK), (4.0, FAILED), facility=0)
    seen = sightings(*log)

    noise_groups = NoiseGroups()
    for sighting in seen:
        noise_groups.take(sighting)
    noise = noise_groups.result()

    assert [(group.call, group.count, group.last_us) for group in noise] == [
        (None, 2, 3_000_000),
        ("lookup_inode", 1, 1_000_000),
    ]
    assert all(group.why and group.why.startswith("expected") for group in noise)
    assert [group.count for group in group_errors(seen)] == [1]


LINES = st.sampled_from(
    [
        STATE,
        error(0x2A),
        error(0x2B, sev="low", op="file"),
        error(0x2C, vol="sdb1", err="OutOfSpace", errno="ENOSPC"),
        TIMEOUT,
        FAILED,
        MISSED,
        LEAK,
        "VexFS: Unable to read superblock",
        "I/O error, dev loop0, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
    ]
)
KEYS = st.lists(st.sampled_from(list(GroupKey)), min_size=1, max_size=7)


@given(st.lists(st.tuples(st.integers(0, 500), LINES)), KEYS, st.booleans())
def test_counts_sum_up_to_the_errors_whatever_the_keys(
    lines: list[tuple[float, str]], keys: list[GroupKey], kernel: bool
) -> None:
    """No error is lost or counted twice, and no group appears twice."""
    log = read_log(*sorted(lines), facility=0 if kernel else 1)
    seen = [
        Sighting(entry, None, live, device)
        for entry, live, device in zip(
            log, (n % 3 == 0 for n in range(len(log))), ("sda", None) * len(log), strict=False
        )
    ]

    groups = group_errors(seen, keys)

    assert sum(group.count for group in groups) == sum(map(is_error, log))
    assert len({_names_of(group, keys) for group in groups}) == len(groups)


@given(st.lists(st.tuples(st.integers(0, 500), LINES)))
def test_a_finer_grouping_only_splits(lines: list[tuple[float, str]]) -> None:
    """Every group by more keys lies within one by fewer."""
    seen = sightings(*read_log(*sorted(lines)))
    fine, coarse = group_errors(seen), group_errors(seen, [GroupKey.ERROR])

    for group in coarse:
        parts = [each for each in fine if _same_error(each, group)]
        assert sum(each.count for each in parts) == group.count
        assert min(each.first_us or 0 for each in parts) == group.first_us


def _same_error(one: ErrorGroup, other: ErrorGroup) -> bool:
    return (one.error, one.errno, one.verified) == (other.error, other.errno, other.verified)


def _names_of(group: ErrorGroup, keys: list[GroupKey]) -> tuple[object, ...]:
    severity = group.severity if GroupKey.SEVERITY in keys else None
    live = group.live if GroupKey.VOLUME in keys else None
    return (
        *(severity, live, group.verified, group.volume, group.operation, group.error),
        *(group.errno, group.hints, group.device, group.minute, group.uptime_min),
        group.fingerprint,
    )
