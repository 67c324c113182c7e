"""Where the parts of a lab are."""

import re
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.exceptions import InvalidInput

LABS = Path("/run/vexfsctl/lab")
# The name is also the volume's and the filesystem's label, which ext4 limits to 16 bytes.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,15}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the lab called *name*; nothing of it needs to exist."""

    name: str
    labs: Path = LABS

    def __post_init__(self) -> None:
        """Raise InvalidInput for a name that cannot be a directory and a label."""
        if not _NAME.fullmatch(self.name):
            raise InvalidInput(
                f"no name for a lab: {self.name!r}",
                hint="letters, digits, '.', '_' and '-', at most 16",
            )

    @property
    def directory(self) -> Path:
        """Holds everything of this lab."""
        return self.labs / self.name

    @property
    def image_file(self) -> Path:
        """The sparse file with the bytes of the device."""
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
        """Where the image server's faults are set (`control`) and listed (`active`)."""
        return self.directory / "faults"

    @property
    def backing(self) -> Path:
        """Where the ext4 on the loop device is mounted."""
        return self.directory / "backing"

    @property
    def mountpoint(self) -> Path:
        """Where the volume is mounted: what applications use."""
        return self.directory / "mnt"

    @property
    def mount_points(self) -> tuple[Path, ...]:
        """The directories something is mounted on."""
        return (self.image_mount, self.faults, self.backing, self.mountpoint)


def existing_labs(labs: Path = LABS) -> tuple[Layout, ...]:
    """All labs of this machine, by name."""
    if not labs.is_dir():
        return ()
    names = sorted(entry.name for entry in labs.iterdir() if _NAME.fullmatch(entry.name))
    return tuple(Layout(name, labs) for name in names)
