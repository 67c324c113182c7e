"""Which process serves a volume, also when the process is dead or the pid another's."""

import os
import subprocess
import sys
from pathlib import Path

from vexfsctl.driver.volume.ownership import give_up_ownership, owner, take_ownership
from vexfsctl.system.processes import Process


def test_taken_and_given_up(tmp_path: Path) -> None:
    """The file beside the tree names this process; the empty root goes with it."""
    tree = tmp_path / "root" / "loop0"
    tree.parent.mkdir()

    take_ownership(tree)
    process = owner(tree)

    assert process is not None
    assert process.pid == os.getpid()
    assert os.listdir(tree.parent) == [".loop0.pid"]
    give_up_ownership(tree)
    assert owner(tree) is None
    assert not tree.parent.exists()


def test_a_process_that_ended_owns_nothing(tmp_path: Path) -> None:
    """Even while it is a zombie, and even when its pid is somebody else's by then."""
    tree = tmp_path / "loop0"
    code = "import sys; from pathlib import Path; from vexfsctl.driver import ownership; "
    code += "ownership.take_ownership(Path(sys.argv[1]))"
    child = subprocess.Popen([sys.executable, "-c", code, str(tree)])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    process = Process.find(child.pid)
    assert process is not None
    assert (process.running, process.gone) == (False, True)
    assert owner(tree) is None
    child.wait()
    assert owner(tree) is None

    tree.with_name(".loop0.pid").write_text(f"{os.getpid()} 1\n")
    assert owner(tree) is None


def test_the_note_of_another_running_process_stays(tmp_path: Path) -> None:
    """A driver that ends late must not take away its successor's."""
    tree = tmp_path / "loop0"
    other = Process.find(os.getppid())
    assert other is not None
    tree.with_name(".loop0.pid").write_text(f"{other.pid} {other.started}\n")

    give_up_ownership(tree)

    assert owner(tree) == other


def test_nonsense_in_the_file_is_nobody(tmp_path: Path) -> None:
    """Half a write, or another program's file."""
    for text in ("", "12", "a b", "1 2 3", "-5 7"):
        tmp_path.joinpath(".loop0.pid").write_text(text)
        assert owner(tmp_path / "loop0") is None
