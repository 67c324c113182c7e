"""Completion adds to what was typed and never takes from it, in the program and in real shells."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.support import privileges
from tests.support.program import BOUND_S, Program
from tests.support.tree import FakeTree

COMPLETIONS = Path(__file__).parents[3] / "completions"
BEGUN = (
    "explain IoErr",
    "explain IOErr",
    "explain ioerr",
    "explain HALF",
    "explain operations/sync/breaker/t",
    "recover plan --error IoErr",
    "recover plan --hints retry,re",
    "recover plan lo",
    "trace loop0/s",
    "breaker reset l",
    "breaker set loop0/file win",
    "breaker wait loop0/file --until h",
    "volume set loop0 retry/m",
    "log --op s",
    "log --log j",
    "status --format j",
    "lab run --",
    "bre",
)
"""Something for each kind of completion: names, targets, lists, keys, words, options, commands."""
IN_ANOTHER_CASE = {"ioerr": "IoErr", "HALF": "half"}
"""What the offers begin with where nothing begins with exactly what was typed."""

TYPED = (
    "vexfsctl explain IoErr",
    "vexfsctl explain ioerr",
    "vexfsctl recover plan --error=IoErr",
    "vexfsctl recover plan --hints retry,us",
    "vexfsctl breaker set loop0/file win",
)
CLEAR, WRITE = "\x15", "\x07"
SHELLS = {
    "bash": (
        ["bash", "--rcfile", "rc", "-i"],
        "rc",
        f"""
        source {COMPLETIONS}/vexfsctl.bash
        bind -x '"\\C-g": echo "$READLINE_LINE" >> lines'
        touch lines
        """,
    ),
    "zsh": (
        ["zsh", "-d", "-i"],
        ".zshrc",
        f"""
        autoload -Uz compinit; compinit -u -D
        source {COMPLETIONS}/_vexfsctl
        write_line() {{ print -r -- "$BUFFER" >> lines }}
        zle -N write_line; bindkey '^G' write_line
        touch lines
        """,
    ),
    "fish": (
        ["fish", "--no-config", "--init-command", "source rc", "-i"],
        "rc",
        f"""
        source {COMPLETIONS}/vexfsctl.fish
        bind \\cg 'commandline >> lines'
        touch lines
        """,
    ),
}
"""How each is started, the name of the file it begins with, and what is in it."""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_offers_begin_with_what_was_typed(vexfsctl: Program, tree: FakeTree, shell: str) -> None:
    """All alike: a shell replaces it by what everything it is offered begins with."""
    taken_back = []
    for words in BEGUN:
        typed = words.rpartition(" ")[2]
        offers = _offers(vexfsctl, shell, f"vexfsctl {words}", typed)
        if {offer[: len(typed)] for offer in offers} != {IN_ANOTHER_CASE.get(typed, typed)}:
            taken_back.append((words, offers))

    assert taken_back == []


def _offers(vexfsctl: Program, shell: str, line: str, typed: str) -> list[str]:
    at = typed if shell == "fish" else str(line.count(" "))
    environment = {"COMP_WORDS": line, "COMP_CWORD": at}
    answer = vexfsctl(env=environment | {"_VEXFSCTL_COMPLETE": f"{shell}_complete"})
    lines = answer.stdout.splitlines()
    if shell == "zsh":
        return lines[1::3]
    return [line.partition(",")[2].partition("\t")[0] for line in lines]


@pytest.mark.parametrize("shell", list(SHELLS))
def test_the_tab_key_only_adds(
    shell: str, shell_environment: dict[str, str], tmp_path: Path
) -> None:
    """In each shell, on a terminal: the line afterwards begins with what was typed."""
    privileges.require(shell)

    lines = _complete_lines(shell, shell_environment, tmp_path)

    assert len(lines) == len(TYPED)
    assert [
        (typed, line)
        for typed, line in zip(TYPED, lines, strict=True)
        if not line.casefold().startswith(typed.casefold())
    ] == []
    assert lines[0].rstrip() == "vexfsctl explain IoError"


def _complete_lines(shell: str, environment: Mapping[str, str], home: Path) -> Sequence[str]:
    """Type each line and a tab, and return what the shell makes of them."""
    command, name, text = SHELLS[shell]
    (home / name).write_text(text)
    written = home / "lines"
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", *command],
        stdin=end,
        stdout=end,
        stderr=end,
        cwd=home,
        env={**environment, "HOME": str(home), "ZDOTDIR": str(home), "TERM": "xterm"},
    )
    os.close(end)
    try:
        _read_until(terminal, written.exists)
        for count, typed in enumerate(TYPED, start=1):
            os.write(terminal, f"{CLEAR}{typed}\t{WRITE}".encode())
            _read_until(terminal, partial(_has_lines, written, count))
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    return written.read_text().splitlines()


def _has_lines(file: Path, count: int) -> bool:
    return file.read_text().count("\n") == count


def _read_until(terminal: int, done: Callable[[], bool]) -> None:
    """Take what the shell prints, lest it waits for a reader."""
    end = time.monotonic() + BOUND_S
    while not done():
        assert time.monotonic() < end
        if select.select([terminal], [], [], 0.02)[0]:
            os.read(terminal, 1 << 16)
