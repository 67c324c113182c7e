"""Which volumes and operations a target means, and what is said when it means none."""

import pytest

from tests.support.program import Program
from tests.support.tree import FakeTree
from vexfsctl.exceptions import ExitStatus, InvalidInput
from vexfsctl.host.volumes import Target, parse_target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("loop0", Target("loop0", "*")),
        ("loop0/storage", Target("loop0", "storage")),
        ("*/sync", Target("*", "sync")),
        ("*", Target("*", "*")),
        ("sd?1/s*", Target("sd?1", "s*")),
    ],
)
def test_a_target_has_two_parts(text: str, target: Target) -> None:
    """Volume and operation, each a name or a glob; written again as it was."""
    assert parse_target(text) == target
    assert str(parse_target(text)) == text


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "not a target: ''", "VOLUME or VOLUME/OPERATION"),
        ("/file", "not a target: '/file'", "VOLUME or VOLUME/OPERATION"),
        ("loop0/", "not a target: 'loop0/'", "VOLUME or VOLUME/OPERATION"),
        ("loop0/fil", "there is no operation type 'fil'", "did you mean loop0/file?"),
        (
            "loop0/x\x1b",
            "there is no operation type 'x\\x1b'",
            "there are superblock, inode, file, directory, vector, storage, sync",
        ),
        ("file/loop0", "there is no operation type 'loop0'", "did you mean loop0/file?"),
    ],
)
def test_what_is_no_target_is_said(text: str, message: str, hint: str) -> None:
    """With what may have been meant."""
    with pytest.raises(InvalidInput) as caught:
        parse_target(text)

    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("lop0", "there is no volume 'lop0' in {root}\nhint: did you mean loop0?"),
        ("nvme", "there is no volume 'nvme' in {root}\nhint: existing volumes: dm-3, loop0"),
        ("x*", "there is no volume matching 'x*' in {root}\nhint: existing volumes: dm-3, loop0"),
    ],
)
def test_a_volume_that_is_not_there_is_told_with_those_that_are(
    vexfsctl: Program, tree: FakeTree, target: str, expected: str
) -> None:
    """Status 1, and the near misses first."""
    tree.add("dm-3")

    result = vexfsctl("breaker", "list", target)

    assert result.exit_status == ExitStatus.FAILED
    assert result.stderr == f"vexfsctl: {expected.format(root=tree.root)}\n"


def test_no_volume_at_all_says_how_to_make_one(vexfsctl: Program, tree: FakeTree) -> None:
    """The next step where there is nothing to choose from."""
    tree.remove("loop0")

    result = vexfsctl("breaker", "list", "loop0", "--json")

    assert result.exit_status == ExitStatus.FAILED
    assert result.json["problems"] == [
        {
            "code": "volume_not_found",
            "message": f"there is no volume 'loop0' in {tree.root}",
            "hint": "there are no volumes; vexfsctl mount makes one",
        }
    ]


def test_a_name_that_two_roots_have_is_not_acted_on(vexfsctl: Program, tree: FakeTree) -> None:
    """A change must hit one volume: which one has to be said."""
    other = FakeTree(tree.root.parent / "other")
    other.add("loop0")
    roots = ["--sysfs-root", str(tree.root), "--sysfs-root", str(other.root)]

    result = vexfsctl("breaker", "trip", "loop0/file", "--yes", *roots)

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr == (
        f"vexfsctl: loop0 exists twice, in {tree.root} and {other.root}\n"
        "hint: say which: --sysfs-root\n"
    )


def test_a_named_volume_that_cannot_be_read_is_not_acted_on(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """Status 3: whether it would have worked is not known."""
    tree.write("loop0/abi_version", "2")

    result = vexfsctl("breaker", "trip", "loop0/file", "--yes", "--json")

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.json["data"] is None
    assert result.json["problems"][0]["code"] == "sysfs_unreadable"


def test_a_glob_acts_on_those_that_answer_and_names_the_rest(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """What was skipped makes status 3."""
    tree.add("old")
    tree.write("old/abi_version", "2")

    result = vexfsctl("breaker", "trip", "*/file", "--dry-run", "--json")

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert [row["target"] for row in result.json["data"]] == ["loop0/file"]
    assert [gap["source"] for gap in result.json["coverage"]["gaps"]] == ["old"]


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        ("vexfsctl breaker list ", ["dm-3", "loop0"]),
        ("vexfsctl breaker list lo", ["loop0", *(f"loop0/{o}" for o in
            ("superblock", "inode", "file", "directory", "vector", "storage", "sync"))]),
        ("vexfsctl breaker reset loop0/s", ["loop0/superblock", "loop0/storage", "loop0/sync"]),
        ("vexfsctl volume show l", ["loop0"]),
        ("vexfsctl breaker set loop0/file win", ["window_ms="]),
        ("vexfsctl volume set loop0 retry/m", ["retry/max_attempts=", "retry/max_delay_ms="]),
        ("vexfsctl breaker wait loop0/file --until o", ["open"]),
        ("vexfsctl brea", ["breaker"]),
        ("vexfsctl breaker --for", ["--format"]),
    ],
)  # fmt: skip
def test_the_shell_completes_what_is_there(
    vexfsctl: Program, tree: FakeTree, words: str, offers: list[str]
) -> None:
    """Commands, options, live volumes, operations and keys."""
    tree.add("dm-3")
    assert [*vexfsctl.offers(*words.split(" ")[1:])] == offers
