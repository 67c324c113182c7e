import fcntl
import os
import re
import threading
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from vexfsctl.exceptions import DeadlineExceeded, DeviceActionFailed, FacilityUnavailable
from vexfsctl.system.programs import run

FIFREEZE, FITHAW = 0xC0045877, 0xC0045878


def test_the_output_comes_back_undamaged() -> None:
    """Standard output is returned whole; bytes that are no UTF-8 survive as surrogates."""
    assert os.fsencode(run(["printf", r"caf\351\n"])) == b"caf\xe9\n"


def test_programs_speak_english_and_are_found_in_sbin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The locale is C, and the directories of system programs are searched whatever PATH is."""
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("PATH", "/nowhere")

    assert run(["sh", "-c", 'echo "$LC_ALL $PATH"']) == "C /nowhere:/usr/sbin:/sbin:/usr/bin:/bin\n"


def test_a_program_has_nothing_to_read_and_a_group_of_its_own() -> None:
    """It cannot eat our standard input, and Ctrl-C in our terminal does not reach it."""
    assert run(["cat"]) == ""
    group = run(["sh", "-c", "cut -d' ' -f5 /proc/self/stat"])
    assert int(group) != os.getpgrp()


def test_a_program_gets_the_descriptors_and_the_words_it_is_meant_to_have() -> None:
    """What is passed on is open in it, under the number that its environment tells."""
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as pipe:
        script = 'echo over here >&"$NUMBER"'
        environment = {"NUMBER": str(write_end)}
        try:
            run(["bash", "-c", script], pass_fds=[write_end], environment=environment)
        finally:
            os.close(write_end)
        assert pipe.read() == b"over here\n"


def test_a_failure_has_the_last_words_of_the_program() -> None:
    """Name, status and the last line of standard error, without the name said twice."""
    with pytest.raises(DeviceActionFailed) as caught:
        run(["sh", "-c", "echo answer; echo first >&2; echo 'sh: no such device' >&2; exit 7"])

    assert caught.value.message == "sh failed with status 7: no such device"


def test_a_silent_failure_is_named_by_its_status() -> None:
    """Without a word from the program, its status is all there is to say."""
    with pytest.raises(DeviceActionFailed) as caught:
        run(["false"])

    assert caught.value.message == "false failed with status 1"


def test_a_killed_program_is_named_by_its_signal() -> None:
    """A program that a signal ended says which."""
    with pytest.raises(DeviceActionFailed) as caught:
        run(["sh", "-c", "kill -SEGV $$"])

    assert caught.value.message == "sh was killed by SIGSEGV"


def test_a_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a known program is not installed, the hint says what to install."""
    with pytest.raises(FacilityUnavailable) as caught:
        run(["/nowhere/mkfs.ext4"])

    assert caught.value.message == "cannot run mkfs.ext4: No such file or directory"
    assert caught.value.hint == "install the Debian package `e2fsprogs`"


def test_a_program_that_may_not_run_has_no_package(tmp_path: Path) -> None:
    """Installing helps nothing where the file is there but is no program."""
    (tmp_path / "losetup").write_text("no program")

    with pytest.raises(FacilityUnavailable) as caught:
        run([str(tmp_path / "losetup")])

    assert caught.value.message == "cannot run losetup: Permission denied"
    assert caught.value.hint is None


def test_a_program_past_its_deadline_is_killed_with_its_children(tmp_path: Path) -> None:
    """The deadline ends the whole group: the child that holds the pipe open does not delay it."""
    pids = tmp_path / "pids"

    with pytest.raises(DeadlineExceeded) as caught:
        run(["sh", "-c", f"sleep 600 & echo $! $$ > {pids}; wait"], timeout=2)

    assert caught.value.message == "sh did not end within 2 s and was killed"
    # A signal has been sent when kill(2) returns; a busy machine acts on it later.
    killed = [int(pid) for pid in pids.read_text().split()]
    wait_until(lambda: all(_state(pid) in ("gone", "Z") for pid in killed))


@pytest.mark.privileged("loop")
def test_a_program_that_cannot_be_killed_is_left_behind(ext4: Path) -> None:
    """A write into a frozen filesystem ignores SIGKILL: it is abandoned, said so, reaped later."""
    directory = os.open(ext4, os.O_RDONLY)
    fcntl.ioctl(directory, FIFREEZE, 0)
    try:
        with pytest.raises(DeadlineExceeded) as caught:
            run(["mkdir", f"{ext4}/new"], timeout=0.2)
    finally:
        fcntl.ioctl(directory, FITHAW, 0)
        os.close(directory)

    said = re.fullmatch(
        r"mkdir did not end within 0\.2 s and cannot be killed:"
        r" it was left behind in the kernel as process (\d+)",
        caught.value.message,
    )
    assert said
    for thread in threading.enumerate():
        if thread.name == f"reap-{said[1]}":
            thread.join(timeout=10)
    assert _state(int(said[1])) == "gone"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
