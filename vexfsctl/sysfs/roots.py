"""Where attribute trees are found, when nobody says otherwise."""

from collections.abc import Mapping
from pathlib import Path

KERNEL_ROOT = Path("/sys/fs/vexfs")
"""Volumes of the kernel module."""
SYSTEM_ROOT = Path("/run/vexfs")
"""Volumes whose userspace driver root runs."""


def default_roots(environ: Mapping[str, str], uid: int) -> tuple[Path, ...]:
    """Return the roots that are read and merged, none of which need exist."""
    roots = (KERNEL_ROOT, SYSTEM_ROOT, _user_root(environ, uid))
    return tuple(dict.fromkeys(roots))


def driver_root(environ: Mapping[str, str], uid: int) -> Path:
    """Return the root below which a userspace driver run by *uid* shows its volumes."""
    return SYSTEM_ROOT if uid == 0 else _user_root(environ, uid)


def _user_root(environ: Mapping[str, str], uid: int) -> Path:
    # Where systemd-logind puts it: XDG_RUNTIME_DIR is lost under su and cron.
    return Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}") / "vexfs"
