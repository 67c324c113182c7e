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
from vexfsctl.driver.fuse.requests import GetXattr, ListXattr, RequestHeader, SetXattr
from vexfsctl.driver.passthrough.callers import (
    FILESYSTEM_CAPABILITIES,
    CredentialCache,
    Credentials,
    UserNamespace,
    proven_capabilities,
    read_credentials,
)
from vexfsctl.driver.passthrough.identity import Identities

NOBODY = 65534
CHOWN, DAC_OVERRIDE, LINUX_IMMUTABLE = 1 << 0, 1 << 1, 1 << 9
OVER_FILES = 0x8000001F
"""What filesystems ask for over a file: CAP_CHOWN to CAP_FSETID, CAP_SETFCAP."""


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


@contextlib.contextmanager
def sleeping_below(*command: str) -> Iterator[int]:
    """Pid of a process that *command* became (setpriv, unshare), having set what it is for."""
    argv = [*command, "sh", "-c", "echo; exec cat"]
    with subprocess.Popen(argv, stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        yield process.pid
        process.communicate()


def roots() -> tuple[int, int]:
    """The owner of a file of root."""
    return (0, 0)


@pytest.mark.privileged
def test_a_thread_acts_as_the_caller_and_then_as_itself() -> None:
    """User, group and groups are the caller's and no capability is left; then all is as before."""

    def act() -> None:
        before = credentials()
        identities = Identities(VirtualClock())
        with sleeping_process(NOBODY, 77, [5, 6]) as pid:
            with identities.acting_as(header(NOBODY, 77, pid), roots):
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
        with pytest.raises(OSError), identities.acting_as(header(NOBODY, NOBODY), roots):
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
        with identities.acting_as(header(NOBODY, NOBODY), roots):
            pass
        with identities.acting_as(header(0, 12), roots):
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
            with identities.acting_as(header(NOBODY, NOBODY), roots):
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


@pytest.mark.privileged("setpriv")
def test_capabilities_count_without_uid_0() -> None:
    """A thread keeps those of the caller that filesystems ask for, and no other."""

    def act() -> None:
        identities = Identities(VirtualClock())
        sets = "+dac_override,+sys_ptrace"
        who = (f"--reuid={NOBODY}", "--regid=77", "--clear-groups")
        command = ("setpriv", *who, f"--inh-caps={sets}", f"--ambient-caps={sets}")
        with (
            sleeping_below(*command) as pid,
            identities.acting_as(header(NOBODY, 77, pid), roots),
        ):
            during = credentials()
        assert during["Uid"].split()[3] == str(NOBODY)
        assert int(during["CapEff"], 16) == DAC_OVERRIDE

    in_a_thread(act)


@pytest.mark.privileged("setpriv")
def test_root_without_capabilities_is_not_served_as_the_server() -> None:
    """With uid 0 one may do what one has the capabilities for."""

    def act() -> None:
        identities = Identities(VirtualClock())
        before = int(credentials()["CapEff"], 16)
        with (
            sleeping_below("setpriv", "--bounding-set=-linux_immutable,-sys_ptrace") as pid,
            identities.acting_as(header(0, 0, pid), roots),
        ):
            during = credentials()
        assert during["Uid"].split()[3] == "0"
        expected = before & FILESYSTEM_CAPABILITIES & ~LINUX_IMMUTABLE
        assert int(during["CapEff"], 16) == expected
        assert int(credentials()["CapEff"], 16) == before

    in_a_thread(act)


@pytest.mark.privileged("unshare")
def test_capabilities_in_a_user_namespace() -> None:
    """They count over files of the users and groups that are in it, whatever its root is outside,
    and those that are about more than a file never do."""
    with sleeping_below("unshare", "--user", "--map-root-user") as pid:
        found = read_credentials(pid, 0)

    assert found.namespace == UserNamespace((range(1),), (range(1),))
    assert found.capabilities == FILESYSTEM_CAPABILITIES
    assert found.capabilities_over(roots) == OVER_FILES
    for stranger in ((0, 1), (1, 0)):
        assert found.capabilities_over(lambda stranger=stranger: stranger) == 0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "proven"), [(b"trusted.overlay.opaque", 1 << 21), (b"user.trusted.", 0)]
)
def test_what_the_kernel_has_made_sure_of(name: bytes, proven: int) -> None:
    """Whoever asks for a trusted attribute has CAP_SYS_ADMIN, or the kernel has in its place."""
    caller = header(NOBODY, NOBODY)

    for request in (GetXattr(caller, name, 0), SetXattr(caller, name, b"", 0)):
        assert proven_capabilities(request) == proven
    assert proven_capabilities(ListXattr(caller, 0)) == 0


@pytest.mark.privileged
def test_groups_are_read_anew_after_a_second(clock: VirtualClock) -> None:
    """/proc is asked once a second for a caller; another uid or gid of the same pid at once."""
    callers = CredentialCache(clock)
    with sleeping_process(NOBODY, 77, [5, 6]) as pid:
        assert callers.of(pid, NOBODY, 77) == Credentials((5, 6), 0)
    assert callers.of(pid, NOBODY, 77).groups == (5, 6)
    assert callers.of(pid, 0, 77).groups == ()
    clock.advance(1)
    assert callers.of(pid, NOBODY, 77).groups == ()


@pytest.mark.privileged
def test_a_caller_that_changed_its_groups(clock: VirtualClock) -> None:
    """After a refusal one can ask whether the groups had changed, once; root is never asked."""
    identities = Identities(clock)
    caller = header(NOBODY, 77, threading.get_native_id())
    seen: list[str] = []

    def act() -> None:
        with identities.acting_as(caller, roots):
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


@pytest.mark.parametrize("pid", [0, 2**22 + 1])
def test_of_who_is_gone_the_uid_tells_all(pid: int) -> None:
    """A caller outside this pid namespace (0) or gone has no groups, and with uid 0 is root."""
    assert read_credentials(pid, NOBODY) == Credentials((), 0)
    assert read_credentials(pid, 0) == Credentials((), FILESYSTEM_CAPABILITIES)


def test_whom_the_kernel_acts_for() -> None:
    """Where a caller's process is somebody else (overlayfs, nfsd), its capabilities are not the
    caller's."""
    stranger = os.geteuid() + 1
    found = read_credentials(os.getpid(), stranger)

    assert found.capabilities == 0
    assert set(found.groups) == set(os.getgroups())


def test_many_callers_do_not_fill_the_memory(clock: VirtualClock) -> None:
    """The cache starts over when it is full."""
    callers = CredentialCache(clock)
    for uid in range(5000):
        callers.of(0, uid, uid)

    assert len(callers) <= 1024
