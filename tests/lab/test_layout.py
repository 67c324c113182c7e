"""Where the parts of a lab are, and which names one can have."""

from pathlib import Path

import pytest

from vexfsctl.exceptions import InvalidInput
from vexfsctl.lab.layout import Layout, existing_labs


def test_everything_of_a_lab_is_below_its_directory() -> None:
    """Nothing of one lab can be in the way of another."""
    layout = Layout("one", Path("/labs"))

    places = (layout.image_file, layout.disk, *layout.mount_points)

    assert {place.parent for place in (layout.image_file, *layout.mount_points)} == {
        Path("/labs/one")
    }
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("name", ["lab", "a", "demo-2", "A.b_c", "0" * 16])
def test_names_of_labs(name: str) -> None:
    """A name is a directory's, a volume's, and an ext4 label of at most 16 bytes."""
    assert Layout(name).directory.name == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "a b", "a\n", "ä", "0" * 17, ".x"])
def test_what_is_no_name(name: str) -> None:
    """Anything that could leave the directory, look like an option or not fit is refused."""
    with pytest.raises(InvalidInput, match="no name for a lab"):
        Layout(name)


def test_labs_are_listed_by_name(tmp_path: Path) -> None:
    """Every directory of a lab's name is one, whole or not; other things are not."""
    for name in ("two", "one", ".hidden", "no name"):
        (tmp_path / name).mkdir()

    assert [layout.name for layout in existing_labs(tmp_path)] == ["one", "two"]
    assert existing_labs(tmp_path / "missing") == ()
