"""Lines of the NVMe driver."""

import pytest

from tests.logs.kernel.lines import REPAIR, ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "nvme nvme0: I/O 12 QID 3 timeout, reset controller",
            KernelEvidence(kind="nvme", device="nvme0", errno=110),
        ),
        (
            "nvme nvme0: I/O 12 (I/O Cmd) QID 3 timeout, aborting",
            KernelEvidence(kind="nvme", device="nvme0", errno=110),
        ),
        (
            "nvme nvme0: I/O 12 (Read) QID 3 timeout, aborting req_op:READ(0) size:4096",
            KernelEvidence(kind="nvme", device="nvme0", direction="read", errno=110),
        ),
        (
            "nvme nvme0: I/O tag 12 (100c) opcode 0x1 (Write) QID 3 timeout, reset controller",
            KernelEvidence(kind="nvme", device="nvme0", direction="write", errno=110),
        ),
        (
            "nvme nvme0: I/O tag 12 (100c) opcode 0x2 (Admin Cmd) QID 0 timeout, reset controller",
            KernelEvidence(kind="nvme", device="nvme0", errno=110),
        ),
        (
            "nvme nvme0: I/O tag 12 (100c) QID 0 timeout, disable controller",
            KernelEvidence(kind="nvme", device="nvme0", errno=110),
        ),
        (
            "nvme nvme0: I/O 12 QID 3 timeout, completion polled",
            KernelEvidence(kind="nvme", device="nvme0", significance=REPAIR),
        ),
        ("nvme nvme0: Abort status: 0x371", KernelEvidence(kind="nvme", device="nvme0")),
        (
            "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
            KernelEvidence(kind="nvme", device="nvme0"),
        ),
        (
            "nvme nvme0: Device not ready; aborting reset, CSTS=0x1",
            KernelEvidence(kind="nvme", device="nvme0"),
        ),
        (
            "nvme nvme0: Removing after probe failure status: -19",
            KernelEvidence(kind="nvme", device="nvme0", errno=19),
        ),
        (
            "nvme nvme0: Disabling device after reset failure: -19",
            KernelEvidence(kind="nvme", device="nvme0", errno=19),
        ),
        (
            "nvme nvme0: Identify Controller failed (-4)",
            KernelEvidence(kind="nvme", device="nvme0", errno=4),
        ),
        (
            "nvme nvme0: Identify Controller failed (16641)",
            KernelEvidence(kind="nvme", device="nvme0"),
        ),
        (
            "nvme nvme0: failed nvme_keep_alive_end_io error=10",
            KernelEvidence(kind="nvme", device="nvme0"),
        ),
        (
            "nvme nvme0: failed to connect socket: -111",
            KernelEvidence(kind="nvme", device="nvme0", errno=111),
        ),
        ("nvme nvme0: starting error recovery", KernelEvidence(kind="nvme", device="nvme0")),
        (
            "nvme nvme0: Successfully reconnected (1 attempt)",
            KernelEvidence(kind="nvme", device="nvme0", significance=REPAIR),
        ),
        (
            "nvme nvme0: rescanning namespaces.",
            KernelEvidence(kind="nvme", device="nvme0", significance=ROUTINE),
        ),
        (
            "nvme0n1: Read(0x2) @ LBA 4096, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) ",
            KernelEvidence(kind="nvme", device="nvme0n1", direction="read", errno=61, lba=4096),
        ),
        (
            "nvme0n1: I/O Cmd(0x2) @ LBA 1234, 8 blocks, I/O Error (sct 0x2 / sc 0x81) DNR ",
            KernelEvidence(kind="nvme", device="nvme0n1", direction="read", errno=61, lba=1234),
        ),
        (
            "nvme0c0n1: Write(0x1) @ LBA 8, 8 blocks, Host Pathing Error (sct 0x3 / sc 0x70) ",
            KernelEvidence(kind="nvme", device="nvme0c0n1", direction="write", errno=67, lba=8),
        ),
        (
            "nvme0n1: I/O Cmd(0x9) @ LBA 0, 8 blocks, I/O Error (sct 0x0 / sc 0x6) ",
            KernelEvidence(kind="nvme", device="nvme0n1", direction="discard", errno=5, lba=0),
        ),
        (
            "nvme0: Get Log Page(0x2), Invalid Field in Command (sct 0x0 / sc 0x2) DNR",
            KernelEvidence(kind="nvme", device="nvme0", errno=95, significance=ROUTINE),
        ),
        (
            "block nvme0n1: no available path - failing I/O",
            KernelEvidence(kind="nvme", device="nvme0n1", errno=67),
        ),
        (
            "nvme 0000:01:00.0: probe with driver nvme failed with error -5",
            KernelEvidence(kind="nvme", device="0000:01:00.0", errno=5),
        ),
        (
            "nvme: probe of 0000:01:00.0 failed with error -12",
            KernelEvidence(kind="nvme", device="0000:01:00.0", errno=12),
        ),
        (
            "nvme nvme1: ignoring nsid 1 because of duplicate IDs",
            KernelEvidence(kind="nvme", device="nvme1"),
        ),
        (
            "nvme nvme0: Received C2HTermReq (FES = Data Transfer Limit Exceeded)",
            KernelEvidence(kind="nvme", device="nvme0"),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Controller or namespace, LBA, direction and errno are those of the line."""
    assert told(text) == evidence


@pytest.mark.parametrize(
    "text",
    [
        "nvme nvme0: pci function 0000:01:00.0",
        "nvme nvme0: 8/0/0 default/read/poll queues",
        "nvme nvme0: Shutdown timeout set to 8 seconds",
        " nvme0n1: p1 p2",
    ],
)
def test_what_every_controller_says_is_no_evidence(text: str) -> None:
    """At the level of information, as the kernel writes it."""
    assert told(text, 6) is None
