"""Descriptors: whose they are, when they close, and how many of each kind there may be."""

import errno
import gc
import os
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.driver.passthrough.nodes.descriptors import (
    Descriptor,
    DescriptorBudget,
    raise_descriptor_limit,
)
from vexfsctl.driver.passthrough.nodes.inodes import Inode, InodeTable
from vexfsctl.driver.passthrough.nodes.open_files import OpenFile, OpenFileTable

NO_DESCRIPTOR = 2**30


@pytest.fixture
def inode(tmp_path: Path) -> Inode:
    """Some node."""
    return InodeTable(tmp_path).root


def is_open(number: int) -> bool:
    """Whether that descriptor number is in use."""
    return os.path.lexists(f"/proc/self/fd/{number}")


def open_null(inode: Inode) -> OpenFile:
    """A file opened for an application."""
    return OpenFile(os.open(os.devnull, os.O_RDONLY), os.O_RDONLY, inode)


def test_open_files(inode: Inode) -> None:
    """A handle is good until it is closed, and closing twice is no exception."""
    files = OpenFileTable(most=8)
    file = open_null(inode)
    number = file.number
    handle = files.add(file)

    assert files.get(handle).number == number
    files.close(handle)
    files.close(handle)
    assert not is_open(number)
    with pytest.raises(OSError) as closed:
        files.get(handle)
    assert closed.value.errno == errno.EBADF


def test_any_open_file_of_a_node_leads_to_it(inode: Inode) -> None:
    """Until the last one is closed, a duplicate is to be had."""
    files = OpenFileTable(most=8)
    handles = [files.add(open_null(inode)) for _ in range(2)]

    for handle in handles:
        number = files.duplicate(inode.nodeid)
        assert number is not None
        assert os.path.samestat(os.fstat(number), os.stat(os.devnull))
        os.close(number)
        files.close(handle)
    assert files.duplicate(inode.nodeid) is None


def test_no_more_open_files_than_there_may_be(inode: Inode) -> None:
    """One more file gets EMFILE, a directory not yet; what one closes another may open."""
    files = OpenFileTable(most=8)
    handles = [files.add(open_null(inode)) for _ in range(7)]

    with pytest.raises(OSError) as refused:
        files.check_room()
    assert refused.value.errno == errno.EMFILE
    files.check_room(directory=True)
    files.add(open_null(inode))
    with pytest.raises(OSError, match="Too many open files"):
        files.check_room(directory=True)
    for handle in handles[:2]:
        files.close(handle)
    files.check_room()


def test_an_abandoned_file_keeps_its_number(inode: Inode) -> None:
    """A call that is stuck may still use it: it is closed when that call lets go."""
    files = OpenFileTable(most=8)
    file = open_null(inode)
    handle, number = files.add(file), file.number
    file.abandoned = True
    files.close(handle)

    assert is_open(number)
    del file
    assert not is_open(number)


@given(st.integers(0, 1 << 20))
def test_no_use_of_descriptors_starves_another(free: int) -> None:
    """From about a hundred descriptors on, every kind has some and all together fit."""
    budget = DescriptorBudget.of(free)

    assert min(budget.readers, budget.pinned, budget.open_files) >= 8
    assert budget.readers <= 256
    if free >= 64:
        assert budget.readers * 4 + budget.pinned + budget.open_files <= free


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
