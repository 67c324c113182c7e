"""What `mount` and `umount` answer."""

from dataclasses import dataclass

from vexfsctl.driver.volume.daemon import MountedVolume
from vexfsctl.render.result import CommandResult, Paragraph, Span, Tone


def mount_result(volume: MountedVolume) -> CommandResult:
    """Answer `mount`: where to find the volume, its attributes and its records."""
    line = (
        "mounted ",
        Span(volume.name, Tone.STRONG),
        f" on {volume.mountpoint}, attributes in {volume.tree}, records in {volume.log}",
    )
    return CommandResult("mount", volume, body=(Paragraph((line,)),))


@dataclass(frozen=True, slots=True)
class UnmountedVolume:
    """What was unmounted, and how."""

    name: str
    forced: bool


def umount_result(volume: UnmountedVolume) -> CommandResult:
    """Answer `umount`."""
    words = "cut off and unmounted" if volume.forced else "unmounted"
    return CommandResult("umount", volume, body=(Paragraph((f"{words} {volume.name}",)),))
