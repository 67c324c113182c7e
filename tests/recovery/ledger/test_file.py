"""The ledger: what is written is read again, and what else stands there does no harm."""

import json
import os
import resource
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recovery.samples import WHOLE, begun, ended, step_ended
from vexfsctl.exceptions import MalformedRecord, RecoveryFailed
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.recovery.ledger.entries import LedgerEntry, StepEnded
from vexfsctl.recovery.ledger.file import FILE_NAME, Ledger, read_ledger
from vexfsctl.recovery.ledger.lines import LONGEST_LINE, format_line, parse_line
from vexfsctl.system.directories import SYSTEM_STATE, state_directories, state_directory


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A state directory that is not there yet."""
    return tmp_path / "state/vexfsctl"


def test_entries_are_read_as_they_were_written(place: Path) -> None:
    """Every kind, in order, complete."""
    ledger = Ledger(place)
    for entry in WHOLE:
        ledger.write(entry)

    reading = read_ledger(place)

    assert reading.entries == WHOLE
    assert reading.coverage.complete
    assert reading.coverage.sources == (str(place / FILE_NAME),)


def test_the_first_line_is_as_the_manual_shows_it() -> None:
    """One object: version and kind, then the fields, times in UTC, ids written out."""
    assert json.loads(format_line(begun())) == {
        "v": 1,
        "kind": "begin",
        "replay": "CORR-5F1C93A200000001",
        "time": "2026-08-21T10:00:00.123456Z",
        "boot_id": "0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11",
        "monotonic_us": 3600000000,
        "who": {"uid": 0, "user": "ann", "tty": "/dev/pts/1", "pid": 4242},
        "subject": "CORR-6F1C93A200000029",
        "incident": "CORR-6F1C93A200000029",
        "volume": "sdb",
        "device": {"node": "/dev/sdb", "number": "8:16", "sequence": 7, "size": 1073741824},
        "lock": "device-8-16-7.lock",
        "steps": ["retry:500", "manual"],
        "ranges": [{"offset": 9178112, "length": 131072}],
        "reason": "disk replaced",
    }


def test_only_its_owner_reads_it(place: Path) -> None:
    """Directory 0700, file 0600; directories above are as any other."""
    old = os.umask(0)
    try:
        Ledger(place)
    finally:
        os.umask(old)

    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE((place / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o755


def test_a_ledger_that_is_not_there_is_empty(place: Path) -> None:
    """Nothing was replayed, and nothing is missing."""
    reading = read_ledger(place)

    assert (reading.entries, reading.coverage.gaps) == ((), ())


@pytest.mark.parametrize(
    "garbage",
    [
        b"{",
        b"[]\n",
        b"null\n",
        b"\xff\xfe\x00\n",
        b"[" * 100_000 + b"\n",
        b'{"v":2,"kind":"begin"}\n',
        b'{"v":1,"kind":"undo"}\n',
        b'{"v":1,"kind":["begin"]}\n',
        b'{"v":1,"kind":"end"}\n',
        b"x" * (LONGEST_LINE * 2 + 7) + b"\n",
        b'{"v":1,"kind":"end","n":' + b"9" * 5000 + b"}\n",
    ],
    ids=range(11),
)
def test_a_line_that_is_none_of_ours_is_counted_and_passed_over(
    place: Path, garbage: bytes
) -> None:
    """Torn, foreign, of another version, huge: what follows is read, and the gap is told."""
    ledger = Ledger(place)
    ledger.write(WHOLE[0])
    with ledger.path.open("ab") as file:
        file.write(garbage)
    ledger.write(WHOLE[1])

    reading = read_ledger(place)

    assert reading.entries == WHOLE[:2]
    [gap] = reading.coverage.gaps
    assert (gap.source, gap.reason, gap.lost) == (str(ledger.path), "torn", 1)


def test_every_place_to_tear_a_line_is_survived(tmp_path: Path) -> None:
    """Whatever of the last line is on disk, the ones before are read, and the next is whole."""
    line = format_line(ended())
    for length in range(1, len(line) - 1):
        place = tmp_path / str(length)
        ledger = Ledger(place)
        ledger.write(WHOLE[0])
        with ledger.path.open("ab") as file:
            file.write(line[:length])
        ledger.write(WHOLE[1])
        assert read_ledger(place).entries == WHOLE[:2]


def test_blank_lines_are_nothing(place: Path) -> None:
    """Two writers may both end a line that a third left torn."""
    ledger = Ledger(place)
    with ledger.path.open("ab") as file:
        file.write(b"\n\n")
    ledger.write(WHOLE[0])

    assert read_ledger(place).entries == WHOLE[:1]
    assert read_ledger(place).coverage.complete


def test_writers_at_the_same_time_do_not_mix_their_lines(place: Path) -> None:
    """Each entry is one write at the end of the file."""
    names = [CorrelationId((5 << 60) + number) for number in range(8)]

    def write(name: CorrelationId) -> None:
        ledger = Ledger(place)
        for number in range(20):
            ledger.write(step_ended(number, name))

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    reading = read_ledger(place)
    assert reading.coverage.complete
    for name in names:
        numbers = [each.number for each in of(reading.entries) if each.replay == name]
        assert numbers == list(range(20))


def of(entries: tuple[LedgerEntry, ...]) -> list[StepEnded]:
    """The ends of steps among *entries*."""
    return [each for each in entries if isinstance(each, StepEnded)]


def test_without_a_place_to_write_there_is_no_ledger(tmp_path: Path) -> None:
    """A file stands where the directory should be: the reason is told, and the way out."""
    blocked = tmp_path / "state"
    blocked.write_text("")

    with pytest.raises(RecoveryFailed, match="cannot be written: ") as failure:
        Ledger(blocked / "vexfsctl")
    assert "VEXFSCTL_STATE_DIR" in (failure.value.hint or "")


def test_a_full_disk_takes_no_entry(place: Path) -> None:
    """The part of a line that it did take is not built upon: the next line begins anew."""
    ledger = Ledger(place)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel takes what fits below the limit, as it does on a disk that fills up.
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))
    try:
        with pytest.raises(RecoveryFailed, match="no space left for all of it"):
            ledger.write(WHOLE[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    ledger.write(WHOLE[1])

    assert read_ledger(place).entries == WHOLE[1:2]


def test_what_is_no_file_is_neither_read_nor_written(place: Path) -> None:
    """A pipe would be waited for, a directory has no lines, a link would lead anywhere."""
    place.mkdir(parents=True)
    os.mkfifo(place / FILE_NAME)

    assert [gap.reason for gap in read_ledger(place).coverage.gaps] == ["unreadable"]
    with pytest.raises(RecoveryFailed):
        Ledger(place)

    (place / FILE_NAME).unlink()
    (place / FILE_NAME).mkdir()
    assert [gap.reason for gap in read_ledger(place).coverage.gaps] == ["unreadable"]
    with pytest.raises(RecoveryFailed):
        Ledger(place)

    (place / FILE_NAME).rmdir()
    (place / FILE_NAME).symlink_to(place.parent / "elsewhere")
    with pytest.raises(RecoveryFailed):
        Ledger(place)
    assert not (place.parent / "elsewhere").exists()


@pytest.mark.parametrize(
    ("environ", "uid", "own", "asked"),
    [
        ({}, 0, SYSTEM_STATE, (SYSTEM_STATE,)),
        (
            {"HOME": "/home/ann"},
            1000,
            Path("/home/ann/.local/state/vexfsctl"),
            (SYSTEM_STATE, Path("/home/ann/.local/state/vexfsctl")),
        ),
        (
            {"HOME": "/home/ann", "XDG_STATE_HOME": "/s"},
            1000,
            Path("/s/vexfsctl"),
            (SYSTEM_STATE, Path("/s/vexfsctl")),
        ),
        ({"VEXFSCTL_STATE_DIR": "/x", "XDG_STATE_HOME": "/s"}, 0, Path("/x"), (Path("/x"),)),
        ({"VEXFSCTL_STATE_DIR": "/x"}, 1000, Path("/x"), (Path("/x"),)),
    ],
)
def test_where_it_is(environ: dict[str, str], uid: int, own: Path, asked: tuple[Path, ...]) -> None:
    """root's is the system's; a user writes the own and asks both."""
    assert state_directory(environ, uid) == own
    assert state_directories(environ, uid) == asked


def test_what_a_step_saw_without_end_is_left_out() -> None:
    """How it ended stays, and the line is not too long to be read."""
    endless = StepEnded(
        **{
            field: getattr(step_ended(), field)
            for field in StepEnded.__dataclass_fields__
            if field not in ("evidence", "details")
        },
        evidence=("x" * LONGEST_LINE,),
        details={"extents": [{"offset": 0}] * 100_000},
    )

    parsed = parse_line(format_line(endless))

    assert isinstance(parsed, StepEnded)
    assert (parsed.outcome, parsed.details) == (endless.outcome, {"left_out": True})


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_to_json_makes_no_entry(number: str) -> None:
    """Python would read it, and `history --json` could not write it."""
    line = format_line(step_ended()).decode().replace('"details":{', f'"details":{{"x":{number},')

    with pytest.raises(MalformedRecord, match="not JSON"):
        parse_line(line.encode())


@given(st.binary())
def test_any_bytes_are_an_entry_or_refused(line: bytes) -> None:
    """Nothing else comes of them."""
    with pytest.raises(MalformedRecord):
        parse_line(line)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(WHOLE), st.data())
def test_a_field_that_means_nothing_is_refused_or_read(
    entry: LedgerEntry, data: st.DataObject
) -> None:
    """Whatever JSON stands for one field: an entry that can be written again, or no entry."""
    values = json.loads(format_line(entry))
    field = data.draw(st.sampled_from(sorted(values)))
    values[field] = data.draw(_json)

    try:
        parsed = parse_line(json.dumps(values).encode())
    except MalformedRecord:
        return
    assert parse_line(format_line(parsed)) == parsed


@given(st.text(), st.text(), st.dictionaries(st.text(), st.integers() | st.text()))
def test_any_text_survives(message: str, evidence: str, details: dict[str, int | str]) -> None:
    """Lone surrogates alone, which no text has, come back written out."""
    fields = {name: getattr(step_ended(), name) for name in StepEnded.__dataclass_fields__}
    entry = StepEnded(**fields | {"message": message, "evidence": (evidence,), "details": details})

    line = format_line(entry)

    assert line.isascii()
    assert line.count(b"\n") == 1
    assert parse_line(line) == entry
