"""Lines that few hosts print: of rarer drivers, of older wordings, of what a device lacks."""

import pytest

from tests.logs.kernel.told import told


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("floppy0: disk absent or changed during operation", "block fd0"),
        ("floppy1: floppy timeout called", "block fd1"),
        ("floppy0: no floppy controllers found", "nothing"),
        ("end_request: I/O error, dev 02:2c (floppy), sector 19", "block 2:44 19 5"),
        (" I/O error: dev 08:11, sector 4096", "block 8:17 4096 5"),
        (
            "VFS: Dirty inode writeback failed for block device sda1 (err=-5).",
            "buffer sda1 write 5",
        ),
        ("sd 6:0:0:0: [sdb] No Caching mode page found", "scsi sdb routine"),
        ("sd 6:0:0:0: [sdb] Assuming drive cache: write through", "scsi sdb routine"),
        ("sd 3:0:0:0: alua: transition timeout set to 60 seconds", "scsi 3:0:0:0 routine"),
        ("sd 3:0:0:0: alua: rtpg failed, result 7", "scsi 3:0:0:0"),
        ("sd 3:0:0:0: emc: ALUA failover mode detected", "scsi 3:0:0:0 routine"),
        (
            "sd 3:0:0:0: LUN assignments on this target have changed. The Linux SCSI layer does not"
            " automatically remap LUN assignments.",
            "scsi 3:0:0:0 routine",
        ),
        ("sd 3:0:0:0: [sdc] tag#5 Forced reset on cmd 00000000c0ffee00", "scsi sdc"),
        ("sd 3:0:0:0: Attempting Device(lun) Reset! scmd(00000000c0ffee00)", "scsi 3:0:0:0"),
        ("sd 3:0:0:0: [sdc] Sense not available.", "scsi sdc"),
        (
            "sd 32:0:1:0: [sdb] tag#38 CDB: Write(16) 8a 00 00 00 00 00 0d e8              60 00"
            " 00 00 07 48 00 00",
            "scsi sdb write",
        ),
        (
            "sr0: CDROM (ioctl) error, command: Get configuration 46 00 00 00 00 00 00 00 20 00",
            "scsi sr0",
        ),
        ("ata1.00: tag 0 cmd 0xca Emask 0x4 stat 0x40 err 0x0 (timeout)", "ata ata1.00 write 110"),
        ("ata3: port is slow to respond, please be patient (Status 0x90)", "ata ata3"),
        ("ata1: device not ready (errno=-16), forcing hardreset", "ata ata1 16"),
        ("nvme nvme0: queue 0: timeout request 0x1 type 4", "nvme nvme0 110"),
        (
            "nvme nvme0: queue 3: timeout cid 0xb001 type 4 opcode 0x1 (Write)",
            "nvme nvme0 write 110",
        ),
        (
            "nvme nvme0: queue 0: timeout cid 0xb001 type 4 opcode 0x1 (Admin Cmd)",
            "nvme nvme0 110",
        ),
        ("nvme 0000:01:00.0: I/O 12 QID 3 timeout, aborting", "nvme 0000:01:00.0 110"),
        ("nvme 0000:01:00.0: Failed status: 3, reset controller", "nvme 0000:01:00.0"),
        (
            "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS read failed"
            " (134)",
            "nvme nvme0",
        ),
        ("hdc: ATAPI reset complete", "ata hdc repair"),
        ("hdc: DMA disabled", "ata hdc"),
        ("ata2.00: BMDMA2 stat 0x6d0009", "ata ata2.00"),
        ("nvme nvme0: missing or invalid SUBNQN field.", "nvme nvme0 routine"),
        (
            "nvme nvme1: queue_size 128 > ctrl sqsize 16, clamping down",
            "nvme nvme1 routine",
        ),
        ("mmc0: Tuning timeout, falling back to fixed sampling clock", "mmc mmc0 routine"),
        ("mmc0: sdhci: Timeout:   0x0000000e | Int stat: 0x00000000", "nothing"),
        ("mmc0: cqhci: Cap err:   0x00000000 | Version:  0x00000510", "nothing"),
        ("mmc0: sdhci: Card stuck being busy", "mmc mmc0"),
        ("mmc0: tried to reset card", "mmc mmc0"),
        ("sd 6:0:1:0: [sdb] command ffff8802723e9200 timed out", "scsi sdb 110"),
        ("sas: sas_ata_task_done: SAS error 2", "sas"),
        ("mmc0: unspecified timeout for CMD6 - use generic", "mmc mmc0 routine"),
        ("mmc0: Missing autocal timeout 3v3-pad drvs", "mmc mmc0 routine"),
        ("blkfront: barrier: write xvda2 op failed", "virtio xvda2 95 routine"),
        ("usb 2-1: Enable of device-initiated U1 failed.", "usb 2-1 routine"),
        ("usb 2-1: disable of device-initiated U2 failed.", "usb 2-1 routine"),
        ("libceph (fb30d64e-7a8c-46d3-bbd7-77a3b1f080d1 e857): osd2 down", "ceph"),
        ("libceph (fb30d64e-7a8c-46d3-bbd7-77a3b1f080d1 e859): osd2 up", "ceph repair"),
        ("drbd u12215: susp-io( no -> no-disk)", "drbd"),
        ("CIFS: Status code returned 0xc00000d0 STATUS_REQUEST_NOT_ACCEPTED", "smb"),
        ("mptbase: ioc0: WARNING - Issuing HardReset from mpt_fault_reset_work!!", "hba ioc0"),
        ("pcieport 0000:a5:01.0: EDR: EDR event received", "aer 0000:a5:01.0"),
        ("003: mmc1: cache flush error -110", "mmc mmc1 flush 110"),
        (
            "XFS: Assertion failed: error != -ENOENT, file: fs/xfs/xfs_trans.c, line: 1310",
            "filesystem",
        ),
        ("hda:hda: dma_intr: status=0x51 { DriveReady SeekComplete Error }", "ata hda"),
        ("hdd: dma_intr: error=3D0x84 { DriveStatusError=20 BadCRC }", "ata hdd 5"),
        (
            "vbd vbd-5-51760: failed to write error node for backend/vbd/5/51760 (5 starting"
            " transaction)",
            "virtio vbd-5-51760 5",
        ),
        ("xenbus: xenbus_dev_shutdown: backend/vbd/5/51760 timeout closing device", "virtio 110"),
        (
            "jffs2: jffs2_scan_eraseblock(): Magic bitmask 0x1985 not found at 0x00b00000: 0x2705"
            " instead",
            "filesystem",
        ),
        ("rbd: sysfs write failed", "nothing"),
        ("rbd: map failed: (5) Input/output error", "nothing"),
        ("rbd: rbd0: failed to acquire lock: -110", "rbd rbd0 110"),
        (
            "bcachefs (sdb1): bch2_trans_commit_write_locked(): fatal error in transaction commit:"
            " EIO",
            "filesystem sdb1 5",
        ),
        ("bcachefs (sdb1): write error: ENOSPC_bucket_alloc", "filesystem sdb1 write 28"),
        ("/dev/sdf1: Can't open blockdev", "filesystem sdf1"),
        ("device-mapper: dm-multipath: Failing path 8:128", "device_mapper 8:128"),
        (
            "device-mapper: dm-multipath: 8:128 (#69447): IO error - error: -5 - bi_rw: 9",
            "device_mapper 8:128 5",
        ),
        ("md/raid:md16: read error corrected", "md md16 read repair"),
        (
            "sdhci-esdhc 2140000.esdhc: Card stuck in wrong state! card_busy_detect status: 0xc00",
            "mmc 2140000.esdhc",
        ),
        (
            "sdhost-bcm2835 3f202000.mmc: timeout waiting for hardware interrupt.",
            "mmc 3f202000.mmc 110",
        ),
        ("rtsx_pci_sdmmc rtsx_pci_sdmmc.0: rtsx_pci_send_cmd fail", "mmc rtsx_pci_sdmmc.0"),
        ("usb 1-2: can't set config #1, error -110", "usb 1-2 110"),
        ("usb usb3-port1: config error", "usb usb3-port1"),
        ("usb usb1-port2: attempt power cycle", "usb usb1-port2"),
        ("xhci_hcd 0000:01:00.0: Host halt failed, -110", "usb 0000:01:00.0 110"),
        ("xhci_hcd 0000:01:00.0: WARNING: Host System Error", "usb 0000:01:00.0"),
        ("sd 1:2:0:0: [sdb] tag#9 Bad block number requested", "scsi sdb"),
        ("usb 1-2: can't sleep", "nothing"),
        (
            "rnbd_client L390: </dev/sdb@node2> write I/O failed with err: -5",
            "nbd write 5",
        ),
        ("rnbd_client L637: </dev/sdb@node2> Device disconnected.", "nbd"),
        (
            "rnbd_client L104: </dev/sdb@node2> Device online, device remapped successfully",
            "nbd repair",
        ),
        ("rnbd_client L1208: [session=node2] mapped 4/4 default/read queues.", "nothing"),
        ("rtrs_server L1211: <node2>: remote access error (wr_cqe: 0000002d27244a)", "nbd"),
        ("pktcdvd: pktcdvd0: writer mapped to sr0", "nothing"),
        ("pktcdvd: pktcdvd0: failed get_disc", "block pktcdvd0"),
        ("block pktcdvd0: 43 00 00 0c 00 - sense 02.3a.02 (Not ready)", "block pktcdvd0"),
        ("vbd vbd-51712: 16 Device in use; refuse to close", "virtio vbd-51712 16"),
    ],
)
def test_a_line_says_what_happened_where(line: str, expected: str) -> None:
    """Kind, device, sector, direction, errno, and significance if it is no trouble."""
    assert told(line, None) == expected
