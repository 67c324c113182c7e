"""The mount does what the backing directory does: same outcomes, same tree, under hostile use."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver.passthrough.conftest import MountedVolume, VolumeMaker
from tests.driver.passthrough.scenarios import SCENARIOS, content

pytestmark = pytest.mark.privileged("fuse")

LONG = ("large_directories", "copying_ranges")


def run_scenario(name: str, directory: Path) -> list[str]:
    """The outcomes of a scenario in *directory*, a line each."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.driver.passthrough.scenarios", name, str(directory)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="backslashreplace").splitlines()


def describe(root: Path) -> dict[bytes, object]:
    """Everything below *root* that two runs of one scenario have in common."""
    found: dict[bytes, object] = {}
    # Not rglob: in Python 3.11.2 it fails at a link whose target is too long to be followed.
    for path in (
        Path(place, name)
        for place, directories, files in os.walk(root)
        for name in (*directories, *files)
    ):
        status = path.lstat()
        found[os.fsencode(path.relative_to(root))] = (
            stat.filemode(status.st_mode),
            (status.st_uid, status.st_gid, status.st_nlink, status.st_rdev),
            status.st_size if stat.S_ISREG(status.st_mode) else None,
            sorted(
                (key, os.getxattr(path, key, follow_symlinks=False))
                for key in os.listxattr(path, follow_symlinks=False)
            ),
        )
    return found


@pytest.mark.parametrize(
    ("name", "handles"),
    [
        *(pytest.param(name, True, id=name) for name in SCENARIOS),
        *(
            pytest.param(name, False, id=f"{name}-by-name")
            for name in SCENARIOS
            if name not in LONG
        ),
    ],
)
def test_a_mount_behaves_like_its_directory(name: str, volume: MountedVolume) -> None:
    """A scenario has the same outcomes in a plain directory and in a mount of one like it."""
    compare(name, volume)


@pytest.mark.parametrize(
    "name",
    [
        *(name for name, made in SCENARIOS.items() if made.__module__ == content.__name__),
        "writing_clears_set_user_id",
        "an_open_file_outlives_its_rights",
    ],
)
def test_a_mount_through_the_page_cache(
    name: str, make_volume: VolumeMaker, reachable_path: Path
) -> None:
    """Bytes are the same where the kernel caches them, as it has to before Linux 6.6."""
    source = reachable_path / "source"
    source.mkdir()
    source.chmod(0o1777)
    volume = make_volume(source, through_cache=True)

    compare(name, volume)
    assert volume.passthrough.backing.open_flags == 0


def compare(name: str, volume: MountedVolume) -> None:
    """Run a scenario in a plain directory and in the volume, whose source is empty."""
    plain = volume.source.parent / "plain"
    plain.mkdir()
    plain.chmod(0o1777)

    expected = run_scenario(name, plain)
    actual = run_scenario(name, volume.mountpoint)

    assert actual == expected
    assert expected
    if name != "deep_paths":
        assert describe(volume.mountpoint) == describe(volume.source) == describe(plain)
