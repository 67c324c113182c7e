"""Where a driver's records go, that none is lost unsaid, and faults injected into the driver."""

import contextlib
import errno
import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, LiveVolume, Volumes

pytestmark = pytest.mark.privileged("fuse", "kmsg")


def read_file(volume: LiveVolume, name: str = "data") -> bytes | int:
    """Read a file of the volume; its content, or the errno."""
    try:
        return (volume.mountpoint / name).read_bytes()
    except OSError as failure:
        return failure.errno or 0


def test_records_in_a_file_of_its_own(volumes: Volumes, tmp_path: Path) -> None:
    """Raw kmsg form, numbered from 0; the attribute `log` names it, `log` and `trace` find it."""
    log = tmp_path / "own log.kmsg"
    volume = volumes.mount("--log-to", str(log), "--allow-inject")
    (volume.source / "data").write_bytes(b"x")
    volume.set("inject/control", "read path=data errno=EIO")

    assert read_file(volume) == errno.EIO

    wait_until(lambda: " failed " in log.read_text().splitlines()[-1])
    lines = log.read_text().splitlines()
    assert [int(line.split(",")[1]) for line in lines] == list(range(len(lines)))
    assert all(re.match(r"\d+,\d+,\d+,-;VexFS: ", line) for line in lines)
    assert volume.attribute("log") == str(log).replace(" ", "\\040")
    assert any(" error " in record and "op=storage" in record for record in volume.records())
    trace = volume.run("trace", f"{volume.name}/storage")
    assert trace.exit_status in (0, 3), trace.stderr
    assert "IoError.ReadError" in trace.stdout


def test_sighup_follows_a_rotated_log(volumes: Volumes, tmp_path: Path) -> None:
    """The old file keeps what it had, the new one gets what follows, and no number is missing."""
    log, old = tmp_path / "log.kmsg", tmp_path / "log.kmsg.1"
    volume = volumes.mount("--log-to", str(log))
    log.rename(old)

    os.kill(volume.driver.pid, 1)
    wait_until(log.exists)
    volume.set("operations/file/breaker/control", "trip")

    wait_until(lambda: "to=forced_open" in log.read_text())
    lines = (old.read_text() + log.read_text()).splitlines()
    numbers = [int(line.split(",")[1]) for line in lines]
    assert numbers == list(range(len(numbers)))
    assert "action=trip" in log.read_text()
    assert "action=trip" not in old.read_text()


def test_a_log_that_cannot_be_written_is_refused(volumes: Volumes) -> None:
    """Asked for by name it must work; and inside the volume it would feed on itself."""
    volume = volumes.place()

    nowhere = volumes.try_mount(volume, "--log-to", "/proc/nothing/log")
    inside = volumes.try_mount(volume, "--log-to", str(volume.mountpoint / "log"))

    assert nowhere.exit_status == 1
    assert "cannot write the log /proc/nothing/log" in nowhere.stderr
    assert inside.exit_status == 2
    assert "would lie inside the volume" in inside.stderr
    assert volume.mounts() == 0


@pytest.mark.privileged("unshare", shares=("mounts of labs",))
def test_without_the_kernel_log_a_file_takes_the_records(volumes: Volumes, tmp_path: Path) -> None:
    """printk_devkmsg=off drops records without a word: the default file is used instead."""
    volume = volumes.place()
    file = Path(f"/var/log/vexfs/{volume.name}.kmsg")
    setting = tmp_path / "printk_devkmsg"
    setting.write_text("off\n")
    program = f"{sys.executable} -m vexfsctl"
    # In a mount namespace of its own: the setting is the whole host's.
    script = f"""
        set -e
        mount --bind {setting} /proc/sys/kernel/printk_devkmsg
        {program} mount {volume.source} {volume.mountpoint} --name {volume.name}
        cat {volume.tree}/log
        {program} log -V {volume.name}
        {program} umount {volume.name}
    """
    try:
        ended = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False
        )

        assert ended.returncode == 0, ended.stderr
        assert f"\n{file}\n" in ended.stdout
        assert f"state vol={volume.name}" in ended.stdout
        assert "to=uninitialized" in file.read_text()
    finally:
        file.unlink(missing_ok=True)
        # Others may have theirs there.
        with contextlib.suppress(OSError):
            file.parent.rmdir()


@contextlib.contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """A filesystem of 16 pages, most of which one file takes."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", directory], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def test_a_full_disk_of_the_log_fails_nobody(volumes: Volumes, tmp_path: Path) -> None:
    """What it does not take is counted and told, and the first record that fits is whole."""
    (tmp_path / "disk").mkdir()
    with small_disk(tmp_path / "disk") as disk:
        log, filler = disk / "log.kmsg", disk / "filler"
        volume = volumes.mount("--log-to", str(log), "--allow-inject")
        volume.set("retry/max_attempts", 1)
        volume.set("operations/storage/breaker/control", "disable")
        (volume.source / "data").write_bytes(b"x")
        volume.set("inject/control", "read path=data errno=EIO")
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

        while volume.attribute("errors/lost") == "0":
            assert read_file(volume) == errno.EIO
            wait_until(lambda: queued(volume) == 0)
        lost = volume.attribute("errors/lost")
        judged = volume.run("status", volume.name, "--json").json["data"]
        told = volume.run("errors", "-V", volume.name)
        filler.unlink()
        assert read_file(volume) == errno.EIO
        wait_until(lambda: bool(re.search(r" failed .* op=file .*\n\Z", log.read_text())))

        assert "records_lost" in [finding["code"] for finding in judged["findings"]]
        assert f" + {lost} whose records could not be written\n" in told.stdout
        assert [
            re.sub(r"^\d+,\d+,\d+,-;VexFS: \[CORR-\w+\] (\w+ vol=\S+ op=\S+) .*", r"\1", line)
            for line in log.read_text().splitlines()[-3:]
        ] == [
            f"error vol={volume.name} op=storage",
            f"failed vol={volume.name} op=storage",
            f"failed vol={volume.name} op=file",
        ]
        assert volume.run("umount", volume.name).exit_status == 0


def queued(volume: LiveVolume) -> int:
    """Error records that are still to be written."""
    names = ("total", "logged", "suppressed", "lost")
    total, *settled = (int(volume.attribute(f"errors/{name}")) for name in names)
    return total - sum(settled)


def test_a_log_that_hangs_holds_up_nobody(volumes: Volumes, tmp_path: Path) -> None:
    """Applications get their errors, operators are told, and the volume can be unmounted."""
    log = tmp_path / "log.kmsg"
    os.mkfifo(log)
    reading = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, 4096)
    volume = volumes.mount("--log-to", str(log), "--allow-inject")
    log.unlink()  # commands that other tests run would read it, and let it go on
    (volume.source / "data").write_bytes(b"x")
    volume.set("retry/max_attempts", 100)
    volume.set("retry/base_delay_ms", 1)
    volume.set("retry/max_delay_ms", 1)
    volume.set("operations/storage/breaker/control", "disable")
    volume.set("inject/control", "read path=data errno=EIO")

    while volume.attribute("errors/lost") == "0":
        assert read_file(volume) == errno.EIO
    with pytest.raises(OSError) as refused:
        while True:
            volume.set("operations/sync/breaker/control", "reset")

    assert refused.value.errno == errno.EBUSY
    assert volume.run("umount", volume.name).exit_status == 0
    os.close(reading)


@pytest.mark.privileged("loop")
def test_a_flood_of_errors_is_counted_whole(live: LiveLab) -> None:
    """What the rate limit left out of the log is told, and the numbers add up."""
    live.set("retry/max_attempts", 1)
    live.set("operations/storage/breaker/control", "disable")
    live.make_file("data", 4096)
    live.fail("read", "data")

    for _ in range(60):
        assert read_file(live) == errno.EIO

    total, logged, suppressed = (
        int(live.attribute(f"errors/{name}")) for name in ("total", "logged", "suppressed")
    )
    assert total == 60
    assert total == logged + suppressed
    assert suppressed > 0
    assert live.run("umount", live.name).exit_status == 0
    records = live.records()
    assert sum(" error " in record for record in records) == logged
    told = [re.search(r"suppressed vol=\S+ calls=(\d+) errors=(\d+)", r) for r in records]
    assert sum(int(found[2]) for found in told if found) == suppressed


def test_faults_injected_into_the_driver(volumes: Volumes) -> None:
    """With --allow-inject the owner makes calls of the volume fail, for the engine to handle."""
    volume = volumes.mount("--allow-inject")
    (volume.source / "data").write_bytes(b"content")

    volume.set("inject/control", "read path=data errno=EIO count=1")
    assert volume.attribute("inject/active") == "read path=data errno=EIO count=1"

    assert read_file(volume) == b"content"
    assert volume.counters("storage", "retries", "retry_successes", "failures") == {
        "retries": 1,
        "retry_successes": 1,
        "failures": 0,
    }
    assert volume.attribute("inject/active") == ""
    good = os.statvfs(volume.mountpoint)
    volume.set("inject/control", "statfs errno=EIO")
    assert os.statvfs(volume.mountpoint) == good
    assert volume.counters("superblock", "fallbacks") == {"fallbacks": 1}
    volume.set("inject/control", "clear")
    with pytest.raises(OSError) as refused:
        volume.set("inject/control", "nonsense")
    assert refused.value.errno == errno.EINVAL


def test_without_the_option_nothing_can_be_injected(volumes: Volumes) -> None:
    """The attributes are not there at all."""
    volume = volumes.mount()

    assert not (volume.tree / "inject").exists()
    with pytest.raises(FileNotFoundError):
        volume.attribute("inject/active")
