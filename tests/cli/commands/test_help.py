"""`help`, `completion` and `--version`: what is asked of the program about itself."""

import os

import pytest

from tests.support.program import Program
from vexfsctl import __version__
from vexfsctl.cli.documents.completions import SCRIPTS
from vexfsctl.exceptions import ExitStatus

BAD = {"VEXFSCTL_CONFIG": "/nowhere/x.toml"}


@pytest.mark.parametrize("words", [(), ("breaker",), ("breaker", "reset"), ("explain",)])
def test_help_shows_what_the_option_shows(vexfsctl: Program, words: tuple[str, ...]) -> None:
    """Of the program, a command or a verb; nothing in the configuration stands in its way."""
    asked, option = vexfsctl("help", *words, env=BAD), vexfsctl(*words, "--help")

    assert (asked.exit_status, asked.stdout) == (ExitStatus.OK, option.stdout)


def test_help_as_json_has_arguments_and_options(vexfsctl: Program) -> None:
    """Of a verb, with the placeholders of its usage line."""
    data = vexfsctl("help", "breaker", "reset", "--json").json["data"]

    assert data["path"] == "vexfsctl breaker reset"
    assert [each["name"] for each in data["arguments"]] == ["TARGET"]
    assert ["--reason"] in [each["names"] for each in data["options"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("brekr",), "No such command 'brekr'. Did you mean 'breaker'?"),
        (("breaker", "rest"), "No such command 'rest'. Did you mean 'reset'?"),
        (("status", "x"), "vexfsctl status has no verbs."),
    ],
)
def test_help_about_nothing_is_wrong_usage(
    vexfsctl: Program, words: tuple[str, ...], message: str
) -> None:
    """With the name that was near."""
    result = vexfsctl("help", *words)

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")
    assert result.stderr.startswith(f"vexfsctl: {message}\n")


@pytest.mark.parametrize("shell", list(SCRIPTS))
def test_completion_prints_the_script(vexfsctl: Program, shell: str) -> None:
    """As it is checked in, also in the C locale; as JSON under its name."""
    plain = vexfsctl("completion", shell, env=BAD, encoding="ascii")

    assert (plain.exit_status, plain.stdout) == (ExitStatus.OK, SCRIPTS[shell])
    data = vexfsctl("completion", shell, "--json").json["data"]
    assert data == {"shell": shell, "script": SCRIPTS[shell]}


def test_the_version_is_a_line_or_an_envelope(vexfsctl: Program) -> None:
    """Whichever option comes first; JSON has what the program runs on."""
    answers = [vexfsctl(*words) for words in (("--version", "--json"), ("--json", "--version"))]

    assert vexfsctl("--version").stdout == f"vexfsctl {__version__}\n"
    for answer in answers:
        data = answer.json["data"]
        assert (data["version"], data["kernel"]) == (__version__, os.uname().release)
        assert sorted(data["packages"]) == ["click", "pyudev", "rich"]
