"""Kernel lines about devices."""

import errno
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import recorded
from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS, parse_evidence
from vexfsctl.logs.kernel.storage.block import BLOCK_ERRORS
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

CAPTURES = (
    *("linux/btrfs.kmsg", "linux/errmatrix.kmsg", "linux/ext4.kmsg", "linux/loop-off-loop0.kmsg"),
    *("linux/loop-on-loop0.kmsg", "linux/tricks.kmsg", "linux/xfs.kmsg", "vexfs/head_dm.kmsg"),
)


def kernel_line(text: str, level: int | None = 3) -> LogRecord:
    """Return a record the kernel wrote."""
    return LogRecord(text, "kmsg", 0, level=level, facility=0)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "EXT4-fs error (device sda1): ext4_journal_check_start:87: comm touch: Detected"
            " aborted journal",
            KernelEvidence(kind="filesystem", device="sda1"),
        ),
        (
            "EXT4-fs warning (device loop1): htree_dirblock_to_tree:1051: inode #12: lblock 0:"
            " comm ls: error -5 reading directory block",
            KernelEvidence(kind="filesystem", device="loop1", direction="read", errno=5),
        ),
        (
            "EXT4-fs warning (device loop0): ext4_end_bio:368: I/O error 10 writing to inode 12"
            " starting block 6170)",
            KernelEvidence(kind="filesystem", device="loop0", direction="write", errno=5),
        ),
        (
            "JBD2: I/O error when updating journal superblock for dm-0-8.",
            KernelEvidence(kind="filesystem", device="dm-0", direction="write"),
        ),
        ("Aborting journal on device sda1-8.", KernelEvidence(kind="filesystem", device="sda1")),
        (
            'XFS (loop0): metadata I/O error in "xfs_imap_to_bp+0x5c/0xe0" at daddr 0x80 len 32'
            " error 5",
            KernelEvidence(
                kind="filesystem", device="loop0", sector=128, direction="read", errno=5
            ),
        ),
        (
            "XFS (dm-3): log I/O error -5",
            KernelEvidence(kind="filesystem", device="dm-3", direction="write", errno=5),
        ),
        (
            "BTRFS: error (device loop0 state EA) in cleanup_transaction:2038: errno=-5 IO failure",
            KernelEvidence(kind="filesystem", device="loop0", errno=5),
        ),
        (
            "loop0: writeback error on inode 131, offset 0, sector 448",
            KernelEvidence(kind="filesystem", device="loop0", sector=448, direction="write"),
        ),
        (
            "Out of memory: Killed process 412 (fio) total-vm:1000kB, anon-rss:900kB",
            KernelEvidence(kind="oom_kill"),
        ),
        ("fuse: connection aborted", KernelEvidence(kind="fuse")),
        (
            "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [umount:145]",
            KernelEvidence(kind="stall", task="umount:145"),
        ),
        (
            "INFO: task kworker/u4:2:77 blocked for more than 120 seconds.",
            KernelEvidence(kind="hung_task", task="kworker/u4:2:77"),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Device, sector, direction and errno are those of the line, and None where it is silent."""
    assert parse_evidence(kernel_line(text)) == evidence


def test_every_wording_of_the_block_layer_is_known() -> None:
    """The 13 words of the block layer stand for 13 errnos (blk_errors in block/blk-core.c)."""
    wordings = {
        "operation not supported error": errno.EOPNOTSUPP,
        "timeout error": errno.ETIMEDOUT,
        "critical space allocation error": errno.ENOSPC,
        "recoverable transport error": errno.ENOLINK,
        "critical target error": errno.EREMOTEIO,
        "reservation conflict error": errno.EBADE,
        "critical medium error": errno.ENODATA,
        "protection error": errno.EILSEQ,
        "kernel resource error": errno.ENOMEM,
        "device resource error": errno.EBUSY,
        "nonblocking retry error": errno.EAGAIN,
        "device offline error": errno.ENODEV,
        "I/O error": errno.EIO,
    }

    read = {word: parse_evidence(kernel_line(f"{word}, dev loop0, sector 8")) for word in wordings}

    assert read == {
        word: KernelEvidence(kind="block", device="loop0", sector=8, errno=number)
        for word, number in wordings.items()
    }


def test_the_error_matrix_is_read_as_injected() -> None:
    """The capture in which 13 errnos were injected, twice each, gives these errnos."""
    counted = Counter(
        evidence.errno
        for record in recorded("linux/errmatrix.kmsg")
        if (evidence := parse_evidence(record)) and evidence.kind == "block"
    )
    # I/O error: also two each of flush, write, discard and write-zeroes.
    # Those of zoned devices and of newer kernels could not be injected.
    injected = {*BLOCK_ERRORS.values()} - {
        *(errno.EREMCHG, errno.ETOOMANYREFS, errno.EOVERFLOW, errno.ETIME, errno.EINVAL),
    }
    assert counted == dict.fromkeys(injected, 2) | {5: 10, 28: 4}


def test_every_form_knows_its_own_sample() -> None:
    """The sample beside a form is read by that form and no other before it."""
    samples = [form.sample for form in EVIDENCE_FORMS]
    first = [next(form for form in EVIDENCE_FORMS if form.match(sample)) for sample in samples]

    assert [form.sample for form in first] == samples
    assert [sample for sample in samples if parse_evidence(kernel_line(sample)) is None] == []


@pytest.mark.parametrize("capture", CAPTURES)
def test_bad_news_of_real_logs_is_evidence_with_its_device(capture: str) -> None:
    """Of a real log everything at warning or worse is evidence, and only trouble is."""
    for record in recorded(capture):
        if record.text.startswith(("VexFS", "labscn", "vexfs_")):
            continue
        evidence = parse_evidence(record)
        if evidence is not None and evidence.kind not in ("suppressed", "kernel_bug"):
            assert evidence.device is not None, record.text
        elif evidence is None and capture.startswith("linux/"):
            # A wrong mount option of whoever made the capture is no trouble of a device.
            quiet = record.level is not None and record.level > 4
            assert quiet or "Unknown parameter" in record.text, record.text


@pytest.mark.parametrize(
    "text",
    [
        "EXT4-fs (loop0): mounted filesystem c064e0cf-5707-4f7f-8a60-ee622aeba8f4 r/w with"
        " ordered data mode. Quota mode: none.",
        "EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: errors=remount-ro",
        "EXT4-fs (loop0): recovery complete",
        "XFS (loop0): Ending clean mount",
        "BTRFS info (device loop0): checking UUID tree",
        "bash (17260): drop_caches: 3",
        "net_ratelimit: 12 callbacks suppressed",
        "EXT4-fs mount: 12 callbacks suppressed",
        "sd 0:0:0:0: [sda] Synchronizing SCSI cache",
        "loop0: detected capacity change from 0 to 2048",
        "md/raid1:md0: active with 2 out of 2 mirrors",
        "nvme nvme0: 8/0/0 default/read/poll queues",
        "device-mapper: ioctl: 4.50.0-ioctl (2025-04-28) initialised: dm-devel@lists.linux.dev",
        "fuse: init (API version 7.45)",
    ],
)
def test_good_news_is_no_evidence(text: str) -> None:
    """Mounts and recoveries are not listed among causes, whether the level is known or not."""
    assert [parse_evidence(kernel_line(text, level)) for level in (6, None)] == [None, None]


def test_bad_news_in_a_quiet_voice_is_evidence() -> None:
    """btrfs says at level info that it went read-only."""
    line = kernel_line("BTRFS info (device loop0 state E): forced readonly", 6)
    assert parse_evidence(line) == KernelEvidence(kind="filesystem", device="loop0")


@pytest.mark.parametrize(
    ("field", "device"),
    [("b8:16", "8:16"), ("+scsi:2:0:0:0", "2:0:0:0"), ("c1:3", None), ("", None)],
)
def test_metadata_names_the_device_where_the_text_does_not(field: str, device: str | None) -> None:
    """A number, or its name in sysfs: which block device that was, no log can tell."""
    line = replace(kernel_line("md: super_written gets error=-5"),
                   fields=(("SUBSYSTEM", "scsi"), ("DEVICE", field)))  # fmt: skip
    named = replace(kernel_line("I/O error, dev sdb, sector 8"), fields=line.fields)

    assert getattr(parse_evidence(line), "device", None) == device
    assert getattr(parse_evidence(named), "device", None) == "sdb"


def test_what_sounds_like_trouble_in_real_logs_is_evidence() -> None:
    """Of the captures without VexFS, no line with such words is left out."""
    words = re.compile(r"error|fail|abort|lost|read-?only|corrupt|unable|shut ?down", re.IGNORECASE)
    left_out = [
        record.text
        for capture in CAPTURES
        if capture.startswith("linux/")
        for record in recorded(capture)
        if words.search(record.text) and parse_evidence(record) is None
    ]
    assert left_out == []


def test_a_mount_that_hangs_on_a_wrong_block_size_leaves_evidence() -> None:
    """The only sign of it: the kernel repeats once a second that it cannot find the block."""
    found = [
        evidence
        for record in recorded("vexfs/head_blksz_hung.kmsg")
        if (evidence := parse_evidence(record))
    ]
    assert found == [KernelEvidence(kind="buffer", device="loop0")] * 23


def test_a_line_without_end_does_no_harm() -> None:
    """Every form is tried on 8 KiB of what it looks for."""
    for form in EVIDENCE_FORMS:
        for each in ("x", " ", "9", form.mark or "BUG: "):
            junk = each * ((1 << 13) // len(each))
            parse_evidence(kernel_line(form.sample + junk))
            parse_evidence(kernel_line(form.sample[: len(form.sample) // 2] + junk))


def test_user_space_cannot_give_evidence() -> None:
    """The same words with facility `user` are none; without a facility they are taken as said."""
    line = kernel_line("I/O error, dev loop0, sector 8")

    assert parse_evidence(replace(line, facility=1)) is None
    assert parse_evidence(replace(line, facility=None)) is not None


@given(st.text() | st.sampled_from(EVIDENCE_FORMS).map(lambda form: form.sample), st.data())
def test_arbitrary_text_never_raises(text: str, data: st.DataObject) -> None:
    """Whatever a log holds, cut anywhere, is evidence or not."""
    parse_evidence(kernel_line(text[: data.draw(st.integers(0, len(text)))]))
