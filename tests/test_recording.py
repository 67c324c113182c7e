"""`script/record-answers` and `-screens`: the same each time, on every machine."""

import filecmp
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recording.screens import IMAGES, SCREENS
from tests.support.program import BOUND_S, base_environment

CHECKOUT = Path(__file__).parents[1]


# As root a recording has mounts of its own, which keep those of other tests.
@pytest.mark.privileged(shares=("mounts of labs",))
def test_two_recordings_are_one_and_name_nothing_of_the_machine(tmp_path: Path) -> None:
    """Two recordings at once say the same, at the fixed clock, with no path of this machine."""
    command = [sys.executable, "-m", "tests.recording", "--jobs", "1", "--only", "history"]
    first, second = tmp_path / "first", tmp_path / "second"

    for process in [
        subprocess.Popen([*command, str(directory)], cwd=CHECKOUT, stderr=subprocess.PIPE)
        for directory in (first, second)
    ]:
        assert process.communicate(timeout=60)[1].startswith(b"28 answers below ")

    recorded = sorted(path.name for path in (first / "history").iterdir())
    compared = filecmp.cmpfiles(first / "history", second / "history", recorded, shallow=False)
    assert compared == (recorded, [], [])
    (status,) = (first / "history").glob("status.*.json.txt")
    text = status.read_text()
    assert text.startswith("$ VEXFSCTL_LOG=logs/recording/log.kmsg VEXFSCTL_SYSFS_ROOT=trees/live ")
    head, _, stdout = text.partition("--- stdout\n")
    assert head.endswith("exit status 3\n")
    answer, _ = json.JSONDecoder().raw_decode(stdout)
    assert (answer["generated"], answer["host"]) == ("2026-08-21T10:00:00.000Z", "host1")
    assert all(str(CHECKOUT) not in path.read_text() for path in first.rglob("*.txt"))


def test_the_pictures_of_the_readme_are_of_the_present_program(tmp_path: Path) -> None:
    """Drawn again they are the same: else script/record-screens, and look at them."""
    command = [sys.executable, "-P", "-m", "tests.recording.screens", str(tmp_path)]
    environment = base_environment() | {"PYTHONPATH": str(CHECKOUT)}

    subprocess.run(command, env=environment, cwd=tmp_path, timeout=BOUND_S, check=True)

    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.svg" for name in SCREENS}
    for path in tmp_path.iterdir():
        assert path.read_text() == (IMAGES / path.name).read_text()
        assert "@font-face" not in path.read_text()
