"""Which mounts belong to which volume, from mountinfo alone."""

import os
from pathlib import Path

import pytest

from vexfsctl.devices.mountinfo import parse_mountinfo
from vexfsctl.driver.volume.leftovers import mount_point_of, mounted_volumes

MOUNTINFO = """\
21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 21 0:40 / /run/vexfs/loop0 rw,nosuid - fuse.vexfs-sysfs loop0 rw,user_id=0,group_id=0
31 21 0:41 / /mnt/my\\040data rw,nosuid - fuse.vexfs loop0 rw,user_id=0,group_id=0,allow_other
32 21 0:42 / /home/u/mnt rw,nosuid - fuse.vexfs loop0 rw,user_id=1000,group_id=1000
33 21 0:43 / /home/u/ssh rw,nosuid - fuse.sshfs loop0 rw,user_id=1000,group_id=1000
34 21 0:41 /sub /srv/bind rw,nosuid - fuse.vexfs loop0 rw,user_id=0,group_id=0,allow_other
35 21 0:44 / /run/user/1000/vexfs/loop0 rw - fuse.vexfs-sysfs loop0 rw,user_id=1000,group_id=1000
36 21 0:45 / /mnt/b rw,nosuid - fuse.vexfs b rw,user_id=7,group_id=7
"""


def test_mounts_are_gathered_by_name_and_user() -> None:
    """Two users may have a volume of one name; bind mounts belong to theirs; sshfs to neither."""
    volumes = mounted_volumes(parse_mountinfo(MOUNTINFO))

    assert {
        (volume.name, volume.uid): [mount.mount_point for mount in volume.mounts]
        for volume in volumes
    } == {
        ("b", 7): ["/mnt/b"],
        ("loop0", 1000): ["/run/user/1000/vexfs/loop0", "/home/u/mnt"],
        ("loop0", 0): ["/srv/bind", "/mnt/my data", "/run/vexfs/loop0"],
    }


def test_data_and_tree_of_a_volume() -> None:
    """The tree is where it is mounted; where it is not (any more), it would be at its root."""
    volumes = {(v.name, v.uid): v for v in mounted_volumes(parse_mountinfo(MOUNTINFO))}

    assert volumes["loop0", 1000].tree == Path("/run/user/1000/vexfs/loop0")
    assert [m.mount_point for m in volumes["loop0", 0].data] == ["/srv/bind", "/mnt/my data"]
    assert volumes["loop0", 0].is_at("/mnt/my data")
    assert not volumes["loop0", 0].is_at("/home/u/mnt")


@pytest.mark.parametrize("spelling", ["mnt", "mnt/", "./mnt", "mnt/../mnt", "link", "dir/up"])
def test_where_a_mount_would_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    """Relative paths and symbolic links lead to the path that mountinfo has."""
    (tmp_path / "mnt").mkdir()
    (tmp_path / "dir").mkdir()
    (tmp_path / "link").symlink_to("mnt")
    (tmp_path / "dir" / "up").symlink_to("../link")
    monkeypatch.chdir(tmp_path)

    assert mount_point_of(spelling) == os.path.realpath(tmp_path / "mnt")


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    """They are nobody's mount point, and no reason to hang."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    assert mount_point_of(tmp_path / "a").startswith(str(tmp_path))
