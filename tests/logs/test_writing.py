"""A driver's own log file, and the kernel log as a writer."""

import secrets
from pathlib import Path

import pytest

from tests.logs.data import drained
from tests.support.full_disk import file_size_limit
from vexfsctl.logs.sources.kmsg import KmsgReader
from vexfsctl.logs.writing import FinishedRecord, KmsgFileWriter, KmsgWriter


def record(text: str, *, level: int = 4, sequence: int = 0) -> FinishedRecord:
    """A record made at one hour of uptime."""
    return FinishedRecord(level, text, 3_600_000_000, sequence)


def test_a_record_is_one_raw_kmsg_line(tmp_path: Path) -> None:
    """With the number and the time it was given, and nothing in it that could end the line."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path)
    writer.write(record("VexFS: one"))
    writer.write(FinishedRecord(6, "VexFS: two \\ é", 3_600_001_500, 1))
    writer.close()

    assert path.read_text() == (
        "12,0,3600000000,-;VexFS: one\n14,1,3600001500,-;VexFS: two \\x5c \\xc3\\xa9\n"
    )
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_epoch_goes_on_in_the_same_file(tmp_path: Path) -> None:
    """The next driver appends."""
    path = tmp_path / "loop0.kmsg"
    for text in ("first epoch", "second epoch"):
        writer = KmsgFileWriter(path)
        writer.write(record(text))
        writer.close()

    assert path.read_text() == ("12,0,3600000000,-;first epoch\n12,0,3600000000,-;second epoch\n")


def test_a_torn_last_line_is_ended_first(tmp_path: Path) -> None:
    """What a killed driver left half written does not swallow the next record."""
    path = tmp_path / "loop0.kmsg"
    path.write_text("12,0,1,-;VexFS: hal")
    writer = KmsgFileWriter(path)
    writer.write(record("whole"))
    writer.close()

    assert path.read_text() == "12,0,1,-;VexFS: hal\n12,0,3600000000,-;whole\n"


def test_a_moved_file_is_left_on_request(tmp_path: Path) -> None:
    """After logrotate moved the file, `reopen` begins a new one."""
    path, moved = tmp_path / "loop0.kmsg", tmp_path / "loop0.kmsg-20261123"
    writer = KmsgFileWriter(path)
    writer.write(record("before"))
    path.rename(moved)
    writer.write(record("still there"))
    writer.reopen()
    writer.write(record("after"))
    writer.close()

    assert path.read_text() == "12,0,3600000000,-;after\n"
    assert moved.read_text() == "12,0,3600000000,-;before\n12,0,3600000000,-;still there\n"


def test_a_full_file_is_turned_over(tmp_path: Path) -> None:
    """At its largest size the file becomes `.1`, replacing the one before."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, maximum_size=70)
    for number in range(5):
        writer.write(record(f"record {number}"))
    writer.close()

    assert path.read_text() == "12,0,3600000000,-;record 4\n"
    assert (tmp_path / "loop0.kmsg.1").read_text() == (
        "12,0,3600000000,-;record 2\n12,0,3600000000,-;record 3\n"
    )


def test_a_removed_file_is_begun_anew(tmp_path: Path) -> None:
    """At its largest size a file that somebody removed is made again."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, maximum_size=30)
    writer.write(record("one"))
    path.unlink()
    writer.write(record("two"))
    writer.close()

    assert path.read_text() == "12,0,3600000000,-;two\n"


def test_a_file_that_cannot_be_turned_over_is_an_oserror(tmp_path: Path) -> None:
    """And the next record is tried again."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, maximum_size=30)
    writer.write(record("one"))
    (tmp_path / "loop0.kmsg.1").mkdir()
    with pytest.raises(IsADirectoryError):
        writer.write(record("lost"))
    (tmp_path / "loop0.kmsg.1").rmdir()
    writer.write(record("three"))
    writer.close()

    assert path.read_text() == "12,0,3600000000,-;three\n"


def test_a_full_disk_is_an_oserror() -> None:
    """The writer says when a record could not be written."""
    writer = KmsgFileWriter(Path("/dev/full"))
    with pytest.raises(OSError, match="No space left on device"):
        writer.write(record("lost"))
    writer.close()


def test_the_record_after_a_torn_one_begins_a_line(tmp_path: Path) -> None:
    """A disk that fills up takes half a record and then none; the next one is whole again."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path)
    writer.write(record("one"))
    with file_size_limit(path.stat().st_size + 20):
        for text in ("half of it", "nothing of it"):
            with pytest.raises(OSError):
                writer.write(record(text))
    writer.write(record("whole"))
    writer.close()

    assert path.read_text() == (
        "12,0,3600000000,-;one\n12,0,3600000000,-;ha\n12,0,3600000000,-;whole\n"
    )


def test_a_full_disk_holds_up_no_start(tmp_path: Path) -> None:
    """A torn last line is ended with the first record, not when the file is opened."""
    path = tmp_path / "loop0.kmsg"
    path.write_text("12,0,1,-;VexFS: hal")
    with file_size_limit(path.stat().st_size):
        writer = KmsgFileWriter(path)
        with pytest.raises(OSError):
            writer.write(record("lost"))
    writer.write(record("whole"))
    writer.close()

    assert path.read_text() == "12,0,1,-;VexFS: hal\n12,0,3600000000,-;whole\n"


def test_a_file_that_cannot_be_made_is_an_oserror(tmp_path: Path) -> None:
    """A missing directory is for the caller to make, or to report."""
    with pytest.raises(FileNotFoundError):
        KmsgFileWriter(tmp_path / "missing" / "loop0.kmsg")


@pytest.mark.privileged("kmsg")
def test_the_kernel_log_is_a_writer_too() -> None:
    """KmsgWriter puts its records into the kernel log, before and after a reopen."""
    mark = secrets.token_hex(8)
    reader = KmsgReader(every_record=True)
    drained(reader)
    writer = KmsgWriter()
    writer.write(record(f"VexFS test {mark} 1", level=6))
    writer.reopen()
    writer.write(record(f"VexFS test {mark} 2", level=6))
    writer.close()
    texts = [record.text for record in drained(reader) if mark in record.text]
    reader.close()

    assert texts == [f"VexFS test {mark} 1", f"VexFS test {mark} 2"]
