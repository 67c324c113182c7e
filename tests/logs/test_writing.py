"""A driver's own log file, and the kernel log as a writer."""

import contextlib
import resource
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logs.data import drained
from tests.support.clock import VirtualClock
from vexfsctl.logs.sources.kmsg import KmsgReader
from vexfsctl.logs.writing import KmsgFileWriter, KmsgWriter


def test_records_are_numbered_from_zero(tmp_path: Path, clock: VirtualClock) -> None:
    """Each record is one raw kmsg line with its number and the monotonic time."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, clock)
    writer.write(4, "VexFS: one")
    clock.advance(0.0015)
    writer.write(6, "VexFS: two \\ é")
    writer.close()

    assert path.read_text() == (
        "12,0,3600000000,-;VexFS: one\n14,1,3600001500,-;VexFS: two \\x5c \\xc3\\xa9\n"
    )
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_epoch_goes_on_in_the_same_file(tmp_path: Path, clock: VirtualClock) -> None:
    """The next driver appends and counts from 0 again."""
    path = tmp_path / "loop0.kmsg"
    for text in ("first epoch", "second epoch"):
        writer = KmsgFileWriter(path, clock)
        writer.write(5, text)
        writer.close()

    assert path.read_text() == ("13,0,3600000000,-;first epoch\n13,0,3600000000,-;second epoch\n")


def test_a_torn_last_line_is_ended_first(tmp_path: Path, clock: VirtualClock) -> None:
    """What a killed driver left half written does not swallow the next record."""
    path = tmp_path / "loop0.kmsg"
    path.write_text("12,0,1,-;VexFS: hal")
    writer = KmsgFileWriter(path, clock)
    writer.write(4, "whole")
    writer.close()

    assert path.read_text() == "12,0,1,-;VexFS: hal\n12,0,3600000000,-;whole\n"


def test_a_moved_file_is_left_on_request(tmp_path: Path, clock: VirtualClock) -> None:
    """After logrotate moved the file, `reopen` begins a new one and the numbers go on."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, clock)
    writer.write(4, "before")
    path.rename(tmp_path / "loop0.kmsg-20261123")
    writer.write(4, "still there")
    writer.reopen()
    writer.write(4, "after")
    writer.close()

    assert path.read_text() == "12,2,3600000000,-;after\n"


def test_a_full_file_is_turned_over(tmp_path: Path, clock: VirtualClock) -> None:
    """At its largest size the file becomes `.1`, replacing the one before."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, clock, maximum_size=70)
    for number in range(5):
        writer.write(4, f"record {number}")
    writer.close()

    assert path.read_text() == "12,4,3600000000,-;record 4\n"
    assert (tmp_path / "loop0.kmsg.1").read_text() == (
        "12,2,3600000000,-;record 2\n12,3,3600000000,-;record 3\n"
    )


def test_a_removed_file_is_begun_anew(tmp_path: Path, clock: VirtualClock) -> None:
    """At its largest size a file that somebody removed is made again."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, clock, maximum_size=30)
    writer.write(4, "one")
    path.unlink()
    writer.write(4, "two")
    writer.close()

    assert path.read_text() == "12,1,3600000000,-;two\n"


def test_a_lost_record_leaves_its_number_free(tmp_path: Path, clock: VirtualClock) -> None:
    """What could not be written shows as a hole in the sequence."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, clock, maximum_size=30)
    writer.write(4, "one")
    (tmp_path / "loop0.kmsg.1").mkdir()
    with pytest.raises(IsADirectoryError):
        writer.write(4, "lost")
    (tmp_path / "loop0.kmsg.1").rmdir()
    writer.write(4, "three")
    writer.close()

    assert path.read_text() == "12,2,3600000000,-;three\n"


def test_a_full_disk_is_an_oserror(clock: VirtualClock) -> None:
    """The writer says when a record could not be written."""
    writer = KmsgFileWriter(Path("/dev/full"), clock)
    with pytest.raises(OSError, match="No space left on device"):
        writer.write(4, "lost")
    writer.close()


def test_the_record_after_a_torn_one_begins_a_line(tmp_path: Path, clock: VirtualClock) -> None:
    """A disk that fills up takes half a record and then none; the next one is whole again."""
    path = tmp_path / "loop0.kmsg"
    writer = KmsgFileWriter(path, clock)
    writer.write(4, "one")
    with file_size_limit(path.stat().st_size + 20):
        for text in ("half of it", "nothing of it"):
            with pytest.raises(OSError):
                writer.write(4, text)
    writer.write(4, "whole")
    writer.close()

    assert path.read_text() == (
        "12,0,3600000000,-;one\n12,1,3600000000,-;ha\n12,3,3600000000,-;whole\n"
    )


def test_a_full_disk_holds_up_no_start(tmp_path: Path, clock: VirtualClock) -> None:
    """A torn last line is ended with the first record, not when the file is opened."""
    path = tmp_path / "loop0.kmsg"
    path.write_text("12,0,1,-;VexFS: hal")
    with file_size_limit(path.stat().st_size):
        writer = KmsgFileWriter(path, clock)
        with pytest.raises(OSError):
            writer.write(4, "lost")
    writer.write(4, "whole")
    writer.close()

    assert path.read_text() == "12,0,1,-;VexFS: hal\n12,1,3600000000,-;whole\n"


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let no file of this process grow past *size*: what would is cut, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_cannot_be_made_is_an_oserror(tmp_path: Path, clock: VirtualClock) -> None:
    """A missing directory is for the caller to make, or to report."""
    with pytest.raises(FileNotFoundError):
        KmsgFileWriter(tmp_path / "missing" / "loop0.kmsg", clock)


@pytest.mark.privileged("kmsg")
def test_the_kernel_log_is_a_writer_too() -> None:
    """KmsgWriter puts its records into the kernel log, before and after a reopen."""
    mark = secrets.token_hex(8)
    reader = KmsgReader(every_record=True)
    drained(reader)
    writer = KmsgWriter()
    writer.write(6, f"VexFS test {mark} 1")
    writer.reopen()
    writer.write(6, f"VexFS test {mark} 2")
    writer.close()
    texts = [record.text for record in drained(reader) if mark in record.text]
    reader.close()

    assert texts == [f"VexFS test {mark} 1", f"VexFS test {mark} 2"]
