"""Logs in the form in which somebody had them: what is said of lines that are no records."""

from pathlib import Path

import pytest

from tests.support.program import Program
from vexfsctl.exceptions import ExitStatus

pytestmark = pytest.mark.usefixtures("tree", "utc")
PLAIN = "[    0.000000] Linux version 6.1.0\n"
FAILED = "I/O error, dev sda, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"


def write(path: Path, text: str) -> str:
    """Write a log, and return its name."""
    log = path / "saved.log"
    log.write_text(text)
    return str(log)


def test_lines_of_no_form_are_a_note(vexfsctl: Program, tmp_path: Path) -> None:
    """They are counted; the answer is complete."""
    log = write(tmp_path, f"Hello,\nhere is my log:\n{PLAIN}Regards\n")

    result = vexfsctl("log", "--json", "--log", log)

    assert result.exit_status == ExitStatus.OK
    assert result.json["coverage"]["notes"] == [
        {"source": log, "reason": "not_read", "lost": 3, "detail": None}
    ]
    assert f"vexfsctl: note: {log}: not_read, lines: 3\n" in vexfsctl("log", "--log", log).stderr


@pytest.mark.parametrize("line", ["vexfs is broken", "CORR-6F1C93A20000002A", f"sshd: {FAILED}"])
def test_a_line_that_may_matter_is_a_gap(vexfsctl: Program, tmp_path: Path, line: str) -> None:
    """It is not lost in silence."""
    log = write(tmp_path, f"{PLAIN}x: {line}\n")

    result = vexfsctl("log", "--json", "--log", log)

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.json["coverage"]["gaps"] == [
        {"source": log, "reason": "not_read", "lost": 1, "detail": None}
    ]


def test_a_file_that_is_no_log_is_a_gap(vexfsctl: Program, tmp_path: Path) -> None:
    """Nothing of it could be read."""
    log = write(tmp_path, "Hello,\nhere is my log:\n")

    assert vexfsctl("log", "--log", log).exit_status == ExitStatus.INCOMPLETE


def test_a_loose_record_is_marked_and_counted(vexfsctl: Program, tmp_path: Path) -> None:
    """Nobody knows what stands before it."""
    log = write(tmp_path, f"{PLAIN}node1|err|[   12.000000] {FAILED}\n")

    result = vexfsctl("log", "-d", "sda", "--json", "--log", log)

    (row,) = result.json["data"]
    assert (row["loose"], row["origin"], row["kind"]) == (True, "unrecorded", "kernel")
    assert result.json["coverage"]["notes"] == [
        {"source": log, "reason": "loose", "lost": 1, "detail": None}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "VexFS: State transition 1 -> 3",
        "VexFS: state vol=sda epoch=1 from=initialized to=error driver=fuse version=0.1.0",
        "BUG: KASAN: slab-out-of-bounds in vexfs_get_block+0x1d/0x90 [vexfs_deadlock_fix]",
        FAILED,
    ],
)
def test_a_loose_record_alone_is_never_critical(
    vexfsctl: Program, tmp_path: Path, text: str
) -> None:
    """Anybody may have written it."""
    log = write(tmp_path, f"{PLAIN}node1|err|[   12.000000] {text}\n")

    result = vexfsctl("check", "--log", log)

    assert "CRITICAL" not in result.stdout
    assert result.exit_status == ExitStatus.INCOMPLETE


def test_an_error_in_unknown_words_is_counted(vexfsctl: Program, tmp_path: Path) -> None:
    """By subsystem; another program's lines, routine and what is understood are not."""
    lines = (
        "<3>[    1.000000] sd 3:0:0:0: Quantum foam 7",
        "[    2.000000] device-mapper: frobnicator: the foam failed",
        "<3>[    3.000000] sd 3:0:0:0: Quantum foam 8",
        "[    3.500000] sd 3:0:0:0: [sdb] Warning! The foam is damaged",
        "[    4.000000] sd 3:0:0:0: [sdb] 8 quanta of foam",
        f"[    5.000000] {FAILED}",
        "<3>[    6.000000] nvme nvme0: foam 8",
        "<6>[    7.000000] nvme nvme0: foam 8",
        "<11>[    8.000000] nvme nvme0: foam failed",
    )
    log = write(tmp_path, PLAIN + "\n".join(lines))
    told = {
        "source": log,
        "reason": "unexplained",
        "lost": 3,
        "detail": "scsi 2, nvme 1",
    }

    for command in ("status", "device list"):
        result = vexfsctl(*command.split(), "--json", "--log", log)
        assert result.json["coverage"]["notes"] == [told]
    assert (
        f"vexfsctl: note: {log}: unexplained, lines: 3 (scsi 2, nvme 1)\n"
        in vexfsctl("device", "list", "--log", log).stderr
    )


@pytest.mark.parametrize(
    ("text", "ordinary", "missed"),
    [
        ("[   12.000000] usb 1-1: reset [   12.100000] usb 1-2: reset [13.000000] eth0: up", 2, 0),
        (f"> [   12.000000] usb 1-1: reset [   12.100000] {FAILED} [   13.000000] eth0: up", 1, 1),
        (f"[   12.000000] usb<br>[   12.100000] {FAILED}", 0, 1),
        (f"Nov 25 10:00:00 host kernel: usb Nov 25 10:00:01 host kernel: {FAILED}", 0, 1),
        (f'[   12.000000] audit: comm="x [   12.100000] {FAILED}"', 0, 0),
        (f"Nov 25 10:00:00 host sshd[12]: usb [   12.100000] {FAILED}", 0, 0),
        ("[   11.000000] [   12.000000] [    T12] sd 0:0:0:0: [sda] Attached SCSI disk", 0, 0),
    ],
)
def test_records_behind_the_first_of_a_line_are_counted(
    vexfsctl: Program, tmp_path: Path, text: str, ordinary: int, missed: int
) -> None:
    """A mail lost the newlines; they are not believed, since any text may quote such."""
    log = write(tmp_path, f"{PLAIN}{text}\n")

    result = vexfsctl("log", "--kernel", "--json", "--log", log)

    coverage = result.json["coverage"]
    notes = [note["lost"] for note in coverage.get("notes", ()) if note["reason"] == "not_read"]
    gaps = [gap["lost"] for gap in coverage["gaps"] if gap["reason"] == "not_read"]
    assert (notes, gaps) == ([ordinary] * bool(ordinary), [missed] * bool(missed))
    assert result.json["data"] == []


@pytest.mark.parametrize(
    ("head", "assumed"),
    [
        ("Nov 25 10:00:00 host kernel: ", ["zone", "year"]),
        ("Nov 25 10:00:00 host kernel: [    5.000000] ", ["zone", "year"]),
        ("Mär 03 10:00:00 host kernel: ", ["zone", "year"]),
        ("[Nov25 10:00] ", ["zone", "year"]),
        ("[Wed Nov 25 10:00:00 2026] ", ["zone"]),
        ("2026-11-25 10:00:00 host kernel: ", ["zone"]),
        ("> 2026-11-25 10:00:00 host kernel: ", ["zone"]),
        ("2026-11-25T10:00:00+01:00 host kernel: ", []),
        ("1795900000.123456 host kernel: ", []),
        ("[    5.000000] ", []),
    ],
)
@pytest.mark.parametrize("lines", [1, 40])
def test_what_is_assumed_of_times_is_told_once(
    vexfsctl: Program, tmp_path: Path, head: str, assumed: list[str], lines: int
) -> None:
    """Every command says so that reads the log, of one line and of many."""
    log = write(tmp_path, f"{head}{FAILED}\n" * lines)
    told = {
        "zone": f"note: {log}: zone (times without a zone were taken to be in the reader's zone)\n",
        "year": f"note: {log}: year (times without a year were taken to be of the last twelve"
        " months)\n",
    }

    for command in ("log --kernel", "log -S 2026-01-01", "errors", "device list", "status"):
        stderr = vexfsctl(*command.split(), "--log", log).stderr
        assert [name for name, text in told.items() if text in stderr] == assumed
        assert stderr.count("were taken to be") == len(assumed)


def test_a_zone_that_is_not_known_is_told(vexfsctl: Program, tmp_path: Path) -> None:
    """Times in it are taken to be the reader's."""
    log = write(tmp_path, "Wed 2021-07-28 05:19:43 IST node1 kernel: usb 1-1: reset\n")

    assert (
        f"vexfsctl: note: {log}: zone (IST was taken to be the reader's zone)\n"
        in vexfsctl("log", "--log", log).stderr
    )
