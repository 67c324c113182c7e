"""What a privileged test needs, and why this machine may not have it."""

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

_CAP_SYS_ADMIN = 1 << 21


@cache
def missing(need: str) -> str | None:
    """Return why *need* cannot be had here, None if it can.

    A need is `root`, `fuse`, `loop`, `kmsg`, or else the name of a program.
    """
    if need in _PROBES:
        return _PROBES[need]()
    return None if shutil.which(need) else f"there is no program {need}"


def require(need: str) -> None:
    """Skip the test where *need* cannot be had; in CI as root that is a failure."""
    reason = missing(need)
    if reason is not None:
        (pytest.fail if _needed_here() else pytest.skip)(f"needs {need}: {reason}")


def _needed_here() -> bool:
    """Whether a missing need is a failure: as root in CI nothing may be skipped unseen."""
    return os.environ.get("CI") == "true" and os.geteuid() == 0


def _root() -> str | None:
    return None if os.geteuid() == 0 else "not root"


def _fuse() -> str | None:
    return _mounting() or _openable("/dev/fuse")


def _loop() -> str | None:
    return _mounting() or _openable("/dev/loop-control")


def _kmsg() -> str | None:
    return _openable("/dev/kmsg")


def _mounting() -> str | None:
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    allowed = int(effective.split()[1], 16) & _CAP_SYS_ADMIN
    return None if allowed else "no capability to mount (CAP_SYS_ADMIN)"


def _openable(path: str) -> str | None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as cause:
        return f"{path}: {cause.strerror}"
    return None


_PROBES: dict[str, Callable[[], str | None]] = {
    "root": _root,
    "fuse": _fuse,
    "loop": _loop,
    "kmsg": _kmsg,
}
