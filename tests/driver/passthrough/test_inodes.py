"""Nodes and open files by number, and the descriptors behind them."""

import errno
import gc
import os
import resource
import threading
from pathlib import Path

import pytest

from vexfsctl.driver.passthrough.inodes import (
    Descriptor,
    InodeTable,
    OpenFile,
    OpenFileTable,
    raise_descriptor_limit,
)

NO_DESCRIPTOR = 2**30


@pytest.fixture
def table(tmp_path: Path) -> InodeTable:
    """The nodes of a directory with two names for one file, a link and a directory."""
    (tmp_path / "file").write_bytes(b"content")
    os.link(tmp_path / "file", tmp_path / "same")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "directory").mkdir()
    return InodeTable(tmp_path)


def is_open(number: int) -> bool:
    """Whether that descriptor number is in use."""
    return os.path.lexists(f"/proc/self/fd/{number}")


def test_two_names_are_one_node(table: InodeTable) -> None:
    """Hard links share a node; what is looked up twice is forgotten twice."""
    first, status = table.look_up(table.root, b"file")
    second, _ = table.look_up(table.root, b"same")

    assert first is second
    assert status.st_size == 7
    assert first.ino == status.st_ino
    assert len(table) == 2
    table.forget([(first.nodeid, 1)])
    assert table.get(first.nodeid) is first
    number = first.number
    table.forget([(first.nodeid, 1)])
    assert not is_open(number)
    assert len(table) == 1


def test_a_link_is_its_own_node(table: InodeTable, tmp_path: Path) -> None:
    """Symbolic links are not followed."""
    link, _ = table.look_up(table.root, b"link")

    assert os.readlink(b"", dir_fd=link.number) == b"file"
    assert link.name == os.fsencode(tmp_path / "link")


def test_a_forgotten_nodeid_is_not_used_again(table: InodeTable) -> None:
    """A node that comes back has another number, and the old one is ESTALE."""
    before, _ = table.look_up(table.root, b"file")
    table.forget([(before.nodeid, 1)])
    after, _ = table.look_up(table.root, b"file")

    assert after.nodeid != before.nodeid
    assert before.nodeid not in table
    with pytest.raises(OSError) as gone:
        table.get(before.nodeid)
    assert gone.value.errno == errno.ESTALE


def test_a_replaced_file_is_another_node(table: InodeTable, tmp_path: Path) -> None:
    """An inode number that the backing filesystem may use again never names two nodes."""
    old, _ = table.look_up(table.root, b"file")
    for name in ("file", "same"):
        (tmp_path / name).unlink()
    (tmp_path / "file").write_bytes(b"other")

    new, _ = table.look_up(table.root, b"file")

    assert new.key != old.key
    assert os.fstat(old.number).st_size == 7


def test_an_unnamed_file_becomes_a_node(table: InodeTable, tmp_path: Path) -> None:
    """What is open can be known without a name."""
    descriptor = os.open(tmp_path, os.O_TMPFILE | os.O_RDWR)
    node, status = table.of_open(descriptor)

    assert status.st_nlink == 0
    os.write(descriptor, b"data")
    assert os.fstat(node.number).st_size == 4
    os.close(descriptor)


def test_the_root_is_never_forgotten(table: InodeTable) -> None:
    """Nor is a node that the kernel was never told of an exception."""
    table.forget([(1, 100), (99, 1)])

    assert table.get(1) is table.root


def test_an_abandoned_descriptor_keeps_its_number(table: InodeTable) -> None:
    """A call that is stuck may still use it: it is closed when that call lets go."""
    node, _ = table.look_up(table.root, b"file")
    node.abandoned = True
    number = node.number
    table.forget([(node.nodeid, 1)])

    assert is_open(number)
    del node
    assert not is_open(number)


def test_inode_numbers_of_two_devices_differ(tmp_path: Path) -> None:
    """What is mounted inside the source may number its inodes like the source does."""
    if os.stat("/proc").st_dev == os.stat("/").st_dev:
        pytest.skip("/proc is no filesystem of its own here")
    table = InodeTable(Path("/"))

    proc, status = table.look_up(table.root, b"proc")

    assert table.root.ino == os.stat("/").st_ino
    assert proc.ino != status.st_ino
    assert proc.ino & 0xFFFFFFFF == status.st_ino


def test_threads_share_the_table(table: InodeTable) -> None:
    """Looked up and forgotten from many threads at once, nothing is lost and nothing leaks."""

    def churn() -> None:
        for _ in range(300):
            node, _ = table.look_up(table.root, b"file")
            table.forget([(node.nodeid, 1)])

    gc.collect()  # else what other tests left closes meanwhile
    before = len(os.listdir("/proc/self/fd"))
    threads = [threading.Thread(target=churn) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(table) == 1
    assert len(os.listdir("/proc/self/fd")) == before


def test_open_files(table: InodeTable, tmp_path: Path) -> None:
    """A handle is good until it is closed, and closing twice is no exception."""
    files = OpenFileTable()
    number = os.open(tmp_path / "file", os.O_RDONLY)
    handle = files.add(OpenFile(number, os.O_RDONLY, table.root))

    assert files.get(handle).number == number
    files.close(handle)
    files.close(handle)
    assert not is_open(number)
    with pytest.raises(OSError) as closed:
        files.get(handle)
    assert closed.value.errno == errno.EBADF


def test_the_limit_of_descriptors_is_the_most_there_is() -> None:
    """The soft limit becomes the hard one, which root raises as far as the kernel lets it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        most = raise_descriptor_limit()

        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
        assert most >= before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_close_that_fails_is_silent_at_the_last_reference() -> None:
    """`close` tells its caller; the last reference has nobody to tell and says nothing."""
    with pytest.raises(OSError, match="Bad file descriptor"):
        Descriptor(NO_DESCRIPTOR).close()

    Descriptor(NO_DESCRIPTOR)
    gc.collect()
