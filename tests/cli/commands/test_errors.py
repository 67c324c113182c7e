"""`vexfsctl errors`: groups by any keys, noise apart, and the counters compared with the log."""

from pathlib import Path

import pytest

from tests.cli.recorded import INCIDENT, add_recorded_volume
from tests.support.golden import assert_golden
from tests.support.program import Program
from tests.support.tree import FakeTree
from vexfsctl.exceptions import ExitStatus

pytestmark = pytest.mark.usefixtures("tree", "utc")

CAPTURES = Path(__file__).parents[2] / "data" / "kernel-logs" / "vexfs"
BEGIN = "5,0,0,-;Linux version 6.18.0\n"
"""A log that begins with it begins at boot: nothing is missing."""


def test_errors_of_a_live_volume_with_their_reconciliation(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """The table of `status`, with first and last; every counted error is in the log."""
    add_recorded_volume(tree)

    result = vexfsctl("errors", "--log", str(INCIDENT))

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert_golden("errors.txt", result.stdout)


def test_json_has_groups_noise_and_reconciliation(vexfsctl: Program, tree: FakeTree) -> None:
    """One envelope."""
    add_recorded_volume(tree)

    result = vexfsctl("errors", "--json", "--log", str(INCIDENT))

    normal = result.stdout.replace(str(tree.root), "ROOT").replace(str(INCIDENT), "LOG")
    assert_golden("errors.json", normal)


@pytest.mark.parametrize("capture", ["head_normal", "head_nullb", "ffi_initfail"])
def test_real_captures_in_groups(vexfsctl: Program, tree: FakeTree, capture: str) -> None:
    """From the log alone, and it says so; noise is counted and explained once."""
    tree.remove("loop0")

    result = vexfsctl("errors", "--log", str(CAPTURES / f"{capture}.kmsg"))

    assert result.exit_status == ExitStatus.OK
    assert_golden(f"errors-{capture}.txt", result.stdout)


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        (("severity",), ["high\t6"]),
        (("op",), ["storage\t5", "sync\t1"]),
        (("error",), ["IoError.ReadError (EIO)\t5", "Timeout (ETIMEDOUT)\t1"]),
        (("volume",), ["sdq1\t6"]),
        (("hint",), ["retry,invalidate_cache,use_fallback\t5", "retry\t1"]),
        (("device",), ["sdq1\t5", "\t1"]),
        (("fingerprint",), ["553c12bb8b6b\t5", "248d583d5c34\t1"]),
        (("minute",), ["2026-08-21T09:59:00.000Z\t6"]),
        (("op", "volume"), ["storage\tsdq1\t5", "sync\tsdq1\t1"]),
    ],
)
def test_any_keys_and_their_combination(
    vexfsctl: Program, tree: FakeTree, keys: tuple[str, ...], rows: list[str]
) -> None:
    """Worst first, then most; the counts of every grouping sum up to the same."""
    add_recorded_volume(tree)
    options = [word for key in keys for word in ("--by", key)]

    result = vexfsctl("errors", *options, "--format", "tsv", "--log", str(INCIDENT))

    header, *lines = result.stdout.splitlines()
    names = header.split("\t")
    shown = [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
    columns = [*names[: len(keys)], "count"]
    assert ["\t".join(row[name] for name in columns) for row in shown] == rows


def test_filters_pick_what_is_counted(vexfsctl: Program, tree: FakeTree) -> None:
    """As in `log`; what the counters say is not filtered by kind."""
    add_recorded_volume(tree)

    result = vexfsctl("errors", "-o", "sync", "--log", str(INCIDENT))

    assert result.stdout.startswith("1 error\n")
    assert "sdq1: 6 errors counted since it was mounted = 6 in the log" in result.stdout


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("IoError.ReadEror", "'IoError.ReadEror': did you mean IoError.ReadError"),
        ("etimeout", "'etimeout': did you mean ETIMEDOUT"),
        ("\x1b[31m", "'\\x1b[31m': vexfs-errors(7) lists them"),
    ],
)
def test_an_error_that_there_is_not_is_noted(vexfsctl: Program, name: str, note: str) -> None:
    """A misspelling finds nothing, which reads like good news."""
    result = vexfsctl("errors", "-e", name)

    assert result.exit_status == ExitStatus.OK
    assert result.stderr.startswith(f"vexfsctl: VexFS has no error called {note}")


@pytest.mark.parametrize("name", ["IoError.ReadError", "ioerror", "EIO", "Timeout", "etimedout"])
def test_an_error_that_there_is_is_not_noted(vexfsctl: Program, name: str) -> None:
    """By name, family or errno, whatever the case of its letters."""
    assert vexfsctl("errors", "-e", name).stderr == "vexfsctl: no error matches\n"


def test_the_first_groups_only(vexfsctl: Program, tree: FakeTree) -> None:
    """`-n` cuts the list, and says so: the count in the headline is of what is listed."""
    add_recorded_volume(tree)

    cut = vexfsctl("errors", "-n", "1", "--log", str(INCIDENT))
    data = vexfsctl("errors", "-n", "1", "--json", "--log", str(INCIDENT)).json["data"]

    assert cut.stdout.startswith("5 errors; 1 more kind without -n\n")
    assert ([group["count"] for group in data["groups"]], data["left_out"]) == ([5], 1)


def test_a_narrow_terminal_keeps_the_table(vexfsctl: Program, tree: FakeTree) -> None:
    """In 80 columns what wraps stands below its row, and the id is whole."""
    add_recorded_volume(tree)

    plain = {"TERM": "xterm", "NO_COLOR": "1"}
    result = vexfsctl("errors", "-n", "1", "--log", str(INCIDENT), terminal=True, env=plain)

    assert result.stdout.splitlines()[2:7] == [
        "SEVERITY  WHERE         COUNT  LAST                 EXAMPLE",
        "─" * 73,
        "high      sdq1/storage      5  2026-08-21 09:59:43  CORR-6F1C93A20000002A",
        "    ERROR: IoError.ReadError (EIO)",
        "    FIRST: 2026-08-21 09:59:40",
    ]


def test_no_error_is_an_answer(vexfsctl: Program) -> None:
    """Told on standard error; the counters agree."""
    result = vexfsctl("errors")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "vexfsctl: no error matches\n")
    assert result.stdout == (
        "0 errors\n"
        "\n"
        "loop0: 0 errors counted since it was mounted = "
        "0 in the log + 0 left out by the rate limit\n"
    )


def test_errors_that_the_log_lost_are_unaccounted_for(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """No logger is to blame for what a driver's own file has not."""
    log = tmp_path / "dropped.kmsg"
    log.write_text(BEGIN)
    tree.write("loop0/log", str(log))
    for name, value in (("total", "7"), ("high", "7"), ("logged", "5"), ("suppressed", "2")):
        tree.write(f"loop0/errors/{name}", value)

    result = vexfsctl("errors", "--log", str(log))

    assert result.stdout == (
        "0 errors\n"
        "\n"
        "loop0: 7 errors counted since it was mounted = "
        "0 in the log + 2 left out by the rate limit + 5 unaccounted for\n"
    )


def test_the_log_of_a_volume_is_one_however_it_is_asked_for(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a relative path, a link or several at once: it is of this boot, and read once."""
    log = tmp_path / "own.kmsg"
    log.write_text(BEGIN)
    tree.write("loop0/log", str(log))
    for name in ("total", "high", "logged"):
        tree.write(f"loop0/errors/{name}", "1")
    (tmp_path / "link").symlink_to(log)
    monkeypatch.chdir(tmp_path)
    expected = vexfsctl("errors", "--log", str(log), "--json").json

    for names in (("own.kmsg",), ("link",), ("./own.kmsg", str(log), "link")):
        asked = [word for name in names for word in ("--log", name)]
        answer = vexfsctl("errors", *asked, "--json").json
        assert (answer["coverage"], answer["data"]) == (expected["coverage"], expected["data"])


def test_errors_whose_records_were_never_written(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """The log cannot have them, and its disk is why."""
    log = tmp_path / "full.kmsg"
    log.write_text(BEGIN)
    tree.write("loop0/log", str(log))
    for name, value in (("total", "7"), ("high", "7"), ("lost", "5")):
        tree.write(f"loop0/errors/{name}", value)

    result = vexfsctl("errors", "--log", str(log))

    assert result.stdout == (
        "0 errors\n"
        "\n"
        "loop0: 7 errors counted since it was mounted = "
        "0 in the log + 0 left out by the rate limit + 5 whose records could not be written "
        "+ 2 still to be written\n"
    )


def test_unverified_records_stand_apart(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """They are no evidence, and nobody should take them for it."""
    tree.remove("loop0")
    log = tmp_path / "forged.kmsg"
    log.write_text(
        BEGIN + "12,1,5000000,-;VexFS: [CORR-6F1C93A20000002A] error vol=x op=file call=read "
        'err=IoError.ReadError errno=EIO sev=critical attempt=1/1 hints=retry:5 msg="no"\n'
    )

    result = vexfsctl("errors", "--log", str(log))

    assert result.stdout == (
        "0 errors, 1 unverified\n"
        "no attribute tree answers for it: from the log alone\n"
        "\n"
        "unverified: anybody may have written these from user space; not evidence\n"
        "SEVERITY  WHERE   ERROR                                 COUNT  FIRST"
        "     LAST      EXAMPLE\n"
        "critical  x/file  IoError.ReadError (EIO) (unverified)      1  5.000000"
        "  5.000000  CORR-6F1C93A20000002A\n"
    )


def test_a_live_volume_vouches_for_no_more_than_it_writes(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """What a program put into the log is not of a volume that the kernel provides."""
    log = tmp_path / "live.kmsg"
    log.write_text(
        "12,1,5000000,-;VexFS: [CORR-6F1C93A20000002A] error vol=loop0 op=file call=read "
        'err=IoError.ReadError errno=EIO sev=critical attempt=1/1 hints=retry:5 msg="no"\n'
    )
    tree.write("loop0/log", str(log))
    believed = {}
    for driver in ("fuse", "kernel"):
        tree.write("loop0/driver", driver)
        (group,) = vexfsctl("errors", "--log", str(log), "--json").json["data"]["groups"]
        believed[driver] = group["verified"]

    assert believed == {"fuse": True, "kernel": False}


def test_a_key_that_there_is_not_is_wrong_usage(vexfsctl: Program) -> None:
    """With those that there are."""
    result = vexfsctl("errors", "--by", "colour")

    assert result.exit_status == ExitStatus.USAGE
    assert "'severity', 'op', 'error', 'volume', 'hint', 'device', " in result.stderr


def test_a_log_that_cannot_be_read_is_missing_evidence(vexfsctl: Program, tmp_path: Path) -> None:
    """Log evidence was asked for."""
    result = vexfsctl("errors", "--log", str(tmp_path / "none.kmsg"))

    assert result.exit_status == ExitStatus.INCOMPLETE


def test_calls_of_a_module_are_shown_with_their_failure_rates(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Blocked, timed out, never returned: as far as the log has them."""
    tree.remove("loop0")
    log = tmp_path / "module.dmesg"
    log.write_text(
        "[    0.000000] Linux version 6.1.0\n"
        "[    1.000000] VexFS: Initializing SAFE FFI module v1.0.0 with memory management\n"
        "[    2.000000] VexFS: [CALL-1] Starting FFI call read_file\n"
        "[    2.100000] VexFS: [CALL-1] FFI call read_file failed: -5 (failure rate: 100%), "
        "using fallback\n"
        "[    3.000000] VexFS: [CALL-2] Starting FFI call read_file\n"
        "[    3.100000] VexFS: [CALL-2] FFI call read_file blocked by circuit breaker, "
        "using fallback\n"
        "[    4.000000] VexFS: [CALL-1] Starting FFI call lookup_inode\n"
        "[    4.100000] VexFS: [CALL-1] FFI call lookup_inode failed: -1 (failure rate: 100%), "
        "using fallback\n"
        "[    5.000000] VexFS: [CALL-1] Starting FFI call fsync_file\n"
        "[   99.000000] VexFS: Looking up a (SAFE FFI)\n"
    )

    result = vexfsctl("errors", "--log", str(log))
    status = vexfsctl("status", "--log", str(log))

    assert_golden("errors-module.txt", result.stdout)
    assert_golden("status-module.txt", status.stdout.replace(str(log), "LOG"))


def test_a_saved_log_tells_the_device_of_its_volume(vexfsctl: Program, tmp_path: Path) -> None:
    """From its `state` records, for errors that no kernel line stands beside, too."""
    log = tmp_path / "data.kmsg"
    text = INCIDENT.read_text().replace("vol=sdq1", "vol=data")
    log.write_text(text.replace("version=0.1.0", "version=0.1.0 dev=sdq1"))

    result = vexfsctl("errors", "--by", "device", "--format", "tsv", "--log", str(log))

    header, *rows = (line.split("\t") for line in result.stdout.splitlines())
    assert [row[header.index("device")] for row in rows] == ["sdq1"]


SPARKLINE = ("errors", "--sparkline", "--log", str(INCIDENT))


def test_when_errors_arose(vexfsctl: Program, tree: FakeTree) -> None:
    """As bars on screen, of letters where the stream has no others."""
    add_recorded_volume(tree)

    ascii_only = vexfsctl(*SPARKLINE, encoding="ascii").stdout.splitlines()

    assert_golden("errors-sparkline.txt", vexfsctl(*SPARKLINE).stdout)
    assert [line.partition("CORR-")[2][18:] for line in ascii_only[4:6]] == [
        "#---",
        "          #",
    ]


def test_programs_get_numbers_for_bars(vexfsctl: Program, tree: FakeTree) -> None:
    """All groups have the same spans."""
    add_recorded_volume(tree)

    groups = vexfsctl(*SPARKLINE, "--json").json["data"]["groups"]
    tsv = vexfsctl(*SPARKLINE, "--format", "tsv").stdout

    assert groups[0]["over_time"] == {
        "begin": "2026-08-21T09:59:40.000Z",
        "uptime_s": None,
        "span_s": 1,
        "counts": [2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        "untimed": 0,
    }
    assert [line.rsplit("\t", 1)[-1] for line in tsv.splitlines()] == [
        "over_time",
        "2,1,1,1,0,0,0,0,0,0,0",
        "0,0,0,0,0,0,0,0,0,0,1",
    ]


def write_errors(path: Path, hours: int, **counts: int) -> str:
    """Write a log of that length with so many failing writes, reads …; return its name."""
    named = {"write": "IoError.WriteError", "read": "IoError.ReadError", "flush": "CorruptionError"}
    lines = ["[    0.000000] Linux version 6.18.0"]
    lines += [
        f"[{number + 1:5d}.000000] VexFS: [CORR-{number + 16:016X}] error vol=data op=storage "
        f"call={call} err={named[call]} errno=EIO sev=high attempt=1/3 "
        f'hints=retry:500 msg="block {number} is bad"'
        for number, call in enumerate(call for call in counts for _ in range(counts[call]))
    ]
    lines.append(f"[{hours * 3600:5d}.000000] usb 1-1: new device")
    path.write_text("\n".join((*lines, "")))
    return str(path)


def test_two_logs_compared(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """By fingerprint and by rate: twice as many writes in twice the time are no change."""
    tree.remove("loop0")
    before = write_errors(tmp_path / "before.dmesg", 1, write=20, read=20)
    after = write_errors(tmp_path / "after.dmesg", 2, write=42, read=200, flush=1)

    result = vexfsctl("errors", "--diff", before, after)

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert_golden("errors-diff.txt", result.stdout.replace(str(tmp_path), "DIR"))


def test_a_comparison_for_programs(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """Every kind in TSV and JSON, what did not change included, and how likely it is chance."""
    tree.remove("loop0")
    before = write_errors(tmp_path / "before.dmesg", 1, write=20, read=20)
    after = write_errors(tmp_path / "after.dmesg", 2, write=42, read=200, flush=1)
    diff = ("errors", "--diff", before, after)

    rows = [line.split("\t") for line in vexfsctl(*diff, "--format", "tsv").stdout.splitlines()]
    data = vexfsctl(*diff, "--json", "-n", "1").json["data"]

    assert " ".join(rows[0]) == (
        "change fingerprint operation error message worst before after rate example p verified"
    )
    assert [(row[0], row[4], *row[6:9]) for row in rows[1:]] == [
        ("new", "block * is bad", "0", "1", ""),
        ("more", "block * is bad", "20", "200", "5x"),
        ("same", "block * is bad", "20", "42", "1.05x"),
    ]
    assert (data["before"], data["left_out"]) == (
        {"source": before, "errors": 40, "observed_s": 3600.0},
        2,
    )


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({"write": 20}, ExitStatus.OK),
        ({"write": 2}, ExitStatus.OK),
        ({}, ExitStatus.OK),
        ({"write": 20, "read": 1}, ExitStatus.FAILED),
        ({"write": 200}, ExitStatus.FAILED),
    ],
)
def test_a_gate_for_scripts(
    vexfsctl: Program, tmp_path: Path, counts: dict[str, int], status: ExitStatus
) -> None:
    """Only what is new or more frequent is a reason to stop, and only on request."""
    before = write_errors(tmp_path / "before.dmesg", 1, write=20)
    after = write_errors(tmp_path / "after.dmesg", 1, **counts)

    assert vexfsctl("errors", "--diff", before, after, "--exit-code").exit_status == status
    assert vexfsctl("errors", "--diff", before, after).exit_status == ExitStatus.OK


def test_a_gate_without_evidence_does_not_open(vexfsctl: Program, tmp_path: Path) -> None:
    """A log that is not there has no new errors either."""
    before = write_errors(tmp_path / "before.dmesg", 1, write=20)

    result = vexfsctl("errors", "--exit-code", "--diff", before, str(tmp_path / "none"))

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert f"{tmp_path / 'none'}" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--diff", "a", "a"), "--diff needs two different logs"),
        (("--diff", "a"), "Option '--diff' requires 2 arguments."),
        (("--diff", "a", "b", "--sparkline"), "--sparkline and --diff exclude each other"),
        (("--diff", "a", "b", "--log", "c"), "--log and --diff exclude each other"),
        (("--exit-code",), "--exit-code is for --diff"),
    ],
)
def test_options_that_exclude_each_other(
    vexfsctl: Program, options: tuple[str, ...], message: str
) -> None:
    """Wrong usage, before anything is read."""
    result = vexfsctl("errors", *options)

    assert result.exit_status == ExitStatus.USAGE
    assert message in result.stderr


def test_errors_of_several_hosts(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """As a log server collects them; a form without a host tells of none."""
    tree.remove("loop0")
    log = tmp_path / "all.log"
    text = "VexFS: [CALL-1] FFI call read_file failed: -5 (failure rate: 50%), using fallback"
    log.write_text(
        "".join(
            f"2026-08-21T09:59:{second}Z {host} kernel: {text}\n"
            for second, host in ((10, "db1"), (11, "db2.example"), (12, "db1"))
        )
        + f"[   13.000000] {text}\n"
    )

    tsv = vexfsctl("errors", "--by", "host", "--format", "tsv", "--log", str(log)).stdout

    rows = [line.split("\t") for line in tsv.splitlines()]
    assert rows[0][:3] == ["host", "worst", "count"]
    assert sorted(row[:3] for row in rows[1:]) == [
        ["", "high", "1"],
        ["db1", "high", "2"],
        ["db2.example", "high", "1"],
    ]


def test_errors_by_device_of_a_log_without_vexfs(vexfsctl: Program, tmp_path: Path) -> None:
    """There are none, but the kernel has something to say about devices."""
    log = tmp_path / "other.dmesg"
    log.write_text(
        "[   10.000000] I/O error, dev sdb, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1\n"
        "[   10.100000] Buffer I/O error on dev sdb, logical block 1, async page read\n"
    )

    result = vexfsctl("errors", "--by", "device", "--log", str(log))

    assert result.stdout == (
        "0 errors\n"
        "the kernel itself has 2 lines of trouble with devices: "
        f"see vexfsctl device list --log {log}\n"
    )
    assert vexfsctl("errors", "--log", str(log)).stdout == (
        "0 errors\n"
        f"the kernel's own lines are not counted here: see vexfsctl device list --log {log}\n"
    )
    later = vexfsctl("errors", "--by", "device", "-e", "ENOSPC", "--log", str(log), "--json")
    assert later.json["data"]["kernel_lines"] == 0
