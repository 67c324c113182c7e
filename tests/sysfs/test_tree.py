"""Reading and writing volumes in a root of plain files."""

import os
import re
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from errno import ENOENT
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.load import at_work, stopped
from tests.support.tree import FakeTree
from vexfsctl.exceptions import (
    AttributeMissing,
    DeadlineExceeded,
    PermissionRefused,
    SysfsUnreadable,
    VolumeNotFound,
    VolumeUnresponsive,
)
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerSettings, BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ErrorCounts,
    ModuleState,
    Presence,
    RetrySettings,
    Volume,
    VolumeStatus,
)
from vexfsctl.sysfs.attributes import attributes
from vexfsctl.sysfs.server import server_file
from vexfsctl.sysfs.tree import SysfsTree, read_volumes, survey_volumes
from vexfsctl.system.children import run_in_children

NOBODY = 65534
SOON_S = 0.3
WRITING = os.O_WRONLY | os.O_NONBLOCK
"""Fails where nobody reads."""


def status_of(volume: Volume) -> VolumeStatus:
    """Return what a volume that must be present says."""
    assert volume.presence is Presence.PRESENT, volume
    assert volume.status is not None
    return volume.status


def read(tree: FakeTree, volume: str = "loop0") -> Volume:
    """Read one volume of *tree*."""
    return SysfsTree(tree.root).read_volume(volume)


def test_a_volume_is_read_whole(tree: FakeTree) -> None:
    """Every part of the status is what stands in the files."""
    tree.write("loop0/mountpoint", "/mnt/two words")
    tree.write("loop0/mountpoint", r"/mnt/two\040words")
    tree.write("loop0/degradation", DegradationLevel.READ_ONLY)
    tree.write("loop0/access_mode", AccessMode.READ_ONLY)
    tree.write("loop0/errors/total", 9)
    tree.write("loop0/errors/high", 9)
    tree.write("loop0/errors/last_id", CorrelationId(0x6F1C93A20000002A))
    tree.write("loop0/retry/jitter_pct", 0)
    tree.write("loop0/operations/storage/breaker/state", BreakerState.OPEN)
    tree.write("loop0/operations/storage/breaker/window_ms", 20_000)
    tree.write("loop0/operations/storage/calls", 12)

    volume = read(tree)
    status = status_of(volume)

    assert (volume.name, volume.root, volume.detail) == ("loop0", tree.root, None)
    assert (status.abi_version, status.driver, status.epoch) == (1, "fuse", 8_172_635_412)
    assert (status.device, status.mountpoint, status.log) == ("7:0", "/mnt/two words", "kmsg")
    assert status.state is ModuleState.INITIALIZED
    assert status.degradation is DegradationLevel.READ_ONLY
    assert status.access_mode is AccessMode.READ_ONLY
    assert status.errors == ErrorCounts(9, 0, 0, 9, 0, 0, 0, CorrelationId(0x6F1C93A20000002A), 0)
    assert status.retry == RetrySettings(jitter_pct=0)
    assert list(status.operations) == list(OperationType)
    storage = status.operations[OperationType.STORAGE]
    assert (storage.calls, storage.breaker.state) == (12, BreakerState.OPEN)
    assert storage.breaker.settings == BreakerSettings(window_ms=20_000)


def test_a_provider_need_not_count_lost_records(tree: FakeTree) -> None:
    """An older driver, and the kernel module, have no such attribute and are whole without."""
    (tree.root / "loop0/errors/lost").unlink()

    volume = read(tree)

    assert volume.detail is None
    assert status_of(volume).errors == ErrorCounts(0, 0, 0, 0, 0, 0, 0, None, 0, 0)


def test_a_provider_without_what_is_optional_is_read_whole(tree: FakeTree) -> None:
    """A rule that it does not have is off; of what it does not tell nothing is made up."""
    for attribute in attributes():
        if attribute.optional:
            (tree.root / "loop0" / attribute.path).unlink()

    volume = read(tree)

    assert volume.detail is None
    storage = status_of(volume).operations[OperationType.STORAGE]
    assert storage.breaker.settings == BreakerSettings()
    assert (storage.latency_ns_p50, storage.latency_ns_p99, storage.would_reject) == (None, None, 0)
    breaker = storage.breaker
    assert (breaker.until_ms, breaker.reason, breaker.author) == (None, None, None)


def test_roots_are_merged_and_a_name_in_two_is_there_twice(memory_path: Path) -> None:
    """Volumes come in the order of the roots, then of names; a missing root has none."""
    one, two = FakeTree(memory_path / "one"), FakeTree(memory_path / "two")
    for tree, name in ((one, "sdb1"), (one, "loop0"), (two, "loop0")):
        tree.add(name)

    volumes = read_volumes([one.root, memory_path / "none", two.root])

    assert [(volume.root, volume.name) for volume in volumes] == [
        (one.root, "loop0"),
        (one.root, "sdb1"),
        (two.root, "loop0"),
    ]


def test_named_volumes_are_read_alone(tree: FakeTree) -> None:
    """Only the names asked for are read, and one that does not exist is not there."""
    tree.add("sdb1")

    assert [volume.name for volume in read_volumes([tree.root], ["sdb1", "sdc"])] == ["sdb1"]


def test_what_is_no_volume_is_passed_over(tree: FakeTree) -> None:
    """Empty mount points, files and hidden directories in a root are no volumes."""
    (tree.root / "left").mkdir()
    (tree.root / ".lock").mkdir()
    (tree.root / "pid").write_text("17\n")

    assert [volume.name for volume in read_volumes([tree.root])] == ["loop0"]


def test_a_root_that_was_asked_for_must_exist(tmp_path: Path) -> None:
    """A root that an operator named and that is not there is a gap in the evidence."""
    root = tmp_path / "none"

    assert survey_volumes([root]).coverage == Coverage((str(root),))
    assert survey_volumes([root], must_exist=True).coverage == Coverage(
        (str(root),), (Gap(str(root), "unreadable", detail=os.strerror(ENOENT)),)
    )


def test_a_volume_that_is_not_there_is_named(tree: FakeTree) -> None:
    """Asking for one volume by name says that it does not exist, and how to list them."""
    tree.remove("loop0")
    there = SysfsTree(tree.root)
    asks: list[Callable[[], object]] = [
        lambda: there.read_volume("loop0"),
        lambda: there.read("loop0", "state"),
        lambda: there.write("loop0", "access_mode", AccessMode.READ_ONLY),
    ]
    for ask in asks:
        with pytest.raises(VolumeNotFound, match="there is no volume 'loop0'") as missing:
            ask()
        assert missing.value.hint == "vexfsctl volume list shows all volumes"


@pytest.mark.parametrize("name", ["", ".", "..", "../loop0", "a/b"])
def test_a_name_is_no_path(tree: FakeTree, name: str) -> None:
    """No name leads out of the root."""
    with pytest.raises(VolumeNotFound):
        SysfsTree(tree.root).read_volume(name)


def test_a_value_is_written_in_one_piece(tree: FakeTree) -> None:
    """A write leaves the value's text and a newline, whatever was there."""
    tree.write("loop0/retry/max_attempts", "100")

    SysfsTree(tree.root).write("loop0", "retry/max_attempts", 7)

    assert (tree.root / "loop0/retry/max_attempts").read_bytes() == b"7\n"


def test_a_command_is_written_as_the_provider_reads_it(tree: FakeTree) -> None:
    """A breaker command is a value like others."""
    command = BreakerCommand(BreakerAction.RESET, if_generation=4, reason="disk replaced")

    SysfsTree(tree.root).write("loop0", "operations/file/breaker/control", command)

    written = tree.read("loop0/operations/file/breaker/control")
    assert written == 'reset if-generation 4 reason="disk replaced"'


def test_a_missing_number_leaves_its_operation_out(tree: FakeTree) -> None:
    """An attribute a provider lacks is named; what depends on it is not guessed."""
    (tree.root / "loop0/operations/vector/breaker/trips").unlink()

    volume = read(tree)

    assert OperationType.VECTOR not in status_of(volume).operations
    assert len(status_of(volume).operations) == 6
    assert volume.detail == "operations/vector/breaker/trips: No such file or directory"


def test_a_missing_word_is_unknown(tree: FakeTree) -> None:
    """A state that could not be read is `?`, and the rest of the volume stands."""
    (tree.root / "loop0/state").unlink()
    (tree.root / "loop0/uuid").unlink()

    volume = read(tree)

    assert (status_of(volume).state, status_of(volume).uuid) == ("?", None)
    assert volume.detail == ("uuid: No such file or directory; state: No such file or directory")


def test_one_operation_is_read_without_the_others(tree: FakeTree) -> None:
    """What was not asked for is not opened: here it would hang. What was is as in a whole read."""
    tree.write("loop0/mountpoint", "/mnt/data")
    tree.write("loop0/operations/storage/calls", 12)
    tree.write("loop0/operations/storage/breaker/state", BreakerState.OPEN)
    whole = status_of(read(tree))
    readable = [attribute.path for attribute in attributes() if attribute.readable]
    asked = [path for path in readable if re.match(r"[^/]*$|operations/storage/", path)]
    for path in set(readable).difference(asked):
        tree.hang(f"loop0/{path}")

    (volume,) = survey_volumes(
        [tree.root], operations=[OperationType.STORAGE], timeout_s=SOON_S
    ).volumes

    assert (len(asked), len(readable)) == (51, 313)
    storage = {OperationType.STORAGE: whole.operations[OperationType.STORAGE]}
    assert volume.status == replace(
        whole, errors=None, retry=None, resources=None, operations=storage
    )
    assert volume.detail is None


def test_one_operation_of_every_volume_is_read_at_the_same_time(tree: FakeTree) -> None:
    """Each volume says the operation that was asked for, and one that hangs holds up nobody."""
    for name in ("sdb1", "sdc1"):
        tree.add(name)
        tree.write(f"{name}/operations/sync/breaker/state", BreakerState.OPEN)
        tree.hang(f"{name}/errors/total")
    tree.hang("loop0/operations/sync/calls")

    hung, *others = survey_volumes(
        [tree.root], operations={OperationType.SYNC}, timeout_s=SOON_S
    ).volumes

    assert (hung.name, hung.presence) == ("loop0", Presence.UNRESPONSIVE)
    assert hung.detail == "loop0 does not answer within 0.9 s"
    assert [
        (volume.name, operation, operation_status.breaker.state)
        for volume in others
        for operation, operation_status in status_of(volume).operations.items()
    ] == [
        ("sdb1", OperationType.SYNC, BreakerState.OPEN),
        ("sdc1", OperationType.SYNC, BreakerState.OPEN),
    ]


def test_only_what_was_asked_for_is_missed(tree: FakeTree) -> None:
    """A file that is gone is told by who reads it, and by nobody else."""
    for path in ("retry/jitter_pct", "operations/vector/breaker/trips", "operations/sync/calls"):
        (tree.root / "loop0" / path).unlink()
    there = SysfsTree(tree.root)

    vector = there.read_volume("loop0", [OperationType.VECTOR, OperationType.FILE])

    assert list(status_of(vector).operations) == [OperationType.FILE]
    assert vector.detail == "operations/vector/breaker/trips: No such file or directory"
    assert there.read_volume("loop0", [OperationType.FILE]).detail is None
    assert status_of(there.read_volume("loop0", ())).operations == {}


def test_a_volume_in_no_state_to_answer_is_told_alike(tree: FakeTree) -> None:
    """Asked for one operation, an absent volume, a newer tree or no tree is what it is whole."""
    there, one = SysfsTree(tree.root), [OperationType.FILE]
    tree.add("newer")
    tree.write("newer/abi_version", "2")
    (tree.root / "other").mkdir()
    (tree.root / "other/readme").touch()
    (tree.root / "left").mkdir()

    assert there.read_volume("newer", one) == there.read_volume("newer")
    other = there.read_volume("other", one)
    assert (other.presence, other.hint) == (Presence.UNREADABLE, None)
    assert other.detail is not None
    assert other.detail.startswith("abi_version: No such file or directory; ")
    for name in ("left", "none", "../loop0"):
        with pytest.raises(VolumeNotFound):
            there.read_volume(name, one)


def test_a_newer_state_is_shown_as_it_stands(tree: FakeTree) -> None:
    """A word of a later version is kept and named."""
    tree.write("loop0/operations/file/breaker/state", "melted")

    volume = read(tree)

    assert status_of(volume).operations[OperationType.FILE].breaker.state == "melted"
    assert volume.detail == (
        "operations/file/breaker/state: 'melted' is not one of "
        "closed, open, half_open, forced_open, disabled, metrics_only"
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not a number: ''"),
        (b"\n", "not a number: ''"),
        (b"12 errors\n", "not a number: '12 errors'"),
        (b"-1\n", "not a number: '-1'"),
        (b"1\n2\n", r"not a number: '1\n2'"),
        (b"\x1b[31m\xff\x00\n", r"not a number: '\x1b[31m\udcff\x00'"),
        (b"7" * 4096, "longer than a page"),
        (b"7" * 5_000_000, "longer than a page"),
    ],
)
def test_hostile_numbers_are_told_not_believed(
    tree: FakeTree, content: bytes, complaint: str
) -> None:
    """Binary, huge or empty content costs the counters it stands among, nothing more."""
    tree.write_bytes("loop0/errors/total", content)

    volume = read(tree)

    assert status_of(volume).errors is None
    assert volume.detail == f"errors/total: {complaint}"
    with pytest.raises(SysfsUnreadable, match=r"loop0/errors/total: "):
        SysfsTree(tree.root).read("loop0", "errors/total")


def test_a_missing_newline_is_no_matter(tree: FakeTree) -> None:
    """A value that ends without a newline is read all the same."""
    tree.write_bytes("loop0/errors/total", b"12")

    assert SysfsTree(tree.root).read("loop0", "errors/total") == 12


def test_many_complaints_are_counted(tree: FakeTree) -> None:
    """Five are told, the others counted."""
    shutil.rmtree(tree.root / "loop0/operations")

    volume = read(tree)

    assert status_of(volume).operations == {}
    assert volume.detail is not None
    assert volume.detail.endswith("; and 184 more")


def test_a_tree_of_another_version_is_not_read(tree: FakeTree) -> None:
    """A version from the future is named, and what to do."""
    tree.write("loop0/abi_version", "2")

    assert read(tree) == Volume(
        "loop0",
        tree.root,
        Presence.UNREADABLE,
        detail="its tree has version 2; this vexfsctl reads version 1",
        hint="update vexfsctl",
    )


def test_a_directory_of_something_else_is_unreadable(tree: FakeTree) -> None:
    """A directory with other things in it is no volume we know."""
    (tree.root / "other").mkdir()
    (tree.root / "other/readme").touch()

    volume = read(tree, "other")

    assert volume.presence is Presence.UNREADABLE
    assert volume.detail is not None
    assert volume.detail.startswith("abi_version: No such file or directory; ")


def test_a_volume_that_does_not_answer_is_unresponsive(tree: FakeTree) -> None:
    """One attribute that hangs costs its volume three deadlines, and the others nothing.

    Nobody knows its driver, which may run: nothing is said of force.
    """
    tree.add("sdb1")
    tree.hang("loop0/errors/total")

    hung, well = read_volumes([tree.root], timeout_s=SOON_S)

    assert hung == Volume(
        "loop0",
        tree.root,
        Presence.UNRESPONSIVE,
        detail="loop0 does not answer within 0.9 s",
        hint="look again, with a longer --timeout",
    )
    assert well.presence is Presence.PRESENT


def test_one_whose_driver_stands_may_be_cut_off(tree: FakeTree) -> None:
    """The process that its file names is stopped: one deadline is enough, and force may help."""
    tree.hang("loop0/errors/total")
    with stopped() as driver:
        tree.name_driver(driver)
        (hung,) = read_volumes([tree.root], timeout_s=SOON_S)
        with pytest.raises(VolumeUnresponsive) as refused:
            SysfsTree(tree.root, timeout_s=SOON_S).read("loop0", "errors/total")

    detail = (
        "loop0 does not answer within 0.3 s, and the CPU clock of its driver, "
        f"process {driver.pid}, stands"
    )
    assert hung == Volume(
        "loop0",
        tree.root,
        Presence.UNRESPONSIVE,
        detail=detail,
        hint="vexfsctl umount --force loop0",
        abandoned=True,
    )
    assert (refused.value.message, refused.value.hint) == (detail, hung.hint)


def test_one_whose_driver_runs_is_not_to_be_cut_off(tree: FakeTree) -> None:
    """After three deadlines it is unresponsive all the same."""
    tree.hang("loop0/errors/total")
    with at_work() as driver:
        tree.name_driver(driver)
        (hung,) = read_volumes([tree.root], timeout_s=SOON_S)

    assert hung == Volume(
        "loop0",
        tree.root,
        Presence.UNRESPONSIVE,
        detail=f"loop0 does not answer within 0.9 s, but its driver, process {driver.pid}, runs",
        hint=f"top -H -p {driver.pid} shows what it does",
    )


@pytest.mark.parametrize(
    "content", ["", "1", "1 1", "x y", "-1 -1", "1 1 1", "99999999999999999999 1", "\xff 1\n"]
)
def test_a_file_that_names_no_process_proves_nothing(tree: FakeTree, content: str) -> None:
    """A pid of another namespace, or of a process that came later, least of all."""
    tree.hang("loop0/errors/total")
    server_file(tree.root / "loop0").write_bytes(content.encode("latin-1"))

    (hung,) = read_volumes([tree.root], timeout_s=SOON_S)

    assert (hung.presence, hung.abandoned) == (Presence.UNRESPONSIVE, False)


def test_an_answer_that_comes_late_is_that_of_a_busy_volume(tree: FakeTree) -> None:
    """What it says counts, and that it was late is said."""
    attribute = tree.hang("loop0/errors/total")

    def answer_late() -> None:
        # Opening waits for the reader; then more than its deadline passes.
        with attribute.open("w") as late:
            time.sleep(2.5)
            late.write("0\n")

    writer = threading.Thread(target=answer_late)
    writer.start()
    (volume,) = read_volumes([tree.root], timeout_s=2)
    writer.join()

    assert (volume.presence, volume.abandoned) == (Presence.BUSY, False)
    assert volume.status is not None
    assert volume.status.errors is not None
    assert volume.detail == "it answered after more than 2 s"


def test_a_volume_that_answers_one_by_one_is_busy(tree: FakeTree) -> None:
    """Its reader gets on, and is not through after three deadlines: nothing shows that it hangs."""
    files = [tree.hang(f"loop0/{each.path}") for each in attributes() if each.readable]
    over = threading.Event()

    def answer_slowly() -> None:
        for file in files:
            while not over.is_set():
                with suppress(OSError), os.fdopen(os.open(file, WRITING), "wb", 0) as slow:
                    time.sleep(5 * SOON_S / len(files))
                    slow.write(b"0\n")
                    break
                time.sleep(0.001)

    writer = threading.Thread(target=answer_slowly)
    writer.start()
    (volume,) = read_volumes([tree.root], timeout_s=SOON_S)
    over.set()
    writer.join()

    assert volume == Volume(
        "loop0",
        tree.root,
        Presence.BUSY,
        detail="loop0 does not answer within 0.9 s: the host is busy",
        hint="look again, with a longer --timeout",
    )


def test_one_attribute_that_does_not_answer_ends_at_the_deadline(tree: FakeTree) -> None:
    """Reading and writing one attribute are bounded too."""
    tree.hang("loop0/degradation")
    # Not the same: the reader that was given up would let the writer in until it has ended.
    tree.hang("loop0/access_mode")
    there = SysfsTree(tree.root, timeout_s=SOON_S)

    with pytest.raises(VolumeUnresponsive):
        there.read("loop0", "degradation")
    with pytest.raises(VolumeUnresponsive):
        there.write("loop0", "access_mode", AccessMode.READ_ONLY)


def test_a_volume_that_goes_while_it_is_read_has_vanished(tree: FakeTree) -> None:
    """What was read of a volume that is gone by then is not shown."""
    attribute = tree.hang("loop0/errors/total")
    found: list[Volume] = []
    reader = threading.Thread(target=lambda: found.extend(read_volumes([tree.root], timeout_s=30)))
    reader.start()

    # Opening waits for the reader, which is then in the middle of its pass.
    with attribute.open("w"):
        tree.remove("loop0")
    reader.join()

    assert found == [
        Volume(
            "loop0",
            tree.root,
            Presence.VANISHED,
            detail="it went away while it was being read",
            hint="vexfsctl volume list shows all volumes",
        )
    ]


def test_a_volume_replaced_while_it_is_read_is_read_anew(tree: FakeTree) -> None:
    """Two loads of one name are never mixed into one status."""
    attribute = tree.hang("loop0/errors/total")
    tree.write("loop0/epoch", 1)
    found: list[Volume] = []
    reader = threading.Thread(target=lambda: found.extend(read_volumes([tree.root], timeout_s=30)))
    reader.start()

    with attribute.open("w"):
        tree.remove("loop0")
        tree.add("loop0")
        tree.write("loop0/epoch", 2)
    reader.join()

    assert [status_of(volume).epoch for volume in found] == [2]


@pytest.mark.privileged
def test_a_volume_without_permission_is_unreadable(open_tree: FakeTree) -> None:
    """A directory that may not be entered is named as such, with who may."""
    (open_tree.root / "loop0").chmod(0o700)

    volume = as_nobody(lambda: repr(read_volumes([open_tree.root])))

    assert volume == repr(
        (
            Volume(
                "loop0",
                open_tree.root,
                Presence.UNREADABLE,
                detail="Permission denied",
                hint="run it with sudo",
            ),
        )
    )


@pytest.mark.privileged
def test_one_attribute_without_permission_is_told(open_tree: FakeTree) -> None:
    """An attribute that may not be read is named, the volume is still shown."""
    (open_tree.root / "loop0/errors/total").chmod(0o600)

    presence_and_detail = as_nobody(
        lambda: [(str(v.presence), v.detail) for v in read_volumes([open_tree.root])]
    )

    assert presence_and_detail == [("present", "errors/total: Permission denied")]


@pytest.mark.privileged
def test_a_write_without_permission_says_who_may(open_tree: FakeTree) -> None:
    """A refused write names attribute, value and the way out."""

    def write() -> tuple[str, str | None]:
        try:
            SysfsTree(open_tree.root).write("loop0", "access_mode", AccessMode.READ_ONLY)
        except PermissionRefused as refused:
            return refused.message, refused.hint
        raise AssertionError("not refused")

    assert as_nobody(write) == (
        "loop0/access_mode refused 'ro': not permitted",
        "run it with sudo",
    )
    assert open_tree.read("loop0/access_mode") == "rw"


def test_an_attribute_that_a_provider_lacks_is_told_from_a_missing_volume(tree: FakeTree) -> None:
    """ENOENT within a volume that is there means an older provider."""
    (tree.root / "loop0/retry/jitter_pct").unlink()

    with pytest.raises(AttributeMissing, match="the provider of loop0 has no retry/jitter_pct"):
        SysfsTree(tree.root).read("loop0", "retry/jitter_pct")


def test_waiting_ends_when_the_value_is_there(tree: FakeTree) -> None:
    """A value that is right already, or becomes so, is returned."""
    there = SysfsTree(tree.root)
    state = "operations/file/breaker/state"

    def is_open(value: object) -> bool:
        return value is BreakerState.OPEN

    timer = threading.Timer(0.1, tree.write, (f"loop0/{state}", BreakerState.OPEN))
    timer.start()
    assert there.wait_until("loop0", state, is_open, timeout_s=30) is BreakerState.OPEN
    assert there.wait_until("loop0", state, is_open, timeout_s=0) is BreakerState.OPEN
    timer.join()


def test_waiting_ends_at_its_deadline(tree: FakeTree) -> None:
    """A value that does not come is told with the one that is there."""
    with pytest.raises(DeadlineExceeded, match=r"loop0/state is still initialized after 0\.1 s"):
        SysfsTree(tree.root).wait_until("loop0", "state", lambda _: False, timeout_s=0.1)


@pytest.fixture
def open_tree(tmp_path_factory: pytest.TempPathFactory, tree: FakeTree) -> FakeTree:
    """A tree that every user can reach: pytest's own directories belong to one user."""
    for directory in (tree.root, *tree.root.parents):
        if directory == Path(directory.anchor) / "tmp":
            break
        directory.chmod(0o755)
    return tree


def as_nobody(function: Callable[[], Any]) -> Any:
    """Return what *function* returns in a process of user nobody."""

    # What it needs is loaded before: nobody may not be able to read root's Python.
    import_module("vexfsctl.system.access")

    def run() -> Any:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        return function()

    (answer,) = run_in_children([run], 30)
    return answer
