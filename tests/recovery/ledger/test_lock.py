"""One replay at a time on one device, and a lock that no death leaves behind."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.recovery.samples import WHEN
from vexfsctl.exceptions import RecoveryFailed
from vexfsctl.recovery.ledger.entries import DeviceIdentity
from vexfsctl.recovery.ledger.lock import hold_lock, is_held, lock_name

NAME = "device-8-16-7.lock"
_HOLDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from vexfsctl.recovery.ledger.lock import hold_lock
with hold_lock(Path(sys.argv[1]), sys.argv[2], datetime(2026, 8, 21, 10, 0, tzinfo=UTC), "it"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    """By pid, and since when; nothing is waited for."""
    with hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"):
        assert is_held(tmp_path, NAME)
        with (
            pytest.raises(RecoveryFailed) as refusal,
            hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"),
        ):
            pytest.fail("it is held twice")

    assert refusal.value.message == (
        f"another replay is running on /dev/sdb: pid {os.getpid()}, since 2026-08-21 10:00:00+00:00"
    )


def test_who_only_looks_whether_it_is_held_keeps_nobody_out(tmp_path: Path) -> None:
    """`history` holds it shared for a moment, in which a replay may want to begin."""
    looking = os.open(tmp_path / NAME, os.O_RDWR | os.O_CREAT)
    fcntl.flock(looking, fcntl.LOCK_SH)
    threading.Timer(0.01, os.close, [looking]).start()

    with hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"):
        assert is_held(tmp_path, NAME)


@pytest.mark.parametrize("rubbish", ["[" * 4000, '{"pid": Infinity, "since": "x"}', "\x00"])
def test_rubbish_in_the_lock_is_passed_over(tmp_path: Path, rubbish: str) -> None:
    """It is refused as ever, without naming anybody."""
    with hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"):
        (tmp_path / NAME).write_text(rubbish)
        with (
            pytest.raises(RecoveryFailed) as refusal,
            hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"),
        ):
            pytest.fail("it is held twice")

    assert refusal.value.message == "another replay is running on /dev/sdb"


def test_it_is_free_afterwards_and_leaves_no_file(tmp_path: Path) -> None:
    """After an exception too."""
    with pytest.raises(ZeroDivisionError), hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"):
        raise ZeroDivisionError

    assert not is_held(tmp_path, NAME)
    assert list(tmp_path.iterdir()) == []
    with hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"):
        assert is_held(tmp_path, NAME)


def test_other_devices_are_other_locks(tmp_path: Path) -> None:
    """Two replays on two devices do not hinder each other."""
    with (
        hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"),
        hold_lock(tmp_path, "device-8-32-8.lock", WHEN, "/dev/sdc"),
    ):
        assert is_held(tmp_path, NAME)


def test_the_kernel_frees_it_of_a_killed_holder(tmp_path: Path) -> None:
    """SIGKILL: the file is left, the lock is not, and the next takes both."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path), NAME], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert is_held(tmp_path, NAME)

    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    assert (tmp_path / NAME).exists()
    assert not is_held(tmp_path, NAME)
    with hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"):
        assert is_held(tmp_path, NAME)
    assert not (tmp_path / NAME).exists()


def test_what_a_lock_says_of_its_holder_may_be_anything(tmp_path: Path) -> None:
    """Garbage in the file: the refusal names nobody, and stays one."""
    with hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"):
        (tmp_path / NAME).write_bytes(b'\xff{"pid": []}')
        with (
            pytest.raises(RecoveryFailed, match=r"another replay is running on /dev/sdb$"),
            hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"),
        ):
            pytest.fail("it is held twice")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """The lock would be elsewhere, and its target cut to nothing."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / NAME).symlink_to(victim)

    with (
        pytest.raises(RecoveryFailed, match="cannot lock"),
        hold_lock(tmp_path, NAME, WHEN, "/dev/sdb"),
    ):
        pytest.fail("it was followed")
    assert victim.read_text() == "precious"


def test_a_name_outside_the_directory_is_nobodys(tmp_path: Path) -> None:
    """A ledger may name any lock: only its last part counts."""
    assert not is_held(tmp_path, "../../etc/passwd")
    assert not is_held(tmp_path, "..")
    assert not is_held(tmp_path, "")


def test_a_lock_is_named_after_one_device_or_volume() -> None:
    """The next device of the same number has another; a volume's name may hold anything."""
    first, next_ = (DeviceIdentity("/dev/sdb", "8:16", number, 1) for number in (7, 8))

    assert lock_name(first, "a") == NAME
    assert lock_name(next_, "a") == "device-8-16-8.lock"
    assert lock_name(None, "a") != lock_name(None, "b")
    assert "/" not in lock_name(None, "../x")
