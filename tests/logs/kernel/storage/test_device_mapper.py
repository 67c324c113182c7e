"""Lines of the device mapper."""

import pytest

from tests.logs.kernel.lines import REPAIR, ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "device-mapper: table: 253:0: crypt: unknown target type",
            KernelEvidence(kind="device_mapper", device="253:0"),
        ),
        (
            "device-mapper: table: 253:1: linear: Device lookup failed (-6)",
            KernelEvidence(kind="device_mapper", device="253:1", errno=6),
        ),
        (
            "device-mapper: table: 253:1: adding target device sdb1 caused an alignment"
            " inconsistency: physical_block_size=4096, logical_block_size=512,"
            " alignment_offset=0, start=33553920",
            KernelEvidence(kind="device_mapper", device="253:1", significance=ROUTINE),
        ),
        (
            "device-mapper: multipath: 253:0: Failing path 8:16.",
            KernelEvidence(kind="device_mapper", device="253:0", member="8:16"),
        ),
        (
            "device-mapper: multipath: Failing path 8:16.",
            KernelEvidence(kind="device_mapper", member="8:16"),
        ),
        (
            "device-mapper: multipath: 253:0: Reinstating path 8:16.",
            KernelEvidence(
                kind="device_mapper", device="253:0", member="8:16", significance=REPAIR
            ),
        ),
        (
            "device-mapper: multipath: queue_if_no_path timeout on 253:0, failing queued IO",
            KernelEvidence(kind="device_mapper", device="253:0"),
        ),
        (
            "device-mapper: crypt: dm-1: INTEGRITY AEAD ERROR, sector 4096",
            KernelEvidence(
                kind="device_mapper", device="dm-1", sector=4096, direction="read", errno=84
            ),
        ),
        (
            "device-mapper: crypt: INTEGRITY AEAD ERROR, sector 4096",
            KernelEvidence(kind="device_mapper", sector=4096, direction="read", errno=84),
        ),
        (
            "device-mapper: integrity: dm-2: Checksum failed at sector 0x1000",
            KernelEvidence(
                kind="device_mapper", device="dm-2", sector=4096, direction="read", errno=84
            ),
        ),
        (
            "device-mapper: integrity: Checksum failed at sector 0x1000",
            KernelEvidence(kind="device_mapper", sector=4096, direction="read", errno=84),
        ),
        (
            "device-mapper: integrity: Error on reading tags: -5",
            KernelEvidence(kind="device_mapper", direction="read", errno=5),
        ),
        (
            "device-mapper: verity: 8:2: data block 17 is corrupted",
            KernelEvidence(kind="device_mapper", device="8:2", direction="read", errno=5),
        ),
        (
            "device-mapper: verity-fec: 8:2: FEC 4096: corrected 2 errors",
            KernelEvidence(
                kind="device_mapper", device="8:2", direction="read", significance=REPAIR
            ),
        ),
        (
            "device-mapper: thin: 253:4: reached low water mark for data device: sending event.",
            KernelEvidence(kind="device_mapper", device="253:4"),
        ),
        (
            "device-mapper: thin: 253:4: switching pool to out-of-data-space (queue IO) mode",
            KernelEvidence(kind="device_mapper", device="253:4", errno=28),
        ),
        (
            "device-mapper: thin: 253:4: no free data space available.",
            KernelEvidence(kind="device_mapper", device="253:4", errno=28),
        ),
        (
            "device-mapper: thin: 253:4: metadata operation 'dm_pool_alloc_data_block' failed:"
            " error = -28",
            KernelEvidence(kind="device_mapper", device="253:4", errno=28),
        ),
        (
            "device-mapper: thin: 253:4: metadata operation 'dm_pool_commit_metadata' failed:"
            " error = -5",
            KernelEvidence(kind="device_mapper", device="253:4", errno=5),
        ),
        (
            "device-mapper: thin: 253:4: switching pool to read-only mode",
            KernelEvidence(kind="device_mapper", device="253:4"),
        ),
        (
            "device-mapper: thin: 253:4: switching pool to write mode",
            KernelEvidence(kind="device_mapper", device="253:4", significance=REPAIR),
        ),
        (
            "device-mapper: thin: 253:4: growing the data device from 100 to 200 blocks",
            KernelEvidence(kind="device_mapper", device="253:4", significance=ROUTINE),
        ),
        (
            "device-mapper: cache: 253:3: switching cache to read-only mode",
            KernelEvidence(kind="device_mapper", device="253:3"),
        ),
        (
            "device-mapper: raid1: Mirror read failed from 253:2. Trying alternative device.",
            KernelEvidence(kind="device_mapper", direction="read", member="253:2"),
        ),
        (
            "device-mapper: raid1: Primary mirror (253:1) failed while out-of-sync: Reads may"
            " fail.",
            KernelEvidence(kind="device_mapper", member="253:1"),
        ),
        (
            "device-mapper: raid: Failed to read superblock of device at position 1",
            KernelEvidence(kind="device_mapper", direction="read"),
        ),
        (
            "device-mapper: snapshots: Invalidating snapshot: Error reading/writing.",
            KernelEvidence(kind="device_mapper", direction="read"),
        ),
        (
            "device-mapper: block manager: btree_node validator check failed for block 17",
            KernelEvidence(kind="device_mapper"),
        ),
        (
            "device-mapper: table: 253:1: linear: Device lookup failed (-6)",
            KernelEvidence(kind="device_mapper", device="253:1", errno=6),
        ),
        (
            "device-mapper: ioctl: error adding target to table",
            KernelEvidence(kind="device_mapper"),
        ),
        (
            "device-mapper: vdo0:journalQ: VDO is entering read-only mode",
            KernelEvidence(kind="device_mapper"),
        ),
        (
            "kvdo0:physQ0: Completing write VIO of type 7 for physical block 15 after error:"
            " VDO Status: Device is read-only",
            KernelEvidence(kind="device_mapper"),
        ),
        (
            "device-mapper: table: 253:6: crypt: Error allocating crypto tfm (-ENOENT)",
            KernelEvidence(kind="device_mapper", device="253:6", errno=2),
        ),
        (
            "device-mapper: thin: 253:4: dm_pool_get_free_block_count returned -5",
            KernelEvidence(kind="device_mapper", device="253:4", errno=5),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Device, member, sector, direction and errno are those of the line."""
    assert told(text) == evidence


@pytest.mark.parametrize(
    "text",
    [
        "device-mapper: ioctl: 4.47.0-ioctl (2022-07-28) initialised: dm-devel@redhat.com",
        "device-mapper: uevent: version 1.0.3",
        "device-mapper: multipath service-time: version 0.3.0 loaded",
    ],
)
def test_what_every_host_says_is_no_evidence(text: str) -> None:
    """At the level of information, as the kernel writes it."""
    assert told(text, 6) is None


@pytest.mark.parametrize(
    "text",
    [
        "device-mapper: reload ioctl on luks-sdb failed: Invalid argument",
        "device-mapper: create ioctl on vg-home failed: Device or resource busy",
    ],
)
def test_what_the_library_says_is_not_the_kernels(text: str) -> None:
    """The library of dmsetup and LVM begins its messages like the kernel."""
    assert told(text) is None
