"""A memory cgroup for one program: version 1 or 2, whichever has the controller here."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import wait_until
from vexfsctl.devices.mountinfo import read_mounts


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """A cgroup of our own."""

    directory: Path
    version: int

    @property
    def joining(self) -> str:
        """What a shell runs to join it."""
        return f"echo $$ > {self.directory}/cgroup.procs"

    @property
    def members(self) -> list[int]:
        """The processes in it."""
        return [int(pid) for pid in (self.directory / "cgroup.procs").read_text().split()]

    @property
    def kills(self) -> int:
        """How many processes the kernel has killed in it for want of memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        return _numbers(self.directory / name)["oom_kill"]

    @property
    def resident_bytes(self) -> int:
        """What its processes have touched since they are in it, without the cache of files."""
        found = _numbers(self.directory / "memory.stat")
        return found["rss"] if self.version == 1 else found["anon"]


def parent_group() -> tuple[Path, int] | None:
    """Return where a memory cgroup can be made, and its version; None if nowhere."""
    for mount in read_mounts():
        options = mount.super_options
        if mount.fs_type == "cgroup" and "memory" in options:
            return Path(mount.mount_point), 1
        control = Path(mount.mount_point) / "cgroup.subtree_control"
        if mount.fs_type == "cgroup2" and "memory" in control.read_text().split():
            return Path(mount.mount_point), 2
    return None


@contextlib.contextmanager
def memory_group(name: str, limit_bytes: int) -> Iterator[MemoryGroup]:
    """Make a cgroup that may use so much memory, for the block; nothing is in it afterwards."""
    found = parent_group()
    assert found is not None
    parent, version = found
    group = MemoryGroup(parent / f"vexfsctl-{name}", version)
    group.directory.mkdir()
    try:
        limit = "memory.limit_in_bytes" if version == 1 else "memory.max"
        (group.directory / limit).write_text(str(limit_bytes))
        yield group
    finally:
        wait_until(lambda: not group.members)
        os.rmdir(group.directory)


def _numbers(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in map(str.split, file.read_text().splitlines())}
