import json
import os
import string
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.devices.mountinfo import (
    Mount,
    mount_at,
    mount_of,
    parse_mountinfo,
    read_mounts,
    resolve_parent,
)
from vexfsctl.exceptions import EvidenceMissing, MalformedRecord

# Written by Linux 6.18 in a mount namespace of its own: a tmpfs over the root, then at /mnt two
# stacked ones, one inside, and another over it all.
STACKED = b"""\
43 42 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
63 43 0:39 / / rw,relatime - tmpfs over rw
64 43 0:40 / /mnt rw,relatime - tmpfs a rw
65 64 0:41 / /mnt rw,relatime - tmpfs b rw
66 65 0:42 / /mnt/x rw,relatime - tmpfs c rw
67 65 0:43 / /mnt rw,relatime - tmpfs d rw
"""

paths = st.binary(max_size=30).map(lambda raw: b"/" + raw.replace(b"\0", b""))
words = st.binary(max_size=12).map(lambda raw: raw.replace(b"\0", b""))


def escaped(raw: bytes, special: bytes) -> bytes:
    """*raw* as the kernel's seq_escape() writes it."""
    return b"".join(b"\\%03o" % byte if byte in special else bytes([byte]) for byte in raw)


def test_every_field_of_a_line_is_read() -> None:
    """A line with optional fields, escapes, a subtype and an empty source gives one Mount."""
    line = (
        b"36 35 98:0 /mnt1 /mnt\\0402/caf\xc3\xa9\\011\\134 rw,noatime master:1 shared:7"
        b" - fuse.vexfs  rw,errors=continue,lower=/a\\054b\n"
    )

    (mount,) = parse_mountinfo(line)

    assert mount == Mount(
        mount_id=36,
        parent_id=35,
        device=(98, 0),
        root="/mnt1",
        mount_point="/mnt 2/café\t\\",
        options=("rw", "noatime"),
        fs_type="fuse.vexfs",
        source="",
        super_options=("rw", "errors=continue", "lower=/a,b"),
    )
    assert mount.device_number == "98:0"


def test_text_is_taken_as_well_as_bytes() -> None:
    """A str as decoded by os.fsdecode() reads like the bytes it came from."""
    line = b"1 0 0:5 / /caf\xe9 rw - proc proc rw"

    assert parse_mountinfo(os.fsdecode(line)) == parse_mountinfo(line)


@pytest.mark.parametrize(
    ("fs_type", "is_fuse"),
    [
        ("fuse", True),
        ("fuse.vexfs", True),
        ("fuseblk", True),
        ("fuseblk.ntfs", True),
        ("fusectl", False),
        ("ext4", False),
    ],
)
def test_fuse_mounts_are_known_by_their_type(fs_type: str, is_fuse: bool) -> None:
    """Subtypes and fuseblk are FUSE; the control filesystem fusectl is not."""
    (mount,) = parse_mountinfo(f"1 0 0:5 / / rw - {fs_type} none rw")

    assert mount.is_fuse is is_fuse


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"36 35 98:0 / / rw",
        b"36 35 98:0 / / rw - ext4",
        b"36 35 98 / / rw - ext4 none rw",
        b"36 x 98:0 / / rw - ext4 none rw",
        b"- - - - - - - - -",
    ],
)
def test_a_line_of_another_form_is_malformed(line: bytes) -> None:
    """What is not a line of mountinfo is MalformedRecord, and the message shows it."""
    with pytest.raises(MalformedRecord, match="not a line of mountinfo"):
        parse_mountinfo(b"1 0 0:5 / / rw - proc proc rw\n" + line)


@given(st.binary())
def test_hostile_bytes_are_parsed_or_refused(text: bytes) -> None:
    """Any bytes give mounts or MalformedRecord, nothing else."""
    try:
        mounts = parse_mountinfo(text)
    except MalformedRecord:
        return
    assert len(mounts) == sum(1 for line in text.split(b"\n") if line)


@given(root=paths, mount_point=paths, source=words, option=words)
def test_what_the_kernel_escapes_comes_back(
    root: bytes, mount_point: bytes, source: bytes, option: bytes
) -> None:
    """Any bytes in paths, source and options survive the kernel's writing and our reading."""
    line = b"36 35 98:0 %b %b rw shared:1 - fuse.x %b rw,name=%b\n" % (
        escaped(root, b" \t\n\\"),
        escaped(mount_point, b" \t\n\\"),
        escaped(source, b" \t\n\\#"),
        escaped(option, b",= \t\n\\"),
    )

    (mount,) = parse_mountinfo(line)

    assert os.fsencode(mount.root) == root
    assert os.fsencode(mount.mount_point) == mount_point
    assert os.fsencode(mount.source) == source
    assert os.fsencode(mount.super_options[-1]) == b"name=" + option


def test_escapes_of_other_bytes_are_understood() -> None:
    """Octal escapes nobody needs are decoded too; a backslash that begins none is kept."""
    (mount,) = parse_mountinfo(r"36 35 98:0 / /caf\303\251\043\9\40x\777 rw - ext4 none rw")

    assert mount.mount_point == "/café#\\9\\40x\\777"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/", "/dev/vda"),
        ("/mnt", "d"),
        ("/mnt/x", "d"),
        ("/mnt/x/deeper", "d"),
        ("/mntx", "/dev/vda"),
        ("//mnt/./y/../z", "d"),
    ],
)
def test_the_mount_seen_through_a_stack_is_the_last_one(path: str, source: str) -> None:
    """A later mount hides the earlier ones on its point and below; one over the root does not."""
    mount = mount_of(path, parse_mountinfo(STACKED))

    assert mount is not None
    assert mount.source == source


def test_a_mount_point_is_its_mount_and_others_are_none() -> None:
    """`mount_at` wants the mount point itself, and never one that is hidden."""
    mounts = parse_mountinfo(STACKED)

    at_mnt = mount_at(Path("/mnt/"), mounts)

    assert at_mnt is not None
    assert at_mnt.source == "d"
    assert mount_at("/mnt/x", mounts) is None
    assert mount_at("/mnt/y", mounts) is None


def test_without_mounts_a_path_lies_on_none() -> None:
    """In a chroot that is no mount point, only what is below listed mounts has one."""
    (proc,) = mounts = parse_mountinfo("22 27 0:21 / /proc rw - proc proc rw")

    assert mount_of("/etc", mounts) is None
    assert mount_of("/proc/self", mounts) == proc
    assert mount_of("/etc", ()) is None


def test_mounts_that_are_their_own_parents_end_the_walk() -> None:
    """Parents that run in a circle, which no kernel writes, find something or nothing."""
    circle = parse_mountinfo("1 2 0:1 / /a rw - x x rw\n2 1 0:2 / /a rw - x x rw")
    (own_parent,) = parse_mountinfo("1 1 0:2 / / rw - rootfs rootfs rw")

    assert mount_of("/a", circle) is None
    assert mount_of("/a", (own_parent,)) == own_parent


def test_a_relative_path_is_a_bug_of_the_caller() -> None:
    """Nothing is assumed about a working directory."""
    with pytest.raises(ValueError, match="not an absolute path: 'mnt'"):
        mount_of("mnt", ())


names = st.sampled_from(string.ascii_lowercase[:3])
places = st.lists(names, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(points=st.lists(places, max_size=8), path=places)
def test_the_last_mount_above_a_path_wins(points: list[str], path: str) -> None:
    """Mounting one after the other, a path lies on the last one mounted on or above it."""
    mounts = [Mount(1, 0, (0, 1), "/", "/", (), "x", "1", ())]
    for mount_id, point in enumerate(points, start=2):
        parent = mount_of(point, mounts)
        assert parent is not None
        mounts.append(
            Mount(mount_id, parent.mount_id, (0, 1), "/", point, (), "x", str(mount_id), ())
        )

    found = mount_of(path, mounts)

    above = [m for m in mounts if f"{path}/".startswith(f"{m.mount_point.rstrip('/')}/")]
    assert found == above[-1]


def test_the_mounts_of_this_host_are_those_findmnt_sees() -> None:
    """An independent reader of the same file agrees on ids, places and devices."""
    command = ["findmnt", "--json", "--list", "-o", "ID,PARENT,TARGET,MAJ:MIN,FSTYPE"]
    mounts = read_mounts()
    while True:
        listing = subprocess.run(command, capture_output=True, check=True)
        # Others mount and unmount too: compare what stood still while both read it.
        earlier, mounts = mounts, read_mounts()
        if mounts == earlier:
            break
    theirs = {
        (entry["id"], entry["parent"], entry["target"], entry["maj:min"], entry["fstype"])
        for entry in json.loads(listing.stdout)["filesystems"]
    }

    ours = {
        (each.mount_id, each.parent_id, each.mount_point, each.device_number, each.fs_type)
        for each in mounts
    }

    assert ours == theirs


def test_a_file_lies_on_the_device_stat_names(tmp_path: Path) -> None:
    """For a path of this host, walking the mounts ends at the st_dev the kernel reports."""
    status = tmp_path.stat()

    mount = mount_of(tmp_path.resolve(), read_mounts())

    assert mount is not None
    # btrfs gives each subvolume a st_dev of its own.
    if mount.fs_type != "btrfs":
        assert mount.device == (os.major(status.st_dev), os.minor(status.st_dev))


def test_a_missing_table_is_missing_evidence(tmp_path: Path) -> None:
    """Without /proc there is no empty answer but an exception that names the file."""
    with pytest.raises(EvidenceMissing, match=r"cannot read .*mountinfo: No such file"):
        read_mounts(tmp_path / "mountinfo")


def test_links_are_followed_up_to_the_mount_point(tmp_path: Path) -> None:
    """A link on the way is resolved, the last component is not looked at."""
    real = tmp_path.resolve() / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    (real / "mount").symlink_to("/nowhere")

    assert resolve_parent(tmp_path / "link" / "mount") == f"{real}/mount"
    assert resolve_parent("/") == "/"
