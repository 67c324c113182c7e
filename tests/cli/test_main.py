"""The frame around every command: options, failures, exit statuses, streams."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from tests.support.program import BOUND_S, Program
from vexfsctl.cli.command import Command, root
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.registry import COMMANDS
from vexfsctl.exceptions import ExitStatus, Problem, VolumeStale
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.result import CommandResult, Paragraph

Adder = Callable[[Callable[[AppContext], None]], None]


@pytest.fixture
def added() -> Iterator[Adder]:
    """Add a command `probe` to the program that does what the test gives it to do."""

    def add(action: Callable[[AppContext], None]) -> None:
        @click.command("probe", cls=Command)
        @click.pass_obj
        def probe(app: AppContext) -> None:
            action(app)

        root.add_command(probe)

    yield add
    root.commands.pop("probe", None)


def test_help_lists_the_commands_of_the_registry(vexfsctl: Program) -> None:
    """Every command that is not hidden, in the registry's order, and status 0."""
    result = vexfsctl("--help")

    assert result.exit_status == ExitStatus.OK
    listed = result.stdout[result.stdout.index("Commands:") : result.stdout.index("Options:")]
    shown = [entry for entry in COMMANDS if not entry.hidden]
    assert [line.split()[0] for line in listed.splitlines()[1:-1] if line[2:3] != " "] == [
        entry.name for entry in shown
    ]


def test_without_a_command_the_help_is_wrong_usage(vexfsctl: Program) -> None:
    """Nothing asked: help on standard error, status 2."""
    result = vexfsctl()

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")
    assert result.stderr.startswith("Usage: vexfsctl [OPTIONS] COMMAND")


def test_without_a_command_json_is_an_envelope(vexfsctl: Program) -> None:
    """Where the environment asks for JSON there is no help to show, only the mistake."""
    result = vexfsctl(env={"VEXFSCTL_FORMAT": "json"})

    assert result.exit_status == ExitStatus.USAGE
    assert result.json["problems"] == [
        {"code": "usage", "message": "Missing command.", "hint": "vexfsctl --help"}
    ]


def test_wrong_usage_says_what_and_where_to_read_on(vexfsctl: Program) -> None:
    """One line with the mistake, one with the help to read; status 2."""
    result = vexfsctl("breaker", "list", "--jsn")

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")
    assert result.stderr == (
        "vexfsctl: No such option '--jsn'. Did you mean '--json'?\n"
        "hint: vexfsctl breaker list --help\n"
    )


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("breaker", "list", "--json", "--bogus"), {}),
        (("--json", "breaker", "list", "--bogus"), {}),
        (("breaker", "list", "--bogus", "--format", "json"), {}),
        (("breaker", "list", "--bogus", "--format=json"), {}),
        (("breaker", "list", "--bogus"), {"VEXFSCTL_FORMAT": "json"}),
    ],
)
def test_wrong_usage_is_json_too_where_json_was_asked(
    vexfsctl: Program, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    """Wherever the wish for JSON stands, even after the mistake."""
    result = vexfsctl(*arguments, env=environment)

    assert result.exit_status == ExitStatus.USAGE
    assert result.json["schema"] == "vexfsctl.breaker.list/1"
    assert result.json["data"] is None
    [problem] = result.json["problems"]
    assert problem["code"] == "usage"
    assert problem["hint"] == "vexfsctl breaker list --help"


@pytest.mark.parametrize(("word", "meant"), [("statsu", "'status'"), ("unmount", "'umount'")])
def test_a_misspelt_command_is_told_with_what_may_be_meant(
    vexfsctl: Program, word: str, meant: str
) -> None:
    """Although no command has been imported by then."""
    result = vexfsctl(word)

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr.startswith(f"vexfsctl: No such command '{word}'. ")
    assert meant in result.stderr


def test_a_format_that_does_not_exist_is_told_in_words(vexfsctl: Program) -> None:
    """An unknown format cannot be answered in, so text it is."""
    result = vexfsctl("breaker", "list", "--format", "yaml")

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")
    assert "'yaml' is not one of 'table', 'json', 'ndjson', 'tsv'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {}, OutputFormat.TABLE),
        ((), {"VEXFSCTL_FORMAT": "tsv"}, OutputFormat.TSV),
        (("--json",), {"VEXFSCTL_FORMAT": "tsv"}, OutputFormat.JSON),
        (("--format", "ndjson"), {}, OutputFormat.NDJSON),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_global_option_works_on_either_side_and_beats_the_environment(
    vexfsctl: Program,
    added: Adder,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    expected: OutputFormat,
    before: bool,
) -> None:
    """`vexfsctl --json probe` and `vexfsctl probe --json` are the same command."""
    seen: list[OutputFormat] = []
    added(lambda app: seen.append(app.output))

    vexfsctl(*((*arguments, "probe") if before else ("probe", *arguments)), env=environment)

    assert seen == [expected]


def test_repeatable_options_add_up_and_replace_the_environment(
    vexfsctl: Program, added: Adder
) -> None:
    """Both sides of the command count; a list in the environment has colons and gives way."""
    seen: list[object] = []
    added(lambda app: seen.extend((app.roots, app.logs)))

    vexfsctl("--log", "kmsg", "probe", "--log", "/a:b", env={"VEXFSCTL_SYSFS_ROOT": "/x:/y"})
    vexfsctl("probe", "--sysfs-root", "/z", env={"VEXFSCTL_SYSFS_ROOT": "/x:/y"})

    assert seen[:2] == [(Path("/x"), Path("/y")), ("kmsg", "/a:b")]
    assert seen[2] == (Path("/z"),)


def test_the_last_of_two_contradicting_options_wins(vexfsctl: Program, added: Adder) -> None:
    """As everywhere on a Unix command line."""
    seen: list[object] = []
    added(lambda app: seen.extend((app.output, app.timeout)))

    vexfsctl("--json", "--timeout", "1m", "probe", "--format", "tsv", "--timeout", "500ms")

    assert seen == [OutputFormat.TSV, 0.5]


def test_a_failure_names_the_thing_and_the_next_step(vexfsctl: Program, added: Adder) -> None:
    """The exception's own status, message and hint, foreign text escaped, no trace."""
    added(_stale)

    result = vexfsctl("probe")

    assert (result.exit_status, result.stdout) == (ExitStatus.INCOMPLETE, "")
    assert result.stderr == (
        "vexfsctl: loop0\\x1b: its driver is gone\nhint: vexfsctl umount loop0\n"
    )


@pytest.mark.parametrize("output", ["json", "ndjson"])
def test_a_failure_is_an_envelope_where_json_was_asked(
    vexfsctl: Program, added: Adder, output: str
) -> None:
    """The same words, the same status, on standard output and for people on standard error."""
    added(_stale)

    result = vexfsctl("probe", "--format", output)

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.json["schema"] == "vexfsctl.probe/1"
    assert result.json["problems"] == [
        {
            "code": "volume_stale",
            "message": "loop0\x1b: its driver is gone",
            "hint": "vexfsctl umount loop0",
        }
    ]
    assert result.stderr.startswith("vexfsctl: loop0\\x1b: its driver is gone\n")


def test_a_bug_shows_its_trace_and_asks_for_a_report(vexfsctl: Program, added: Adder) -> None:
    """Anything that is no VexfsctlException is ours to mend, and nothing dresses it up."""
    added(lambda app: app.show(CommandResult("probe", object())))

    result = vexfsctl("probe", "--json")

    assert result.exit_status == ExitStatus.FAILED
    assert result.json["problems"][0]["code"] == "bug"
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.endswith(
        "vexfsctl: TypeError: no JSON form for object\n"
        "hint: this is a bug in vexfsctl 0.1.0: please report it with the lines above\n"
    )


def test_ctrl_c_ends_with_130_and_without_a_trace(vexfsctl: Program, added: Adder) -> None:
    """As a shell reports a program that SIGINT ended."""

    def interrupted(app: AppContext) -> None:
        raise KeyboardInterrupt

    added(interrupted)

    result = vexfsctl("probe")

    assert (result.exit_status, result.stdout, result.stderr) == (130, "", "")


def test_gaps_and_problems_go_to_standard_error(vexfsctl: Program, added: Adder) -> None:
    """The answer alone is on standard output; what was missing makes status 3."""
    added(
        lambda app: app.show(
            CommandResult(
                "probe",
                (),
                (Paragraph(("answer",)),),
                coverage=Coverage(("/run/vexfs",), (Gap("kmsg", "overrun", 12, "before 09:14"),)),
                problems=(Problem("stale", "loop9: stale", "vexfsctl umount loop9"),),
            )
        )
    )

    result = vexfsctl("probe", "--verbose")

    assert (result.exit_status, result.stdout) == (ExitStatus.INCOMPLETE, "answer\n")
    assert result.stderr == (
        "vexfsctl: incomplete: kmsg: overrun, 12 lost (before 09:14)\n"
        "vexfsctl: loop9: stale\n"
        "hint: vexfsctl umount loop9\n"
        "read: /run/vexfs\n"
    )


@pytest.mark.parametrize(
    ("answer", "yes"), [("y\n", True), ("YES\n", True), ("n\n", False), ("", False)]
)
def test_a_question_is_asked_on_standard_error(
    vexfsctl: Program, added: Adder, answer: str, yes: bool
) -> None:
    """Only y or yes is a yes; the end of input is a no."""
    seen: list[bool] = []
    added(lambda app: seen.append(app.terminal.ask("Reset loop0/\x07file?")))

    result = vexfsctl("probe", input=answer)

    assert seen == [yes]
    assert (result.stdout, result.stderr) == ("", "Reset loop0/\\x07file? [y/N] ")


def test_a_reader_that_has_gone_is_no_failure(vexfsctl: Program) -> None:
    """`vexfsctl … | true` ends silently with the status the answer has."""
    with subprocess.Popen(
        [sys.executable, "-m", "vexfsctl", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=vexfsctl.environ,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        status = process.wait(BOUND_S)

    assert (status, errors) == (ExitStatus.OK, b"")


def test_a_full_disk_is_a_failure(vexfsctl: Program) -> None:
    """An answer that could not be written is not an answer."""
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "vexfsctl", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=vexfsctl.environ,
            timeout=BOUND_S,
            check=False,
        )

    assert process.returncode == ExitStatus.FAILED
    assert process.stderr == b"vexfsctl: standard output: No space left on device\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_failure(vexfsctl: Program, closed: str) -> None:
    """A parent may start us without standard streams; no file of ours takes their place."""
    process = subprocess.run(
        ["sh", "-c", f'"$0" -m vexfsctl --version {closed}', sys.executable],
        env=vexfsctl.environ,
        timeout=BOUND_S,
        check=False,
        capture_output=True,
    )

    assert (process.returncode, process.stderr) == (ExitStatus.OK, b"")


def test_a_locale_without_an_arrow_still_gets_an_answer(vexfsctl: Program) -> None:
    """What the encoding lacks is written out."""
    code = (
        "import sys; from vexfsctl.cli.surroundings import Surroundings;"
        "Surroundings.of_this_process().stdout.write('open → closed')"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env=vexfsctl.environ | {"PYTHONIOENCODING": "latin-1"},
        timeout=BOUND_S,
        check=True,
        capture_output=True,
    )

    assert process.stdout == b"open \\u2192 closed"


def _stale(app: AppContext) -> None:
    raise VolumeStale("loop0\x1b: its driver is gone", hint="vexfsctl umount loop0")
