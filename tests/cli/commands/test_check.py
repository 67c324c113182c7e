"""`vexfsctl check`: one line, numbers that monitoring can read, a verdict as exit status."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.analysis.volumes import healthy_volume
from tests.cli.recorded import add_recorded_volume, before_reset
from tests.render.test_plugin import read_perfdata
from tests.support.clock import VirtualClock
from tests.support.golden import assert_golden
from tests.support.load import at_work
from tests.support.program import BOUND_S, Finished, Program
from tests.support.tree import FakeTree
from vexfsctl.analysis.health.findings import Verdict
from vexfsctl.analysis.window import Window
from vexfsctl.answers.check import check_result
from vexfsctl.cli.documents.manual.pages import manual_files
from vexfsctl.cli.registry import COMMANDS
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.assessment import Assessment
from vexfsctl.host.volumes import Consulted
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.render.plain import render_line
from vexfsctl.render.result import Paragraph

pytestmark = pytest.mark.usefixtures("tree")

CAPTURES = Path(__file__).parents[2] / "data" / "kernel-logs" / "vexfs"
LABELS = [
    *("volumes", "breakers_not_closed", "calls_overdue"),
    *("errors_critical", "errors_high", "errors_medium", "errors_low"),
    *("timeouts", "calls_suppressed", "calls_rejected", "calls_unreturned"),
    *("corruptions", "data_losses", "expected_noise"),
]
"""The same in every answer; counter and level of each volume follow."""


def numbers_of(result: Finished) -> dict[str, str]:
    """Return the performance data of the one line there is."""
    [line] = result.stdout.splitlines()
    data = read_perfdata(line.partition(" | ")[2])
    return {str(each["label"]): str(each["value"]) for each in data}


def test_a_healthy_volume_is_ok_with_every_number(vexfsctl: Program) -> None:
    """The whole line."""
    result = vexfsctl("check")

    assert (result.exit_status, result.stderr) == (Verdict.OK, "")
    assert result.stdout == (
        "OK - loop0 is healthy | volumes=1;;;0 breakers_not_closed=0;0;;0;7 calls_overdue=0;0;;0 "
        "errors_critical=0;;0;0 errors_high=0;0;;0 errors_medium=0;;;0 errors_low=0;;;0 "
        "timeouts=0;0;;0 calls_suppressed=0;0;;0 calls_rejected=0;;;0 calls_unreturned=0;0;;0 "
        "corruptions=0;;0;0 data_losses=0;;0;0 expected_noise=0;;;0 loop0/errors=0c;;;0 "
        "loop0/degradation=0;0;3;0;5\n"
    )


def test_an_open_breaker_is_a_warning(vexfsctl: Program, tree: FakeTree) -> None:
    """One open breaker turns `check` into WARNING and names volume and operation."""
    tree.write("loop0/operations/file/breaker/state", "open")

    result = vexfsctl("check")

    assert result.exit_status == Verdict.WARNING
    assert result.stdout.startswith("WARNING - loop0/file: breaker open, ")
    assert numbers_of(result)["breakers_not_closed"] == "1"


@pytest.mark.parametrize(
    ("path", "value", "verdict", "text"),
    [
        ("state", "error", Verdict.CRITICAL, "loop0: its provider is in state error"),
        ("degradation", "read_only", Verdict.CRITICAL, "loop0: degraded: read_only"),
        ("degradation", "emergency", Verdict.CRITICAL, "loop0: degraded: emergency"),
        ("degradation", "heavy", Verdict.WARNING, "loop0: degraded: heavy"),
        ("access_mode", "ro", Verdict.WARNING, "loop0: set read-only by an operator"),
        (
            "operations/sync/overdue",
            "2",
            Verdict.WARNING,
            "loop0/sync: 2 calls are past the deadline and still running",
        ),
        (
            "operations/storage/breaker/state",
            "forced_open",
            Verdict.CRITICAL,
            "loop0/storage: breaker forced_open",
        ),
        (
            "operations/superblock/breaker/state",
            "half_open",
            Verdict.WARNING,
            "loop0/superblock: breaker half_open",
        ),
        ("degradation", "purple", Verdict.UNKNOWN, "loop0: degradation is 'purple'"),
    ],
)
def test_each_row_of_the_table_that_a_tree_shows(
    vexfsctl: Program, tree: FakeTree, path: str, value: str, verdict: Verdict, text: str
) -> None:
    """The verdict is the exit status, and the reason stands in the line."""
    tree.write(f"loop0/{path}", value)

    result = vexfsctl("check")

    assert result.exit_status == verdict
    assert result.stdout.startswith(f"{str(verdict).upper()} - {text}")
    assert list(numbers_of(result)) == [*LABELS, "loop0/errors", "loop0/degradation"]


def test_a_window_leaves_older_errors_out(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """The breaker is open whenever the errors were; numbers are of the window."""
    log = before_reset(tmp_path)
    add_recorded_volume(tree, log)

    wide = vexfsctl("check", "--window", "4m", "--log", str(log))
    narrow = vexfsctl("check", "--window", "12s", "--log", str(log))

    assert numbers_of(wide)["errors_high"] == "5"
    assert numbers_of(narrow)["errors_high"] == "0"
    assert (wide.exit_status, narrow.exit_status) == (Verdict.CRITICAL, Verdict.CRITICAL)
    assert wide.stdout.startswith(
        "CRITICAL - sdq1/storage: breaker open, opened 17s ago, half-open in 43s; "
        "sdq1/storage: 5 errors of high severity; sdq1/sync: 1 call timed out | "
    )


def test_many_reasons_are_the_worst_and_a_number(vexfsctl: Program, tree: FakeTree) -> None:
    """The line stays short, and JSON has them all."""
    for operation in ("file", "directory", "inode", "vector", "sync", "superblock", "storage"):
        tree.write(f"loop0/operations/{operation}/breaker/state", "open")

    result = vexfsctl("check")

    shown = result.stdout.partition(" | ")[0]
    assert shown.startswith("CRITICAL - loop0/superblock: breaker open")
    assert shown.endswith(" more)")
    assert len(shown) <= len("CRITICAL - ") + 200
    assert len(vexfsctl("check", "--json").json["data"]["findings"]) == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "--bogus"), "No such option '--bogus'."),
        (("--bogus", "check"), "No such option '--bogus'."),
        (("check", "--window", "soon"), "Invalid value for '--window':"),
        (("check", "loop7"), "there is no volume 'loop7' in "),
        (("check", "loop0/storage"), "not a volume name: 'loop0/storage'"),
        (("check", "--log", "/no/such.kmsg"), "/no/such.kmsg: No such file or directory"),
        (("check", "no|volume\n"), "there is no volume 'no\\x7cvolume\\n' in "),
    ],
)
def test_whatever_prevents_a_verdict_is_unknown_in_one_line(
    vexfsctl: Program, arguments: tuple[str, ...], message: str
) -> None:
    """Never a 1 or 2, which would mean something; a bar would begin the numbers."""
    result = vexfsctl(*arguments)

    assert result.exit_status == Verdict.UNKNOWN
    [line] = result.stdout.splitlines()
    assert line.startswith("UNKNOWN - ")
    assert message in line
    assert "|" not in line


class FailingClock(VirtualClock):
    """A clock that cannot be read."""

    def __init__(self, exception: BaseException) -> None:
        super().__init__()
        self._exception = exception

    def now_ns(self) -> int:
        """Raise."""
        raise self._exception


def test_a_bug_is_unknown_with_its_trace_on_standard_error(vexfsctl: Program) -> None:
    """Standard output has the line and nothing else."""
    vexfsctl.clock = FailingClock(ZeroDivisionError("by zero"))

    result = vexfsctl("check")

    assert (result.exit_status, result.stdout) == (
        Verdict.UNKNOWN,
        "UNKNOWN - ZeroDivisionError: by zero\n",
    )
    assert "Traceback" in result.stderr


def test_an_interrupt_is_unknown(vexfsctl: Program) -> None:
    """No verdict was come to."""
    vexfsctl.clock = FailingClock(KeyboardInterrupt())

    assert vexfsctl("check").exit_status == Verdict.UNKNOWN
    assert vexfsctl("status").exit_status == 130


def test_failures_of_other_commands_keep_their_status(vexfsctl: Program) -> None:
    """Also where one of their arguments is called `check`."""
    assert vexfsctl("status", "--bogus").exit_status == 2
    result = vexfsctl("status", "check")
    assert (result.exit_status, result.stdout) == (1, "")
    assert vexfsctl("--log", "check", "status").exit_status == 3


def test_json_of_a_failure_is_an_envelope(vexfsctl: Program) -> None:
    """With the problem, and the same exit status."""
    result = vexfsctl("check", "loop7", "--json")

    assert result.exit_status == Verdict.UNKNOWN
    assert (result.json["schema"], result.json["data"]) == ("vexfsctl.check/1", None)
    assert [problem["code"] for problem in result.json["problems"]] == ["volume_not_found"]


def test_help_is_no_verdict(vexfsctl: Program) -> None:
    """Status 0, as everywhere."""
    result = vexfsctl("check", "--help")

    assert result.exit_status == 0
    assert result.stdout.startswith("Usage: vexfsctl check ")


def test_json_has_verdict_findings_and_numbers(vexfsctl: Program, tree: FakeTree) -> None:
    """The envelope of every command."""
    tree.write("loop0/access_mode", "ro")

    result = vexfsctl("check", "--json")

    assert result.exit_status == Verdict.WARNING
    data = result.json["data"]
    assert (data["verdict"], data["text"]) == ("warning", "loop0: set read-only by an operator")
    assert [(each["code"], each["volume"]) for each in data["findings"]] == [
        ("access_mode_ro", "loop0")
    ]
    assert [each["label"] for each in data["gauges"]] == [
        *LABELS,
        "loop0/errors",
        "loop0/degradation",
    ]


def test_tsv_has_reasons_and_numbers_as_tables(vexfsctl: Program, tree: FakeTree) -> None:
    """A header line each."""
    tree.write("loop0/access_mode", "ro")

    result = vexfsctl("check", "--format", "tsv")

    reasons, numbers = result.stdout.split("\n\n")
    assert reasons == (
        "verdict\tsubject\tcode\tmessage\n"
        "warning\tloop0\taccess_mode_ro\tset read-only by an operator"
    )
    assert numbers.splitlines()[:2] == [
        "label\tvalue\twarning\tcritical\tmaximum",
        "volumes\t1\t\t\t",
    ]


def test_a_reader_that_is_gone_changes_no_verdict(vexfsctl: Program, tree: FakeTree) -> None:
    """The status is what a monitoring system believes."""
    tree.write("loop0/operations/storage/breaker/state", "open")

    reader, writer = os.pipe()
    os.close(reader)

    finished = subprocess.run(
        [sys.executable, "-m", "vexfsctl", "check"],
        env=vexfsctl.environ,
        stdout=writer,
        timeout=BOUND_S,
        check=False,
    )
    os.close(writer)

    assert finished.returncode == Verdict.CRITICAL


def test_an_unreadable_log_is_told_when_the_tree_answers() -> None:
    """What only the log could say is U: undetermined."""
    why = "cannot read /dev/kmsg: Operation not permitted"
    log = Coverage(gaps=(Gap("kmsg", "unreadable", None, why),))
    seen = Consulted((), (healthy_volume(),), Coverage(("/run/vexfs",)))
    assessment = Assessment.of(seen, (), log, Window(0, 1_000_000), now_us=1_000_000)

    [block] = check_result(assessment).body

    assert isinstance(block, Paragraph)
    [line] = block.lines
    assert render_line(line).startswith(
        "OK - loop0 is healthy (no log could be read: judged from the attribute tree) | volumes=1;"
    )
    assert " errors_critical=U;;0;0 " in str(line)
    assert " loop0/errors=0c" in str(line)


def test_a_log_without_vexfs_names_the_devices_that_the_kernel_has_trouble_with(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """What monitors are sent is one line: it must not say less than is known."""
    tree.remove("loop0")
    log = (
        "[  1.000000] I/O error, dev sdb, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1\n"
        "[  2.000000] md/raid1:md2: Disk failure on sdc6, disabling device.\n"
    )

    result = vexfsctl("check", "--log", "-", input=log)

    assert result.stdout.split(" | ")[0] == (
        "UNKNOWN - no VexFS record in the log "
        "(the kernel reports trouble: sdb, md2, sdc6; see vexfsctl status)"
    )


def test_a_host_without_volume_and_record_is_unknown(vexfsctl: Program, tree: FakeTree) -> None:
    """Nothing can be said of VexFS there."""
    tree.remove("loop0")

    result = vexfsctl("check")

    assert result.exit_status == Verdict.UNKNOWN
    assert result.stdout.startswith(
        "UNKNOWN - no volume on this host, and no VexFS record in the log | volumes=0;;;0 "
    )


@pytest.mark.parametrize(
    ("capture", "verdict"),
    [
        ("head_normal", Verdict.WARNING),
        ("head_nullb", Verdict.CRITICAL),
        ("head_dm", Verdict.CRITICAL),
        ("ffi_initfail", Verdict.CRITICAL),
        ("head_blksz_hung", Verdict.CRITICAL),
        ("head_uevents", Verdict.OK),
    ],
)
def test_real_captures_have_their_verdict(
    vexfsctl: Program, tree: FakeTree, capture: str, verdict: Verdict
) -> None:
    """From the log alone, on a machine without VexFS.

    head_normal met a limit of the build (EFBIG), the next two a superblock that cannot be read,
    ffi_initfail a module in state error. Of the mount that never returns VexFS says nothing at
    all: the kernel looks for its block without end.
    """
    tree.remove("loop0")

    result = vexfsctl("check", "--log", str(CAPTURES / f"{capture}.kmsg"))

    assert result.exit_status == verdict
    assert "(judged from the log alone) | " in result.stdout
    assert_golden(f"check-{capture}.txt", result.stdout)


def test_check_alone_judges() -> None:
    """Every other command's exit status is that of the table in commands.md."""
    assert [entry.name for entry in COMMANDS if entry.judges] == ["check"]


def test_the_manual_page_has_the_verdicts_for_exit_statuses() -> None:
    """What 1 and 2 mean elsewhere they do not mean here."""
    page = manual_files()["man/vexfsctl-check.1"]
    section = page.partition(".Sh EXIT STATUS\n")[2].partition(".Sh ")[0]

    assert section.splitlines()[1:7] == [
        *(".It 0", "OK.", ".It 1", "WARNING.", ".It 2", "CRITICAL."),
    ]


def test_a_volume_that_answers_late_is_busy(vexfsctl: Program, tree: FakeTree) -> None:
    """A warning, with all that it says; the verbs that act on it do."""
    attribute = tree.hang("loop0/errors/total")

    def late(*words: str) -> Finished:
        def answer() -> None:
            # Opening waits for the reader; then more than its deadline passes.
            with attribute.open("w") as writing:
                time.sleep(1.3)
                writing.write("0\n")

        writer = threading.Thread(target=answer)
        writer.start()
        answered = vexfsctl(*words, "--timeout", "1")
        writer.join()
        return answered

    check = late("check")
    listed = late("volume", "list", "--json")

    assert check.exit_status == Verdict.WARNING
    assert check.stdout.startswith("WARNING - loop0: busy: it answered after more than 1 s | ")
    assert listed.exit_status == ExitStatus.OK
    assert listed.json["data"][0]["presence"] == "busy"
    assert listed.json["data"][0]["status"]["state"] == "initialized"
    assert listed.json["problems"] == [
        {
            "code": "volume_busy",
            "message": "loop0: it answered after more than 1 s",
            "hint": None,
        }
    ]


def test_a_volume_whose_driver_runs_is_not_to_be_cut_off(vexfsctl: Program, tree: FakeTree) -> None:
    """Critical after three deadlines; nothing that is said leads to force."""
    tree.hang("loop0/errors/total")
    with at_work() as driver:
        tree.name_driver(driver)
        check = vexfsctl("check", "--json", "--timeout", "0.1")
        status = vexfsctl("status", "--timeout", "0.1")

    assert check.exit_status == Verdict.CRITICAL
    assert check.json["data"]["findings"] == [
        {
            "verdict": "critical",
            "code": "volume_unresponsive",
            "message": "unresponsive: does not answer within 0.3 s, but its driver, process "
            f"{driver.pid}, runs",
            "volume": "loop0",
            "operation": None,
            "hint": f"top -H -p {driver.pid} shows what it does",
        }
    ]
    assert "--force" not in check.stdout + status.stdout + status.stderr
