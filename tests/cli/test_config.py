"""The configuration file below options and environment, and what commands make of it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.recorded import add_recorded_volume, before_reset
from tests.config.permission import without_permission
from tests.support.program import BOUND_S, Program
from tests.support.tree import FakeTree
from vexfsctl.cli.command import Command, root
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.documents.manual.toml import EXAMPLE
from vexfsctl.config.reading import read_configuration
from vexfsctl.driver.volume.daemon import VolumeOptions
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.host import Deadlines
from vexfsctl.render.choices import ColourChoice, OutputFormat

NO_VARIABLE = {"VEXFSCTL_CONFIG": ""}


@pytest.fixture
def seen() -> Iterator[list[AppContext]]:
    """What each run of the command `probe`, which is there for the test, was handed."""
    handed: list[AppContext] = []

    @click.command("probe", cls=Command)
    @click.pass_obj
    def probe(app: AppContext) -> None:
        handed.append(app)

    root.add_command(probe)
    yield handed
    root.commands.pop("probe")


@pytest.fixture
def config(vexfsctl: Program, tmp_path: Path) -> Callable[[str], Path]:
    """Write the host's configuration file, which is read when no other is named."""
    vexfsctl.config_file = tmp_path / "config.toml"
    for name in ("VEXFSCTL_CONFIG", "VEXFSCTL_SYSFS_ROOT", "VEXFSCTL_LOG"):
        del vexfsctl.environ[name]

    def write(text: str) -> Path:
        vexfsctl.config_file.write_text(text)
        return vexfsctl.config_file

    return write


@pytest.mark.parametrize(
    ("attribute", "option", "variable", "setting", "values"),
    [
        (
            "roots",
            ("--sysfs-root", "/option"),
            {"VEXFSCTL_SYSFS_ROOT": "/a:/b"},
            'sources.sysfs_roots = ["/file"]',
            ((Path("/option"),), (Path("/a"), Path("/b")), (Path("/file"),), ()),
        ),
        (
            "logs",
            ("--log", "/option"),
            {"VEXFSCTL_LOG": "kmsg:journal:/saved:-"},
            'sources.logs = ["/file", "kmsg", "journal:/saved"]',
            (
                ("/option",),
                ("kmsg", "journal:/saved", "-"),
                ("/file", "kmsg", "journal:/saved"),
                (),
            ),
        ),
        (
            "host.deadlines.source_s",
            ("--timeout", "1"),
            {"VEXFSCTL_TIMEOUT": "500ms"},
            'sources.timeout = "1m"',
            (1.0, 0.5, 60.0, 2.0),
        ),
        (
            "host.deadlines.wait_s",
            ("--timeout", "1"),
            {"VEXFSCTL_TIMEOUT": "500ms"},
            'sources.timeout = "1m"',
            (1.0, 0.5, 30.0, 30.0),
        ),
        (
            "output",
            ("--json",),
            {"VEXFSCTL_FORMAT": "tsv"},
            'output.format = "ndjson"',
            (OutputFormat.JSON, OutputFormat.TSV, OutputFormat.NDJSON, OutputFormat.TABLE),
        ),
        (
            "color",
            ("--color", "always"),
            {"VEXFSCTL_COLOR": "auto"},
            'output.color = "never"',
            (ColourChoice.ALWAYS, ColourChoice.AUTO, ColourChoice.NEVER, ColourChoice.AUTO),
        ),
        (
            "pager",
            ("--no-pager",),
            {"VEXFSCTL_NO_PAGER": "0"},
            "output.pager = false",
            (False, True, False, True),
        ),
        (
            "quiet",
            ("-q",),
            {"VEXFSCTL_QUIET": "false"},
            "output.quiet = true",
            (True, False, True, False),
        ),
        (
            "verbose",
            ("-v",),
            {"VEXFSCTL_VERBOSE": "no"},
            "output.verbose = true",
            (True, False, True, False),
        ),
    ],
)
def test_option_beats_environment_beats_file_beats_default(
    vexfsctl: Program,
    config: Callable[[str], Path],
    seen: list[AppContext],
    attribute: str,
    option: tuple[str, ...],
    variable: Mapping[str, str],
    setting: str,
    values: tuple[Any, Any, Any, Any],
) -> None:
    """Each global option that has a setting, at all four levels."""
    config(setting)
    vexfsctl("probe", *option, env=variable)
    vexfsctl("probe", env=variable)
    vexfsctl("probe")
    config("")
    vexfsctl("probe")

    assert tuple(attrgetter(attribute)(app) for app in seen) == values


def test_the_sources_of_a_waiting_verb_have_the_time_of_the_file(
    vexfsctl: Program, config: Callable[[str], Path], seen: list[AppContext]
) -> None:
    """Its `--timeout` is how long it waits, and nothing about sources."""
    config('sources.timeout = "1m"')

    vexfsctl("probe", "--timeout", "9")

    [app] = seen
    app.waits = True
    assert app.host.deadlines == Deadlines(source_s=60.0, wait_s=9.0)


def test_the_file_itself_is_named_by_option_environment_or_nobody(
    vexfsctl: Program,
    config: Callable[[str], Path],
    seen: list[AppContext],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last name given counts, and a relative one is of the directory one is in."""
    monkeypatch.chdir(tmp_path)
    standard = config("")
    named = {name: tmp_path / f"{name}.toml" for name in ("first", "last", "variable")}
    for file in named.values():
        file.touch()
    variable = {"VEXFSCTL_CONFIG": str(named["variable"])}

    vexfsctl("--config", "first.toml", "probe", "--config", "last.toml", env=variable)
    vexfsctl("probe", env=variable)
    vexfsctl("probe", env=NO_VARIABLE)
    standard.unlink()
    vexfsctl("probe")

    assert [app.configuration.file for app in seen] == [
        named["last"],
        named["variable"],
        standard,
        None,
    ]
    assert [app.config_file for app in seen] == [named["last"], named["variable"], None, None]


def test_verbose_tells_which_file_was_read(
    vexfsctl: Program, config: Callable[[str], Path], tree: FakeTree
) -> None:
    """On standard error, before what the command itself has read; without a file nothing."""
    file = config(f'sources.sysfs_roots = ["{tree.root}"]')

    told = vexfsctl("breaker", "list", "-v")
    without = vexfsctl(
        "breaker", "list", "-v", "--config", os.devnull, "--sysfs-root", str(tree.root)
    )

    assert told.stderr == f"configuration: {file}\nread: {tree.root}\n"
    assert without.stderr == f"read: {tree.root}\n"
    assert told.stdout == without.stdout


BAD = """\
[breaker.storage]
failure_threshold = 0

[retry]
max_attempt = 3
"""


def test_a_bad_file_is_refused_with_everything_wrong_in_it(
    vexfsctl: Program, config: Callable[[str], Path]
) -> None:
    """One line for each mistake: file, line, field; then what to do. Nothing is read or done."""
    file = config(BAD)

    result = vexfsctl("status")

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")
    assert result.stderr == (
        f"vexfsctl: {file}:2: breaker.storage.failure_threshold: "
        "0 is out of range (1 to 1000000)\n"
        f"vexfsctl: {file}:5: retry.max_attempt: unknown setting; "
        "did you mean max_attempts?\n"
        "hint: see vexfsctl.toml(5), or go without: --config /dev/null\n"
    )


def test_each_mistake_is_a_problem_in_json(
    vexfsctl: Program, config: Callable[[str], Path]
) -> None:
    """With the stable code; the hint is the last one's."""
    file = config(BAD)

    result = vexfsctl("volume", "list", "--json")

    assert result.exit_status == ExitStatus.USAGE
    assert (result.json["schema"], result.json["data"]) == ("vexfsctl.volume.list/1", None)
    assert [(each["code"], each["message"], each["hint"]) for each in result.json["problems"]] == [
        (
            "configuration_invalid",
            f"{file}:2: breaker.storage.failure_threshold: 0 is out of range (1 to 1000000)",
            None,
        ),
        (
            "configuration_invalid",
            f"{file}:5: retry.max_attempt: unknown setting; did you mean max_attempts?",
            "see vexfsctl.toml(5), or go without: --config /dev/null",
        ),
    ]


def test_for_monitoring_a_bad_file_is_unknown(
    vexfsctl: Program, config: Callable[[str], Path]
) -> None:
    """The status of wrong usage would be read as CRITICAL."""
    config(BAD)

    result = vexfsctl("check")

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.stdout.startswith("UNKNOWN")


def test_a_bad_file_does_not_stand_in_the_way_of_help(
    vexfsctl: Program, config: Callable[[str], Path]
) -> None:
    """Nor of the version: neither has a use for settings."""
    config("nonsense")

    assert vexfsctl("status", "--help").exit_status == ExitStatus.OK
    assert vexfsctl("--version").exit_status == ExitStatus.OK


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"x = '\x1b[2J'", "c\x1b.toml", "c\\x1b.toml:1: not TOML: "),
        (b"\xff", "x\ny", "x\\ny:1: not UTF-8: byte 0xff"),
    ],
)
def test_nothing_of_the_file_reaches_the_terminal_unescaped(
    vexfsctl: Program, tmp_path: Path, content: bytes, name: str, message: str
) -> None:
    """Neither its content nor its name."""
    (tmp_path / name).write_bytes(content)

    result = vexfsctl("status", "--config", str(tmp_path / name))

    assert result.exit_status == ExitStatus.USAGE
    assert message in result.stderr
    assert "\x1b" not in result.stderr


def test_a_standard_file_without_permission_is_told_and_left(
    vexfsctl: Program, config: Callable[[str], Path], seen: list[AppContext]
) -> None:
    """A user gets the answer all the same, with the defaults; as JSON it stays one value."""
    file = config("output.verbose = true")
    file.chmod(0o600)

    with without_permission(file):
        result = vexfsctl("probe", "--json")

    assert (result.exit_status, result.stdout) == (ExitStatus.OK, "")
    assert result.stderr == (
        f"vexfsctl: {file}: Permission denied; its settings are ignored\n"
        f"hint: sudo chmod a+r {file}, or go without: --config /dev/null\n"
    )
    assert [app.verbose for app in seen] == [False]


@pytest.mark.parametrize("arguments", [("--config", "/nowhere/x.toml"), ()])
def test_a_file_that_was_named_must_be_there(
    vexfsctl: Program, tree: FakeTree, arguments: tuple[str, ...]
) -> None:
    """By option or by variable."""
    variable = {"VEXFSCTL_CONFIG": "/nowhere/x.toml"}

    result = vexfsctl("status", *arguments, env={} if arguments else variable)

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")
    assert result.stderr == (
        "vexfsctl: /nowhere/x.toml: No such file or directory\n"
        "hint: name another file, or go without: --config /dev/null\n"
    )


def test_a_current_directory_that_is_gone_has_no_file(
    vexfsctl: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong usage like any other file that is not there."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    result = vexfsctl("status", "--config", "x.toml")

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr.startswith("vexfsctl: x.toml: No such file or directory\n")


def test_wrong_usage_is_told_in_the_format_of_the_file(
    vexfsctl: Program, config: Callable[[str], Path]
) -> None:
    """Although it is found before the file is; a bad file does not hide it."""
    config('output.format = "json"')
    answer = vexfsctl("status", "--bogus")
    config("output.format = 1")
    despite = vexfsctl("status", "--bogus")

    assert answer.json["problems"][0]["code"] == "usage"
    assert despite.stderr.startswith("vexfsctl: No such option '--bogus'.")


@pytest.mark.parametrize("command", ["status", "check"])
def test_windows_are_those_of_the_file(
    vexfsctl: Program,
    config: Callable[[str], Path],
    tree: FakeTree,
    tmp_path: Path,
    command: str,
) -> None:
    """The answer is that of `--window`, which still outweighs it."""
    log = before_reset(tmp_path)
    add_recorded_volume(tree, log)
    sources = f'sources = {{ sysfs_roots = ["{tree.root}"], logs = ["{log}"] }}\n'

    def answer(*arguments: str, window: str = "") -> tuple[int, str]:
        config(sources + window)
        result = vexfsctl(command, *arguments)
        return result.exit_status, result.stdout

    short, usual = answer("--window", "1s"), answer()
    assert short != usual
    assert answer(window=f'windows.{command} = "1s"') == short
    assert answer("--window", "1h", window=f"windows.{command} = 1") == usual


def test_the_shell_completes_the_volumes_of_the_file(
    vexfsctl: Program, config: Callable[[str], Path], tree: FakeTree
) -> None:
    """The roots it names are those that commands would look into."""
    config(f'sources.sysfs_roots = ["{tree.root}"]')

    assert vexfsctl.offers("volume", "show", "l") == {"loop0": ""}


def test_without_a_file_nothing_is_imported_for_it(vexfsctl: Program, tree: FakeTree) -> None:
    """Neither tomllib nor the declaration: most hosts have none, and every command would pay."""
    code = (
        "import sys; from vexfsctl.cli.main import run;"
        "status = run(['breaker', 'list', 'loop0']);"
        "heavy = {'tomllib', 'vexfsctl.config.parsing', 'vexfsctl.config.declaration'};"
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


def test_the_serving_process_reads_the_same_file() -> None:
    """Named files go to it by their whole path; the standard one it finds itself."""
    options = VolumeOptions(Path("/srv/data"), Path("/mnt/data"))
    named = VolumeOptions(Path("/srv/data"), Path("/mnt/data"), config_file=Path("/etc/other.toml"))

    assert options.arguments() == ["/srv/data", "/mnt/data"]
    assert named.arguments() == ["/srv/data", "/mnt/data", "--config", "/etc/other.toml"]


def test_the_example_of_the_manual_is_valid(tmp_path: Path) -> None:
    """What people copy works."""
    file = tmp_path / "config.toml"
    file.write_text(EXAMPLE)

    configuration = read_configuration(file)

    assert configuration.attributes["operations/storage/breaker/failure_threshold"] == 3
    assert configuration.attributes["operations/sync/breaker/failure_threshold"] == 8
    assert configuration.check_window_ms == 900_000
