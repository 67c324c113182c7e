"""`vexfsctl trace`: a recorded incident from the application's call down to the kernel's line."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.recorded import ERROR_ID, INCIDENT, add_recorded_volume
from tests.support.golden import assert_golden
from tests.support.program import Program
from tests.support.tree import FakeTree
from vexfsctl.analysis.trace.suspects import WEIGHTS, Sign
from vexfsctl.answers.blame import SIGN_WORDS
from vexfsctl.exceptions import ExitStatus
from vexfsctl.logs.reading.contents import Manner
from vexfsctl.logs.sources.reader import LogHost, read_sources

pytestmark = pytest.mark.usefixtures("tree", "utc")
SAVED = ("--log", str(INCIDENT))


def test_an_incident_from_the_application_to_the_kernel(vexfsctl: Program, tree: FakeTree) -> None:
    """The calls, their attempts, the kernel's lines, the breaker and its reset, what to do."""
    add_recorded_volume(tree)

    result = vexfsctl("trace", "2A", *SAVED)

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert "I/O error, dev sdq1, sector 4096 op 0x0:(READ)" in result.stdout
    assert "sdb" not in result.stdout
    assert_golden("trace.txt", result.stdout)


_BOOTED = datetime(2026, 8, 21, 7, 0, tzinfo=UTC)
_WITHOUT_UPTIME = {
    "dmesg -T": "[{moment:%a %b %e %H:%M:%S %Y}] ",
    "dmesg -T in Dutch": "[vr aug {moment:%e %H:%M:%S %Y}] ",
    "syslog": "{moment:%b %e %H:%M:%S} node1 kernel: ",
    "syslog with RFC 3339 times": "{moment:%Y-%m-%dT%H:%M:%S.%f}+00:00 node1 kernel: ",
    "short-full": "{moment:%a %Y-%m-%d %H:%M:%S} UTC node1 kernel: ",
    "short-unix": "{moment:%s}.{moment:%f} node1 kernel: ",
    "grep": "messages:{moment:%b %e %H:%M:%S} node1 kernel: ",
}


@pytest.mark.parametrize("head", _WITHOUT_UPTIME.values(), ids=_WITHOUT_UPTIME)
def test_a_log_without_uptimes_is_as_good(vexfsctl: Program, tmp_path: Path, head: str) -> None:
    """The kernel's lines are found by wall-clock time, and the columns show it."""
    log = tmp_path / "saved.log"
    log.write_text(
        "".join(
            head.format(moment=_BOOTED + timedelta(microseconds=record.uptime_us or 0))
            + f"{record.text}\n"
            for record in read_sources([str(INCIDENT)], LogHost(), Manner(every_record=True))
        )
    )

    result = vexfsctl("trace", "2A", "--log", str(log))

    assert "I/O error, dev sdq1, sector 4096 op 0x0:(READ)" in result.stdout
    lines = [each for each in result.stdout.splitlines() if "sector 4096 op" in each]
    assert all("2026-08-21 " in line for line in lines)
    assert all(re.search(r" [+-][01](?:\.\d{6})? ", line) for line in lines)


def test_a_misspelt_volume_is_told_with_what_may_be_meant(vexfsctl: Program) -> None:
    """The log knows the names of volumes that are gone, too."""
    result = vexfsctl("trace", "sqd1/storage", *SAVED)

    assert "the log has no incident of sqd1/storage" in result.stderr
    assert result.stderr.endswith("hint: did you mean sdq1/storage?\n")


def test_json_says_what_a_failed_search_could_not_look_at(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """An id that may be in the lost part: status 3, and the envelope is not complete."""
    nothing = tmp_path / "absent.log"

    result = vexfsctl("trace", "2A", "--json", "--log", str(nothing))

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.json["coverage"]["complete"] is False
    assert [gap["source"] for gap in result.json["coverage"]["gaps"]] == [str(nothing)]


def test_json_has_everything(vexfsctl: Program, tree: FakeTree) -> None:
    """Ids, sequence numbers, uptime, epoch, origin and the raw text of every record."""
    add_recorded_volume(tree)

    result = vexfsctl("trace", ERROR_ID, "--json", *SAVED)

    assert result.exit_status == ExitStatus.OK
    normal = result.stdout.replace(str(tree.root), "ROOT").replace(str(INCIDENT), "LOG")
    assert_golden("trace.json", normal)


def test_a_saved_log_alone_is_enough(vexfsctl: Program) -> None:
    """Without its volume there is no wall-clock time and no state of now, and the rest is there."""
    result = vexfsctl("trace", "2A", *SAVED)

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout.startswith("CORR-6F1C93A200000029 on sdq1\n")
    assert "I/O error, dev sdq1" in result.stdout
    assert "now: " not in result.stdout


def called_data(directory: Path, device: str) -> tuple[str, str]:
    """Return options that read the incident as it would be of a volume `data` on *device*."""
    log = directory / "data.kmsg"
    text = INCIDENT.read_text().replace("vol=sdq1", "vol=data").replace("dev sdq1,", "dev sdq,")
    log.write_text(text.replace("version=0.1.0", f"version=0.1.0 dev={device}"))
    return "--log", str(log)


def test_a_saved_log_tells_the_device_of_a_volume_of_any_name(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """The `state` record has it; the kernel calls a partition by its disk in I/O errors."""
    result = vexfsctl("trace", "2A", "--json", *called_data(tmp_path, "sdq1"))

    (trace,) = result.json["data"]
    assert (trace["volume"], trace["devices"]) == ("data", ["sdq1", "sdq"])
    kernel = [row["record"]["text"] for row in trace["timeline"] if row["actor"] == "kernel"]
    assert any(text.startswith("I/O error, dev sdq,") for text in kernel)
    assert not any("sdb" in text for text in kernel)


@pytest.mark.parametrize("device", ["../../x", '"\\x1b[2J"', "a" * 300])
def test_a_device_that_is_no_name_is_not_looked_for(
    vexfsctl: Program, tmp_path: Path, device: str
) -> None:
    """It is as if the record had none: the kernel's lines about every device are shown."""
    result = vexfsctl("trace", "2A", *called_data(tmp_path, device))

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert "the device below is not known: kernel lines about all devices" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "root"),
    [
        (("--last",), "CORR-6F1C93A20000002F"),
        (("sdq1",), "CORR-6F1C93A20000002F"),
        (("sdq1/storage",), "CORR-6F1C93A200000029"),
        (("sdq1/directory",), "CORR-6F1C93A20000002D"),
        (("--last", "-e", "IoError"), "CORR-6F1C93A200000029"),
        (("--last", "-o", "superblock"), "CORR-6F1C93A20000002E"),
        (("200000022",), "CORR-6F1C93A200000021"),
    ],
)
def test_what_is_asked_for(vexfsctl: Program, arguments: tuple[str, ...], root: str) -> None:
    """An id, the latest of all, of a volume, of an operation, or among what filters leave."""
    result = vexfsctl("trace", *arguments, "--json", *SAVED)

    assert [trace["root"] for trace in result.json["data"]] == [root]


def test_several_ids_of_one_incident_show_it_once(vexfsctl: Program) -> None:
    """And those of several show each."""
    result = vexfsctl("trace", "29", "2A", "2F", "--format", "ndjson", *SAVED)

    assert [row["root"] for row in result.rows] == [
        "CORR-6F1C93A200000029",
        "CORR-6F1C93A20000002F",
    ]


def test_a_refused_call_leads_to_what_opened_the_breaker(vexfsctl: Program) -> None:
    """Its own story is short."""
    result = vexfsctl("trace", "2C", *SAVED)

    assert (
        "cause: the breaker was opened by CORR-6F1C93A20000002A; no device was asked\n"
        in result.stdout
    )
    assert result.stdout.endswith(
        f"next: vexfsctl recover plan CORR-6F1C93A20000002B --log {INCIDENT}"
        "  what can be done about it, step by step\n"
        f"      vexfsctl trace CORR-6F1C93A20000002A --log {INCIDENT}"
        "         the failure that opened the breaker\n"
    )


def test_an_id_that_is_not_there_is_a_failure_only_where_the_log_is_complete(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """Else it may have been in the part that is missing."""
    complete = tmp_path / "complete.kmsg"
    complete.write_text("6,0,0,-;Linux version 6.18.0\n")

    absent = vexfsctl("trace", "FFFF", "--log", str(complete))
    unknown = vexfsctl("trace", "FFFF", *SAVED)

    assert (absent.exit_status, absent.stderr) == (
        ExitStatus.FAILED,
        "vexfsctl: no record carries an id that ends in FFFF\n"
        "hint: vexfsctl log shows the records with their ids\n",
    )
    assert unknown.exit_status == ExitStatus.INCOMPLETE
    assert "FFFF, and part of the log is missing: " in unknown.stderr


def test_a_gap_in_the_log_around_the_incident_is_told(vexfsctl: Program, tmp_path: Path) -> None:
    """With status 3: lines of it may be among those lost."""
    log = tmp_path / "overrun.kmsg"
    lines = INCIDENT.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in lines if ",714," not in line and ",715," not in line))

    later = vexfsctl("trace", "2F", "--log", str(log))
    around = vexfsctl("trace", "2A", "--log", str(log))

    assert later.exit_status == ExitStatus.OK
    assert around.exit_status == ExitStatus.INCOMPLETE
    assert around.stderr == f"vexfsctl: incomplete: {log}: overrun, 2 lost\n"


def test_an_ambiguous_end_lists_the_candidates(vexfsctl: Program, tmp_path: Path) -> None:
    """And says how to choose."""
    log = tmp_path / "two.kmsg"
    text = INCIDENT.read_text()
    log.write_text(text + text.replace("6F1C93A2", "5F1C93A2").replace("8172635412", "99"))

    result = vexfsctl("trace", "2A", "--log", str(log))

    assert result.exit_status == ExitStatus.FAILED
    assert "2A fits 2 incidents: CORR-6F1C93A20000002A" in result.stderr
    assert "hint: give more digits" in result.stderr


def test_an_unverified_record_is_marked(vexfsctl: Program, tmp_path: Path) -> None:
    """Without the state record nothing vouches for what user space wrote."""
    log = tmp_path / "forged.kmsg"
    log.write_text("".join(INCIDENT.read_text().splitlines(keepends=True)[2:]))

    result = vexfsctl("trace", "2A", "--log", str(log))

    assert "storage read (unverified)" in result.stdout


ENGINE = """\
VexFS FFI: [CORR-0000000000000001] read_block succeeded
VexFS FFI WARNING: [CORR-0000000000000002] read_block failed: [CORR-0000000000000003] I/O error: \
read operation failed in read_block: FFI operation type: Storage (severity: High, retries: 2)
VexFS FFI INFO: [CORR-0000000000000004] read_block: Using fallback operation due to primary failure
"""
"""What a userspace daemon of an earlier build printed."""
MODULE = """\
[    1.000000] VexFS: Initializing SAFE FFI module v1.0.0 with memory management
[    2.000000] VexFS: [CALL-1] Starting FFI call read_file
[    3.000000] I/O error, dev sdzz, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2
[    3.000100] VexFS: [CALL-1] FFI call read_file failed: -5 (failure rate: 100%), using fallback
[    4.000000] VexFS: [CALL-1] Starting FFI call sync_fs
"""
"""What a kernel module of an earlier build wrote."""


@pytest.mark.parametrize("asked", ["02", "CORR-0000000000000003", "0004", "--last"])
def test_each_id_of_a_failure_shows_the_whole(vexfsctl: Program, asked: str) -> None:
    """An earlier build gives one failure several ids: they are told as one."""
    result = vexfsctl("trace", asked, "--log", "-", input=ENGINE)

    assert result.exit_status == ExitStatus.OK
    assert result.stdout.startswith(
        "CORR-0000000000000002\n"
        "also called CORR-0000000000000003, CORR-0000000000000004: several ids for one failure\n"
        "application call storage read_block: fallback  CORR-0000000000000002\n"
    )
    assert "call failed (error): IoError.ReadError (high)" in " ".join(result.stdout.split())


def test_a_numbered_call_is_traced_with_the_kernels_lines(vexfsctl: Program) -> None:
    """The call site tells which of the calls with that number is meant."""
    result = vexfsctl("trace", "CALL-1@read_file", "--log", "-", input=MODULE)

    assert result.stdout.startswith(
        "CALL-1@read_file#1\ncall into the Rust part file read_file: failed with EIO\n"
    )
    assert "I/O error, dev sdzz, sector 8" in result.stdout
    assert "IoError.ReadError: " in result.stdout


def test_a_number_alone_lists_the_calls_that_have_it(vexfsctl: Program) -> None:
    """And says how to choose."""
    result = vexfsctl("trace", "CALL-1", "--log", "-", input=MODULE)

    assert (result.exit_status, result.stdout) == (ExitStatus.FAILED, "")
    assert result.stderr == (
        "vexfsctl: CALL-1 fits 2 calls: CALL-1@read_file#1 at 2.000 s; CALL-1@sync_fs#1 at 4.000 s"
        "\nhint: name the call site and, if need be, the load: CALL-1@read_file#1\n"
    )


def test_the_last_of_a_log_without_ids_is_a_numbered_call(vexfsctl: Program) -> None:
    """Here one that never returned."""
    result = vexfsctl("trace", "--last", "--log", "-", "--json", input=MODULE)

    (trace,) = result.json["data"]
    assert (trace["root"], trace["volume"], trace["aliases"]) == ("CALL-1@sync_fs#1", None, [])
    assert [call["outcome"] for call in trace["calls"]] == [None]


@pytest.mark.parametrize("arguments", [(), ("2A", "--last"), ("loop0/nonsense",), ("loop0/s*",)])
def test_what_means_nothing_is_wrong_usage(vexfsctl: Program, arguments: tuple[str, ...]) -> None:
    """Status 2, before anything is told."""
    result = vexfsctl("trace", *arguments)

    assert (result.exit_status, result.stdout) == (ExitStatus.USAGE, "")


def test_hostile_text_is_shown_escaped(vexfsctl: Program, tmp_path: Path) -> None:
    """A reason may hold anything; no control character of it reaches a terminal."""
    log = tmp_path / "hostile.kmsg"
    log.write_text(INCIDENT.read_text().replace("disk replaced", "\\x1b[31m\\x0aroot# "))

    result = vexfsctl("trace", "2A", "--log", str(log), terminal=True, env={"COLUMNS": "200"})

    assert "\\x1b[31m\\nroot# " in result.stdout
    assert "\x1b[31m" not in result.stdout


def test_tsv_has_a_line_for_each_record(vexfsctl: Program) -> None:
    """The timeline, with a header."""
    result = vexfsctl("trace", "2E", "--format", "tsv", *SAVED)

    assert result.stdout == (
        "time\toffset\tid\twho\twhat\n"
        "3584.100000\t+0.000000\t002E\tsuperblock statfs\tserved from last_good instead\n"
    )


def one_error(number: int, volume: str = "loop0") -> str:
    """Return the record of an error whose id ends in 2A."""
    return (
        f"[{number:5d}.000000] VexFS: [CORR-40000000{number:06X}2A] error vol={volume} op=storage"
        " call=read err=IoError.ReadError errno=EIO sev=high attempt=1/3 msg=x\n"
    )


@pytest.mark.parametrize(
    ("log", "arguments", "told"),
    [
        (
            "".join(one_error(n) for n in range(1, 101)) + one_error(101, "loop1"),
            ("2A", "-V", "loop1"),
            "CORR-400000000000652A",
        ),
        (
            "".join(f"[{n:5d}.000000] VexFS: of CORR-41000000{n:06X}2A\n" for n in range(100))
            + one_error(101),
            ("2A",),
            "CORR-400000000000652A",
        ),
        (
            "[    1.000000] VexFS: [CALL-003] Starting FFI call read_file\n",
            ("CALL-3",),
            "CALL-3@read_file#0",
        ),
        (one_error(1, '"ad"'), ("ad",), "CORR-400000000000012A"),
        (
            '{"MESSAGE":"VexFS: [CORR-4000000000000001] timeout vol=\\ud800 op=sync call=fsync'
            ' limit_ms=5000","_TRANSPORT":"kernel","__MONOTONIC_TIMESTAMP":"5000000"}\n',
            ("--last",),
            "CORR-4000000000000001",
        ),
        (
            one_error(1).replace(" error vol=loop0 op=storage", " error op=storage vol=loop0"),
            ("2A",),
            "CORR-400000000000012A",
        ),
    ],
    ids=["filtered", "ids in text", "zeros", "quoted name", "surrogate", "keys in another order"],
)
def test_odd_logs_are_searched_too(
    vexfsctl: Program, tmp_path: Path, log: str, arguments: tuple[str, ...], told: str
) -> None:
    """What is found by searching is what is meant, not what stands first or looks usual."""
    path = tmp_path / "log"
    path.write_text(log)

    result = vexfsctl("trace", *arguments, "--json", "--log", str(path))
    assert [trace["root"] for trace in result.json["data"]] == [told]


def test_failures_without_an_uptime_are_counted_too(vexfsctl: Program, tmp_path: Path) -> None:
    """Those before a breaker opened, as old as any."""
    head = "2026-11-29T10:00:0{}.000000+00:00 host kernel: VexFS: [CORR-400000000000000{}] "
    failure = (
        "error vol=loop0 op=storage call=read err=IoError.ReadError errno=EIO sev=high"
        " attempt=1/3 msg=x\n"
    )
    opening = (
        "breaker vol=loop0 op=storage from=closed to=open generation=2 failures=5/5"
        " window_ms=10000 trips=1\n"
    )
    path = tmp_path / "log"
    path.write_text(
        "".join(head.format(n, n) + failure for n in range(1, 6)) + head.format(5, 5) + opening
    )

    (trace,) = vexfsctl("trace", "05", "--json", "--log", str(path)).json["data"]
    assert trace["counted"] == [f"CORR-400000000000000{n}" for n in (4, 3, 2, 1)]


TWO_VOLUMES = """\
6,1,1000000,-;scsi host2: Fusion MPT SAS Host
5,2,1100000,-;sd 2:0:0:0: [sdb] 65536 512-byte logical blocks: (33.6 MB/32.0 MiB)
5,3,1200000,-;sd 2:0:1:0: [sdc] 65536 512-byte logical blocks: (33.6 MB/32.0 MiB)
13,4,2000000,-;VexFS: state vol=a epoch=11 from=uninitialized to=initializing driver=fuse version=1 dev=sdb1
13,5,2100000,-;VexFS: state vol=b epoch=22 from=uninitialized to=initializing driver=fuse version=1 dev=sdc1
3,6,99900000,-;mpt2sas_cm0: log_info(0x31110d00): originator(PL), code(0x11), sub_code(0x0d00)
3,7,100000000,-;I/O error, dev sdb, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2
12,8,100010000,-;VexFS: [CORR-400000000000002A] error vol=a op=storage call=read err=IoError.ReadError errno=EIO sev=high attempt=1/1 ino=12 off=0 len=4096 hints=retry:500 msg=x
12,9,100310000,-;VexFS: [CORR-400000000000003B] error vol=b op=storage call=write err=IoError.WriteError errno=EIO sev=high attempt=1/1 ino=12 off=0 len=4096 hints=retry:500 msg=x
6,10,102010000,-;EXT4-fs (sdz1): mounted filesystem with ordered data mode
"""  # noqa: E501 - lines of a log
"""Two volumes on two disks of one adapter, which fail in the same second."""


def test_volumes_that_fail_at_once_point_to_their_controller(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """With the arithmetic on request; the adapter's own line is there, whatever it is called."""
    log = tmp_path / "two.kmsg"
    log.write_text(TWO_VOLUMES)

    result = vexfsctl("trace", "2A", "-v", "--log", str(log))

    assert_golden("trace-two-volumes.txt", result.stdout.replace(str(log), "LOG"))


BARE = """\
ata3.00: exception Emask 0x0 SAct 0x1 SErr 0x0 action 0x0
ata3.00: irq_stat 0x40000008
ata3.00: failed command: READ FPDMA QUEUED
sd 2:0:0:0: [sda]  Sense Key : Medium Error [current] [descriptor]
sd 2:0:0:0: [sda]  Add. Sense: Unrecovered read error - auto reallocate failed
end_request: I/O error, dev sda, sector 326677146
ata3: EH complete
VexFS: [CORR-400000000000002A] error vol=sda1 op=storage call=read err=IoError.ReadError errno=EIO sev=high attempt=1/1 ino=12 off=0 len=4096 hints=retry:500 msg=x
"""  # noqa: E501 - lines of a log
"""As people paste it, without times; from unix.stackexchange.com/questions/46214."""


def test_a_pasted_log_without_times_tells_who_is_to_blame(vexfsctl: Program) -> None:
    """By what stands beside the error; a line about the disk shows that `sda1` is a device."""
    result = vexfsctl("trace", "2A", "--log", "-", input=BARE)

    assert result.stdout.splitlines()[2] == (
        "cause: disk sda, certainty 0.84: block EIO at sector 326677146, scsi ENODATA "
        "(3 lines of the kernel)"
    )


OFFLINE = """\
Nov 18 10:32:21 kernel: usb 2-2: reset SuperSpeed USB device number 2 using xhci-hcd
Nov 18 10:34:27 kernel: sd 0:0:0:0: Device offlined - not ready after error recovery
Nov 18 10:34:27 kernel: sd 0:0:0:0: [sdd] Unhandled error code
Nov 18 10:36:59 kernel: VexFS: [CORR-400000000000002A] error vol=a op=storage call=read err=IoError.ReadError errno=EIO sev=high attempt=1/1 ino=12 off=0 len=4096 hints=retry:500 msg=x
"""  # noqa: E501 - lines of a log
"""From a router's log; the disk had failed two and a half minutes before."""


def test_a_disk_that_went_offline_minutes_ago_is_to_blame(vexfsctl: Program) -> None:
    """It stays so, and the kernel says it once; that is not very certain."""
    (trace,) = vexfsctl("trace", "2A", "--json", "--log", "-", input=OFFLINE).json["data"]

    (disk,) = trace["suspects"]
    assert (disk["name"], disk["certainty"]) == ("sdd", 0.2)
    assert [each["sign"] for each in disk["testimony"][0]["signs"]] == [
        *("trouble", "same_errno", "earlier")
    ]
    assert trace["silence"] == "unknown_device"


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (
            "Nov 18 10:34:27 kernel: Buffer I/O error on dev sdd, logical block 0, async page read",
            True,
        ),
        ("[ 9000.000000] Buffer I/O error on dev sdd, logical block 0, async page read", False),
    ],
)
def test_times_that_cannot_be_compared_are_said_to_be(
    vexfsctl: Program, tmp_path: Path, first: str, *, told: bool
) -> None:
    """Instead of that the kernel wrote nothing."""
    kernel, own = tmp_path / "messages", tmp_path / "v.kmsg"
    kernel.write_text(f"{first}\n")
    own.write_text(f"12,1,100000000,-;{BARE.splitlines()[-1]}\n")

    result = vexfsctl("trace", "2A", "--log", str(kernel), "--log", str(own))

    assert ("one has uptimes only, the other dates" in result.stdout) == told
    assert ("the kernel wrote nothing of it" in result.stdout) != told


def test_disks_that_share_the_blame_are_told_with_the_arithmetic(vexfsctl: Program) -> None:
    """Two of them fail at once, and the log does not say on which the volume lies."""
    line = "[  100.0000{}] I/O error, dev {}, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1\n"
    error = f"[  100.010000] {BARE.splitlines()[-1]}\n".replace("vol=sda1", "vol=a")
    log = line.format("00", "sdb") + line.format("10", "sdc") + error

    lines = vexfsctl("trace", "2A", "-v", "--log", "-", input=log).stdout.splitlines()

    assert "possible cause: disk sdb, certainty 0.30: block read EIO at sector 8" in lines[2]
    assert "  or it is 1 other disk: 0.60 * 0.60 / (0.60 + 0.60) = 0.30" in lines


def test_every_sign_has_a_weight_and_words() -> None:
    """No term of the arithmetic is without either."""
    assert set(WEIGHTS) == set(Sign) == set(SIGN_WORDS)


def test_a_numbered_call_is_blamed_on_the_device_that_was_mounted(vexfsctl: Program) -> None:
    """The mount's own line names it; lines about other disks are left out."""
    log = MODULE.replace(
        "[    2.000000]",
        "[    1.500000] VexFS: Mounting filesystem on device /dev/sdzz (SAFE FFI)\n"
        "[    2.900000] I/O error, dev sdy, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1\n"
        "[    2.000000]",
    )

    result = vexfsctl("trace", "CALL-1@read_file", "--json", "--log", "-", input=log)

    (trace,) = result.json["data"]
    assert (trace["device"], trace["devices"]) == ("sdzz", ["sdzz"])
    assert [(each["name"], each["kind"]) for each in trace["suspects"]] == [("sdzz", "disk")]


UNMOUNT = """\
13,0,100000000,-;VexFS: state vol=v epoch=7 from=initialized to=shutting_down driver=fuse version=1
14,1,100100000,-;VexFS: [CORR-4000000000000083] recovery vol=v step=drain result={} dur_us=100
14,2,100300000,-;VexFS: [CORR-4000000000000083] recovery vol=v step=unmount result=ok dur_us=300
"""


def test_a_clean_unmount_is_no_incident(vexfsctl: Program) -> None:
    """It has an id, and can be asked for; one that was not clean is the latest incident."""
    clean = vexfsctl("trace", "--last", "--log", "-", input=UNMOUNT.format("ok"))
    asked = vexfsctl("trace", "83", "--log", "-", input=UNMOUNT.format("ok"))
    busy = vexfsctl("trace", "--last", "--log", "-", input=UNMOUNT.format("busy"))

    assert (clean.exit_status, clean.stderr) == (
        ExitStatus.FAILED,
        "vexfsctl: the log has no incident\n"
        "hint: trouble without an id is told by vexfsctl status and vexfsctl device list, "
        "with --log as here\n",
    )
    assert asked.stdout.startswith(
        "CORR-4000000000000083 on v\n"
        "no call of an application: only what operators, recovery or the driver itself did\n"
    )
    assert "drain: busy" in busy.stdout


@pytest.mark.parametrize(
    ("further", "ended"),
    [
        ("", "log ended, 1.7s"),
        (
            "13,11,102310000,-;VexFS: state vol=b epoch=22 from=shutting_down to=uninitialized "
            "driver=fuse version=1\n6,12,200000000,-;EXT4-fs (sdz1): mounted filesystem\n",
            "volume ended, 2s",
        ),
        ("6,11,5000,-;Linux version 6.1.0\n6,12,9000,-;EXT4-fs (sdz1): mounted\n", None),
    ],
    ids=["log", "volume", "boot"],
)
def test_a_call_without_an_end_says_what_ended_before(
    vexfsctl: Program, tmp_path: Path, further: str, ended: str | None
) -> None:
    """Nothing of it is known after its last record."""
    log = tmp_path / "two.kmsg"
    log.write_text(TWO_VOLUMES + further)

    result = vexfsctl("trace", "3B", "--log", str(log))

    told = f"had not returned when the {ended} after its last record"
    if ended is None:
        # Two boots without an id: that it was in the first is not certain.
        told = "never returned, as far as the log tells"
    assert result.stdout.splitlines()[1] == (
        f"application call storage write: {told}  CORR-400000000000003B"
    )


def test_a_call_without_an_end_says_that_its_boot_ended(vexfsctl: Program, tmp_path: Path) -> None:
    """Where the log tells boots apart by their ids."""
    error = "VexFS: [CORR-400000000000003B] error vol=b op=storage call=write err=x errno=EIO"
    records = (
        ("a" * 32, 1_000_000, f"{error} sev=high attempt=1/1 msg=x"),
        ("a" * 32, 4_000_000, "EXT4-fs (sdz1): mounted filesystem"),
        ("b" * 32, 2_000_000, "EXT4-fs (sdz1): mounted filesystem"),
    )
    log = tmp_path / "journal.json"
    log.write_text(
        "".join(
            f'{{"MESSAGE":"{text}","_TRANSPORT":"kernel","_BOOT_ID":"{boot}",'
            f'"__MONOTONIC_TIMESTAMP":"{at}","PRIORITY":"4"}}\n'
            for boot, at, text in records
        )
    )

    result = vexfsctl("trace", "3B", "--log", str(log))

    assert "had not returned when the boot ended, 3s after its last record" in result.stdout


@pytest.mark.parametrize(("release", "told"), [("6.1.0-26", True), ("6.6.1", False)])
def test_only_old_kernels_read_again(
    vexfsctl: Program, tmp_path: Path, release: str, told: bool
) -> None:
    """A log that begins with a boot tells the release; without it, it may be one."""
    log = tmp_path / "again.kmsg"
    head = "VexFS: [CORR-40000000000000{}] "
    lines = (
        f"Linux version {release} (gcc) #1 SMP",
        head.format(30) + "error vol=v op=storage call=read err=IoError.ReadError errno=EIO "
        "sev=high attempt=1/1 parent=CORR-4000000000000029 ino=12 off=0 len=131072 msg=x",
        head.format(29) + "failed vol=v op=file call=read err=IoError.ReadError errno=EIO "
        "attempts=1 dur_us=9000 ino=12",
        head.format(40) + "failed vol=v op=file call=read err=CircuitBreakerOpen errno=EBUSY "
        "attempts=1 dur_us=90 ino=12",
    )
    log.write_text("".join(f"4,{n},{n * 1_000},-;{line}\n" for n, line in enumerate(lines)))

    result = vexfsctl("trace", "30", "--log", str(log))

    again = "if CORR-4000000000000040 is that, the application got EBUSY"
    assert (again in result.stdout) is told


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("sdq1", "no request to sdq1 failed, or its line is missing from this log"),
        ("dm-3", "dm-3 fails requests without a line, and nothing known below it has one"),
        ("-", "the device below is not known; device mapper and md fail requests without a line"),
    ],
)
def test_a_silent_kernel_is_explained(
    vexfsctl: Program, tmp_path: Path, device: str, why: str
) -> None:
    """Nothing points to a line that is not there."""
    log = tmp_path / "silent.kmsg"
    text = "".join(line for line in INCIDENT.read_text().splitlines(True) if ";I/O" not in line)
    text = "".join(line for line in text.splitlines(True) if "suppressed" not in line)
    text = text.replace("critical medium error, dev sdb", "Linux knows sdb").replace("sdq1", "data")
    log.write_text(text.replace("version=0.1.0", f"version=0.1.0 dev={device}"))

    result = vexfsctl("trace", "2A", "--log", str(log))

    assert f"\nthe kernel wrote nothing of it: {why}\n" in result.stdout
    assert "kernel lines about all devices" not in result.stdout


def test_a_task_that_hangs_is_all_that_the_kernel_tells(vexfsctl: Program) -> None:
    """Until its request ends, no line names a device."""
    log = MODULE + "[  150.000000] INFO: task cat:4242 blocked for more than 120 seconds.\n"

    result = vexfsctl("trace", "CALL-1@sync_fs", "--log", "-", input=log)

    assert result.stdout.splitlines()[1:3] == [
        "call into the Rust part sync sync_fs: had not returned when the log ended, 2m26s after "
        "its last record",
        "possible cause: task cat:4242, certainty 0.35: it hangs; a request that has not ended has "
        "no line that names its device",
    ]
