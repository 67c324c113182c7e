"""Volumes that begin with the settings of a configuration file."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.volumes.conftest import ROOT, Volumes
from vexfsctl.lab.layout import Layout

pytestmark = pytest.mark.privileged("fuse")

SETTINGS = """\
[breaker]
failure_threshold = 3
timeout_ms = 3_600_000
call_timeout_ms = 9_000

[breaker.file]
failure_threshold = 2
half_open_max_calls = 4

[retry]
max_attempts = 1
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The file with those settings."""
    file = tmp_path / "volumes.toml"
    file.write_text(SETTINGS)
    return file


def test_a_volume_is_mounted_with_its_settings(volumes: Volumes, config: Path) -> None:
    """Its attributes show them; what the file leaves open has the default, and no one set them."""
    volume = volumes.mount("--config", str(config))

    shown = {
        path: int(volume.attribute(path))
        for path in (
            "operations/storage/breaker/failure_threshold",
            "operations/file/breaker/failure_threshold",
            "operations/file/breaker/half_open_max_calls",
            "operations/file/breaker/success_threshold",
            "operations/superblock/breaker/timeout_ms",
            "operations/superblock/timeout_ms",
            "retry/max_attempts",
            "retry/base_delay_ms",
        )
    }
    assert shown == {
        "operations/storage/breaker/failure_threshold": 3,
        "operations/file/breaker/failure_threshold": 2,
        "operations/file/breaker/half_open_max_calls": 4,
        "operations/file/breaker/success_threshold": 3,
        "operations/superblock/breaker/timeout_ms": 3_600_000,
        "operations/superblock/timeout_ms": 9_000,
        "retry/max_attempts": 1,
        "retry/base_delay_ms": 100,
    }
    assert not any("operator" in text for text in volume.records())


def test_the_environment_names_the_file_too(volumes: Volumes, config: Path) -> None:
    """And an option outweighs it, in the serving process as well."""
    volumes.vexfsctl.environ["VEXFSCTL_CONFIG"] = str(config)
    by_variable = volumes.mount()
    other = config.with_name("other.toml")
    other.write_text("retry.max_attempts = 7")
    by_option = volumes.mount("--config", str(other))

    assert by_variable.attribute("retry/max_attempts") == "1"
    assert by_option.attribute("retry/max_attempts") == "7"
    assert by_option.attribute("operations/file/breaker/failure_threshold") == "5"


def test_mount_sets_what_the_file_does_not_or_says_otherwise(
    volumes: Volumes, config: Path
) -> None:
    """An option outweighs the file; nothing is mounted if one of them is wrong."""
    config.write_text("[resources]\nreserve_bytes = 1048576\nmax_operations = 7\n")
    volume = volumes.mount(
        *("--config", str(config)),
        *("--set", "resources/max_operations=9"),
        *("--set", "operations/sync/max_concurrent=2"),
        *("--set", "retry/max_attempts=1"),
    )

    paths = (
        "resources/reserve_bytes",
        "resources/max_operations",
        "resources/memory_limit_bytes",
        "operations/sync/max_concurrent",
        "retry/max_attempts",
    )
    assert [volume.attribute(path) for path in paths] == ["1048576", "9", "0", "2", "1"]
    assert not any("operator" in text for text in volume.records())

    other = volumes.place()
    refused = volumes.try_mount(other, "--set", "resources/max_operations=many")
    assert refused.exit_status == 2
    assert refused.stderr.startswith("vexfsctl: resources/max_operations: not a number: 'many'\n")
    assert other.mounts() == 0


def test_a_breaker_trips_at_the_configured_threshold(volumes: Volumes, config: Path) -> None:
    """The second failing call opens it where the file says two, the third where it says three."""
    volume = volumes.mount("--config", str(config), "--allow-inject")
    (volume.mountpoint / "data").write_text("content")

    def states_after_failures(operation: str, call: Callable[[], object]) -> list[str]:
        states = []
        for _ in range(3):
            with pytest.raises(OSError) as failure:
                call()
            assert failure.value.errno in (errno.EIO, errno.EBUSY)
            states.append(volume.attribute(f"operations/{operation}/breaker/state"))
        return states

    volume.set("inject/control", "open errno=EIO")
    read = states_after_failures("file", (volume.mountpoint / "data").read_bytes)
    volume.set("inject/control", "mkdir errno=EIO")
    made = states_after_failures("directory", (volume.mountpoint / "made").mkdir)

    assert read == ["closed", "open", "open"]
    assert made == ["closed", "closed", "open"]
    assert any("failures=2/2" in text for text in volume.records())


def test_a_bad_file_mounts_nothing(volumes: Volumes, config: Path) -> None:
    """The mistake is told by the command that was typed, not by a process behind it."""
    config.write_text("retry.max_attempts = 0")
    volume = volumes.place()

    refused = volumes.try_mount(volume, "--config", str(config))

    assert refused.exit_status == 2
    assert refused.stderr.startswith(
        f"vexfsctl: {config}:1: retry.max_attempts: 0 is out of range (1 to 100)\n"
    )
    assert volume.mounts() == 0


def test_a_live_volume_keeps_its_settings(volumes: Volumes, config: Path) -> None:
    """The file is what it began with: changed later, it changes nothing; `breaker set` does."""
    volume = volumes.mount("--config", str(config))
    config.write_text("breaker.failure_threshold = 50")

    assert volume.run("status", volume.name, "--config", str(config)).exit_status == 0
    assert volume.attribute("operations/sync/breaker/failure_threshold") == "3"
    changed = volume.run("breaker", "set", f"{volume.name}/sync", "failure_threshold=6", "--yes")
    assert changed.exit_status == 0
    assert volume.attribute("operations/sync/breaker/failure_threshold") == "6"


@pytest.mark.privileged("loop")
def test_a_lab_begins_with_the_settings_too(
    layout: Layout, config: Path, host_program: Program
) -> None:
    """So that one can try what a configuration does before a disk fails for real."""
    up = host_program(
        "lab", "up", "--name", layout.name, "--size", "32MiB", "--config", str(config), "--json"
    )

    assert up.exit_status == 0, up.stderr
    tree = ROOT / layout.name
    assert (tree / "operations/file/breaker/failure_threshold").read_text() == "2\n"
