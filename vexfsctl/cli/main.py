"""Run a command line: the only place that turns a failure into a message and an exit status.

A `VexfsctlException` or a usage error becomes a message with its hint, and an envelope where
JSON was asked for. A reader that has gone (`| head`) is not a failure. Anything else is a bug
here and shows its traceback.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from io import BytesIO, TextIOWrapper
from itertools import pairwise, takewhile
from typing import TextIO

import click

from vexfsctl import __version__
from vexfsctl.cli.command import root
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.global_options import configure_completion, configured_format
from vexfsctl.cli.registry import gives_verdict
from vexfsctl.cli.surroundings import Surroundings
from vexfsctl.cli.terminal import OutputFailed
from vexfsctl.cli.usage import MissingCommand, usage_message
from vexfsctl.exceptions import ConfigurationInvalid, ExitStatus, Problem, VexfsctlException
from vexfsctl.render.choices import OutputFormat

_PROGRAM = "vexfsctl"
_COMPLETE = "_VEXFSCTL_COMPLETE"
_WIDEST_HELP, _NARROWEST_HELP = 80, 50
"""Columns."""
_MOST_TOLD = 20
"""Mistakes of a configuration that a command other than `config check` lists."""
_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


def run(arguments: Sequence[str], surroundings: Surroundings | None = None) -> int:
    """Run the command line *arguments* (without the program's name); return its exit status."""
    app = AppContext(surroundings or Surroundings.of_this_process())
    # Until parsing shows which command it is: what stands before it may already be wrong.
    app.judging = gives_verdict(arguments)
    try:
        _run_guarded(app, arguments)
    except BrokenPipeError:
        _discard(app.surroundings.stdout)
    except OutputFailed as failure:
        app.exit_status = app.status_of_failure(failure.exit_status)
        app.terminal.warn(Problem.of(failure))
        _discard(app.surroundings.stdout)
    return app.exit_status


def _run_guarded(app: AppContext, arguments: Sequence[str]) -> None:
    try:
        _invoke(app, arguments)
    except click.ClickException as refusal:
        _report_usage(app, refusal, arguments)
    except (BrokenPipeError, OutputFailed):
        raise
    except ConfigurationInvalid as failure:
        _report_configuration(app, failure)
    except VexfsctlException as failure:
        app.fail(Problem.of(failure), failure.exit_status, coverage=failure.coverage)
    except KeyboardInterrupt:
        app.exit_status = ExitStatus.INCOMPLETE if app.judging else _INTERRUPTED
    except Exception as bug:  # noqa: BLE001 - the outermost place: reported, not swallowed
        _report_bug(app, bug)


def _invoke(app: AppContext, arguments: Sequence[str]) -> None:
    # What click itself prints (help; completions, as bytes) takes the same way as everything else.
    printed = BytesIO()
    with redirect_stdout(TextIOWrapper(printed, encoding="utf-8", write_through=True)):
        try:
            _invoke_click(app, arguments)
        except click.exceptions.Exit as ending:
            app.exit_status = ending.exit_code
        app.write(printed.getvalue().decode())


def _invoke_click(app: AppContext, arguments: Sequence[str]) -> None:
    instruction = app.surroundings.environ.get(_COMPLETE)
    if instruction:
        from vexfsctl.cli.completion.answer import completion_answer

        configure_completion(app)
        answer = completion_answer(app, instruction, arguments)
        app.exit_status = ExitStatus.FAILED if answer is None else ExitStatus.OK
        app.write(answer or "")
        return
    # Not root.main(): it handles interrupts and broken pipes in its own way.
    # The width that click itself would use; it asks shutil, which loads all archivers.
    width = max(min(app.terminal.columns, _WIDEST_HELP) - 2, _NARROWEST_HELP)
    with root.make_context(_PROGRAM, list(arguments), obj=app, terminal_width=width) as ctx:
        root.invoke(ctx)


def _report_usage(app: AppContext, refusal: click.ClickException, arguments: Sequence[str]) -> None:
    context = refusal.ctx if isinstance(refusal, click.UsageError) else None
    path = context.command_path if context else _PROGRAM
    # An option that click could not parse ends the parsing before --json was stored.
    asked = _format_asked(arguments, app.surroundings.environ)
    app.output = asked or configured_format(app)
    if isinstance(refusal, MissingCommand) and not app.output.is_json:
        app.surroundings.stderr.write(refusal.help + "\n")
        app.exit_status = ExitStatus.USAGE
        return
    app.fail(Problem("usage", usage_message(refusal), f"{path} --help"), ExitStatus.USAGE)


def _report_configuration(app: AppContext, failure: ConfigurationInvalid) -> None:
    first, *others = _most_of(Problem.each_of(failure))
    app.fail(first, failure.exit_status, *others)


def _most_of(mistakes: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return *mistakes*, or the first of them and where to see them all."""
    more = len(mistakes) - _MOST_TOLD
    if more <= 0:
        return mistakes
    rest = Problem(mistakes[0].code, f"{more} more mistakes", f"{_PROGRAM} config check")
    return (*mistakes[:_MOST_TOLD], rest)


def _format_asked(arguments: Sequence[str], environ: Mapping[str, str]) -> OutputFormat | None:
    asked = environ.get("VEXFSCTL_FORMAT", "")
    options = takewhile(lambda word: word != "--", arguments)
    for word, following in pairwise([*options, ""]):
        if word == "--json":
            asked = OutputFormat.JSON
        elif word == "--format":
            asked = following
        elif word.startswith("--format="):
            asked = word.removeprefix("--format=")
    return OutputFormat(asked) if asked in set(OutputFormat) else None


def _report_bug(app: AppContext, bug: Exception) -> None:
    # Deferred: only a bug needs it.
    import traceback

    traceback.print_exception(bug, file=app.surroundings.stderr)
    message = f"{type(bug).__name__}: {bug}"
    hint = f"this is a bug in {_PROGRAM} {__version__}: please report it with the lines above"
    app.fail(Problem("bug", message, hint), ExitStatus.FAILED)


def _discard(stdout: TextIO) -> None:
    # As the documentation of Python's signal module advises (note on SIGPIPE): else the
    # interpreter flushes again while it ends, complains, and exits with 120.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
