"""Lines of the SCSI layer."""

import pytest

from tests.logs.kernel.lines import REPAIR, ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "sd 2:0:0:0: [sdb] tag#12 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK"
            " cmd_age=0s",
            KernelEvidence(kind="scsi", device="sdb"),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_SENSE",
            KernelEvidence(kind="scsi", device="sdb"),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 FAILED Result: hostbyte=DID_NO_CONNECT"
            " driverbyte=DRIVER_OK cmd_age=0s",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 FAILED Result: hostbyte=DID_TRANSPORT_FAILFAST"
            " driverbyte=DRIVER_OK cmd_age=0s",
            KernelEvidence(kind="scsi", device="sdb", errno=67),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 UNKNOWN(0x2003) Result: hostbyte=0x00 driverbyte=0x08",
            KernelEvidence(kind="scsi", device="sdb"),
        ),
        (
            # Torn, and another line begins in it.
            "sd 2:0:0:0: [sdb] Result: hostbyte=0x01Jan 28 05:19:43 node1 kernel: x",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 UNKNOWN(0x2003) Result: hostbyte=0x01"
            " driverbyte=DRIVER_OK cmd_age=12s",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb]  Result: hostbyte=DID_TIME_OUT driverbyte=DRIVER_OK",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 Sense Key : Medium Error [current] ",
            KernelEvidence(kind="scsi", device="sdb", errno=61),
        ),
        (
            "sd 2:0:0:0: [sdb]  Sense Key : Medium Error [current] [descriptor]",
            KernelEvidence(kind="scsi", device="sdb", errno=61),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#3 Sense Key : 0x3 [current] ",
            KernelEvidence(kind="scsi", device="sdb", errno=61),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#3 Sense Key : Hardware Error [deferred] ",
            KernelEvidence(kind="scsi", device="sdb", errno=121),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#3 Sense Key : Illegal Request [current] ",
            KernelEvidence(kind="scsi", device="sdb", errno=121),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#3 Sense Key : Aborted Command [current] [descriptor] ",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#3 Sense Key : Not Ready [current] ",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#3 Sense Key : Unit Attention [current] ",
            KernelEvidence(kind="scsi", device="sdb", significance=ROUTINE),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 Sense Key : Recovered Error [current] ",
            KernelEvidence(kind="scsi", device="sdb", significance=REPAIR),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 Sense Key : No Sense [current] ",
            KernelEvidence(kind="scsi", device="sdb", significance=ROUTINE),
        ),
        (
            "sdb: Current: sense key: Medium Error",
            KernelEvidence(kind="scsi", device="sdb", errno=61),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 Add. Sense: Unrecovered read error - auto reallocate failed",
            KernelEvidence(kind="scsi", device="sdb"),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 Add. Sense: No additional sense information",
            KernelEvidence(kind="scsi", device="sdb", significance=ROUTINE),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 Add. Sense: Power on, reset, or bus device reset occurred",
            KernelEvidence(kind="scsi", device="sdb", significance=ROUTINE),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 Add. Sense: Space allocation failed write protect",
            KernelEvidence(kind="scsi", device="sdb", errno=28),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 <<vendor>>ASC=0x80 ASCQ=0x3 ",
            KernelEvidence(kind="scsi", device="sdb"),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 72 03 11 04 00 00 00 0c 00 0a 80 00 00 00 00 00",
            KernelEvidence(kind="scsi", device="sdb", errno=61),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 70 00 04 00 00 00 00 0a 00 00 00 00 44 00 00 00",
            KernelEvidence(kind="scsi", device="sdb", errno=121),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 CDB: Read(10) 28 00 00 00 10 00 00 00 08 00",
            KernelEvidence(kind="scsi", device="sdb", direction="read", lba=4096),
        ),
        (
            "sd 2:0:0:0: [sdb] CDB: Read(10): 28 00 00 00 10 00 00 00 08 00",
            KernelEvidence(kind="scsi", device="sdb", direction="read", lba=4096),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#12 CDB: Write(16) 8a 00 00 00 00 01 00 00 10 00 00 00 00 08"
            " 00 00",
            KernelEvidence(kind="scsi", device="sdb", direction="write", lba=4294971392),
        ),
        (
            "sd 2:0:0:0: [sdb] CDB: cdb[0]=0x88: 88 00 00 00 00 01 00 00 10 00 00 00 00 08 00 00",
            KernelEvidence(kind="scsi", device="sdb", direction="read", lba=4294971392),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 CDB: Write Same(16) 93 08 00 00 00 00 00 00 10 00 00 00"
            " 00 08 00 00",
            KernelEvidence(kind="scsi", device="sdb", direction="discard", lba=4096),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 CDB: Write same(10) 41 00 00 00 10 00 00 00 08 00",
            KernelEvidence(kind="scsi", device="sdb", direction="write_zeroes", lba=4096),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 CDB: Unmap/Read sub-channel 42 00 00 00 00 00 00 00 18 00",
            KernelEvidence(kind="scsi", device="sdb", direction="discard"),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 CDB: Synchronize Cache(10) 35 00 00 00 00 00 00 00 00 00",
            KernelEvidence(kind="scsi", device="sdb", direction="flush"),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 CDB: Read(6) 08 1f ff ff 08 00",
            KernelEvidence(kind="scsi", device="sdb", direction="read", lba=2097151),
        ),
        (
            "sd 2:0:0:0: [sdb] tag#0 CDB: opcode=0xfd (vendor) fd 00 00 00 00 00",
            KernelEvidence(kind="scsi", device="sdb"),
        ),
        (
            "sr 1:0:0:0: [sr0] tag#0 CDB: Read(10) 28 00 00 00 10",
            KernelEvidence(kind="scsi", device="sr0", direction="read"),
        ),
        (
            "sd 6:0:0:0: [sdb] tag#16 CDB[00]: 7f 00 00 00 00 00 00 18 00 09 20 00 00 00 00 00",
            KernelEvidence(kind="scsi", device="sdb", direction="read"),
        ),
        (
            "scsi: Device offlined - not ready after error recovery: host 1 channel 0 id 0 lun 2",
            KernelEvidence(kind="scsi", device="1:0:0:2", errno=19),
        ),
        (
            "scsi1 (0:2): rejecting I/O to offline device",
            KernelEvidence(kind="scsi", device="host1", errno=19),
        ),
        (
            "sd 2:0:0:0: rejecting I/O to offline device",
            KernelEvidence(kind="scsi", device="2:0:0:0", errno=19),
        ),
        (
            "sd 2:0:0:0: [sdb] Synchronize Cache(10) failed: Result: hostbyte=DID_BAD_TARGET"
            " driverbyte=DRIVER_OK",
            KernelEvidence(kind="scsi", device="sdb", direction="flush", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb] Read Capacity(16) failed: Result: hostbyte=DID_ERROR"
            " driverbyte=DRIVER_OK",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 2:0:0:0: [sdb] Start/Stop Unit failed: Result: hostbyte=DID_BAD_TARGET"
            " driverbyte=DRIVER_OK",
            KernelEvidence(kind="scsi", device="sdb", errno=5),
        ),
        (
            "sd 0:0:0:0: [sda] 976773168 512-byte logical blocks: (500 GB/466 GiB)",
            KernelEvidence(kind="capacity", device="sda", significance=ROUTINE, block_bytes=512),
        ),
        (
            "Result: hostbyte=DID_SOFT_ERROR driverbyte=DRIVER_OK",
            KernelEvidence(kind="scsi", errno=5),
        ),
        ("Sense Key : Medium Error [current] ", KernelEvidence(kind="scsi", errno=61)),
        ("Add. Sense: Unrecovered read error", KernelEvidence(kind="scsi")),
        (
            "Read(10): 28 00 01 c0 1e 58 00 00 08 00",
            KernelEvidence(kind="scsi", direction="read", lba=29367896),
        ),
        (
            "cdb[0]=0x28: 28 00 01 c0 1e 58 00 00 08 00",
            KernelEvidence(kind="scsi", direction="read", lba=29367896),
        ),
        ("ASC=0x11 ASCQ=0x4", KernelEvidence(kind="scsi")),
        ("sd 10:0:0:0: [sdb] killing request", KernelEvidence(kind="scsi", device="sdb", errno=19)),
        (
            "sd 10:0:0:0: [sdb] tag#3 Medium access timeout failure. Offlining disk!",
            KernelEvidence(kind="scsi", device="sdb", errno=19),
        ),
        (
            "sd 10:0:0:0: Device offlined - not ready after error recovery",
            KernelEvidence(kind="scsi", device="10:0:0:0", errno=19),
        ),
        (
            "sd 10:0:0:0: [sdb] tag#0 device offline or changed",
            KernelEvidence(kind="scsi", device="sdb", errno=19),
        ),
        ("sd 10:0:0:0: [sdb] Unhandled sense code", KernelEvidence(kind="scsi", device="sdb")),
        (
            "sd 10:0:0:0: timing out command, waited 180s",
            KernelEvidence(kind="scsi", device="10:0:0:0", errno=110),
        ),
        (
            "sd 10:0:0:0: Power-on or device reset occurred",
            KernelEvidence(kind="scsi", device="10:0:0:0", significance=ROUTINE),
        ),
        (
            "sd 10:0:0:0: reservation conflict",
            KernelEvidence(kind="scsi", device="10:0:0:0", errno=52),
        ),
        (
            "sd 6:0:0:0: [sdb] tag#5 uas_eh_abort_handler 0 uas-tag 6 inflight: CMD OUT ",
            KernelEvidence(kind="scsi", device="sdb", direction="write"),
        ),
        (
            "sd 6:0:0:0: [sdb] tag#5 data cmplt err -75 uas-tag 1 inflight: CMD IN",
            KernelEvidence(kind="scsi", device="sdb", direction="read", errno=75),
        ),
        (
            "scsi host6: uas_eh_device_reset_handler start",
            KernelEvidence(kind="scsi", device="host6"),
        ),
        (
            "scsi host6: uas_eh_device_reset_handler FAILED err -19",
            KernelEvidence(kind="scsi", device="host6", errno=19),
        ),
        (
            "scsi host6: uas_eh_device_reset_handler success",
            KernelEvidence(kind="scsi", device="host6", significance=REPAIR),
        ),
        (
            "sd 6:0:0:0: [sdb] Asking for cache data failed",
            KernelEvidence(kind="scsi", device="sdb", significance=ROUTINE),
        ),
        (
            "sd 0:0:0:0: [sdb] tag#0 task abort: SUCCESS scmd(00000000c0ffee00)",
            KernelEvidence(kind="scsi", device="sdb", significance=REPAIR),
        ),
        (
            "scsi target0:0:0: target reset: SUCCESS scmd(00000000c0ffee00)",
            KernelEvidence(kind="scsi", device="target0:0:0", significance=REPAIR),
        ),
        (
            "sd 0:0:0:0: device reset: FAILED scmd(00000000c0ffee00)",
            KernelEvidence(kind="scsi", device="0:0:0:0"),
        ),
        (
            "sd 0:0:0:0: device_block, handle(0x000c)",
            KernelEvidence(kind="scsi", device="0:0:0:0"),
        ),
        (
            "sd 0:0:0:0: device_unblock and setting to running, handle(0x000c)",
            KernelEvidence(kind="scsi", device="0:0:0:0", significance=REPAIR),
        ),
        (
            "sd 0:0:0:0: device_unblock failed with return(-22) for handle(0x000c)",
            KernelEvidence(kind="scsi", device="0:0:0:0", errno=22),
        ),
        (
            "sd 2:2:3:0: [sdd] megasas: RESET cmd=28 retries=0",
            KernelEvidence(kind="scsi", device="sdd"),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Device, LBA, direction and errno are those of the line, in every version's wording."""
    assert told(text) == evidence


@pytest.mark.parametrize(
    "text",
    [
        "sd 0:0:0:0: [sda] Synchronizing SCSI cache",
        "sd 0:0:0:0: [sda] Write cache: enabled, read cache: enabled, doesn't support DPO or FUA",
        "scsi 0:0:0:0: Direct-Access     ATA      WDC WD5000AAKX-0 1H15 PQ: 0 ANSI: 5",
    ],
)
def test_what_every_disk_says_is_no_evidence(text: str) -> None:
    """At the level of information, as the kernel writes it."""
    assert told(text, 6) is None
