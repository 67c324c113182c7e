"""`vexfsctl umount`: end a userspace volume, alive or dead."""

from dataclasses import dataclass

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.render.result import CommandResult, Paragraph

EXAMPLES = """\
Examples:
  vexfsctl umount loop0               sync and unmount the volume loop0
  vexfsctl umount /mnt/data           the volume that is mounted there
  vexfsctl umount --force loop0       clear what a killed or stuck driver left
"""


@dataclass(frozen=True, slots=True)
class Unmounted:
    """What was unmounted, and how."""

    name: str
    forced: bool


@click.command("umount", cls=Command, epilog=EXAMPLES)
@click.argument("target", metavar="NAME|MOUNTPOINT")
@click.option(
    "--force",
    is_flag=True,
    help="Cut the volume off without syncing: calls in it fail at once, its mounts go.",
)
@pass_app
def umount(app: AppContext, target: str, force: bool) -> None:
    """Sync and unmount the volume called NAME or mounted on MOUNTPOINT."""
    from vexfsctl.driver.volume.leftovers import clear_volume, find_volume, stop_volume

    if force:
        volume = find_volume(target)
        clear_volume(volume)
        name = volume.name
    else:
        name = stop_volume(target, timeout_s=app.host.deadlines.wait_s)
    words = "cut off and unmounted" if force else "unmounted"
    app.show(
        CommandResult("umount", Unmounted(name, force), body=(Paragraph((f"{words} {name}",)),))
    )
