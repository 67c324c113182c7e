"""Acting as the caller: whom the backing filesystem sees, and that it ends with the call."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.clock import VirtualClock
from vexfsctl.driver import system_calls
from vexfsctl.driver.fuse.requests import RequestHeader
from vexfsctl.driver.passthrough.identity import GroupCache, Identities, read_groups

NOBODY = 65534


def header(uid: int, gid: int, pid: int = 0) -> RequestHeader:
    """The header of a request of that caller."""
    return RequestHeader(unique=1, opcode=0, nodeid=1, uid=uid, gid=gid, pid=pid)


def in_a_thread(function: Callable[[], None]) -> None:
    """Run *function* in a thread of its own; raise what it raises."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(function).result()


def credentials() -> dict[str, str]:
    """What /proc says of this thread."""
    with open(f"/proc/self/task/{threading.get_native_id()}/status") as status:
        lines = dict(line.split(":\t", 1) for line in status)
    return {key: lines[key].strip() for key in ("Uid", "Gid", "Groups", "CapEff")}


@contextlib.contextmanager
def sleeping_process(uid: int, gid: int, groups: Sequence[int]) -> Iterator[int]:
    """Pid of a process of that user and group with those supplementary groups."""
    with subprocess.Popen(["cat"], stdin=-1, user=uid, group=gid, extra_groups=groups) as process:
        yield process.pid
        process.communicate()


@pytest.mark.privileged
def test_a_thread_acts_as_the_caller_and_then_as_itself() -> None:
    """User, group and groups are the caller's and no capability is left; then all is as before."""

    def act() -> None:
        before = credentials()
        identities = Identities(VirtualClock())
        with sleeping_process(NOBODY, 77, [5, 6]) as pid:
            with identities.acting_as(header(NOBODY, 77, pid)):
                during = credentials()
            after = credentials()
        assert during["Uid"].split() == ["0", "0", "0", str(NOBODY)]
        assert during["Gid"].split() == ["0", "0", "0", "77"]
        assert during["Groups"].split() == ["5", "6"]
        assert int(during["CapEff"], 16) == 0
        assert (after["Uid"], after["CapEff"]) == (before["Uid"], before["CapEff"])

    in_a_thread(act)


@pytest.mark.privileged
def test_the_identity_ends_with_an_exception() -> None:
    """A call that fails leaves nothing of the caller behind."""

    def act() -> None:
        identities = Identities(VirtualClock())
        with pytest.raises(OSError), identities.acting_as(header(NOBODY, NOBODY)):
            os.open("/dev/kmsg", os.O_WRONLY)
        assert system_calls.fs_uid() == 0
        os.close(os.open("/dev/null", os.O_WRONLY))

    in_a_thread(act)


@pytest.mark.privileged
def test_root_is_served_as_the_server() -> None:
    """Root keeps its capabilities and has its own group, also after somebody else."""

    def act() -> None:
        identities = Identities(VirtualClock())
        before = credentials()
        with identities.acting_as(header(NOBODY, NOBODY)):
            pass
        with identities.acting_as(header(0, 12)):
            during = credentials()
        assert during["CapEff"] == before["CapEff"]
        assert during["Gid"].split()[3] == "12"

    in_a_thread(act)


@pytest.mark.privileged
def test_threads_have_their_own_umask_and_identity(tmp_path: Path) -> None:
    """What one thread acts as does not show in another, nor does its umask."""
    tmp_path.chmod(0o777)
    identities = Identities(VirtualClock())
    inside, done = threading.Event(), threading.Event()
    before = os.umask(0o022)
    try:

        def act() -> None:
            identities.use_umask(0o077)
            with identities.acting_as(header(NOBODY, NOBODY)):
                inside.set()
                done.wait(10)

        thread = threading.Thread(target=act)
        thread.start()
        inside.wait(10)
        (tmp_path / "mine").touch()
        done.set()
        thread.join()

        status = (tmp_path / "mine").stat()
        assert (status.st_uid, status.st_mode & 0o777) == (0, 0o644)
    finally:
        os.umask(before)


@pytest.mark.privileged
def test_groups_are_read_anew_after_a_second(clock: VirtualClock) -> None:
    """/proc is asked once a second for a caller; another uid or gid of the same pid at once."""
    groups = GroupCache(clock)
    with sleeping_process(NOBODY, 77, [5, 6]) as pid:
        assert groups.of(pid, NOBODY, 77) == (5, 6)
    assert groups.of(pid, NOBODY, 77) == (5, 6)
    assert groups.of(pid, 0, 77) == ()
    clock.advance(1)
    assert groups.of(pid, NOBODY, 77) == ()


@pytest.mark.privileged
def test_a_caller_that_changed_its_groups(clock: VirtualClock) -> None:
    """After a refusal one can ask whether the groups had changed, once; root is never asked."""
    identities = Identities(clock)
    caller = header(NOBODY, 77, threading.get_native_id())
    seen: list[str] = []

    def act() -> None:
        with identities.acting_as(caller):
            seen.append(credentials()["Groups"])

    before = tuple(os.getgroups())
    system_calls.set_groups(())
    try:
        in_a_thread(act)
        assert not identities.was_mistaken(caller)
        system_calls.set_groups((5,))
        in_a_thread(act)
        assert identities.was_mistaken(caller)
        assert not identities.was_mistaken(caller)
        in_a_thread(act)
    finally:
        system_calls.set_groups(before)
    assert seen == ["", "", "5"]
    assert not identities.was_mistaken(header(0, 0, caller.pid))


def test_who_is_gone_has_no_groups() -> None:
    """A caller outside this pid namespace (0) or gone has none; this process has its own."""
    assert read_groups(0) == ()
    assert read_groups(2**22 + 1) == ()
    assert set(read_groups(os.getpid())) == set(os.getgroups())


def test_many_callers_do_not_fill_the_memory(clock: VirtualClock) -> None:
    """The cache starts over when it is full."""
    groups = GroupCache(clock)
    for uid in range(5000):
        groups.of(0, uid, uid)

    assert len(groups) <= 1024
