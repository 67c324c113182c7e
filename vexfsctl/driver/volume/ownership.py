"""Which process serves a volume, as the file beside its tree says (`vexfsctl.sysfs.server`)."""

import contextlib
import os
from pathlib import Path

from vexfsctl.exceptions import VexfsctlException
from vexfsctl.sysfs.server import format_server, parse_server, server_file
from vexfsctl.system.directory_lock import hold_directory
from vexfsctl.system.processes import Process

_LOCK_TIMEOUT_S = 0.2


def take_ownership(tree: Path) -> None:
    """Write that this process serves the volume whose tree is at *tree*."""
    process = Process.find(os.getpid())
    assert process is not None
    server_file(tree).write_text(format_server(process))


def give_up_ownership(tree: Path) -> None:
    """Remove the file, and the root with it if this was its last volume.

    The file of another process that still runs is left alone.
    """
    process = owner(tree)
    if process is not None and process.pid != os.getpid():
        return
    try:
        with hold_directory(tree.parent, timeout_s=_LOCK_TIMEOUT_S):
            server_file(tree).unlink(missing_ok=True)
    except VexfsctlException:
        # A process that starts another volume holds the root, and needs it.
        with contextlib.suppress(OSError):
            server_file(tree).unlink(missing_ok=True)


def owner(tree: Path) -> Process | None:
    """Return the running process that serves the volume at *tree*; None if none does."""
    try:
        process = parse_server(server_file(tree).read_bytes())
    except OSError:
        return None
    return process if process is not None and process.running else None
