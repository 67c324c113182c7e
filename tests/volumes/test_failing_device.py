"""A device that fails, hangs, fills up or loses writes, under a volume in use."""

import errno
import os

import pytest

from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, await_kernel_words

pytestmark = pytest.mark.privileged("fuse", "loop")


def read_whole(live: LiveLab, name: str) -> bytes | int:
    """Read a file of the volume; its content, or the errno."""
    try:
        return (live.mountpoint / name).read_bytes()
    except OSError as failure:
        return failure.errno or 0


def test_the_main_job(live: LiveLab) -> None:
    """A sector fails, the breaker opens, trace shows the kernel's line; healed, reset, read."""
    name, target = live.name, f"{live.name}/storage"
    content = live.make_file("data")
    live.fail("read", "data")
    await_kernel_words()

    assert read_whole(live, "data") == errno.EIO
    assert read_whole(live, "data") in (errno.EIO, errno.EBUSY)
    assert live.attribute("operations/storage/breaker/state") == "open"
    assert read_whole(live, "data") == errno.EBUSY
    status = live.run("status", name)
    assert "storage" in status.stdout
    assert "open" in status.stdout
    device = os.path.basename(live.lab.device or "")
    trace = live.run("trace", "--last", "-V", name)
    assert trace.exit_status in (0, 3), trace.stderr
    assert f"dev {device}, sector" in trace.stdout
    # By which trace finds the same lines in a log that was saved.
    states = live.records("-g", "VexFS: state")
    assert [record.split()[-1] for record in states] == [f"dev={device}"] * 2

    live.heal()
    reset = live.run("breaker", "reset", target, "--yes", "--json")

    assert reset.exit_status == 0, reset.stderr
    assert live.attribute("operations/storage/breaker/state") == "closed"
    assert read_whole(live, "data") == content


def test_an_open_breaker_half_opens_by_itself_and_closes_after_successes(live: LiveLab) -> None:
    """Nobody needs to act once the device is healed."""
    content = live.make_file("data", 4096)
    live.set("operations/storage/breaker/timeout_ms", 300)
    live.set("operations/storage/breaker/failure_threshold", 1)
    live.fail("read", "data")
    assert read_whole(live, "data") == errno.EIO
    assert live.attribute("operations/storage/breaker/state") == "open"

    live.heal()
    wait_until(lambda: live.attribute("operations/storage/breaker/state") == "half_open")
    wait_until(lambda: read_whole(live, "data") == content)
    wait_until(
        lambda: (
            read_whole(live, "data") == content
            and live.attribute("operations/storage/breaker/state") == "closed"
        )
    )


def test_a_hung_device_hangs_nobody(live: LiveLab) -> None:
    """With 30 s of delay on every read calls end at their deadline and the tree answers at once."""
    live.make_file("data")
    live.set("operations/storage/timeout_ms", 200)
    live.fail("read", "data", delay_ms=30_000)

    results = {read_whole(live, "data") for _ in range(6)}

    assert results <= {errno.ETIMEDOUT, errno.EBUSY}
    assert errno.ETIMEDOUT in results
    assert live.run_apart("status", live.name).exit_status == 0
    assert live.run_apart("umount", live.name).exit_status == 0


def test_a_full_device_still_takes_unlink_and_truncate(live: LiveLab) -> None:
    """ENOSPC refuses growth and opens no breaker: what makes room must work."""
    live.make_file("victim", 1 << 20)
    with pytest.raises(OSError) as full, (live.mountpoint / "filler").open("wb", 0) as filler:
        while True:
            filler.write(bytes(1 << 20))
    assert full.value.errno == errno.ENOSPC

    os.truncate(live.mountpoint / "victim", 10)
    (live.mountpoint / "victim").unlink()
    (live.mountpoint / "filler").unlink()

    assert live.attribute("operations/storage/breaker/state") == "closed"
    live.make_file("fits again")


def test_a_lost_write_is_reported_once_and_never_recovered(live: LiveLab) -> None:
    """The kernel tells a lost write at one fsync; retrying it would turn loss into success."""
    live.make_file("data")
    descriptor = os.open(live.mountpoint / "data", os.O_WRONLY)
    try:
        live.fail("write", "data")
        os.pwrite(descriptor, os.urandom(1 << 16), 0)

        with pytest.raises(OSError) as lost:
            os.fsync(descriptor)
        assert lost.value.errno == errno.EIO
        assert live.counters("sync", "failures", "retries", "retry_successes") == {
            "failures": 1,
            "retries": 0,
            "retry_successes": 0,
        }
    finally:
        live.heal()
        os.close(descriptor)
    log = live.run("log", "-V", live.name, "-o", "sync").stdout
    assert "failed" in log
    assert "recovered" not in log


def test_after_an_abandoned_write_the_file_is_refused_until_it_ended(live: LiveLab) -> None:
    """Its late effect cannot be undone, so nothing may be written over it."""
    live.make_file("data", 1 << 16)
    live.set("operations/storage/timeout_ms", 300)
    # A write that must read the rest of its page first waits for the device.
    live.fail("read", "data", delay_ms=20_000)
    descriptor = os.open(live.mountpoint / "data", os.O_WRONLY)
    try:
        with pytest.raises(OSError) as late:
            os.pwrite(descriptor, b"x", 5000)
        assert late.value.errno == errno.ETIMEDOUT
        for refused in (
            lambda: os.pwrite(descriptor, b"y", 0),
            lambda: os.ftruncate(descriptor, 10),
            lambda: os.fsync(descriptor),
        ):
            with pytest.raises(OSError) as busy:
                refused()
            assert busy.value.errno == errno.EBUSY
        live.heal()
        wait_until(lambda: live.attribute("operations/storage/in_flight") == "0")
        assert os.pwrite(descriptor, b"z", 0) == 1
    finally:
        os.close(descriptor)
