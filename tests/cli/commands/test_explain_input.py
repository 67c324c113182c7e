"""`vexfsctl explain` of standard input, of real captures, and of what was made to harm."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.program import Program
from vexfsctl.exceptions import ExitStatus
from vexfsctl.explanation.pasted_lines import read_pasted_line
from vexfsctl.host.standard_input import MOST_INPUT

KERNEL_LOGS = Path(__file__).parents[2] / "data" / "kernel-logs"
BLOCK_LINE = "I/O error, dev loop0, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
STATE_LINE = "VexFS: State transition 1 -> 3"
HOSTILE = st.text(
    st.characters(codec="utf-8")
    # Of a byte that is no UTF-8 Python makes such a surrogate, and no other.
    | st.sampled_from("\udc80\udcff\x1b\x9b\0\r\t\u202e[]<>-=:;,/'\"\\ "),
    max_size=80,
)


def test_lines_of_standard_input_are_explained_each_once(vexfsctl: Program) -> None:
    """Lines that say nothing are passed over."""
    text = f"usb 1-1: new device\n{BLOCK_LINE}\n{STATE_LINE}\n{BLOCK_LINE}\nEROFS\n"

    result = vexfsctl("explain", "-", "--json", input=text)

    assert result.exit_status == ExitStatus.OK
    assert [answer["asked"] for answer in result.json["data"]] == [BLOCK_LINE, STATE_LINE, "EROFS"]


def test_text_quotes_each_line_and_tells_the_same_once(vexfsctl: Program) -> None:
    """Which line is meant is plain, and a second one with the same error is short."""
    other = BLOCK_LINE.replace("4096", "8192")

    result = vexfsctl("explain", "-", input=f"{BLOCK_LINE}\n{other}\n")

    first, error, second, again = result.stdout.split("\n\n")
    assert first.startswith(f"{BLOCK_LINE}\nkernel block (line)\nA read of loop0 beginning")
    assert error.startswith("IoError.ReadError (error)\nThe backing device")
    assert second.startswith(f"{other}\nkernel block (line)\n")
    assert again == "IoError.ReadError (error, as above)\n"


@pytest.mark.parametrize("text", ["", "usb 1-1: new device\n", "\0\0\n", "x" * (MOST_INPUT + 1)])
def test_standard_input_without_a_line_of_ours_fails(vexfsctl: Program, text: str) -> None:
    """Status 1 and one message, whatever it was instead."""
    result = vexfsctl("explain", "-", input=text)

    assert (result.exit_status, result.stdout) == (ExitStatus.FAILED, "")
    assert result.stderr.startswith("vexfsctl: standard input has no line from VexFS")


def test_a_pipe_is_read_by_the_real_program(vexfsctl: Program) -> None:
    """As `dmesg | tail -1 | vexfsctl explain -` does."""
    result = vexfsctl.as_process("explain", "-", input=f"[    6.764795] {STATE_LINE}\n")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert "\nerror (module state)\n" in result.stdout


def test_every_line_of_every_capture_is_read() -> None:
    """No line of a real log raises."""
    for log in KERNEL_LOGS.glob("*/*"):
        for line in log.read_bytes().split(b"\n"):
            read_pasted_line(line.decode(errors="backslashreplace"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(words=st.lists(HOSTILE, min_size=1, max_size=4))
def test_any_words_are_answered_and_nothing_unprintable_is_shown(
    vexfsctl: Program, words: list[str]
) -> None:
    """Status 0, 1 or 2 and a message; no control character reaches the terminal."""
    result = vexfsctl("explain", "--", *words)

    assert result.exit_status in (ExitStatus.OK, ExitStatus.FAILED, ExitStatus.USAGE)
    assert "Traceback" not in result.stderr
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", result.stdout + result.stderr)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.binary(max_size=400))
def test_any_bytes_of_standard_input_are_survived(vexfsctl: Program, text: bytes) -> None:
    """Torn, binary, no UTF-8."""
    result = vexfsctl("explain", "-", input=text)

    assert result.exit_status in (ExitStatus.OK, ExitStatus.FAILED)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "word",
    [
        "E" * (1 << 20),
        "VexFS: " + "x " * (1 << 19),
        "VexFS: [CORR-6F1C93A20000002A] error vol=" + "a" * (1 << 20),
        "/" * (1 << 20),
        "a=" * (1 << 19),
    ],
    ids=["word", "prose", "record", "path", "keys"],
)
def test_a_megabyte_is_refused_in_a_line(vexfsctl: Program, word: str) -> None:
    """It is told of in short, not repeated."""
    result = vexfsctl("explain", word)

    assert result.exit_status == ExitStatus.FAILED
    assert len(result.stderr) < 400


def test_markup_and_escapes_of_a_line_are_shown_as_they_are(vexfsctl: Program) -> None:
    """A volume may be called anything; brackets are no colours, escapes no commands."""
    line = 'VexFS: degradation vol="[red]\\x1b[31m" from=normal to=light'

    result = vexfsctl("explain", line, "--no-pager", terminal=True, env={"TERM": "xterm"})

    assert "\n[red]\\x1b[31m: degradation normal → light." in result.stdout
    assert "\x1b[31m" not in result.stdout
