"""Whose a lab is: everybody may see that it is there, its owner alone may change it."""

from pathlib import Path

from vexfsctl.exceptions import FacilityUnavailable, LabFailed
from vexfsctl.lab.layout import Layout
from vexfsctl.system.access import WITH_SUDO, Viewer


def require_own(layout: Layout) -> None:
    """Raise FacilityUnavailable where the lab at *layout* is not this user's.

    LabFailed where a link stands for it or its files: they are somewhere else, and no lab's.
    """
    for part in (layout.directory, layout.backing):
        _refuse_link(part)
    viewer = Viewer.of_this_process()
    owner = layout.directory.stat().st_uid
    if viewer.uid in (0, owner):
        return
    who = viewer.user_name(owner)
    as_owner = WITH_SUDO if owner == 0 else f"run it as {who}"
    raise FacilityUnavailable(
        f"lab {layout.name} belongs to {who}",
        hint=f"{as_owner}; or one of your own: vexfsctl lab up --name NAME",
    )


def _refuse_link(part: Path) -> None:
    if part.is_symlink():
        raise LabFailed(
            f"{part} is a link, to {part.readlink()}: no lab has one",
            hint=f"if it is to go: rm {part}",
        )
