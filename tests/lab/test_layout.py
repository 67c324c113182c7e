"""Where the parts of a lab are, and which names one can have."""

from pathlib import Path

import pytest

from vexfsctl.exceptions import InvalidInput
from vexfsctl.lab.layout import LabKind, Layout, existing_labs, find_layout


@pytest.mark.parametrize("kind", LabKind)
def test_everything_of_a_lab_is_below_its_directory(kind: LabKind) -> None:
    """Nothing of one lab can be in the way of another."""
    layout = Layout("one", Path("/runtime"), kind)

    places = (layout.image_file, layout.log, *layout.directories)

    assert {place.parent for place in places} == {Path("/runtime/vexfsctl/lab/one")}
    assert len(set(places)) == len(places)
    assert set(layout.mount_points) <= set(layout.directories)


def test_the_files_of_a_plain_lab_lie_where_no_device_lab_has_anything() -> None:
    """They alone may be removed with what is in them, so their name is no mount point's."""
    plain, device = (Layout("one", kind=kind) for kind in (LabKind.PLAIN, LabKind.DEVICE))

    assert plain.backing not in device.directories
    assert plain.backing not in plain.mount_points


def test_faults_of_a_plain_lab_are_those_of_its_volume() -> None:
    """The driver takes them where sysfs-abi.md has it: in the tree of the volume."""
    assert Layout("one", kind=LabKind.PLAIN).faults == Path("/run/vexfs/one/inject")
    assert Layout("one", Path("/run/user/1000"), LabKind.PLAIN).faults == Path(
        "/run/user/1000/vexfs/one/inject"
    )


@pytest.mark.parametrize("name", ["lab", "a", "demo-2", "A.b_c", "0" * 16])
def test_names_of_labs(name: str) -> None:
    """A name is a directory's, a volume's, and an ext4 label of at most 16 bytes."""
    assert Layout(name).directory.name == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "a b", "a\n", "ä", "0" * 17, ".x"])
def test_what_is_no_name(name: str) -> None:
    """Anything that could leave the directory, look like an option or not fit is refused."""
    with pytest.raises(InvalidInput, match="not a name for a lab"):
        Layout(name)


def test_labs_are_listed_by_name(tmp_path: Path) -> None:
    """Every directory of a lab's name is one, whole or not; other things are not."""
    labs = tmp_path / "vexfsctl/lab"
    for name in ("two", "one", ".hidden", "no name"):
        (labs / name).mkdir(parents=True)
    (labs / "two/files").mkdir()

    found = existing_labs([tmp_path, tmp_path / "missing"])

    assert [(layout.name, layout.kind) for layout in found] == [
        ("one", LabKind.DEVICE),
        ("two", LabKind.PLAIN),
    ]


def test_a_lab_of_ones_own_comes_before_that_of_root(tmp_path: Path) -> None:
    """Found where it is; one that is not there would be made among one's own."""
    own, of_root = tmp_path / "own", tmp_path / "root"
    for runtime, name in ((own, "both"), (of_root, "both"), (of_root, "other")):
        (runtime / "vexfsctl/lab" / name).mkdir(parents=True)

    found = {name: find_layout(name, [own, of_root]) for name in ("both", "other", "none")}

    assert {name: layout.runtime for name, layout in found.items()} == {
        "both": own,
        "other": of_root,
        "none": own,
    }
