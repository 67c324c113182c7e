"""The default places of things: attribute trees, runtime, state, logs.

What lasts no longer than the login is below the runtime directory; what outlasts it (ledgers,
locks) is in the state directory.
"""

import contextlib
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
BREAKER_VARIABLE = "VEXFSCTL_BREAKER_DIR"
"""Environment variable that names another directory of shared breakers."""
STANDARD_BREAKERS = {
    "/run/vexfsctl/breakers": "Shared breakers of root.",
    "$XDG_RUNTIME_DIR/vexfsctl/breakers": "Shared breakers of a user; without the variable, "
    "below /run/user/UID.",
    "$XDG_STATE_HOME/vexfsctl/breakers": "Those of a user who has no runtime directory.",
}
"""What `breaker_directories` are, for man pages."""

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


def breaker_directories(environ: Mapping[str, str], uid: int) -> tuple[Path, ...]:
    """Return where shared breakers of a user may be, the best place first.

    cron has no XDG_RUNTIME_DIR, and there is no /run/user/UID while the user is not logged in.
    """
    if chosen := environ.get(BREAKER_VARIABLE):
        return (Path(chosen).absolute(),)
    if uid == 0:
        return (SYSTEM_RUNTIME / "vexfsctl/breakers",)
    runtimes = (_user_runtime(environ, uid), _user_runtime({}, uid))
    places = [runtime / "vexfsctl" for runtime in dict.fromkeys(runtimes)]
    return tuple(place / "breakers" for place in (*places, state_directory(environ, uid)))


def make_breaker_directory(directories: tuple[Path, ...]) -> Path:
    """Return the first of *directories* that is there or can be made below what is this user's.

    Raises OSError if none can.
    """
    *runtimes, last = directories
    for directory in runtimes:
        with contextlib.suppress(OSError):
            if directory.parents[1].stat().st_uid == os.geteuid():
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                return directory
    last.mkdir(mode=0o700, parents=True, exist_ok=True)
    return last


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
