"""The filters that commands on a log share, and what they select.

The same filter given twice is *or*, different filters are *and*.
"""

import errno
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vexfsctl.exceptions import InvalidInput
from vexfsctl.host.host import Host
from vexfsctl.host.volumes import Target
from vexfsctl.model.moments import parse_time
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import Volume

if TYPE_CHECKING:
    from vexfsctl.analysis.incident.selection import Selection
    from vexfsctl.host.device_finder import DeviceFinder


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters as written; without any, everything is selected."""

    since: str | None = None
    until: str | None = None
    boot: str | None = None
    severity: str | None = None
    operations: tuple[str, ...] = ()
    volumes: tuple[Target, ...] = ()
    devices: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    pattern: str | None = None

    @property
    def ask_for_each_record(self) -> bool:
        """Whether two records that differ in time, ids and numbers only may be judged apart."""
        return any((self.since, self.until, self.devices, self.pattern is not None))

    def boundaries(self, host: Host) -> tuple[datetime | None, datetime | None]:
        """Return the moments of `--since` and `--until`; raise InvalidInput."""
        now = host.wall_clock().astimezone()
        since, until = (_parse_moment(text, now) for text in (self.since, self.until))
        return since, until

    def selection(
        self, host: Host, volumes: Iterable[Volume], finder: "DeviceFinder"
    ) -> "Selection":
        """Return what they select; *volumes* say which volume lies on which device.

        Raises InvalidInput for an invalid time or regular expression, and what *finder* raises for
        a device that is not there.
        """
        # Deferred: a click option needs only the names of the filters.
        from vexfsctl.analysis.incident.selection import Selection

        since, until = self.boundaries(host)
        devices, device_volumes = _related(self.devices, volumes, finder)
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


def unknown_errors(wanted: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each of *wanted* that is not the name of a VexFS error, with similar names.

    It is probably misspelt; but a record may still have it.
    """
    # Deferred: without an error filter, the catalogue is not needed.
    from vexfsctl.catalogue.lookup import ERRORS

    names = [name for error in ERRORS for name in (error.name, error.name.partition(".")[0])]
    known = {name.lower(): name for name in (*names, *errno.errorcode.values())}
    for word in wanted:
        if word.lower() not in known:
            # Deferred: mostly all are known.
            from difflib import get_close_matches

            yield word, tuple(known[near] for near in get_close_matches(word.lower(), known))


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
        raise InvalidInput(f"not a regular expression: {pattern!r}: {cause}") from cause


def _related(
    asked: Iterable[str], volumes: Iterable[Volume], finder: "DeviceFinder"
) -> tuple[set[str], set[str]]:
    """Names of the requested devices and their relatives, and of the volumes on them."""
    devices = {name for device in asked for name in finder.names_of(device)}
    numbers = {volume.name: volume.status and volume.status.device for volume in volumes}
    on_them = {name for name, number in numbers.items() if number and number in devices}
    # The kernel module's volumes have their devices' names, and a log may outlive both.
    return devices, on_them | devices
