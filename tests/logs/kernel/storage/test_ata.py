"""Lines of libata."""

import pytest

from tests.logs.kernel.lines import REPAIR, ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "ata1.00: exception Emask 0x0 SAct 0x8000 SErr 0x0 action 0x0",
            KernelEvidence(kind="ata", device="ata1.00"),
        ),
        (
            "ata3: exception Emask 0x10 SAct 0x0 SErr 0x4050000 action 0xe frozen",
            KernelEvidence(kind="ata", device="ata3"),
        ),
        ("ata1.00: irq_stat 0x40000001", KernelEvidence(kind="ata", device="ata1.00")),
        (
            "ata1.00: failed command: READ DMA EXT",
            KernelEvidence(kind="ata", device="ata1.00", direction="read"),
        ),
        (
            "ata1.00: failed command: WRITE FPDMA QUEUED",
            KernelEvidence(kind="ata", device="ata1.00", direction="write"),
        ),
        (
            "ata1.00: failed command: FLUSH CACHE EXT",
            KernelEvidence(kind="ata", device="ata1.00", direction="flush"),
        ),
        (
            "ata1.00: failed command: DATA SET MANAGEMENT",
            KernelEvidence(kind="ata", device="ata1.00", direction="discard"),
        ),
        ("ata1.00: failed command: SMART", KernelEvidence(kind="ata", device="ata1.00")),
        ("ata1.00: failed command: READ LOG EXT", KernelEvidence(kind="ata", device="ata1.00")),
        (
            "ata1.00: cmd 60/08:78:00:10:00/00:01:00:00:00/40 tag 15 ncq dma 4096 in\n        "
            " res 41/40:08:00:10:00/00:00:00:00:00/40 Emask 0x409 (media error) <F>",
            KernelEvidence(kind="ata", device="ata1.00", direction="read", errno=61, lba=4096),
        ),
        (
            "ata1.00: cmd 35/00:08:00:10:00/00:00:01:00:00/e0 tag 0 dma 4096 out",
            KernelEvidence(kind="ata", device="ata1.00", direction="write", lba=16781312),
        ),
        (
            "ata1.00: cmd c8/00:08:00:10:00/00:00:00:00:00/e1 tag 0 dma 4096 in",
            KernelEvidence(kind="ata", device="ata1.00", direction="read", lba=16781312),
        ),
        (
            "ata1.00: cmd ea/00:00:00:00:00/00:00:00:00:00/a0 tag 3",
            KernelEvidence(kind="ata", device="ata1.00", direction="flush"),
        ),
        (
            "         res 51/40:08:00:10:00/00:00:00:00:00/e0 Emask 0x9 (media error)",
            KernelEvidence(kind="ata", errno=61),
        ),
        (
            "         res 40/00:00:00:00:00/00:00:00:00:00/00 Emask 0x4 (timeout)",
            KernelEvidence(kind="ata", errno=110),
        ),
        ("ata1.00: status: { DRDY ERR }", KernelEvidence(kind="ata", device="ata1.00")),
        ("ata1.00: status: { DRDY }", KernelEvidence(kind="ata", device="ata1.00")),
        ("ata1.00: error: { UNC }", KernelEvidence(kind="ata", device="ata1.00", errno=61)),
        ("ata1.00: error: { IDNF }", KernelEvidence(kind="ata", device="ata1.00", errno=121)),
        ("ata1.00: error: { ICRC ABRT }", KernelEvidence(kind="ata", device="ata1.00", errno=5)),
        (
            "ata3: SError: { PHYRdyChg CommWake 10B8B LinkSeq }",
            KernelEvidence(kind="ata", device="ata3"),
        ),
        (
            "ata3: SError: { RecovComm }",
            KernelEvidence(kind="ata", device="ata3", significance=REPAIR),
        ),
        ("ata3: hard resetting link", KernelEvidence(kind="ata", device="ata3")),
        (
            "ata3: SATA link up 3.0 Gbps (SStatus 123 SControl 320)",
            KernelEvidence(kind="ata", device="ata3", significance=ROUTINE),
        ),
        ("ata3: EH complete", KernelEvidence(kind="ata", device="ata3", significance=ROUTINE)),
        ("ata3: limiting SATA link speed to 1.5 Gbps", KernelEvidence(kind="ata", device="ata3")),
        ("ata3: COMRESET failed (errno=-16)", KernelEvidence(kind="ata", device="ata3", errno=16)),
        (
            "ata3: reset failed (errno=-32), retrying in 8 secs",
            KernelEvidence(kind="ata", device="ata3", errno=32),
        ),
        ("ata3: reset failed, giving up", KernelEvidence(kind="ata", device="ata3")),
        ("ata3: softreset failed (device not ready)", KernelEvidence(kind="ata", device="ata3")),
        (
            "ata3: link is slow to respond, please be patient (ready=0)",
            KernelEvidence(kind="ata", device="ata3"),
        ),
        (
            "ata3.00: revalidation failed (errno=-5)",
            KernelEvidence(kind="ata", device="ata3.00", errno=5),
        ),
        ("ata3.00: qc timeout (cmd 0xec)", KernelEvidence(kind="ata", device="ata3.00", errno=110)),
        (
            "ata3.00: qc timeout after 5000 msecs (cmd 0xec)",
            KernelEvidence(kind="ata", device="ata3.00", errno=110),
        ),
        (
            "ata3.00: failed to IDENTIFY (I/O error, err_mask=0x4)",
            KernelEvidence(kind="ata", device="ata3.00"),
        ),
        ("ata3.00: disabled", KernelEvidence(kind="ata", device="ata3.00")),
        ("ata3.00: disable device", KernelEvidence(kind="ata", device="ata3.00")),
        (
            "ata3.00: detaching (SCSI 2:0:0:0)",
            KernelEvidence(kind="ata", device="ata3.00", member="2:0:0:0", errno=19),
        ),
        (
            "ata3.00: NCQ disabled due to excessive errors",
            KernelEvidence(kind="ata", device="ata3.00"),
        ),
        (
            "ata7.00 (slot 4): exception Emask 0x0 SAct 0x1 SErr 0x0 action 0x0",
            KernelEvidence(kind="ata", device="ata7.00"),
        ),
        (
            "ata7 (slot 4): EH complete",
            KernelEvidence(kind="ata", device="ata7", significance=ROUTINE),
        ),
        (
            "ata1.00: cmd 61/08:00:00:10:00/00:00:00:00:00/40 tag 0 ncq dma 4096 out\n         res"
            " 40/00:00:00:00:00/00:00:00:00:00/00 Emask 0x4 (timeout)",
            KernelEvidence(kind="ata", device="ata1.00", direction="write", errno=110, lba=4096),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Port or device, LBA, direction and errno are those of the line."""
    assert told(text) == evidence


@pytest.mark.parametrize(
    "text",
    [
        "ata1: SATA max UDMA/133 abar m2048@0xf7f36000 port 0xf7f36100 irq 27",
        "ata1.00: ATA-9: WDC WD10EZEX-08WN4A0, 01.01A01, max UDMA/133",
        "ata1.00: 1953525168 sectors, multi 16: LBA48 NCQ (depth 32), AA",
        "ata1.00: supports DRM functions and may not be fully accessible",
    ],
)
def test_what_every_disk_says_is_no_evidence(text: str) -> None:
    """At the level of information, as the kernel writes it."""
    assert told(text, 6) is None
