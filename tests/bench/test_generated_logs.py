"""Generated logs: the same for the same seed, and as full of VexFS as their kind says."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from bench.generated_logs.renderings import Rendering
from bench.generated_logs.writing import BOOTED, Kind, write_log
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.interpret import LogEntries
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry, Origin, Unrecognised
from vexfsctl.model.events import CallEvent, Event, StateChanged
from vexfsctl.model.record import LogRecord
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind

_SIZE = 100_000
_CALL = re.compile(r"VexFS: \[CALL-(?P<number>\d+)\] .*FFI call (?P<site>\w+)")


@pytest.mark.parametrize("rendering", Rendering)
def test_same_seed_makes_the_same_log(rendering: Rendering, tmp_path: Path) -> None:
    """Byte for byte; another seed makes another one, and a smaller log is the beginning."""
    one, again, other, smaller = (
        write_log(tmp_path / name, Kind.SPARSE, rendering, size, seed=seed).path.read_bytes()
        for name, size, seed in (
            ("one", _SIZE, 1),
            ("again", _SIZE, 1),
            ("other", _SIZE, 2),
            ("smaller", _SIZE // 2, 1),
        )
    )

    assert one == again
    assert one != other
    assert one.startswith(smaller)
    assert _SIZE // 2 - 1_000 < len(smaller) <= _SIZE // 2


@pytest.mark.parametrize("kind", Kind)
def test_every_rendering_has_the_same_records(kind: Kind, tmp_path: Path) -> None:
    """One record a line with nothing torn, the same texts at the same times."""
    logs = [_records(tmp_path, kind, rendering) for rendering in Rendering]
    least = min(map(len, logs))

    assert least > 100
    for records in logs:
        assert _timed(records[:least]) == _timed(logs[0][:least])


@pytest.mark.parametrize("kind", Kind)
def test_time_rises_and_seldom_stands_still(kind: Kind, tmp_path: Path) -> None:
    """About one stamp in fifty equals the one before it; the log says when it ends."""
    log = write_log(tmp_path / "log", kind, Rendering.KMSG, 10 * _SIZE)
    stamps = [int(line.split(b",")[2]) for line in log.path.read_bytes().splitlines()]
    steps = [later - earlier for earlier, later in pairwise(stamps)]

    assert min(steps) == 0
    assert 0.01 < steps.count(0) / len(steps) < 0.03
    assert len(stamps) == log.lines
    assert round((log.ends - BOOTED).total_seconds() * 1e6) == stamps[-1]


@pytest.mark.parametrize(
    ("kind", "share"),
    [(Kind.SPARSE, 0.005), (Kind.DENSE, 0.6), (Kind.OWN, 1.0), (Kind.STORM, 0.009)],
)
def test_share_of_vexfs_is_as_stated(kind: Kind, share: float, tmp_path: Path) -> None:
    """Lines with the name in them; in a storm they are chosen one by one."""
    lines = write_log(tmp_path / "log", kind, Rendering.DMESG, 12 * _SIZE).path.read_bytes()
    found = lines.count(b"VexFS") / lines.count(b"\n")

    assert found == pytest.approx(share, rel=0.2)


def test_own_log_is_understood_in_full(tmp_path: Path) -> None:
    """Every line is a record of our format that a `state` record vouches for; ids rise."""
    entries = _entries(tmp_path, Kind.OWN)
    calls = [entry.meaning.id for entry in entries if isinstance(entry.meaning, CallEvent)]

    assert isinstance(entries[0].meaning, StateChanged)
    assert all(isinstance(entry.meaning, Event) for entry in entries)
    assert {entry.origin for entry in entries} == {Origin.DRIVER}
    # A caller's record comes after that of the call nested in it, whose id is one more.
    assert all(later >= earlier - 1 for earlier, later in pairwise(calls))
    assert CorrelationId(4 << 60) <= min(calls)


def test_dense_log_counts_calls_by_site(tmp_path: Path) -> None:
    """Each call site counts from 1, and every line of VexFS has a form."""
    entries = [entry for entry in _entries(tmp_path, Kind.DENSE) if "VexFS" in entry.record.text]
    kinds = {entry.meaning.kind for entry in entries if isinstance(entry.meaning, UpstreamEvent)}
    numbers: dict[str, list[int]] = {}
    for call in filter(None, (_CALL.match(entry.record.text) for entry in entries)):
        numbers.setdefault(call["site"], []).append(int(call["number"]))

    assert all(isinstance(entry.meaning, UpstreamEvent) for entry in entries)
    assert kinds >= {
        UpstreamKind.CALL_STARTED,
        UpstreamKind.CALL_SUCCEEDED,
        UpstreamKind.CALL_FAILED,
        UpstreamKind.CALL_BLOCKED,
        UpstreamKind.FALLBACK_USED,
    }
    assert numbers["read_file"][0] == 1
    assert set(numbers["read_file"]) == set(range(1, max(numbers["read_file"]) + 1))


def test_storm_is_evidence_about_a_disk(tmp_path: Path) -> None:
    """Nine of ten lines are errors of the block layer or of its buffers, hardly two of a sector."""
    entries = _entries(tmp_path, Kind.STORM)
    evidence = [entry.evidence for entry in entries if entry.evidence is not None]
    sectors = [found.sector for found in evidence if found.sector is not None]

    assert {found.kind for found in evidence if found.is_trouble} == {"block", "buffer"}
    assert len(evidence) / len(entries) == pytest.approx(0.9, rel=0.05)
    assert len(set(sectors)) > 0.99 * len(sectors)


def test_ordinary_lines_mean_nothing_to_vexfs(tmp_path: Path) -> None:
    """What a sparse log has beside lines with the name is neither ours nor broken."""
    entries = [e for e in _entries(tmp_path, Kind.SPARSE) if "VexFS" not in e.record.text]

    assert not [e for e in entries if isinstance(e.meaning, Event | UpstreamEvent | Unrecognised)]


def _entries(directory: Path, kind: Kind) -> Sequence[LogEntry]:
    return tuple(LogEntries(_records(directory, kind, Rendering.KMSG)))


def _records(directory: Path, kind: Kind, rendering: Rendering) -> list[LogRecord]:
    log = write_log(directory / f"log.{rendering}", kind, rendering, _SIZE)
    decoder = RecordDecoder("log")
    items = [*decoder.feed(log.path.read_bytes()), *decoder.finish()]
    records = [item for item in items if isinstance(item, LogRecord)]
    assert len(records) == len(items) == log.lines
    return records


def _timed(records: Sequence[LogRecord]) -> list[tuple[int | None, str]]:
    return [(record.uptime_us, record.text) for record in records]
