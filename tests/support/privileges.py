"""What a privileged test needs of this host, why the host may not have it, and what tests share.

Tests run side by side. Those that share something see each other's doings in it: they form a
group, which one worker runs in a row.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

SHARED = {
    "loop devices": "A device that one test has detached is the next that another one attaches.",
    "kernel error lines": "Linux writes ten about failing requests in 5 s, of whatever device.",
    "mounts of labs": "A mount namespace that is made keeps what is mounted: nobody can end it.",
    "logs of volumes": "A command reads those of every volume, and reports one that is gone.",
    "caches": "Linux drops what it has cached of every filesystem at once.",
}
"""What a host has one of, and what a test would see of another that uses it at the same time."""

_SHARED_BY_NEED = {
    "loop": ("loop devices", "kernel error lines", "mounts of labs"),
    "kmsg": ("logs of volumes",),
}
"""Shared by every test with the need."""
_CAP_SYS_ADMIN = 1 << 21


@cache
def missing(need: str) -> str | None:
    """Return why *need* cannot be had here, None if it can.

    A need is `root`, `fuse`, `loop`, `kmsg`, `memory cgroup`, or else the name of a program.
    """
    if need in _PROBES:
        return _PROBES[need]()
    return None if shutil.which(need) else f"there is no program {need}"


def require(need: str) -> None:
    """Skip the test where *need* cannot be had; in CI as root that is a failure."""
    reason = missing(need)
    if reason is not None:
        (pytest.fail if _needed_here() else pytest.skip)(f"needs {need}: {reason}")


def shared(markers: Iterable[pytest.Mark]) -> frozenset[str]:
    """Return what a test with these `privileged` markers shares: keys of `SHARED`."""
    found: set[str] = set()
    for marker in markers:
        found.update(marker.kwargs.get("shares", ()))
        for need in marker.args:
            found.update(_SHARED_BY_NEED.get(need, ()))
    assert found <= SHARED.keys(), f"not shared by tests: {found - SHARED.keys()}"
    return frozenset(found)


def grouped(resources: Iterable[frozenset[str]]) -> dict[str, str]:
    """Return the name of a group for each resource: of tests that share something, one group."""
    groups: dict[str, frozenset[str]] = {}
    for together in resources:
        joined = together.union(*(groups.get(each, ()) for each in together))
        groups.update(dict.fromkeys(joined, joined))
    return {each: ", ".join(sorted(group)) for each, group in groups.items()}


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


def _memory_cgroup() -> str | None:
    # Deferred: few tests need it.
    from tests.support.cgroup import parent_group

    return _root() or (None if parent_group() else "no cgroup with the memory controller")


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
    "memory cgroup": _memory_cgroup,
}
