"""What holds for every command: its text in a pipe, on a terminal, on streams that are not there.

The commands are those of the program, so that a new one is held to all of this.
"""

import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.cli.recorded import INCIDENT, add_recorded_volume
from tests.support.every_command import (
    ARGUMENTS,
    CHANGES_THE_MACHINE,
    TELLS_OF_THE_MACHINE,
    command_lines,
    command_names,
)
from tests.support.program import BOUND_S, Finished, Program
from tests.support.tree import FakeTree
from vexfsctl.exceptions import ExitStatus
from vexfsctl.logs.formats.kmsg import encode_kmsg_text
from vexfsctl.sysfs.attributes import attributes
from vexfsctl.sysfs.values import Text

NAMES = command_names()
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
BOX = re.compile(r"[\u2500-\u257f]")
HELP = CHANGES_THE_MACHINE | {"help"}
"""Those that answer with help, which is as wide as the terminal."""
JUDGES = {"check"}
WHOLE_LINES = {"check", "log", "trace"}
"""The one line that monitoring reads, and lines of the log: whole whatever the width."""

HOSTILE = "\x1b]0;owned\x07\x1b[31m[red]x[/red]\u202e\x9b2J\r"
"""A title, a colour, markup, a change of direction, a clearing of the screen, a return."""


@pytest.fixture(autouse=True)
def recorded(tree: FakeTree, vexfsctl: Program) -> None:
    """A volume with an incident, and the log of it."""
    add_recorded_volume(tree)
    vexfsctl.environ["VEXFSCTL_LOG"] = str(INCIDENT)


@pytest.fixture
def hostile_log(tree: FakeTree, tmp_path: Path) -> str:
    """A log, and a tree, whose every free text is hostile; one volume more, of a hostile name."""
    for attribute in attributes():
        if isinstance(attribute.type, Text) and attribute.readable:
            tree.write_bytes(f"sdq1/{attribute.path}", f"{HOSTILE}\n".encode())
    # A name can have everything but a slash.
    tree.add("plain").rename(tree.root / HOSTILE.replace("/", ""))
    escaped = encode_kmsg_text(HOSTILE).decode()
    lines = INCIDENT.read_text(encoding="utf-8").splitlines()
    inside = [re.sub(r"(msg|by|driver)=\S+", lambda key: f'{key[1]}="{escaped}"', x) for x in lines]
    around = [line.replace(";", f";{escaped} ", 1) for line in lines]
    log = tmp_path / "hostile.kmsg"
    log.write_text("\n".join([*lines, *inside, *around, HOSTILE]) + "\n", encoding="utf-8")
    return str(log)


def run_each(
    vexfsctl: Program, *options: str, terminal: bool = False, **env: str
) -> dict[str, Finished]:
    """Run every command in this process, with variables of the environment on top."""
    return {
        name: vexfsctl(*words, *options, terminal=terminal, env=env)
        for name, words in command_lines().items()
    }


def test_every_command_is_held_to_what_follows() -> None:
    """A new command needs a line in `tests/support/every_command.py`."""
    assert sorted(set(NAMES) - set(ARGUMENTS)) == []


def test_in_a_pipe_there_is_text_and_nothing_else(vexfsctl: Program) -> None:
    """No colour, no box, and the same lines however narrow the terminal elsewhere is."""
    answers = run_each(vexfsctl)
    narrow = run_each(vexfsctl, COLUMNS="20")

    assert [name for name, each in answers.items() if each.stdout + each.stderr == ""] == []
    assert [name for name, each in answers.items() if "Traceback" in each.stderr] == []
    assert [name for name, each in answers.items() if BOX.search(each.stdout)] == []
    assert [name for name, each in answers.items() if "\x1b" in each.stdout + each.stderr] == []
    # Help is as wide as the terminal.
    for name in set(narrow) & HELP:
        del narrow[name], answers[name]
    assert comparable(narrow) == comparable(answers)


def test_on_a_terminal_lines_end_before_its_edge(vexfsctl: Program) -> None:
    """80 columns are enough for every table; what is whole by its nature stays so."""
    answers = run_each(vexfsctl, terminal=True, TERM="xterm", NO_COLOR="1")

    assert too_long({name: answers[name] for name in set(answers) - WHOLE_LINES}) == []


def test_help_fits_80_columns(vexfsctl: Program) -> None:
    """Examples included, in a pipe as on a terminal."""
    assert too_long({name: vexfsctl(*name.split(), "--help") for name in NAMES}) == []


def test_the_c_locale_has_stand_ins_for_all_our_texts(vexfsctl: Program) -> None:
    """`->` and a rule of hyphens, in answers as in help: no escape stands where we wrote a sign."""
    signs = [ascii(sign)[1:-1] for sign in "\u2192\u2026\u2014\u2500\u00b1\u201c\u201d"]
    env = {"TERM": "xterm", "NO_COLOR": "1"}
    offenders = []
    for words in (*command_lines().values(), *((*name.split(), "--help") for name in NAMES)):
        answer = vexfsctl(*words, terminal=True, env=env, encoding="ascii")
        if any(sign in answer.stdout + answer.stderr for sign in signs):
            offenders.append(words)

    assert offenders == []


def test_colour_only_repeats_what_words_say(vexfsctl: Program) -> None:
    """Without it (NO_COLOR) the same text is there, and no escape sequence at all."""
    coloured = run_each(vexfsctl, terminal=True, TERM="xterm-256color")
    plain = run_each(vexfsctl, terminal=True, TERM="xterm-256color", NO_COLOR="1")

    assert [name for name, each in plain.items() if "\x1b" in each.stdout + each.stderr] == []
    assert "\x1b" in coloured["status"].stdout
    assert words_of(coloured) == words_of(plain)


def test_a_terminal_that_can_nothing_is_a_pipe(vexfsctl: Program) -> None:
    """TERM=dumb: no colour, no box."""
    dumb = run_each(vexfsctl, terminal=True, TERM="dumb")
    piped = run_each(vexfsctl)

    assert {name: (each.exit_status, each.stdout) for name, each in comparable(dumb).items()} == {
        name: (each.exit_status, each.stdout) for name, each in comparable(piped).items()
    }


@pytest.mark.parametrize("name", ["check", "volume show", "umount"])
def test_streams_that_are_not_there(tree: FakeTree, vexfsctl: Program, name: str) -> None:
    """A closed stream changes no status, a full disk is a failure; none shows a trace.

    Held by one command that judges, one that answers, and one that has nothing to answer. All of
    it in the C locale: what that cannot show is written out.
    """
    tree.write("sdq1/mountpoint", "/mnt/\u00e9\u2192\u65e5")
    usual, *rest = (
        Shell(vexfsctl, command_lines()[name], how)
        for how in ("", ">&-", "<&- 2>&- | head -n 1", ">/dev/full")
    )
    expected = usual.finish()
    *answers, full = (shell.finish() for shell in rest)

    assert (expected.stdout + expected.stderr).isascii()
    for answer in (expected, *answers):
        assert "Traceback" not in answer.stderr
        assert "Exception ignored" not in answer.stderr
        assert answer.exit_status == expected.exit_status
    assert len(answers[-1].stdout.splitlines()) <= 1
    if expected.stdout:
        failed = ExitStatus.INCOMPLETE if name in JUDGES else ExitStatus.FAILED
        assert full.exit_status == failed
        assert "vexfsctl: standard output: No space left on device\n" in full.stderr


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ({"LANG": "C"}, "/mnt/\\u2192"),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "POSIX"}, "/mnt/\\u2192"),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, "/mnt/\u2192"),
        ({"LANG": ""}, "/mnt/\u2192"),
    ],
)
def test_which_locales_have_no_arrow(
    tree: FakeTree, vexfsctl: Program, locale: dict[str, str], shown: str
) -> None:
    """Only C and POSIX where they are what counts; no name at all is no wish for ASCII."""
    tree.write("sdq1/mountpoint", "/mnt/\u2192")

    answer = vexfsctl.as_process("volume", "show", "sdq1", env=locale)

    assert shown in answer.stdout


@pytest.mark.parametrize(
    ("output", "terminal"), [("table", True), ("table", False), ("tsv", False)]
)
def test_nothing_hostile_reaches_the_terminal(
    vexfsctl: Program, hostile_log: str, output: str, terminal: bool
) -> None:
    """Escape sequences and markup in names, attributes and records are shown, never obeyed."""
    env = {"TERM": "xterm", "NO_COLOR": "1", "VEXFSCTL_LOG": hostile_log}

    answers = run_each(vexfsctl, "--format", output, terminal=terminal, **env)

    assert [name for name, each in answers.items() if "Traceback" in each.stderr] == []
    shown = {name: set(each.stdout + each.stderr) - set("\n\t") for name, each in answers.items()}
    assert [
        (name, character)
        for name, characters in shown.items()
        for character in characters
        if unicodedata.category(character) in ("Cc", "Cf")
    ] == []


def test_what_is_hostile_is_shown_all_the_same(vexfsctl: Program, hostile_log: str) -> None:
    """Written out, in a table of names, in an attribute and in a record."""
    written = "\\x1b]0;owned\\x07\\x1b[31m[red]x[/red]\\u202e\\x9b2J"
    env = {"VEXFSCTL_LOG": hostile_log}

    listed = vexfsctl("volume", "list", env=env).stdout
    shown = vexfsctl("volume", "show", "sdq1", env=env).stdout
    logged = vexfsctl("log", env=env).stdout

    assert written.replace("/", "") in listed
    assert written in shown
    assert written in logged


def too_long(answers: dict[str, Finished]) -> list[tuple[str, str]]:
    """The lines of standard output that are wider than 80 columns, with their command.

    But for a single word, which may be the path of a loop device of another test.
    """
    return [
        (name, line)
        for name, each in answers.items()
        for line in each.stdout.splitlines()
        if len(line) > 80 and len(line.split()) > 1
    ]


def comparable(answers: dict[str, Finished]) -> dict[str, Finished]:
    """Those that are the same each time."""
    return {name: each for name, each in answers.items() if name not in TELLS_OF_THE_MACHINE}


def words_of(answers: dict[str, Finished]) -> dict[str, tuple[list[str], list[str]]]:
    """What each answer says without colour, and without the blanks that it may cover."""

    def words(text: str) -> list[str]:
        return [line.rstrip() for line in COLOUR.sub("", text).splitlines()]

    return {
        name: (words(each.stdout), words(each.stderr)) for name, each in comparable(answers).items()
    }


class Shell:
    """The program run by a shell, its standard streams redirected as *how* says."""

    def __init__(self, vexfsctl: Program, words: tuple[str, ...], how: str = "") -> None:
        # The status is the program's, not that of what stands behind it in a pipe.
        script = f'{{ "$@" {how.partition("|")[0]}; echo "status $?" >&3; }} '
        script += f"|{how.partition('|')[2]}" if "|" in how else ""
        self._process = subprocess.Popen(
            ["sh", "-c", f"exec 3>&2; {script}", "sh", sys.executable, "-m", "vexfsctl", *words],
            env=vexfsctl.environ | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> Finished:
        """Wait for it."""
        stdout, stderr = self._process.communicate(timeout=BOUND_S)
        errors, _, status = stderr.rpartition("status ")
        return Finished(int(status), stdout, errors)
