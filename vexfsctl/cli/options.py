"""Options that several commands take."""

from collections.abc import Callable
from typing import Any

import click

from vexfsctl.cli.types import DURATION
from vexfsctl.config.configuration import Configuration
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
