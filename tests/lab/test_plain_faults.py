"""Faults of a plain lab: which rule the driver is given. A file stands where it would listen."""

import errno
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vexfsctl.driver.faults import Fault, parse_fault
from vexfsctl.exceptions import InvalidInput, LabFailed, NotFound
from vexfsctl.lab.faults import FaultRequest, active_faults, clear, inject
from vexfsctl.lab.layout import LabKind, Layout


def make_lab(runtime: Path) -> Layout:
    """Make the directories of a plain lab, nothing of it mounted."""
    layout = Layout("one", runtime, LabKind.PLAIN)
    for directory in (*layout.directories, layout.faults):
        directory.mkdir(parents=True)
    for name in ("control", "active"):
        (layout.faults / name).touch()
    return layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A plain lab."""
    return make_lab(tmp_path)


def rule_of(layout: Layout) -> Fault:
    """The rule as the driver reads it."""
    return parse_fault((layout.faults / "control").read_text())


def test_the_rule_has_everything_that_was_asked_for(layout: Layout) -> None:
    """Range, errno, count and delay, of a file named from the volume's root."""
    (layout.backing / "data").touch()

    set_ = inject(layout, FaultRequest("read", Path("data"), 4096, 512, "ENODATA", 3, 250))

    assert set_ == ("read path=data offset=4096 length=512 errno=ENODATA count=3 delay_ms=250",)
    assert rule_of(layout) == Fault("read", "data", 4096, 512, errno.ENODATA, 3, 250)


def test_a_file_is_found_by_any_of_its_paths(layout: Layout) -> None:
    """Below the mount point, below the files, or through a link: the driver knows one path."""
    (layout.backing / "d").mkdir()
    (layout.backing / "d/data").touch()
    (layout.backing / "link").symlink_to("d/data")

    for path in (layout.mountpoint / "d/data", layout.backing / "d/data", Path("link")):
        inject(layout, FaultRequest("read", path, errno="EIO"))
        assert rule_of(layout).path == "d/data"


@settings(max_examples=25)
@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_a_name_means_the_same_to_the_driver(name: str) -> None:
    """Blanks, quotes, backslashes and control characters in it are quoted so that it reads them."""
    assume(name not in (".", ".."))
    with TemporaryDirectory() as directory:
        layout = make_lab(Path(directory))
        try:
            (layout.backing / name).touch()
        except OSError:  # longer than a name may be
            return

        inject(layout, FaultRequest("read", Path(name), errno="EIO"))

        assert rule_of(layout) == Fault("read", name, errno=errno.EIO)


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (FaultRequest("bogus", errno="EIO"), InvalidInput),
        (FaultRequest("read", errno="EBOGUS"), InvalidInput),
        (FaultRequest("read", Path("none"), errno="EIO"), NotFound),
        (FaultRequest("read", Path("/etc/passwd"), errno="EIO"), InvalidInput),
        (FaultRequest("read", Path("out"), errno="EIO"), InvalidInput),
    ],
)
def test_what_makes_no_sense_reaches_no_driver(
    layout: Layout, request_: FaultRequest, kind: type[Exception]
) -> None:
    """A call, an errno or a file that there is not, or one outside, also through a link."""
    (layout.backing / "out").symlink_to("/etc/passwd")

    with pytest.raises(kind):
        inject(layout, request_)

    assert (layout.faults / "control").read_text() == ""


def test_faults_are_listed_and_cleared(layout: Layout) -> None:
    """As the driver says them, and by its own command."""
    (layout.faults / "active").write_text("read errno=EIO\nfsync errno=EIO count=2\n")

    assert active_faults(layout) == ("read errno=EIO", "fsync errno=EIO count=2")
    clear(layout)
    assert (layout.faults / "control").read_text() == "clear"


def test_a_lab_that_is_not_there_or_not_whole(layout: Layout) -> None:
    """Each is told with the command that mends it."""
    with pytest.raises(NotFound) as missing:
        clear(Layout("two", layout.runtime, LabKind.PLAIN))
    layout.backing.rmdir()
    with pytest.raises(LabFailed) as half:
        clear(layout)

    assert missing.value.hint == "vexfsctl lab up --name two"
    assert half.value.hint == "vexfsctl lab down --name one"
