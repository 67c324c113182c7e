"""A large file is read from anywhere, but only where a read cannot be stuck."""

import os
import threading
from contextlib import closing
from pathlib import Path

import pytest

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.open_file import OpenFile
from vexfsctl.logs.files.stream import FileStream

SILENCE_S = 20.0
CONTENT = b"".join(b"%09d " % number for number in range(600_000))
PLACES = ((0, 10), (5_000_000, 6_000_000), (4_999_990, 5_999_990), (10, 20), (0, len(CONTENT)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of 6 MB on a disk."""
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def taken_over(path: Path) -> OpenFile | None:
    """Return what is got while the first bytes of a file are read."""
    with closing(FileStream(path, SILENCE_S)) as stream:
        chunk = next(iter(stream))
        assert stream.take_over(len(chunk) - 1) is None
        return stream.take_over(len(chunk))


@pytest.fixture
def file(path: Path) -> OpenFile:
    """That file; where it cannot be read without waiting, a child reads all of it."""
    return taken_over(path) or OpenFile(os.open(path, os.O_RDONLY), SILENCE_S)


@pytest.mark.parametrize(("start", "end"), PLACES)
def test_any_part_of_it(file: OpenFile, start: int, end: int) -> None:
    """Whatever was read before."""
    assert file.size == len(CONTENT)
    file.read(1_000, 2_000)
    assert file.read(start, end) == CONTENT[start:end]
    assert bytes(file.view(start, end)) == CONTENT[start:end]


def test_what_is_not_in_memory(file: OpenFile, path: Path) -> None:
    """A child waits for the disk."""
    with path.open("rb") as same:
        os.fsync(same.fileno())
        os.posix_fadvise(same.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    for start, end in PLACES:
        assert file.read(start, end) == CONTENT[start:end]


def test_while_the_child_still_reads(path: Path, file: OpenFile) -> None:
    """Neither moves the place at which the other one is."""
    with closing(FileStream(path, SILENCE_S)) as stream, path.open("rb") as same:
        chunks = iter(stream)
        taken = next(chunks)
        file = stream.take_over(len(taken)) or file
        for at in range(2_000_000, 5_000_000, 150_000):
            os.posix_fadvise(same.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            assert file.read(at, at + 2_000) == CONTENT[at : at + 2_000]
            taken += next(chunks, b"")
        assert taken + b"".join(chunks) == CONTENT


@pytest.mark.parametrize("cached", [True, False])
def test_truncated_meanwhile(file: OpenFile, path: Path, cached: bool) -> None:
    """It is said, and nobody is killed by SIGBUS."""
    os.truncate(path, 5_500_000)
    if not cached:
        with path.open("rb") as same:
            os.fsync(same.fileno())
            os.posix_fadvise(same.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    assert file.read(5_000_000, 5_500_000) == CONTENT[5_000_000:5_500_000]
    with pytest.raises(LogUnreadable, match="it was truncated while it was read"):
        file.read(5_000_000, 6_000_000)


def test_removed_meanwhile(file: OpenFile, path: Path) -> None:
    """It is read to its end all the same."""
    path.unlink()
    assert file.read(0, len(CONTENT)) == CONTENT


def test_where_somebody_else_may_keep_a_reader_waiting(tmp_path: Path) -> None:
    """A FIFO, or a file that the kernel makes up, cannot be taken over."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def write() -> None:
        with fifo.open("wb", buffering=0) as end:
            end.write(b"x" * 1_000)
            done.wait(SILENCE_S)

    done = threading.Event()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert taken_over(fifo) is None
    finally:
        done.set()
        writer.join()
    assert taken_over(Path("/proc/self/mountinfo")) is None
