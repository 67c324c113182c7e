"""Nodes that hold no descriptor: told apart, found again, and pinned when they lose their name."""

import contextlib
import errno
import gc
import os
import random
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.privileges import require
from vexfsctl.driver import system_calls
from vexfsctl.driver.passthrough.nodes.inodes import InodeTable, OpenInode, StaleNode


@pytest.fixture(params=["by handle", "by name"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InodeTable]:
    """The nodes of a directory with two names for one file, a link and a directory."""
    (tmp_path / "file").write_bytes(b"content")
    os.link(tmp_path / "file", tmp_path / "same")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "directory").mkdir()
    by_handle = request.param == "by handle"
    table = InodeTable(tmp_path, handles=by_handle, most_pinned=4)
    if by_handle and not table.root.mount.keeps_handles:
        require("root")
        pytest.skip(f"the filesystem of {tmp_path} keeps no handles")
    yield table
    table.clear()


def descriptors() -> int:
    """How many descriptors this process has open, without what other tests have left."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def directory(table: InodeTable, *names: bytes) -> OpenInode:
    """The open node of the directory that *names* lead to."""
    opened = table.open(table.root)
    for name in names:
        opened = table.open(table.look_up(opened, name)[0])
    return opened


def content(table: InodeTable, nodeid: int) -> bytes:
    """What is in the file of a node."""
    with table.open(table.get(nodeid)) as node:
        return Path(os.fsdecode(node.path)).read_bytes()


def test_two_names_are_one_node(table: InodeTable) -> None:
    """Hard links share a node; what is looked up twice is forgotten twice."""
    root = directory(table)
    first, status = table.look_up(root, b"file")
    second, _ = table.look_up(root, b"same")

    assert first is second
    assert status.st_size == 7
    assert first.ino == status.st_ino
    assert len(table) == 2
    table.forget([(first.nodeid, 1)])
    assert table.get(first.nodeid) is first
    table.forget([(first.nodeid, 1)])
    assert len(table) == 1


def test_an_idle_node_holds_no_descriptor(table: InodeTable, tmp_path: Path) -> None:
    """Known nodes cost none, however many they are, and each is found again."""
    for number in range(100):
        (tmp_path / f"{number}").write_text(f"{number}")
    root = directory(table)
    before = descriptors()

    nodes = [table.look_up(root, b"%d" % number)[0] for number in range(100)]

    assert descriptors() == before
    assert [content(table, node.nodeid) for node in nodes] == [b"%d" % n for n in range(100)]
    assert descriptors() == before


def test_a_link_is_its_own_node(table: InodeTable) -> None:
    """Symbolic links are not followed, when they are looked up or opened again."""
    link, _ = table.look_up(directory(table), b"link")

    with table.open(link) as node:
        assert os.readlink(b"", dir_fd=node.number) == b"file"


def test_a_forgotten_nodeid_is_not_used_again(table: InodeTable) -> None:
    """A node that comes back has another number, and the old one is ESTALE."""
    root = directory(table)
    before, _ = table.look_up(root, b"file")
    table.forget([(before.nodeid, 1)])
    after, _ = table.look_up(root, b"file")

    assert after.nodeid != before.nodeid
    assert before.nodeid not in table
    with pytest.raises(StaleNode) as gone:
        table.get(before.nodeid)
    assert gone.value.errno == errno.ESTALE


def test_a_replaced_file_is_another_node(table: InodeTable, tmp_path: Path) -> None:
    """An inode number that the backing filesystem uses again never names two nodes."""
    root = directory(table)
    old, _ = table.look_up(root, b"file")
    for name in ("file", "same"):
        (tmp_path / name).unlink()
    (tmp_path / "file").write_bytes(b"other")

    new, _ = table.look_up(root, b"file")

    assert new.key != old.key
    assert content(table, new.nodeid) == b"other"
    with pytest.raises(StaleNode):
        table.open(old)


def test_names_change_through_the_mount(table: InodeTable, tmp_path: Path) -> None:
    """A node is found below directories that were renamed, exchanged and moved meanwhile."""
    (tmp_path / "directory/below").mkdir()
    (tmp_path / "directory/below/file").write_bytes(b"deep")
    (tmp_path / "other").mkdir()
    root, below = directory(table), directory(table, b"directory", b"below")
    node, _ = table.look_up(below, b"file")
    other = directory(table, b"other")

    os.rename("directory", "renamed", src_dir_fd=root.number, dst_dir_fd=root.number)
    table.moved(root, b"renamed")
    exchange = (root.number, b"renamed", root.number, b"other", system_calls.RENAME_EXCHANGE)
    system_calls.rename(*exchange)
    for name in (b"renamed", b"other"):
        table.moved(root, name)
    os.rename(b"file", b"moved", src_dir_fd=below.number, dst_dir_fd=other.number)
    table.moved(other, b"moved")

    assert content(table, node.nodeid) == b"deep"
    assert node.parent is other.inode


def test_what_changes_underneath_is_never_another_file(table: InodeTable, tmp_path: Path) -> None:
    """Moved behind the mount, a node is found by its handle, or stale, and never mistaken."""
    (tmp_path / "directory/file").write_bytes(b"meant")
    node, _ = table.look_up(directory(table, b"directory"), b"file")
    (tmp_path / "directory").rename(tmp_path / "away")
    (tmp_path / "directory").symlink_to("away")
    assert content(table, node.nodeid) == b"meant"
    (tmp_path / "directory").unlink()
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory/file").write_bytes(b"another")

    if node.mount.keeps_handles:
        assert content(table, node.nodeid) == b"meant"
    else:
        with pytest.raises(StaleNode):
            table.open(node)


def test_a_circle_of_directories_ends(table: InodeTable, tmp_path: Path) -> None:
    """Two directories that changed places behind the mount do not lead to each other forever."""
    (tmp_path / "directory/inner").mkdir()
    outer, inner = directory(table, b"directory"), directory(table, b"directory", b"inner")
    (tmp_path / "directory/inner").rename(tmp_path / "inner")
    (tmp_path / "directory").rename(tmp_path / "inner/directory")
    table.look_up(inner, b"directory")

    assert (outer.inode.parent, inner.inode.parent) == (inner.inode, outer.inode)
    if not outer.inode.mount.keeps_handles:
        with pytest.raises(StaleNode):
            table.open(outer.inode)
    table.look_up(directory(table), b"inner")
    assert directory(table, b"inner", b"directory").inode is outer.inode


def test_a_removed_file_stays_as_long_as_the_kernel_knows_it(
    table: InodeTable, tmp_path: Path
) -> None:
    """What loses its last name is pinned until it is forgotten, as an open file would keep it."""
    root, before = directory(table), descriptors()
    (tmp_path / "gone").write_bytes(b"kept")
    (tmp_path / "empty").mkdir()
    file, folder = table.look_up(root, b"gone")[0], table.look_up(root, b"empty")[0]

    with table.losing(root, b"gone"):
        os.unlink(b"gone", dir_fd=root.number)
    with table.losing(root, b"empty"):
        os.rmdir(b"empty", dir_fd=root.number)

    assert table.pinned() == [file.nodeid, folder.nodeid]
    assert content(table, file.nodeid) == b"kept"
    with table.open(folder) as opened:
        assert os.fstat(opened.number).st_nlink == 0
    table.forget([(file.nodeid, 1), (folder.nodeid, 1)])
    assert table.pinned() == []
    assert descriptors() == before


def test_a_file_with_another_name_needs_no_pin_by_its_handle(table: InodeTable) -> None:
    """By name it is pinned, until it is seen under the other one."""
    root = directory(table)
    node, _ = table.look_up(root, b"file")

    with table.losing(root, b"file"):
        os.unlink(b"file", dir_fd=root.number)

    assert table.pinned() == ([] if node.mount.keeps_handles else [node.nodeid])
    assert content(table, node.nodeid) == b"content"
    assert table.look_up(root, b"same")[0] is node
    assert table.pinned() == []
    assert content(table, node.nodeid) == b"content"


def test_what_a_rename_replaces_is_pinned(table: InodeTable, tmp_path: Path) -> None:
    """The old file of a name is there for whoever still uses it; the new one has the name."""
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "new").write_bytes(b"new")
    root = directory(table)
    old, new = table.look_up(root, b"old")[0], table.look_up(root, b"new")[0]

    with table.losing(root, b"old"):
        os.rename(b"new", b"old", src_dir_fd=root.number, dst_dir_fd=root.number)
    table.moved(root, b"old")

    assert (content(table, old.nodeid), content(table, new.nodeid)) == (b"old", b"new")
    assert table.pinned() == [old.nodeid]


def test_a_removal_that_fails_loses_nothing(table: InodeTable, tmp_path: Path) -> None:
    """Nor does the removal of what the kernel does not know."""
    (tmp_path / "directory/file").touch()
    root = directory(table)
    table.look_up(root, b"directory")

    with pytest.raises(OSError, match="not empty"), table.losing(root, b"directory"):
        os.rmdir(b"directory", dir_fd=root.number)
    with table.losing(root, b"link"):
        os.unlink(b"link", dir_fd=root.number)
    with pytest.raises(FileNotFoundError), table.losing(root, b"nothing"):
        os.unlink(b"nothing", dir_fd=root.number)

    assert table.pinned() == []


def test_past_the_bound_the_oldest_is_stale(table: InodeTable, tmp_path: Path) -> None:
    """Four may be pinned here; the kernel is asked to forget from the fourth on."""
    asked: list[list[int]] = []
    table.on_crowded = lambda: asked.append(table.pinned())
    root, before = directory(table), descriptors()
    nodes = []
    for number in range(5):
        (tmp_path / f"{number}").write_text(f"{number}")
        nodes.append(table.look_up(root, b"%d" % number)[0])

    for number in range(5):
        with table.losing(root, b"%d" % number):
            os.unlink(b"%d" % number, dir_fd=root.number)

    kept = [node.nodeid for node in nodes[1:]]
    assert table.pinned() == kept
    assert asked == [[node.nodeid for node in nodes[:4]], kept]
    assert descriptors() == before + 4
    with pytest.raises(StaleNode):
        table.open(nodes[0])
    assert content(table, nodes[1].nodeid) == b"1"


def test_an_unnamed_file_becomes_a_node(table: InodeTable, tmp_path: Path) -> None:
    """What is open can be known without a name, and gets one later."""
    root = directory(table)
    number = os.open(tmp_path, os.O_TMPFILE | os.O_RDWR)
    node, status = table.of_open(number, root, None)
    assert status.st_nlink == 0

    os.write(number, b"data")
    unnamed = f"/proc/self/fd/{number}"
    os.link(unnamed, "named", dst_dir_fd=root.number, follow_symlinks=True)
    again, status = table.of_open(number, root, b"named")
    os.close(number)

    assert again is node
    assert (node.lookups, status.st_nlink) == (2, 1)
    assert content(table, node.nodeid) == b"data"


def test_paths_of_any_length(table: InodeTable, tmp_path: Path) -> None:
    """A node is found again below more names than one open(2) takes."""
    opened, name = directory(table), b"x" * 250
    for _ in range(40):
        os.mkdir(name, dir_fd=opened.number)
        opened = table.open(table.look_up(opened, name)[0])
    deepest = opened.inode
    opened.close()

    with table.open(deepest) as again:
        assert os.fstat(again.number).st_ino == deepest.ino
    subprocess.run(["rm", "-r", os.fsdecode(name)], cwd=tmp_path, check=True)


def test_the_root_is_never_forgotten(table: InodeTable) -> None:
    """Nor is a node that the kernel was never told of an exception."""
    table.forget([(1, 100), (99, 1)])

    assert table.get(1) is table.root


def test_inode_numbers_of_two_devices_differ() -> None:
    """What is mounted inside the source may number its inodes like the source does."""
    if os.stat("/dev").st_dev == os.stat("/").st_dev:
        pytest.skip("/dev is no filesystem of its own here")
    table = InodeTable(Path("/"))

    devices, status = table.look_up(table.open(table.root), b"dev")

    assert table.root.ino == os.stat("/").st_ino
    assert devices.ino != status.st_ino
    assert devices.ino & 0xFFFFFFFF == status.st_ino
    assert not devices.mount.keeps_handles


def test_without_handles_the_time_of_birth_tells_inodes_apart(tmp_path: Path) -> None:
    """It is what stat(1) prints, to the nanosecond."""
    (tmp_path / "file").touch()
    printed = subprocess.run(
        ["stat", "-c", "%.W", tmp_path / "file"], capture_output=True, text=True, check=True
    )
    number = os.open(tmp_path / "file", os.O_PATH)

    born_ns = system_calls.birth_time_ns(number)

    os.close(number)
    assert f"{born_ns / 1e9:.3f}" == f"{float(printed.stdout):.3f}"
    assert born_ns % 1_000_000_000 != 0


class Changes:
    """Random changes of three directories with unique files, and what is known of them."""

    def __init__(self, table: InodeTable, rng: random.Random) -> None:
        self.table = table
        self.known: dict[int, bytes] = {}
        self._rng = rng
        self._made = 0
        self._folders = [(), (b"directory",), (b"directory", b"inner")]
        with directory(table, b"directory") as above:
            os.mkdir(b"inner", dir_fd=above.number)

    def make(self, *, underneath: bool) -> None:
        """Make one; what happens *underneath* is not told to the table."""
        here, there = (directory(self.table, *self._rng.choice(self._folders)) for _ in range(2))
        name, other = self._rng.choice(b"abc"), self._rng.choice(b"abc")
        change = self._rng.choice(
            (self._create, self._look_up, self._remove, self._move, self._link)
        )
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            change(here, bytes([name]), there, bytes([other]), underneath)
        if self.known and self._rng.random() < 0.1:
            nodeid = self._rng.choice(list(self.known))
            self.table.forget([(nodeid, self.table.get(nodeid).lookups)])
            del self.known[nodeid]

    def _look_up(self, here: OpenInode, name: bytes, *_: object) -> None:
        node, _status = self.table.look_up(here, name)
        self.known.setdefault(node.nodeid, content(self.table, node.nodeid))

    def _create(self, here: OpenInode, name: bytes, *_: object) -> None:
        number = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, dir_fd=here.number)
        self._made += 1
        os.write(number, b"%d" % self._made)
        os.close(number)

    def _remove(
        self, here: OpenInode, name: bytes, _there: object, _other: object, underneath: bool
    ) -> None:
        with contextlib.nullcontext() if underneath else self.table.losing(here, name):
            os.unlink(name, dir_fd=here.number)

    def _move(
        self, here: OpenInode, name: bytes, there: OpenInode, other: bytes, underneath: bool
    ) -> None:
        with contextlib.nullcontext() if underneath else self.table.losing(there, other):
            os.rename(name, other, src_dir_fd=here.number, dst_dir_fd=there.number)
        if not underneath:
            self.table.moved(there, other)

    def _link(
        self, here: OpenInode, name: bytes, there: OpenInode, other: bytes, underneath: bool
    ) -> None:
        os.link(name, other, src_dir_fd=here.number, dst_dir_fd=there.number)
        if not underneath:
            self._look_up(there, other)


@pytest.mark.parametrize("underneath", [False, True], ids=["through the mount", "underneath too"])
@pytest.mark.parametrize("seed", range(8))
def test_a_node_is_what_it_was_or_stale(
    seed: int, underneath: bool, table: InodeTable, tmp_path: Path
) -> None:
    """After any changes a node has the content it had; only changes underneath make one stale."""
    rng = random.Random(seed)
    changes = Changes(InodeTable(tmp_path, handles=table.root.mount.keeps_handles), rng)

    for _ in range(300):
        changes.make(underneath=underneath and rng.random() < 0.4)
        for nodeid, expected in changes.known.items():
            try:
                assert content(changes.table, nodeid) == expected
            except StaleNode:
                assert underneath


def test_a_node_is_found_while_it_is_moved_and_removed(table: InodeTable, tmp_path: Path) -> None:
    """Whoever has it sees it at every moment, as with an open file."""
    (tmp_path / "directory/a").write_bytes(b"here")
    root, folder = directory(table), directory(table, b"directory")
    node, _ = table.look_up(folder, b"a")
    ended = threading.Event()
    seen: list[bytes] = []

    def watch() -> None:
        while not ended.is_set():
            seen.append(content(table, node.nodeid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for old, new in ((b"a", b"b"), (b"b", b"a")) * 300:
        with table.moving(), table.losing(folder, new):
            os.rename(old, new, src_dir_fd=folder.number, dst_dir_fd=folder.number)
            table.moved(folder, new)
    for old, new in ((b"directory", b"other"), (b"other", b"directory")) * 300:
        with table.moving(), table.losing(root, new):
            os.rename(old, new, src_dir_fd=root.number, dst_dir_fd=root.number)
            table.moved(root, new)
    with table.losing(folder, b"a"):
        os.unlink(b"a", dir_fd=folder.number)
    wanted = len(seen) + 10
    while watcher.is_alive() and len(seen) < wanted:
        watcher.join(0.001)
    ended.set()
    watcher.join()

    assert len(seen) >= wanted
    assert set(seen) == {b"here"}


def test_threads_share_the_table(table: InodeTable, tmp_path: Path) -> None:
    """Looked up, opened, removed and forgotten from many threads at once, nothing leaks."""
    root = directory(table)

    def churn(thread: int) -> None:
        name = b"%d" % thread
        for _ in range(100):
            node, _ = table.look_up(root, b"file")
            assert content(table, node.nodeid) == b"content"
            Path(tmp_path, os.fsdecode(name)).touch()
            own, _ = table.look_up(root, name)
            with table.losing(root, name):
                os.unlink(name, dir_fd=root.number)
            table.forget([(node.nodeid, 1), (own.nodeid, 1)])

    before = descriptors()
    threads = [threading.Thread(target=churn, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(table), table.pinned()) == (1, [])
    assert descriptors() == before
