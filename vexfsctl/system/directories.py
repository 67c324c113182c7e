"""The default places of things: attribute trees, runtime, state, logs.

What lasts no longer than the login is below the runtime directory; what outlasts it (ledgers,
locks) is in the state directory.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from vexfsctl.exceptions import FacilityUnavailable

KERNEL_ROOT = Path("/sys/fs/vexfs")
"""Volumes of the kernel module."""
SYSTEM_RUNTIME = Path("/run")
"""root's runtime directory."""
_ROOT_NAME = "vexfs"
SYSTEM_ROOT = SYSTEM_RUNTIME / _ROOT_NAME
"""Volumes whose userspace driver root runs."""
STANDARD_ROOTS = {
    str(KERNEL_ROOT): "Volumes of the kernel module.",
    str(SYSTEM_ROOT): "Volumes whose userspace driver root runs.",
    f"$XDG_RUNTIME_DIR/{_ROOT_NAME}": "Volumes whose userspace driver a user runs.",
}
"""What `default_roots` are, for man pages."""
SYSTEM_STATE = Path("/var/lib/vexfsctl")
"""State directory of root."""
STATE_VARIABLE = "VEXFSCTL_STATE_DIR"
"""Environment variable that names another state directory."""

_HINT = "export XDG_RUNTIME_DIR=$(mktemp -d), in every shell that is to see the volume"


def default_roots(environ: Mapping[str, str], uid: int) -> tuple[Path, ...]:
    """Return the roots that are read and merged, none of which need exist."""
    runtimes = (SYSTEM_RUNTIME, _user_runtime(environ, uid))
    return (KERNEL_ROOT, *dict.fromkeys(map(volume_root, runtimes)))


def driver_root(environ: Mapping[str, str], uid: int) -> Path:
    """Return the root below which a userspace driver run by *uid* shows its volumes."""
    return volume_root(runtime_directory(environ, uid))


def runtime_directory(environ: Mapping[str, str], uid: int) -> Path:
    """Return the directory of *uid* for what lasts no longer than the system or the login."""
    return SYSTEM_RUNTIME if uid == 0 else _user_runtime(environ, uid)


def volume_root(runtime: Path) -> Path:
    """Return the root of the drivers whose runtime directory is *runtime*."""
    return runtime / _ROOT_NAME


def _user_runtime(environ: Mapping[str, str], uid: int) -> Path:
    # Where systemd-logind puts it: XDG_RUNTIME_DIR is lost under su and cron.
    # A relative path is to be ignored (XDG Base Directory Specification).
    named = Path(environ.get("XDG_RUNTIME_DIR", ""))
    return named if named.is_absolute() else Path(f"/run/user/{uid}")


def require_runtime_directory(runtime: Path) -> None:
    """Raise FacilityUnavailable unless *runtime* is a directory of this user; root needs none.

    It belongs to a login (XDG Base Directory Specification): cron has none, su keeps the caller's.
    """
    if os.geteuid() == 0:
        return
    try:
        owner = runtime.stat().st_uid if runtime.is_dir() else None
    except OSError as cause:
        raise FacilityUnavailable(
            f"the runtime directory {runtime} cannot be used: {cause.strerror}", hint=_HINT
        ) from cause
    if owner is None:
        raise FacilityUnavailable(f"there is no runtime directory {runtime}", hint=_HINT)
    if owner != os.geteuid():
        raise FacilityUnavailable(f"the runtime directory {runtime} is not yours", hint=_HINT)


def state_directory(environ: Mapping[str, str], uid: int) -> Path:
    """Return where a user's ledger and locks are; VEXFSCTL_STATE_DIR overrides it."""
    if chosen := environ.get(STATE_VARIABLE):
        return Path(chosen)
    if uid == 0:
        return SYSTEM_STATE
    state = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME") or "/") / ".local/state"
    return Path(state) / "vexfsctl"


def state_directories(environ: Mapping[str, str], uid: int) -> tuple[Path, ...]:
    """Return the state directories whose ledgers a user sees: the system's and the user's own."""
    own = state_directory(environ, uid)
    chosen = STATE_VARIABLE in environ
    return (own,) if chosen or uid == 0 else (SYSTEM_STATE, own)


def default_file(volume: str) -> Path:
    """Return the log file of *volume*, for use if the kernel log cannot be written."""
    if os.geteuid() == 0:
        return Path("/var/log/vexfs") / f"{volume}.kmsg"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "vexfs" / f"{volume}.kmsg"
