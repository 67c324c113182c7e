"""Lines of the device mapper and its targets (drivers/md/dm*.c, Linux 4.4 to 6.12).

The target stands first, then the mapped device, as a number or `dm-4`, where the line has it; the
member is the device below that failed.
"""

import errno
import re

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader, reader
from vexfsctl.model.events import KernelEvidence

_BEGINS = ("device-mapper: ",)
_NUMBER = r"\d{1,4}:\d{1,7}"
_DEVICE = rf"(?P<device>{_NUMBER}|dm-\d{{1,5}})"
_BELOW = rf"(?P<member>{_NUMBER}|[\w!-]{{1,40}})"

_MULTIPATH = r"device-mapper: (?:dm-)?multipath: "

_NO_SPACE = ("no free data space", "no free metadata space", "out-of-data-space", "error = -28",
             "out of metadata space")  # fmt: skip


def _read_pool(match: re.Match[str]) -> KernelEvidence:
    if any(words in match.string for words in _NO_SPACE):
        return reader("device_mapper", errno=errno.ENOSPC)(match)
    return free_reader("device_mapper")(match)


DEVICE_MAPPER_FORMS = (
    EvidenceForm(
        "device-mapper: multipath: 253:0: Failing path 8:16.",
        "ailing path ",
        rf"{_MULTIPATH}(?:{_DEVICE}: )?Failing path {_BELOW}",
        reader("device_mapper"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: multipath: 253:0: Reinstating path 8:16.",
        "einstating path ",
        rf"{_MULTIPATH}(?:{_DEVICE}: )?Reinstating path {_BELOW}",
        reader("device_mapper", significance=REPAIR),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: multipath: queue_if_no_path timeout on 253:0, failing queued IO",
        "queue_if_no_path timeout",
        rf"device-mapper: multipath: queue_if_no_path timeout on {_DEVICE}",
        reader("device_mapper"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        # Of the first kernels that had it: a path, and where in the map the request went.
        "device-mapper: dm-multipath: 8:128 (#69447): IO error - error: -5 - bi_rw: 9",
        "IO error",
        rf"{_MULTIPATH}{_BELOW} \(#\d{{1,20}}\): IO error - error: -(?P<errno>\d{{1,3}})",
        reader("device_mapper"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: crypt: dm-1: INTEGRITY AEAD ERROR, sector 4096",
        "INTEGRITY AEAD ERROR",
        (
            r"device-mapper: crypt: (?:(?P<device>[\w!-]{1,40}): )?INTEGRITY AEAD ERROR"
            r"(?:, sector (?P<sector>\d{1,20}))?"
        ),
        reader("device_mapper", errno=errno.EILSEQ, direction="read"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: integrity: dm-2: Checksum failed at sector 0x1000",
        "Checksum failed",
        (
            r"device-mapper: integrity: (?:(?P<device>[\w!-]{1,40}): )?Checksum failed"
            r"(?: when reading from journal,)? at sector 0x(?P<hex_sector>[0-9a-f]{1,16})"
        ),
        reader("device_mapper", errno=errno.EILSEQ, direction="read"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: verity: 8:2: data block 17 is corrupted",
        "is corrupted",
        # Blocks of verity have a size of their own, which the line does not give.
        rf"device-mapper: verity: {_DEVICE}: (?:data|metadata|\w{{1,16}}) block \d+ is corrupted",
        reader("device_mapper", errno=errno.EIO, direction="read"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: verity: 8:2: reached maximum errors",
        "reached maximum errors",
        rf"device-mapper: verity: {_DEVICE}: reached maximum errors",
        reader("device_mapper"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: verity-fec: 8:2: FEC 4096: corrected 2 errors",
        "corrected",
        rf"device-mapper: verity-fec: {_DEVICE}: FEC \d+: corrected \d+ errors",
        reader("device_mapper", significance=REPAIR, direction="read"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: thin: 253:4: switching pool to write mode",
        "switching ",
        rf"device-mapper: (?:thin|cache): {_DEVICE}: switching (?:pool|cache) to write mode",
        reader("device_mapper", significance=REPAIR),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: thin: 253:4: growing the data device from 100 to 200 blocks",
        "growing the ",
        rf"device-mapper: \w{{1,20}}: {_DEVICE}: growing the ",
        reader("device_mapper", significance=ROUTINE),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: thin: 253:4: switching pool to out-of-data-space (error IO) mode",
        "device-mapper: ",
        (
            rf"device-mapper: (?:thin|cache): (?:{_DEVICE}: )?(?:switching (?:pool|cache) to "
            r"(?:out-of|read-only|fail)|reached low water mark|no free (?:meta)?data space"
            r"|(?:metadata operation|alloc_data_block|bio unserviceable|aborting current metadata)"
            r"|unable to (?:switch|read|service|grow|extend))"
        ),
        _read_pool,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: raid1: Mirror read failed from 253:2. Trying alternative device.",
        "device-mapper: raid1: ",
        (
            r"device-mapper: raid1: (?:Mirror (?P<direction>read|write) failed from "
            r"|(?P<other>Read|Write) failure on mirror device |Primary mirror \()"
            rf"{_BELOW}"
        ),
        lambda match: KernelEvidence(
            kind="device_mapper",
            member=match["member"],
            direction=(match["direction"] or match["other"] or "").lower() or None,
        ),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: vdo0:journalQ: Completing read VIO for LBN 4 with error after launch",
        "vdo",
        (
            r"(?:device-mapper: )?k?vdo\d{0,4}:[\w:. ]{0,40} .{0,200}?\b(?i:errors?|fail\w*"
            r"|read-only|unable|can't|corrupt\w*|out of space|invalid)\b"
        ),
        free_reader("device_mapper"),
        begins=("device-mapper: ", "kvdo", "vdo"),
    ),
    EvidenceForm(
        "device-mapper: table: 253:1: adding target device sdb1 caused an alignment inconsistency:"
        " physical_block_size=4096, logical_block_size=512, alignment_offset=0, start=33553920",
        "device-mapper: table: ",
        rf"device-mapper: table: {_DEVICE}: adding target device .{{0,80}}alignment inconsistency",
        reader("device_mapper", significance=ROUTINE),
        begins=_BEGINS,
    ),
    EvidenceForm(
        # Nothing is said of a table that could be loaded.
        "device-mapper: table: 253:0: crypt: unknown target type",
        "device-mapper: table: ",
        rf"device-mapper: table: {_DEVICE}: ",
        free_reader("device_mapper"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "device-mapper: multipath: Cannot failover device because scsi_dh_rdac was not loaded.",
        "device-mapper: ",
        (
            # The library of dmsetup and LVM begins its messages like the kernel.
            r"(?!device-mapper: \w{1,20} ioctl (?:on\b|failed))"
            rf"device-mapper: [\w -]{{1,40}}: (?:\(?{_DEVICE}\)?: )?.{{0,200}}?(?:\b(?i:fail\w*"
            r"|errors?|erroring|corrupt\w*|invalid(?:ating)?|abort\w*|unable|offline|out of"
            r"|read-only"
            r"|couldn't|could not|cannot|overflow\w*|too small|dead|mismatch|unavailable"
            r"|bypass\w*|lost|timed out|timeout|mismatched|recursive (?:lock|acquisition)"
            r"|bio unserviceable)\b|\breturned -\d|\(-E[A-Z]{2})"
        ),
        free_reader("device_mapper"),
        begins=_BEGINS,
    ),
)
"""In the order tried."""
