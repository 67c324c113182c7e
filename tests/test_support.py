"""What the tests themselves lean on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import privileges
from tests.support.program import Program
from tests.support.tree import FakeTree
from vexfsctl.model.volume import Presence
from vexfsctl.sysfs.tree import SysfsTree


@pytest.mark.parametrize(
    "path", ["/dev/kmsg", "/dev/fuse", "/dev/loop0", "/run/vexfs/loop0/state", "/dev/../dev/kmsg"]
)
def test_the_host_is_out_of_reach(path: str) -> None:
    """A test that is not marked fails the moment it opens what is the host's, caught or not."""
    with pytest.raises(pytest.fail.Exception, match="touched the host: open"):
        try:
            os.open(path, os.O_RDONLY)
        except Exception:  # noqa: BLE001 - what a careless program under test might do
            pytest.fail("the guard can be swallowed", pytrace=False)


def test_the_hosts_volumes_cannot_be_listed() -> None:
    """Neither can a directory of the host's volumes be looked into."""
    with pytest.raises(pytest.fail.Exception, match=r"touched the host: os\.listdir /run/vexfs"):
        os.listdir("/run/vexfs")


def test_programs_that_change_the_host_cannot_be_started() -> None:
    """An unmarked test neither mounts nor attaches, by whatever path the program is called."""
    with pytest.raises(pytest.fail.Exception, match="touched the host"):
        subprocess.run(["/sbin/losetup", "--version"], check=True)


def test_a_fake_volume_is_a_healthy_one(tree: FakeTree) -> None:
    """What the table makes is a volume that the reader finds nothing wrong with."""
    volume = SysfsTree(tree.root).read_volume("loop0")

    assert (volume.presence, volume.detail) == (Presence.PRESENT, None)


def test_the_program_runs_in_process_and_as_a_process_alike(vexfsctl: Program) -> None:
    """Both ways answer with the same status and the same text."""
    assert vexfsctl("--help") == vexfsctl.as_process("--help")
    assert vexfsctl("--no-such-option").exit_status == 2


def test_the_program_sees_nothing_of_the_host(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Its volumes, log and runtime directory are the test's."""
    assert vexfsctl.environ["VEXFSCTL_SYSFS_ROOT"] == str(tree.root)
    for name in ("VEXFSCTL_LOG", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        assert vexfsctl.environ[name].startswith(str(tmp_path))


def test_a_fake_tree_is_in_memory_where_that_is_to_be_had(memory_path: Path) -> None:
    """It is its test's alone and empty, and nobody else may look into it."""
    assert memory_path.is_relative_to("/dev/shm") or not os.access("/dev/shm", os.W_OK)
    assert list(memory_path.iterdir()) == []
    assert memory_path.stat().st_mode & 0o077 == 0


def test_reading_volumes_imports_nothing_heavy() -> None:
    """Start-up is a feature: no rich, pyudev, FUSE, asyncio or the like to read a volume."""
    heavy = "{'rich', 'pyudev', 'asyncio', 'multiprocessing', 'vexfsctl.driver', 'subprocess'}"
    code = f"import sys, vexfsctl.sysfs.tree; print(sorted({heavy} & set(sys.modules)))"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert shown.stdout == b"[]\n"


def test_what_shares_something_is_one_group() -> None:
    """Two that share nothing with each other may still share something with a third."""
    one, two, three = (frozenset(each) for each in (("a", "b"), ("c",), ("b", "d")))

    groups = privileges.grouped([one, two, three])

    assert groups == {"a": "a, b, d", "b": "a, b, d", "d": "a, b, d", "c": "c"}


def test_a_shared_thing_that_nobody_knows_is_a_mistake() -> None:
    """It would form no group with those that spell it right."""
    with pytest.raises(AssertionError, match="not shared by tests"):
        privileges.shared([pytest.mark.privileged(shares=("loop device",)).mark])


def test_a_deaf_run_has_programs_that_hear() -> None:
    """Started with SIGINT ignored, as in the background of a script, tests can still interrupt."""
    code = """if True:
        import subprocess, sys
        from tests import conftest
        conftest.pytest_configure()
        program = "import signal; print(signal.getsignal(signal.SIGINT).__name__)"
        subprocess.run([sys.executable, "-c", program], check=True)
    """
    deaf = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", sys.executable, "-c", code]

    shown = subprocess.run(deaf, capture_output=True, check=True)

    assert shown.stdout == b"default_int_handler\n"


@pytest.mark.xdist_group("one")
def test_groups_stay_together(request: pytest.FixtureRequest) -> None:
    """A worker names the group of a test where xdist looks for it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("a run with -n forms groups")

    assert request.node.nodeid.endswith("@one")
