"""How a volume ends: umount, SIGTERM, Ctrl-C, by force; synced, within a bound, on record."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, LiveVolume, Volumes
from vexfsctl.driver.volume.ownership import owner

pytestmark = pytest.mark.privileged("fuse")


def test_start_and_stop_are_on_record(volumes: Volumes) -> None:
    """States with the epoch that the tree shows; the steps of the stop under one id."""
    volume = volumes.mount()
    epoch = volume.attribute("epoch")

    assert volume.run("umount", volume.name).exit_status == 0

    records = volume.records()
    assert [record.split(" driver=")[0] for record in records if " state " in record] == [
        f"VexFS: state vol={volume.name} epoch={epoch} from=uninitialized to=initializing",
        f"VexFS: state vol={volume.name} epoch={epoch} from=initializing to=initialized",
        f"VexFS: state vol={volume.name} epoch={epoch} from=initialized to=shutting_down",
        f"VexFS: state vol={volume.name} epoch={epoch} from=shutting_down to=uninitialized",
    ]
    steps = [record.split() for record in records if " recovery " in record]
    assert len({words[1] for words in steps}) == 1
    assert [word for words in steps for word in words if word.startswith(("step=", "result="))] == [
        "step=drain", "result=ok", "step=sync", "result=ok", "step=unmount", "result=ok",
    ]  # fmt: skip


def test_each_mount_has_an_epoch_of_its_own(volumes: Volumes) -> None:
    """Counters begin anew with it, so a reader must be able to tell."""
    volume = volumes.mount()
    first = int(volume.attribute("epoch"))
    assert volume.run("umount", volume.name).exit_status == 0
    assert volumes.try_mount(volume).exit_status == 0

    assert int(volume.attribute("epoch")) != first


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_volume_in_the_foreground(volumes: Volumes, number: int) -> None:
    """Ctrl-C and SIGTERM sync, unmount and end the process with status 0."""
    volume = volumes.place()
    words = ["mount", "--foreground", str(volume.source), str(volume.mountpoint)]
    driver = volumes.start([sys.executable, "-m", "vexfsctl", *words, "--name", volume.name])
    wait_until(lambda: owner(volume.tree) is not None and (volume.tree / "state").exists())
    wait_until(lambda: volume.attribute("state") == "initialized")
    assert volume.presence() == "present"
    (volume.mountpoint / "file").write_text("content")

    driver.send_signal(number)

    assert driver.wait(30) == 0
    assert volume.mounts() == 0
    assert not volume.tree.exists()
    assert (volume.source / "file").read_text() == "content"
    assert any("step=sync result=ok" in record for record in volume.records())


@pytest.mark.privileged("loop")
def test_sigterm_under_load(live: LiveLab) -> None:
    """Writers get errors, not hangs; everything they had synced is on the device afterwards."""
    synced: list[int] = []

    def write() -> None:
        descriptor = os.open(live.mountpoint / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for number in range(1_000_000):
                os.write(descriptor, b"%08d\n" % number)
                os.fsync(descriptor)
                synced.append(number)
        except OSError as failure:
            assert failure.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO, errno.ENODEV)
        finally:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: len(synced) > 50)
    driver = live.driver

    os.kill(driver.pid, signal.SIGTERM)

    wait_until(lambda: live.mounts() == 0)
    writer.join(20)
    assert not writer.is_alive()
    wait_until(lambda: driver.gone)
    stored = (live.source / "log").read_bytes().splitlines()
    assert stored[: len(synced)] == [b"%08d" % number for number in synced]


def test_umount_while_in_use_is_refused(volumes: Volumes) -> None:
    """The refusal names who to ask and what to do by force; nothing has changed."""
    volume = volumes.mount()
    user = subprocess.Popen(["sleep", "60"], cwd=volume.mountpoint)
    try:
        refused = volume.run("umount", volume.name)

        assert refused.exit_status == 1
        assert "busy" in refused.stderr
        assert f"fuser -vm {volume.mountpoint}" in refused.stderr
        assert f"vexfsctl umount --force {volume.name}" in refused.stderr
        assert volume.presence() == "present"
    finally:
        user.kill()
        user.wait()

    assert volume.run("umount", volume.name).exit_status == 0


def test_force_takes_a_volume_in_use(volumes: Volumes) -> None:
    """Whoever uses it gets errors from then on; the driver ends and leaves nothing."""
    volume = volumes.mount()
    (volume.source / "file").write_text("content")
    descriptor = os.open(volume.mountpoint / "file", os.O_RDONLY)
    driver = volume.driver

    forced = volume.run("umount", "--force", volume.name)

    assert forced.exit_status == 0, forced.stderr
    assert volume.mounts() == 0
    with pytest.raises(OSError):
        os.read(descriptor, 1)
    with pytest.raises(OSError):
        os.close(descriptor)
    wait_until(lambda: driver.gone)
    assert not volume.tree.exists()


def test_umount_by_mount_point_and_by_a_link_to_it(volumes: Volumes, tmp_path: Path) -> None:
    """The volume is found however its mount point is written."""
    for spelling in ("{}", "{}/", "{}/../{name}-mnt", "link"):
        volume = volumes.mount()
        link = tmp_path / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(volume.mountpoint)
        target = spelling.format(volume.mountpoint, name=volume.name)

        answer = volume.run("umount", str(link) if spelling == "link" else target)

        assert answer.exit_status == 0, answer.stderr
        assert volume.mounts() == 0


def test_umount_of_what_is_not_there(volumes: Volumes) -> None:
    """Neither a name nor a place; a mount of another kind is not touched."""
    volume = volumes.place()

    for target in (volume.name, str(volume.mountpoint), "/proc", "/"):
        answer = volume.run("umount", target)
        forced = volume.run("umount", "--force", target)

        assert (answer.exit_status, forced.exit_status) == (1, 1)
        assert f"no mounted volume is called {target}" in answer.stderr


@pytest.mark.privileged("loop")
def test_umount_of_a_hung_device_ends(live: LiveLab) -> None:
    """The driver cannot sync, says so in the log, and goes within its bounds."""
    live.make_file("data")
    live.set("operations/storage/timeout_ms", 200)
    live.fail("read", "data", delay_ms=60_000)
    live.fail("fsync", delay_ms=60_000)
    with pytest.raises(OSError):
        (live.mountpoint / "data").read_bytes()
    driver = live.driver

    ended_it = live.run_apart("umount", live.name)

    assert ended_it.exit_status == 0, ended_it.stderr
    assert live.mounts() == 0
    assert not driver.running
    steps = [record for record in live.records() if " recovery " in record]
    assert [record.split("step=")[1].split(" dur_us")[0] for record in steps] == [
        "drain result=ok",
        "sync result=ETIMEDOUT",
        "unmount result=ok",
    ]
    live.heal()
    wait_until(lambda: driver.gone)


def test_a_volume_that_vanishes_while_it_is_waited_for(volumes: Volumes) -> None:
    """Unmounted is not killed: the waiting command ends at once and says which it was."""
    for action, told in (("umount", "went away"), ("kill", "its mount is left")):
        volume = volumes.mount()
        words = ["breaker", "wait", f"{volume.name}/file", "--until", "open", "--timeout", "60"]
        waiting = volumes.start([sys.executable, "-m", "vexfsctl", *words])
        wait_until(lambda volume=volume: _is_polled(volume))  # type: ignore[misc]

        if action == "kill":
            volume.kill_driver()
        else:
            assert volume.run("umount", volume.name).exit_status == 0

        _, stderr = waiting.communicate(timeout=30)
        assert waiting.returncode == 3
        assert told in stderr


def _is_polled(volume: LiveVolume) -> bool:
    """Whether some process has the breaker's state open."""
    state = str(volume.tree / "operations/file/breaker/state")
    links = (link for process in Path("/proc").glob("[0-9]*/fd") for link in _links(process))
    return state in links


def _links(directory: Path) -> list[str]:
    try:
        return [os.readlink(entry) for entry in directory.iterdir()]
    except OSError:
        return []
