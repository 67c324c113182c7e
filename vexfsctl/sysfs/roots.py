"""Where attribute trees are found, when nobody says otherwise."""

from collections.abc import Mapping
from pathlib import Path

KERNEL_ROOT = Path("/sys/fs/vexfs")
"""Volumes of the kernel module."""
SYSTEM_RUNTIME = Path("/run")
"""root's runtime directory."""
_ROOT_NAME = "vexfs"
SYSTEM_ROOT = SYSTEM_RUNTIME / _ROOT_NAME
"""Volumes whose userspace driver root runs."""


def default_roots(environ: Mapping[str, str], uid: int) -> tuple[Path, ...]:
    """Return the roots that are read and merged, none of which need exist."""
    runtimes = (SYSTEM_RUNTIME, _user_runtime(environ, uid))
    return (KERNEL_ROOT, *dict.fromkeys(map(volume_root, runtimes)))


def driver_root(environ: Mapping[str, str], uid: int) -> Path:
    """Return the root below which a userspace driver run by *uid* shows its volumes."""
    return volume_root(runtime_directory(environ, uid))


def runtime_directory(environ: Mapping[str, str], uid: int) -> Path:
    """Return where *uid* keeps what lives no longer than the system or the login does."""
    return SYSTEM_RUNTIME if uid == 0 else _user_runtime(environ, uid)


def volume_root(runtime: Path) -> Path:
    """Return the root of the drivers whose runtime directory is *runtime*."""
    return runtime / _ROOT_NAME


def _user_runtime(environ: Mapping[str, str], uid: int) -> Path:
    # Where systemd-logind puts it: XDG_RUNTIME_DIR is lost under su and cron.
    # A relative path is to be ignored (XDG Base Directory Specification).
    named = Path(environ.get("XDG_RUNTIME_DIR", ""))
    return named if named.is_absolute() else Path(f"/run/user/{uid}")
