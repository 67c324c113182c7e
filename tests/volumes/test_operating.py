"""Operators on a real volume: resets that are tried first, and several at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.volumes.conftest import BOUND_S, LiveLab, LiveVolume, Volumes
from vexfsctl.model.operations import OperationType

pytestmark = pytest.mark.privileged("fuse")


@pytest.mark.privileged("loop")
def test_a_reset_by_probes_waits_for_the_device(live: LiveLab) -> None:
    """While the file that failed still fails the breaker stays open; healed, it closes itself."""
    live.make_file("good")
    live.make_file("bad")
    live.set("operations/storage/breaker/failure_threshold", 1)
    live.fail("read", "bad")
    with pytest.raises(OSError, match="Input/output error"):
        (live.mountpoint / "bad").read_bytes()
    reset = ("breaker", "reset", f"{live.name}/storage", "--probe", "--yes", "--json")

    too_early = live.run(*reset)
    live.heal()
    healed = live.run(*reset)

    assert too_early.exit_status == 1
    assert too_early.json["problems"][0]["message"] == (
        f"{live.name}/storage is open again: read of {live.mountpoint}/bad: Input/output error"
    )
    assert (healed.exit_status, healed.json["problems"]) == (0, [])
    assert [(c["before"], c["after"]) for c in healed.json["data"]] == [("open", "closed")]
    actions = [text for text in live.records() if " operator " in text]
    assert not any("action=reset" in text for text in actions)


def test_every_type_is_closed_by_its_own_call(volumes: Volumes) -> None:
    """A tripped breaker closes after harmless calls, and nothing was written for it."""
    volume = volumes.mount()
    (volume.source / "file").write_text("content")
    before = _snapshot(volume.source)

    def closed(operation: OperationType) -> bool:
        target = f"{volume.name}/{operation}"
        assert volume.run("breaker", "trip", target, "--yes").exit_status == 0
        result = volume.run("breaker", "reset", target, "--probe", "--yes", "--json")
        state = volume.attribute(f"operations/{operation}/breaker/state")
        return (result.exit_status, result.json["problems"], state) == (0, [], "closed")

    assert [operation for operation in OperationType if not closed(operation)] == []
    assert _snapshot(volume.source) == before


@pytest.mark.privileged("loop")
def test_a_probe_that_hangs_is_given_up(live: LiveLab) -> None:
    """At `--timeout` the command ends with 1, whatever the device does."""
    live.make_file("data")
    live.fail("read", "data", delay_ms=30_000)
    tripped = live.run("breaker", "trip", f"{live.name}/storage", "--yes")
    assert tripped.exit_status == 0, tripped.stderr

    result = live.run_apart(
        "breaker", "reset", f"{live.name}/storage", "--probe", "--yes", "--timeout", "1"
    )

    assert result.exit_status == 1
    assert "no answer within 1.0 s" in result.stderr


def test_operators_at_once_change_it_once(volumes: Volumes) -> None:
    """Of several resets at the same moment one closes it; the others find it as they want it."""
    volume = volumes.mount()
    volume.set("operations/sync/breaker/control", "trip")
    generation = int(volume.attribute("operations/sync/breaker/generation"))

    answers = _run_at_once(volume, "breaker", "reset", f"{volume.name}/sync", "--yes", "--json")

    assert [status for status, _ in answers] == [0] * len(answers)
    assert sorted(answer["data"][0]["changed"] for _, answer in answers) == [
        *[False] * (len(answers) - 1),
        True,
    ]
    assert int(volume.attribute("operations/sync/breaker/generation")) == generation + 1
    assert volume.attribute("operations/sync/breaker/state") == "closed"


def test_wait_is_woken_by_the_volume(volumes: Volumes) -> None:
    """A timed trip ends by its timer, and who waits for half-open is told."""
    volume = volumes.mount()
    volume.set("operations/sync/breaker/control", "trip for 300")

    result = volume.run("breaker", "wait", f"{volume.name}/sync", "--until", "half_open", "--json")

    assert (result.exit_status, result.json["data"]["state"]) == (0, "half_open")


def test_access_mode_is_set_on_a_real_volume(volumes: Volumes) -> None:
    """Read-only for applications as soon as the command has returned."""
    volume = volumes.mount()
    assert volume.run("volume", "set", volume.name, "access_mode=ro", "--yes").exit_status == 0

    with pytest.raises(OSError, match="Read-only file system"):
        (volume.mountpoint / "file").write_text("x")


def _snapshot(directory: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        path.name: (path.stat().st_mtime_ns, path.stat().st_ctime_ns, path.read_bytes())
        for path in directory.iterdir()
    }


def _run_at_once(
    volume: LiveVolume, *words: str
) -> list[tuple[int, dict[str, list[dict[str, bool]]]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "vexfsctl", *words],
            env=volume.vexfsctl.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=BOUND_S)[0] for process in processes]
    return [
        (process.returncode, json.loads(output))
        for process, output in zip(processes, outputs, strict=True)
    ]
