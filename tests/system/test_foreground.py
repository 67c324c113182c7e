"""A command in the foreground: its status, its deadline, its signals."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from vexfsctl.system.foreground import Ended, NotStarted, run_in_foreground

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def run(*argv: str, seconds: float | None = None) -> Ended | NotStarted:
    """Run a command that inherits our streams."""
    return run_in_foreground(argv, environment=ENVIRONMENT, seconds=seconds)


@pytest.mark.parametrize(
    ("script", "ended"),
    [
        ("exit 0", Ended(0)),
        ("exit 3", Ended(3)),
        ("kill -SEGV $$", Ended(139, signal.SIGSEGV)),
    ],
)
def test_status_is_as_in_a_shell(script: str, ended: Ended) -> None:
    """The command's own, or 128 plus the signal that ended it."""
    assert run("sh", "-c", script) == ended


def test_what_cannot_be_started(tmp_path: Path) -> None:
    """127 where there is no such command, 126 where it cannot be run."""
    plain = tmp_path / "plain"
    plain.write_text("echo\n")
    no_interpreter = tmp_path / "no-interpreter"
    no_interpreter.write_text("#!/none\n")
    no_interpreter.chmod(0o755)
    assert run("vexfs-none") == NotStarted(127, "cannot run vexfs-none: No such file or directory")
    assert run("/none/x") == NotStarted(127, "cannot run /none/x: No such file or directory")
    assert run("") == NotStarted(127, "cannot run '': No such file or directory")
    assert run(str(plain)) == NotStarted(126, f"cannot run {plain}: Permission denied")
    assert run(str(no_interpreter)) == NotStarted(
        126, f"cannot run {no_interpreter}: No such file or directory"
    )


def test_variable_without_a_name_is_left_out() -> None:
    """As a shell does; env(1) and execve(2) can make one."""
    environment = {"": "x", "NAMED": "7"}
    assert run_in_foreground(["/bin/sh", "-c", "exit $NAMED"], environment=environment) == Ended(7)


def test_script_without_interpreter_is_run_by_sh(tmp_path: Path) -> None:
    """As execvp(3), env(1) and shells do, with its arguments, found by PATH or not."""
    script = tmp_path / "script"
    script.write_text('exit "$1"\n')
    script.chmod(0o755)
    assert run(str(script), "7") == Ended(7)
    found = run_in_foreground(["script", "8"], environment={"PATH": f"/none:{tmp_path}"})
    assert found == Ended(8)


def test_child_has_usual_signals(tmp_path: Path) -> None:
    """It ignores and blocks nothing that this process does for its own sake."""
    seen = tmp_path / "status"
    run("sh", "-c", f"exec grep -E '^Sig(Blk|Ign)' /proc/self/status >{seen}")
    lines = dict(line.split(":\t") for line in seen.read_text().splitlines())
    assert int(lines["SigBlk"], 16) == 0
    assert not int(lines["SigIgn"], 16) & 1 << signal.SIGPIPE - 1


def test_whole_group_is_ended_at_the_deadline(tmp_path: Path) -> None:
    """Also what the command has started."""
    pids = tmp_path / "pids"
    script = f"sleep 600 & echo $! >{pids}; wait"
    ended = run("sh", "-c", script, seconds=0.3)
    assert ended == Ended(0, late=True)
    assert not _runs(int(pids.read_text()))


def test_deaf_command_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM that is ignored is followed by SIGKILL."""
    monkeypatch.setattr("vexfsctl.system.foreground._GRACE_S", 0.2)
    assert run("sh", "-c", "trap '' TERM; while :; do sleep 1; done", seconds=0.2) == Ended(
        0, late=True
    )


def test_stopped_command_is_ended_at_the_deadline() -> None:
    """A command that stopped itself does not outlast it."""
    assert run("sh", "-c", "kill -STOP $$", seconds=0.3) == Ended(0, late=True)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_is_passed_on(tmp_path: Path, number: signal.Signals) -> None:
    """What is to end this process ends the command, and is told."""
    started = tmp_path / "started"

    def send() -> None:
        wait_until(started.exists)
        os.kill(os.getpid(), number)

    assert _while_running(send, "sh", "-c", f"touch {started}; exec sleep 600") == Ended(
        128 + number, number, told=number
    )


def _while_running(do: Callable[[], object], *argv: str) -> Ended | NotStarted:
    thread = threading.Thread(target=do)
    # Blocked in it: the signal is for the main thread, which waits for it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    thread.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        return run(*argv)
    finally:
        thread.join()


def test_mask_is_restored() -> None:
    """Afterwards signals are as before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    run("true")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


_INPUT = """\
from vexfsctl.system.input_again import InputAgain
import os
def read():
    try:
        return os.read(0, 9)
    except OSError:
        return None
found = InputAgain()
if found.possible:
    first = read()
    found.rewind()
    print(first == read())
else:
    print("once")
"""


@pytest.mark.parametrize(
    ("redirection", "answer"),
    [
        ("<{file}", "True"),
        ("</dev/null", "True"),
        ("<&-", "True"),
        ("</dev/zero", "once"),
    ],
)
def test_input_that_can_be_read_again(tmp_path: Path, redirection: str, answer: str) -> None:
    """A file, from where the first attempt began, and what has nothing to read."""
    file = tmp_path / "input"
    file.write_text("some text\n")
    command = f"'{sys.executable}' -S -c '{_INPUT}' {redirection.format(file=file)}"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{answer}\n"


@pytest.mark.parametrize(("given", "answer"), [(None, "True"), ("text", "once")])
def test_pipe_can_be_read_again_at_its_end(given: str | None, answer: str) -> None:
    """A pipe that nobody writes to, as cron has it; not one that has something."""
    reading, writing = os.pipe()
    if given is not None:
        os.write(writing, given.encode())
    os.close(writing)
    ran = subprocess.run(
        [sys.executable, "-S", "-c", _INPUT],
        stdin=reading,
        capture_output=True,
        text=True,
        check=True,
    )
    os.close(reading)
    assert ran.stdout == f"{answer}\n"
