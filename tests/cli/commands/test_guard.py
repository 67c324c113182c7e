"""`vexfsctl guard`: shell commands behind shared breakers, and the breakers themselves."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.clock import VirtualClock
from tests.support.program import Finished, Program
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.waiting import wait_until
from vexfsctl.exceptions import ExitStatus
from vexfsctl.resilience.shared.open_file import OpenFile

PROGRAM = f"{sys.executable} -m vexfsctl"


@pytest.fixture
def guard(vexfsctl: Program, tmp_path: Path) -> Program:
    """The program with a directory of breakers of its own."""
    vexfsctl.environ["VEXFSCTL_BREAKER_DIR"] = str(tmp_path / "breakers")
    return vexfsctl


def run(guard: Program, *arguments: str, breaker: str = "nas") -> Finished:
    """`guard run` in this process; the command's output is not seen."""
    return guard("guard", "run", "--breaker", breaker, *arguments)


def test_status_is_passed_on_until_it_opens(guard: Program, clock: VirtualClock) -> None:
    """Failures open the breaker for every command that names it; a success closes it again."""
    failing = ("--failures", "2", "--", "sh", "-c", "exit 3")
    assert [run(guard, *failing).exit_status for _ in range(3)] == [3, 3, 75]

    rejected = run(guard, "--", "true")
    assert rejected.exit_status == 75
    assert rejected.stderr == (
        "vexfsctl: circuit breaker nas is open, retry in 60.000 s (CommandFailed: exit status 3)\n"
    )
    assert run(guard, "--", "true", breaker="other").exit_status == 0
    clock.advance(60)
    assert run(guard, "--", "true").exit_status == 0
    assert guard("guard", "list").stdout == (
        "BREAKER  STATE   FAILURES  LIMIT  TRIPS  WHY\n"
        "nas      closed         0      5      1  -\n"
        "other    closed         0      5      0  -\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--", "sh", "-c", "kill -TERM $$"), 143),
        (("--", "vexfs-none"), 127),
        (("--", "/etc/passwd"), 126),
        (("--deadline", "200ms", "--", "sleep", "600"), 124),
        (("--fallback", "exit 9", "--", "false"), 9),
        (("--fallback", "exit 9", "--deadline", "200ms", "--", "sleep", "600"), 9),
        (("--fallback", "exit 9", "--", "true"), 0),
        (("--failures", "0", "--", "true"), 125),
        (("--none", "--", "true"), 125),
        (("--fail-on", "256", "--", "true"), 125),
        (("--retry", "99999999999999999999", "--", "true"), 125),
        ((), 125),
    ],
    ids=str,
)
def test_exit_status(guard: Program, arguments: tuple[str, ...], status: int) -> None:
    """As a shell's, or as that of timeout(1): 124 at the deadline, 125 for failures of our own."""
    result = run(guard, *arguments)
    assert result.exit_status == status
    assert "Traceback" not in result.stderr


def test_name_that_is_no_file_name(guard: Program) -> None:
    """A breaker cannot be called like another place."""
    result = run(guard, "--", "true", breaker="../nas")
    assert result.exit_status == 125
    assert result.stderr == (
        "vexfsctl: not a name of a breaker: '../nas'\n"
        "hint: up to 100 letters, digits and _@+%=:,.- that do not begin with . or -\n"
    )


def test_only_some_statuses_are_failures(guard: Program) -> None:
    """With --fail-on any other status is an answer: passed on, not counted, not tried again."""
    answers = ("--failures", "1", "--retry", "3", "--fail-on", "7,28", "--", "sh", "-c")
    assert run(guard, *answers, "exit 22").exit_status == 22
    assert run(guard, *answers[:2], *answers[4:], "exit 28").exit_status == 28
    assert run(guard, *answers, "exit 22").exit_status == 75


def test_reader_that_has_gone_is_no_failure(guard: Program) -> None:
    """A command that ends by SIGPIPE, as before `| head`, has not failed."""
    gone = ("--failures", "1", "--", "sh", "-c", "kill -PIPE $$")
    assert [run(guard, *gone).exit_status for _ in range(2)] == [141, 141]


def test_deadline_is_a_failure(guard: Program) -> None:
    """A command that is ended at its deadline counts, whatever --fail-on says."""
    late = ("--failures", "1", "--fail-on", "7", "--deadline", "100ms", "--", "sleep", "600")
    assert [run(guard, *late).exit_status for _ in range(2)] == [124, 75]


def test_what_cannot_be_started_is_no_failure(guard: Program) -> None:
    """A command that is not there says nothing about what the breaker is for."""
    assert run(guard, "--failures", "1", "--", "vexfs-none").exit_status == 127
    assert run(guard, "--failures", "1", "--", "true").exit_status == 0


def test_retries_read_the_same_input(guard: Program, tmp_path: Path) -> None:
    """A file is read again from where it began, and each attempt counts."""
    script = f"head -n 1 >>{tmp_path}/seen; test $(wc -l <{tmp_path}/seen) = 2"
    (tmp_path / "input").write_text("first\nsecond\n")
    command = f"{PROGRAM} guard run --breaker nas --retry 3 -- sh -c {shlex.quote(script)}"
    ran = _shell(f"{command} <{tmp_path}/input", guard)
    assert (ran.returncode, ran.stderr) == (0, "vexfsctl: attempt 2\n")
    assert (tmp_path / "seen").read_text() == "first\n" * 2
    (listed,) = guard.as_process("guard", "list", "--json").json["data"]
    assert listed["failures"] == 1


def test_no_retry_once_it_is_open(guard: Program, tmp_path: Path) -> None:
    """Where an attempt opens the breaker there is no other; the status is that of the attempt."""
    command = f"sh -c 'echo >>{tmp_path}/attempts; exit 3'"
    ended = run(guard, "--failures", "1", "--retry", "5", "--", *shlex.split(command))
    assert ended.exit_status == 3
    assert (tmp_path / "attempts").read_text() == "\n"


def test_pipe_is_read_once(guard: Program) -> None:
    """What a command has read from a pipe is gone: it is not tried again, which is said."""
    command = f"{PROGRAM} guard run --breaker nas --retry 3 -- sh -c 'cat; exit 4'"
    ran = _shell(f"echo text | {command}", guard)
    assert (ran.returncode, ran.stdout) == (4, "text\n")
    assert ran.stderr == "not tried again: standard input cannot be read again\n"


def _shell(script: str, program: Program) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script],
        env=program.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_unusable_breaker_stops_no_command(guard: Program, tmp_path: Path) -> None:
    """The command runs without a breaker, and that is said."""
    guard.environ["VEXFSCTL_BREAKER_DIR"] = "/dev/null/none"
    result = run(guard, "--", "sh", "-c", "exit 3")
    assert result.exit_status == 3
    assert result.stderr == (
        "vexfsctl: breaker nas cannot be used: [Errno 20] Not a directory: '/dev/null/none';"
        " running without it\n"
    )


def test_torn_breaker_is_set_aside(guard: Program, tmp_path: Path) -> None:
    """A file that is not whole is renamed, which is said; list says so before."""
    run(guard, "--", "true")
    (tmp_path / "breakers/nas").write_bytes(b"torn")
    listed = guard("guard", "list")
    assert listed.stderr == (
        f"vexfsctl: {tmp_path}/breakers/nas is no breaker file\n"
        "hint: its next user sets it aside and makes a new one\n"
    )
    result = run(guard, "--", "true")
    assert result.exit_status == 0
    assert result.stderr.startswith(f"vexfsctl: {tmp_path}/breakers/nas is no breaker file: set")


def test_breaker_of_an_earlier_boot_is_tripped_like_a_new_one(
    guard: Program, tmp_path: Path
) -> None:
    """A void file, here one that was not finished as the disk was full, holds no settings."""
    run(guard, "--", "true")
    (tmp_path / "breakers/nas").write_bytes(b"")
    assert guard("guard", "trip", "nas", "--yes").stdout == (
        "TARGET  KEY    BEFORE  AFTER        CHANGED\nnas     state  closed  forced_open  true\n"
    )
    assert run(guard, "--", "true").exit_status == 75


def test_reset_says_what_it_cannot_use(guard: Program, tmp_path: Path) -> None:
    """There is nothing to close in a file that is not trusted, and no reader is left to guess."""
    run(guard, "--", "true")
    path = tmp_path / "breakers/nas"
    path.unlink()
    path.symlink_to("/etc/hostname")
    reset = guard("guard", "reset", "nas", "--yes")
    assert reset.stdout.splitlines()[1].split() == ["nas", "state", "closed", "closed", "false"]
    assert reset.stderr == f"vexfsctl: {path} is no regular file\n"


def test_locked_breaker_stops_no_command(guard: Program, tmp_path: Path) -> None:
    """Where the file stays locked the command runs, which is said once."""
    path = tmp_path / "breakers/nas"
    run(guard, "--", "true")
    file = OpenFile(os.open(path, os.O_RDWR))
    held = file.lock.acquire()
    assert held is not None
    result = guard.as_process("guard", "run", "--breaker", "nas", "--", "false")
    assert result.exit_status == 1
    assert result.stderr == (
        f"vexfsctl: {path} stays locked: failures are recorded when it is free, if they still"
        " count\n"
    )
    file.lock.release(held)


def test_command_has_correlation_and_trace(guard: Program, tmp_path: Path) -> None:
    """The command's environment has both, and one id for all attempts of it."""
    seen = tmp_path / "seen"
    run(guard, "--", "sh", "-c", f'echo "$VEXFSCTL_CORR $TRACEPARENT" >{seen}')
    identifier, trace = seen.read_text().split()
    assert trace.split("-")[2] == identifier.removeprefix("CORR-").lower()


def test_trip_and_reset(guard: Program) -> None:
    """Both ask, show first, say what was before; a trip makes the breaker."""
    asked = guard("guard", "trip", "nas")
    assert asked.exit_status == ExitStatus.USAGE
    assert "Trip breaker nas (closed)? Nobody can be asked here" in asked.stderr
    foreseen = guard("guard", "trip", "nas", "--dry-run")
    assert foreseen.stdout == (
        "TARGET  KEY    BEFORE  AFTER        CHANGED\n"
        "nas     state  closed  forced_open  true\n"
        "\n"
        "Dry run: nothing was changed.\n"
    )
    assert guard("guard", "list", "--json").json["data"] == []

    guard("guard", "trip", "nas", "--for", "2h", "--reason", "disk replaced", "--yes")
    assert run(guard, "--", "true").exit_status == 75
    assert guard("guard", "list").stdout.splitlines()[1] == (
        "nas      forced_open         0      5      1  reason: disk replaced; again in 2h"
    )
    declined = guard("guard", "reset", "nas", input="n\n", terminal=True)
    assert declined.exit_status == ExitStatus.FAILED
    reset = guard("guard", "reset", "nas", "--yes", "--json")
    assert reset.json["schema"] == "vexfsctl.guard.reset/1"
    assert reset.json["data"] == [
        {
            "target": "nas",
            "key": "state",
            "before": "forced_open",
            "after": "closed",
            "changed": True,
            "dry_run": False,
        }
    ]
    assert run(guard, "--", "true").exit_status == 0


def test_reset_warns_of_recent_failures(guard: Program, clock: VirtualClock) -> None:
    """Who closes a breaker hears how long ago its last failure was."""
    run(guard, "--failures", "1", "--", "false")
    clock.advance(3)
    reset = guard("guard", "reset", "nas", "--yes")
    assert (
        reset.stderr
        == "vexfsctl: nas: its last failure was 3s ago (CommandFailed: exit status 1)\n"
    )


def test_unknown_name(guard: Program) -> None:
    """A name that no breaker has is an error that says which there are."""
    run(guard, "--", "true")
    for verb in (("show",), ("reset", "--yes")):
        result = guard("guard", *verb, "nsa")
        assert result.exit_status == ExitStatus.FAILED
        assert result.stderr == (
            "vexfsctl: there is no shared breaker 'nsa'\nhint: there are nas\n"
        )


def test_show_has_everything(guard: Program, clock: VirtualClock) -> None:
    """As JSON, one breaker has every fact about it."""
    run(guard, "--failures", "1", "--within", "1m", "--", "sh", "-c", "exit 3")
    clock.advance(20)
    (shown,) = guard("guard", "show", "nas", "--json").json["data"]
    assert shown == {
        "name": "nas",
        "path": f"{guard.environ['VEXFSCTL_BREAKER_DIR']}/nas",
        "state": "open",
        "generation": 2,
        "failures": 1,
        "limit": 1,
        "within_ms": 60000,
        "open_for_ms": 60000,
        "trips": 1,
        "retry_after_ms": 40000,
        "opened_ms_ago": 20000,
        "last_failure_ms_ago": 20000,
        "cause": "CommandFailed: exit status 3",
        "reason": None,
        "author": None,
        "unrecorded": 0,
    }
    shown = guard("guard", "show", "nas").stdout.splitlines()
    assert shown[0] == "nas: open, CommandFailed: exit status 3; again in 40s"
    assert len(shown) == 2 + 15


@pytest.mark.usefixtures("tree")
def test_status_lists_shared_breakers(guard: Program) -> None:
    """Beside the volumes where there are any; with -x those that are not closed."""
    assert "BREAKER" not in guard("status").stdout
    run(guard, "--failures", "1", "--", "false")
    run(guard, "--", "true", breaker="other")
    assert "BREAKER  STATE   FAILURES  LIMIT  TRIPS  WHY\nnas      open " in guard("status").stdout
    names = [
        each["name"] for each in guard("status", "-x", "--json").json["data"]["shared_breakers"]
    ]
    assert names == ["nas"]


def test_names_are_completed(guard: Program) -> None:
    """The shell is offered the breakers there are."""
    run(guard, "--", "true")

    assert [*guard.offers("guard", "show", "n")] == ["nas"]


BACKUP = """\
#!/bin/sh
# Backs up to a flaky server, once a minute from cron.
set -u
log() { echo "$1" >>"$WORK/log"; }

vexfsctl() { "$PYTHON" -m vexfsctl "$@"; }

guarded() {
    vexfsctl -q guard run --breaker server --failures 3 --within 10m --open-for 1h \\
        --deadline 1m --fail-on 12,30 -- "$@"
}

copy() { # a server that is up only while $WORK/up exists
    guarded sh -c 'test -e "$WORK/up" || exit 12; cat "$WORK/data" >"$WORK/copy"'
}

for minute in 1 2 3 4 5; do
    test "$minute" = 5 && vexfsctl -q guard reset server --yes >/dev/null 2>&1 && touch "$WORK/up"
    copy
    status=$?
    case $status in
    0) log "minute $minute: done" ;;
    75) log "minute $minute: server is down, not tried" ;;
    *) log "minute $minute: failed with $status" ;;
    esac
done
"""


def test_backup_to_a_flaky_server(guard: Program, tmp_path: Path) -> None:
    """A script of 30 lines stops asking a server that is down, and goes on when it is back."""
    (tmp_path / "data").write_text("precious\n")
    guard.environ |= {"WORK": str(tmp_path), "PYTHON": sys.executable}
    ran = _shell(BACKUP, guard)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "log").read_text() == (
        "minute 1: failed with 12\n"
        "minute 2: failed with 12\n"
        "minute 3: failed with 12\n"
        "minute 4: server is down, not tried\n"
        "minute 5: done\n"
    )
    assert (tmp_path / "copy").read_text() == "precious\n"


def test_killed_probe_blocks_nobody(guard: Program, tmp_path: Path) -> None:
    """A `guard run` that is killed in its trial leaves the place to the next one."""
    script = f"echo $$ >{tmp_path}/pid; mv {tmp_path}/pid {tmp_path}/started; exec sleep 600"
    environ = guard.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [*PROGRAM.split(), "guard", "run", "--breaker", "real", "--open-for", "1ms"]
    subprocess.run([*argv, "--failures", "1", "--", "false"], env=environ, check=False)
    probe = subprocess.Popen([*argv, "--", "sh", "-c", script], env=environ)
    wait_until((tmp_path / "started").exists)
    busy = subprocess.run([*argv, "--", "true"], env=environ, capture_output=True, check=False)
    assert busy.returncode == 75
    probe.kill()
    probe.wait()
    assert subprocess.run([*argv, "--", "true"], env=environ, check=False).returncode == 0
    os.kill(int((tmp_path / "started").read_text()), signal.SIGKILL)


def test_terminated_run_ends_its_command(guard: Program, tmp_path: Path) -> None:
    """SIGTERM is passed on; the run ends by it too, counts no failure and does not fall back."""
    script = f"echo $$ >{tmp_path}/pid; mv {tmp_path}/pid {tmp_path}/started; exec sleep 600"
    argv = [*PROGRAM.split(), "guard", "run", "--breaker", "nas", "--retry", "3"]
    run = subprocess.Popen(
        [*argv, "--fallback", f"touch {tmp_path}/fell-back", "--", "sh", "-c", script],
        env=guard.environ,
        stdin=subprocess.DEVNULL,
    )
    wait_until((tmp_path / "started").exists)
    run.terminate()
    assert run.wait() == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "started").read_text()), 0)
    assert not (tmp_path / "fell-back").exists()
    assert guard.as_process("guard", "list", "--json").json["data"][0]["failures"] == 0


def at_terminal(guard: Program, *argv: str) -> PseudoTerminal:
    """Run a program at a terminal, with the environment of *guard*."""
    environ = guard.environ | {"PS1": "$ ", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return PseudoTerminal(argv, environ)


def test_interrupt_at_a_terminal_ends_the_script(guard: Program) -> None:
    """Ctrl-C ends the command, `guard run` and the script around it, and is no failure."""
    command = f"{PROGRAM} guard run --breaker nas -- sh -c 'echo started; exec sleep 600'"
    with at_terminal(guard, "bash", "-c", f"{command}; echo survived") as terminal:
        terminal.expect("started")
        terminal.send("\x03")
        assert terminal.end() in (-signal.SIGINT, 130)
        assert "survived" not in terminal.shown
    assert guard("guard", "list", "--json").json["data"][0]["failures"] == 0


def test_interrupt_of_a_command_that_reads_the_terminal(guard: Program) -> None:
    """A command that reads from the terminal is given it; Ctrl-C still ends the script."""
    script = "read word; echo got-$word; exec cat"
    command = f"{PROGRAM} guard run --breaker nas -- sh -c '{script}'"
    with at_terminal(guard, "bash", "-c", f"{command}; echo survived") as terminal:
        terminal.send("hello\n")
        terminal.expect("got-hello")
        terminal.send("\x03")
        assert terminal.end() in (-signal.SIGINT, 130)
        assert "survived" not in terminal.shown


def test_stop_at_a_terminal(guard: Program) -> None:
    """Ctrl-Z stops the command and `guard run` with it, as one job; fg goes on with both."""
    script = "echo start''ed; read word; echo got-$word"
    command = f"{PROGRAM} guard run --breaker nas -- sh -c {shlex.quote(script)}"
    with at_terminal(guard, "bash", "--norc", "-i") as terminal:
        terminal.send(f"{command}\n")
        terminal.expect("started")
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.send("fg\n")
        terminal.expect("sh -c")
        terminal.send("hello\n")
        terminal.expect("got-hello")
        terminal.send("echo status-$?; exit\n")
        terminal.expect("status-0")
        assert terminal.end() == 0


def test_background_job_without_a_shell_does_not_hang(guard: Program) -> None:
    """A command that would read the terminal in a job that nobody can continue ends by SIGHUP."""
    command = f"{PROGRAM} guard run --breaker nas -- sh -c 'read word </dev/tty'"
    with at_terminal(guard, "bash", "--norc", "-i") as terminal:
        terminal.send(f"( ( {command}; echo ended''-$? ) & )\n")
        terminal.expect("ended-129")
        terminal.send("exit\n")
        terminal.end()


def test_pipeline_keeps_its_terminal(guard: Program) -> None:
    """A pager behind `guard run` reads the terminal that the command does not ask for."""
    pager = "cat >/dev/null; read word </dev/tty; echo pager-$word"
    command = f"{PROGRAM} guard run --breaker nas -- echo text | sh -c {shlex.quote(pager)}"
    with at_terminal(guard, "bash", "--norc", "-i", "-c", command) as terminal:
        terminal.send("next\n")
        terminal.expect("pager-next")
        assert terminal.end() == 0
