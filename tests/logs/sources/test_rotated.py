"""Rotated sets, directories and patterns."""

import gzip
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.sources.reader import LogHost, read_sources
from vexfsctl.logs.sources.rotated import opened_together, sets_of

HOST = LogHost(silence_s=20)


def line(number: int) -> str:
    """Return a line of the kernel, dated *number* seconds after boot."""
    return f"[{number:5}.000000] VexFS: line {number}\n"


def texts(name: Path | str) -> list[str]:
    """Return the records of one source."""
    return [record.text for record in read_sources([str(name)], HOST)]


def test_a_directory_is_read_set_by_set(tmp_path: Path) -> None:
    """Rotated files in the order of time, packed or not; other files are left out."""
    (tmp_path / "kern.log.2.gz").write_bytes(gzip.compress(line(1).encode()))
    (tmp_path / "kern.log.1").write_text(line(2))
    (tmp_path / "kern.log").write_text(line(4))
    (tmp_path / "messages-20260701").write_text(line(3))
    (tmp_path / "messages").write_text(line(5))
    (tmp_path / "wtmp").write_bytes(bytes(9999))

    reading = read_sources([str(tmp_path)], HOST)

    assert [record.text for record in reading] == [f"VexFS: line {at}" for at in (1, 2, 3, 4, 5)]
    assert [source.name for source in reading.sources] == [
        str(tmp_path / "kern.log"),
        str(tmp_path / "messages"),
    ]


def test_a_pattern_names_a_set_and_a_file_only_itself(tmp_path: Path) -> None:
    """Quoted, or the shell would expand it."""
    (tmp_path / "kern.log.1").write_text(line(1))
    (tmp_path / "kern.log").write_text(line(2))
    (tmp_path / "syslog").write_text(line(3))

    assert texts(tmp_path / "kern.log*") == ["VexFS: line 1", "VexFS: line 2"]
    assert texts(tmp_path / "kern.log") == ["VexFS: line 2"]


def test_a_set_in_two_logs_is_shown_once(tmp_path: Path) -> None:
    """rsyslog writes the kernel's words to kern.log and to syslog."""
    for name in ("kern.log", "syslog"):
        (tmp_path / name).write_text(line(1) + line(2))

    assert texts(tmp_path) == ["VexFS: line 1", "VexFS: line 2"]


def test_a_rotation_in_between_is_noticed(tmp_path: Path) -> None:
    """What was opened is what is read, and a file with two names is read once."""
    log, older = tmp_path / "kern.log", tmp_path / "kern.log.1"
    log.write_text(line(1))
    older.hardlink_to(log)

    with opened_together([older, log]) as opened:
        log.rename(tmp_path / "kern.log.2")
        assert [*opened] == [log]


def test_crash_logs_in_a_directory(tmp_path: Path) -> None:
    """A saved /sys/fs/pstore is one source."""
    (tmp_path / "dmesg-efi-1").write_text("Panic#1 Part2\n" + line(1))
    (tmp_path / "dmesg-efi-2").write_text("Panic#1 Part1\n" + line(2))

    assert texts(tmp_path) == ["VexFS: line 1", "VexFS: line 2"]


@given(st.sets(st.sampled_from(["", ".1", ".2.gz", ".10", "-20250101", "-20260101.xz"])))
def test_sets_are_in_the_order_of_time(suffixes: set[str]) -> None:
    """Dates first, then numbers from the highest, then the log itself."""
    order = ["-20250101", "-20260101.xz", ".10", ".2.gz", ".1", ""]

    sets = sets_of(Path(f"/x/kern.log{suffix}") for suffix in suffixes)

    expected = [Path(f"/x/kern.log{suffix}") for suffix in order if suffix in suffixes]
    assert sets == ({Path("/x/kern.log"): expected} if expected else {})
