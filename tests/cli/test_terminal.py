"""Progress of long work: one line, on a terminal only, and nothing of it stays."""

import io

import pytest

from vexfsctl.cli.surroundings import Surroundings
from vexfsctl.cli.terminal import Terminal
from vexfsctl.host import Host


class TerminalStream(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Broken(TerminalStream):
    """One whose terminal has gone."""

    def write(self, text: str) -> int:
        """Fail as the kernel does."""
        raise OSError(5, "Input/output error")


def terminal(stderr: io.StringIO, term: str = "xterm", *, quiet: bool = False) -> Terminal:
    """The person whose standard error is *stderr*."""
    here = Surroundings(
        {"TERM": term}, io.StringIO(), io.StringIO(), stderr, lambda: Host.of_this_machine({})
    )
    return Terminal(here, quiet=quiet)


def shown(terminal: Terminal, *told: tuple[str, int, int]) -> str:
    """What standard error got of *told*."""
    with terminal.progress() as progress:
        for each in told:
            progress(*each)
    stream = terminal.surroundings.stderr
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_a_terminal_shows_one_line_that_goes_away() -> None:
    """Each state in the place of the one before, erased at the end."""
    assert shown(terminal(TerminalStream()), ("reading", 0, 4096), ("reading", 2048, 4096)) == (
        "\r\x1b[Kreading 0 %\r\x1b[Kreading 50 %\r\x1b[K"
    )


@pytest.mark.parametrize(
    "nobody",
    [
        terminal(io.StringIO()),
        terminal(TerminalStream(), "dumb"),
        terminal(TerminalStream(), quiet=True),
    ],
    ids=["pipe", "dumb", "quiet"],
)
def test_nothing_is_shown_elsewhere(nobody: Terminal) -> None:
    """Not in a pipe, not where a line cannot be erased, not under --quiet."""
    assert shown(nobody, ("reading", 1, 2)) == ""


def test_a_line_is_never_wrapped_and_never_hostile() -> None:
    """What is longer than a terminal could not be erased; controls are escaped."""
    text = shown(terminal(TerminalStream()), ("\x1b[31m" + "x" * 200, 0, 0))

    assert text == "\r\x1b[K\\x1b[31m" + "x" * 70 + "\r\x1b[K"


def test_a_terminal_that_has_gone_does_not_end_the_work() -> None:
    """Nobody watches any more."""
    assert shown(terminal(Broken()), ("reading", 1, 2)) == ""
