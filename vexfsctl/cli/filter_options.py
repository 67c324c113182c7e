"""The filter options of commands that read a log."""

import functools
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.device_type import DEVICE
from vexfsctl.cli.error_type import ERROR_OR_ERRNO
from vexfsctl.cli.target_types import VOLUME
from vexfsctl.host.filters import Filters, unknown_errors
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the filter options and pass it their values as `filters`."""

    @functools.wraps(function)
    def command(*arguments: Any, **options: Any) -> None:
        filters = Filters(**{field.name: options.pop(field.name) for field in fields(Filters)})
        _note_unknown_errors(filters)
        function(*arguments, filters=filters, **options)

    for option in reversed(_OPTIONS):
        option(command)
    return command


def _note_unknown_errors(filters: Filters) -> None:
    app = click.get_current_context().ensure_object(AppContext)
    for word, near in unknown_errors(filters.errors) if filters.errors else ():
        hint = f"did you mean {' or '.join(near)}?" if near else "vexfs-errors(7) lists them"
        app.note(f"vexfsctl: VexFS has no error called {word!a}: {hint}")


_OPTIONS = (
    click.option("-S", "--since", metavar="TIME", help="Not before TIME: 10:00, 1h, yesterday, …"),
    click.option("-U", "--until", metavar="TIME", help="Not after TIME."),
    click.option(
        "-b",
        "--boot",
        metavar="ID|±N",
        help="Only one boot: 0 is the current one, -1 the one before, 1 the oldest.",
    ),
    click.option(
        "-s",
        "--severity",
        type=click.Choice([str(severity) for severity in Severity]),
        help="Only errors of this severity or above.",
    ),
    click.option(
        "-o",
        "--op",
        "operations",
        type=click.Choice([operation.value for operation in OperationType]),
        multiple=True,
        metavar="OPERATION",
        help="Only this operation type.",
    ),
    click.option(
        "-V",
        "--volume",
        "volumes",
        type=VOLUME,
        multiple=True,
        metavar="VOLUME",
        help="Only this volume; a quoted glob works.",
    ),
    click.option(
        "-d",
        "--device",
        "devices",
        type=DEVICE,
        multiple=True,
        metavar="DEVICE",
        help="Only volumes on this device, with the kernel's own lines about it and its children.",
    ),
    click.option(
        "-e",
        "--error",
        "errors",
        type=ERROR_OR_ERRNO,
        multiple=True,
        metavar="ERROR",
        help="Only this error: IoError.ReadError, IoError or EIO.",
    ),
    click.option(
        "-g",
        "--grep",
        "pattern",
        metavar="REGEX",
        help="Text matches REGEX; case-insensitive unless REGEX has capitals.",
    ),
)
