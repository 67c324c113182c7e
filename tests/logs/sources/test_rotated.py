"""Rotated sets, directories and patterns."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.listing import Identity, list_files
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
    (tmp_path / "core").write_bytes(bytes(9999))
    # Of /var/log, it may be read by fewer than logs may: that would be told as a gap.
    (tmp_path / "btmp.1").write_text(line(6))

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


def test_a_directory_without_logs_says_what_is_not_read(tmp_path: Path) -> None:
    """Those below, for example; so does a pattern that fits none."""
    (tmp_path / "host7").mkdir()
    (tmp_path / "host7" / "kern.log").write_text(line(1))

    with pytest.raises(LogUnreadable, match=f"cannot read {tmp_path}: there is no log") as raised:
        texts(tmp_path)
    assert "directories below a directory are not read" in str(raised.value.hint)
    with pytest.raises(LogUnreadable, match="no log is named like that"):
        texts(tmp_path / "kren.log*")


def test_what_cannot_be_read_of_a_set_is_a_gap(tmp_path: Path) -> None:
    """The rest is read, and each file that was not is named."""
    (tmp_path / "kern.log").write_text(line(2))
    (tmp_path / "kern.log.1.gz").write_bytes(gzip.compress(line(1).encode() * 9)[:-9])

    reading = read_sources([str(tmp_path)], HOST)

    assert "VexFS: line 2" in [record.text for record in reading]
    details = [gap.detail for gap in reading.coverage().gaps if gap.reason == "unreadable"]
    assert details == [
        f"not read to its end: {tmp_path}/kern.log.1.gz: its gzip data ends too early"
    ]


def test_what_is_being_compressed_is_read_once(tmp_path: Path) -> None:
    """Its original is removed when that is done; an older archive of that name is another log."""
    original, copy = tmp_path / "kern.log.1", tmp_path / "kern.log.1.gz"
    original.write_text(line(2))
    copy.write_bytes(gzip.compress(line(2).encode())[:9])
    os.utime(original, (1000, 1000))

    reading = read_sources([str(tmp_path)], HOST)

    assert [record.text for record in reading] == ["VexFS: line 2"]
    assert "unreadable" not in {gap.reason for gap in reading.coverage().gaps}
    copy.write_bytes(gzip.compress(line(1).encode()))
    os.utime(copy, (999, 999))
    assert texts(tmp_path) == ["VexFS: line 1", "VexFS: line 2"]


def listing(directory: Path, *changes: Callable[[], object]) -> Callable[[], dict[Path, Identity]]:
    """Return what lists the set of a directory, and makes one of *changes* after each look."""
    remaining = iter(changes)

    def look() -> dict[Path, Identity]:
        files = list_files(str(directory), 20)
        for paths in sets_of(files).values():
            files = {path: files[path] for path in paths}
        next(remaining, lambda: None)()
        return files

    return look


def opened(look: Callable[[], dict[Path, Identity]]) -> list[tuple[str, str]]:
    """Return names and contents of the files of a set, as they were opened."""
    with opened_together(look(), look, 20) as files:
        return [(path.name, b"".join(stream).decode()) for path, _, stream in files]


def test_a_rotation_in_between_loses_nothing(tmp_path: Path) -> None:
    """The set is opened anew; that its files are open then is enough."""
    log = tmp_path / "kern.log"
    log.write_text("old")

    def rotate() -> None:
        log.rename(tmp_path / "kern.log.1")
        log.write_text("new")

    expected = [("kern.log.1", "old"), ("kern.log", "new")]
    assert opened(listing(tmp_path, rotate)) == expected
    look = listing(tmp_path)
    with opened_together(look(), look, 20) as files:
        for each in files:
            each.path.unlink()
        assert [b"".join(each.stream) for each in files] == [b"old", b"new"]


def test_a_log_that_is_copied_and_emptied_in_between(tmp_path: Path) -> None:
    """As `copytruncate` of logrotate does it: the file stays the same."""
    log, older = tmp_path / "kern.log", tmp_path / "kern.log.1"
    older.write_text("older")
    log.write_text("old")

    def rotate() -> None:
        older.write_text("old")
        log.write_text("")

    assert opened(listing(tmp_path, rotate)) == [("kern.log.1", "old"), ("kern.log", "")]


def test_a_log_that_only_grows_is_opened_once(tmp_path: Path) -> None:
    """That is no rotation."""
    log = tmp_path / "kern.log"
    log.write_text("one")
    looks: list[int] = []

    def look() -> dict[Path, Identity]:
        looks.append(1)
        found = list_files(str(tmp_path), 20)
        log.write_text("one, two")
        return found

    assert opened(look) == [("kern.log", "one, two")]
    assert len(looks) == 2


def test_a_file_with_two_names_is_read_once(tmp_path: Path) -> None:
    """Under the newer one."""
    (tmp_path / "kern.log").write_text("one")
    (tmp_path / "kern.log.1").hardlink_to(tmp_path / "kern.log")

    assert opened(listing(tmp_path)) == [("kern.log", "one")]


def test_a_set_that_never_rests_is_given_up(tmp_path: Path) -> None:
    """It is not guessed what belongs where."""
    log = tmp_path / "kern.log"
    log.write_text("one")

    def rotate() -> None:
        log.rename(tmp_path / "kern.log.1")
        log.write_text("new")

    with pytest.raises(LogUnreadable, match="rotated again and again"):
        opened(listing(tmp_path, *[rotate] * 10))


def test_what_vanished_is_nothing(tmp_path: Path) -> None:
    """After its name was seen."""
    log = tmp_path / "kern.log"
    log.write_text("one")

    assert opened(listing(tmp_path, log.unlink)) == []


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
