"""The state of a block device as sysfs has it, read without opening the device."""

from dataclasses import dataclass
from pathlib import Path

from vexfsctl.devices.block import SYS
from vexfsctl.devices.disks import SECTOR_BYTES
from vexfsctl.devices.sysfs_graph import read_text


@dataclass(frozen=True, slots=True)
class BlockState:
    """What a block device or a controller says of itself; None where it does not say."""

    number: str | None = None
    """`major:minor`."""
    size: int | None = None
    """Bytes; 0: nothing is attached to it."""
    model: str | None = None
    state: str | None = None
    """`running`, `offline`, `blocked` … of SCSI, `live` … of NVMe, `clean` … of md, `suspended`."""
    degraded: int | None = None
    """How many members an array lacks."""
    read_only: bool | None = None
    mapped_name: str | None = None
    """What device mapper calls it."""
    backing_file: str | None = None
    """The file of a loop device."""


def read_block_state(name: str, sys: Path = SYS) -> BlockState:
    """Return the state of the block device or controller called *name*; all None if gone."""
    directory = sys / "class/block" / name.replace("/", "!")
    if not directory.exists():
        return BlockState(state=_controller_state(name, sys))
    size, degraded = _number(directory / "size"), _number(directory / "md/degraded")
    read_only = _number(directory / "ro")
    suspended = _number(directory / "dm/suspended")
    state = read_text(directory / "device/state") or read_text(directory / "md/array_state")
    return BlockState(
        number=read_text(directory / "dev"),
        size=None if size is None else size * SECTOR_BYTES,
        model=read_text(directory / "device/model"),
        state="suspended" if suspended else state,
        degraded=degraded,
        read_only=None if read_only is None else bool(read_only),
        mapped_name=read_text(directory / "dm/name"),
        backing_file=read_text(directory / "loop/backing_file"),
    )


def _controller_state(name: str, sys: Path) -> str | None:
    places = (sys / "class" / kind / name / "state" for kind in ("nvme", "scsi_host"))
    return next((state for place in places if (state := read_text(place)) is not None), None)


def _number(path: Path) -> int | None:
    text = read_text(path)
    return int(text) if text is not None and text.isdecimal() else None
