"""A driver that was killed: found, named with the command that clears it, cleared, replaced."""

import errno
import os
import signal
import subprocess

import pytest

from tests.system.conftest import LiveLab, Volumes, wait_until
from vexfsctl.driver.volume.daemon import VolumeOptions, start_volume

pytestmark = pytest.mark.privileged("fuse", "loop")


def reader_stuck_in(live: LiveLab) -> "subprocess.Popen[bytes]":
    """An application whose read the device does not answer, and whose deadline is far away."""
    live.make_file("data")
    live.set("operations/storage/timeout_ms", 60_000)
    live.set("operations/file/timeout_ms", 60_000)
    live.fail("read", "data", delay_ms=60_000)
    reader = subprocess.Popen(["cat", live.mountpoint / "data"], stderr=subprocess.DEVNULL)
    wait_until(lambda: live.attribute("operations/storage/in_flight") == "1")
    return reader


def test_killed_while_idle(live: LiveLab) -> None:
    """The volume is stale; `status` says which command clears it, and that command does."""
    live.kill_driver()

    assert live.presence() == "stale"
    status = live.run("status", live.name)
    assert f"vexfsctl umount --force {live.name}" in status.stdout + status.stderr
    assert status.exit_status == 3

    cleared = live.run("umount", "--force", live.name)

    assert cleared.exit_status == 0, cleared.stderr
    assert live.mounts() == 0
    assert not live.tree.exists()


def test_umount_of_a_dead_volume_says_what_clears_it(live: LiveLab) -> None:
    """There is nothing to sync and nobody to wait for, so it does not wait."""
    live.kill_driver()

    refused = live.run("umount", live.name)

    assert refused.exit_status == 1
    assert refused.stderr == (
        f"vexfsctl: the driver of volume {live.name} is gone: there is nothing to sync\n"
        f"hint: vexfsctl umount --force {live.name}\n"
    )
    assert live.mounts() == 2


def test_killed_during_a_hung_call(live: LiveLab) -> None:
    """Nobody hangs, clearing frees the stuck caller, the process ends when the device answers."""
    reader = reader_stuck_in(live)

    process = live.kill_driver()

    status = live.run("status", live.name)
    assert f"vexfsctl umount --force {live.name}" in status.stdout + status.stderr
    assert live.presence() in ("stale", "unresponsive")
    cleared = live.run("umount", "--force", live.name)
    assert cleared.exit_status == 0, cleared.stderr
    assert reader.wait(20) != 0
    assert live.mounts() == 0
    live.heal()
    wait_until(lambda: process.gone)


def test_the_next_mount_takes_a_dead_name_over(live: LiveLab) -> None:
    """No clearing by hand is needed to mount the same volume again."""
    live.kill_driver()

    again = start_volume(VolumeOptions(live.source, live.mountpoint, name=live.name))

    assert again.name == live.name
    assert live.presence() == "present"
    assert live.mounts() == 2


def test_the_next_mount_takes_over_from_a_driver_that_is_stuck(live: LiveLab) -> None:
    """Killed in the middle of a call that never ends, it neither answers nor goes away."""
    reader = reader_stuck_in(live)
    live.kill_driver()

    again = start_volume(VolumeOptions(live.source, live.mountpoint, name=live.name))

    assert again.pid == live.driver.pid
    assert live.presence() == "present"
    assert reader.wait(20) != 0


def test_the_mount_point_of_a_dead_volume_serves_another_name(live: LiveLab) -> None:
    """What stands in the way of a mount point is cleared whatever it is called."""
    live.kill_driver()
    try:
        again = start_volume(VolumeOptions(live.source, live.mountpoint, name=f"{live.name}-b"))

        assert again.name == f"{live.name}-b"
        assert live.mounts() == 0
    finally:
        live.run("umount", "--force", str(live.mountpoint))


def test_a_stopped_driver_is_not_a_dead_one(live: LiveLab) -> None:
    """It does not answer but holds data: the next mount refuses, and only --force takes it."""
    driver = live.driver
    os.kill(driver.pid, signal.SIGSTOP)
    try:
        refused = live.run("mount", str(live.source), str(live.mountpoint), "--name", live.name)
        assert refused.exit_status == 1
        assert f"there is a live volume {live.name}" in refused.stderr
        assert live.presence() == "unresponsive"

        forced = live.run("umount", "--force", live.name)
        assert forced.exit_status == 0, forced.stderr
        assert live.mounts() == 0
    finally:
        os.kill(driver.pid, signal.SIGCONT)
    wait_until(lambda: not driver.running)


def test_what_is_open_in_a_killed_volume_fails_at_once(volumes: Volumes) -> None:
    """An application gets an error and never waits for an answer that cannot come."""
    volume = volumes.mount()
    (volume.source / "data").write_bytes(b"x")
    descriptor = os.open(volume.mountpoint / "data", os.O_RDONLY)
    volume.kill_driver()

    with pytest.raises(OSError) as gone:
        os.read(descriptor, 1)

    # EIO: the read was on its way to the driver when that went.
    assert gone.value.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO)
    with pytest.raises(OSError):
        os.close(descriptor)
