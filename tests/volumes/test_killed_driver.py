"""A driver that was killed: found, named with the command that clears it, cleared, replaced."""

import errno
import os
import signal
import subprocess

import pytest

from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, LiveVolume, Volumes
from vexfsctl.driver.volume.daemon import VolumeOptions, start_volume

pytestmark = pytest.mark.privileged("fuse")


@pytest.fixture
def volume(volumes: Volumes) -> LiveVolume:
    """A volume on a plain directory."""
    return volumes.mount()


def reader_stuck_in(live: LiveLab) -> "subprocess.Popen[bytes]":
    """An application whose read the device does not answer, and whose deadline is far away."""
    live.make_file("data")
    live.set("operations/storage/timeout_ms", 60_000)
    live.set("operations/file/timeout_ms", 60_000)
    live.fail("read", "data", delay_ms=60_000)
    reader = subprocess.Popen(["cat", live.mountpoint / "data"], stderr=subprocess.DEVNULL)
    wait_until(lambda: live.attribute("operations/storage/in_flight") == "1")
    return reader


def test_killed_while_idle(volume: LiveVolume) -> None:
    """The volume is stale; `status` says which command clears it, and that command does."""
    volume.kill_driver()

    assert volume.presence() == "stale"
    status = volume.run("status", volume.name)
    assert f"vexfsctl umount --force {volume.name}" in status.stdout + status.stderr
    assert status.exit_status == 3

    cleared = volume.run("umount", "--force", volume.name)

    assert cleared.exit_status == 0, cleared.stderr
    assert volume.mounts() == 0
    assert not volume.tree.exists()


def test_umount_of_a_dead_volume_says_what_clears_it(volume: LiveVolume) -> None:
    """There is nothing to sync and nobody to wait for, so it does not wait."""
    volume.kill_driver()

    refused = volume.run("umount", volume.name)

    assert refused.exit_status == 1
    assert refused.stderr == (
        f"vexfsctl: the driver of volume {volume.name} is gone: there is nothing to sync\n"
        f"hint: vexfsctl umount --force {volume.name}\n"
    )
    assert volume.mounts() == 2


@pytest.mark.privileged("loop")
def test_killed_during_a_hung_call(live: LiveLab) -> None:
    """Nobody hangs, clearing frees the stuck caller, the process ends when the device answers."""
    reader = reader_stuck_in(live)

    process = live.kill_driver()

    status = live.run_apart("status", live.name, "--timeout", "0.5")
    assert f"vexfsctl umount --force {live.name}" in status.stdout + status.stderr
    assert live.presence("--timeout", "0.5") in ("stale", "unresponsive")
    cleared = live.run_apart("umount", "--force", live.name)
    assert cleared.exit_status == 0, cleared.stderr
    assert reader.wait(20) != 0
    assert live.mounts() == 0
    live.heal()
    wait_until(lambda: process.gone)


def test_the_next_mount_takes_a_dead_name_over(volume: LiveVolume) -> None:
    """No clearing by hand is needed to mount the same volume again."""
    volume.kill_driver()

    again = start_volume(VolumeOptions(volume.source, volume.mountpoint, name=volume.name))

    assert again.name == volume.name
    assert volume.presence() == "present"
    assert volume.mounts() == 2


@pytest.mark.privileged("loop")
def test_the_next_mount_takes_over_from_a_driver_that_is_stuck(live: LiveLab) -> None:
    """Killed in the middle of a call that never ends, it neither answers nor goes away."""
    reader = reader_stuck_in(live)
    live.kill_driver()

    again = start_volume(VolumeOptions(live.source, live.mountpoint, name=live.name))

    assert again.pid == live.driver.pid
    assert live.presence() == "present"
    assert reader.wait(20) != 0


def test_the_mount_point_of_a_dead_volume_serves_another_name(volume: LiveVolume) -> None:
    """What stands in the way of a mount point is cleared whatever it is called."""
    volume.kill_driver()
    try:
        again = start_volume(
            VolumeOptions(volume.source, volume.mountpoint, name=f"{volume.name}-b")
        )

        assert again.name == f"{volume.name}-b"
        assert volume.mounts() == 0
    finally:
        volume.run("umount", "--force", str(volume.mountpoint))


def test_a_stopped_driver_is_not_a_dead_one(volume: LiveVolume) -> None:
    """It does not answer but holds data: the next mount refuses, and only --force takes it."""
    driver = volume.driver
    os.kill(driver.pid, signal.SIGSTOP)
    try:
        refused = volume.run(
            "mount", str(volume.source), str(volume.mountpoint), "--name", volume.name
        )
        assert refused.exit_status == 1
        assert f"there is a live volume {volume.name}" in refused.stderr
        assert volume.presence("--timeout", "0.5") == "unresponsive"

        forced = volume.run("umount", "--force", volume.name)
        assert forced.exit_status == 0, forced.stderr
        assert volume.mounts() == 0
    finally:
        os.kill(driver.pid, signal.SIGCONT)
    wait_until(lambda: not driver.running)


def test_what_is_open_in_a_killed_volume_fails_at_once(volume: LiveVolume) -> None:
    """An application gets an error and never waits for an answer that cannot come."""
    (volume.source / "data").write_bytes(b"x")
    descriptor = os.open(volume.mountpoint / "data", os.O_RDONLY)
    volume.kill_driver()

    with pytest.raises(OSError) as gone:
        os.read(descriptor, 1)

    # EIO: the read was on its way to the driver when that went.
    assert gone.value.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO)
    with pytest.raises(OSError):
        os.close(descriptor)
