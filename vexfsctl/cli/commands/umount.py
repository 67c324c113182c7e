"""`vexfsctl umount`: end a userspace volume, alive or dead."""

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.target_types import MOUNTED

EXAMPLES = """\
Examples:
  vexfsctl umount loop0               sync and unmount the volume loop0
  vexfsctl umount /mnt/data           the volume mounted there
  vexfsctl umount --force loop0       clear what a killed or stuck driver left
"""


@click.command("umount", cls=Command, epilog=EXAMPLES)
@click.argument("target", metavar="NAME|MOUNTPOINT", type=MOUNTED)
@click.option(
    "--force",
    is_flag=True,
    help="Cut the volume off without syncing: its calls fail at once, its mounts are removed.",
)
@pass_app
def umount(app: AppContext, target: str, force: bool) -> None:
    """Sync and unmount the volume called NAME or mounted on MOUNTPOINT."""
    # Deferred, so that help needs no driver.
    from vexfsctl.answers.mount import UnmountedVolume, umount_result
    from vexfsctl.driver.volume.leftovers import clear_volume, find_volume, stop_volume

    if force:
        volume = find_volume(target)
        clear_volume(volume)
        name = volume.name
    else:
        name = stop_volume(target, timeout_s=app.host.deadlines.wait_s)
    app.show(umount_result(UnmountedVolume(name, forced=force)))
