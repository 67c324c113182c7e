"""A volume that nobody uses costs nothing: none of its threads runs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, Volumes
from vexfsctl.lab.processes import image_servers

_QUIET_S = 2.0
"""What wakes up each second, or more often, is seen in that time."""


def switches(pid: int) -> dict[str, str]:
    """How often each thread of a process has given up its processor."""
    found = {}
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        [count] = [
            line for line in status.read_text().splitlines() if line.startswith("voluntary_")
        ]
        found[status.parent.name] = count
    return found


def await_quiet(pid: int) -> None:
    """Wait for a while in which no thread of a process runs."""

    def quiet() -> bool:
        before = switches(pid)
        time.sleep(_QUIET_S)
        return switches(pid) == before

    wait_until(quiet)


@contextmanager
def volume_of_its_own(volumes: Volumes, log: Path) -> Iterator[tuple[int, Path]]:
    """Mount a volume that no other test can find; its driver's pid, and its tree."""
    volume = volumes.place()
    program = f"{sys.executable} -m vexfsctl"
    script = f"""
        set -e
        mount -t tmpfs none /run
        {program} mount {volume.source} {volume.mountpoint} --name {volume.name} --log-to {log}
        df {volume.mountpoint} >/dev/null
        echo up
        read -r _
        {program} umount {volume.name}
    """
    shell = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    try:
        while (line := shell.stdout.readline()) != "up\n":
            assert line, "the volume did not come up"
        run = Path(f"/proc/{shell.pid}/root/run/vexfs")
        pid = int((run / f".{volume.name}.pid").read_text().split()[0])
        yield pid, run / volume.name
    finally:
        shell.communicate("end\n")
    assert shell.returncode == 0


@pytest.mark.privileged("fuse", "unshare", shares=("mounts of labs",))
def test_an_idle_volume_wakes_up_nobody(volumes: Volumes, tmp_path: Path) -> None:
    """Nor one whose breaker waits for its timer; and that one comes all the same."""
    log = tmp_path / "log.kmsg"
    with volume_of_its_own(volumes, log) as (driver, tree):
        await_quiet(driver)

        (tree / "operations/file/breaker/control").write_text("trip for 6000")
        await_quiet(driver)
        wait_until(lambda: "from=forced_open to=half_open" in log.read_text())
        await_quiet(driver)


@pytest.mark.privileged("fuse", "loop")
def test_an_idle_image_wakes_up_nobody(live: LiveLab) -> None:
    """The server of a lab's image waits for requests, signals and the end of its mounts only."""
    [server] = image_servers(live.layout)

    await_quiet(server.process.pid)
