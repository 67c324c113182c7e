"""Tools that nobody here wrote find the mount and the backing directory to be the same."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.driver.passthrough.conftest import MountedVolume

NOBODY = 65534
USERS = pytest.mark.parametrize("uid", [0, NOBODY], ids=["root", "nobody"])


def run(command: Sequence[str | Path], *, uid: int, cwd: Path) -> str:
    """What *command* prints when user *uid* runs it; it must succeed."""
    environment = os.environ | {"HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        user=uid,
        group=uid,
        extra_groups=[],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def grow_tree(root: Path) -> None:
    """Make what archivers get wrong: links, holes, odd names and modes, times, attributes."""
    root.mkdir()
    root.chmod(0o755)
    for number in range(200):
        directory = root / f"directory{number % 7}"
        directory.mkdir(exist_ok=True)
        path = directory / f"file{number}"
        path.write_bytes(os.urandom(number * 97))
        path.chmod((0o644, 0o755, 0o600, 0o444)[number % 4])
        os.utime(path, ns=(10**18 + number, 10**18 + number * 7))
    os.link(root / "directory0/file0", root / "hard link")
    (root / "symbolic link").symlink_to("directory1/file1")
    (root / "dangling").symlink_to("missing")
    (root / os.fsdecode(b"not\xfftext")).write_bytes(b"x")
    os.mkfifo(root / "fifo")
    with (root / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 22)
        sparse.seek(1 << 21)
        sparse.write(b"island")
    os.setxattr(root / "directory1/file1", "user.key", b"value")
    os.utime(root / "symbolic link", ns=(1, 2), follow_symlinks=False)


@pytest.fixture
def tree(reachable_path: Path) -> Path:
    """A tree that everybody can read."""
    root = reachable_path / "tree"
    grow_tree(root)
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return root


def home_of(uid: int, volume: MountedVolume) -> Path:
    """A directory of user *uid* on the mount."""
    home = volume.mountpoint / "home"
    home.mkdir()
    os.chown(home, uid, uid)
    return home


@USERS
@pytest.mark.privileged("fuse", "git")
def test_git(uid: int, volume: MountedVolume, reachable_path: Path) -> None:
    """A repository is made, cloned, packed and found whole, on the mount and behind it."""
    home = home_of(uid, volume)
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    run(("git", "init", "-q", "origin"), uid=uid, cwd=home)
    origin = home / "origin"
    for number in range(20):
        (volume.source / f"home/origin/file{number}").write_bytes(os.urandom(5000))
    run(("git", "add", "."), uid=uid, cwd=origin)
    run(("git", *identity, "commit", "-q", "-m", "first"), uid=uid, cwd=origin)

    run(("git", "clone", "-q", "--no-local", "origin", "clone"), uid=uid, cwd=home)
    run(("git", "gc", "-q", "--aggressive"), uid=uid, cwd=home / "clone")

    for repository in (home / "clone", volume.source / "home/clone"):
        assert "error" not in run(("git", "fsck", "--full"), uid=uid, cwd=repository)
        assert run(("git", "status", "--porcelain"), uid=uid, cwd=repository) == ""


@USERS
@pytest.mark.privileged("fuse", "tar")
def test_tar(uid: int, volume: MountedVolume, tree: Path, reachable_path: Path) -> None:
    """What tar unpacks on the mount compares equal there, behind it, and when packed again."""
    home = home_of(uid, volume)
    options = ("--xattrs", "--acls", "--sparse", "--numeric-owner", "--format=posix")
    archive = reachable_path / "archive.tar"
    run(("tar", *options, "-C", tree, "-cf", archive, "."), uid=0, cwd=reachable_path)

    run(("tar", *options, "-xpf", archive), uid=uid, cwd=home)

    assert run(("tar", *options, "-df", archive), uid=uid, cwd=home) == ""
    behind = volume.source / "home"
    assert run(("tar", *options, "-df", archive), uid=uid, cwd=behind) == ""
    assert (home / "sparse").stat().st_blocks == (tree / "sparse").stat().st_blocks
    again = volume.mountpoint / "again.tar"
    run(("tar", *options, "-cf", again, "."), uid=uid, cwd=home)
    assert run(("tar", *options, "-df", again), uid=uid, cwd=tree) == ""


@USERS
@pytest.mark.privileged("fuse", "rsync")
def test_rsync(uid: int, volume: MountedVolume, tree: Path) -> None:
    """rsync -aHAX copies to the mount and then finds no difference, in either direction."""
    home = home_of(uid, volume)
    options = ("-aHAX", "--numeric-ids", "--checksum", "--itemize-changes")

    run(("rsync", *options, f"{tree}/", f"{home}/copy/"), uid=uid, cwd=home)

    behind = volume.source / "home/copy"
    for source, target in ((tree, home / "copy"), (home / "copy", behind), (behind, tree)):
        command = ("rsync", *options, "--dry-run", "--delete", f"{source}/", f"{target}/")
        assert run(command, uid=uid, cwd=home) == ""


@USERS
@pytest.mark.parametrize(
    "job",
    [
        ("--rw=randrw", "--bs=4k", "--ioengine=psync", "--numjobs=2"),
        ("--rw=randwrite", "--bs=16k", "--ioengine=libaio", "--iodepth=16", "--direct=1"),
        ("--rw=randwrite", "--bs=4k", "--ioengine=mmap"),
        ("--rw=write", "--bs=1m", "--ioengine=psync", "--fsync=4"),
        ("--rw=randrw", "--bsrange=1k-50k", "--bs_unaligned", "--ioengine=sync"),
    ],
    ids=["random", "asynchronous", "mapped", "sequential", "unaligned"],
)
@pytest.mark.privileged("fuse", "fio")
def test_fio(uid: int, job: tuple[str, ...], volume: MountedVolume) -> None:
    """What fio writes it reads back with the right checksums, on the mount and behind it."""
    home = home_of(uid, volume)
    command = ("fio", "--name=job", "--size=4m", "--verify=crc32c", "--minimal", *job)

    run((*command, f"--directory={home}"), uid=uid, cwd=home)

    if "--numjobs=2" not in job:
        behind = volume.source / "home"
        run((*command, f"--directory={behind}", "--verify_only"), uid=uid, cwd=behind)


@pytest.mark.privileged("fuse", "setfacl", "getfacl")
def test_acls(volume: MountedVolume) -> None:
    """What setfacl sets on the mount getfacl shows behind it, inherited entries included."""
    home = home_of(NOBODY, volume)
    rules = "u:12345:rwx,d:u:12345:rwx,d:g:1000:r-x,d:o::-"
    run(("setfacl", "-m", rules, "."), uid=NOBODY, cwd=home)
    run(("sh", "-c", "umask 077; mkdir directory; : > directory/file"), uid=NOBODY, cwd=home)

    shown = run(("getfacl", "-R", "-n", "."), uid=NOBODY, cwd=home)

    assert shown == run(("getfacl", "-R", "-n", "."), uid=NOBODY, cwd=volume.source / "home")
    assert "user:12345:rwx" in shown.split("# file: directory/file")[1]
