"""`vexfsctl device`: block devices, their state, and what the kernel says of them."""

from collections.abc import Callable
from typing import TypeVar

import click

from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.device_type import DEVICE
from vexfsctl.host.filters import Filters

_F = TypeVar("_F", bound=Callable[..., None])


def _time_options(function: _F) -> _F:
    for option in (
        click.option(
            "-b", "--boot", metavar="ID|±N", help="Only errors of one boot: 0 is the current one."
        ),
        click.option("-U", "--until", metavar="TIME", help="Only errors not after TIME."),
        click.option("-S", "--since", metavar="TIME", help="Only errors not before TIME."),
        click.option(
            "-a", "--all", "every", is_flag=True, help="All devices, not only those under volumes."
        ),
    ):
        function = option(function)
    return function


@click.group(
    "device",
    cls=Group,
    epilog="""\
Examples:
  vexfsctl device list
  vexfsctl device show sdb
  vexfsctl device show ata2.00 --log customer.dmesg.gz
""",
)
def device() -> None:
    """Show block devices with their state and what the kernel says of them."""


@device.command(
    "list",
    epilog="""\
Examples:
  vexfsctl device list                  what volumes lie on, up to the controller
  vexfsctl device list --all --json     every block device of this host
  vexfsctl device list -S -1h           errors of the last hour only
  vexfsctl device list --log old.kmsg   the devices of a log from elsewhere
""",
)
@_time_options
@pass_app
def list_devices(
    app: AppContext, every: bool, since: str | None, until: str | None, boot: str | None
) -> None:
    """List the block devices under volumes, up to the controller.

    Where no volume is on a device, all block devices are listed. Errors are the kernel's own lines
    of trouble in the log. Of more than 4000 devices, those with most errors are listed; how many
    are left out is said.
    """
    # Deferred, so that help needs neither sysfs nor log.
    from vexfsctl.answers.device import device_list
    from vexfsctl.answers.next_steps import log_options
    from vexfsctl.host.device_survey import survey_devices

    filters = Filters(since=since, until=until, boot=boot)
    survey = survey_devices(app.host, every=every, filters=filters)
    app.show(device_list(survey, log_options(app.host, ())))


@device.command(
    "show",
    epilog="""\
Examples:
  vexfsctl device show sdb               by the kernel's name
  vexfsctl device show 8:16              by number
  vexfsctl device show 3:0:0:0           by SCSI address
  vexfsctl device show /dev/mapper/root  by any path to its node
  vexfsctl device show nvme0 --json      a controller, and all disks attached to it
""",
)
@click.argument("devices", metavar="[DEVICE]...", type=DEVICE, nargs=-1)
@_time_options
@pass_app
def show_devices(
    app: AppContext,
    devices: tuple[str, ...],
    every: bool,
    since: str | None,
    until: str | None,
    boot: str | None,
) -> None:
    """Show DEVICE with all that is below and above it.

    Each with its state, the errors that the kernel reported by kind and over time, and the sectors
    at which failed requests began, of 512 bytes each. DEVICE is a kernel name, a number, a SCSI
    address, an ATA port, an NVMe controller or a path. Without DEVICE, those of `device list`.

    Of errors all over a disk, the places that were hit most are shown, sectors within 1 MiB as one
    place, and the lines about other sectors are counted.
    """
    from vexfsctl.answers.device import device_show
    from vexfsctl.answers.next_steps import log_options
    from vexfsctl.host.device_survey import survey_devices

    filters = Filters(since=since, until=until, boot=boot)
    survey = survey_devices(app.host, devices, every=every, filters=filters)
    app.show(device_show(survey, log_options(app.host, ())))
