"""Which process serves a volume, from a file beside its tree, `.NAME.pid`.

It is not needed for a tree that answers. It distinguishes a driver that is slow or stopped, whose
volume must not be taken away, from one that was killed while calls were stuck in it: neither
answers. It names the process by pid and start time, so a reused pid does not match.
"""

import contextlib
import os
from pathlib import Path

from vexfsctl.exceptions import VexfsctlException
from vexfsctl.system.directory_lock import hold_directory
from vexfsctl.system.processes import (
    Process,
)

_LOCK_TIMEOUT_S = 0.2


def take_ownership(tree: Path) -> None:
    """Write that this process serves the volume whose tree is at *tree*."""
    process = Process.find(os.getpid())
    assert process is not None
    _owner_file(tree).write_text(f"{process.pid} {process.started}\n")


def give_up_ownership(tree: Path) -> None:
    """Remove the file, and the root with it if this was its last volume.

    The file of another process that still runs is left alone.
    """
    process = owner(tree)
    if process is not None and process.pid != os.getpid():
        return
    try:
        with hold_directory(tree.parent, timeout_s=_LOCK_TIMEOUT_S):
            _owner_file(tree).unlink(missing_ok=True)
    except VexfsctlException:
        # A process that starts another volume holds the root, and needs it.
        with contextlib.suppress(OSError):
            _owner_file(tree).unlink(missing_ok=True)


def owner(tree: Path) -> Process | None:
    """Return the running process that serves the volume at *tree*; None if none does."""
    try:
        pid, started = _owner_file(tree).read_text().split()
        process = Process(int(pid), started)
    except (OSError, ValueError):
        return None
    return process if process.running else None


def _owner_file(tree: Path) -> Path:
    return tree.with_name(f".{tree.name}.pid")
