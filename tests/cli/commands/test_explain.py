"""`vexfsctl explain`: words, pasted lines and standard input, for people and for programs."""

import json
import re
from itertools import chain
from pathlib import Path

import click
import pytest

from tests.support.golden import assert_golden
from tests.support.program import Finished, Program
from vexfsctl.catalogue.kernel_kinds import KERNEL_KINDS
from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.cli.command import root
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.surroundings import Surroundings
from vexfsctl.exceptions import ExitStatus
from vexfsctl.explanation.attributes import explain_path
from vexfsctl.explanation.glossary import whole_glossary
from vexfsctl.explanation.lines import SIGNIFICANCES
from vexfsctl.logs.grammar import RECORD_FORMS
from vexfsctl.model.errnos import ERRNOS
from vexfsctl.sysfs.attributes import INJECT_ATTRIBUTES, attributes

KERNEL_LOGS = Path(__file__).parents[2] / "data" / "kernel-logs"
READ_ERROR = (
    "VexFS: [CORR-6F1C93A20000002A] error vol=loop0 op=storage call=read err=IoError.ReadError"
    " errno=EIO sev=high attempt=1/3 parent=CORR-6F1C93A200000029 ino=12 off=1048576 len=4096"
    ' hints=retry:500,invalidate_cache,use_fallback msg="read operation failed"'
)
BLOCK_LINE = "I/O error, dev loop0, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
STATE_LINE = "VexFS: State transition 1 -> 3"
PLACEHOLDER_ARGUMENTS = {"VOLUME": "loop0", "OPERATION": "storage", "VALUE": "5"}
COMMAND = re.compile(r"`(vexfsctl [^`]+)`")


def names(result: Finished) -> list[list[str]]:
    """Names of the meanings of each word that JSON output answers."""
    return [[each["name"] for each in answer["meanings"]] for answer in result.json["data"]]


# --- everything there is


def test_everything_there_is_can_be_asked_for(vexfsctl: Program) -> None:
    """Every error, errno, hint, flag word, state, attribute and record, in one call."""
    numbers = [str(-number) for number in ERRNOS]
    flags = [hex(word) for word in range(0x80)]
    words = dict.fromkeys([*whole_glossary().words, *numbers, *flags])

    result = vexfsctl("explain", *words, "--json")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert [answer["asked"] for answer in result.json["data"]] == list(words)
    assert all(answer["meanings"] for answer in result.json["data"])


def test_every_error_is_told_to_its_end(vexfsctl: Program) -> None:
    """What happened, impact, what the system does, what to do, and the proof."""
    labels = ("\nimpact: ", "\nby itself: ", "\nwhat to do: ", "\ndone when: ")
    untold = []
    for error in ERRORS:
        result = vexfsctl("explain", error.name)
        assert (result.exit_status, result.stderr) == (ExitStatus.OK, ""), error.name
        if not result.stdout.startswith(f"{error.name} (error)\n{error.meaning}\n"):
            untold.append((error.name, "meaning"))
        untold += [(error.name, label) for label in labels if label not in result.stdout]

    assert untold == []


def test_every_attribute_is_found_by_every_path() -> None:
    """Below the volume, with the volume, and whole."""
    lost = []
    for attribute in (*attributes(), *INJECT_ATTRIBUTES):
        for above, volume in (("", None), ("loop0/", "loop0"), ("/sys/fs/vexfs/loop0/", "loop0")):
            (found,) = explain_path(above + attribute.path)
            told = (found.name, found.meaning, found.facts["volume"])
            if told != (attribute.path, attribute.meaning, volume):
                lost.append((above + attribute.path, told))

    assert lost == []


def test_every_kind_of_record_is_known(vexfsctl: Program) -> None:
    """By its word, with its keys."""
    answers = vexfsctl("explain", *(form.word for form in RECORD_FORMS), "--json").json["data"]
    keys = {
        answer["asked"]: each["facts"]["keys"]
        for answer in answers
        for each in answer["meanings"]
        if each["subject"] == "record"
    }

    assert [form.word for form in RECORD_FORMS if not keys.get(form.word)] == []


def commands_of_the_prose() -> list[str]:
    """Every command of ours that any explanation names."""
    texts: list[str] = [*chain.from_iterable(KERNEL_KINDS.values()), *SIGNIFICANCES.values()]
    for heading in whole_glossary().headings:
        own = heading.explain()
        told = (own.meaning, own.impact, own.what_the_system_does, own.what_you_do, own.done_when)
        texts += [text for text in told if text is not None]
    return sorted({command for text in texts for command in COMMAND.findall(text)})


def misunderstood(text: str) -> str | None:
    """Return why the program refuses the command *text*; None where it understands it."""
    for placeholder, value in PLACEHOLDER_ARGUMENTS.items():
        text = text.replace(placeholder, value)
    arguments = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", text)[1:]]
    app = AppContext(Surroundings.of_this_process())
    context = click.Context(root, info_name="vexfsctl", obj=app, **root.context_settings)
    command: click.Command = root
    try:
        while isinstance(command, click.Group):
            name, found, arguments = command.resolve_command(context, arguments)
            assert found is not None and name is not None, text
            command, context = found, click.Context(found, context, name, **found.context_settings)
        command.make_context(context.info_name, arguments, parent=context.parent)
    except click.MissingParameter as refusal:
        # Named in passing, without what it works on.
        return refusal.format_message() if arguments else None
    except click.ClickException as refusal:
        return refusal.format_message()
    return None


def test_every_command_that_the_prose_names_is_understood() -> None:
    """Verbs, options and their values are those of the program, however little is left out."""
    refused = {text: why for text in commands_of_the_prose() if (why := misunderstood(text))}

    assert len(commands_of_the_prose()) > 200
    assert refused == {}


# --- for people and for programs


def test_an_explanation_in_eighty_columns(vexfsctl: Program) -> None:
    """An error, a state, flags and a pasted line, wrapped between words."""
    result = vexfsctl(
        "explain", "IoError.ReadError", "open", "0x27", BLOCK_LINE, "--no-pager", terminal=True,
        env={"TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip

    assert result.exit_status == ExitStatus.OK
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert_golden("explain.txt", result.stdout)


def test_json_has_numbers_as_numbers(vexfsctl: Program) -> None:
    """The envelope names its schema; the facts of a meaning are values."""
    result = vexfsctl("explain", "-1003", "--json")

    assert result.json["schema"] == "vexfsctl.explain/1"
    (meaning,) = result.json["data"][0]["meanings"]
    assert meaning["subject"] == "code"
    assert meaning["facts"] == {
        "code": -1003,
        "code_names": ["VEXFS_ERROR_CORRUPTION"],
        "errors": [error.name for error in ERRORS if error.code == -1003],
    }


def test_ndjson_is_a_line_for_each_word(vexfsctl: Program) -> None:
    """In the order asked, each once."""
    rows = vexfsctl("explain", "EIO", "stale", "EIO", "--format", "ndjson").rows

    assert [row["asked"] for row in rows] == ["EIO", "stale"]


def test_tsv_is_a_line_for_each_meaning(vexfsctl: Program) -> None:
    """With the names of the columns above."""
    result = vexfsctl("explain", "read_only", "--format", "tsv")

    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[0] == [
        "asked", "subject", "name", "meaning", "impact", "what_the_system_does", "what_you_do",
        "done_when",
    ]  # fmt: skip
    assert [row[:3] for row in rows[1:]] == [
        ["read_only", "degradation", "read_only"],
        ["read_only", "hint", "read_only"],
    ]
    assert {len(row) for row in rows} == {8}


# --- words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-5"], [["EIO", "VEXFS_ERROR_IO"]]),
        (["5"], [["EIO", "emergency (5)", "exit status 5"]]),
        (["-EINVAL"], [["EINVAL"]]),
        (["-einval"], [["EINVAL"]]),
        (["-ehwpoison"], [["EHWPOISON"]]),
        (["open"], [["open", "open"]]),
        (["overdue"], [["overdue", "operations/<op>/overdue"]]),
        (
            ["failures"],
            [["operations/<op>/failures", "operations/<op>/breaker/failures"]],
        ),
        (["breaker/retry_after_ms"], [["operations/<op>/breaker/retry_after_ms"]]),
        (["operations/<op>/calls"], [["operations/<op>/calls"]]),
        (["operations/sync/breaker/"], [["operations/<op>/breaker/"]]),
        (["exit", "4"], [["exit status 4"]]),
        (["no", "space", "left", "on", "device"], [["ENOSPC"]]),
        (["Circuit", "breaker", "open", "for", "Storage", "operations"], [["CircuitBreakerOpen"]]),
        (["err=IoError.ReadError"], [["IoError.ReadError"]]),
        (["hints=retry:500,manual"], [["retry:500", "manual"]]),
        (["errno=EIO", "sev=high"], [["EIO"], ["high", "errors/high"]]),
        (["EIO", "-q"], [["EIO"]]),
        (["--", "-5"], [["EIO", "VEXFS_ERROR_IO"]]),
    ],
    ids=lambda words: " ".join(words) if isinstance(words[0], str) else "",
)
def test_what_words_mean(vexfsctl: Program, words: list[str], expected: list[list[str]]) -> None:
    """By every name, in either sign, with key or path; words that belong together are one."""
    result = vexfsctl("explain", "--json", *words)

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert names(result) == expected


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("IoError.ReadErorr", "did you mean IoError.ReadError or "),
        ("half_opne", "did you mean half_open"),
        ("CORR-6F1C93A20000002A", "for an id: vexfsctl trace CORR-6F1C93A200000"),
        ("loop0/storage", "for the breaker itself: vexfsctl breaker show loop0/storage"),
        ("operations/nosuch/breaker/state", "did you mean operations/"),
        ("?", "give an errno, a code, an error, a hint, a state, an attribute, or a line of a log"),
    ],
)
def test_an_unknown_word_fails_with_a_way_on(vexfsctl: Program, word: str, hint: str) -> None:
    """Status 1, and what may have been meant."""
    result = vexfsctl("explain", word)

    assert (result.exit_status, result.stdout) == (ExitStatus.FAILED, "")
    assert result.stderr.startswith(f"vexfsctl: nothing is known about '{word}'\nhint: {hint}")


def test_an_unknown_word_does_not_hide_the_known_ones(vexfsctl: Program) -> None:
    """The known are answered, the unknown is a problem, the status is 1."""
    result = vexfsctl("explain", "EIO", "opne", "--json")

    assert result.exit_status == ExitStatus.FAILED
    assert names(result) == [["EIO"]]
    assert [problem["code"] for problem in result.json["problems"]] == ["not_found"]


def test_nothing_to_explain_is_wrong_usage(vexfsctl: Program) -> None:
    """As is an option that does not exist, which must not be taken for a word."""
    assert vexfsctl("explain").exit_status == ExitStatus.USAGE
    misspelt = vexfsctl("explain", "EIO", "--jsno")

    assert misspelt.exit_status == ExitStatus.USAGE
    assert misspelt.stderr.startswith("vexfsctl: No such option '--jsno'.")


# --- lines


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (READ_ERROR, ["error", "IoError.ReadError"]),
        (f"12,701,3580000000,-;{READ_ERROR}", ["error", "IoError.ReadError"]),
        (f"[ 3580.000000] {READ_ERROR}", ["error", "IoError.ReadError"]),
        (f"<12>[ 3580.000000] {READ_ERROR}", ["error", "IoError.ReadError"]),
        (f"Aug 21 09:59:42 host1 kernel: {READ_ERROR}", ["error", "IoError.ReadError"]),
        (BLOCK_LINE, ["kernel block", "IoError.ReadError"]),
        (f"3,396,8395549,-;{BLOCK_LINE}", ["kernel block", "IoError.ReadError"]),
        (f"Aug 21 09:59:42 host1 kernel: {BLOCK_LINE}", ["kernel block", "IoError.ReadError"]),
        (
            "VexFS: [CORR-6F1C93A20000002A] breaker vol=loop0 op=storage from=closed to=open"
            " generation=2 failures=5/5 window_ms=10000 trips=1",
            ["breaker", "open"],
        ),
        ("VexFS: degradation vol=loop0 from=normal to=read_only", ["degradation", "read_only"]),
        ("VexFS: error vol=loop0 op=storage", ["unrecognised"]),
    ],
)
def test_a_pasted_line_is_understood_in_every_form(
    vexfsctl: Program, line: str, expected: list[str]
) -> None:
    """As one argument, as many, and from standard input."""
    asked = (
        vexfsctl("explain", "--json", line),
        vexfsctl("explain", "--json", *line.split()),
        vexfsctl("explain", "--json", "-", input=f"{line}\n"),
    )

    for result in asked:
        assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
        assert names(result) == [expected]


def test_quotes_that_the_shell_ate_are_put_back(vexfsctl: Program) -> None:
    """A line pasted without quotes around it arrives without those in it."""
    result = vexfsctl("explain", "--json", *READ_ERROR.replace('"', "").split())

    assert names(result) == [["error", "IoError.ReadError"]]


@pytest.mark.parametrize(
    ("line", "after"),
    [
        (STATE_LINE, "error"),
        (f"[    6.764795] {STATE_LINE}", "error"),
        ("vexfs info: System degradation level changed from Normal to ReadOnlyMode", "read_only"),
    ],
)
def test_numbers_and_names_of_earlier_builds_become_words(
    vexfsctl: Program, line: str, after: str
) -> None:
    """The state that the line leads to is explained after it."""
    for words in ([line], line.split()):
        result = vexfsctl("explain", "--json", *words)

        (answer,) = result.json["data"]
        assert answer["asked"] == " ".join(words)
        assert answer["meanings"][0]["subject"] == "line"
        assert answer["meanings"][1]["name"] == after


def test_words_beside_the_name_of_the_filesystem_are_no_line(vexfsctl: Program) -> None:
    """Prose that names VexFS is one, but not behind a word that was asked for."""
    result = vexfsctl("explain", "EIO", "vexfs")

    assert result.exit_status == ExitStatus.FAILED
    assert result.stdout.startswith("EIO (errno)\n")
    assert "nothing is known about 'vexfs'" in result.stderr


# --- completion


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ("IoError.F", ["IoError.FlushError"]),
        ("half_o", ["half_open", "half_open_max_calls"]),
        ("eio", ["EIO", "EIOCBQUEUED"]),
        ("unres", ["unresponsive"]),
        ("VEXFS_RECOVERY_R", ["VEXFS_RECOVERY_RETRY", "VEXFS_RECOVERY_REDUCE_SCOPE",
                              "VEXFS_RECOVERY_READ_ONLY", "VEXFS_RECOVERY_RESTART"]),
        ("operations/sync/breaker/trip", ["operations/sync/breaker/trips"]),
    ],
)  # fmt: skip
def test_the_shell_completes_names(vexfsctl: Program, begun: str, expected: list[str]) -> None:
    """Whatever their letter case."""
    offered = vexfsctl.offers("explain", begun)

    assert set(offered) <= set(expected) and offered
    assert expected[0] in offered


def test_json_of_a_failure_is_an_envelope(vexfsctl: Program) -> None:
    """An unknown word in JSON is a problem with a code."""
    result = vexfsctl("explain", "opne", "--json")

    assert json.loads(result.stdout)["problems"][0]["code"] == "not_found"
