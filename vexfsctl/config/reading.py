"""Finds and reads the configuration file; the rest of the package is imported only if it exists."""

import os
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISREG

from vexfsctl.config.configuration import Configuration
from vexfsctl.exceptions import ConfigurationInvalid, ExitStatus, VexfsctlException

STANDARD_FILE = Path("/etc/vexfsctl/config.toml")
"""Read if no other is named; need not exist."""
MAXIMUM_SIZE = 64 << 10
"""Bytes of a file; one with every setting for every operation type has less than 3000."""

_WAY_OUT = "name another file, or go without: --config /dev/null"


class StandardFileUnreadable(VexfsctlException):
    """This user may not read the standard file, so its settings are ignored."""

    exit_status = ExitStatus.INCOMPLETE
    code = "configuration_unreadable"


def read_configuration(named: Path | None, standard: Path = STANDARD_FILE) -> Configuration:
    """Return the settings of the file *named*, else of the *standard* one if it exists.

    Raises ConfigurationInvalid for a file with mistakes, or one that was named and cannot be read;
    StandardFileUnreadable for a standard file without permission. `/dev/null` means none.
    """
    file = named or standard
    try:
        data = _read(file)
    except OSError as cause:
        if named is None and isinstance(cause, (FileNotFoundError, NotADirectoryError)):
            return Configuration()
        if named is None and isinstance(cause, PermissionError):
            raise StandardFileUnreadable(
                f"{file}: {cause.strerror}; its settings are ignored",
                hint=f"sudo chmod a+r {file}, or go without: --config /dev/null",
            ) from cause
        raise ConfigurationInvalid(f"{file}: {cause.strerror}", hint=_WAY_OUT) from cause
    if data is None:
        return Configuration()
    # Deferred: it needs the attribute table and tomllib.
    from vexfsctl.config.parsing import parse_configuration

    return parse_configuration(data, file)


def read_lines(configuration: Configuration) -> Mapping[str, int | None]:
    """Return the line of each setting that the file of *configuration* sets; see `locate_settings`.

    Empty without a file, or if it has gone or changed since and can no longer be read.
    """
    if configuration.file is None:
        return {}
    from vexfsctl.config.parsing import locate_settings

    try:
        data = _read(configuration.file)
        return locate_settings(data, configuration.file) if data else {}
    except (OSError, ConfigurationInvalid):
        return {}


def _read(file: Path) -> bytes | None:
    """Return the content of *file*, None for the null device."""
    # stat first: opening a device or a pipe may act on it, or wait.
    status = file.stat()
    if not S_ISREG(status.st_mode):
        if status.st_rdev == os.stat(os.devnull).st_rdev:
            return None
        raise ConfigurationInvalid(f"{file}: not a regular file", hint=_WAY_OUT)
    with file.open("rb") as opened:
        data = opened.read(MAXIMUM_SIZE + 1)
    if len(data) > MAXIMUM_SIZE:
        raise ConfigurationInvalid(f"{file}: larger than {MAXIMUM_SIZE >> 10} KiB", hint=_WAY_OUT)
    return data
