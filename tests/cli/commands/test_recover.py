"""`vexfsctl recover`: plans of a recorded incident, consent, the ledger's history and `trace`."""

import os
import re
from pathlib import Path

import pytest

from tests.cli.recorded import INCIDENT, add_recorded_volume, before_reset
from tests.recovery.samples import WHOLE, begun, step_begun, step_ended
from tests.support.golden import assert_golden
from tests.support.program import Finished, Program
from tests.support.tree import FakeTree
from vexfsctl.exceptions import ExitStatus
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.recovery.ledger.entries import LedgerEntry, StepEnded
from vexfsctl.recovery.ledger.file import Ledger

pytestmark = pytest.mark.usefixtures("tree", "utc")
SAVED = ("--log", str(INCIDENT))
ROOT_ID = "CORR-6F1C93A200000029"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state directory of the program."""
    return tmp_path / "state/vexfsctl"


def write(state: Path, *entries: LedgerEntry) -> None:
    """Put *entries* into the ledger of *state*."""
    ledger = Ledger(state)
    for entry in entries:
        ledger.write(entry)


def test_the_plan_of_an_incident_through_its_volume(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Steps, reasons, risks, what is against them, and what to do for the rest."""
    log = before_reset(tmp_path)
    add_recorded_volume(tree, log)

    result = vexfsctl("recover", "plan", "2A", "--log", str(log))

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert_golden("recover-plan.txt", result.stdout)


def test_the_same_in_json_has_everything(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """Subject, column, steps whole, and the command that carries it out."""
    log = before_reset(tmp_path)
    add_recorded_volume(tree, log)

    result = vexfsctl("recover", "plan", "sdq1/storage", "--json", "--log", str(log))

    assert result.exit_status == ExitStatus.OK
    assert_golden(
        "recover-plan.json",
        result.stdout.replace(str(tmp_path), "TMP").replace(str(tree.root), "ROOT"),
    )


def test_a_saved_log_alone_is_enough_for_a_plan(vexfsctl: Program) -> None:
    """Its volume is not there: the plan stands, nothing can be probed."""
    result = vexfsctl("recover", "plan", "2A", *SAVED)

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout.startswith(f"{ROOT_ID} on sdq1/storage: IoError.ReadError\n")
    assert result.stdout.endswith(
        f"next: vexfsctl recover replay {ROOT_ID} --device DEV --log {INCIDENT}"
        "  carries this out; DEV stands for the device\n"
    )


def test_an_incident_of_an_earlier_build_has_the_hints_of_the_catalogue(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """Its log names no volume, so a device is to be named; either of its ids will do."""
    log = tmp_path / "upstream.kmsg"
    log.write_text(
        "6,0,0,-;Linux version 6.18.0\n"
        "4,1,2000000,-;VexFS FFI WARNING: [CORR-0000000000000001] read_block failed: "
        "[CORR-0000000000000002] I/O error: read operation failed in read_block: FFI operation "
        "type: Storage (severity: High, retries: 2)\n"
    )

    first, second = (
        vexfsctl("recover", "plan", name, "--json", "--log", str(log)) for name in ("01", "02")
    )

    assert (first.exit_status, first.stderr) == (ExitStatus.OK, "")
    assert first.json["data"] == second.json["data"]
    plan = first.json["data"]["plan"]
    assert (plan["subject"]["errors"], plan["subject"]["hints_from"]) == (
        ["IoError.ReadError"],
        "catalogue",
    )
    assert [each["target"] for each in plan["steps"]] == ["the device"] * 3


NUMBERED = """\
[    1.000000] VexFS: Initializing SAFE FFI module v1.0.0 with memory management
[    2.000000] VexFS: [CALL-1] Starting FFI call read_file
[    2.500000] VexFS: [CALL-1] FFI call read_file failed: -5 (failure rate: 100%), using fallback
[    3.000000] VexFS: [CALL-1] Starting FFI call sync_fs
[    3.500000] VexFS: [CALL-1] FFI call sync_fs failed: -12 (failure rate: 100%), using fallback
"""
"""What a kernel module of an earlier build wrote, which numbers its calls."""


@pytest.mark.parametrize("asked", ["CALL-1@read_file", "call-1@read_file#1"])
def test_a_numbered_call_of_an_earlier_build_has_a_plan(
    vexfsctl: Program, tmp_path: Path, asked: str
) -> None:
    """What `trace` calls it leads to its plan, and that to its replay from the same log."""
    log = tmp_path / "saved module.log"
    log.write_text(NUMBERED)

    traced = vexfsctl("trace", asked, "--log", str(log))
    planned = vexfsctl("recover", "plan", asked, "--log", str(log))

    next_command = f"vexfsctl recover plan 'CALL-1@read_file#1' --log '{log}'"
    assert f"next: {next_command}  what can be done about it" in traced.stdout
    assert (planned.exit_status, planned.stderr) == (ExitStatus.OK, "")
    assert planned.stdout.startswith("CALL-1@read_file#1: IoError.ReadError\n")
    assert "why: the catalogue hints retry:500 for IoError.ReadError\n" in planned.stdout
    assert planned.stdout.endswith(
        "next: vexfsctl recover replay 'CALL-1@read_file#1' --device DEV"
        f" --log '{log}'  carries this out; DEV stands for the device\n"
    )


def test_a_number_that_several_calls_have_is_ambiguous_to_recover_too(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """It says how to choose."""
    log = tmp_path / "module.log"
    log.write_text(NUMBERED)

    result = vexfsctl("recover", "plan", "CALL-1", "--log", str(log))

    assert (result.exit_status, result.stdout) == (ExitStatus.FAILED, "")
    assert result.stderr == (
        "vexfsctl: CALL-1 fits 2 calls: CALL-1@read_file#1 at 2.000 s; CALL-1@sync_fs#1 at 3.000 s"
        "\nhint: name the call site and, if need be, the load: CALL-1@read_file#1\n"
    )


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("--error", "IoError.R"), ["IoError.ReadError"]),
        (("--hints", "re"), ["retry", "reduce_scope", "read_only", "restart"]),
        (("--hints", "retry,use"), ["retry,use_fallback"]),
        (("",), ["loop0", "loop0/superblock"]),
    ],
)
def test_the_shell_completes_errors_hints_and_targets(
    vexfsctl: Program, words: tuple[str, ...], offered: list[str]
) -> None:
    """One hint after the other, and the live volumes."""
    found = vexfsctl.offers("recover", "plan", *words)

    assert [*found][: len(offered)] == offered


def test_a_plan_for_an_error_names_the_device_last(vexfsctl: Program) -> None:
    """Before there is one the steps can be judged."""
    result = vexfsctl("recover", "plan", "--error", "IoError.WriteError", "--format", "tsv")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == (
        "step\thint\trisk\ttarget\twhat\n"
        "1\tretry\tsafe\tthe device\tread a sample of the device again, past the page cache, "
        "up to 3 times with growing waits\n"
        "2\tinvalidate_cache\tdisruptive\tthe device\twrite out what waits for the device, drop "
        "its cached pages, read a sample of the device again\n"
        "3\tuse_fallback\tsafe\tthe device\tread a sample of the device from the fallback as well "
        "and compare; nothing is copied\n"
    )


def test_an_error_that_hints_at_nothing_has_an_empty_plan(vexfsctl: Program) -> None:
    """Which is an answer."""
    result = vexfsctl("recover", "plan", "--error", "FileNotFound")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == (
        "FileNotFound\nbut: no hints for FileNotFound\n\nThere is nothing to carry out.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("2A", "--error", "IoError.ReadError"),
        ("--error", "IoError.ReadError", "--hints", "0x07"),
        ("--hints", "0x80"),
        ("--hints", "nonsense"),
        ("2A", "--offset", "4096"),
        ("2A", "--fallback", "/dev/null"),
        ("2A", "--device", "/dev/null"),
        ("sdq1/nonsense",),
    ],
)
def test_what_means_nothing_is_wrong_usage(vexfsctl: Program, arguments: tuple[str, ...]) -> None:
    """Status 2, before anything is told or done."""
    for verb in ("plan", "replay"):
        result = vexfsctl("recover", verb, *arguments, *SAVED)

        assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, ""), result.stderr


def test_what_is_not_there_is_not_found(vexfsctl: Program, tmp_path: Path) -> None:
    """1 where the evidence is complete, 3 where it may be in what is missing; a device: 1."""
    complete = tmp_path / "complete.kmsg"
    complete.write_text("6,0,0,-;Linux version 6.18.0\n")

    absent = vexfsctl("recover", "plan", "FFFF", "--log", str(complete))
    unknown = vexfsctl("recover", "plan", "FFFF", *SAVED)
    unreadable = vexfsctl("recover", "plan", "FFFF", "--log", str(tmp_path / "none"))
    error = vexfsctl("recover", "plan", "--error", "IoError.ReedError")
    device = vexfsctl("recover", "plan", "--hints", "7", "--device", "/dev/nothing")

    assert absent.exit_status == ExitStatus.FAILED
    assert unknown.exit_status == ExitStatus.INCOMPLETE
    assert unreadable.exit_status == ExitStatus.INCOMPLETE
    assert "or say what failed: --error, --hints" in unreadable.stderr
    assert (error.exit_status, device.exit_status) == (ExitStatus.FAILED, ExitStatus.FAILED)
    assert "there is no device /dev/nothing" in device.stderr


def test_a_file_is_no_device_and_the_way_to_make_it_one_is_told(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """losetup does."""
    image = tmp_path / "image"
    image.touch()

    result = vexfsctl("recover", "plan", "--hints", "7", "--device", str(image))

    assert result.exit_status == ExitStatus.USAGE
    assert f"losetup --find --show {image}" in result.stderr


def replay(vexfsctl: Program, tree: FakeTree, tmp_path: Path, *words: str) -> Finished:
    """Replay the recorded incident through its volume, which is mounted nowhere."""
    log = before_reset(tmp_path)
    add_recorded_volume(tree, log)
    return vexfsctl("recover", "replay", "2A", *words, "--log", str(log))


def test_a_replay_asks_first(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path, state: Path
) -> None:
    """Where nobody can be asked it wants --yes; nothing is begun."""
    result = replay(vexfsctl, tree, tmp_path)

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")
    assert "Carry out retry, invalidate_cache, use_fallback on sdq1/storage, sdq1?" in result.stderr
    assert not state.exists()


def test_a_dry_run_shows_the_plan_and_begins_nothing(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path, state: Path
) -> None:
    """The same text as `recover plan` has."""
    result = replay(vexfsctl, tree, tmp_path, "--dry-run")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert "1. retry on sdq1/storage\n" in result.stdout
    assert result.stdout.endswith("\nDry run: nothing was changed.\n")
    assert not state.exists()


def test_without_a_ledger_there_is_no_replay(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Nothing was tried."""
    (tmp_path / "blocked").write_text("")
    vexfsctl.environ["VEXFSCTL_STATE_DIR"] = str(tmp_path / "blocked/state")

    result = replay(vexfsctl, tree, tmp_path, "--yes")

    assert (result.exit_status, result.stdout) == (ExitStatus.FAILED, "")
    assert "no replay without a ledger" in result.stderr
    assert tree.read("sdq1/operations/storage/breaker/state") == "open"


def test_a_replay_of_what_is_nowhere_says_what_it_needs(vexfsctl: Program, state: Path) -> None:
    """A volume that does not answer, an error of no volume, an error without hints."""
    away = vexfsctl("recover", "replay", "2A", "--yes", *SAVED)
    nowhere = vexfsctl("recover", "replay", "--error", "IoError.ReadError", "--yes")
    nothing = vexfsctl("recover", "replay", "--error", "FileNotFound", "--yes")

    assert (away.exit_status, nowhere.exit_status, nothing.exit_status) == (1, 2, 1)
    assert "volume sdq1 does not answer" in away.stderr
    assert "say on which device: --device DEV" in nowhere.stderr
    assert "no hints for FileNotFound" in nothing.stderr
    assert not state.exists()


def test_a_replay_through_a_volume_that_stays_broken_is_in_the_ledger(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Nobody serves the fake tree, so the breaker stays open: all steps, 4, and history has it."""
    result = replay(vexfsctl, tree, tmp_path, "--yes", "--json")
    past = vexfsctl("recover", "history", "29", "--json")

    assert result.exit_status == ExitStatus.STILL_FAULTY, result.stderr
    data = result.json["data"]
    outcomes = [each["result"]["outcome"] for each in data["steps"]]
    assert outcomes == ["failed", "refused", "refused"]
    assert (data["result"], data["exit_status"]) == ("still_there", 4)
    assert data["next_commands"][0] == "vexfsctl breaker reset sdq1/storage --probe"
    [known] = past.json["data"]
    assert (known["begun"]["replay"], known["result"]) == (data["replay"], "still_there")
    assert [each["outcome"] for each in known["steps"]] == outcomes
    assert known["begun"]["who"]["uid"] == os.getuid()


def test_trace_shows_what_only_the_ledger_has(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """The volume writes to a file of its own: recovery's records are told all the same, once."""
    vexfsctl.clock.advance(30)
    replay(vexfsctl, tree, tmp_path, "--yes")

    # The log is the volume's own: its records are of this boot.
    trace = vexfsctl("trace", "2A", "--json", "--log", str(tmp_path / "before-reset.kmsg"))

    assert trace.exit_status == ExitStatus.OK
    [told] = trace.json["data"]
    lines = [each for each in told["timeline"] if each["actor"] == "recovery"]
    assert [each["record"]["event"]["step"] for each in lines] == [
        "retry",
        "invalidate_cache",
        "use_fallback",
    ]
    assert {(each["record"]["source"], each["record"]["origin"]) for each in lines} == {
        ("ledger", "driver")
    }
    assert told["timeline"][-1] == lines[-1]


def test_a_hole_in_the_ledger_is_a_gap_of_trace_too(vexfsctl: Program, state: Path) -> None:
    """It may have had a step of that very incident."""
    write(state, *WHOLE)
    with (state / "ledger.jsonl").open("ab") as file:
        file.write(b'{"v":1,"ki')

    result = vexfsctl("trace", "2A", *SAVED)

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.stdout.startswith(ROOT_ID)
    assert re.search(r"incomplete: .*ledger\.jsonl: torn, 1 lost", result.stderr)


def test_history_shows_each_replay_with_its_steps(vexfsctl: Program, state: Path) -> None:
    """The latest last; one without an end was killed."""
    other = CorrelationId(0x5F1C93A200000002)
    write(state, *WHOLE, begun(other), step_begun(1, other))

    result = vexfsctl("recover", "history")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == (
        "WHEN                 REPLAY                 SUBJECT                ON        RESULT"
        "         STEPS\n"
        "2026-08-21 10:00:00  CORR-5F1C93A200000001  CORR-6F1C93A200000029  /dev/sdb  person_needed"
        "  retry:failed\n"
        "2026-08-21 10:00:00  CORR-5F1C93A200000002  CORR-6F1C93A200000029  /dev/sdb  interrupted"
        "    retry:interrupted\n"
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), 2),
        (("-n", "1"), 1),
        (("00000002",), 1),
        (("/dev/sdb",), 2),
        (("sdc",), 0),
    ],
)
def test_history_of_what_is_asked_for(
    vexfsctl: Program, state: Path, words: tuple[str, ...], found: int
) -> None:
    """An id, a device, the latest N; nothing is an answer too."""
    write(state, *WHOLE, begun(CorrelationId(0x5F1C93A200000002)))

    result = vexfsctl("recover", "history", *words, "--json")

    assert result.exit_status == ExitStatus.OK
    assert len(result.json["data"]) == found


def test_no_history_is_said(vexfsctl: Program, state: Path) -> None:
    """And no directory is made for it."""
    assert vexfsctl("recover", "history").stdout == "Nothing has been replayed yet.\n"
    assert vexfsctl("recover", "history", "sdb").stdout == "Nothing has been replayed for sdb.\n"
    assert not state.exists()


def test_history_for_programs_is_in_coordinated_time(vexfsctl: Program, state: Path) -> None:
    """A local time without its zone is nothing a program could compare."""
    write(state, *WHOLE)

    header, row = vexfsctl("recover", "history", "--format", "tsv").stdout.splitlines()

    assert header.split("\t")[:2] == ["when", "replay"]
    assert row.split("\t")[:2] == ["2026-08-21T10:00:00.123Z", "CORR-5F1C93A200000001"]


def test_a_ledger_that_cannot_be_read_is_not_an_empty_one(vexfsctl: Program, state: Path) -> None:
    """That nothing was replayed is said only where everything could be read."""
    (state / "ledger.jsonl").mkdir(parents=True)

    result = vexfsctl("recover", "history")

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.stdout == "The ledgers that could be read have no such replay.\n"


def test_a_ledger_with_a_hole_is_a_gap(vexfsctl: Program, state: Path) -> None:
    """What can be read is shown, with status 3."""
    write(state, *WHOLE)
    with (state / "ledger.jsonl").open("ab") as file:
        file.write(b'{"v":1,"ki')

    result = vexfsctl("recover", "history")

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert "person_needed" in result.stdout
    assert re.search(r"incomplete: .*ledger\.jsonl: torn, 1 lost", result.stderr)


def test_hostile_text_in_a_ledger_is_shown_escaped(vexfsctl: Program, state: Path) -> None:
    """A device may be called anything."""
    hostile = begun()
    assert hostile.device is not None
    fields = {name: getattr(hostile, name) for name in type(hostile).__dataclass_fields__}
    write(state, type(hostile)(**fields | {"subject": "\x1b[31m[red]\nroot# \u202e"}))

    result = vexfsctl("recover", "history", terminal=True, env={"COLUMNS": "200"})

    assert "\\x1b[31m[red]\\nroot# \\u202e" in result.stdout
    assert "\x1b[31m" not in result.stdout


def test_a_step_that_both_log_and_ledger_have_is_told_once(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path, state: Path
) -> None:
    """The log has it cut or whole: id, step, result and duration are the same."""
    log = before_reset(tmp_path)
    end = step_ended()
    assert end.record is not None
    record = end.record.replace("vol=sdb", "vol=sdq1")
    with log.open("a") as file:
        file.write(f"13,800,3590000000,-;{record.replace(' after 3 attempts', ' …')}\n")
    add_recorded_volume(tree, log)
    fields = {name: getattr(end, name) for name in StepEnded.__dataclass_fields__}
    second = record.replace("dur_us=1500000", "dur_us=1500001")
    write(state, StepEnded(**fields | {"record": record}), StepEnded(**fields | {"record": second}))

    result = vexfsctl("trace", "2A", "--json", "--log", str(log))

    lines = [each for each in result.json["data"][0]["timeline"] if each["actor"] == "recovery"]
    assert [
        (each["record"]["source"] == "ledger", each["record"]["event"]["duration_us"])
        for each in lines
    ] == [
        (False, 1_500_000),
        (True, 1_500_001),
    ]
