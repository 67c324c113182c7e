"""Runs vexfsctl: in this process as a rule, as a program of its own where that matters."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from unittest import mock

import pytest

from tests.support.clock import VirtualClock
from vexfsctl.cli.main import run
from vexfsctl.cli.surroundings import Surroundings
from vexfsctl.config.reading import STANDARD_FILE
from vexfsctl.host.host import Host
from vexfsctl.sysfs.tree import SysfsTree

BOUND_S = 60.0
"""After this a program run by a test counts as hanging."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run of vexfsctl ended."""

    exit_status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.stdout)

    @property
    def rows(self) -> list[Any]:
        """Standard output as NDJSON: one value a line."""
        return [json.loads(line) for line in self.stdout.splitlines()]


@dataclass(slots=True)
class Program:
    """Call it with arguments as from a shell, `vexfsctl("breaker", "list", "--json")`."""

    environ: dict[str, str]
    """The whole environment; what a test adds with `env` comes on top."""
    clock: VirtualClock = field(default_factory=VirtualClock)
    wall_time: datetime = datetime(2026, 8, 21, 10, 0, tzinfo=UTC)
    open_tree: Callable[[Path, float], SysfsTree] = SysfsTree
    """How the program gets at a root: a test may put a live provider behind its files."""
    sysfs: Path = Path("/sys")
    """Where the block devices of the host are read."""
    config_file: Path = Path(os.devnull)
    """The configuration of the host, read in this process where `VEXFSCTL_CONFIG` is not set."""

    def __call__(
        self,
        *arguments: str,
        input: str | bytes = "",  # noqa: A002 - as subprocess.run calls it
        env: Mapping[str, str] | None = None,
        terminal: bool = False,
        encoding: str = "utf-8",
    ) -> Finished:
        """Run the command line in this process, with streams, clock and environment of its own.

        With *terminal* the streams are one, 80 columns wide unless `COLUMNS` says otherwise.
        *encoding* is that of the locale, `ascii` in the C locale.
        """
        make = _TerminalStream if terminal else _Stream
        stdin = make(input.encode() if isinstance(input, str) else input)
        stdout, stderr = make(encoding=encoding), make(encoding=encoding)
        environ = self.environ | dict(env or {})
        host = replace(self.host(environ), stdin=cast(BinaryIO, stdin.buffer))
        surroundings = Surroundings(environ, stdin, stdout, stderr, lambda: host, self.config_file)
        # click looks into the environment of the process.
        with mock.patch.dict(os.environ, surroundings.environ, clear=True):
            status = run(arguments, surroundings)
        return Finished(status, _text(stdout), _text(stderr))

    def offers(self, *words: str, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what a shell is to offer in place of the last of *words*, and what it says of it.

        A path that the shell is to complete is `file` or `dir` in angle brackets.
        """
        answer = self(*words, env={"_VEXFSCTL_COMPLETE": "zsh"} | dict(env or {}))
        assert (answer.exit_status, answer.stderr) == (0, "")
        lines = (line.split("\t") for line in answer.stdout.splitlines())
        return {
            text if kind == "word" else f"<{kind}>": "".join(told) for kind, text, *told in lines
        }

    def host(self, environ: Mapping[str, str]) -> Host:
        """Return the host that the program is asked about; standard input comes on top."""
        return replace(
            Host.of_this_machine(environ),
            name="host1",
            clock=self.clock,
            wall_clock=lambda: self.wall_time,
            boot_id="0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11",
            open_tree=self.open_tree,
            sysfs=self.sysfs,
        )

    def as_process(
        self,
        *arguments: str,
        input: str = "",  # noqa: A002
        env: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run `python -m vexfsctl` for real: own interpreter, imports, descriptors and clock."""
        process = subprocess.run(
            [sys.executable, "-m", "vexfsctl", *arguments],
            input=input,
            env=self.environ | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=BOUND_S,
            check=False,
        )
        return Finished(process.returncode, process.stdout, process.stderr)


@dataclass(slots=True)
class HostProgram(Program):
    """The program on this host, with its clocks, boot, volumes and log.

    In this process it costs a third of what a process costs. What ends a process is to be seen
    in one: a signal, and that no command hangs on what does not answer.
    """

    config_file: Path = STANDARD_FILE

    def __call__(
        self,
        *arguments: str,
        input: str | bytes = "",  # noqa: A002
        env: Mapping[str, str] | None = None,
        terminal: bool = False,
        encoding: str = "utf-8",
    ) -> Finished:
        """Run the command line in this process; fail where it does not end."""
        with _bounded():
            return Program.__call__(
                self, *arguments, input=input, env=env, terminal=terminal, encoding=encoding
            )

    def host(self, environ: Mapping[str, str]) -> Host:
        """This one."""
        return Host.of_this_machine(environ)


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    def give_up(*_: object) -> None:
        # A BaseException: the program cannot take it for its own.
        pytest.fail(f"the program did not end within {BOUND_S:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, BOUND_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def base_environment() -> dict[str, str]:
    """Return what a test's program inherits: where programs are, and nothing about this host."""
    inherited = {
        name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ
    }
    nothing_configured = {"VEXFSCTL_CONFIG": os.devnull, "VEXFSCTL_BREAKER_DIR": os.devnull}
    return inherited | {"LANG": "C.UTF-8", "TZ": "UTC", "TERM": "dumb"} | nothing_configured


def patient_environment() -> dict[str, str]:
    """Return the same for a program that works on this host, however busy it is."""
    return base_environment() | {"VEXFSCTL_CONFIG": str(Path(__file__).with_name("patient.toml"))}


class _Stream(io.TextIOWrapper):
    def __init__(self, content: bytes = b"", encoding: str = "utf-8") -> None:
        errors = "strict" if encoding == "utf-8" else "backslashreplace"
        super().__init__(io.BytesIO(content), encoding=encoding, errors=errors, newline="")


class _TerminalStream(_Stream):
    def isatty(self) -> bool:
        return True


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
