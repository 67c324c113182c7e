"""Whole processes: how they are started here, and what one of them costs with all its children."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from tempfile import TemporaryFile
from typing import IO

from tests.support.program import base_environment

PROGRAM = str(Path(sys.executable).with_name("vexfsctl"))
"""The installed program."""

_LAUNCHER = str(Path(__file__).with_name("launcher.py"))
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and what it is given."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    fed_from: Path | None = None
    """A file that comes through a pipe."""
    successes: tuple[int, ...] | None = (0,)
    """Exit statuses after which it has done its work; None for any."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a program took."""

    cpu_ns: int
    """User and system time of the process and all children that it waited for."""
    wall_ns: int
    peak_bytes: int
    """Resident memory of the process, or of a child of it that had more."""
    lines: int
    """Lines on standard output."""


class UnmeasuredError(Exception):
    """The program is missing, failed or took too long; the text says which."""


def environment_in(directory: Path) -> dict[str, str]:
    """Return an environment in which vexfsctl sees *directory* in place of this host.

    Volumes are those under its `sysfs`.
    """
    return base_environment() | {
        "VEXFSCTL_SYSFS_ROOT": str(directory / "sysfs"),
        "XDG_RUNTIME_DIR": str(directory),
        "XDG_STATE_HOME": str(directory),
    }


def run_once(command: Command, limit_s: float) -> Cost:
    """Run *command* and return what it took; raise UnmeasuredError after *limit_s*, or if it fails.

    It prints into a file: seeing /dev/null, grep would stop at its first match.
    """
    with (
        TemporaryFile() as output,
        TemporaryFile() as errors,
        TemporaryFile() as report,
        _input(command) as stdin,
    ):
        with Popen(
            (sys.executable, "-I", "-S", _LAUNCHER, str(report.fileno()), *command.arguments),
            env=command.environment,
            stdin=stdin,
            stdout=output,
            stderr=errors,
            pass_fds=(report.fileno(),),
            start_new_session=True,
        ) as launcher:
            _wait(launcher, limit_s)
        report.seek(0)
        told = json.load(report)
        if told is None:
            raise UnmeasuredError(f"no {command.arguments[0]}")
        if command.successes is not None and told["status"] not in command.successes:
            raise UnmeasuredError(f"status {told['status']}: {_complaint(errors)}")
        return Cost(
            cpu_ns=told["cpu_ns"],
            wall_ns=told["wall_ns"],
            peak_bytes=told["peak_bytes"],
            lines=_count_lines(output),
        )


def _wait(process: Popen[bytes], limit_s: float) -> None:
    """Wait for the end of *process*; kill it and all its children if that does not come in time."""
    try:
        process.wait(limit_s)
    except BaseException as cause:
        os.killpg(process.pid, signal.SIGKILL)
        if isinstance(cause, TimeoutExpired):
            raise UnmeasuredError(f"over {limit_s:g} s") from None
        raise


@contextmanager
def _input(command: Command) -> Iterator[IO[bytes] | int]:
    if command.fed_from is None:
        yield DEVNULL
        return
    with Popen(("cat", command.fed_from), stdout=PIPE) as feeder:
        assert feeder.stdout is not None
        try:
            yield feeder.stdout
        finally:
            feeder.kill()


def _count_lines(file: IO[bytes]) -> int:
    file.seek(0)
    return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK), b""))


def _complaint(file: IO[bytes]) -> str:
    """Return the last line that is not a hint of ours."""
    file.seek(0)
    lines = file.read().decode(errors="replace").splitlines()
    return next((line for line in reversed(lines) if line and not line.startswith("hint:")), "")
