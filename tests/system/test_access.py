"""Who may open what refuses, told from modes and owners alone."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.system.access import Viewer, access_hint, find_refusal

ROOT, ADM, DISK, ALICE, BOB = 0, 4, 6, 1000, 1001
NAMES = {ROOT: "root", ADM: "adm", DISK: "disk", ALICE: "alice", BOB: "bob"}
Files = Mapping[str, tuple[int, int, int]]
"""Mode, owner and group of each path; a directory that is not named is 0755 root:root."""


def viewer_of(files: Files, uid: int = BOB, *groups: int, refused: str | None = None) -> Viewer:
    """Somebody who looks at *files*; what is below *refused* cannot even be looked at."""

    def look(path: Path) -> os.stat_result:
        if refused is not None and path.is_relative_to(refused):
            raise PermissionError
        mode, owner, group = files.get(str(path), (stat.S_IFDIR | 0o755, ROOT, ROOT))
        return os.stat_result((mode, 1, 1, 1, owner, group, 0, 0, 0, 0))

    return Viewer(uid, frozenset((uid, *groups)), look, NAMES.__getitem__, NAMES.__getitem__)


@pytest.mark.parametrize(
    ("files", "wanted", "expected"),
    [
        (
            {"/var/log/x": (0o640, ROOT, ADM)},
            os.R_OK,
            "/var/log/x is 0640 root:adm: run it with sudo, "
            "or as a member of group adm (sudo usermod -aG adm $USER)",
        ),
        (
            {"/var/log/x": (0o660, ROOT, DISK)},
            os.R_OK | os.W_OK,
            "/var/log/x is 0660 root:disk: run it with sudo, "
            "or as a member of group disk (sudo usermod -aG disk $USER)",
        ),
        (
            {"/var/log/x": (0o640, ROOT, ADM)},
            os.W_OK,
            "/var/log/x is 0640 root:adm: run it with sudo",
        ),
        (
            {"/var/log/x": (0o640, ROOT, ROOT)},
            os.R_OK,
            "/var/log/x is 0640 root:root: run it with sudo",
        ),
        (
            {"/var/log/x": (0o600, ALICE, ALICE)},
            os.R_OK,
            "/var/log/x is 0600 alice:alice: run it with sudo, or as user alice",
        ),
        (
            {"/var/log": (0o750, ROOT, ADM), "/var/log/x": (0o644, ROOT, ROOT)},
            os.R_OK,
            "/var/log is 0750 root:adm: run it with sudo, "
            "or as a member of group adm (sudo usermod -aG adm $USER)",
        ),
        (
            {"/var/log/x": (0o040, BOB, BOB)},
            os.R_OK,
            "/var/log/x is yours: chmod u+r /var/log/x",
        ),
        ({}, os.R_OK, "run it with sudo"),
    ],
)
def test_the_hint_names_group_owner_or_sudo(files: Files, wanted: int, expected: str) -> None:
    """What stands in the way is named with its mode, and each way past it that there is."""
    assert access_hint(Path("/var/log/x"), wanted, viewer_of(files)) == expected


def test_a_member_of_the_group_is_not_sent_into_it_again() -> None:
    """Where the group may read and the viewer is in it, the mode is not what refuses."""
    viewer = viewer_of({"/dev/sda": (0o660, ROOT, DISK)}, BOB, DISK)

    assert access_hint(Path("/dev/sda"), os.R_OK, viewer) == "run it with sudo"


def test_a_mount_of_somebody_else_lets_not_even_root_in() -> None:
    """FUSE without `allow_other`: who mounted it owns the directory above."""
    files = {"/run/user/1000/vexfs": (0o755, ALICE, ALICE)}
    viewer = viewer_of(files, ROOT, refused="/run/user/1000/vexfs/loop0")

    hint = access_hint(Path("/run/user/1000/vexfs/loop0"), os.R_OK, viewer)

    assert hint == "run it as user alice, who mounted it"


def test_root_that_is_refused_gets_no_advice_to_become_root() -> None:
    """A security module said no; sudo would not change that."""
    assert access_hint(Path("/etc/x"), os.R_OK, viewer_of({}, ROOT)) is None


def test_real_files_and_names() -> None:
    """Without a viewer it is this process that was refused, and the names are the system's."""
    refusal = find_refusal(Path("/"), os.R_OK, Viewer.of_this_process())

    assert refusal is None
    assert Viewer.of_this_process().user_name(0) == "root"
    assert Viewer.of_this_process().group_name(0) == "root"
    assert Viewer.of_this_process().user_name(4_000_000_000) == "4000000000"


@given(
    mode=st.integers(0, 0o777),
    owner=st.sampled_from([ROOT, ALICE, BOB]),
    group=st.sampled_from([ROOT, ADM, BOB]),
    member=st.booleans(),
    wanted=st.sampled_from([os.R_OK, os.W_OK, os.R_OK | os.W_OK]),
)
def test_a_refusal_is_found_exactly_where_the_kernel_refuses(
    mode: int, owner: int, group: int, member: bool, wanted: int
) -> None:
    """The first class that fits decides: owner, then group, then others (path_resolution(7))."""
    viewer = viewer_of({"/x": (mode, owner, group)}, BOB, *([ADM] if member else []))
    letters = stat.filemode(mode)[1:]
    if owner == BOB:
        mine = letters[:3]
    elif group == BOB or (group == ADM and member):
        mine = letters[3:6]
    else:
        mine = letters[6:]
    refused = (wanted & os.R_OK and mine[0] != "r") or (wanted & os.W_OK and mine[1] != "w")

    assert (find_refusal(Path("/x"), wanted, viewer) is not None) == bool(refused)
