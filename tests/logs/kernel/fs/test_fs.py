"""Lines of filesystems, as kernels from 3.2 to 6.18 and OpenZFS print them."""

import pytest

from tests.logs.data import recorded
from tests.logs.kernel.told import evidence_of, told
from vexfsctl.logs.kernel.evidence import parse_evidence
from vexfsctl.model.events import EvidenceSignificance


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "EXT4-fs error (device sdb1): ext4_find_entry:1455: inode #2: comm systemd: reading"
            " directory lblock 0",
            "filesystem sdb1 read",
        ),
        (
            "EXT4-fs error (device dm-5) in __ext4_new_inode:1094: Journal has aborted",
            "filesystem dm-5 30",
        ),
        (
            "EXT4-fs error (device sda1) in ext4_reserve_inode_write:5747: IO failure",
            "filesystem sda1 5",
        ),
        (
            "EXT4-fs error (device sda3): ext4_get_inode_loc:4391: inode #12: block 1057: comm"
            " ls: unable to read itable block",
            "filesystem sda3 read",
        ),
        (
            "EXT4-fs warning (device md0): ext4_end_bio:343: I/O error 10 writing to inode 14"
            " starting block 9217)",
            "filesystem md0 write 5",
        ),
        (
            "EXT4-fs warning (device sdb1): ext4_end_bio:315: I/O error -5 writing to inode 12"
            " (offset 0 size 4096 starting block 1234)",
            "filesystem sdb1 write 5",
        ),
        (
            "EXT4-fs warning (device sdb1): ext4_end_bio:343: I/O error 3 writing to inode 14"
            " starting block 9217)",
            "filesystem sdb1 write 28",
        ),
        (
            "EXT4-fs (dm-0): Delayed block allocation failed for inode 37 at logical offset 0"
            " with max blocks 2 with error 28",
            "filesystem dm-0 write 28",
        ),
        ("EXT4-fs (sdb1): previous I/O error to superblock detected", "filesystem sdb1 write"),
        ("EXT4-fs (md0): I/O error while writing superblock", "filesystem md0 write"),
        ("EXT4-fs (sda1): Remounting filesystem read-only", "filesystem sda1"),
        (
            "EXT4-fs (sda1): warning: mounting fs with errors, running e2fsck is recommended",
            "filesystem sda1",
        ),
        ("EXT4-fs (sda2): write access unavailable, cannot proceed", "filesystem sda2 write"),
        (
            "EXT4-fs (sda1): INFO: recovery required on readonly filesystem",
            "filesystem sda1 routine",
        ),
        ("EXT4-fs (dm-0): error count since last fsck: 4", "filesystem dm-0 routine"),
        (
            "EXT4-fs (dm-0): initial error at time 1606316142: ext4_lookup:1700: inode 130819",
            "filesystem dm-0 routine",
        ),
        ("EXT4-fs (sda1): 3 orphan inodes deleted", "filesystem sda1 routine"),
        (
            "EXT3-fs error (device dm-0): ext3_get_inode_loc: unable to read inode block -"
            " inode=8, block=1027",
            "filesystem dm-0 read",
        ),
        ("EXT2-fs (sdc1): error: unable to read superblock", "filesystem sdc1 read"),
        (
            "JBD2: Error -5 detected when updating journal superblock for dm-0-8.",
            "filesystem dm-0 write 5",
        ),
        (
            "JBD2: Detected IO errors while flushing file data on nvme0n1p1-8",
            "filesystem nvme0n1p1 write",
        ),
        ("JBD: Detected IO errors while flushing file data on sda1", "filesystem sda1 write"),
        ("JBD2: IO error -5 recovering block 3073 in log", "filesystem 5"),
        (
            "JBD2: previous I/O error detected for journal superblock update for cciss!c0d0p1-8.",
            "filesystem cciss!c0d0p1 write",
        ),
        ("JBD2: Clearing recovery information on journal", "filesystem routine"),
        ("Aborting journal on device md127-8.", "filesystem md127"),
        ("Aborting journal on device sda3:8.", "filesystem sda3"),
        (
            'XFS (vdb): metadata I/O error in "xfs_read_agi+0x96/0x140 [xfs]" at daddr 0x2 len'
            " 1 error 5",
            "filesystem vdb 2 read 5",
        ),
        (
            'XFS (dm-1): metadata I/O error: block 0x1d2c0cf0 ("xfs_trans_read_buf_map") error'
            " 5 numblks 32",
            "filesystem dm-1 489426160 read 5",
        ),
        (
            "XFS (dm-0): Metadata CRC error detected at xfs_agi_read_verify+0xd0/0x100 [xfs],"
            " xfs_agi block 0x2",
            "filesystem dm-0 2",
        ),
        (
            "XFS (sdb1): Failing async write on buffer block 0x7fffffff0. Retrying async write.",
            "filesystem sdb1 34359738352 write",
        ),
        (
            "XFS (dm-0): log recovery write I/O error at daddr 0x40 len 8 error -5",
            "filesystem dm-0 64 write 5",
        ),
        (
            'XFS (dm-1): metadata I/O error: block 0x40 ("xlog_recover_iodone") error 5 numblks 8',
            "filesystem dm-1 64 5",
        ),
        ("XFS (dm-1): log I/O error -5", "filesystem dm-1 write 5"),
        (
            "BTRFS warning (device dm-0): direct IO failed ino 4077816 rw 0,0 sector 0x3660bb80 len"
            " 4096 err no 10",
            "filesystem dm-0 read 5",
        ),
        (
            "BTRFS warning (device dm-0): direct IO failed ino 257 op 0x8801 offset 0x1000 len 4096"
            " err no 10",
            "filesystem dm-0 write 5",
        ),
        (
            "erofs: (device loop0): erofs_read_superblock: blkszbits 14 isn't supported",
            "filesystem loop0",
        ),
        (
            "BTRFS info (device dm-0): the free space cache file (615276085) is invalid, skip it",
            "filesystem dm-0 routine",
        ),
        (
            "BTRFS info (device sda): no csum found for inode 124415604 start 0",
            "filesystem sda read",
        ),
        ("UBI: fixable bit-flip detected at PEB 273", "filesystem repair"),
        ("ubi0: fixable bit-flip detected at PEB 273", "filesystem ubi0 repair"),
        (
            "UBI warning: ubi_io_read: error -74 (ECC error) while reading 64 bytes from PEB 0:0,"
            " read only 64 bytes, retry",
            "filesystem read 74",
        ),
        ("XFS (dm-17): writeback error on sector 1841944", "filesystem dm-17 1841944 write"),
        (
            'I/O error in filesystem ("sda2") meta-data dev sda2 block 0xf054f4      '
            ' ("xlog_iodone") error 5 buf count 32768',
            "filesystem sda2 15750388 write 5",
        ),
        (
            "xfs_force_shutdown(sda2,0x2) called from line 956 of file fs/xfs/xfs_log.c.  Return"
            " address = 0x801288d8",
            "filesystem sda2",
        ),
        (
            'Filesystem "dm-0": xfs_log_force: error 5 returned.',
            "filesystem dm-0 5",
        ),
        (
            "XFS (dm-1): xfs_do_force_shutdown(0x2) called from line 1180 of file"
            " fs/xfs/xfs_log.c.  Return address = 00000000c0ffee",
            "filesystem dm-1",
        ),
        (
            "XFS (dm-1): Log I/O Error (0x2) detected at xlog_ioend_work+0x6d/0x70 [xfs]"
            " (fs/xfs/xfs_log.c:1377).  Shutting down filesystem.",
            "filesystem dm-1",
        ),
        (
            "XFS (sda1): Corruption of in-memory data (0x8) detected at"
            " xfs_defer_finish_noroll+0x2a/0x5d0 [xfs] (fs/xfs/libxfs/xfs_defer.c:533). "
            " Shutting down filesystem.",
            "filesystem sda1",
        ),
        ("XFS (sda1): xfs_log_force: error -5 returned.", "filesystem sda1 5"),
        ("XFS (sda1): log mount/recovery failed: error -117", "filesystem sda1 117"),
        (
            "XFS (sdd1): Please run xfs_repair to determine the extent of the problem.",
            "filesystem sdd1",
        ),
        ("XFS (dm-2): Please unmount the filesystem and rectify the problem(s)", "filesystem dm-2"),
        ("dm-2: writeback error on inode 131, offset 0, sector 448", "filesystem dm-2 448 write"),
        (
            "BTRFS error (device dm-15): bdev /dev/dm-10 errs: wr 5, rd 0, flush 0, corrupt 0,"
            " gen 0",
            "filesystem dm-10",
        ),
        (
            "BTRFS info (device dm-15): bdev /dev/dm-10 errs: wr 5, rd 0, flush 0, corrupt 0,"
            " gen 0",
            "filesystem dm-10 routine",
        ),
        (
            "BTRFS error (device sdb1): bdev /dev/mapper/luks-x errs: wr 1, rd 0, flush 0,"
            " corrupt 0, gen 0",
            "filesystem sdb1 mapper/luks-x",
        ),
        (
            "BTRFS error (device sdb): fixed up error at logical 1103101952 on dev /dev/sdb"
            " physical 1103101952",
            "filesystem sdb 2154496 repair",
        ),
        (
            "BTRFS error (device sdb): unable to fixup (regular) error at logical 1103101952 on"
            " dev /dev/sdc",
            "filesystem sdc",
        ),
        (
            "BTRFS warning (device sdb): i/o error at logical 1103101952 on dev /dev/sdc,"
            " sector 2154496: metadata leaf (level 0) in tree 7",
            "filesystem sdc 2154496",
        ),
        (
            "BTRFS warning (device sdb): checksum error at logical 1103101952 on dev /dev/sdb,"
            " physical 1103101952, root 5, inode 257, offset 0, length 4096, links 1 (path:"
            " file)",
            "filesystem sdb 2154496",
        ),
        (
            "BTRFS info (device sdb): read error corrected: ino 257 off 4096 (dev /dev/sdb"
            " sector 2048)",
            "filesystem sdb 2048 read repair",
        ),
        (
            "btrfs read error corrected: ino 1 off 4096 (dev /dev/sdb sector 2048)",
            "filesystem sdb 2048 read repair",
        ),
        (
            "BTRFS warning (device dm-2): lost page write due to IO error on /dev/dm-3 (-5)",
            "filesystem dm-3 write 5",
        ),
        (
            "BTRFS: error (device dm-2: state EA) in cleanup_transaction:2013: errno=-5 IO failure",
            "filesystem dm-2 5",
        ),
        ("BTRFS info (device dm-2: state EA): forced readonly", "filesystem dm-2"),
        (
            "BTRFS warning (device dm-2): csum failed root 5 ino 257 off 8192 csum 0x58ba9289"
            " expected csum 0x34e45e96 mirror 1",
            "filesystem dm-2",
        ),
        ("BTRFS error (device sdb): open_ctree failed: -5", "filesystem sdb 5"),
        ("BTRFS: open_ctree failed", "filesystem"),
        (
            "BTRFS warning (device sda): direct IO failed ino 257 op 0x0 offset 0x1000 len 4096"
            " err no 10",
            "filesystem sda read 5",
        ),
        ("F2FS-fs (mmcblk0p2): Stopped filesystem due to reason: 3", "filesystem mmcblk0p2"),
        ("FAT-fs (sdb1): FAT read failed (blocknr 4711)", "filesystem sdb1 read"),
        (
            "FAT-fs (sdb1): Volume was not properly unmounted. Some data may be corrupt. Please"
            " run fsck.",
            "filesystem sdb1 routine",
        ),
        ("exFAT-fs (sdb1): error, invalid cluster chain", "filesystem sdb1"),
        ("ntfs3(sda1): ino=5, failed to convert", "filesystem sda1"),
        ("ntfs3: sda1: Mark volume as dirty due to NTFS errors", "filesystem sda1"),
        ("NTFS-fs error (device sda1): load_system_files(): Failed", "filesystem sda1"),
        ("UDF-fs: error (device sr0): udf_read_inode: (ino 512) failed !bh", "filesystem sr0"),
        ("erofs: (device loop3): z_erofs_lz4_decompress: failed to decompress", "filesystem loop3"),
        ("squashfs: SQUASHFS error: Failed to read block 0x1234: -5", "filesystem read 5"),
        (
            "UBIFS error (ubi0:0 pid 1172): ubifs_read_node: bad node type (255 but expected 1)",
            "filesystem ubi0:0",
        ),
        ("bcachefs (sda1): error reading btree node: -5", "filesystem sda1 read 5"),
        ("ERROR: (device sdb1): dbAllocAG: unable to allocate blocks", "filesystem sdb1"),
        ("nfs: server filer1.example.com not responding, still trying", "nfs filer1.example.com"),
        ("nfs: server filer1.example.com OK", "nfs filer1.example.com repair"),
        ("nfs: server filer1.example.com not responding, timed out", "nfs filer1.example.com 110"),
        ("lockd: server 10.0.0.1 not responding, still trying", "nfs 10.0.0.1"),
        (
            "NFS: state manager: lease expired failed on NFSv4 server 10.0.0.1 with error 5",
            "nfs 10.0.0.1 5",
        ),
        (
            "CIFS VFS: Server 10.1.1.2 has not responded in 120 seconds. Reconnecting...",
            "smb 10.1.1.2 110",
        ),
        ("CIFS: VFS: \\\\nas\\share BAD_NETWORK_NAME: \\\\nas\\share", "smb nas"),
        ("CIFS: VFS: Send error in SessSetup = -13", "smb 13"),
        ("ceph: mds0 hung", "cluster mds0"),
        ("ceph: mds0 came back", "cluster mds0 repair"),
        (
            "gfs2: fsid=c:data.0: fatal: I/O error - block = 17, function = gfs2_ail1_start",
            "cluster c:data.0",
        ),
        ("GFS2: fsid=c:data.0: about to withdraw this file system", "cluster c:data.0"),
        ("(o2hb-0AB1C2,4711,1):o2hb_do_disk_heartbeat:990 ERROR: status = -5", "cluster 5"),
        (
            "zio pool=tank vdev=/dev/sdb1 error=5 type=2 offset=270336 size=8192 flags=180880",
            "zfs sdb1 528 write 5",
        ),
        (
            "WARNING: Pool 'tank' has encountered an uncorrectable I/O failure and has been"
            " suspended.",
            "zfs tank",
        ),
        (
            "SPLError: 412:0:(spl-err.c:67:vcmn_err()) WARNING: Pool 'tank' has encountered an"
            " uncorrectable I/O failure and has been suspended.",
            "zfs tank",
        ),
        (
            "WARNING: MMP writes to pool 'tank' have not succeeded in over 5000 ms; suspending"
            " pool.",
            "zfs tank",
        ),
        (
            "zed[812]: eid=5 class=io pool='tank' vdev=sdb1 size=131072 offset=270336"
            " priority=0 err=5 flags=0x180880",
            "zfs sdb1 528 5",
        ),
        (
            "zed: eid=14 class=statechange pool='tank' vdev=sdb1 vdev_state=ONLINE",
            "zfs sdb1 repair",
        ),
        ("zed: eid=15 class=resilver_finish pool='tank'", "zfs repair"),
        (
            "BTRFS error (device dm-5): read time tree block corruption detected on logical"
            " 20387303407616 mirror 1",
            "filesystem dm-5 read",
        ),
        (
            "BTRFS error (device sda1): block=313769984 write time tree block corruption detected",
            "filesystem sda1 write",
        ),
        (
            "EXT4-fs (sda1): ext4_check_descriptors: Block bitmap for group 0 not in group"
            " (block 0)!",
            "filesystem sda1",
        ),
        ("FAT-fs (sdb1): bogus number of reserved sectors", "filesystem sdb1"),
        ("FAT: Filesystem error (dev loop0)", "filesystem loop0"),
        ("fat_get_cluster: invalid cluster chain (i_pos 0)", "filesystem"),
        ('ntfs3: sdb1: volume is dirty and "force" flag is not set!', "filesystem sdb1"),
        ("ntfs3(sdb2): It is recommended to use chkdsk.", "filesystem sdb2"),
        ("ntfs3: sdg1: MFT: r=3c, expect seq=1 instead of 4!", "filesystem sdg1"),
        (
            "[EXFAT] sector_read: out of range error! (sec = 33429809600)",
            "filesystem 33429809600 read",
        ),
        (
            "[SDFAT] (mmcblk1p1[179:1]): Filesystem has been set read-only",
            "filesystem mmcblk1p1",
        ),
        ("EXT4-fs (sdc1): filesystem has both journal and inode journals!", "filesystem sdc1"),
        (
            "EXT4-fs (vda): The kernel was not built with CONFIG_QUOTA and CONFIG_QFMT_V2",
            "filesystem vda",
        ),
        (
            'VFS: Cannot open root device "mtdblock1" or unknown-block(0,0): error -6',
            "filesystem mtdblock1 6",
        ),
        (
            'VFS: Cannot open root device "UUID=96991ead" or unknown-block(0,0): error -6',
            "filesystem 6",
        ),
        (
            "XFS (rbd0): Attempted to mount read-only compatible filesystem read-write.",
            "filesystem rbd0",
        ),
        ("XFS (rbd0): Filesystem can only be safely mounted read only.", "filesystem rbd0"),
        ("XFS (sda1): Allocated a known in-use inode 0x83!", "filesystem sda1"),
        (
            "EXT4-fs error (device loop1): ext4_check_bdev_write_error:217: comm rs:main Q:Reg:"
            " Error while async write back metadata",
            "filesystem loop1 write",
        ),
        ("nfsd: non-standard errno: -107", "nfs 107"),
        ("nfs_create_rpc_client: cannot create RPC client. Error = -110", "nfs 110"),
        ("NFS4: Couldn't follow remote path", "nfs"),
        ("9pnet_virtio: no channels available for device drvfsa", "network_filesystem"),
        ("spi-nand spi0.0: ecc error at 4096 (2048 of 2048 read), err -74", "filesystem spi0.0 74"),
        ("mt29f spi0.0: ecc error, page=11461", "filesystem spi0.0"),
        ("__nand_correct_data: uncorrectable ECC error", "filesystem"),
        ("ceph:  dropping dirty+flushing Fw state for ffff8802dc150518 109993", "cluster"),
        ("ceph: [c0ffee00 4711]: mds0 caps still stale", "cluster mds0"),
    ],
)
def test_a_line_of_a_filesystem(line: str, expected: str) -> None:
    """Kind, device, member, sector, direction, errno, and its significance if it is no trouble."""
    assert told(line, None) == expected


@pytest.mark.parametrize(
    "line",
    [
        "EXT4-fs (sda1): re-mounted. Opts: errors=remount-ro",
        "EXT4-fs (sda1): recovery complete",
        "EXT4-fs (dm-0): Ignoring removed nomblk_io_submit option",
        "EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: (null)",
        "EXT4-fs (sda1): mounted filesystem 3946f399-14c1-4e41-a320-7d326a861c7e r/w with ordered"
        " data mode. Quota mode: none.",
        "EXT4-fs (sda1): mounting ext3 file system using the ext4 subsystem",
        "EXT4-fs (sda1): barriers disabled",
        "EXT4-fs (sda1): resizing filesystem from 1024 to 2048 blocks",
        "exFAT-fs (sdb1): rehashed a dentry(00000000c0ffee00) in read lookup",
        "ntfs3: Max link count 4000",
        "9p: Installing v9fs 9p2000 file system support",
        "XFS (sdb): Unmounting Filesystem",
        "XFS (sda1): Ending clean mount",
        "XFS (sda1): totally zeroed log",
        "XFS (sda1): Quotacheck: Done.",
        "XFS (sda1): nobarrier option is deprecated, ignoring.",
        "XFS (dm-0): Mounting V5 Filesystem",
        "XFS (dm-0): Starting recovery (logdev: internal)",
        "BTRFS info (device sda): scrub: finished on devid 1 with status: 0",
        "BTRFS info (device sda1): disk space caching is enabled",
        "F2FS-fs (sda1): Mounted with checkpoint version = 1a2b",
        "erofs: (device loop3): mounted with root inode @ nid 36.",
        "nfsd: last server has exited, flushing export cache",
        r"CIFS: Attempting to mount \\nas\share",
        "ceph: mds0 caps renewed",
        "dlm: connection to node 2 closed",
        "fuse: init (API version 7.45)",
        "overlayfs: upper fs does not support RENAME_WHITEOUT.",
        "nand: 24-bit HW ECC not possible on 2048 byte page size, fallback to SW ECC",
    ],
)
def test_good_news_of_a_filesystem_is_no_evidence(line: str) -> None:
    """At level info, or where the level is not known."""
    assert [told(line, level) for level in (6, None)] == ["nothing", "nothing"]


@pytest.mark.parametrize(
    "line",
    [
        "BTRFS info (device dm-4): ignoring bad roots",
        "BTRFS info (device dm-4): space_info total=8388608, used=0, pinned=0, readonly=0",
        "EXT4-fs (sda1): mballoc: 2 extents scanned, 1 goal hits, 0 2^N hits, 0 breaks, 0 lost",
        "F2FS-fs (mmcblk0p1): Magic Mismatch, valid(0xf2f52010) - read(0x0)",
        "F2FS-fs (mmcblk0p1): Can't find valid F2FS filesystem in 1th superblock",
        "F2FS-fs (mmcblk0p1): write access unavailable, skipping recovery",
        "FAT-fs (mmcblk0p1): Can't find a valid FAT filesystem",
        "erofs: (device loop3): DAX unsupported by block device. Turning off DAX.",
        "CIFS: VFS: Use of the less secure dialect vers=1.0 is not recommended unless required for"
        " access to very old servers",
        "CIFS: VFS: \\\\nas disabling echoes and oplocks",
    ],
)
def test_what_a_filesystem_tells_at_level_info_is_routine(line: str) -> None:
    """Although a word in it sounds like trouble, or a prefix says it is."""
    assert told(line, None).endswith(" routine")


def test_a_word_without_trouble_counts_where_no_level_says_otherwise() -> None:
    """ext4 has few words for good news, so what is none of them is bad, unless at level info."""
    line = "EXT4-fs (sda1): uh-oh! used pa while discarding"

    assert [told(line, level) for level in (3, 4, None, 6)] == [
        *("filesystem sda1", "filesystem sda1", "filesystem sda1", "nothing")
    ]


def test_counters_of_btrfs_are_old_at_a_mount_only() -> None:
    """The same words at level error report an error that was counted just now."""
    lines = [f"BTRFS {level} (device dm-15): bdev /dev/dm-10 errs: wr 5, rd 0, flush 0, corrupt 0,"
             " gen 0" for level in ("info", "error")]  # fmt: skip
    found = [evidence_of(line, None) for line in lines]

    assert [(each.device, each.significance) for each in found if each] == [
        ("dm-10", EvidenceSignificance.ROUTINE),
        ("dm-10", EvidenceSignificance.TROUBLE),
    ]


@pytest.mark.parametrize(
    ("capture", "device"),
    [("xfs-btrfs-on-dm", "dm-2"), ("head-dm-error-swap", "nvme0n1p1")],
)
def test_every_line_of_a_filesystem_in_a_capture_names_its_device(
    capture: str, device: str
) -> None:
    """Of Linux 6.1 in a virtual machine: XFS shut down, btrfs read-only, ext4 without its disk."""
    found = [
        (record.text, evidence.device)
        for record in recorded(f"qemu/{capture}.kmsg")
        if (evidence := parse_evidence(record)) and evidence.kind == "filesystem"
    ]
    assert found
    assert [text for text, named in found if named != device] == []
