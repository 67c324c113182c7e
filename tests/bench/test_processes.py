"""What a process costs: all of it, nothing else, and never longer than was allowed."""

from pathlib import Path
from time import monotonic

import pytest

from bench.processes import Command, UnmeasuredError, run_once
from tests.support.program import base_environment


def _shell(script: str, *, fed_from: Path | None = None) -> Command:
    return Command(("sh", "-c", script), base_environment(), fed_from)


def test_cost_has_the_children_in_it() -> None:
    """Their CPU time counts as the shell's own does, and a small program has a small peak."""
    cost = run_once(_shell("(i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done); echo; echo"), 60)

    assert cost.cpu_ns > 5e6
    assert cost.cpu_ns < 1.5 * cost.wall_ns
    assert cost.lines == 2
    # This process has several times as much.
    assert cost.peak_bytes < 20 << 20


def test_file_comes_through_a_pipe(tmp_path: Path) -> None:
    """A program may leave most of it."""
    log = tmp_path / "log"
    log.write_text("one\ntwo\n" * 100_000)

    assert run_once(_shell("cat", fed_from=log), 60).lines == 200_000
    assert run_once(_shell("head -n 3", fed_from=log), 60).lines == 3


def test_run_that_takes_too_long_ends() -> None:
    """With its children, and the reason is told."""
    start = monotonic()

    with pytest.raises(UnmeasuredError, match=r"^over 0\.1 s$"):
        run_once(_shell("sleep 60 & wait"), 0.1)

    assert monotonic() - start < 30


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (_shell("echo why >&2; exit 3"), "status 3: why"),
        (Command(("no-such-program",), base_environment()), "no no-such-program"),
    ],
)
def test_program_that_fails_is_not_measured(command: Command, reason: str) -> None:
    """How quickly it fails says nothing."""
    with pytest.raises(UnmeasuredError, match=f"^{reason}$"):
        run_once(command, 60)
