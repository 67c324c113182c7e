"""Progress of long work: one line, on a terminal only, and nothing of it stays."""

import io
from datetime import UTC, datetime

import pytest

from tests.support.clock import VirtualClock
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.progress import progress_line
from vexfsctl.cli.surroundings import Surroundings


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Broken(Terminal):
    """One whose terminal has gone."""

    def write(self, text: str) -> int:
        """Fail as the kernel does."""
        raise OSError(5, "Input/output error")


def application(stderr: io.StringIO, term: str = "xterm", *, quiet: bool = False) -> AppContext:
    """The program with *stderr* as its standard error."""
    here = Surroundings(
        environ={"TERM": term},
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        stderr=stderr,
        clock=VirtualClock(),
        wall_clock=lambda: datetime(2026, 8, 21, tzinfo=UTC),
        host="host1",
        boot_id=None,
    )
    return AppContext(here, quiet=quiet)


def shown(app: AppContext, *told: tuple[str, int, int]) -> str:
    """What standard error got of *told*."""
    with progress_line(app) as progress:
        for each in told:
            progress(*each)
    stream = app.surroundings.stderr
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_a_terminal_shows_one_line_that_goes_away() -> None:
    """Each state in the place of the one before, erased at the end."""
    assert shown(application(Terminal()), ("reading", 0, 4096), ("reading", 2048, 4096)) == (
        "\r\x1b[Kreading 0 %\r\x1b[Kreading 50 %\r\x1b[K"
    )


@pytest.mark.parametrize(
    "app",
    [
        application(io.StringIO()),
        application(Terminal(), "dumb"),
        application(Terminal(), quiet=True),
    ],
    ids=["pipe", "dumb", "quiet"],
)
def test_nothing_is_shown_elsewhere(app: AppContext) -> None:
    """Not in a pipe, not where a line cannot be erased, not under --quiet."""
    assert shown(app, ("reading", 1, 2)) == ""


def test_a_line_is_never_wrapped_and_never_hostile() -> None:
    """What is longer than a terminal could not be erased; controls are escaped."""
    text = shown(application(Terminal()), ("\x1b[31m" + "x" * 200, 0, 0))

    assert text == "\r\x1b[K\\x1b[31m" + "x" * 70 + "\r\x1b[K"


def test_a_terminal_that_has_gone_does_not_end_the_work() -> None:
    """Nobody watches any more."""
    assert shown(application(Broken()), ("reading", 1, 2)) == ""
