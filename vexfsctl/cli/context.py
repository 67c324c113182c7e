"""The one object that a command gets: its global options, the host, the operator, and `show`."""

from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vexfsctl import __version__
from vexfsctl.cli.surroundings import Surroundings
from vexfsctl.cli.terminal import Terminal
from vexfsctl.config.configuration import Configuration
from vexfsctl.exceptions import ExitStatus, Problem
from vexfsctl.render.choices import ColourChoice, OutputFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vexfsctl.host.host import Host
    from vexfsctl.model.coverage import Coverage
    from vexfsctl.render.envelope import Provenance
    from vexfsctl.render.result import CommandResult

_WRITTEN_AT_ONCE = 1 << 16
"""Characters of a long answer that are written together."""


@dataclass(slots=True)
class AppContext:
    """Filled by the global options and the configuration, then passed to the command."""

    surroundings: Surroundings
    config_file: Path | None = None
    """The configuration file that was asked for; None: the standard one."""
    configuration: Configuration = field(default_factory=Configuration)
    """What the file says; where an option exists too, the field below has the value in force."""
    roots: tuple[Path, ...] = ()
    """Roots of attribute trees; empty: the standard ones."""
    logs: tuple[str, ...] = ()
    """Log sources as written: `kmsg`, `journal`, a path, `-`; empty: those of the volumes."""
    output: OutputFormat = OutputFormat.TABLE
    color: ColourChoice = ColourChoice.AUTO
    pager: bool = True
    quiet: bool = False
    verbose: bool = False
    timeout: float | None = None
    waits: bool = False
    """Set by a verb that waits: `--timeout` then limits its wait, and sources keep the default."""
    command: str = ""
    """The running command, its words joined by dots (`breaker.list`); empty until it is known."""
    judging: bool = False
    """Whether the exit status of this command is a verdict: any failure is then UNKNOWN."""
    failure_status: int | None = None
    """Exit status of every failure of this command; None: what each failure says."""
    exit_status: int = field(default=ExitStatus.OK, init=False)

    @property
    def host(self) -> "Host":
        """This host, with the roots, sources and limits that options and configuration give."""
        from vexfsctl.host.host import Deadlines, Windows
        from vexfsctl.logs.files.names import split_names

        here, configuration = self.surroundings, self.configuration
        source_s = configuration.source_timeout_ms / 1_000
        wait_s = Deadlines().wait_s
        if self.timeout is not None:
            wait_s = self.timeout
            source_s = source_s if self.waits else self.timeout
        return replace(
            here.host(),
            roots=self.roots,
            logs=self.logs,
            usual_logs=frozenset(
                {*configuration.logs, *split_names(here.environ.get("VEXFSCTL_LOG", ""))}
            ),
            deadlines=Deadlines(source_s=source_s, wait_s=wait_s),
            windows=Windows(configuration.status_window_ms, configuration.check_window_ms),
        )

    @property
    def terminal(self) -> Terminal:
        """The person at the terminal."""
        return Terminal(self.surroundings, self.color, self.quiet, self.verbose)

    def show(self, result: "CommandResult", *, paged: bool = True) -> None:
        """Print *result* in the format asked for and its problems; take its exit status.

        Text that is longer than the terminal goes through the pager if *paged*.
        """
        self.exit_status = max(self.exit_status, result.status)
        pieces = self._render(result)
        if paged:
            self._print_or_page(pieces)
        else:
            self._print(pieces)
        if not self.output.is_json:
            terminal = self.terminal
            terminal.tell_gaps(result.coverage)
            for problem in result.problems:
                terminal.warn(problem)
            terminal.detail(f"read: {', '.join(result.coverage.sources) or 'nothing'}")

    def text_of(self, result: "CommandResult") -> str:
        """Render *result* in the format asked for, without printing it."""
        return "".join(self._render(result))

    def show_rows(self, result: "CommandResult") -> None:
        """Print the rows of *result* as they come, for commands that follow a log.

        Nothing stands before or after them; JSON means NDJSON here.
        """
        from vexfsctl.render.envelope import render_ndjson_row
        from vexfsctl.render.plain import render_plain
        from vexfsctl.render.result import Rows
        from vexfsctl.render.tsv import render_tsv

        pieces: Iterator[str]
        if self.output is OutputFormat.TABLE:
            pieces = render_plain(result, colour=self.terminal.colour)
        elif self.output is OutputFormat.TSV:
            pieces = islice(render_tsv(result), 1, None)
        else:
            assert isinstance(result.data, Rows)
            pieces = map(render_ndjson_row, result.data)
        self._print(pieces)

    def write(self, text: str) -> None:
        """Write *text* to standard output now; raise OutputFailed if it cannot be written."""
        self.terminal.write(text)

    def note(self, text: str) -> None:
        """Write a note to standard error, unless `--quiet`."""
        self.terminal.note(text)

    def fail(
        self,
        problem: Problem,
        status: ExitStatus,
        *others: Problem,
        coverage: "Coverage | None" = None,
    ) -> None:
        """Report a command that failed, for one reason or for several.

        *coverage* is what it had consulted by then.
        """
        problems = (problem, *others)
        exit_status = self.status_of_failure(status)
        self.exit_status = max(self.exit_status, exit_status)
        if self.output.is_json:
            from vexfsctl.model.coverage import Coverage
            from vexfsctl.render.result import CommandResult

            schema = self.command or "error"
            failure = CommandResult(
                schema,
                None,
                coverage=coverage or Coverage(),
                problems=problems,
                exit_status=exit_status,
            )
            self.write(self.text_of(failure))
        elif self.judging and self.output is OutputFormat.TABLE:
            # Deferred: only a failing check needs it.
            from vexfsctl.render.plugin import plugin_line
            from vexfsctl.render.result import CommandResult, Paragraph

            line = Paragraph((plugin_line("UNKNOWN", problem.message),), verbatim=True)
            self.write(self.text_of(CommandResult(self.command, None, (line,))))
        for each in problems:
            self.terminal.warn(each)

    def status_of_failure(self, status: ExitStatus) -> int:
        """Return *status*, or one that is not taken for a verdict, or another program's."""
        if self.failure_status is not None:
            return self.failure_status
        return ExitStatus.INCOMPLETE if self.judging else status

    def _render(self, result: "CommandResult") -> "Iterator[str]":
        # Deferred, like everything that renders: help and completions show no result.
        from vexfsctl.render.formats import render

        return render(result, self.output, self._provenance(), self.terminal.screen)

    def _print_or_page(self, pieces: "Iterator[str]") -> None:
        terminal = self.terminal
        if self.pager and terminal.shows_screens and self.surroundings.stdin.isatty():
            screen, lines = [], 0
            while lines < terminal.height and (piece := next(pieces, None)) is not None:
                screen.append(piece)
                lines += piece.count("\n")
            pieces = chain(screen, pieces)
            if lines >= terminal.height and self._page(pieces):
                return
        self._print(pieces)

    def _print(self, pieces: "Iterator[str]") -> None:
        """Write *pieces*, a good many at a time."""
        waiting, size = [], 0
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= _WRITTEN_AT_ONCE:
                self.write("".join(waiting))
                waiting, size = [], 0
        self.write("".join(waiting))

    def _page(self, pieces: "Iterator[str]") -> bool:
        # Deferred: it loads subprocess, and few answers are that long.
        from vexfsctl.cli.pager import page

        return page(pieces, self.surroundings.environ)

    def _provenance(self) -> "Provenance":
        from vexfsctl.render.envelope import Provenance

        host = self.surroundings.host()
        return Provenance(__version__, host.wall_clock(), host.name, host.boot_id)


pass_app = click.make_pass_decorator(AppContext)
