"""Why access to a file is denied, and who may open it: the hint of every refusal.

Found from modes and owners along the path, as in path_resolution(7). Access control lists, security
modules and mounts of other users can deny access too; if the modes allow it, the hint says so.
The system is only asked through the `Viewer`.
"""

import grp
import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

WITH_SUDO = "run it with sudo"
_BITS = {os.R_OK: "r", os.W_OK: "w", os.X_OK: "x"}


class Viewer(NamedTuple):
    """Whose access is denied, and how the system is asked about files and names."""

    uid: int
    groups: frozenset[int]
    stat: Callable[[Path], os.stat_result]
    """Follows symbolic links; raises OSError."""
    user_name: Callable[[int], str]
    group_name: Callable[[int], str]

    @classmethod
    def of_this_process(cls) -> "Viewer":
        """The user that this process acts as."""
        groups = frozenset((os.getegid(), *os.getgroups()))
        return cls(os.geteuid(), groups, os.stat, _user_name, _group_name)


class Refusal(NamedTuple):
    """The part of a path that denies access."""

    path: Path
    wanted: int
    """Which of os.R_OK, os.W_OK and os.X_OK it must grant."""
    found: os.stat_result


def access_hint(path: Path, wanted: int, viewer: Viewer | None = None) -> str | None:
    """Return who may open *path* for *wanted* (os.R_OK, os.W_OK), after *viewer* was refused.

    The default viewer is this process. None if nothing is known to help: root was refused.
    """
    viewer = viewer or Viewer.of_this_process()
    # Not Path.absolute(): the current directory may no longer exist.
    whole = Path(os.path.abspath(path)) if not path.is_absolute() else path
    refusal = find_refusal(whole, wanted, viewer)
    if refusal is None:
        return _hint_beyond_modes(whole, viewer)
    return _hint_of(refusal, viewer)


def owner_hint(directory: Path, viewer: Viewer | None = None) -> str | None:
    """Return who may use the mounts below *directory*, which belongs to the user who mounted them.

    The mounts are not touched: they may hang. None if nothing is known to help.
    """
    viewer = viewer or Viewer.of_this_process()
    owner = _owner(directory, viewer)
    if owner not in (None, 0, viewer.uid):
        return f"run it as user {viewer.user_name(owner or 0)}, who mounted it"
    return None if viewer.uid == 0 else WITH_SUDO


def find_refusal(path: Path, wanted: int, viewer: Viewer) -> Refusal | None:
    """Return the first part of the absolute *path* whose mode refuses *viewer*; None if none."""
    needs = [(parent, os.X_OK) for parent in reversed(path.parents)] + [(path, wanted)]
    for part, needed in needs:
        try:
            found = viewer.stat(part)
        except OSError:
            return None
        if needed & ~_granted(found, viewer):
            return Refusal(part, needed, found)
    return None


def _granted(found: os.stat_result, viewer: Viewer) -> int:
    """What the mode grants *viewer*: the first class that applies decides, even if it is less."""
    if viewer.uid == 0:
        return os.R_OK | os.W_OK | os.X_OK
    if viewer.uid == found.st_uid:
        return found.st_mode >> 6 & 7
    return (found.st_mode >> 3 if found.st_gid in viewer.groups else found.st_mode) & 7


def _hint_of(refusal: Refusal, viewer: Viewer) -> str:
    found, wanted = refusal.found, refusal.wanted
    owner, group = viewer.user_name(found.st_uid), viewer.group_name(found.st_gid)
    if found.st_uid == viewer.uid:
        letters = "".join(letter for bit, letter in _BITS.items() if wanted & bit)
        return f"{refusal.path} is yours: chmod u+{letters} {refusal.path}"
    ways = [WITH_SUDO]
    if found.st_uid != 0 and not wanted & ~(found.st_mode >> 6):
        ways.append(f"as user {owner}")
    # Never advise membership in root's group.
    in_reach = found.st_gid != 0 and found.st_gid not in viewer.groups
    if in_reach and not wanted & ~(found.st_mode >> 3):
        ways.append(f"as a member of group {group} (sudo usermod -aG {group} $USER)")
    mode = f"{stat.S_IMODE(found.st_mode):04o} {owner}:{group}"
    return f"{refusal.path} is {mode}: {', or '.join(ways)}"


def _hint_beyond_modes(path: Path, viewer: Viewer) -> str | None:
    """Return what may help if the modes allow access, or the refusing part cannot be examined."""
    try:
        viewer.stat(path)
    except PermissionError:
        # A user's mount without `allow_other` lets nobody else in, not even root.
        return owner_hint(path.parent, viewer)
    except OSError:
        pass
    return None if viewer.uid == 0 else WITH_SUDO


def _owner(path: Path, viewer: Viewer) -> int | None:
    try:
        return viewer.stat(path).st_uid
    except OSError:
        return None


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
