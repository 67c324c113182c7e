"""What is offered for the word at the cursor: all that is there, and nothing that deletes."""

import errno
import os
from pathlib import Path

import click
import pytest

from tests.cli.recorded import INCIDENT
from tests.support.program import Program
from tests.support.tree import FakeTree
from vexfsctl.cli.command import root
from vexfsctl.cli.registry import COMMANDS
from vexfsctl.exceptions import ExitStatus
from vexfsctl.lab import layout
from vexfsctl.lab.layout import Layout

BEGUN = (
    "explain IoErr",
    "explain IOErr",
    "explain i",
    "explain HALF",
    "explain operations/sync/breaker/t",
    "recover plan --error IoErr",
    "recover plan --error=ioerr",
    "recover plan --hints retry,re",
    "recover plan lo",
    "trace loop0/s",
    "breaker reset l",
    "breaker set loop0/file win",
    "volume set loop0 access_mode=R",
    "log --op s",
    "log -e e",
    "log --log j",
    "status --format j",
    "lab run --",
    "bre",
    "",
)
"""Something for each kind of completion: names, targets, lists, keys, words, options, commands."""


@pytest.mark.parametrize("words", BEGUN)
def test_offers_begin_alike_and_differ_in_more_than_case(
    vexfsctl: Program, tree: FakeTree, words: str
) -> None:
    """A shell replaces what was typed by what everything it is offered begins with."""
    begun = words.rpartition(" ")[2]
    typed = begun.partition("=")[2] if begun.startswith("-") else begun

    offers = [*vexfsctl.offers(*words.split(" "))]

    texts = [offer for offer in offers if not offer.startswith("<")]
    assert texts
    assert len({text[: len(typed)] for text in texts}) == 1
    assert texts[0].casefold().startswith(typed.casefold())
    assert len({text.casefold() for text in texts}) == len(texts)


def test_an_exact_beginning_goes_before_one_in_another_case(vexfsctl: Program) -> None:
    """IOError and IoError.ReadError are never offered together."""
    exact, other = vexfsctl.offers("explain", "IOE"), vexfsctl.offers("explain", "ioe")

    assert [*exact] == ["IOError"]
    assert "IOError" not in other
    assert "IoError" in other


def test_commands_come_with_what_they_do_and_no_hidden_one(vexfsctl: Program) -> None:
    """At the first word, and behind `help`, where verbs follow."""
    shown = {entry.name: entry.summary for entry in COMMANDS if not entry.hidden}

    assert vexfsctl.offers("") == shown
    assert vexfsctl.offers("help", "") == shown
    assert vexfsctl.offers("gen") == {}
    assert [*vexfsctl.offers("help", "config", "")] == ["show", "check"]
    assert vexfsctl.offers("help", "status", "") == {}


def test_settings_have_their_meaning_and_their_values(vexfsctl: Program) -> None:
    """A key with what it means; words as values; for a number its default and its range."""
    keys = vexfsctl.offers("volume", "set", "loop0", "")

    assert keys["access_mode="] == "The operator's switch"
    assert [*vexfsctl.offers("volume", "set", "loop0", "access_mode=")] == [
        "access_mode=rw",
        "access_mode=ro",
    ]
    assert vexfsctl.offers("breaker", "set", "loop0/file", "timeout_ms=") == {
        "timeout_ms=60000": "default; ms, 1 to 86400000"
    }
    assert vexfsctl.offers("breaker", "set", "loop0/file", "nonsense=") == {}


def test_errors_and_errnos_have_their_messages(vexfsctl: Program) -> None:
    """Wherever one is asked for."""
    eio = {"EIO": os.strerror(errno.EIO)}
    read_error = {"IoError.ReadError": "I/O error: read operation failed"}

    assert eio.items() <= vexfsctl.offers("lab", "inject", "read", "--errno", "EI").items()
    for words in (("log", "-e"), ("errors", "--error")):
        assert (eio | read_error).items() <= vexfsctl.offers(*words, "").items()
    assert vexfsctl.offers("recover", "plan", "--error", "IoError.R") == read_error


def test_ids_have_their_error_the_latest_first(vexfsctl: Program, tree: FakeTree) -> None:
    """From the log that was asked for, else from those that the volumes name."""
    asked = vexfsctl.offers("--log", str(INCIDENT), "trace", "CORR")
    tree.write("loop0/log", str(INCIDENT))
    del vexfsctl.environ["VEXFSCTL_LOG"]
    standard = vexfsctl.offers("recover", "plan", "CORR")

    assert next(iter(asked)) == "CORR-6F1C93A20000002F"
    assert asked["CORR-6F1C93A200000022"] == "IoError.ReadError sdq1/storage"
    assert asked.items() <= standard.items()


def test_a_volume_that_hangs_costs_its_own_ids_only(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Its attributes block like a pipe that nobody writes to; the other volume is offered whole."""
    tree.add("hung")
    (tree.root / "hung/log").unlink()
    os.mkfifo(tree.root / "hung/log")
    tree.write("loop0/log", str(INCIDENT))
    del vexfsctl.environ["VEXFSCTL_LOG"]

    offers = vexfsctl.offers("trace", "")

    assert {"hung", "loop0", "CORR-6F1C93A20000002A"} <= set(offers)


def test_a_log_that_hangs_or_is_none_offers_nothing(vexfsctl: Program, tmp_path: Path) -> None:
    """A pipe, a directory, a file that is not there."""
    os.mkfifo(tmp_path / "pipe")

    for name in ("pipe", ".", "missing"):
        assert "CORR" not in str(vexfsctl.offers("--log", str(tmp_path / name), "trace", ""))


def test_volumes_labs_and_mount_points(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume can be unmounted by name or by path; a lab by its name."""
    monkeypatch.setattr(layout, "known_runtimes", lambda: (tmp_path,))
    Layout("one", tmp_path).directory.mkdir(parents=True)

    assert vexfsctl.offers("umount", "") == {"loop0": "", "<dir>": ""}
    assert [*vexfsctl.offers("lab", "down", "--name", "")] == ["one"]


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("--config", ""), "<file>"),
        (("--sysfs-root", ""), "<dir>"),
        (("log", "--log", "/var"), "<file>"),
        (("log", "--log", "journal:/var"), "<dir>"),
        (("errors", "--diff", "a", ""), "<file>"),
        (("mount", "/srv", ""), "<dir>"),
        (("mount", "--log-to", ""), "<file>"),
        (("recover", "plan", "--device", ""), "<file>"),
    ],
)
def test_paths_are_left_to_the_shell(vexfsctl: Program, words: tuple[str, ...], path: str) -> None:
    """Which knows about quotes, `~` and variables."""
    assert path in vexfsctl.offers(*words)


@pytest.mark.parametrize(
    ("line", "breaks", "answer"),
    [
        ("vexfsctl log --log=sav", " \"'=:", "file sav "),
        ("vexfsctl log --log=sav", " \"'", "file sav --log="),
        ("vexfsctl log --log journal:sav", " \"'=:", "dir sav "),
        ("vexfsctl log --log=journal:sav", " \"'=", "dir sav journal:"),
        ("vexfsctl log --log $HOME/sav", " \"'=:", "file $HOME/sav "),
        ("vexfsctl lab down --name nosuch", " ", ""),
    ],
)
def test_bash_is_told_which_path_to_complete(
    vexfsctl: Program, line: str, breaks: str, answer: str
) -> None:
    """And what stands before it in what bash replaces, which COMP_WORDBREAKS decides."""
    told = vexfsctl(line, breaks, env={"_VEXFSCTL_COMPLETE": "bash"})

    assert told.stdout.replace("\x1f", " ") == (f"{answer}\n" if answer else "")


def test_a_shell_without_a_script_gets_nothing(vexfsctl: Program) -> None:
    """And a status that says so."""
    told = vexfsctl("status", env={"_VEXFSCTL_COMPLETE": "tcsh"})

    assert (told.exit_status, told.stdout) == (ExitStatus.FAILED, "")


def test_hostile_names_are_not_offered(vexfsctl: Program, tree: FakeTree) -> None:
    """Those that no terminal can show: the answer is read line by line."""
    (tree.root / "two\nlines").mkdir()
    (tree.root / "es\x1bcape").mkdir()

    assert [*vexfsctl.offers("volume", "show", "")] == ["loop0"]


def test_every_value_that_is_a_name_or_a_path_is_completed() -> None:
    """An argument or option added without completion fails here, or stands in the list."""
    free = {"since", "until", "boot", "pattern", "reason", "hints", "name", "command"}
    free |= {"fallback"}
    plain = [
        (" ".join(path), parameter.name)
        for path, command in _commands(root, ())
        for parameter in command.params
        if type(parameter.type) in (click.types.StringParamType, click.types.UnprocessedParamType)
        and not getattr(parameter, "is_flag", False)
        and parameter.name not in free
    ]

    assert plain == []


def _commands(
    group: click.Group, path: tuple[str, ...]
) -> list[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += _commands(command, (*path, name))
    return found
