"""The checked-in documents are those the program would write now, and they are good ones."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.support import privileges
from tests.support.program import BOUND_S, Program
from vexfsctl.cli.command import root
from vexfsctl.cli.commands.generate import DOCUMENTS
from vexfsctl.cli.documents.commands import CommandDocument, read_root
from vexfsctl.cli.documents.manual.pages import manual_files
from vexfsctl.cli.registry import COMMANDS
from vexfsctl.exceptions import ExitStatus
from vexfsctl.logs.grammar import RECORD_FORMS

REPOSITORY = Path(__file__).parents[3]
PAGES = sorted((REPOSITORY / "man").glob("*.[157]"))


def every_command() -> Iterator[CommandDocument]:
    """Every command and verb of the program."""
    for command in read_root().verbs:
        yield command
        yield from command.verbs


@pytest.mark.parametrize("kind", list(DOCUMENTS))
def test_no_document_is_stale(kind: str) -> None:
    """What is checked in is what `vexfsctl generate` writes: run it, and commit the result."""
    for name, text in DOCUMENTS[kind]().items():
        assert (REPOSITORY / name).read_text() == text, f"vexfsctl generate {kind}"


def test_no_document_is_left_over() -> None:
    """A page of a command that is gone is gone too."""
    generated = {name for files in DOCUMENTS.values() for name in files()}
    checked_in = {
        str(path.relative_to(REPOSITORY))
        for folder in ("man", "completions", "examples")
        for path in (REPOSITORY / folder).iterdir()
    }

    assert checked_in == generated


def test_generate_writes_only_what_changed(vexfsctl: Program, tmp_path: Path) -> None:
    """Said file by file; the second time nothing is new."""
    first = vexfsctl("generate", "completions", "--directory", str(tmp_path), "--json")
    second = vexfsctl("generate", "completions", "--directory", str(tmp_path), "--json")

    assert [file["changed"] for file in first.json["data"]] == [True, True, True]
    assert [file["changed"] for file in second.json["data"]] == [False, False, False]
    assert (tmp_path / "completions/vexfsctl.bash").read_text().startswith("# bash completion")


def test_the_manual_pages_are_clean() -> None:
    """mandoc has nothing to say, but that the pages referred to are not installed here."""
    privileges.require("mandoc")
    lint = subprocess.run(
        ["mandoc", "-T", "lint", *PAGES],
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )

    complaints = [
        line for line in lint.stdout.splitlines() if "referenced manual not found" not in line
    ]
    assert complaints == []


def test_every_reference_leads_to_a_page() -> None:
    """What one of our pages refers to is one of our pages, or dmesg."""
    names = {page.name for page in PAGES} | {"dmesg.1"}
    for page in PAGES:
        for line in page.read_text().splitlines():
            if line.startswith(".Xr "):
                _, name, section, *_ = line.split()
                assert f"{name}.{section}" in names, f"{page.name}: {line}"


def test_every_command_explains_itself() -> None:
    """A summary that is a sentence, help for every option, and an example that calls it."""
    commands = list(every_command())

    assert [command.path for command in commands if not command.summary.endswith(".")] == []
    assert [
        (command.path, option.names)
        for command in commands
        for option in command.options
        if not option.help
    ] == []
    assert [command.path for command in commands if command.path not in command.examples] == []


def test_the_registry_says_what_the_command_says() -> None:
    """The short help that is listed without importing the command is its own first sentence."""
    own = {}
    for entry in COMMANDS:
        command = root.get_command(click.Context(root, **root.context_settings), entry.name)
        assert command is not None, entry
        own[entry.name] = command.get_short_help_str(limit=1_000)

    assert own == {entry.name: entry.summary for entry in COMMANDS}


def test_every_key_and_status_has_its_meaning() -> None:
    """A key added to the grammar, or a status, fails here until it is explained."""
    meanings = {key.key: key.meaning for form in RECORD_FORMS for key in form.keys}

    assert [key for key, meaning in meanings.items() if not meaning.endswith(".")] == []
    assert [status for status in ExitStatus if not status.meaning.endswith(".")] == []


def test_the_examples_of_a_page_fit_a_terminal() -> None:
    """80 columns, of which the section takes five and the display two."""
    wide = []
    for page, text in manual_files().items():
        if page.endswith(".1"):
            examples = text.partition(".Sh EXAMPLES\n")[2].partition(".Ed\n")[0]
            shown = examples.replace(r"\-", "-").replace(r"\e", "\\")
            wide += [(page, line) for line in shown.splitlines() if len(line) > 73]

    assert wide == []


def test_only_recover_and_the_program_list_the_statuses_of_a_replay() -> None:
    """Elsewhere they would be noise; a command that judges has a verdict instead."""
    telling = [page for page, text in manual_files().items() if "recover replay: stopped" in text]

    assert telling == ["man/vexfsctl.1", "man/vexfsctl-recover.1"]
    assert ".It 2\nCRITICAL.\n" in manual_files()["man/vexfsctl-check.1"]


@pytest.mark.parametrize(
    ("page", "argument"),
    [
        ("recover", "[ID|CALL-N[@SITE]|VOLUME[/OPERATION]]"),
        ("trace", "[ID|CALL-N[@SITE]|VOLUME[/OPERATION] ...]"),
    ],
)
def test_what_is_optional_is_in_brackets_once(page: str, argument: str) -> None:
    """However many brackets are inside."""
    privileges.require("mandoc")
    source = manual_files()[f"man/vexfsctl-{page}.1"]

    shown = subprocess.run(
        ["mandoc", "-T", "ascii"],
        input=source,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    ).stdout

    plain = re.sub(".\b", "", shown)
    assert f" {argument}\n" in plain


@pytest.mark.parametrize(
    ("shell", "script"),
    [("bash", "vexfsctl.bash"), ("zsh", "_vexfsctl"), ("fish", "vexfsctl.fish")],
)
def test_a_completion_script_is_no_syntax_error(shell: str, script: str) -> None:
    """The shell itself says so, where there is one."""
    privileges.require(shell)
    path = REPOSITORY / "completions" / script

    checked = subprocess.run(
        [shell, "-n", path], capture_output=True, text=True, timeout=BOUND_S, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")
