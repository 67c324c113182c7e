r"""What is mounted where, from /proc/self/mountinfo (proc_pid_mountinfo(5)).

Nothing here touches a mount point: stat(2) of one whose FUSE server is gone may hang, mountinfo
never does. Paths are strings from os.fsdecode(): bytes that are not UTF-8 survive as surrogates.
Mount points are as this process sees them, from its own root directory.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.exceptions import (
    EvidenceMissing,
    MalformedRecord,
)

MOUNTINFO = Path("/proc/self/mountinfo")
_OCTAL = re.compile(rb"\\([0-3][0-7]{2})")
_REFUSES_WRITES = ("emergency_ro", "shutdown")
"""Options of a superblock that has stopped writing by itself (ext4 after a journal abort, or
EXT4_IOC_SHUTDOWN). mount(8) cannot remount it (tried on Linux 6.18: EINVAL)."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo, escapes decoded."""

    mount_id: int
    """Id, unique while it is mounted, reused afterwards."""
    parent_id: int
    """Id of the mount that it is mounted on; at the top, its own id or one that is not listed."""
    device: tuple[int, int]
    """Major and minor of its superblock, st_dev of its files; major 0 is not a block device."""
    root: str
    """The directory of the filesystem that is mounted, `/` except for bind mounts."""
    mount_point: str
    options: tuple[str, ...]
    """Options of this mount, `rw` or `ro` first."""
    fs_type: str
    """Type with subtype, as in `fuse.vexfs`."""
    source: str
    """What was given as source: any text, possibly empty."""
    super_options: tuple[str, ...]
    """Options of the superblock, shared by all its mounts."""

    @property
    def device_number(self) -> str:
        """`major:minor`, as in the names under /sys/dev/block."""
        return f"{self.device[0]}:{self.device[1]}"

    @property
    def is_fuse(self) -> bool:
        """Whether it is served by a FUSE server."""
        return self.fs_type.partition(".")[0] in ("fuse", "fuseblk")


def read_mounts(path: Path = MOUNTINFO) -> tuple[Mount, ...]:
    """All mounts this process can see, oldest first; EvidenceMissing if *path* is unreadable."""
    try:
        text = path.read_bytes()
    except OSError as cause:
        raise EvidenceMissing(f"cannot read {path}: {cause.strerror}") from cause
    return parse_mountinfo(text)


def parse_mountinfo(text: bytes | str) -> tuple[Mount, ...]:
    """The mounts in *text*, in its order; MalformedRecord if a line is not of that form."""
    if isinstance(text, str):
        text = os.fsencode(text)
    # Only newline ends a line: a path may contain other characters that str.splitlines() splits at.
    return tuple(_parse_line(line) for line in text.split(b"\n") if line)


def mount_of(path: str | Path, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that the absolute *path* lies on, itself included; None if none is listed.

    Follows the mounts from the top as the kernel does, so a mount hidden by a later one is never
    found. Symbolic links are not followed and `..` is resolved by name: see `resolve_parent`.
    """
    listed = tuple(mounts)
    ids = {mount.mount_id for mount in listed}
    below: dict[tuple[int | None, str], Mount] = {}
    for mount in listed:
        at_top = mount.parent_id == mount.mount_id or mount.parent_id not in ids
        below[None if at_top else mount.parent_id, mount.mount_point] = mount
    # A mount over the root itself hides nothing: lookups start under it (tried, 6.18).
    found = below.pop((None, "/"), None)
    for prefix in _prefixes(os.fspath(path)):
        # Several on one point are stacked, each with the one before as its parent. Taking them
        # out of the table ends the walk even where the parents run in a circle.
        while mount_here := below.pop((found.mount_id if found else None, prefix), None):
            found = mount_here
    return found


def mount_at(path: str | Path, mounts: Iterable[Mount]) -> Mount | None:
    """The topmost mount with exactly *path* as its mount point, or None; as `mount_of`."""
    mount = mount_of(path, mounts)
    return mount if mount and mount.mount_point == _normal(os.fspath(path)) else None


def resolve_parent(path: str | Path) -> str:
    """Return *path* absolute, with symbolic links followed except in its last component.

    This is how mountinfo writes a mount point, found without touching what is mounted on it.
    """
    parent, name = posixpath.split(posixpath.abspath(os.fspath(path)))
    return posixpath.join(posixpath.realpath(parent), name)


def _parse_line(line: bytes) -> Mount:
    # Split at single spaces: an empty source leaves two in a row.
    fields = line.split(b" ")
    try:
        separator = fields.index(b"-", 6)
        mount_id, parent_id, device, root, mount_point, options = fields[:6]
        fs_type, source, super_options = fields[separator + 1 : separator + 4]
        major, minor = device.split(b":")
        return Mount(
            mount_id=int(mount_id),
            parent_id=int(parent_id),
            device=(int(major), int(minor)),
            root=_unescape(root),
            mount_point=_unescape(mount_point),
            options=_options(options),
            fs_type=_unescape(fs_type),
            source=_unescape(source),
            super_options=_options(super_options),
        )
    except ValueError as cause:
        raise MalformedRecord(f"not a line of mountinfo: {line[:80]!r}") from cause


def write_refusal(mount: Mount) -> str | None:
    """The option that says that its filesystem has stopped writing by itself; None without one."""
    return next((each for each in _REFUSES_WRITES if each in mount.super_options), None)


def may_write(mount: Mount) -> bool:
    """Whether its filesystem is writable; one read-only mount of it does not stop the others."""
    return "ro" not in mount.super_options and write_refusal(mount) is None


def _options(field: bytes) -> tuple[str, ...]:
    # A comma inside a value is written \054, so splitting comes first.
    return tuple(_unescape(option) for option in field.split(b","))


def _unescape(field: bytes) -> str:
    return os.fsdecode(_OCTAL.sub(lambda match: bytes([int(match[1], 8)]), field))


def _normal(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f"not an absolute path: {path!r}")
    # POSIX lets normpath() keep two leading slashes; Linux gives them no meaning.
    return posixpath.normpath("/" + path.lstrip("/"))


def _prefixes(path: str) -> Iterator[str]:
    """`/a`, `/a/b` of `/a/b`."""
    prefix = ""
    for name in _normal(path).split("/"):
        if name:
            prefix = f"{prefix}/{name}"
            yield prefix
