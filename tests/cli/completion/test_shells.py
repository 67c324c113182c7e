"""Completion adds to what was typed and never takes from it: in real shells, on a terminal."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.cli.completion.shells import SHELLS, Shell
from tests.cli.recorded import INCIDENT
from tests.support import privileges
from tests.support.program import BOUND_S
from tests.support.tree import FakeTree

NAMES = ("my vol", "star*s", "co:lon", "dol$lar", "über")
"""Names of volumes that a shell must quote, breaks words at, or counts in bytes."""

COMPLETED = {
    "vexfsctl volume show my": "my vol",
    'vexfsctl volume show "my': "my vol",
    "vexfsctl volume show 'my": "my vol",
    "vexfsctl volume show st": "star*s",
    "vexfsctl volume show co:": "co:lon",
    'vexfsctl volume show "dol': "dol$lar",
    "vexfsctl volume show üb": "über",
    "vexfsctl volume set loop0 access_mode=": "access_mode=r",
    "vexfsctl breaker reset loop0/st": "loop0/storage",
    "vexfsctl recover plan --error=NoSp": "--error=NoSpace",
    "vexfsctl recover plan --hints retry,us": "retry,use_fallback",
    "vexfsctl log --log ~/sav": "~/saved log",
    "vexfsctl log --log=sav": "--log=saved log",
    "vexfsctl log --log journal:jour": "journal:journals/",
    "vexfsctl explain ioerr": "IoError",
    "vexfsctl gen": "gen",
}
"""What is typed, and the last word after the TAB key, without quotes."""


@pytest.fixture(params=[*SHELLS])
def shell(
    request: pytest.FixtureRequest,
    shell_environment: dict[str, str],
    tree: FakeTree,
    tmp_path: Path,
) -> Iterator[Shell]:
    """Each shell, in a directory with a log and a journal."""
    privileges.require(request.param)
    for name in NAMES:
        (tree.root / name).mkdir()
    (tmp_path / "saved log").touch()
    (tmp_path / "journals").mkdir()
    environment = shell_environment | {"VEXFSCTL_LOG": str(INCIDENT)}
    with Shell(SHELLS[request.param], environment, tmp_path) as shell:
        yield shell


def test_the_tab_key_completes_and_takes_nothing_back(shell: Shell) -> None:
    """Words, names with special characters, values, paths; ids come with their error."""
    lines = {typed: shell.complete(typed) for typed in COMPLETED}
    shell.list("vexfsctl trace ", "CORR-6F1C93A20000002A", "IoError.ReadError sdq1/")

    assert dict(zip(lines, last_words(lines.values()), strict=True)) == COMPLETED
    assert [
        (typed, line)
        for typed, line in lines.items()
        if not line.casefold().startswith(typed.casefold())
    ] == []


def last_words(lines: Iterable[str]) -> list[str]:
    """The last word of each line as a shell understands it, in a home that is called `~`."""
    script = 'for line; do eval "set -- $line"; for word; do :; done; printf "%s\\n" "$word"; done'
    understood = subprocess.run(
        ["sh", "-c", script, "sh", *lines],
        env={"HOME": "~"},
        capture_output=True,
        text=True,
        check=True,
        timeout=BOUND_S,
    )
    return understood.stdout.splitlines()
