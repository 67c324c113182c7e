"""`vexfsctl status`: one screen, the verdict as exit status, and what it does not import."""

import gzip
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.volumes import healthy_volume
from tests.cli.recorded import INCIDENT, add_recorded_volume, before_reset
from tests.support.clock import VirtualClock
from tests.support.golden import assert_golden
from tests.support.program import BOUND_S, Program
from tests.support.tree import FakeTree
from vexfsctl.analysis.health.findings import Verdict
from vexfsctl.analysis.window import Window
from vexfsctl.answers.status import status_result
from vexfsctl.cli.commands.status import CLEAR_SCREEN
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.assessment import Assessment
from vexfsctl.host.volumes import Consulted
from vexfsctl.model.coverage import Coverage, Gap

pytestmark = pytest.mark.usefixtures("tree")

CAPTURES = Path(__file__).parents[2] / "data" / "kernel-logs" / "vexfs"


def test_a_volume_is_named_without_its_operation(vexfsctl: Program) -> None:
    """A target of `breaker` given to `status`: the volume of it is proposed."""
    result = vexfsctl("status", "loop0/storage")

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr == (
        "vexfsctl: not a volume name: 'loop0/storage'\nhint: did you mean loop0?\n"
    )


def test_a_healthy_volume_in_one_screen(vexfsctl: Program) -> None:
    """No news is a short answer."""
    result = vexfsctl("status")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == (
        "OK: loop0 is healthy\n"
        "\n"
        "VOLUME  STATE        DEGRADATION  ACCESS  ERRORS  CALLS RUNNING  MOUNTED ON\n"
        "loop0   initialized  normal       rw           0              0  /mnt/vexfs\n"
    )


def test_a_degraded_volume_says_why_what_is_limited_and_how_it_ends(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """And where to look next; of damage, what ends the hold."""
    tree.write("loop0/degradation", "heavy")
    tree.write("loop0/resources/memory_bytes", 87 << 20)
    tree.write("loop0/resources/memory_limit_bytes", 100 << 20)

    short = vexfsctl("status")

    tree.write("loop0/degradation", "read_only")
    tree.write("loop0/resources/memory_limit_bytes", 0)
    damaged = vexfsctl("status")

    assert short.stdout.startswith(
        "WARNING: loop0: degraded: heavy, memory at 87 % of its limit; 40 calls at once, deadlines"
        " 2 times as long; ends below 76 %\n"
    )
    assert "vexfsctl volume show loop0" in short.stdout
    assert damaged.stdout.startswith(
        "CRITICAL: loop0: degraded: read_only, held after damage until rw is written to"
        " access_mode\n"
    )
    assert "vexfsctl volume set loop0 access_mode=rw" in damaged.stdout


def test_an_open_breaker_is_shown_with_its_error_and_the_next_step(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Verdict first, commands to type last; a reading command exits 0 all the same."""
    log = before_reset(tmp_path)
    add_recorded_volume(tree, log)

    result = vexfsctl("status", "--window", "4m", "--log", str(log))

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert_golden("status.txt", result.stdout)


def test_json_has_the_same_and_all_of_it(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """One envelope; enums in lower case, integers as integers."""
    log = before_reset(tmp_path)
    add_recorded_volume(tree, log)

    result = vexfsctl("status", "--window", "4m", "--json", "--log", str(log))

    assert result.exit_status == ExitStatus.OK
    normal = result.stdout.replace(str(tree.root), "ROOT").replace(str(log), "LOG")
    assert_golden("status.json", normal)


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("access_mode", "rw", 0),
        ("operations/file/breaker/state", "half_open", 1),
        ("operations/storage/breaker/state", "open", 2),
        ("degradation", "purple", 3),
    ],
)
def test_the_verdict_is_the_exit_status_where_it_was_asked_for(
    vexfsctl: Program, tree: FakeTree, path: str, value: str, status: int
) -> None:
    """The four values of `check`."""
    tree.write(f"loop0/{path}", value)

    assert vexfsctl("status", "--exit-code").exit_status == status
    assert vexfsctl("status").exit_status == ExitStatus.OK


def test_no_volume_is_an_answer_with_the_next_step(vexfsctl: Program, tree: FakeTree) -> None:
    """Status 0; for `--exit-code` it is UNKNOWN."""
    tree.remove("loop0")

    result = vexfsctl("status")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == (
        "UNKNOWN: no volume on this host, and no VexFS record in the log\n"
        "\n"
        "next: vexfsctl mount SOURCE MOUNTPOINT  guard a directory\n"
        "      vexfsctl lab up                   try it on a volume whose faults you control\n"
    )
    assert vexfsctl("status", "--exit-code").exit_status == 3


def test_volumes_that_are_gone_take_one_line(vexfsctl: Program, tree: FakeTree) -> None:
    """Their errors are listed only while no volume is here."""
    tree.write("loop0/log", str(INCIDENT))
    result = vexfsctl("status", "--window", "4m", "--log", str(INCIDENT))

    headline = "WARNING: sdq1: 5 errors of high severity in an earlier mount"
    assert result.stdout.splitlines()[0] == headline
    assert "IoError.ReadError" not in result.stdout

    tree.remove("loop0")
    result = vexfsctl("status", "--window", "4m", "--log", str(INCIDENT))

    assert "this is a saved log, judged alone by its last 4m\n" in result.stdout
    assert "sdq1/storage  IoError.ReadError (EIO)" in result.stdout


def test_every_reason_is_told_that_no_table_shows(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Errors of a volume that is gone are in no table: else the next step came from nowhere."""
    log = tmp_path / "both.kmsg"
    log.write_text(
        INCIDENT.read_text() + "12,9001,370000000,-;VexFS: [CORR-6F1C93A2000000FF] error vol=sdq1 "
        "op=superblock call=statfs err=IoError.ReadError errno=EIO sev=critical attempt=1/1 "
        'hints=manual msg="no"\n'
    )

    # A log that a live volume writes is of now, not a saved one.
    tree.write("loop0/log", str(log))

    result = vexfsctl("status", "--window", "1h", "--log", str(log))

    headline, also, *_ = result.stdout.splitlines()
    assert headline == "CRITICAL: sdq1: 1 error of critical severity in an earlier mount"
    assert also == "also: sdq1: 5 errors of high severity in an earlier mount"


def test_a_volume_named_that_is_not_there_is_a_failure(vexfsctl: Program) -> None:
    """With what there is."""
    result = vexfsctl("status", "loop1")

    assert result.exit_status == ExitStatus.FAILED
    assert "there is no volume 'loop1'" in result.stderr


def test_only_volumes_with_something_wrong(vexfsctl: Program, tree: FakeTree) -> None:
    """`-x` leaves the healthy one out of the table, and out of JSON."""
    tree.add("sdb1")
    tree.write("sdb1/access_mode", "ro")

    result = vexfsctl("status", "-x")

    assert result.stdout == (
        "WARNING: sdb1: set read-only by an operator\n"
        "\n"
        "VOLUME  STATE        DEGRADATION  ACCESS  ERRORS  CALLS RUNNING  MOUNTED ON\n"
        "sdb1    initialized  normal       ro           0              0  /mnt/vexfs\n"
        "\n"
        "next: vexfsctl volume set sdb1 access_mode=rw  allow writing to it again\n"
    )
    data = vexfsctl("status", "-x", "--json").json["data"]
    assert [volume["name"] for volume in data["volumes"]] == ["sdb1"]


def test_an_unreadable_log_is_a_note_when_the_tree_answers() -> None:
    """The counters rule errors out: OK and status 0, the gap is told all the same."""
    why = "cannot read /dev/kmsg: Operation not permitted"
    log = Coverage(gaps=(Gap("kmsg", "unreadable", None, why),))
    seen = Consulted((), (healthy_volume(),), Coverage(("/run/vexfs",)))
    answer = Assessment.of(seen, (), log, Window(0, 1_000_000), now_us=1_000_000)

    result = status_result(answer, only_problems=False)

    assert (answer.summary.verdict, result.status) == (Verdict.OK, ExitStatus.OK)
    assert [gap.source for gap in result.coverage.gaps] == ["kmsg"]


def test_a_log_asked_for_that_cannot_be_read_is_missing_evidence(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """Status 3, with the reason."""
    result = vexfsctl("status", "--log", str(tmp_path / "no-such.kmsg"))

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert "no-such.kmsg: No such file or directory" in result.stderr


def test_a_log_asked_for_that_is_cut_is_missing_evidence(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """What could be read is judged and shown; status 3 tells scripts that it is not all."""
    tree.remove("loop0")
    cut = tmp_path / "cut.kmsg.gz"
    cut.write_bytes(gzip.compress((CAPTURES / "head_nullb.kmsg").read_bytes())[:-8])

    result = vexfsctl("status", "--log", str(cut))

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.stdout.startswith("CRITICAL: 1 error of critical severity\n")
    assert "its gzip data ends too early" in result.stderr


def test_hostile_words_are_shown_escaped(vexfsctl: Program, tree: FakeTree) -> None:
    """A mount point may hold anything."""
    tree.write("loop0/mountpoint", "/mnt/\\033[31mred")

    result = vexfsctl("status", "--color", "always")

    assert "\x1b[31mred" not in result.stdout


class ImpatientClock(VirtualClock):
    """Ctrl-C in the third sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let the time pass twice."""
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise KeyboardInterrupt
        super().sleep(seconds)


def test_each_look_is_one_line_where_a_program_watches(vexfsctl: Program) -> None:
    """NDJSON, at the interval asked for, until the reader goes."""
    clock = vexfsctl.clock = ImpatientClock()

    result = vexfsctl("status", "--watch", "--interval", "5", "--json")

    assert [row["verdict"] for row in result.rows] == ["ok", "ok", "ok"]
    assert clock.slept == [5, 5, 5]


def test_a_person_who_watches_sees_one_screen_at_a_time(vexfsctl: Program) -> None:
    """The terminal is cleared before each look."""
    vexfsctl.clock = ImpatientClock()

    result = vexfsctl("status", "-w", terminal=True, env={"TERM": "xterm"})

    assert result.stdout.count(f"{CLEAR_SCREEN}") == 3
    assert result.stdout.count("loop0 is healthy") == 3


def test_json_of_one_volume_imports_neither_rich_nor_pyudev_nor_fuse(vexfsctl: Program) -> None:
    """What a monitoring system runs every few seconds must start fast."""
    code = (
        "import json, sys\n"
        "from vexfsctl.cli.main import run\n"
        "status = run(['status', 'loop0', '--json'])\n"
        "print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)\n"
    )

    finished = subprocess.run(
        [sys.executable, "-c", code],
        env=vexfsctl.environ,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=True,
    )

    status, modules = json.loads(finished.stderr)
    unwanted = {"rich", "pyudev", "asyncio", "vexfsctl.driver", "vexfsctl.lab", "vexfsctl.devices"}
    assert status == ExitStatus.OK
    assert json.loads(finished.stdout)["data"]["verdict"] == "ok"
    assert unwanted.isdisjoint(modules)


def test_a_person_who_watches_always_sees_the_verdict(vexfsctl: Program) -> None:
    """On a low terminal the end is left out, not scrolled away at the top."""
    vexfsctl.clock = ImpatientClock()

    result = vexfsctl("status", "-w", terminal=True, env={"TERM": "xterm", "LINES": "4"})

    looks = result.stdout.split(CLEAR_SCREEN)[1:]
    assert [look.splitlines()[0].endswith("loop0 is healthy") for look in looks] == [True] * 3
    assert [look.splitlines()[2:] for look in looks] == [["… 3 more lines"]] * 3


@pytest.mark.parametrize("capture", ["ffi_initfail", "head_nullb", "head_blksz_hung"])
def test_a_log_from_elsewhere_is_judged_by_itself(
    vexfsctl: Program, tree: FakeTree, capture: str
) -> None:
    """On a machine without VexFS: state, errors, calls, noise, and the kernel's own trouble."""
    tree.remove("loop0")
    log = str(CAPTURES / f"{capture}.kmsg")

    result = vexfsctl("status", "--log", log)

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert_golden(f"status-{capture}.txt", result.stdout.replace(log, "LOG"))


def test_a_log_of_another_kernel_without_vexfs_tells_the_kernels_own_trouble(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """Nobody who sent a log wants a volume made: what there is to look into is next."""
    tree.remove("loop0")
    log = CAPTURES.parent / "linux" / "loop-on-loop0.kmsg"

    result = vexfsctl("status", "--log", str(log))

    assert result.stdout == (
        f"UNKNOWN: no VexFS record in the log: {log} lost records before they were read\n"
        "this is a saved log, judged alone by its last 1h\n"
        "\n"
        "what the kernel says is wrong, by device:\n"
        "loop0: buffer read (4), buffer write (4); last at uptime 2131.803593\n"
        "    Check the file behind it (`losetup -l`), and the filesystem and disk of that file.\n"
        "\n"
        f"next: vexfsctl log -d loop0 --log {log}  what the kernel says of the device\n"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "has nothing in it"), ("I am\nno log\n", "has lines that are not read: no form fits")],
)
def test_a_log_without_a_record_says_nothing_of_the_volumes_here(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path, text: str, reason: str
) -> None:
    """A log from elsewhere that failed to be saved must not pass for the state of this host."""
    tree.write("loop0/operations/storage/breaker/state", "open")
    log = tmp_path / "mailed.log"
    log.write_text(text)

    result = vexfsctl("status", "--log", str(log))

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.stdout.startswith(f"UNKNOWN: no VexFS record in the log: {log} {reason}\n")
    assert "loop0" not in result.stdout


def test_the_empty_log_of_a_volume_here_does_not_hide_the_volume(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """It was just turned over; /dev/null as a log means none."""
    log = tmp_path / "loop0.kmsg"
    log.touch()
    tree.write("loop0/log", str(log))
    tree.write("loop0/operations/storage/breaker/state", "open")

    for name in (str(log), "/dev/null"):
        assert vexfsctl("status", "--log", name).stdout.startswith("CRITICAL: loop0/storage")


def test_trouble_before_the_window_of_a_saved_log_is_one_command_away(
    vexfsctl: Program, tmp_path: Path
) -> None:
    """The log went on for a day after its disk failed: silence would pass for health."""
    log = tmp_path / "long.dmesg"
    log.write_text(
        "[  100.000000] I/O error, dev sdb, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1\n"
        "[90000.000000] usb 1-1: new high-speed USB device number 2 using xhci_hcd\n"
    )

    lines = vexfsctl("status", "--log", str(log)).stdout.splitlines()

    assert (
        lines[-1] == f"next: vexfsctl device list --log {log}  what all of the log says of devices"
    )


def test_what_is_to_be_typed_next_reads_standard_input_again(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """Without the word the command would answer with the log of this host."""
    tree.remove("loop0")

    steps = vexfsctl("status", "--log", "-", "--json", input=KERNEL_TROUBLE).json["data"]

    assert steps["next_steps"][0]["command"] == "vexfsctl log -d sdb --log -"


@pytest.mark.parametrize(
    ("line", "device"),
    [
        ("usb 2-2: reset SuperSpeed USB device number 2 using xhci-hcd", "2-2"),
        ("INFO: task jbd2/sdb2-8:20212 blocked for more than 120 seconds.", "sdb2"),
        ("device-mapper: verity: 202:3: data block 0 is corrupted", "xvda3"),
        ("trusted_key: device-mapper: crypt: dm-0: INTEGRITY AEAD ERROR, sector 0", "dm-0"),
        ("BTRFS error (device dm-1): bdev /dev/mapper/AM-2 errs: wr 0, rd 9", "mapper/AM-2"),
        ("aacraid: Host adapter abort request (0,0,0,0)", "0:0:0:0"),
        (" connection3:0: detected conn error (1020)", "connection3:0"),
    ],
)
def test_what_is_to_be_typed_next_shows_the_line(
    vexfsctl: Program, tmp_path: Path, line: str, device: str
) -> None:
    """Whatever lines say trouble is about can be asked for, if no line says what it is."""
    log = tmp_path / "other.dmesg"
    log.write_text(f"[  100.000000] {line}\n")

    steps = vexfsctl("status", "--log", str(log), "--json").json["data"]["next_steps"]
    command = f"vexfsctl log -d {device} --log {log}"
    assert command in [each["command"] for each in steps]
    shown = vexfsctl(*command.split()[1:])
    assert (shown.exit_status, shown.stderr) == (ExitStatus.OK, "")
    assert line.strip() in shown.stdout


KERNEL_TROUBLE = """\
[  100.000000] ata4.00: exception Emask 0x0 SAct 0x8000 SErr 0x0 action 0x0
[  100.000004] critical medium error, dev sdb, sector 140083 op 0x0:(READ) flags 0x0 phys_seg 1
[  100.100004] critical medium error, dev sdb, sector 140091 op 0x0:(READ) flags 0x0 phys_seg 1
[  100.100005] critical medium error, dev sdb, sector 9000 op 0x0:(READ) flags 0x0 phys_seg 1
[  110.000000] Buffer I/O error on dev dm-3, logical block 17510, async page read
[  111.000000] EXT4-fs error (device dm-3): ext4_find_entry:1455: inode #2: comm ls: reading
[  120.000000] INFO: task fio:412 blocked for more than 120 seconds.
[  130.000000] md/raid1:md2: Disk failure on sdc6, disabling device.
"""


def test_what_is_wrong_with_which_device_and_what_to_do(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Causes first, a few of them; JSON has all, and how it was over time."""
    tree.remove("loop0")
    log = tmp_path / "other.dmesg"
    log.write_text(KERNEL_TROUBLE)

    text = vexfsctl("status", "--log", str(log)).stdout
    found = vexfsctl("status", "--log", str(log), "--json").json["data"]["kernel_trouble"]

    assert_golden("status-kernel-only.txt", text.replace(str(log), "LOG"))
    devices = ["sdb", "ata4", "md2", "sdc6", "dm-3", None]
    assert [each["device"] for each in found] == devices
    disk = found[0]
    assert disk["advice"].startswith("The medium has sectors that cannot be read")
    (kind,) = disk["trouble"]["kinds"]
    assert (kind["kind"], kind["errno"], kind["count"]) == ("block", 61, 3)
    assert kind["over_time"]["counts"] == [3, 0, 0, 0, 0, 0, 0]
    sectors = [(each["first"], each["last"]) for each in disk["trouble"]["sectors"]]
    assert sectors == [(9000, 9000), (140083, 140091)]


def test_every_rendering_of_a_log_has_the_same_verdict(vexfsctl: Program, tree: FakeTree) -> None:
    """By uptime or by wall clock, with facilities or without."""
    tree.remove("loop0")

    for rendering in ("kmsg", "raw", "dmesg", "json", "Tx"):
        log = CAPTURES / f"head_normal.{rendering}"
        data = vexfsctl("status", "--json", "--log", str(log)).json["data"]
        assert (rendering, data["verdict"]) == (rendering, "warning")
        assert [(group["error"], group["count"]) for group in data["errors"]] == [
            ("FileTooLarge", 1)
        ]


@pytest.mark.parametrize(
    "command", ["status", "check", "errors", "trace --last", "recover plan CALL-1"]
)
@pytest.mark.parametrize("output", ["table", "json"])
def test_a_log_from_elsewhere_is_judged_alone(
    vexfsctl: Program, tree: FakeTree, command: str, output: str
) -> None:
    """A mailed log has one answer, whatever volumes this host has and however ill they are."""
    argv = (*command.split(), "--format", output, "--log", str(CAPTURES / "head_nullb.kmsg"))
    tree.remove("loop0")
    without = vexfsctl(*argv)
    tree.add("loop0")
    tree.write("loop0/operations/storage/breaker/state", "open")
    tree.write("loop0/errors/total", "7")
    tree.add("loop1")
    (tree.root / "loop1/state").unlink()

    beside = vexfsctl(*argv)

    assert beside == without


def test_a_volume_that_does_not_answer_stays_beside_a_log_that_names_it(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """Nobody knows its load: that it hangs must not be hidden by a log without a boot."""
    tree.add("sdq1")
    (tree.root / "sdq1/abi_version").unlink()
    os.mkfifo(tree.root / "sdq1/abi_version")

    result = vexfsctl("check", "--timeout", "0.3", "--log", str(INCIDENT))

    assert result.exit_status == Verdict.CRITICAL
    assert result.stdout.startswith("CRITICAL - sdq1: unresponsive: ")


def test_a_name_means_one_of_the_saved_log(vexfsctl: Program) -> None:
    """That of a volume here is not it; lines of builds without a tree name no volume."""
    here = vexfsctl("status", "loop0", "--log", str(CAPTURES / "head_nullb.kmsg"))
    there = vexfsctl("status", "sdq1", "--log", str(INCIDENT))
    nowhere = vexfsctl("check", "sdq2", "--log", str(INCIDENT))

    assert here.exit_status == ExitStatus.FAILED
    assert here.stderr == "vexfsctl: the log has nothing about a volume 'loop0'\n"
    assert there.stdout.startswith("CRITICAL: sdq1: ") or there.stdout.startswith("WARNING: sdq1: ")
    assert (nowhere.exit_status, nowhere.stderr) == (
        ExitStatus.INCOMPLETE,
        "vexfsctl: the log has nothing about a volume 'sdq2'\nhint: it has sdq1\n",
    )


def test_next_steps_read_the_same_log(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """What is to be typed works: a saved log is named, quoted for the shell."""
    tree.remove("loop0")
    log = tmp_path / "customer's log.kmsg"
    log.write_bytes(INCIDENT.read_bytes())

    steps = vexfsctl("status", "--json", "--window", "4m", "--log", str(log)).json["data"][
        "next_steps"
    ]

    assert shlex.split(steps[0]["command"]) == [
        *("vexfsctl", "trace", "CORR-6F1C93A20000002F", "--log", str(log))
    ]


def test_of_several_boots_in_a_saved_log_the_last_one_counts(
    vexfsctl: Program, tree: FakeTree, tmp_path: Path
) -> None:
    """Uptimes of different boots cannot be compared: the first would lie in the future."""
    tree.remove("loop0")
    log = tmp_path / "two-boots.dmesg"
    log.write_text(
        "[    0.000000] Linux version 6.1.0\n"
        "[ 7000.000000] VexFS: Unable to read superblock\n"
        "[    0.000000] Linux version 6.1.0\n"
        "[   60.000000] VexFS: Mounted filesystem with 2048 blocks, 1024 inodes\n"
    )

    assert vexfsctl("status", "--log", str(log)).stdout.startswith("OK: ")
