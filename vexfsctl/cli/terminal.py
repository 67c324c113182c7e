"""The person at the terminal: answers, messages, notes and questions on the standard streams."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from vexfsctl.cli.surroundings import Surroundings
from vexfsctl.exceptions import ActionFailed, Problem
from vexfsctl.render.choices import ColourChoice
from vexfsctl.render.signs import takes_all

if TYPE_CHECKING:
    from vexfsctl.model.coverage import Coverage
    from vexfsctl.recovery.device.target import Progress
    from vexfsctl.recovery.ledger.entries import Who
    from vexfsctl.render.formats import Screen
    from vexfsctl.render.result import Line

_ERASE = "\r\x1b[K"
_PROGRESS_WIDTH = 78
"""A line that wraps could not be erased; hardly any terminal is narrower."""


class OutputFailed(ActionFailed):
    """The answer could not be written: a full disk, not a reader that has gone."""

    code = "output_failed"


class Terminal:
    """An `Operator` on the standard streams, terminals or not."""

    def __init__(
        self,
        surroundings: Surroundings,
        color: ColourChoice = ColourChoice.AUTO,
        quiet: bool = False,
        verbose: bool = False,
    ) -> None:
        self.surroundings = surroundings
        self.color = color
        self.quiet = quiet
        self.verbose = verbose

    @property
    def interactive(self) -> bool:
        """Whether there is a person to ask: input and output are terminals."""
        return self.surroundings.stdin.isatty() and self.surroundings.stderr.isatty()

    @property
    def who(self) -> "Who":
        """The user, the caller of sudo, and the terminal."""
        # Deferred: only the ledger needs it.
        from vexfsctl.recovery.ledger.entries import Who

        stdin = self.surroundings.stdin
        try:
            tty = os.ttyname(stdin.fileno()) if stdin.isatty() else None
        except (OSError, ValueError):
            tty = None
        return Who(os.getuid(), self.surroundings.environ.get("SUDO_USER"), tty, os.getpid())

    @property
    def shows_screens(self) -> bool:
        """Whether standard output is a terminal that can move its cursor."""
        return self.surroundings.stdout.isatty() and not self._is_dumb

    @property
    def screen(self) -> "Screen":
        """The screen that tables are drawn for."""
        # Deferred, like everything that renders: help and completions need none of it.
        from vexfsctl.render.formats import Screen

        width = self.columns if self.shows_screens else None
        return Screen(width=width, colour=self.colour, encoding=self.encoding)

    @property
    def encoding(self) -> str:
        """Which characters standard output has."""
        return _encoding_of(self.surroundings.stdout)

    @property
    def columns(self) -> int:
        """Columns of the terminal; 80 if there is none."""
        return self._size().columns

    @property
    def height(self) -> int:
        """Lines of the terminal."""
        return self._size().lines

    @property
    def colour(self) -> bool:
        """Whether text on standard output is coloured (`--color`, `NO_COLOR`, `TERM`)."""
        if self.color is ColourChoice.AUTO:
            return self.shows_screens and not self.surroundings.environ.get("NO_COLOR")
        return self.color is ColourChoice.ALWAYS

    def write(self, text: str) -> None:
        """Write *text* to standard output now; raise OutputFailed if it cannot be written.

        BrokenPipeError passes: a reader that has gone is not a failure.
        """
        try:
            self.surroundings.stdout.write(text)
            self.surroundings.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as cause:
            raise OutputFailed(f"standard output: {cause.strerror}") from cause

    def ask(self, question: str) -> bool:
        """Return whether the person answers yes; call it only when `interactive`."""
        from vexfsctl.render.plain import render_line

        self.surroundings.stderr.write(f"{render_line(self._fit(question))} [y/N] ")
        self.surroundings.stderr.flush()
        return self.surroundings.stdin.readline().strip().lower() in ("y", "yes")

    def tell(self, text: str) -> None:
        """Write something that must not be missed."""
        from vexfsctl.render.result import Span, Tone

        self._tell((Span("vexfsctl: ", Tone.STRONG), text))

    def note(self, text: str) -> None:
        """Write a note, unless `--quiet`."""
        if not self.quiet:
            self._tell(text)

    def detail(self, text: str) -> None:
        """Write a detail, only with `--verbose`."""
        if self.verbose:
            self._tell(text)

    def warn(self, problem: Problem) -> None:
        """Report a problem and its hint."""
        self.tell(problem.message)
        if problem.hint is not None:
            from vexfsctl.render.result import Span, Tone

            self._tell((Span("hint: ", Tone.STRONG), problem.hint))

    def tell_gaps(self, coverage: "Coverage") -> None:
        """Report which part of the evidence was missing, and what else to know of it."""
        for gap in coverage.gaps:
            lost = "" if gap.lost is None else f", {gap.lost} lost"
            detail = "" if gap.detail is None else f" ({gap.detail})"
            self._tell(f"vexfsctl: incomplete: {gap.source}: {gap.reason}{lost}{detail}")
        for note in coverage.notes:
            told = "" if note.lost is None else f", lines: {note.lost}"
            detail = "" if note.detail is None else f" ({note.detail})"
            self._tell(f"vexfsctl: note: {note.source}: {note.reason}{told}{detail}")

    @contextmanager
    def progress(self) -> Iterator["Progress"]:
        """Show how far long work is: one line, on a terminal only, erased at its end."""
        from vexfsctl.render.plain import render_line

        shown = self.surroundings.stderr.isatty() and not self.quiet and not self._is_dumb

        def tell(what: str, done: int, total: int) -> None:
            if shown:
                share = done * 100 // total if total else 0
                line = f"{render_line(self._fit(what))} {share} %"
                self._write_aside(_ERASE + line[:_PROGRESS_WIDTH])

        try:
            yield tell
        finally:
            if shown:
                self._write_aside(_ERASE)

    @property
    def _is_dumb(self) -> bool:
        return self.surroundings.environ.get("TERM") == "dumb"

    def _tell(self, line: "Line") -> None:
        from vexfsctl.render.plain import render_line

        colour = self.colour and self.surroundings.stderr.isatty()
        self._write_aside(render_line(self._fit(line), colour=colour) + "\n")

    def _fit(self, line: "Line") -> "Line":
        encoding = _encoding_of(self.surroundings.stderr)
        if takes_all(encoding):
            return line
        from vexfsctl.render.encoding import fit_line

        return fit_line(line, encoding)

    def _write_aside(self, text: str) -> None:
        # Standard error may be gone with its terminal; that must fail neither answer nor work.
        with suppress(OSError):
            self.surroundings.stderr.write(text)
            self.surroundings.stderr.flush()

    def _size(self) -> os.terminal_size:
        environ = self.surroundings.environ
        columns, lines = _number(environ.get("COLUMNS")), _number(environ.get("LINES"))
        try:
            size = os.get_terminal_size(self.surroundings.stdout.fileno())
        except OSError:
            size = os.terminal_size((80, 24))
        return os.terminal_size((columns or size.columns or 80, lines or size.lines or 24))


def _encoding_of(stream: TextIO) -> str:
    # A stream in memory has none and takes everything.
    return getattr(stream, "encoding", None) or "utf-8"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
