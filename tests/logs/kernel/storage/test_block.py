"""Lines of the block layer and the buffer cache."""

import pytest

from tests.logs.kernel.lines import told
from vexfsctl.logs.kernel.form import ROUTINE
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "critical medium error, dev loop0, sector 8 op 0x0:(READ) flags 0x800 phys_seg 1"
            " prio class 2",
            KernelEvidence(kind="block", device="loop0", sector=8, direction="read", errno=61),
        ),
        (
            "I/O error, dev loop0, sector 0 op 0x1:(WRITE) flags 0x800 phys_seg 0 prio class 2",
            KernelEvidence(kind="block", device="loop0", sector=0, direction="flush", errno=5),
        ),
        (
            "blk_update_request: I/O error, dev sda, sector 123456 op 0x9:(WRITE_ZEROES) flags"
            " 0x800 phys_seg 0 prio class 0",
            KernelEvidence(
                kind="block", device="sda", sector=123456, direction="write_zeroes", errno=5
            ),
        ),
        (
            "print_req_error: I/O error, dev fd0, sector 0",
            KernelEvidence(kind="block", device="fd0", sector=0, errno=5),
        ),
        (
            "print_req_error: I/O error, dev sdb, sector 4096 flags 80700",
            KernelEvidence(kind="block", device="sdb", sector=4096, errno=5),
        ),
        (
            "end_request: I/O error, dev sdb, sector 4096",
            KernelEvidence(kind="block", device="sdb", sector=4096, errno=5),
        ),
        (
            "end_request: critical target error, dev sdb, sector 4096",
            KernelEvidence(kind="block", device="sdb", sector=4096, errno=121),
        ),
        (
            "blk_update_request: critical nexus error, dev sdb, sector 4096 op 0x1:(WRITE)"
            " flags 0x0 phys_seg 1 prio class 0",
            KernelEvidence(kind="block", device="sdb", sector=4096, direction="write", errno=52),
        ),
        (
            "I/O error, dev ?, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
            KernelEvidence(kind="block", sector=8, direction="read", errno=5),
        ),
        (
            "blk_update_request: I/O error, dev sdb, sector 140083>",
            KernelEvidence(kind="block", device="sdb", errno=5),
        ),
        (
            "Buffer I/O error on dev dm-0, logical block 76, lost async page write",
            KernelEvidence(kind="buffer", device="dm-0", direction="write"),
        ),
        (
            "Buffer I/O error on dev loop0, logical block 512, async page read",
            KernelEvidence(kind="buffer", device="loop0", direction="read"),
        ),
        (
            "Buffer I/O error on device loop0, logical block 6170",
            KernelEvidence(kind="buffer", device="loop0"),
        ),
        (
            "lost page write due to I/O error on sdb1",
            KernelEvidence(kind="buffer", device="sdb1", direction="write", errno=5),
        ),
        (
            "blk_print_req_error: 18 callbacks suppressed",
            KernelEvidence(kind="suppressed", lost=18),
        ),
        ("_btrfs_printk: 160 callbacks suppressed", KernelEvidence(kind="suppressed", lost=160)),
        ("buffer_io_error: 3 callbacks suppressed", KernelEvidence(kind="suppressed", lost=3)),
        (
            "scsi_io_completion_action: 12 callbacks suppressed",
            KernelEvidence(kind="suppressed", lost=12),
        ),
        ("nvme_log_error: 7 callbacks suppressed", KernelEvidence(kind="suppressed", lost=7)),
        ("raid1_read_request: 7 callbacks suppressed", KernelEvidence(kind="suppressed", lost=7)),
        ("EXT4-fs warning: 9 callbacks suppressed", KernelEvidence(kind="suppressed", lost=9)),
        (
            "loop0: rw=0, sector=4096, nr_sectors = 8 limit=2048",
            KernelEvidence(kind="block", device="loop0", sector=4096, direction="read", errno=5),
        ),
        (
            "sdb1: rw=2049, sector=4096, nr_sectors = 8 limit=2048",
            KernelEvidence(kind="block", device="sdb1", sector=4096, direction="write", errno=5),
        ),
        (
            "sdb1: rw=0, want=4104, limit=2048",
            KernelEvidence(kind="block", device="sdb1", direction="read", errno=5),
        ),
        (
            "mount: attempt to access beyond end of device\nsdb1: rw=0, want=4104, limit=2048",
            KernelEvidence(kind="block", device="sdb1", direction="read", errno=5),
        ),
        ("mount: attempt to access beyond end of device", KernelEvidence(kind="block", errno=5)),
        (
            "loop0: detected capacity change from 2048 to 0",
            KernelEvidence(kind="capacity", device="loop0", errno=19, significance=ROUTINE),
        ),
        (
            "sdb: detected capacity change from 2048 to 0",
            KernelEvidence(kind="capacity", device="sdb", errno=19),
        ),
        (
            "__find_get_block_slow() failed. block=2, b_blocknr=0, b_state=0x00000019,"
            " b_size=4096, device loop0 blocksize: 512",
            KernelEvidence(kind="buffer", device="loop0"),
        ),
        (
            "Trying to write to read-only block-device sdb1",
            KernelEvidence(kind="block", device="sdb1", direction="write"),
        ),
        (
            " loop0: unable to read partition table",
            KernelEvidence(kind="buffer", device="loop0", direction="read"),
        ),
        (
            "sdb: ref tag error at location 4096 (rcvd 0)",
            KernelEvidence(kind="block", device="sdb", direction="read", errno=84),
        ),
        (
            "generic_make_request: Trying to access nonexistent block-device sdb1 (4096)",
            KernelEvidence(kind="block", device="sdb1", sector=4096, errno=5),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Device, sector, direction and errno are those of the line, and None where it is silent."""
    assert told(text) == evidence
