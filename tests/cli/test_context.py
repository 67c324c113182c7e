"""The answer on a terminal, in a pipe, in colour, page by page."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import BOUND_S, Program
from tests.support.tree import FakeTree

XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("arguments", "environment", "terminal", "coloured"),
    [
        ((), XTERM, True, True),
        ((), XTERM, False, False),
        ((), XTERM | {"NO_COLOR": "1"}, True, False),
        ((), XTERM | {"NO_COLOR": ""}, True, True),
        ((), {"TERM": "dumb"}, True, False),
        (("--color", "never"), XTERM, True, False),
        (("--color", "always"), XTERM | {"NO_COLOR": "1"}, True, True),
        (("--color", "always"), {"TERM": "dumb"}, False, True),
        ((), XTERM | {"VEXFSCTL_COLOR": "always"}, False, True),
    ],
)
def test_colour_is_for_those_who_can_see_it(
    vexfsctl: Program,
    tree: FakeTree,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    terminal: bool,
    coloured: bool,
) -> None:
    """On a terminal unless something speaks against it; what is said aloud wins."""
    result = vexfsctl(
        "breaker", "list", "loop0/file", *arguments, env=environment, terminal=terminal
    )

    assert ("\x1b[32mclosed" in result.stdout) is coloured
    assert ("\x1b" in result.stdout) is coloured


def test_a_terminal_table_keeps_to_its_columns(vexfsctl: Program, tree: FakeTree) -> None:
    """`COLUMNS` says how many; a pipe has no such thing."""
    narrow = XTERM | {"COLUMNS": "60", "LINES": "1000", "NO_COLOR": "1"}

    shown = vexfsctl("breaker", "show", "loop0/file", env=narrow, terminal=True)
    piped = vexfsctl("breaker", "show", "loop0/file", env=narrow)

    assert max(map(len, shown.stdout.splitlines())) <= 60
    assert max(map(len, piped.stdout.splitlines())) > 60


def test_a_long_answer_is_paged(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """Longer than the terminal is high: all of it goes to `$PAGER`, nothing past it."""
    paged = tmp_path / "paged"
    environment = XTERM | {"LINES": "8", "PAGER": f"sh -c 'cat > {paged}'", "NO_COLOR": "1"}

    result = vexfsctl("breaker", "list", env=environment, terminal=True)

    assert result.stdout == ""
    assert paged.read_text().splitlines()[0].startswith("VOLUME")
    assert len(paged.read_text().splitlines()) == 9


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("--no-pager",), {"LINES": "8"}),
        ((), {"LINES": "30"}),
        ((), {"LINES": "8", "PAGER": ""}),
        ((), {"LINES": "8", "PAGER": "/nowhere/pager"}),
    ],
)
def test_what_fits_or_cannot_be_paged_is_printed(
    vexfsctl: Program, tree: FakeTree, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    """A pager is a convenience, never a condition."""
    result = vexfsctl("breaker", "list", *arguments, env=XTERM | environment, terminal=True)

    assert len(result.stdout.splitlines()) == 9


def test_status_is_never_paged(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """However long it is, and whatever pager is set: nobody has to leave it first."""
    paged = tmp_path / "paged"
    environment = XTERM | {"LINES": "3", "PAGER": f"sh -c 'cat > {paged}'"}

    result = vexfsctl("status", env=environment, terminal=True)

    assert len(result.stdout.splitlines()) > 3
    assert not paged.exists()


def test_quiet_leaves_out_notes_only(vexfsctl: Program, tree: FakeTree) -> None:
    """What went wrong is told all the same."""
    tree.write("loop0/operations/file/breaker/state", "wobbly")

    result = vexfsctl("breaker", "list", "loop0/file", "--quiet")

    assert "'wobbly' is not one of" in result.stderr


def test_plain_answers_load_no_heavy_library(vexfsctl: Program, tree: FakeTree) -> None:
    """A breaker in JSON or in a pipe needs neither rich, pyudev nor anything of FUSE."""
    code = (
        "import sys; from vexfsctl.cli.main import run;"
        "status = run(['breaker', 'list', 'loop0']);"
        "heavy = {'rich', 'pyudev', 'vexfsctl.driver.fuse', 'vexfsctl.lab', 'asyncio'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env=vexfsctl.environ,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=True,
    )

    assert process.stderr == "[]\n"
