"""`vexfsctl mount`: bring up a userspace volume."""

from pathlib import Path

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.types import DIRECTORY, LOG_TARGET, KeyValueType
from vexfsctl.sysfs.attributes import MOUNT_KEYS

EXAMPLES = """\
Examples:
  vexfsctl mount /srv/data /mnt/data                    guard a directory, as volume data
  vexfsctl mount /srv/data /mnt/data --name archive     under a name of your own
  vexfsctl mount /srv/data /mnt/data --log-to /var/log/archive.kmsg
  vexfsctl mount /srv/data /mnt/data --set resources/reserve_bytes=1073741824
"""


@click.command("mount", cls=Command, epilog=EXAMPLES)
@click.argument("source", type=DIRECTORY, metavar="SOURCE")
@click.argument("mountpoint", type=DIRECTORY, metavar="MOUNTPOINT")
@click.option(
    "--name",
    help="Name of the volume. Default: the last component of MOUNTPOINT.",
)
@click.option("--foreground", is_flag=True, help="Serve in this process until it is told to end.")
@click.option(
    "--log-to",
    metavar="kmsg|FILE",
    type=LOG_TARGET,
    help="Where its records go. Default: the kernel log where it takes them, else a file.",
)
@click.option(
    "--allow-inject",
    is_flag=True,
    help="Let the owner make its calls fail through the attribute inject/control.",
)
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    type=KeyValueType(MOUNT_KEYS),
    multiple=True,
    help="Value that an attribute has from the start, instead of that of the configuration; may be"
    " repeated. vexfs-sysfs(5) has the attributes.",
)
@click.option("--ready-fd", type=int, hidden=True)
@pass_app
def mount(
    app: AppContext,
    source: Path,
    mountpoint: Path,
    name: str | None,
    foreground: bool,
    log_to: str | None,
    allow_inject: bool,
    settings: tuple[str, ...],
    ready_fd: int | None,
) -> None:
    """Guard the directory SOURCE and serve it as a volume at MOUNTPOINT.

    Every operation on MOUNTPOINT goes through the error-handling engine: circuit breakers, retries,
    deadlines, which begin with the settings of vexfsctl.toml(5). Returns when the volume and its
    attribute tree answer, and gives up at --timeout. As root the tree is at /run/vexfs/NAME, else
    at $XDG_RUNTIME_DIR/vexfs/NAME.

    SOURCE must store files: proc, sysfs, cgroup and other filesystems of the kernel's own state are
    refused, and closed to everybody (EACCES) where they are mounted inside.
    """
    # Here and not above: nothing else may load the driver.
    from vexfsctl.answers.mount import mount_result
    from vexfsctl.driver.volume.daemon import VolumeOptions, serve_volume, start_volume
    from vexfsctl.host.settings import parse_settings

    asked = {each.attribute.path: each.value for each in parse_settings(settings, MOUNT_KEYS)}
    options = VolumeOptions(
        source=source.absolute(),
        mountpoint=mountpoint.absolute(),
        name=name,
        log_to=log_to if log_to in (None, "kmsg") else str(Path(log_to).absolute()),
        allow_inject=allow_inject,
        config_file=app.config_file,
        settings=asked,
    )
    if foreground:
        attributes = {**app.configuration.attributes, **asked}
        serve_volume(options, settings=attributes, ready_fd=ready_fd)
        return
    volume = start_volume(options, timeout_s=app.host.deadlines.wait_s)
    app.show(mount_result(volume))
    for warning in volume.warnings:
        app.note(f"vexfsctl: degraded: {warning}")
