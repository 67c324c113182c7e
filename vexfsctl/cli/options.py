"""Options that several commands take."""

import functools
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import click

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.types import DURATION, VOLUME
from vexfsctl.config.configuration import Configuration
from vexfsctl.host.filters import Filters, unknown_errors
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.units import format_duration


def window_option(command: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return `--window TIME` of *command*: milliseconds, None if not given.

    What holds then is the `<command>_window_ms` of the configuration.
    """
    default_ms = getattr(Configuration(), f"{command}_window_ms")
    return click.option(
        "--window",
        "window_ms",
        type=DURATION,
        metavar="TIME",
        help=f"How far back errors count. Default: windows.{command} of vexfsctl.toml(5), "
        f"else {format_duration(default_ms)}.",
    )


_F = TypeVar("_F", bound=Callable[..., Any])


def consent_options(function: _F) -> _F:
    """Add `--yes` and `--dry-run`, handed over as `yes` and `dry_run`."""
    function = click.option(
        "--dry-run", is_flag=True, help="Show what would change, and change nothing."
    )(function)
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)


def reason_option(function: _F) -> _F:
    """Add `--reason`, which goes into the provider's log or the ledger."""
    return click.option("--reason", metavar="TEXT", help="Reason, recorded in the log or ledger.")(
        function
    )


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the filter options and hand it their values as `filters`."""

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
        multiple=True,
        metavar="DEVICE",
        help="Only volumes on this device, and the kernel's own lines about it and its children.",
    ),
    click.option(
        "-e",
        "--error",
        "errors",
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
