"""Why a file refuses somebody, and who may open it: the hint of every refusal.

Told from modes and owners along the path, as path_resolution(7) has it. Access control lists,
security modules and mounts of other users refuse as well; where the modes allow it, that is said.
Nothing of the system is asked but through the `Viewer`.
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
    """Who is refused, and how the system is asked about files and names."""

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
    """The part of a path that refuses."""

    path: Path
    wanted: int
    """What of os.R_OK, os.W_OK and os.X_OK is needed of it."""
    found: os.stat_result


def access_hint(path: Path, wanted: int, viewer: Viewer | None = None) -> str | None:
    """Say who may open *path* for *wanted* (os.R_OK, os.W_OK), after *viewer* was refused.

    Without a viewer it is this process. None where nothing is known to help: root was refused.
    """
    viewer = viewer or Viewer.of_this_process()
    # Not Path.absolute(): the present directory may not be there any more.
    whole = Path(os.path.abspath(path)) if not path.is_absolute() else path
    refusal = find_refusal(whole, wanted, viewer)
    if refusal is None:
        return _hint_beyond_modes(whole, viewer)
    return _hint_of(refusal, viewer)


def owner_hint(directory: Path, viewer: Viewer | None = None) -> str | None:
    """Say who may use what is mounted below *directory*, which is its mounter's own.

    Nothing of the mounts is touched: they may hang. None where nothing is known to help.
    """
    viewer = viewer or Viewer.of_this_process()
    owner = _owner(directory, viewer)
    if owner not in (None, 0, viewer.uid):
        return f"run it as user {viewer.user_name(owner or 0)}, who mounted it"
    return None if viewer.uid == 0 else WITH_SUDO


def find_refusal(path: Path, wanted: int, viewer: Viewer) -> Refusal | None:
    """Return the first part of the absolute *path* whose mode refuses *viewer*, None if none."""
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
    """What the mode grants *viewer*: the first class that fits decides, even if it grants less."""
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
    # Membership in root's group is no advice to give.
    in_reach = found.st_gid != 0 and found.st_gid not in viewer.groups
    if in_reach and not wanted & ~(found.st_mode >> 3):
        ways.append(f"as a member of group {group} (sudo usermod -aG {group} $USER)")
    mode = f"{stat.S_IMODE(found.st_mode):04o} {owner}:{group}"
    return f"{refusal.path} is {mode}: {', or '.join(ways)}"


def _hint_beyond_modes(path: Path, viewer: Viewer) -> str | None:
    """Say what may help where the modes allow it, or what refuses cannot even be looked at."""
    try:
        viewer.stat(path)
    except PermissionError:
        # The mount of a user without `allow_other` lets nobody else in, not even root.
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
