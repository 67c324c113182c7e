"""The one object a command is handed: its global options, its surroundings, and `show`."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from vexfsctl import __version__
from vexfsctl.cli.surroundings import Surroundings
from vexfsctl.config.configuration import Configuration
from vexfsctl.exceptions import ActionFailed, ExitStatus
from vexfsctl.model.clock import Clock
from vexfsctl.model.coverage import Coverage
from vexfsctl.render.choices import ColourChoice, OutputFormat
from vexfsctl.render.envelope import Provenance, render_ndjson_row
from vexfsctl.render.formats import Screen, render
from vexfsctl.render.plain import render_line
from vexfsctl.render.result import CommandResult, Line, Problem, Span, Table, Tone
from vexfsctl.render.tsv import render_tsv_row

_WAIT_TIMEOUT_S = 30.0


class OutputFailed(ActionFailed):
    """Standard output did not take the answer: a full disk, not a reader that has gone."""

    code = "output_failed"


@dataclass(slots=True)
class AppContext:
    """Filled by the global options and the configuration, then handed to the command."""

    surroundings: Surroundings
    config_file: Path | None = None
    """The configuration file that was named; None: the standard one."""
    configuration: Configuration = field(default_factory=Configuration)
    """What the file says; of what is an option too, the fields below have what counts."""
    roots: tuple[Path, ...] = ()
    """Roots of attribute trees; empty: the standard ones."""
    logs: tuple[str, ...] = ()
    """Log sources as written: `kmsg`, a path, `-`; empty: what the volumes say."""
    output: OutputFormat = OutputFormat.TABLE
    color: ColourChoice = ColourChoice.AUTO
    pager: bool = True
    quiet: bool = False
    verbose: bool = False
    timeout: float | None = None
    waits: bool = False
    """Set by a verb that waits: `--timeout` is then its own, and sources keep the default."""
    command: str = ""
    """Words of the running command joined by dots, `breaker.list`; empty before it is known."""
    judging: bool = False
    """Whether the exit status of this command is a verdict: whatever fails is then UNKNOWN."""
    looked_at: Coverage = field(default_factory=Coverage, init=False)
    """What the command consulted last, for the envelope of an answer that it does not come to."""
    exit_status: int = field(default=ExitStatus.OK, init=False)

    @property
    def clock(self) -> Clock:
        """Monotonic time."""
        return self.surroundings.clock

    @property
    def source_timeout(self) -> float:
        """Seconds one source may take to answer."""
        if self.timeout is None or self.waits:
            return self.configuration.source_timeout_ms / 1_000
        return self.timeout

    @property
    def wait_timeout(self) -> float:
        """Seconds a waiting verb waits."""
        return _WAIT_TIMEOUT_S if self.timeout is None else self.timeout

    @property
    def on_terminal(self) -> bool:
        """Whether standard output is a terminal that can move its cursor."""
        return self.surroundings.stdout.isatty() and self.surroundings.environ.get("TERM") != "dumb"

    @property
    def colour(self) -> bool:
        """Whether text on standard output is coloured (`--color`, `NO_COLOR`, `TERM`)."""
        if self.color is ColourChoice.AUTO:
            return self.on_terminal and not self.surroundings.environ.get("NO_COLOR")
        return self.color is ColourChoice.ALWAYS

    @property
    def screen(self) -> Screen:
        """What tables are drawn for."""
        width = self._terminal_size().columns if self.on_terminal else None
        return Screen(width=width, colour=self.colour)

    @property
    def height(self) -> int:
        """Lines of the terminal."""
        return self._terminal_size().lines

    def show(self, result: CommandResult) -> None:
        """Print *result* as asked, its problems to standard error, and take its exit status."""
        self.exit_status = max(self.exit_status, result.status)
        self._print_or_page(self.text_of(result))
        if not self.output.is_json:
            self.tell_gaps(result.coverage)
            for problem in result.problems:
                self.warn(problem)
            self.detail(f"read: {', '.join(result.coverage.sources) or 'nothing'}")

    def text_of(self, result: CommandResult) -> str:
        """Render *result* in the format asked for, without printing it."""
        return render(result, self.output, self._provenance(), self.screen)

    def show_row(self, row: object, table: Table, line: Line) -> None:
        """Print one row at once, for commands that follow; JSON means NDJSON there."""
        if self.output.is_json:
            self.write(render_ndjson_row(row))
        elif self.output is OutputFormat.TSV:
            self.write(render_tsv_row(table, row) + "\n")
        else:
            self.write(render_line(line, colour=self.colour) + "\n")

    def write(self, text: str) -> None:
        """Send *text* to standard output now; OutputFailed when it cannot be written.

        BrokenPipeError passes: a reader that has gone is no failure.
        """
        try:
            self.surroundings.stdout.write(text)
            self.surroundings.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as cause:
            raise OutputFailed(f"standard output: {cause.strerror}") from cause

    def warn(self, problem: Problem) -> None:
        """Tell a problem and its hint on standard error."""
        self.tell((Span("vexfsctl: ", Tone.STRONG), problem.message))
        if problem.hint is not None:
            self.tell((Span("hint: ", Tone.STRONG), problem.hint))

    def note(self, line: Line) -> None:
        """Tell something worth knowing on standard error, unless `--quiet`."""
        if not self.quiet:
            self.tell(line)

    def detail(self, line: Line) -> None:
        """Tell something on standard error only under `--verbose`."""
        if self.verbose:
            self.tell(line)

    def tell(self, line: Line) -> None:
        """Tell something on standard error that must not be missed."""
        stderr = self.surroundings.stderr
        # Standard error may be gone with its terminal; the answer must not fail for that.
        with suppress(OSError):
            stderr.write(render_line(line, colour=self.colour and stderr.isatty()) + "\n")
            stderr.flush()

    def ask(self, question: str) -> bool:
        """Whether the person at the terminal answers yes; ask only when `interactive`."""
        self.surroundings.stderr.write(f"{render_line(question)} [y/N] ")
        self.surroundings.stderr.flush()
        return self.surroundings.stdin.readline().strip().lower() in ("y", "yes")

    def fail(self, problem: Problem, status: ExitStatus, *others: Problem) -> None:
        """Report a command that did not come to an answer, for one reason or for several."""
        problems = (problem, *others)
        status = self.status_of_failure(status)
        self.exit_status = max(self.exit_status, status)
        if self.output.is_json:
            schema = self.command or "error"
            failure = CommandResult(
                schema, None, coverage=self.looked_at, problems=problems, exit_status=status
            )
            self.write(self.text_of(failure))
        elif self.judging and self.output is OutputFormat.TABLE:
            # Deferred: only a failing check has need of it.
            from vexfsctl.render.plugin import render_plugin_line

            self.write(render_plugin_line("UNKNOWN", problem.message) + "\n")
        for each in problems:
            self.warn(each)

    def status_of_failure(self, status: ExitStatus) -> ExitStatus:
        """Return *status*, or 3 where it would be read as a verdict that nobody came to."""
        return ExitStatus.INCOMPLETE if self.judging else status

    def tell_gaps(self, coverage: Coverage) -> None:
        """Tell on standard error which part of the evidence was missing."""
        for gap in coverage.gaps:
            lost = "" if gap.lost is None else f", {gap.lost} lost"
            detail = "" if gap.detail is None else f" ({gap.detail})"
            self.tell(f"vexfsctl: incomplete: {gap.source}: {gap.reason}{lost}{detail}")

    def _print_or_page(self, text: str) -> None:
        fits = text.count("\n") < self.height
        wanted = self.pager and self.on_terminal and self.surroundings.stdin.isatty()
        if fits or not wanted or not self._page(text):
            self.write(text)

    def _page(self, text: str) -> bool:
        # Deferred: it needs subprocess, and few answers are that long.
        from vexfsctl.cli.pager import page

        return page(text, self.surroundings.environ)

    def _terminal_size(self) -> os.terminal_size:
        environ = self.surroundings.environ
        columns, lines = _number(environ.get("COLUMNS")), _number(environ.get("LINES"))
        try:
            size = os.get_terminal_size(self.surroundings.stdout.fileno())
        except OSError:
            size = os.terminal_size((80, 24))
        return os.terminal_size((columns or size.columns or 80, lines or size.lines or 24))

    def _provenance(self) -> Provenance:
        here = self.surroundings
        return Provenance(__version__, here.wall_clock(), here.host, here.boot_id)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


pass_app = click.make_pass_decorator(AppContext)
