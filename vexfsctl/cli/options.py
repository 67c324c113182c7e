"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from vexfsctl.cli.types import DURATION
from vexfsctl.config.configuration import Configuration
from vexfsctl.model.units import format_duration


def window_option(command: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return `--window TIME` of *command*: milliseconds, None if not given.

    Then the `<command>_window_ms` of the configuration applies.
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
    """Add `--yes` and `--dry-run`, passed as `yes` and `dry_run`."""
    function = click.option(
        "--dry-run", is_flag=True, help="Show what would change, and change nothing."
    )(function)
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)


def for_option(after: str) -> Callable[[_F], _F]:
    """Return `--for DURATION`, passed as `for_ms` (None if not given); *after*: what follows it."""
    return click.option(
        "--for",
        "for_ms",
        metavar="DURATION",
        type=DURATION,
        help=f"{after} after this time: 90s, 15m, 1h30m. Default: stay so until told otherwise.",
    )


def reason_option(function: _F) -> _F:
    """Add `--reason`, which is recorded in the provider's log or the ledger."""
    return click.option("--reason", metavar="TEXT", help="Reason, recorded with the change.")(
        function
    )
