"""What `--version` answers programs: the version, what it speaks, and what it runs on."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from vexfsctl import __version__
from vexfsctl.render.result import Column, CommandResult, Table
from vexfsctl.sysfs.attributes import ABI_VERSION

_PACKAGES = ("click", "rich", "pyudev")


@dataclass(frozen=True, slots=True)
class VersionReport:
    """Versions that a report of a problem needs."""

    version: str
    """Of vexfsctl."""
    tree_version: int
    """Newest attribute tree that it reads, vexfs-sysfs(5)."""
    python: str
    packages: Mapping[str, str | None]
    """What it needs; None for a package that does not say."""
    kernel: str
    machine: str


def version_result() -> CommandResult:
    """Answer `--version`."""
    report = VersionReport(
        version=__version__,
        tree_version=ABI_VERSION,
        python=platform.python_version(),
        packages={name: _version_of(name) for name in _PACKAGES},
        kernel=platform.release(),
        machine=platform.machine(),
    )
    columns = (Column("NAME", lambda row: row[0]), Column("VALUE", lambda row: row[1]))
    return CommandResult("version", report, tables=(Table(columns, tuple(_rows(report))),))


def _rows(report: VersionReport) -> list[tuple[str, object]]:
    rows = asdict(report)
    packages: Mapping[str, object] = rows.pop("packages")
    return [*rows.items(), *packages.items()]


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
