"""Who counts what, case by case: on a real device where it is the device that fails."""

import errno
import os
import re
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, LiveVolume, Volumes

pytestmark = pytest.mark.privileged("fuse")

COUNTERS = (
    "calls", "failures", "rejected", "timeouts", "fallbacks", "retries", "breaker/failures"
)  # fmt: skip


def read_once(path: Path) -> int:
    """Read 4 KiB as one application read; return 0 or the errno."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.pread(descriptor, 4096, 0)
    except OSError as failure:
        return failure.errno or 0
    finally:
        os.close(descriptor)
    return 0


def changes_of_read(
    volume: LiveVolume, path: Path
) -> tuple[int, dict[str, int], dict[str, int], int]:
    """Read once; return errno, what `storage` and `file` counted, and the error records."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        before = [volume.counters(op, *COUNTERS) for op in ("storage", "file")]
        errors = int(volume.attribute("errors/total"))
        try:
            os.pread(descriptor, 4096, 0)
            result = 0
        except OSError as failure:
            result = failure.errno or 0
        after = [volume.counters(op, *COUNTERS) for op in ("storage", "file")]
        storage, file = (
            {name: now[name] - then[name] for name in COUNTERS}
            for then, now in zip(before, after, strict=True)
        )
        return result, storage, file, int(volume.attribute("errors/total")) - errors
    finally:
        os.close(descriptor)


def counted(**values: int) -> dict[str, int]:
    """All counters of the table, 0 where a row says nothing."""
    return dict.fromkeys(COUNTERS, 0) | {
        name.replace("breaker_", "breaker/"): value for name, value in values.items()
    }


@pytest.mark.privileged("loop")
def test_a_read_that_answers_eio_three_times(live: LiveLab) -> None:
    """One failed call of `storage` with two retries; `file` fails with it and keeps its breaker."""
    live.make_file("data")
    live.fail("read", "data")

    result, storage, file, errors = changes_of_read(live, live.mountpoint / "data")

    assert result == errno.EIO
    assert storage == counted(calls=1, failures=1, retries=2, breaker_failures=3)
    assert file == counted(calls=1, failures=1)
    assert errors == 3


@pytest.mark.privileged("loop")
def test_a_read_that_fails_once_then_succeeds(live: LiveLab) -> None:
    """The application notices nothing; the log and the counters do."""
    live.make_file("data", 4096)
    # The block layer's own readahead and retry take some of the failing requests.
    live.set("retry/max_attempts", 10)
    live.fail("read", "data", errno="EIO", count=2)

    result, storage, file, errors = changes_of_read(live, live.mountpoint / "data")

    assert result == 0
    assert storage["failures"] == file["failures"] == 0
    assert storage["calls"] == file["calls"] == 1
    assert storage["retries"] == storage["breaker/failures"] == errors >= 1
    assert live.counters("storage", "retry_successes") == {"retry_successes": 1}


@pytest.mark.privileged("loop")
def test_a_read_that_hangs_past_the_deadline(live: LiveLab) -> None:
    """ETIMEDOUT at the deadline, charged to `storage`; the mount and the tree go on answering."""
    live.make_file("data")
    live.set("operations/storage/timeout_ms", 300)
    live.fail("read", "data", delay_ms=20_000)

    result, storage, file, errors = changes_of_read(live, live.mountpoint / "data")

    assert result == errno.ETIMEDOUT
    assert storage == counted(calls=1, failures=1, timeouts=1, breaker_failures=1)
    assert file == counted(calls=1, failures=1)
    assert errors == 1
    assert live.counters("storage", "in_flight", "overdue") == {"in_flight": 1, "overdue": 1}
    assert os.listdir(live.mountpoint)
    live.heal()
    wait_until(lambda: live.attribute("operations/storage/in_flight") == "0")
    assert live.attribute("operations/storage/overdue") == "0"
    assert live.attribute("operations/storage/breaker/failures") == "1"


def test_a_read_that_an_open_breaker_rejects(volumes: Volumes) -> None:
    """EBUSY; rejected is no failure of `storage`, and no error is recorded."""
    volume = volumes.mount()
    (volume.source / "data").write_bytes(b"content")
    volume.set("operations/storage/breaker/control", "trip")

    result, storage, file, errors = changes_of_read(volume, volume.mountpoint / "data")

    assert result == errno.EBUSY
    assert storage == counted(calls=1, rejected=1)
    assert file == counted(calls=1, failures=1)
    assert errors == 0


def test_a_missing_file_is_an_answer(volumes: Volumes) -> None:
    """A thousand failed lookups count as calls and as nothing else."""
    volume = volumes.mount()
    before = int(volume.attribute("operations/directory/calls"))

    for number in range(1000):
        assert not (volume.mountpoint / f"missing{number}").exists()

    assert int(volume.attribute("operations/directory/calls")) - before == 1000
    assert volume.counters("directory", "failures", "breaker/failures") == {
        "failures": 0,
        "breaker/failures": 0,
    }
    assert volume.attribute("errors/total") == "0"


@pytest.mark.privileged("loop")
def test_one_failing_call_is_one_id_in_the_log(live: LiveLab) -> None:
    """Three error records, two retries, one outcome, and the caller's, joined by id and parent."""
    live.make_file("data")
    live.fail("read", "data")
    read_once(live.mountpoint / "data")

    texts = live.records("-o", "storage")

    words = [re.sub(r"VexFS: \[(CORR-\w+)\] (\w+) .*", r"\2", text) for text in texts]
    identifiers = {re.sub(r"VexFS: \[(CORR-\w+)\].*", r"\1", text) for text in texts}
    assert words == ["error", "retry", "error", "retry", "error", "failed"]
    assert len(identifiers) == 1
