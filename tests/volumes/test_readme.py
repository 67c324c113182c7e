"""README's commands, typed in its order: each works as written, on a host of any age."""

import gzip
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.recorded import INCIDENT
from tests.support.program import BOUND_S, base_environment
from tests.support.readme import README, blocks_below
from tests.volumes.conftest import Volumes, new_name
from vexfsctl.lab.layout import Layout

DEMO = README.with_name("script") / "demo"
READS = {"status", "errors", "log", "trace", "device"}
"""End with 3 where the ring buffer of this host has wrapped."""


def first_steps(block: int) -> list[str]:
    """Return the commands of one of its blocks."""
    commands = blocks_below("First steps")[block]
    return [command.text.partition(" #")[0].rstrip() for command in commands]


def run(command: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run *command* as a shell does where vexfsctl is on the path."""
    program = shlex.join([sys.executable, "-m", "vexfsctl"])
    return subprocess.run(
        ["sh", "-c", f'vexfsctl() {{ {program} "$@"; }}; {command}'],
        env=base_environment() | {"VEXFSCTL_STATE_DIR": str(directory / "state")},
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )


def statuses_of(command: str) -> set[int]:
    """Return the exit statuses with which *command* does its job."""
    words = command.split()
    if words[0] == "cat":
        return {1}
    if words[1] == "check":
        return {2}
    if words[1:3] == ["recover", "replay"]:
        # How many requests one read of the kernel makes is its own affair.
        return {0, 4}
    if words[1] in READS or words[1:3] == ["recover", "plan"]:
        return {0, 3}
    return {0}


@pytest.mark.privileged("fuse", "loop")
def test_the_first_steps_break_a_volume_and_mend_it(layout: Layout, tmp_path: Path) -> None:
    """Through the volume: at the end its breaker is closed and its file whole."""
    name, answers = layout.name, {}
    for command in first_steps(0):
        told = re.sub(r"(?<!vexfsctl/)\blab\b(?=/|$)|(?<=-V )lab\b", name, command)
        told = re.sub(r"vexfsctl lab \w+", rf"\g<0> --name {name}", told)

        answers[command] = answer = run(told, tmp_path)

        assert answer.returncode in statuses_of(command), (told, answer.stdout, answer.stderr)

    assert f"{name}/storage: breaker open" in answers["vexfsctl status lab"].stdout
    replayed = answers["vexfsctl recover replay lab/storage --yes"]
    assert (replayed.returncode, "The fault is gone" in replayed.stdout) == (0, True)
    assert not layout.directory.exists()


@pytest.mark.privileged("fuse")
def test_directories_and_logs_of_ones_own(volumes: Volumes, tmp_path: Path) -> None:
    """Two directories of one disk become volumes by the names of their mount points."""
    name = new_name()
    (tmp_path / "customer.dmesg.gz").write_bytes(gzip.compress(INCIDENT.read_bytes()))
    for each in ("data", "mail"):
        (tmp_path / "srv" / f"{name}-{each}").mkdir(parents=True)
        (tmp_path / "mnt" / f"{name}-{each}").mkdir(parents=True)
        volumes.names.append(f"{name}-{each}")

    for command in first_steps(1):
        told = re.sub(r"\b(data|mail)\b", rf"{name}-\1", command)
        told = re.sub(r"/(srv|mnt)/", rf"{tmp_path}/\1/", told)

        answer = run(told, tmp_path)

        assert answer.returncode in statuses_of(command), (told, answer.stdout, answer.stderr)

    assert not os.path.ismount(tmp_path / "mnt" / f"{name}-data")
    assert os.path.ismount(tmp_path / "mnt" / f"{name}-mail")


def test_the_demo_asks_for_its_own_volume() -> None:
    """Other volumes of the host, and the labs of others, have no part in its story."""
    live = DEMO.read_text().partition("\nlive() {\n")[2].partition("\n}\n")[0]
    commands = re.findall(r"vexfsctl (?:status|check|trace|recover plan|recover replay).*", live)

    assert len(commands) == 7
    assert [command for command in commands if '"$LAB' not in command] == []
