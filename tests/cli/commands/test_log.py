"""`vexfsctl log`: records of every source, the filters, and following."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.volumes import healthy_volume, with_status
from tests.cli.recorded import INCIDENT, add_recorded_volume
from tests.support.golden import assert_golden
from tests.support.program import BOUND_S, Program
from tests.support.tree import FakeTree
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host import Host
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.filters import Filters
from vexfsctl.host.log_view import LogView
from vexfsctl.logs.reading.log import LogReading, SourceReading

pytestmark = pytest.mark.usefixtures("tree", "utc")
SAVED = ("--log", str(INCIDENT))
CAPTURES = sorted(
    path
    for path in (Path(__file__).parents[2] / "data" / "kernel-logs").rglob("*.*")
    if path.suffix != ".md" and path.parent.name != "qemu"
)


def kinds(vexfsctl: Program, *arguments: str) -> list[str]:
    """Return the kind of each record that is shown."""
    return [row["kind"] for row in vexfsctl("log", "--json", *SAVED, *arguments).json["data"]]


def test_records_are_shown_as_they_were_written(vexfsctl: Program, tree: FakeTree) -> None:
    """One a line: when, written by whom, the text; the kernel's own lines are left out."""
    add_recorded_volume(tree)

    result = vexfsctl("log", *SAVED)

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert_golden("log.txt", result.stdout)


def test_tsv_writes_times_as_json_does(vexfsctl: Program, tree: FakeTree) -> None:
    """RFC 3339 in UTC, to the millisecond."""
    add_recorded_volume(tree)

    _, line = vexfsctl("log", "-n", "1", "--format", "tsv", *SAVED).stdout.splitlines()

    assert line.startswith("2026-08-21T")
    assert len(line.partition("\t")[0]) == len("2026-08-21T09:59:55.000Z")


def test_the_kernels_own_lines_on_request(vexfsctl: Program, tree: FakeTree) -> None:
    """Whatever device they are about, with what they say of it."""
    add_recorded_volume(tree)

    rows = vexfsctl("log", "--kernel", "--json", *SAVED).json["data"]
    kernel = [row for row in rows if row["kind"] == "kernel"]

    assert len(rows) == len(kinds(vexfsctl)) + len(kernel) > len(kinds(vexfsctl))
    wanted = ("kind", "device", "sector", "direction", "errno", "significance")
    assert [kernel[0]["event"][name] for name in wanted] == [
        *("block", "sdq1", 4096, "read", 5, "trouble")
    ]
    of_eio = [row for row in kernel if row["event"]["errno"] == 5]
    assert kinds(vexfsctl, "--kernel", "-e", "EIO").count("kernel") == len(of_eio) == 5
    assert "kernel" not in kinds(vexfsctl, "--kernel", "-V", "sdq1")


def test_a_script_goes_on_where_it_was(vexfsctl: Program, tree: FakeTree) -> None:
    """After any record, whatever filter showed it: all that follow, and nothing twice."""
    add_recorded_volume(tree)
    rows = vexfsctl("log", "--json", *SAVED).json["data"]

    for place, row in enumerate(rows, 1):
        later = vexfsctl("log", "--json", "--after", row["cursor"], *SAVED)
        assert later.json["data"] == rows[place:]
        assert later.exit_status == ExitStatus.OK
    last_two = vexfsctl("log", "--json", "-n", "2", "--after", rows[0]["cursor"], *SAVED)
    assert last_two.json["data"] == rows[-2:]


def test_a_record_that_the_log_no_longer_has(vexfsctl: Program, tmp_path: Path) -> None:
    """Times tell what stands after it; if the log begins later, records may be missing."""
    log = tmp_path / "rotated.kmsg"
    log.write_text(
        "6,40,70000000,-;usb 1-1: new device\n"
        "4,41,80000000,-;VexFS: State transition 1 -> 2\n"
        "4,42,90000000,-;VexFS: State transition 2 -> 3\n"
    )

    between = vexfsctl("log", "--after", "n=40;m=85000000;x=00000000", "--log", str(log))
    before = vexfsctl("log", "--after", "n=20;m=50000000;x=00000000", "--log", str(log))

    assert between.exit_status == ExitStatus.OK
    assert [line.split()[0] for line in between.stdout.splitlines()] == ["90.000000"]
    assert before.exit_status == ExitStatus.INCOMPLETE
    assert [line.split()[0] for line in before.stdout.splitlines()] == ["80.000000", "90.000000"]
    assert f"vexfsctl: incomplete: {log}: starts_late" in before.stderr


def test_a_cursor_that_is_none(vexfsctl: Program) -> None:
    """Refused with where to get one."""
    result = vexfsctl("log", "--after", "yesterday", *SAVED)

    assert result.exit_status == ExitStatus.USAGE
    assert "not a cursor: 'yesterday' (`vexfsctl log --json` prints that" in result.stderr


def test_no_match_is_said(vexfsctl: Program) -> None:
    """A misspelt name must not pass for a quiet volume; the status is 0 all the same."""
    result = vexfsctl("log", "-V", "nope", *SAVED)

    assert (result.exit_status, result.stdout) == (ExitStatus.OK, "")
    assert result.stderr == "vexfsctl: no record matches\n"


def test_a_log_of_the_kernel_alone_is_one_option_away(vexfsctl: Program) -> None:
    """Who asks for nothing special, and gets nothing, learns of the kernel's own lines."""
    result = vexfsctl("log", "--log", "-", input="[  1.000000] I/O error, dev sdb, sector 8\n")

    assert result.stderr == (
        "vexfsctl: no record matches; --kernel shows those of the kernel, too\n"
    )


def test_json_has_every_field(vexfsctl: Program, tree: FakeTree) -> None:
    """What the record says, and what is known of it."""
    add_recorded_volume(tree)

    data = vexfsctl("log", "-n", "1", "-o", "storage", "--json", *SAVED).json["data"]

    assert data == [
        {
            "time": "2026-08-21T09:59:55.000Z",
            "boot_id": "0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11",
            "uptime_us": 3595000070,
            "sequence": 726,
            "source": str(INCIDENT),
            "host": None,
            "level": 5,
            "facility": 1,
            "origin": "driver",
            "loose": False,
            "epoch": 8172635412,
            "kind": "breaker",
            "significance": None,
            "volume": "sdq1",
            "operation": "storage",
            "id": "CORR-6F1C93A200000030",
            "text": "VexFS: [CORR-6F1C93A200000030] breaker vol=sdq1 op=storage from=open "
            "to=closed generation=3 trips=1 by=operator",
            "event": {
                "before": "open",
                "after": "closed",
                "generation": 3,
                "failures": None,
                "failure_threshold": None,
                "window_ms": None,
                "rule": None,
                "trips": 1,
                "by": "operator",
            },
            "fields": {},
            "cursor": "b=0f3b7c1e5a7c4d439d0c5b6f2a1c8e11;n=726;m=3595000070;x=66d0f13b",
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-n", "2"), ["operator", "breaker"]),
        (("-n", "2", "-r"), ["breaker", "operator"]),
        (("-n", "0"), []),
        (("-o", "sync"), ["timeout"]),
        (("-o", "sync", "-o", "directory"), ["recovered", "timeout"]),
        (("-o", "superblock", "-V", "sd*"), ["fallback"]),
        (("-V", "loop0"), []),
        (("-e", "CircuitBreakerOpen"), ["failed"]),
        (("-g", "DISK replaced"), []),
        (("-g", "disk REPLACED".lower()), ["operator"]),
        (("-s", "critical"), []),
    ],
)
def test_filters(vexfsctl: Program, arguments: tuple[str, ...], expected: list[str]) -> None:
    """The same filter twice is or, different filters are and."""
    assert kinds(vexfsctl, *arguments) == expected


def test_a_device_brings_the_lines_of_the_kernel(vexfsctl: Program) -> None:
    """With the records of the volume that is called after it."""
    shown = kinds(vexfsctl, "-d", "/dev/sdq1", "-n", "12")

    assert shown.count("kernel") == 1
    assert kinds(vexfsctl, "-d", "sdb") == ["kernel"]


def test_a_stretch_of_time(vexfsctl: Program, tree: FakeTree) -> None:
    """The live volume's log is of this boot, so its records have a date."""
    add_recorded_volume(tree)

    assert kinds(vexfsctl, "-S", "09:59:50") == ["timeout", "operator", "breaker"]
    assert kinds(vexfsctl, "-S", "10s", "-U", "2026-08-21T09:59:54Z") == ["timeout"]


def test_records_without_a_date_are_a_gap_where_time_was_asked_for(vexfsctl: Program) -> None:
    """A saved log does not say which boot it is of."""
    result = vexfsctl("log", "-S", "1h", *SAVED)

    assert (result.exit_status, result.stdout) == (ExitStatus.INCOMPLETE, "")
    assert f"{INCIDENT}: undated, 22 lost\n" in result.stderr


def test_a_log_that_begins_late_is_a_gap_only_for_who_asked_for_earlier(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """Who names no begin asks for what there is."""
    add_recorded_volume(tree)

    assert vexfsctl("log", *SAVED).exit_status == ExitStatus.OK
    assert vexfsctl("log", "-S", "-4m", *SAVED).exit_status == ExitStatus.OK
    early = vexfsctl("log", "-S", "-50m", *SAVED)
    assert early.exit_status == ExitStatus.INCOMPLETE
    assert early.stderr == f"vexfsctl: incomplete: {INCIDENT}: starts_late, 697 lost\n"


def test_one_boot_of_several(vexfsctl: Program, tmp_path: Path) -> None:
    """Offsets count as in journalctl."""
    log = tmp_path / "boots.kmsg"
    record = "13,{},{},-;VexFS: State transition {} -> 2\n"
    log.write_text(
        record.format(5, 9_000_000, "a") + record.format(0, 1000, "b") + record.format(0, 500, "c")
    )

    def shown(boot: str) -> list[str]:
        rows = vexfsctl("log", "-b", boot, "--log", str(log), "--json").json["data"]
        return [row["text"][-6] for row in rows]

    assert (shown("0"), shown("-1"), shown("1")) == (["c"], ["b"], ["a"])
    assert vexfsctl("log", "-b", "9", "--log", str(log)).exit_status == ExitStatus.FAILED
    assert vexfsctl("log", "-b", "x", "--log", str(log)).exit_status == ExitStatus.USAGE


def test_standard_input_and_files_are_read_together(vexfsctl: Program, tmp_path: Path) -> None:
    """In time order, each with its source; prose of earlier builds and broken records too."""
    log = tmp_path / "a.dmesg"
    log.write_text("[    2.000000] VexFS: State transition 1 -> 2\n")
    text = "[    1.000000] VexFS: state vol=x\n[    3.000000] usb 1-1: new device\n"

    result = vexfsctl("log", "--log", str(log), "--log", "-", input=text)

    assert result.stdout == (
        "      1.000000  unrecorded  VexFS: state vol=x\n"
        "      2.000000  unrecorded  VexFS: State transition 1 -> 2\n"
    )


def test_hostile_text_is_shown_escaped(vexfsctl: Program) -> None:
    """A record may hold anything; each stays on its line."""
    text = "4,0,0,-;VexFS: \\x1b[31mred\\x0a\\xe2\\x80\\xae\n"

    result = vexfsctl("log", "--log", "-", "--color", "always", input=text)

    assert result.stdout.count("\n") == 1
    assert "VexFS: \\x1b[31mred\\n\\u202e" in result.stdout


def test_lines_of_an_earlier_build_are_shown_with_what_they_are_worth(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """Their own words; what is expected noise is marked, and JSON has the meaning of each."""
    log = tmp_path / "old.kmsg"
    log.write_text("".join(f"4,{n},{n}000000,-;{text}\n" for n, text in enumerate(OLD_LINES)))

    shown = vexfsctl("log", "--log", str(log))
    rows = vexfsctl("log", "--log", str(log), "--json").json["data"]

    assert shown.stdout == (
        "      0.000000  kernel      VexFS: State transition 1 -> 3\n"
        "      1.000000  kernel      VexFS: [CALL-7] FFI call lookup_inode failed: -1"
        " (failure rate: 100%), using fallback  (expected noise)\n"
        "      2.000000  kernel      VexFS: [CALL-2] FFI call sync_fs failed: -5"
        " (failure rate: 50%), using fallback\n"
        "      3.000000  kernel      VexFS: Rust file write failed: 4096, using fallback\n"
    )
    assert [(row["kind"], row["significance"], row["operation"]) for row in rows] == [
        ("module_state", "error", None),
        ("call_failed", "noise", "directory"),
        ("call_failed", "error", "sync"),
        ("message", "data_loss", "file"),
    ]
    assert (rows[2]["event"]["error"], rows[2]["event"]["errno"]) == ("IoError.FlushError", 5)
    assert rows[3]["event"]["size"] == 4096


OLD_LINES = (
    "VexFS: State transition 1 -> 3",
    "VexFS: [CALL-7] FFI call lookup_inode failed: -1 (failure rate: 100%), using fallback",
    "VexFS: [CALL-2] FFI call sync_fs failed: -5 (failure rate: 50%), using fallback",
    "VexFS: Rust file write failed: 4096, using fallback",
)


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        (("-s", "critical"), [0, 3]),
        (("-s", "high"), [0, 2, 3]),
        (("-o", "sync"), [2]),
        (("-e", "EIO"), [2]),
        (("-e", "IoError"), [2, 3]),
        (("-e", "InitializationFailed"), [0]),
        (("-V", "loop0"), []),
    ],
)
def test_filters_pick_lines_of_an_earlier_build(
    vexfsctl: Program, tmp_path: Path, arguments: tuple[str, ...], places: list[int]
) -> None:
    """By what the line means, not by its level; it names no volume."""
    log = tmp_path / "old.kmsg"
    log.write_text("".join(f"4,{n},{n}000000,-;{text}\n" for n, text in enumerate(OLD_LINES)))

    rows = vexfsctl("log", "--log", str(log), "--json", *arguments).json["data"]

    assert [row["text"] for row in rows] == [OLD_LINES[place] for place in places]


def test_a_device_is_found_in_lines_of_an_earlier_build(vexfsctl: Program) -> None:
    """The mount names it; the kernel's own lines about it are there as well."""
    text = (
        "[    1.000000] VexFS: Mounting filesystem on device /dev/sdzz (SAFE FFI)\n"
        "[    2.000000] I/O error, dev sdzz, sector 8\n"
        "[    3.000000] VexFS: Filling superblock (SAFE FFI)\n"
    )
    rows = vexfsctl("log", "--log", "-", "-d", "sdzz", "--json", input=text).json["data"]
    assert [row["kind"] for row in rows] == ["message", "kernel"]


def test_every_real_log_is_shown(vexfsctl: Program) -> None:
    """Whatever its rendering, nothing of it is unrecognised; those of Linux alone have holes."""
    answers = {path: vexfsctl("log", "--log", str(path), "--json") for path in CAPTURES}

    complete = [path for path, each in answers.items() if each.exit_status == ExitStatus.OK]
    rows = {path: each.json["data"] for path, each in answers.items()}
    ours = [path for path in CAPTURES if path.parent.name == "vexfs"]
    assert complete == ours
    assert {answers[path].exit_status for path in set(CAPTURES) - set(ours)} == {
        ExitStatus.INCOMPLETE
    }
    assert [path for path in CAPTURES if rows[path]] == ours
    assert [row for own in rows.values() for row in own if row["kind"] == "unrecognised"] == []


def test_a_compressed_log_is_read_like_any_other(vexfsctl: Program, tmp_path: Path) -> None:
    """A torn archive is told as a gap, with status 3."""
    archive = tmp_path / "saved.gz"
    whole = gzip.compress(INCIDENT.read_bytes() * 9)
    archive.write_bytes(whole)
    torn = tmp_path / "torn.gz"
    torn.write_bytes(whole[:-20])

    assert vexfsctl("log", "--log", str(archive)).exit_status == ExitStatus.OK
    result = vexfsctl("log", "--log", str(torn))
    assert result.exit_status == ExitStatus.INCOMPLETE
    assert "not read to its end: its gzip data ends too early" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("-f", "-r"), ("-S", "whenever"), ("-g", "("), ("-s", "huge"), ("-n", "-1")]
)
def test_what_means_nothing_is_wrong_usage(vexfsctl: Program, arguments: tuple[str, ...]) -> None:
    """Status 2, before anything is told."""
    result = vexfsctl("log", *arguments)

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")


def test_following_standard_input_ends_with_it(vexfsctl: Program) -> None:
    """One line of JSON a record; a record is judged by those before it."""
    process = start_following(vexfsctl, "--log", "-")
    stdout, _ = process.communicate(INCIDENT.read_text(), timeout=BOUND_S)

    rows = [json.loads(line) for line in stdout.splitlines()]
    assert process.returncode == ExitStatus.OK
    assert len(rows) == 22
    assert {row["origin"] for row in rows} == {"driver"}


def test_following_begins_after_a_record(vexfsctl: Program) -> None:
    """As without following: all that come after it, and no others."""
    rows = vexfsctl("log", "--json", *SAVED).json["data"]
    process = start_following(vexfsctl, "--after", rows[-3]["cursor"], "--log", "-")
    stdout, _ = process.communicate(INCIDENT.read_text(), timeout=BOUND_S)

    followed = [json.loads(line) for line in stdout.splitlines()]
    assert [row["text"] for row in followed] == [row["text"] for row in rows[-2:]]


def test_following_shows_new_records_and_tells_what_was_lost(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """Each is flushed at once; a gap is a line of its own."""
    lines = INCIDENT.read_text().splitlines(keepends=True)
    log = tmp_path / "growing.kmsg"
    log.write_text("".join(lines[:2]))
    process = start_following(vexfsctl, "--log", str(log))
    assert process.stdout is not None
    try:
        first = [json.loads(process.stdout.readline()) for _ in range(2)]
        with log.open("a") as file:
            file.write(lines[4])
        gap, second = (json.loads(process.stdout.readline()) for _ in range(2))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=BOUND_S)

    assert [row["kind"] for row in first] == ["state", "state"]
    assert gap == {
        "kind": "gap",
        "source": str(log),
        "reason": "overrun",
        "lost": 2,
        "detail": None,
    }
    assert (second["kind"], second["sequence"]) == ("error", 701)


def test_following_tells_what_was_lost_even_if_no_record_follows(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """The records that are missing may be the ones that matter."""
    lines = INCIDENT.read_text().splitlines(keepends=True)
    log = tmp_path / "growing.kmsg"
    log.write_text(lines[0])
    process = start_following(vexfsctl, "--log", str(log))
    assert process.stdout is not None
    try:
        process.stdout.readline()
        with log.open("a") as file:
            file.write("6,9999,99999999999,-;usb 1-1: reset\n")
        gap = json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=BOUND_S)

    assert (gap["kind"], gap["reason"]) == ("gap", "overrun")


def test_following_shows_once_what_several_sources_have(vexfsctl: Program, tmp_path: Path) -> None:
    """Also if one has it later than another: the log daemon is behind the kernel."""
    lines = INCIDENT.read_text().splitlines(keepends=True)
    quick, slow = tmp_path / "quick.kmsg", tmp_path / "slow.kmsg"
    quick.write_text(lines[0])
    slow.write_text(lines[0])
    process = start_following(vexfsctl, "--kernel", "--log", str(quick), "--log", str(slow))
    assert process.stdout is not None
    found = []
    try:
        for log, line in ((quick, lines[1]), (slow, "".join(lines[1:4]))):
            found.append(json.loads(process.stdout.readline())["sequence"])
            with log.open("a") as file:
                file.write(line)
        found.append(json.loads(process.stdout.readline())["sequence"])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=BOUND_S)

    assert found == [697, 698, 700]


def start_following(vexfsctl: Program, *arguments: str) -> "subprocess.Popen[str]":
    """Start `log --follow` as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "vexfsctl", "log", "--follow", "-n", "99", "--json", *arguments],
        env=vexfsctl.environ | {"PYTHONPATH": os.getcwd()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("log", "complete"), [("kmsg", False), ("/var/log/vexfs/loop0.kmsg", True)]
)
def test_a_kernel_log_that_may_not_be_read_is_a_gap_only_where_volumes_write_there(
    log: str, complete: bool
) -> None:
    """A user's driver writes to a file of its own."""
    volumes = (with_status(healthy_volume(), log=log),)
    kernel_log = SourceReading("kmsg", failure="cannot read /dev/kmsg: Operation not permitted")

    host = Host.of_this_machine({})
    view = LogView(host, Filters(), volumes, DeviceFinder(host))
    coverage = view.coverage(LogReading((kernel_log,)))

    assert coverage.complete is complete
