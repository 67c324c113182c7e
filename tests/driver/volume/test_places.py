"""Which sources are refused, and the name of a volume: the one given, else the mount point's."""

from pathlib import Path

import pytest

from vexfsctl.driver.volume.places import Places, check_places, choose_name
from vexfsctl.exceptions import InvalidInput


def places(mountpoint: str) -> Places:
    """A source on some disk, to be mounted on *mountpoint*."""
    return Places(Path("/srv/data"), Path(mountpoint))


@pytest.mark.parametrize(
    ("name", "mountpoint", "chosen"),
    [
        (None, "/mnt/data", "data"),
        (None, "/data", "data"),
        ("archive", "/mnt/data", "archive"),
        ("archive", "/mnt/a b", "archive"),
    ],
)
def test_a_volume_is_called_after_its_mount_point(
    name: str | None, mountpoint: str, chosen: str
) -> None:
    """Unless somebody names it; neither its device nor other mounts matter."""
    assert choose_name(name, places(mountpoint)) == chosen


@pytest.mark.parametrize("mountpoint", ["/", "/mnt/a b", "/mnt/.hidden", "/mnt/größe"])
def test_a_mount_point_without_a_name_asks_for_one(mountpoint: str) -> None:
    """The refusal names the place and says what to give."""
    with pytest.raises(InvalidInput) as refused:
        choose_name(None, places(mountpoint))

    assert refused.value.message == f"the mount point {mountpoint} does not give the volume a name"
    assert refused.value.hint == "--name NAME: letters, digits and any of _ . : + -, at most 64"


@pytest.mark.parametrize(
    ("source", "type_"), [("/proc", "proc"), ("/proc/self/task", "proc"), ("/sys/block", "sysfs")]
)
def test_a_source_that_is_the_kernels_own_state(source: str, type_: str, tmp_path: Path) -> None:
    """It is refused by name: the kernel would answer the driver instead of its callers."""
    with pytest.raises(InvalidInput) as refused:
        check_places(Path(source), tmp_path)

    resolved = Path(source).resolve()
    assert refused.value.message == (
        f"the source {resolved} is on {type_}, which stores nothing: it shows the kernel's state"
    )
    assert refused.value.hint == (
        "it would answer the driver, with the driver's rights, instead of its callers"
    )
