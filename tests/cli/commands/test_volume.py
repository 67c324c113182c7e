"""`vexfsctl volume`: what it shows, and what it changes on a real engine."""

import os
from errno import EUCLEAN

import pytest

from tests.support.live import LiveVolume
from tests.support.program import Program
from tests.support.tree import FakeTree
from vexfsctl.exceptions import ExitStatus
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode, DegradationLevel


def test_list_shows_every_volume_on_a_line(vexfsctl: Program, tree: FakeTree) -> None:
    """State, degradation, access, errors and what is not closed."""
    tree.add("sdb1")
    tree.write("sdb1/access_mode", "ro")
    tree.write("sdb1/errors/total", "7")
    tree.write("sdb1/operations/storage/breaker/state", "open")
    tree.write("sdb1/operations/sync/breaker/state", "half_open")

    result = vexfsctl("volume", "list")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == (
        "VOLUME  PRESENCE  STATE        DEGRADATION  ACCESS  ERRORS"
        "  BREAKERS                      DEVICE  MOUNTPOINT\n"
        "loop0   present   initialized  normal       rw           0"
        "  closed                        7:0     /mnt/vexfs\n"
        "sdb1    present   initialized  normal       ro           7"
        "  storage open, sync half_open  7:0     /mnt/vexfs\n"
    )


def test_list_without_a_volume_says_how_to_get_one(vexfsctl: Program, tree: FakeTree) -> None:
    """No volume is an answer: status 0, and the next step."""
    tree.remove("loop0")

    result = vexfsctl("volume", "list")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == "There is no volume here. vexfsctl mount makes one.\n"


def test_a_root_that_was_asked_for_must_exist(vexfsctl: Program) -> None:
    """A mistyped `--sysfs-root` is not an empty host."""
    result = vexfsctl("volume", "list", "--sysfs-root", "/nowhere")

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert "/nowhere: unreadable (No such file or directory)" in result.stderr


def test_list_shows_a_volume_twice_that_two_roots_have(
    vexfsctl: Program, tree: FakeTree, tmp_path: os.PathLike[str]
) -> None:
    """Then with its root."""
    other = FakeTree(tree.root.parent / "other")
    other.add("loop0")

    result = vexfsctl(
        "volume", "list", "--sysfs-root", str(tree.root), "--sysfs-root", str(other.root)
    )

    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["VOLUME", "ROOT"],
        ["loop0", str(tree.root)],
        ["loop0", str(other.root)],
    ]


def test_list_shows_a_volume_that_cannot_be_read(vexfsctl: Program, tree: FakeTree) -> None:
    """A tree of another version is there and unreadable: status 3, with the reason."""
    tree.write("loop0/abi_version", "2")

    result = vexfsctl("volume", "list", "--json")

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert [(v["name"], v["presence"], v["status"]) for v in result.json["data"]] == [
        ("loop0", "unreadable", None)
    ]
    assert result.json["coverage"]["gaps"][0]["source"] == "loop0"
    assert result.json["problems"] == [
        {
            "code": "sysfs_unreadable",
            "message": "loop0: its tree has version 2; this vexfsctl reads version 1",
            "hint": "update vexfsctl",
        }
    ]


def test_show_has_every_attribute_and_every_operation(vexfsctl: Program, live: LiveVolume) -> None:
    """Two tables: the volume's own attributes, and its operations."""
    result = vexfsctl("volume", "show", "loop0")

    assert result.exit_status == ExitStatus.OK
    assert "loop0   access_mode                   rw" in result.stdout
    assert "loop0   retry/max_attempts            3 " in result.stdout
    assert "loop0   superblock      0         0" in result.stdout
    assert result.stdout.startswith(f"loop0 in {vexfsctl.environ['VEXFSCTL_SYSFS_ROOT']}\n")


def test_show_in_json_is_the_volume(vexfsctl: Program, tree: FakeTree) -> None:
    """The whole value: operations by name, enums as words."""
    result = vexfsctl("volume", "show", "loop0", "--json")

    [volume] = result.json["data"]
    status = volume["status"]
    assert list(status["operations"]) == [str(operation) for operation in OperationType]
    assert (status["state"], status["degradation"], status["access_mode"]) == (
        "initialized",
        "normal",
        "rw",
    )
    assert status["epoch"] == 8_172_635_412


def test_hostile_attributes_are_shown_harmless(vexfsctl: Program, tree: FakeTree) -> None:
    """A mount point may hold anything but a NUL: nothing of it reaches the terminal."""
    tree.write_bytes("loop0/mountpoint", b"/mnt/\x1b[2J[red]\xff\n")

    result = vexfsctl("volume", "list")

    assert "\x1b" not in result.stdout
    assert "/mnt/\\x1b[2J[red]\\xff" in result.stdout


def test_set_changes_and_reads_back(vexfsctl: Program, live: LiveVolume) -> None:
    """Paths with a slash or a dot; values checked by the table."""
    result = vexfsctl(
        "volume", "set", "loop0", "retry/max_attempts=5", "retry.jitter_pct=0", "--yes"
    )

    assert result.stdout == (
        "TARGET  KEY                 BEFORE  AFTER  CHANGED\n"
        "loop0   retry/max_attempts  3       5      true\n"
        "loop0   retry/jitter_pct    10      0      true\n"
    )
    assert (live.guard.retry.max_attempts, live.guard.retry.jitter_pct) == (5, 0)


def test_writing_rw_ends_the_hold_of_a_corruption(vexfsctl: Program, live: LiveVolume) -> None:
    """Even where the access mode is rw already, and the answer says what that did."""
    live.fail(OperationType.STORAGE, EUCLEAN)
    assert live.guard.degradation is DegradationLevel.READ_ONLY

    result = vexfsctl("volume", "set", "loop0", "access_mode=rw", "--yes")

    assert result.stdout == (
        "TARGET  KEY          BEFORE     AFTER   CHANGED\n"
        "loop0   access_mode  rw         rw      false\n"
        "loop0   degradation  read_only  normal  true\n"
    )
    assert str(live.guard.degradation) == "normal"


def test_set_asks_first(vexfsctl: Program, live: LiveVolume) -> None:
    """One question for all that is to be set."""
    result = vexfsctl("volume", "set", "loop0", "access_mode=ro", input="y\n", terminal=True)

    assert result.stderr == "Set access_mode=ro of loop0? [y/N] "
    assert live.guard.access_mode is AccessMode.READ_ONLY


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("access_mode=rx", "access_mode takes rw | ro"),
        ("retry/max_attempts=0", "retry/max_attempts takes u32, 1 to 100"),
        ("retry/max_attempt=5", "did you mean retry/max_attempts?"),
        ("state=initialized", "did you mean access_mode or retry/max_attempts"),
    ],
)
def test_set_says_what_a_key_takes(
    vexfsctl: Program, live: LiveVolume, word: str, hint: str
) -> None:
    """Wrong usage, with the range or the name that was meant."""
    result = vexfsctl("volume", "set", "loop0", word, "--yes")

    assert result.exit_status == ExitStatus.USAGE
    assert f"hint: {hint}" in result.stderr
