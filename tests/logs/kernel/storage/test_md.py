"""Lines of MD RAID."""

import pytest

from tests.logs.kernel.lines import REPAIR, ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "md/raid1:md2: Disk failure on sdb6, disabling device.\nmd/raid1:md2: Operation"
            " continuing on 1 devices.",
            KernelEvidence(kind="md", device="md2", member="sdb6"),
        ),
        (
            "md/raid1:md2: Disk failure on sdb6, disabling device.",
            KernelEvidence(kind="md", device="md2", member="sdb6"),
        ),
        (
            "raid1: Disk failure on sdb6, disabling device.",
            KernelEvidence(kind="md", member="sdb6"),
        ),
        (
            "md/raid0md0: Disk failure on sdb1 detected, failing array.",
            KernelEvidence(kind="md", device="md0", member="sdb1"),
        ),
        (
            "md/raid1:mdX: Disk failure on dm-3, disabling device.",
            KernelEvidence(kind="md", member="dm-3"),
        ),
        (
            "md/raid:md0: read error corrected (8 sectors at 4096 on sdb1)",
            KernelEvidence(
                kind="md",
                device="md0",
                sector=4096,
                direction="read",
                member="sdb1",
                sector_on_member=True,
                significance=REPAIR,
            ),
        ),
        (
            "md/raid:md0: read error not correctable (sector 4096 on sdb1).",
            KernelEvidence(
                kind="md",
                device="md0",
                sector=4096,
                direction="read",
                member="sdb1",
                sector_on_member=True,
            ),
        ),
        (
            "md/raid:md0: read error NOT corrected!! (sector 4096 on sdb1).",
            KernelEvidence(
                kind="md",
                device="md0",
                sector=4096,
                direction="read",
                member="sdb1",
                sector_on_member=True,
            ),
        ),
        (
            "md/raid10:md0: read correction write failed (8 sectors at 4096 on sdb1)",
            KernelEvidence(
                kind="md",
                device="md0",
                sector=4096,
                direction="write",
                member="sdb1",
                sector_on_member=True,
            ),
        ),
        (
            "md/raid1:md0: sdb1: rescheduling sector 4096",
            KernelEvidence(kind="md", device="md0", sector=4096, direction="read", member="sdb1"),
        ),
        (
            "md/raid1:md0: redirecting sector 4096 to other mirror: sda1",
            KernelEvidence(
                kind="md", device="md0", sector=4096, direction="read", significance=REPAIR
            ),
        ),
        (
            "md/raid10:md0: sdb1: redirecting sector 4096 to another mirror",
            KernelEvidence(
                kind="md",
                device="md0",
                sector=4096,
                direction="read",
                member="sdb1",
                significance=REPAIR,
            ),
        ),
        (
            "md/raid1:md0: sdb1: unrecoverable I/O read error for block 4096",
            KernelEvidence(kind="md", device="md0", sector=4096, direction="read", member="sdb1"),
        ),
        (
            "md/raid1:md127: dm-0: unrecoverable I/O read error for block 4096",
            KernelEvidence(kind="md", device="md127", sector=4096, direction="read", member="dm-0"),
        ),
        (
            "md/raid10:md0: sdb1: Raid device exceeded read_error threshold [cur 21:max 20]",
            KernelEvidence(kind="md", device="md0", member="sdb1"),
        ),
        (
            "md/raid:md0: Too many read errors, failing device sdb1.",
            KernelEvidence(kind="md", device="md0", member="sdb1"),
        ),
        (
            "md/raid:md0: Cannot continue operation (2/3 failed).",
            KernelEvidence(kind="md", device="md0"),
        ),
        (
            "md/raid:md0: not enough operational devices (2/3 failed)",
            KernelEvidence(kind="md", device="md0"),
        ),
        (
            "md/raid:md0: raid level 5 active with 2 out of 3 devices, algorithm 2",
            KernelEvidence(kind="md", device="md0"),
        ),
        ("md/raid1:md0: active with 1 out of 2 mirrors", KernelEvidence(kind="md", device="md0")),
        (
            "md/raid1:md0: not clean -- starting background reconstruction",
            KernelEvidence(kind="md", device="md0", significance=ROUTINE),
        ),
        (
            "md: recovery of RAID array md0",
            KernelEvidence(kind="md", device="md0", significance=ROUTINE),
        ),
        (
            "md: data-check of RAID array md_home",
            KernelEvidence(kind="md", device="md_home", significance=ROUTINE),
        ),
        ("md: md0: recovery done.", KernelEvidence(kind="md", device="md0", significance=ROUTINE)),
        ("md: md0: resync interrupted.", KernelEvidence(kind="md", device="md0")),
        ("md: super_written gets error=-5", KernelEvidence(kind="md", direction="write", errno=5)),
        (
            "md: super_written gets error=10, uptodate=0",
            KernelEvidence(kind="md", direction="write", errno=10),
        ),
        ("md: kicking non-fresh sdb1 from array!", KernelEvidence(kind="md", device="sdb1")),
        (
            "md: could not open device unknown-block(8,17).",
            KernelEvidence(kind="md", device="8:17"),
        ),
        ("md: invalid superblock checksum on sdb1", KernelEvidence(kind="md", device="sdb1")),
        (
            "md: sdb1 does not have a valid v1.2 superblock, not importing!",
            KernelEvidence(kind="md", device="sdb1"),
        ),
        ("md: dm-1 flush io error -5", KernelEvidence(kind="md", device="dm-1", errno=5)),
        (
            "md: bitmap read error: (4096B @ 8): -5",
            KernelEvidence(kind="md", direction="read", errno=5),
        ),
        ("md0: bitmap initialisation failed: -5", KernelEvidence(kind="md", device="md0", errno=5)),
        ("md5: mismatch sector in range 4096-4104", KernelEvidence(kind="md", device="md5")),
        (
            "md: disk1 read error, sector=4096",
            KernelEvidence(kind="md", device="disk1", sector=4096, direction="read"),
        ),
        (
            "md: recovery thread: PQ corrected, sector=4096",
            KernelEvidence(kind="md", sector=4096, significance=REPAIR),
        ),
        (
            "md: recovery thread: P incorrect, sector=4096",
            KernelEvidence(kind="md", sector=4096),
        ),
        (
            "md: sdb1: bogus bblog_shift 9 for badblocks.",
            KernelEvidence(kind="md", device="sdb1"),
        ),
        (
            "md-cluster(md0:2): failed to get EX on TOKEN (-5)",
            KernelEvidence(kind="md", device="md0", errno=5),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """The array is the device, the disk its member, and the sector counts on the one that the"
    " line means."""
    assert told(text) == evidence


@pytest.mark.parametrize(
    "text",
    [
        "md/raid1:md0: active with 2 out of 2 mirrors",
        "md/raid:md0: raid level 5 active with 3 out of 3 devices, algorithm 2",
        "md/raid:md0: device sdb1 operational as raid disk 1",
        "md: raid1 personality registered for level 1",
    ],
)
def test_a_whole_array_is_no_evidence(text: str) -> None:
    """At the level of information, as the kernel writes it."""
    assert told(text, 6) is None
