"""Fixtures of the whole suite, and what keeps it off the machine it runs on."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import host_guard, privileges
from tests.support.clock import VirtualClock
from tests.support.program import Program, base_environment
from tests.support.tree import FakeTree

# No claim here is about time, and the machine may be busy. Each run draws other examples, and so
# many of them keep the suite within its six minutes.
hypothesis.settings.register_profile("vexfsctl", deadline=None, max_examples=50)
hypothesis.settings.load_profile("vexfsctl")
host_guard.install()

MEMORY = Path("/dev/shm")
"""A tmpfs on any Linux."""

# Some tests serve FUSE in this process. A child that vfork made touches the mount before its exec
# (it closes what is open there, enters its directory) and waits for us, while vfork makes us wait
# for the child with the interpreter lock held. With fork nobody waits. (typeshed has them as final,
# the manual as the way to do this.) posix_spawn is vfork too; from Python 3.13 on it is the rule.
vars(subprocess).update(_USE_VFORK=False, _USE_POSIX_SPAWN=False)


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def pytest_configure() -> None:
    """Let programs hear what tests end them with, in a run that is deaf to it itself.

    What is ignored is inherited: SIGINT of a run that a script began in the background, SIGHUP
    under nohup. A handler is not.
    """
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


# Before xdist looks for groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run what shares something of the host, and begin with that."""
    shared = {item: privileges.shared(item.iter_markers("privileged")) for item in items}
    groups = privileges.grouped(filter(None, shared.values()))
    for item, resources in shared.items():
        if resources:
            item.add_marker(pytest.mark.xdist_group(groups[min(resources)]))
    items.sort(key=lambda item: not shared[item])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a privileged test where its needs cannot be had; in CI as root that is a failure."""
    for marker in item.iter_markers("privileged"):
        for need in ("root", *marker.args):
            privileges.require(need)


@pytest.fixture(autouse=True)
def off_the_host(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that opens the host's kernel log, FUSE, loop devices or volumes unmarked."""
    if request.node.get_closest_marker("privileged"):
        yield
        return
    with host_guard.guarded():
        yield


@pytest.fixture
def clock() -> VirtualClock:
    """Time that a test lets pass."""
    return VirtualClock()


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A directory of the test's own in memory where there is /dev/shm, else on the disk.

    Writing the files of a volume costs a third of the CPU time there.
    """
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="vexfsctl-test-", dir=MEMORY) as directory:
        yield Path(directory)


@pytest.fixture
def tree(memory_path: Path) -> FakeTree:
    """A root of attribute trees with one healthy volume, `loop0`."""
    tree = FakeTree(memory_path / "sysfs")
    tree.add("loop0")
    return tree


@pytest.fixture
def vexfsctl(tmp_path: Path, memory_path: Path, clock: VirtualClock) -> Program:
    """The program, looking at the volumes of `tree` and an empty log instead of at the host."""
    log = tmp_path / "log.kmsg"
    log.touch()
    environment = base_environment() | {
        "VEXFSCTL_SYSFS_ROOT": str(memory_path / "sysfs"),
        "VEXFSCTL_LOG": str(log),
        "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "VEXFSCTL_STATE_DIR": str(tmp_path / "state/vexfsctl"),
    }
    return Program(environment, clock)
