"""The names on this host that a shell can offer while a command is typed.

Only what a name needs is looked at, each place in a child process that is left behind at its
deadline: a volume or log that hangs costs its own names and no more than that time.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from vexfsctl.exceptions import VexfsctlException
from vexfsctl.host.host import Host
from vexfsctl.system.children import run_in_children

DEADLINE_S = 0.7
"""How long a person may have to wait for a word to be completed."""
_MOST_ERRORS = 20

Named = Sequence[tuple[str, str]]
"""Names, and a phrase about each, which may be empty."""


def offered_volumes(host: Host) -> Named:
    """Return the names of the volumes, in order; none of them is touched."""
    return [(name, "") for name in sorted({directory.name for directory in _directories(host)})]


def offered_devices(host: Host) -> Named:
    """Return the kernel's names of block devices and controllers, with their kinds."""
    from vexfsctl.devices.sysfs_graph import read_device_graph

    def read() -> list[tuple[str, str]]:
        return [(device.name, str(device.kind)) for device in read_device_graph(host.sysfs)]

    return _answered([read])


def offered_labs() -> Named:
    """Return the names of the labs of this user and of root, with their kinds."""
    from vexfsctl.lab.layout import existing_labs

    return _answered([lambda: [(each.name, f"{each.kind} lab") for each in existing_labs()]])


def offered_errors(host: Host) -> Named:
    """Return the ids of the latest errors, with what went wrong where.

    In the requested log files, or in the kernel log and in those that the volumes name.
    """
    from vexfsctl.logs.recent_errors import errors_in_file, errors_in_kernel_log
    from vexfsctl.sysfs.files import read_one

    def of_source(name: str) -> list[tuple[str, str]]:
        if name == "kmsg":
            return errors_in_kernel_log(_MOST_ERRORS)
        return errors_in_file(name, _MOST_ERRORS)

    def of_volume(directory: Path) -> list[tuple[str, str]]:
        told = read_one(directory / "log")
        name = "" if isinstance(told, int) else os.fsdecode(told).rstrip("\n")
        return errors_in_file(name, _MOST_ERRORS) if name.startswith("/") else []

    if host.logs:
        return _answered([partial(of_source, name) for name in host.logs])
    volumes = (partial(of_volume, directory) for directory in _directories(host))
    return _answered([partial(of_source, "kmsg"), *volumes])


def _directories(host: Host) -> list[Path]:
    """Return the directory of each volume."""
    from vexfsctl.sysfs.files import list_directories

    roots = host.roots or host.standard_roots
    listings = run_in_children([partial(list_directories, root) for root in roots], DEADLINE_S)
    return [
        root / name
        for root, listing in zip(roots, listings, strict=True)
        if isinstance(listing, list)
        for name in listing
    ]


_Task = Callable[[], list[tuple[str, str]]]


def _answered(tasks: Iterable[_Task]) -> Named:
    """Return what *tasks* return, each name once; nothing of those that fail or are too late."""
    answers = run_in_children([partial(_or_nothing, task) for task in tasks], DEADLINE_S)
    named = (each for answer in answers if isinstance(answer, list) for each in answer)
    return list(dict(named).items())


def _or_nothing(task: _Task) -> list[tuple[str, str]]:
    try:
        return task()
    except VexfsctlException:
        # Whoever asks for that name will be told.
        return []
