"""The filters that `log` and `trace` share, and what they pick.

The same filter given twice is *or*, different filters are *and*.
"""

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.targets import VOLUME, Target
from vexfsctl.exceptions import FacilityUnavailable, InvalidInput, NotFound
from vexfsctl.model.moments import parse_time
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import Volume

if TYPE_CHECKING:
    from vexfsctl.analysis.incident.selection import Selection

_DEVICE_PREFIX = "/dev/"


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter options as given."""

    since: str | None
    until: str | None
    boot: str | None
    severity: str | None
    operations: tuple[str, ...]
    volumes: tuple[Target, ...]
    devices: tuple[str, ...]
    errors: tuple[str, ...]
    pattern: str | None

    def boundaries(self, app: AppContext) -> tuple[datetime | None, datetime | None]:
        """Return the moments of `--since` and `--until`; raise InvalidInput."""
        now = app.surroundings.wall_clock().astimezone()
        since, until = (_parse_moment(text, now) for text in (self.since, self.until))
        return since, until

    def selection(self, app: AppContext, volumes: Iterable[Volume]) -> "Selection":
        """Return what they pick; *volumes* tell which of them lies on which device.

        An error that VexFS does not have is noted.
        """
        from vexfsctl.analysis.incident.selection import Selection

        if self.errors:
            from vexfsctl.cli.error_names import note_unknown_errors

            note_unknown_errors(app, self.errors)
        since, until = self.boundaries(app)
        devices, device_volumes = _related(self.devices, volumes)
        return Selection(
            since=since,
            until=until,
            severity=None if self.severity is None else Severity.from_word(self.severity),
            operations=tuple(map(OperationType, self.operations)),
            volumes=tuple(target.volume for target in self.volumes),
            devices=devices,
            device_volumes=device_volumes,
            errors=self.errors,
            pattern=None if self.pattern is None else _compile(self.pattern),
        )


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the filter options and hand it their values as `filters`."""

    @functools.wraps(function)
    def command(*arguments: Any, **options: Any) -> None:
        filters = Filters(**{field.name: options.pop(field.name) for field in fields(Filters)})
        function(*arguments, filters=filters, **options)

    for option in reversed(_OPTIONS):
        option(command)
    return command


_OPTIONS = (
    click.option("-S", "--since", metavar="TIME", help="Not before TIME: 10:00, 1h, yesterday, …"),
    click.option("-U", "--until", metavar="TIME", help="Not after TIME."),
    click.option(
        "-b",
        "--boot",
        metavar="ID|±N",
        help="Of one boot: 0 is this one, -1 the one before, 1 the first there is.",
    ),
    click.option(
        "-s",
        "--severity",
        type=click.Choice([str(severity) for severity in Severity]),
        help="Errors of this severity and above.",
    ),
    click.option(
        "-o",
        "--op",
        "operations",
        type=click.Choice([operation.value for operation in OperationType]),
        multiple=True,
        metavar="OPERATION",
        help="Of this operation type.",
    ),
    click.option(
        "-V",
        "--volume",
        "volumes",
        type=VOLUME,
        multiple=True,
        metavar="VOLUME",
        help="Of this volume; a quoted glob works.",
    ),
    click.option(
        "-d",
        "--device",
        "devices",
        multiple=True,
        metavar="DEVICE",
        help="Of volumes on this device, with the kernel's own lines about it and its children.",
    ),
    click.option(
        "-e",
        "--error",
        "errors",
        multiple=True,
        metavar="ERROR",
        help="With this error: IoError.ReadError, IoError or EIO.",
    ),
    click.option(
        "-g",
        "--grep",
        "pattern",
        metavar="REGEX",
        help="Whose text has REGEX in it; without capitals in REGEX case does not matter.",
    ),
)


def _parse_moment(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text, now)
    except ValueError as cause:
        raise InvalidInput(str(cause)) from cause


def _compile(pattern: str) -> re.Pattern[str]:
    flags = re.IGNORECASE if pattern == pattern.lower() else 0
    try:
        return re.compile(pattern, flags)
    except re.error as cause:
        raise InvalidInput(f"no regular expression: {pattern!r}: {cause}") from cause


def _related(asked: Iterable[str], volumes: Iterable[Volume]) -> tuple[set[str], set[str]]:
    """Names of the devices *asked* for with those around them, and of the volumes on them."""
    # Deferred: who asks for no device needs neither /sys/block nor pyudev.
    from vexfsctl.devices.block import device_name

    devices = {name for device in asked for name in related_names(device)}
    numbers = {volume.name: volume.status and volume.status.device for volume in volumes}
    on_them = {
        name for name, number in numbers.items() if number and device_name(number) in devices
    }
    # A volume is called after its device where nobody named it, and a log may outlive both.
    return devices, on_them | devices


def related_names(device: str) -> tuple[str, ...]:
    """Return the kernel names of *device* (`/dev/loop0`, `loop0`, `7:0`) and those around it.

    A device that this host does not have (a log from elsewhere) stands for itself.
    """
    return find_devices(device) or (device.removeprefix(_DEVICE_PREFIX),)


def find_devices(device: str) -> tuple[str, ...] | None:
    """Return the same, None where this host does not have it or cannot tell."""
    from vexfsctl.devices.topology import related_devices

    try:
        return related_devices(device.removeprefix(_DEVICE_PREFIX))
    except (NotFound, FacilityUnavailable):
        return None
