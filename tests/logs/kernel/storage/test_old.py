"""Lines that old kernels print about disks: of the IDE driver, and of SCSI and libata up to 2.6."""

import pytest

from tests.logs.kernel.told import told


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hda: dma_intr: status=0x51 { DriveReady SeekComplete Error }", "ata hda"),
        ("hda: dma_intr: error=0x84 { DriveStatusError BadCRC }", "ata hda 5"),
        (
            "hda: dma_intr: error=0x40 { UncorrectableError }, LBAsect=1109821, high=0,"
            " low=1109821, sector=1109818",
            "ata hda 1109818 61",
        ),
        ("hdc: read_intr: error=0x10 { SectorIdNotFound }, LBAsect=64", "ata hdc 64 121"),
        ("hda: possibly failed opcode: 0x25", "ata hda"),
        ("hdc: dma_timer_expiry: dma status == 0x61", "ata hdc 110"),
        ("hdc: DMA timeout error", "ata hdc 110"),
        ("hdc: no DRQ after issuing MULTWRITE", "ata hdc write"),
        ("hda: no DRQ after issuing WRITE_EXT", "ata hda write"),
        ("sdg1: Error: discard_granularity is 0.", "block sdg1 discard"),
        ("sda: Unit Not Ready, sense:", "scsi sda"),
        ("sda : READ CAPACITY failed.", "scsi sda"),
        (" unable to read partition table", "buffer read"),
        (" sda: I/O error: dev 08:00, sector 0", "block 8:0 0 5"),
        ("/dev/scsi/host0/bus0/target0/lun0: I/O error: dev 08:00, sector 0", "block 8:0 0 5"),
        ("hdc: lost interrupt", "ata hdc"),
        ("ide1: reset: success", "ata ide1 repair"),
        ("ide1: reset timed-out, status=0x90", "ata ide1"),
        ("hda: ST3120026A, ATA DISK drive", "nothing"),
        ("hdu: lost interrupt", "nothing"),
        ("ata1: translated ATA stat/err 0x51/40 to SCSI SK/ASC/ASCQ 0x3/11/04", "ata ata1 61"),
        ("ata1: error=0x40 { UncorrectableError }", "ata ata1 61"),
        ("ata1: error=0x84 { DriveStatusError BadCRC }", "ata ata1 5"),
        ("ata2: command 0x35 timeout, stat 0x50 host_stat 0x24", "ata ata2 write 110"),
        ("sd 2:0:3:7: SCSI error: return code = 0x08000002", "scsi 2:0:3:7"),
        ("sd 2:0:3:7: SCSI error: return code = 0x00010000", "scsi 2:0:3:7 5"),
        ("sd 2:0:3:7: SCSI error: return code = 0x08100002", "scsi 2:0:3:7 121"),
        ("SCSI error : <0 0 2 1> return code = 0x8000002", "scsi 0:0:2:1"),
        ("SCSI disk error : host 1 channel 0 id 3 lun 0 return code = 10000", "scsi 1:0:3:0 5"),
        ("SCSI error : return code = 0x20000", "scsi 5"),
        ("Current sda: sense key Hardware Error", "scsi sda 121"),
        ("ext3_abort called.", "filesystem"),
        (
            "XFS: Internal error XFS_WANT_CORRUPTED_RETURN at line 342 of file fs/xfs/xfs_alloc.c.",
            "filesystem",
        ),
        ("UBIFS error (pid 932): check_lpt_crc: invalid crc in LPT node", "filesystem"),
        (
            "jffs2: error: (132) jffs2_get_inode_nodes: short read at 0x3c4: 5 instead of 12.",
            "filesystem",
        ),
        ("jffs2: version 2.2 (NAND) (SUMMARY) 2001-2006 Red Hat, Inc.", "nothing"),
        ("VFS: busy inodes on changed media or resized disk sdc", "filesystem sdc"),
        ("CPU 0: Machine Check Exception: 0 Bank 5: 8c00004000010093", "mce"),
        ("Info fld=0x12ab, Current sdc: sense key Medium Error", "scsi sdc 61"),
        ("sda: Current: sense key: Recovered Error", "scsi sda repair"),
        ("sda: Current [descriptor]: sense key: Medium Error", "scsi sda 61"),
        ("Additional sense: Unrecovered read error", "scsi"),
        ("    Add. Sense: Unrecovered read error", "scsi"),
        ("<<vendor>> ASC=0x4c ASCQ=0xa8ASC=0x4c ASCQ=0xa8", "scsi"),
        ("st 0:0:10:0: scsi: Device offlined - not ready after error recovery", "scsi 0:0:10:0 19"),
    ],
)
def test_a_line_of_an_old_kernel(line: str, expected: str) -> None:
    """Kind, device, sector, direction, errno, and significance if it is no trouble."""
    assert told(line, None) == expected
