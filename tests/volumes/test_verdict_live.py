"""The verdict table of `check`, row by row, on volumes that are really in that state.

Not reachable on a live volume, and judged on fake trees in tests/cli/test_check.py: state `error`
(the driver unmounts at once), the degradations between `light` and `read_only`, and `emergency`.
"""

import errno
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.ordinary_user import ordinary_user
from tests.support.program import Finished, Program
from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveVolume, Volumes
from vexfsctl.analysis.health.findings import Verdict

pytestmark = pytest.mark.privileged("fuse")

Asking = Callable[..., Finished]
"""Runs vexfsctl with the words given."""


@pytest.fixture
def volume(volumes: Volumes) -> LiveVolume:
    """A volume with one file, whose calls can be made to fail, at the first attempt already."""
    volume = volumes.mount("--allow-inject", "--log-to", str(log_of(volumes)))
    (volume.source / "data").write_bytes(b"content")
    volume.set("retry/max_attempts", 1)
    return volume


def log_of(volumes: Volumes) -> Path:
    """Where the volume of the test writes its records: not into the log of the whole host."""
    return volumes.directory / "records.kmsg"


def read_failing(volume: LiveVolume) -> str:
    """Read the file, as an application does; the name of the errno."""
    with pytest.raises(OSError, match="Errno") as failed:
        (volume.mountpoint / "data").read_bytes()
    return errno.errorcode[failed.value.errno or 0]


def judged(ask: Asking, *words: str) -> tuple[Verdict, str]:
    """What `check` says, before its numbers, once it is sure that `status` says the same."""
    checked = ask("check", *words)
    seen = ask("status", *words, "--json", "--exit-code")
    verdict = Verdict(checked.exit_status)
    word, _, reasons = checked.stdout.partition(" | ")[0].partition(" - ")
    assert word == str(verdict).upper(), checked.stderr
    assert (seen.exit_status, seen.json["data"]["verdict"]) == (verdict, str(verdict))
    return verdict, reasons


def verdict_on(volume: LiveVolume, *options: str) -> tuple[Verdict, str]:
    """What is said of *volume*, with its name as VOL."""
    verdict, reasons = judged(volume.run, volume.name, *options)
    return verdict, reasons.replace(volume.name, "VOL")


def test_a_healthy_volume(volume: LiveVolume) -> None:
    """Used and well: OK."""
    assert (volume.mountpoint / "data").read_bytes() == b"content"

    assert verdict_on(volume) == (Verdict.OK, "VOL is healthy")


def test_a_killed_driver(volume: LiveVolume) -> None:
    """Stale: CRITICAL."""
    volume.kill_driver()

    verdict, reasons = verdict_on(volume)

    assert verdict is Verdict.CRITICAL
    assert reasons.startswith("VOL: stale: ")


def test_a_stopped_driver(volume: LiveVolume) -> None:
    """Unresponsive: CRITICAL."""
    driver = volume.driver
    os.kill(driver.pid, signal.SIGSTOP)
    try:
        verdict, reasons = verdict_on(volume, "--timeout", "0.5")
    finally:
        os.kill(driver.pid, signal.SIGCONT)

    assert verdict is Verdict.CRITICAL
    assert reasons.startswith("VOL: unresponsive: ")


def test_a_breaker_that_failures_have_opened(volume: LiveVolume) -> None:
    """Open of superblock and of storage: CRITICAL, whatever else is wrong."""
    for operation, call in (("superblock", "statfs"), ("storage", "read")):
        volume.set(f"operations/{operation}/breaker/failure_threshold", 1)
        volume.set("inject/control", f"{call} errno=EIO")
    with pytest.raises(OSError, match="Errno 5"):
        os.statvfs(volume.mountpoint)

    superblock = verdict_on(volume)
    assert read_failing(volume) == "EIO"
    volume.set("operations/superblock/breaker/control", "reset")
    storage = verdict_on(volume)

    assert (superblock[0], storage[0]) == (Verdict.CRITICAL, Verdict.CRITICAL)
    assert superblock[1].startswith("VOL/superblock: breaker open, ")
    assert storage[1].startswith("VOL/storage: breaker open, ")


OPERATORS = (
    ("storage", "trip", "reset", Verdict.CRITICAL, "forced_open"),
    ("superblock", "trip", "reset", Verdict.CRITICAL, "forced_open"),
    ("sync", "trip", "reset", Verdict.WARNING, "forced_open"),
    ("storage", "disable", "enable", Verdict.WARNING, "disabled"),
)


def test_breakers_in_the_hand_of_an_operator(volume: LiveVolume) -> None:
    """Without superblock or storage there is no service at all; the rest is a warning."""
    for operation, command, undo, verdict, state in OPERATORS:
        volume.set(f"operations/{operation}/breaker/control", command)
        said = verdict_on(volume)
        volume.set(f"operations/{operation}/breaker/control", undo)

        assert said[0] is verdict
        assert said[1].startswith(f"VOL/{operation}: breaker {state}, ")


def test_a_breaker_that_probes(volume: LiveVolume) -> None:
    """Half-open of storage serves again: WARNING."""
    volume.set("operations/storage/breaker/control", "trip for 1")
    wait_until(lambda: volume.attribute("operations/storage/breaker/state") == "half_open")

    verdict, reasons = verdict_on(volume)

    assert verdict is Verdict.WARNING
    assert reasons.startswith("VOL/storage: breaker half_open, ")


def test_damaged_data(volume: LiveVolume) -> None:
    """Degraded to read_only: CRITICAL, also when the error itself is out of the window."""
    volume.set("inject/control", "read errno=EUCLEAN")
    assert read_failing(volume) == "EUCLEAN"

    held = "VOL: degraded: read_only, held after damage until rw is written to access_mode"
    assert verdict_on(volume) == (
        Verdict.CRITICAL,
        f"{held}; VOL/storage: 1 error of critical severity",
    )
    assert_at_last(volume, (Verdict.CRITICAL, held))


def test_an_error_of_critical_severity(volume: LiveVolume) -> None:
    """The filesystem below shut itself: CRITICAL in the window, and out of it forgotten."""
    volume.set("inject/control", "read errno=EROFS")
    assert read_failing(volume) == "EROFS"

    said = verdict_on(volume)

    assert said == (Verdict.CRITICAL, "VOL/storage: 1 error of critical severity")
    assert_at_last(volume, (Verdict.OK, "VOL is healthy"))


def test_an_error_of_high_severity(volume: LiveVolume) -> None:
    """WARNING in the window, and out of it forgotten: counters of a lifetime judge nothing."""
    volume.set("inject/control", "read errno=EIO")
    assert read_failing(volume) == "EIO"

    said = verdict_on(volume)

    assert said == (Verdict.WARNING, "VOL/storage: 1 error of high severity")
    assert_at_last(volume, (Verdict.OK, "VOL is healthy"))
    assert volume.attribute("errors/high") == "1"


def test_an_error_of_medium_severity(volume: LiveVolume) -> None:
    """One call that could not be served is no trouble of the volume: OK."""
    volume.set("inject/control", "read errno=EBUSY")
    assert read_failing(volume) == "EBUSY"

    assert verdict_on(volume) == (Verdict.OK, "VOL is healthy")
    assert volume.attribute("errors/medium") == "1"


def test_a_call_that_hangs_and_one_that_did(volume: LiveVolume) -> None:
    """Overdue as long as the call runs, then timed out, and in the end out of the window."""
    volume.set("operations/storage/timeout_ms", 100)
    volume.set("inject/control", "read delay_ms=60000")
    assert read_failing(volume) == "ETIMEDOUT"

    hanging = verdict_on(volume)
    volume.set("inject/control", "clear")
    wait_until(lambda: volume.attribute("operations/storage/overdue") == "0")
    ended = verdict_on(volume)

    assert hanging == (
        Verdict.WARNING,
        "VOL/file: 1 call is past the deadline and still running; "
        "VOL/storage: 1 call is past the deadline and still running (+1 more)",
    )
    assert ended == (Verdict.WARNING, "VOL/storage: 1 call timed out")
    assert_at_last(volume, (Verdict.OK, "VOL is healthy"))


def test_calls_that_the_log_leaves_out(volume: LiveVolume) -> None:
    """Suppressed records: WARNING, even where those that were logged are of no weight."""
    volume.set("operations/storage/breaker/failure_threshold", 1000)
    volume.set("inject/control", "read errno=EBUSY")
    for _ in range(25):
        assert read_failing(volume) == "EBUSY"
    wait_until(lambda: any(" suppressed " in r for r in volume.records()), every_s=0.2)

    assert verdict_on(volume) == (Verdict.WARNING, "VOL: 5 failing calls left out of the log")


def test_a_volume_that_an_operator_set_read_only(volume: LiveVolume) -> None:
    """`access_mode` ro: WARNING."""
    volume.set("access_mode", "ro")

    assert verdict_on(volume) == (Verdict.WARNING, "VOL: set read-only by an operator")


def test_a_volume_of_which_a_part_does_not_work(volumes: Volumes) -> None:
    """Degraded to light, here without user attributes: WARNING."""
    volume = volumes.place()
    subprocess.run(["mount", "-t", "ramfs", volume.name, volume.source], check=True)
    try:
        mounted = volumes.try_mount(volume, "--log-to", str(log_of(volumes)))
        assert mounted.exit_status == 0, mounted.stderr

        verdict, reasons = verdict_on(volume)
        assert volume.run("umount", volume.name).exit_status == 0
    finally:
        subprocess.run(["umount", volume.source], check=True)

    assert verdict is Verdict.WARNING
    assert reasons.startswith("VOL: degraded: light")


@pytest.mark.privileged(shares=("logs of volumes",))
def test_a_log_that_is_gone(volume: LiveVolume, volumes: Volumes) -> None:
    """OK where the counters rule errors out; else they tell the severity, or it is UNKNOWN."""
    log_of(volumes).unlink()
    healthy = verdict_on(volume)
    volume.set("inject/control", "read errno=EIO count=1")
    assert read_failing(volume) == "EIO"
    grave = verdict_on(volume)
    volume.set("inject/control", "read errno=EBUSY count=1")
    assert read_failing(volume) == "EBUSY"
    mixed = verdict_on(volume)

    assert healthy == (Verdict.OK, "VOL is healthy")
    assert grave == (Verdict.WARNING, "VOL: an error of high severity or worse, by the counters")
    assert mixed[0] is Verdict.UNKNOWN
    incomplete = "VOL: the log is not complete and the counters do not rule out an error: "
    assert mixed[1].startswith(incomplete)


@pytest.mark.privileged("fusermount3", "nsenter", "setpriv")
def test_a_volume_that_cannot_be_read() -> None:
    """Another user's, closed even to root: UNKNOWN."""
    with ordinary_user(fuse_mode=0o666) as user:
        user.run("mkdir", "source", "mnt")
        mounted = user.vexfsctl("mount", "source", "mnt", "--name", "mine")
        assert mounted.exit_status == 0, mounted.stderr
        root = f"{user.directory}/runtime/vexfs"

        verdict, reasons = judged(replace(user, uid=0).vexfsctl, "mine", "--sysfs-root", root)

    assert verdict is Verdict.UNKNOWN
    assert reasons.startswith("mine: unreadable: Permission denied")


def test_no_volume_at_all(host_program: Program, tmp_path: Path) -> None:
    """Neither a volume nor a record of one: UNKNOWN."""
    empty = tmp_path / "empty.kmsg"
    empty.touch()

    verdict, reasons = judged(host_program, *elsewhere(tmp_path, "empty.kmsg"))

    assert verdict is Verdict.UNKNOWN
    assert reasons.startswith(f"no VexFS record in the log: {empty} has nothing in it")


def test_the_log_of_a_volume_that_is_gone(volume: LiveVolume, volumes: Volumes) -> None:
    """From the log alone: damage is CRITICAL, and so it says that nothing else was asked."""
    volume.set("inject/control", "read errno=EUCLEAN")
    assert read_failing(volume) == "EUCLEAN"
    assert volume.run("umount", volume.name).exit_status == 0

    place = elsewhere(volumes.directory, log_of(volumes).name)
    verdict, reasons = judged(volume.run, *place)

    assert verdict is Verdict.CRITICAL
    assert reasons == (
        f"{volume.name}: 1 error of damaged data; {volume.name}: 1 failed call "
        "(judged from the log alone)"
    )


def test_the_log_of_calls_that_were_refused(volume: LiveVolume, volumes: Volumes) -> None:
    """From the log alone: calls that a breaker blocked are a WARNING."""
    volume.set("operations/storage/breaker/control", "trip")
    assert read_failing(volume) == "EBUSY"
    assert volume.run("umount", volume.name).exit_status == 0

    place = elsewhere(volumes.directory, log_of(volumes).name)
    verdict, reasons = judged(volume.run, *place)

    assert verdict is Verdict.WARNING
    assert reasons == (
        f"{volume.name}: 1 call refused by a breaker; {volume.name}: 1 failed call "
        "(judged from the log alone)"
    )


def elsewhere(directory: Path, log: str) -> tuple[str, ...]:
    """Options for a host without volumes, whose log is the file *log* in *directory*."""
    root = directory / "no volumes"
    root.mkdir()
    return "--sysfs-root", str(root), "--log", str(directory / log)


def assert_at_last(volume: LiveVolume, expected: tuple[Verdict, str]) -> None:
    """What happened leaves a short window, and then this is all there is."""
    last = f" - {expected[1]} | ".replace("VOL", volume.name)
    wait_until(lambda: last in briefly(volume), every_s=0.2)
    assert verdict_on(volume, "--window", "1s") == expected


def briefly(volume: LiveVolume) -> str:
    """The line of `check` for the last second."""
    return volume.run("check", volume.name, "--window", "1s").stdout
