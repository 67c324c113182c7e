"""The settings that hold unless an option or the environment overrides them."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from vexfsctl.render.choices import ColourChoice, OutputFormat


class Configuration(NamedTuple):
    """Every setting; the defaults are those of a host without a configuration file."""

    file: Path | None = None
    """The file it was read from; None without one."""
    attributes: Mapping[str, int] = MappingProxyType({})
    """Values that attributes have when a volume is mounted, by path; only those the file sets."""
    roots: tuple[Path, ...] = ()
    """Roots of attribute trees; empty: the standard ones."""
    logs: tuple[str, ...] = ()
    """Log sources as `--log` takes them; empty: what the volumes say."""
    source_timeout_ms: int = 2_000
    """How long one source may take to answer."""
    status_window_ms: int = 3_600_000
    """How far back errors count in `status`."""
    check_window_ms: int = 3_600_000
    """How far back errors count in `check`."""
    output: OutputFormat = OutputFormat.TABLE
    color: ColourChoice = ColourChoice.AUTO
    pager: bool = True
    quiet: bool = False
    verbose: bool = False
