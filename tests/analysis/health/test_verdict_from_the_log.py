"""The row "from the log alone" of the verdict table: VexFS builds that export no attribute tree."""

from dataclasses import replace
from typing import Any

import pytest

from tests.analysis.records import BOOT, STATE, error, read_log
from tests.analysis.volumes import healthy_volume
from vexfsctl.analysis.health.findings import Verdict
from vexfsctl.analysis.health.verdict import Observation, judge
from vexfsctl.analysis.upstream.health import PATIENCE_US
from vexfsctl.analysis.window import Window
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.logs.upstream import UPSTREAM_FORMS
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind
from vexfsctl.model.volume import Volume

NOW_S = 10_000.0
WINDOW = Window(since_us=6_400_000_000, now_us=10_000_000_000, boot_id=BOOT)
"""The last hour."""
LOADING = "VexFS: Initializing SAFE FFI module v1.0.0 with memory management"
STARTED = "VexFS: [CALL-3] Starting FFI call read_file"


def judged(
    *volumes: Volume,
    log: tuple[LogEntry, ...],
    window: Window = WINDOW,
    gaps: tuple[Gap, ...] = (),
) -> tuple[Verdict, list[str]]:
    """Return the verdict and each finding as `code: message`."""
    observation = Observation(
        volumes,
        log,
        Coverage(("kmsg",), gaps),
        window,
        10_000_000_000,
        surroundings=lambda: log,
    )
    verdict, findings = judge(observation)
    return verdict, [f"{finding.code}: {finding.message}" for finding in findings]


def kernel_log(*lines: tuple[float, str], boot: str | None = BOOT) -> tuple[LogEntry, ...]:
    """Return a log that the kernel wrote."""
    return read_log(*lines, facility=0, boot=boot)


@pytest.mark.parametrize(
    ("line", "verdict", "finding"),
    [
        (
            "VexFS: Trying to free already free block 7",
            Verdict.CRITICAL,
            "corruption: 1 error of damaged data",
        ),
        (
            "VexFS: Rust file write failed: 4096, using fallback",
            Verdict.CRITICAL,
            "data_loss: 1 write acknowledged and not stored",
        ),
        (
            "VexFS: Unable to read superblock",
            Verdict.CRITICAL,
            "error_critical: 1 error of critical severity",
        ),
        (
            "VexFS: [CALL-3] FFI call read_file blocked by circuit breaker, using fallback",
            Verdict.WARNING,
            "rejected: 1 call refused by a breaker",
        ),
        (
            "VexFS: [CALL-3] FFI call read_file timed out: -110, using fallback",
            Verdict.WARNING,
            "timeout: 1 call timed out",
        ),
        (
            "vexfs: Watchdog timer 7 expired for FileRead after 30 seconds",
            Verdict.WARNING,
            "timeout: 1 call timed out",
        ),
        (
            "VexFS: Failed to read directory block 66 for inode 1",
            Verdict.WARNING,
            "error_high: 1 error of high severity",
        ),
        (
            "VexFS: Indirect blocks not yet implemented",
            Verdict.WARNING,
            "error_medium: 1 error of medium severity",
        ),
    ],
)
def test_each_kind_of_trouble_has_its_verdict(line: str, verdict: Verdict, finding: str) -> None:
    """Inside the window; an hour later it is history, and the module is there and quiet."""
    assert judged(log=kernel_log((NOW_S - 60, line))) == (verdict, [finding])
    assert judged(log=kernel_log((NOW_S - 3601, line))) == (Verdict.OK, [])


STATES = (UpstreamKind.MODULE_STATE, UpstreamKind.DEGRADATION)


def test_every_wording_has_the_verdict_of_its_worth() -> None:
    """Of every line that any build is known to write; states have rules of their own."""
    verdicts = {
        Significance.ROUTINE: Verdict.OK,
        Significance.NOISE: Verdict.OK,
        Significance.BLOCKED: Verdict.WARNING,
        Significance.TIMEOUT: Verdict.WARNING,
        Significance.CORRUPTION: Verdict.CRITICAL,
        Significance.DATA_LOSS: Verdict.CRITICAL,
        Significance.ERROR: Verdict.WARNING,
    }
    misjudged = []
    for form in UPSTREAM_FORMS:
        if form.bare or form.kind in STATES:
            continue
        log = kernel_log((NOW_S - 1, form.sample))
        event = log[0].upstream
        assert event is not None, form.sample
        worst = event.severity is Severity.CRITICAL and event.significance is Significance.ERROR
        expected = Verdict.CRITICAL if worst else verdicts[event.significance]
        if (verdict := judged(log=log)[0]) is not expected:
            misjudged.append((form.sample, verdict))

    assert misjudged == []


@pytest.mark.parametrize(
    "line",
    [
        "VexFS: [CALL-3] FFI call lookup_inode failed: -1 (failure rate: 100%), using fallback",
        "VexFS: [CALL-1] FFI call init_inode failed: -22 (failure rate: 100%), using fallback",
        "VexFS: Memory leak detected: 192 bytes at 00000000c0ffee00 from memory_pool_block "
        "(age: 76 jiffies)",
        "VexFS: Total memory leaks detected: 100",
        "VexFS: Mounted filesystem with 2048 blocks, 1024 inodes",
    ],
)
def test_noise_and_routine_are_no_reason(line: str) -> None:
    """What looks like trouble and is known to be none changes no verdict."""
    assert judged(log=kernel_log((NOW_S - 60, line))) == (Verdict.OK, [])


def test_a_module_in_state_error_is_critical_however_long_it_has_been() -> None:
    """It holds until another load, which the window need not have."""
    failed = ((10.0, LOADING), (11.0, "VexFS: State transition 1 -> 3"))
    refused = (12.0, "VexFS: Invalid state transition 3 -> 2")

    assert judged(log=kernel_log(*failed, refused)) == (
        Verdict.CRITICAL,
        ["state_error: the VexFS module is in state error"],
    )


def test_a_module_loaded_anew_is_judged_by_its_last_load() -> None:
    """Its state of before is gone with it."""
    log = kernel_log(
        (NOW_S - 90, LOADING),
        (NOW_S - 89, "VexFS: State transition 1 -> 3"),
        (NOW_S - 50, "VexFS: SAFE FFI module unloaded successfully"),
        (NOW_S - 40, LOADING),
        (NOW_S - 39, "VexFS: State transition 0 -> 1"),
        (NOW_S - 38, "VexFS: State transition 1 -> 2"),
    )

    assert judged(log=log) == (Verdict.OK, [])


@pytest.mark.parametrize(("ago_s", "expected"), [(60, Verdict.CRITICAL), (4_000, Verdict.OK)])
def test_a_failed_module_that_was_unloaded_is_critical_within_the_window(
    ago_s: float, expected: Verdict
) -> None:
    """Nothing of it is left to be in that state, so it counts as what happened."""
    log = kernel_log(
        (NOW_S - ago_s, LOADING),
        (NOW_S - ago_s + 1, "VexFS: State transition 1 -> 3"),
        (NOW_S - ago_s + 2, "VexFS: State transition 3 -> 4"),
        (NOW_S - ago_s + 3, "VexFS: State transition 4 -> 0"),
        (NOW_S - ago_s + 4, "VexFS: SAFE FFI module unloaded successfully"),
    )

    verdict, findings = judged(log=log)

    assert verdict is expected
    assert findings == (
        ["state_error: the VexFS module went into state error and was unloaded since"]
        if expected is Verdict.CRITICAL
        else []
    )


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("Normal", (Verdict.OK, [])),
        ("HeavyDegradation", (Verdict.WARNING, ["degradation_heavy: VexFS is degraded: heavy"])),
        (
            "ReadOnlyMode",
            (Verdict.CRITICAL, ["degradation_read_only: VexFS is degraded: read_only"]),
        ),
    ],
)
def test_the_last_degradation_level_holds(level: str, expected: tuple[Verdict, list[str]]) -> None:
    """As that of a volume does: it warns until writes are refused."""
    log = kernel_log(
        (10.0, LOADING),
        (11.0, "vexfs: System degradation level changed from Normal to LightDegradation"),
        (12.0, f"vexfs: System degradation level changed from LightDegradation to {level}"),
    )

    assert judged(log=log) == expected


def test_a_call_that_never_returned_warns_however_long_ago_it_began() -> None:
    """It hangs still: nothing of its load tells of its end."""
    log = kernel_log((10.0, LOADING), (11.0, STARTED))

    assert judged(log=log) == (
        Verdict.WARNING,
        ["unreturned: a call never returned: CALL-3 read_file, begun 2h46m ago"],
    )


def test_several_calls_that_never_returned_are_one_reason() -> None:
    """The oldest is named."""
    log = kernel_log((10.0, LOADING), (11.0, STARTED), (12.0, STARTED.replace("CALL-3", "CALL-4")))

    assert judged(log=log)[1] == [
        "unreturned: 2 calls never returned, the first is CALL-3 read_file, begun 2h46m ago"
    ]


def test_a_call_that_began_just_now_may_still_return() -> None:
    """Less than upstream's own watchdog allows is no reason."""
    log = kernel_log((10.0, LOADING), (NOW_S - PATIENCE_US / 1e6 + 1, STARTED))

    assert judged(log=log) == (Verdict.OK, [])


def test_a_saved_log_that_ends_with_the_begin_of_a_call_tells_of_one_that_hangs() -> None:
    """It is silent since, as of a machine that hung at a mount; nobody can wait for more."""
    log = kernel_log((10.0, LOADING), (11.0, STARTED), boot=None)
    window = Window(since_us=0, now_us=11_000_000, saved=True)

    assert judged(log=log, window=window) == (
        Verdict.WARNING,
        ["unreturned: a call never returned: CALL-3 read_file"],
    )


def test_a_call_that_returned_is_no_reason() -> None:
    """Whatever it returned is told by the line that says so."""
    ended = "VexFS: [CALL-3] FFI call read_file succeeded"

    assert judged(log=kernel_log((11.0, STARTED), (12.0, ended))) == (Verdict.OK, [])


def test_what_nobody_vouches_for_is_no_evidence() -> None:
    """User space can write such lines: they make a host neither ill nor known."""
    forged = read_log(
        (10.0, LOADING),
        (11.0, "VexFS: State transition 1 -> 3"),
        (NOW_S - 60, "VexFS: Unable to read superblock"),
    )

    assert judged(log=forged) == (
        Verdict.UNKNOWN,
        ["nothing_found: no volume on this host, and no VexFS record in the log"],
    )


def test_a_plain_text_log_counts_though_it_records_no_origin() -> None:
    """`dmesg` prints no facility."""
    log = read_log((NOW_S - 60, "VexFS: Unable to read superblock"), facility=None)

    assert judged(log=log)[0] is Verdict.CRITICAL


def test_an_incomplete_log_is_unknown_unless_something_worse_is_known() -> None:
    """There are no counters that could rule errors out."""
    late = (Gap("kmsg", "starts_late", 12),)
    quiet = kernel_log((NOW_S - 60, "VexFS: Mounted filesystem with 2048 blocks, 1024 inodes"))
    ill = kernel_log((NOW_S - 60, "VexFS: Failed to read directory block 66 for inode 1"))

    assert judged(log=quiet, gaps=late) == (
        Verdict.UNKNOWN,
        [
            "log_incomplete: no volume answers, and the log is not complete: "
            "kmsg begins late and lacks what came before"
        ],
    )
    assert judged(log=ill, gaps=late)[0] is Verdict.WARNING


def test_a_module_beside_a_live_volume_is_judged_too() -> None:
    """The volume's tree says nothing about another VexFS on the same host."""
    log = kernel_log((NOW_S - 60, "VexFS: Unable to read superblock"))

    assert judged(healthy_volume(), log=log) == (
        Verdict.CRITICAL,
        ["error_critical: 1 error of critical severity"],
    )


SAVED = Window(since_us=0, now_us=60_000_000, boot_id=None, saved=True)
"""A log that somebody mailed: its clock is not ours, and it names no boot."""


def test_a_saved_log_is_judged_by_its_own_end() -> None:
    """Whatever the present uptime is."""
    log = kernel_log((59.0, "VexFS: Failed to read directory block 66 for inode 1"), boot=None)

    assert judged(log=log, window=SAVED) == (
        Verdict.WARNING,
        ["error_high: 1 error of high severity"],
    )


def test_a_saved_log_of_elsewhere_is_not_about_the_volume_here() -> None:
    """Records without the epoch of a live volume of the same name are of another."""
    log = read_log((59.0, error(0x2A)), facility=None, boot=None)

    verdict, findings = judged(healthy_volume(), log=log, window=SAVED)

    assert (verdict, findings) == (Verdict.WARNING, ["error_high: 1 error of high severity"])


def test_a_saved_log_with_the_epoch_of_a_live_volume_is_about_it() -> None:
    """Epochs are drawn for each mount."""
    log = read_log((58.0, STATE), (59.0, error(0x2A)), boot=None)
    observation = Observation([healthy_volume()], log, Coverage(("saved",)), SAVED, 10_000_000_000)

    _, findings = judge(observation)

    assert [finding.subject for finding in findings] == ["loop0/storage"]
    assert not observation.log_alone


WARNED = "WARNING: CPU: 1 PID: 841 at fs/buffer.c:1081 mark_buffer_dirty+0xd2/0x150"
OOPS = "BUG: kernel NULL pointer dereference, address: 0000000000000010"
HUNG = "INFO: task mount:412 blocked for more than 120 seconds."
FRAME = " vexfs_sync_fs+0x2c/0x40 [vexfs_deadlock_fix]"


@pytest.mark.parametrize(
    ("line", "verdict", "finding"),
    [
        (
            WARNED,
            Verdict.WARNING,
            "kernel_warning: 1 warning of the kernel with VexFS in its call trace at"
            " fs/buffer.c:1081",
        ),
        (
            OOPS,
            Verdict.CRITICAL,
            "kernel_failure: 1 failure of the kernel with VexFS in its call trace",
        ),
        (
            HUNG,
            Verdict.WARNING,
            "kernel_stall: 1 stall of the kernel with VexFS in its call trace",
        ),
        (
            "WARNING: CPU: 0 PID: 9 at kernel/kthread.c:399 __kthread_bind_mask+0x1a/0x20",
            Verdict.WARNING,
            "kernel_warning: 1 warning of the kernel with VexFS in its call trace at"
            " kernel/kthread.c:399",
        ),
        (
            "WARNING: possible circular locking dependency detected",
            Verdict.WARNING,
            "kernel_warning: 1 warning of the kernel with VexFS in its call trace",
        ),
        *(
            (
                line,
                Verdict.CRITICAL,
                "kernel_failure: 1 failure of the kernel with VexFS in its call trace",
            )
            for line in (
                "divide error: 0000 [#1] PREEMPT SMP NOPTI",
                "double fault: 0000 [#1] PREEMPT SMP NOPTI",
                "BUG kmalloc-64 (Tainted: G    B      OE     ): Object already free",
                "usercopy: Kernel memory exposure attempt detected from SLUB object 'kmalloc-64'",
            )
        ),
    ],
)
def test_a_failure_with_vexfs_among_its_functions(
    line: str, verdict: Verdict, finding: str
) -> None:
    """Whatever function it was in at last; beside a live volume, too."""
    log = kernel_log((NOW_S - 60, line), (NOW_S - 59.9, " ksys_sync+0x4f/0xa0"),
                     (NOW_S - 59.9, FRAME), (NOW_S - 59.9, FRAME))  # fmt: skip

    assert judged(log=log) == (verdict, [finding])
    assert judged(healthy_volume(), log=log) == (verdict, [finding])


@pytest.mark.parametrize(
    "lines",
    [
        ((60, WARNED), (59, " ? vexfs_sync_fs+0x2c/0x40 [vexfs_deadlock_fix]")),
        ((60, WARNED), (50, FRAME)),
        (
            (61, LOADING),
            (60, WARNED),
            (59, "CPU: 1 PID: 841 Comm: vexfs_fuse Tainted: G  OE  6.1.0"),
        ),
        ((60, FRAME),),
        ((3700, WARNED), (3700, FRAME)),
    ],
    ids=["a guess", "much later", "a process", "no failure", "before the window"],
)
def test_a_failure_without_vexfs_among_its_functions(lines: tuple[tuple[int, str], ...]) -> None:
    """What the stack has left over from before, and other traces, are no reason."""
    assert judged(log=kernel_log(*((NOW_S - ago, text) for ago, text in lines)))[1] == []


@pytest.mark.parametrize(
    "line",
    [
        "vexfsd[123]: segfault at 0 ip 000055d0c0ffee00 sp 00007ffc0c0ffee0 error 4 in vexfsd[5+1]",
        "traps: vexfsd[123] general protection fault ip:7f00 sp:7ffc error:0 in libc.so.6[7f00+10]",
        "Out of memory: Killed process 123 (vexfsd) total-vm:1000kB, anon-rss:900kB",
        "oom-kill:constraint=CONSTRAINT_NONE,task_memcg=/vexfs,task=vexfsd,pid=123,uid=1000",
        "INFO: task vexfsd:123 blocked for more than 120 seconds.",
        "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [vexfsd:123]",
        "BUG: Bad page map in process vexfsd  pte:8000 pmd:1234",
        "CPU: 1 PID: 123 Comm: vexfsd Tainted: G           OE      6.1.0-56-amd64 #1",
        'audit: type=1400 audit(1.2:3): apparmor="DENIED" profile="vexfs" comm="vexfsd"',
        "EXT4-fs error (device sda1): ext4_lookup:1785: inode #2: comm vexfsd: deleted inode 12",
        "usb 1-1: Product: VexFS: Unable to read superblock",
        "BTRFS: device label VexFS: error devid 1 transid 5 /dev/sdb scanned by vexfsd (123)",
        "ext4: Unknown parameter 'vexfs_error'",
    ],
)
def test_what_users_call_vexfs_is_no_vexfs(line: str) -> None:
    """One who crashes a program of that name makes no VexFS ill, and shows none."""
    alone = judged(log=kernel_log((NOW_S - 60, line)))
    beside = judged(log=kernel_log((NOW_S - 61, LOADING), (NOW_S - 60, line)))
    live = judged(healthy_volume(), log=kernel_log((NOW_S - 60, line)))

    assert alone == (
        Verdict.UNKNOWN,
        ["nothing_found: no volume on this host, and no VexFS record in the log"],
    )
    assert (beside, live) == ((Verdict.OK, []), (Verdict.OK, []))


def test_a_forged_call_trace_is_no_reason() -> None:
    """User space can write all of these lines."""
    real = kernel_log((NOW_S - 60, WARNED), (NOW_S - 60, FRAME))
    forged = interpret_records(replace(entry.record, facility=1) for entry in real)

    (reason,) = judged(log=tuple(forged))[1]
    assert reason.startswith("nothing_found: ")


LOOKUP = (
    "__find_get_block_slow() failed. block=2, b_blocknr=0, b_state=0x00000019, b_size=4096,"
    " device loop0 blocksize: 512"
)
LOADED = "VexFS v2.0: Successfully registered filesystem"


def test_a_mount_that_looks_for_a_block_without_end() -> None:
    """The kernel says so each second, to the end of the log; VexFS says nothing."""
    lookups = [(NOW_S - ago, LOOKUP) for ago in range(30, 0, -1)]
    endless = kernel_log((NOW_S - 31, LOADED), *lookups)
    few = kernel_log((NOW_S - 31, LOADED), *lookups[-3:])
    over = kernel_log((NOW_S - 31, LOADED), *lookups[:20])
    mounted = "VexFS: Mounted filesystem with 2048 blocks, 1024 inodes"
    went_on = kernel_log((NOW_S - 31, LOADED), *lookups, (NOW_S - 0.5, mounted))

    assert judged(log=endless) == (
        Verdict.CRITICAL,
        [
            "mount_hangs: a mount of loop0 never ended, begun 30s ago: "
            "the kernel cannot find a block"
        ],
    )
    assert [judged(log=log)[1] for log in (few, over, went_on)] == [[], [], []]


@pytest.mark.parametrize("doubt", [{"loose": True}, {"uptime_us": None}])
def test_lines_that_may_be_anybodys_are_no_endless_mount(doubt: dict[str, Any]) -> None:
    """Nothing that is known stands before them, or nothing at all."""
    lookups = kernel_log(*((NOW_S - ago, LOOKUP) for ago in range(30, 0, -1)))
    log = interpret_records(replace(entry.record, facility=None, **doubt) for entry in lookups)

    assert Verdict.CRITICAL is not judged(log=tuple(log))[0]


MOUNTING = "VexFS: Mounting filesystem on device /dev/loop0 (SAFE FFI)"
ALLOCATING = "VexFS: Allocating new inode (SAFE FFI)"
MOUNTED = "VexFS: Superblock initialized successfully (SAFE FFI)"


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        (
            (MOUNTING, *[ALLOCATING] * 40),
            ["mount_hangs: a mount of loop0 never ended, begun 40s ago"],
        ),
        ([ALLOCATING] * 40, ["mount_hangs: a mount never ended, begun 39s ago"]),
        ((MOUNTING, "VexFS: Filling superblock (SAFE FFI)"), []),
        ((MOUNTING, ALLOCATING, MOUNTED), []),
        ((MOUNTING, *[ALLOCATING] * 20, MOUNTED), []),
        ((MOUNTING, "VexFS: Unmounting filesystem (SAFE FFI)"), []),
    ],
    ids=["recursion", "beginning lost", "just begun", "mounted", "late", "given up"],
)
def test_a_mount_that_never_ended(lines: list[str], finding: list[str]) -> None:
    """It allocates inodes to the end of the log, or says nothing at all for long."""
    log = kernel_log(*((NOW_S - ago, text) for ago, text in zip(
        range(len(lines) - 1, -1, -1), lines, strict=True)))  # fmt: skip
    assert judged(log=log) == (Verdict.CRITICAL if finding else Verdict.OK, finding)


def test_a_saved_log_that_ends_in_a_mount() -> None:
    """Nothing came after it: the machine hung, or the log was taken too early to tell."""
    log = kernel_log((58.0, MOUNTING), (59.0, "VexFS: Filling superblock (SAFE FFI)"), boot=None)

    assert judged(log=log, window=SAVED)[0] is Verdict.CRITICAL


def test_the_kernels_words_of_a_module_are_no_other_vexfs() -> None:
    """A provider that is a module taints the kernel like any other of its kind."""
    tainted = kernel_log((NOW_S - 60, "vexfs: loading out-of-tree module taints kernel."))
    observation = Observation(
        (healthy_volume(),), tainted, Coverage(("kmsg",)), WINDOW, 10_000_000_000
    )
    assert observation.upstream is None
