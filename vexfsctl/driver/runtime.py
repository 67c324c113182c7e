"""The directory that a user's volumes and labs live in, as long as the login does."""

import os
from pathlib import Path

from vexfsctl.exceptions import FacilityUnavailable

_HINT = "export XDG_RUNTIME_DIR=$(mktemp -d), in every shell that is to see the volume"


def require_runtime_directory(runtime: Path) -> None:
    """Raise FacilityUnavailable unless *runtime* is a directory of this user; root needs none.

    It belongs to a login (XDG Base Directory Specification): cron has none, su keeps another's.
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
