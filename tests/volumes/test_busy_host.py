"""A host with more work than processors, and a driver that stands: never taken for each other."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.load import NICEST, load_of, make_nice
from tests.support.program import Finished, base_environment
from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveVolume, Volumes

pytestmark = pytest.mark.privileged("fuse")

PROCESSES = 20
SHORT = ("--timeout", "0.3")


@pytest.fixture
def volume(volumes: Volumes) -> LiveVolume:
    """A volume with a log of its own."""
    return volumes.mount("--log-to", str(volumes.directory / "records.kmsg"))


def run_nicely(*words: str) -> Finished:
    """Run vexfsctl as nice as the load, with the time limits that it has by default."""
    argv = ["nice", "-n", str(NICEST), sys.executable, "-m", "vexfsctl", *words]
    ended = subprocess.run(
        argv, env=base_environment(), capture_output=True, text=True, check=False
    )
    return Finished(ended.returncode, ended.stdout, ended.stderr)


@contextmanager
def stopped(volume: LiveVolume) -> Iterator[None]:
    """Stop the driver for the block."""
    driver = volume.driver
    os.kill(driver.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(driver.pid, signal.SIGCONT)


def test_a_driver_under_load_is_at_worst_busy(volume: LiveVolume) -> None:
    """It, and once the reader too, shares with twenty: no CRITICAL, and no word of force."""
    make_nice(volume.driver)
    with load_of(PROCESSES):
        checks = [run_nicely("check", volume.name), volume.run("check", volume.name, *SHORT)]
        status = volume.run("status", volume.name, "--json", *SHORT)
        umount = volume.run("umount", volume.name, *SHORT)

    for check in checks:
        assert check.exit_status in (0, 1), check.stdout
    [seen] = status.json["data"]["volumes"]
    assert seen["presence"] in ("present", "busy")
    for answer in (*checks, status, umount):
        assert "--force" not in answer.stdout + answer.stderr


def test_a_driver_that_stands_under_load_is_unresponsive(volume: LiveVolume) -> None:
    """That the host is busy does not hide it."""
    make_nice(volume.driver)
    with load_of(PROCESSES), stopped(volume):
        check = volume.run("check", volume.name, "--json", *SHORT)

    assert check.exit_status == 2
    finding = check.json["data"]["findings"][0]
    assert (finding["code"], finding["volume"]) == ("volume_unresponsive", volume.name)
    assert finding["hint"] == f"vexfsctl umount --force {volume.name}"


def test_what_acts_on_a_driver_that_stands_says_so(volume: LiveVolume) -> None:
    """Each verb ends, says whose clock stands and what clears it; nothing is lost by that."""
    words = (
        ("breaker", "trip", f"{volume.name}/file", "--yes"),
        ("volume", "set", volume.name, "access_mode=ro", "--yes"),
    )
    process = volume.driver.pid
    with stopped(volume):
        answers = [volume.run_apart(*each, *SHORT) for each in words]

    for answer in answers:
        assert answer.exit_status == 3
        assert f"the CPU clock of its driver, process {process}, stands" in answer.stderr
        assert f"hint: vexfsctl umount --force {volume.name}" in answer.stderr
    assert volume.presence() == "present"
    assert volume.attribute("operations/file/breaker/state") == "closed"


@pytest.mark.privileged("unshare", shares=("mounts of labs",))
def test_a_driver_that_cannot_be_seen_may_run(volume: LiveVolume) -> None:
    """From another pid namespace: nothing is known of its clock, so nothing takes its volume."""
    elsewhere = ("unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-m", "vexfsctl")
    taking = ("mount", str(volume.source), str(volume.mountpoint), "--name", volume.name)

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*elsewhere, *words],
            env=base_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    with stopped(volume):
        check, mount = run("check", volume.name, *SHORT), run(*taking)

    assert check.returncode == 2
    told = f"CRITICAL - {volume.name}: unresponsive: does not answer within 0.9 s"
    assert check.stdout.startswith(told)
    assert "--force" not in check.stdout + check.stderr + mount.stdout + mount.stderr
    assert mount.returncode == 1
    assert f"there is a live volume {volume.name}" in mount.stderr
    assert volume.presence() == "present"


def test_umount_of_a_driver_that_stands_ends(volume: LiveVolume) -> None:
    """Detached, it waits for a driver that does not end; going on, the driver ends."""
    driver = volume.driver
    with stopped(volume):
        late = volume.run_apart("umount", volume.name, *SHORT)

    assert (late.exit_status, late.stderr) == (
        1,
        f"vexfsctl: volume {volume.name} is unmounted but its driver has not ended\n"
        f"hint: wait for it: process {driver.pid} may take 15 s\n",
    )
    wait_until(lambda: not driver.running)
    assert volume.mounts() == 0


def test_a_mount_that_has_no_time_leaves_nothing(volumes: Volumes) -> None:
    """Its limit is that of --timeout; one that was still at work says what to try."""
    volume = volumes.place()

    late = volumes.try_mount(volume, "--timeout", "0.01")

    assert (late.exit_status, late.stderr) == (
        1,
        "vexfsctl: the serving process was not ready within 0.03 s\n"
        "hint: the host is busy: try again with a longer --timeout\n",
    )
    assert volume.mounts() == 0
    assert not volume.tree.exists()
