"""What stands where a lab should be is not always one."""

from pathlib import Path

import pytest

from vexfsctl.exceptions import LabFailed
from vexfsctl.lab.assembly import take_down
from vexfsctl.lab.layout import LabKind, Layout


@pytest.mark.parametrize("part", ["directory", "backing"])
def test_nothing_is_removed_through_a_link(tmp_path: Path, part: str) -> None:
    """Neither the files it leads to nor their modes are touched, and the link is named."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "inner").mkdir(parents=True)
    (elsewhere / "inner").chmod(0o750)
    (elsewhere / "disk.img").write_bytes(b"keep")
    layout = Layout("planted", tmp_path / "runtime", LabKind.PLAIN)
    link: Path = getattr(layout, part)
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)

    with pytest.raises(LabFailed) as refusal:
        take_down(layout)

    assert refusal.value.message == f"{link} is a link to {elsewhere}: no lab contains links"
    assert (elsewhere / "inner").stat().st_mode & 0o777 == 0o750
    assert (elsewhere / "disk.img").read_bytes() == b"keep"
    assert link.is_symlink()
