"""Lines of bcache and bcachefs."""

import pytest

from tests.logs.kernel.lines import ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "bcache: bch_count_io_errors() sdb1: IO error on writing btree.",
            KernelEvidence(kind="bcache", device="sdb1", direction="write"),
        ),
        (
            "bcache: bch_count_io_errors() nvme0n1p3: IO error on reading from cache, recovering.",
            KernelEvidence(kind="bcache", device="nvme0n1p3", direction="read"),
        ),
        (
            "bcache: bch_count_backing_io_errors() sdc: IO error on backing device, unrecoverable",
            KernelEvidence(kind="bcache", device="sdc"),
        ),
        (
            "bcache: cached_dev_status_update() sdc: device offline for 5 seconds",
            KernelEvidence(kind="bcache", device="sdc", errno=19),
        ),
        (
            "bcache: bch_cached_dev_error() stop bcache0: too many IO errors on backing device sdc",
            KernelEvidence(kind="bcache", device="bcache0", member="sdc"),
        ),
        (
            "bcache: cached_dev_detach_finish() Caching disabled for sdc",
            KernelEvidence(kind="bcache", device="sdc"),
        ),
        (
            "bcache: bch_cached_dev_attach() Couldn't find uuid for sdc in set",
            KernelEvidence(kind="bcache", device="sdc"),
        ),
        (
            "bcache: register_bcache() error sdb1: Not a bcache superblock",
            KernelEvidence(kind="bcache", device="sdb1"),
        ),
        (
            "bcache: register_bcache() error : device already registered",
            KernelEvidence(kind="bcache", significance=ROUTINE),
        ),
        (
            "bcache: bch_cache_set_error() error on 2ebd6f4d-8b1c-4d7e-9f1a-0c1d2e3f4a5b:"
            " journal io error, disabling caching",
            KernelEvidence(kind="bcache"),
        ),
        (
            "bcachefs (UUID=677cf0a7-1abe-4ce3-876c-2ca63301229d): error reading superblock: error"
            " opening UUID=677cf0a7-1abe-4ce3-876c-2ca63301229d: ENOENT",
            KernelEvidence(kind="filesystem", direction="read", errno=2),
        ),
        (
            "bcachefs (loop0): starting version 1.12: rebalance_work_acct_fix opts=ro,degraded,"
            "fsck,fix_errors=yes,read_only",
            KernelEvidence(kind="filesystem", device="loop0", significance=ROUTINE),
        ),
        (
            "bcachefs (sdb1 sector 4096): data read error: I/O error",
            KernelEvidence(kind="filesystem", device="sdb1", sector=4096, direction="read"),
        ),
        (
            "bcachefs (2ebd6f4d-8b1c-4d7e-9f1a-0c1d2e3f4a5b): IO error on dm-0 for data checksum"
            " error, inode 4108 offset 9714656",
            KernelEvidence(kind="filesystem", device="dm-0"),
        ),
        (
            "bcachefs (2ebd6f4d-8b1c-4d7e-9f1a-0c1d2e3f4a5b): emergency read only",
            KernelEvidence(kind="filesystem"),
        ),
        (
            "bcachefs (2ebd6f4d-8b1c-4d7e-9f1a-0c1d2e3f4a5b): fatal error - emergency read only",
            KernelEvidence(kind="filesystem"),
        ),
        (
            "bcachefs (sdb1): error writing journal entry 17",
            KernelEvidence(kind="filesystem", device="sdb1", direction="write"),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Device, member, sector and direction are those of the line."""
    assert told(text) == evidence
