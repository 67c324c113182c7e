"""Where the parts of a lab are, and who owns it: all may see it, only its owner may change it."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vexfsctl.exceptions import FacilityUnavailable, InvalidInput, LabFailed
from vexfsctl.sysfs.attributes import Directory
from vexfsctl.system.access import WITH_SUDO, Viewer
from vexfsctl.system.directories import SYSTEM_RUNTIME, runtime_directory, volume_root

# The name is also the volume's and the filesystem's label, which ext4 limits to 16 bytes.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,15}")
_LABS = Path("vexfsctl/lab")
_FILES = "files"


class LabKind(StrEnum):
    """What the volume of a lab lies on."""

    DEVICE = "device"
    """ext4 on a loop device whose sectors fail on demand; only for root."""
    PLAIN = "plain"
    """A plain directory; the driver fails its own calls on demand."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the lab called *name*; none of them needs to exist."""

    name: str
    runtime: Path = SYSTEM_RUNTIME
    """The runtime directory of its owner."""
    kind: LabKind = LabKind.DEVICE

    def __post_init__(self) -> None:
        """Raise InvalidInput for a name that cannot be both a directory and a label."""
        if not _NAME.fullmatch(self.name):
            raise InvalidInput(
                f"not a name for a lab: {self.name!r}",
                hint="letters, digits, '.', '_' and '-', at most 16",
            )

    @property
    def labs(self) -> Path:
        """Holds all labs of its owner."""
        return self.runtime / _LABS

    @property
    def directory(self) -> Path:
        """Holds everything of this lab."""
        return self.labs / self.name

    @property
    def image_file(self) -> Path:
        """The sparse file with the contents of the device."""
        return self.directory / "disk.img"

    @property
    def image_mount(self) -> Path:
        """Where the image server serves it."""
        return self.directory / "image"

    @property
    def disk(self) -> Path:
        """The served image, what the loop device is attached to."""
        return self.image_mount / "disk"

    @property
    def faults(self) -> Path:
        """Where faults are set (`control`) and listed (`active`), by image server or volume."""
        if self.kind is LabKind.PLAIN:
            return volume_root(self.runtime) / self.name / Directory.INJECT
        return self.directory / "faults"

    @property
    def backing(self) -> Path:
        """What the volume guards: where the ext4 is mounted, or the plain directory.

        The two have different names, because only the second may be removed with its files.
        """
        return self.directory / (_FILES if self.kind is LabKind.PLAIN else "backing")

    @property
    def mountpoint(self) -> Path:
        """Where the volume is mounted: what applications use."""
        return self.directory / "mnt"

    @property
    def log(self) -> Path:
        """Where its driver writes its records if not to the kernel log."""
        return self.directory / "log.kmsg"

    @property
    def mount_points(self) -> tuple[Path, ...]:
        """The directories that are mount points."""
        if self.kind is LabKind.PLAIN:
            return (self.mountpoint,)
        return (self.image_mount, self.faults, self.backing, self.mountpoint)

    @property
    def directories(self) -> tuple[Path, ...]:
        """The directories of a new lab, in order: the first shows its kind."""
        return tuple(dict.fromkeys((self.backing, *self.mount_points)))

    def as_found(self) -> "Layout":
        """Return the same lab with the kind that its directory shows."""
        plain = (self.directory / _FILES).is_dir()
        return Layout(self.name, self.runtime, LabKind.PLAIN if plain else LabKind.DEVICE)


def own_runtime() -> Path:
    """Return the runtime directory that labs of this user are in."""
    return runtime_directory(os.environ, os.geteuid())


def new_layout(name: str, *, plain: bool, runtime: Path | None = None) -> Layout:
    """Return the layout of a lab that this user can make: without root, always a plain one."""
    kind = LabKind.PLAIN if plain or os.geteuid() != 0 else LabKind.DEVICE
    return Layout(name, own_runtime() if runtime is None else runtime, kind)


def find_layout(name: str, runtimes: Iterable[Path] | None = None) -> Layout:
    """Return the layout of the lab called *name*: this user's, else root's if there is one."""
    own, *others = known_runtimes() if runtimes is None else runtimes
    for runtime in (own, *others):
        layout = Layout(name, runtime)
        if layout.directory.is_dir():
            return layout.as_found()
    return new_layout(name, plain=False, runtime=own)


def existing_labs(runtimes: Iterable[Path] | None = None) -> tuple[Layout, ...]:
    """All labs of this user and of root, complete or not, by name."""
    return tuple(
        Layout(entry.name, runtime).as_found()
        for runtime in (known_runtimes() if runtimes is None else runtimes)
        for entry in sorted(_entries(runtime / _LABS))
        if _NAME.fullmatch(entry.name)
    )


def logs_of_labs(volume: str) -> tuple[Path, ...]:
    """Return the log files of the labs whose volume is called *volume*."""
    return tuple(layout.log for layout in existing_labs() if layout.name == volume)


def known_runtimes() -> tuple[Path, ...]:
    """Return the runtime directories whose labs this user can see, the user's own first."""
    return tuple(dict.fromkeys((own_runtime(), SYSTEM_RUNTIME)))


def _entries(labs: Path) -> tuple[Path, ...]:
    try:
        return tuple(labs.iterdir())
    except OSError:
        # Absent, or not ours to look into: then it is not one of our labs.
        return ()


def require_own(layout: Layout) -> None:
    """Raise FacilityUnavailable if the lab at *layout* is not this user's.

    LabFailed if it or its files are a link: the target is elsewhere and not part of a lab.
    """
    for part in (layout.directory, layout.backing):
        _refuse_link(part)
    viewer = Viewer.of_this_process()
    owner = layout.directory.stat().st_uid
    if viewer.uid in (0, owner):
        return
    who = viewer.user_name(owner)
    as_owner = WITH_SUDO if owner == 0 else f"run it as {who}"
    raise FacilityUnavailable(
        f"lab {layout.name} belongs to {who}",
        hint=f"{as_owner}; or make your own: vexfsctl lab up --name NAME",
    )


def _refuse_link(part: Path) -> None:
    if part.is_symlink():
        raise LabFailed(
            f"{part} is a link to {part.readlink()}: no lab contains links",
            hint=f"to remove the link: rm {part}",
        )
