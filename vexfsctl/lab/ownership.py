"""Whose a lab is: everybody may see that it is there, its owner alone may change it."""

from vexfsctl.exceptions import FacilityUnavailable
from vexfsctl.lab.layout import Layout
from vexfsctl.model.access import Viewer


def require_own(layout: Layout, verb: str) -> None:
    """Raise FacilityUnavailable where the lab at *layout* is not for this user to *verb*."""
    viewer = Viewer.of_this_process()
    owner = layout.directory.stat().st_uid
    if viewer.uid in (0, owner):
        return
    who = viewer.user_name(owner)
    as_owner = "sudo" if owner == 0 else f"sudo -u {who}"
    raise FacilityUnavailable(
        f"lab {layout.name} belongs to {who}",
        hint=f"{as_owner} vexfsctl lab {verb} --name {layout.name}; "
        "or one of your own: vexfsctl lab up --name NAME",
    )
