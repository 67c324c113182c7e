"""Which subsystems there are, where their sources are, and by which macros they print errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.evidence.formats import Macro

_LEVELS = ("emerg", "alert", "crit", "err")
_VARIANTS = ("", "_ratelimited", "_once")
_PCI = "0000:03:00.0"


def _each(name: str, prefix: str, *, levelled: bool = False) -> dict[str, Macro]:
    return {name: Macro(prefix, levelled)}


def _levels(stem: str, prefix: str, variants: tuple[str, ...] = _VARIANTS) -> dict[str, Macro]:
    return {f"{stem}_{level}{v}": Macro(prefix) for level in _LEVELS for v in variants}


_PRINTK = {
    **_levels("pr", "{pr_fmt}"),
    **{f"printk{v}": Macro("", levelled=True) for v in _VARIANTS},
}


@dataclass(frozen=True)
class Subsystem:
    """Files of a source tree that are counted together."""

    name: str
    paths: tuple[str, ...]
    """Patterns of `Path.glob`."""
    module: str = ""
    """`KBUILD_MODNAME`, which `pr_fmt` may put before a message."""
    own: Mapping[str, Macro] = field(default_factory=dict)
    device: str = ""
    """What `dev_err` puts before a message: driver and device."""
    usual: str = ""
    """What a header puts before the messages of `pr_err`."""
    example: str = "name"
    """What its messages have where they print a string."""

    @property
    def macros(self) -> dict[str, Macro]:
        """All macros that print, by name."""
        device = f"{self.device}: " if self.device else "driver device: "
        devices = {**_levels("dev", device), **_levels("pci", device)}
        return {**_PRINTK, **devices, "dev_printk": Macro(device, levelled=True), **self.own}


_EXT4 = "EXT4-fs error (device sda1): function:5: "
_EXT4_ERRORS = (
    *("ext4_error", "ext4_error_err", "ext4_error_inode", "ext4_error_inode_err", "ext4_abort"),
    *("ext4_error_inode_block", "EXT4_ERROR_INODE", "EXT4_ERROR_INODE_ERR", "EXT4_ERROR_FILE"),
    *("ext4_grp_locked_error", "__ext4_error", "__ext4_error_inode"),
)
_XFS = "XFS (sda1): "
_BTRFS = "BTRFS error (device sda1): "
_BTRFS_VARIANTS = ("", "_rl", "_in_rcu", "_rl_in_rcu", "_ratelimited")

SUBSYSTEMS = (
    Subsystem("block", ("block/*.c", "fs/buffer.c", "fs/direct-io.c", "fs/iomap/*.c")),
    Subsystem(
        "SCSI",
        ("drivers/scsi/scsi*.c", "drivers/scsi/s[drt].c", "drivers/scsi/sd_*.c"),
        "scsi_mod",
        {
            **_each("sd_printk", "sd 0:0:0:0: [sda] ", levelled=True),
            **_each("sdev_printk", "sd 0:0:0:0: ", levelled=True),
            **_each("scmd_printk", "sd 0:0:0:0: [sda] tag#5 ", levelled=True),
            **_each("shost_printk", "scsi host0: ", levelled=True),
            **_each("starget_printk", "scsi target0:0:0: ", levelled=True),
            **_each("sr_printk", "sr 0:0:0:0: [sr0] ", levelled=True),
        },
        "sd 0:0:0:0",
    ),
    Subsystem(
        "libata",
        ("drivers/ata/libata*.c", "drivers/ata/libahci.c"),
        "libata",
        {
            **_levels("ata_port", "ata1: ", ("",)),
            **_levels("ata_link", "ata1: ", ("",)),
            **_levels("ata_dev", "ata1.00: ", ("",)),
        },
        f"ahci {_PCI}",
    ),
    Subsystem("NVMe", ("drivers/nvme/host/*.c",), "nvme", {}, "nvme nvme0"),
    Subsystem("md", ("drivers/md/md*.c", "drivers/md/raid*.c"), "md_mod", example="md0"),
    Subsystem(
        "dm",
        ("drivers/md/dm*.c", "drivers/md/dm-vdo/*.c", "drivers/md/persistent-data/*.c"),
        "dm_mod",
        {
            **_each("DMERR", "device-mapper: name: "),
            **_each("DMERR_LIMIT", "device-mapper: name: "),
            **_each("DMCRIT", "device-mapper: name: "),
            **_each("DMEMIT_ERR", "device-mapper: name: "),
        },
    ),
    Subsystem("bcache", ("drivers/md/bcache/*.c",), "bcache", usual="bcache: name() "),
    Subsystem("nbd", ("drivers/block/nbd.c",), "nbd", {}, "block nbd0"),
    Subsystem(
        "rbd, libceph",
        ("drivers/block/rbd.c", "net/ceph/*.c"),
        "libceph",
        _each("rbd_warn", "rbd: rbd0: "),
        usual="libceph: ",
    ),
    Subsystem(
        "virtio-blk", ("drivers/block/virtio_blk.c",), "virtio_blk", {}, "virtio_blk virtio1"
    ),
    Subsystem("mmc", ("drivers/mmc/core/*.c",), "mmc_core", {}, "mmcblk mmc0:0001", example="mmc0"),
    Subsystem(
        "USB storage",
        ("drivers/usb/storage/*.c",),
        "usb_storage",
        {
            **_each("scmd_printk", "sd 0:0:0:0: [sda] tag#5 ", levelled=True),
            **_each("shost_printk", "scsi host0: ", levelled=True),
        },
        "usb-storage 1-1:1.0",
    ),
    Subsystem(
        "loop, zram", ("drivers/block/loop.c", "drivers/block/zram/*.c"), "loop", example="loop0"
    ),
    Subsystem(
        "ext4, jbd2",
        ("fs/ext4/*.c", "fs/jbd2/*.c", "fs/ext2/*.c"),
        "ext4",
        {
            **{name: Macro(_EXT4) for name in _EXT4_ERRORS},
            **_each("ext4_msg", "EXT4-fs (sda1): ", levelled=True),
            **_each("ext2_msg", "EXT2-fs (sda1): ", levelled=True),
            **_each("ext2_error", "EXT2-fs (sda1): error: name: "),
        },
        example="jbd2_journal_bmap",
    ),
    Subsystem(
        "XFS",
        ("fs/xfs/*.c", "fs/xfs/*/*.c"),
        "xfs",
        {
            **_levels("xfs", _XFS),
            **_each("xfs_alert_tag", _XFS),
            **_each("xfs_buf_alert_ratelimited", _XFS),
        },
    ),
    Subsystem("btrfs", ("fs/btrfs/*.c",), "btrfs", _levels("btrfs", _BTRFS, _BTRFS_VARIANTS)),
    Subsystem(
        "F2FS",
        ("fs/f2fs/*.c",),
        "f2fs",
        {
            **_levels("f2fs", "F2FS-fs (sda1): "),
            **_each("f2fs_msg", "F2FS-fs (sda1): ", levelled=True),
        },
    ),
    Subsystem(
        "bcachefs",
        ("fs/bcachefs/*.c",),
        "bcachefs",
        {
            **{
                name: Macro("bcachefs (sda1): ")
                for name in (
                    "bch_err",
                    "bch_err_ratelimited",
                    "bch_err_dev",
                    "bch_err_inum",
                    "bch_err_inum_ratelimited",
                    "bch_err_dev_ratelimited",
                    "bch2_fs_fatal_error",
                )
            },
        },
    ),
    Subsystem(
        "FAT, exFAT, NTFS",
        ("fs/fat/*.c", "fs/exfat/*.c", "fs/ntfs3/*.c", "fs/ntfs/*.c"),
        "fat",
        {
            **_each("fat_fs_error", "FAT-fs (sda1): error, "),
            **_each("fat_fs_error_ratelimit", "FAT-fs (sda1): error, "),
            **_each("fat_msg", "FAT-fs (sda1): ", levelled=True),
            **_each("exfat_fs_error", "exFAT-fs (sda1): error, "),
            **_each("exfat_fs_error_ratelimit", "exFAT-fs (sda1): error, "),
            **_each("exfat_err", "exFAT-fs (sda1): "),
            **_each("ntfs_err", "ntfs3(sda1): "),
            **_each("ntfs_inode_err", "ntfs3(sda1): ino=5, "),
            **_each("ntfs_error", "NTFS-fs error (device sda1): function(): "),
        },
    ),
    Subsystem(
        "UDF, ISO 9660, SquashFS, EROFS",
        ("fs/udf/*.c", "fs/isofs/*.c", "fs/squashfs/*.c", "fs/erofs/*.c"),
        "squashfs",
        {
            **_each("udf_err", "UDF-fs: error (device sr0): function: "),
            **_each("ERROR", "SQUASHFS error: "),
            **_each("erofs_err", "erofs (device sda1): "),
        },
    ),
    Subsystem(
        "UBIFS, NILFS2, JFS",
        ("fs/ubifs/*.c", "fs/nilfs2/*.c", "fs/jfs/*.c"),
        "ubifs",
        {
            **_each("ubifs_err", "UBIFS error (ubi0:0 pid 5): function: "),
            **_each("nilfs_err", "NILFS (sda1): "),
            **_each("nilfs_crit", "NILFS (sda1): "),
            **_each("nilfs_error", "NILFS error (device sda1): function: "),
            **_each("jfs_error", "ERROR: (device sda1): function: "),
        },
    ),
    Subsystem("NFS", ("fs/nfs/*.c", "fs/lockd/*.c", "net/sunrpc/*.c"), "NFS"),
    Subsystem(
        "SMB",
        ("fs/smb/client/*.c", "fs/cifs/*.c"),
        "CIFS",
        {
            **_each("cifs_dbg", "CIFS: VFS: ", levelled=True),
            **_each("cifs_server_dbg", r"CIFS: VFS: \\server ", levelled=True),
            **_each("cifs_tcon_dbg", r"CIFS: VFS: \\server\share ", levelled=True),
        },
    ),
    Subsystem(
        "Ceph",
        ("fs/ceph/*.c",),
        "ceph",
        {f"pr_err{v}_client": Macro("ceph: [name 5]: ") for v in _VARIANTS},
        usual="ceph: ",
    ),
    Subsystem("FUSE", ("fs/fuse/*.c",), "fuse"),
    Subsystem(
        "GFS2, OCFS2, DLM",
        ("fs/gfs2/*.c", "fs/ocfs2/*.c", "fs/ocfs2/*/*.c", "fs/dlm/*.c"),
        "gfs2",
        {
            **_levels("fs", "gfs2: fsid=name:name.0: ", ("",)),
            **_each("mlog", "(name,5,5):function:5 ERROR: ", levelled=True),
            **_each("ocfs2_error", "OCFS2: ERROR (device sda1): function: "),
            **_each("ocfs2_abort", "OCFS2: abort (device sda1): function: "),
            **_each("log_print", "dlm: "),
            **_each("log_error", "dlm: name: "),
        },
        usual="gfs2: ",
    ),
    Subsystem(
        "DRBD",
        ("drivers/block/drbd/*.c",),
        "drbd",
        _levels("drbd", "drbd name/0 drbd0: ", ("",)),
    ),
    Subsystem(
        "swap, OOM",
        ("mm/page_io.c", "mm/swapfile.c", "mm/swap_state.c", "mm/oom_kill.c"),
        example="Out of memory",
    ),
    Subsystem(
        "hung tasks, lockups, RCU",
        ("kernel/hung_task.c", "kernel/watchdog*.c", "kernel/workqueue.c", "kernel/rcu/tree_*.h"),
        "watchdog",
        usual="rcu: ",
        example="rcu_sched",
    ),
    Subsystem(
        "MCE, EDAC",
        ("arch/x86/kernel/cpu/mce/*.c", "drivers/edac/edac_mc.c", "drivers/edac/edac_pci.c"),
        "mce",
        {
            **_each("edac_mc_printk", "EDAC MC0: ", levelled=True),
            **_each("edac_printk", "EDAC name: ", levelled=True),
            **_each("edac_pci_printk", "EDAC PCI0: ", levelled=True),
        },
        usual="mce: ",
    ),
    Subsystem(
        "AER, DPC",
        ("drivers/pci/pcie/aer.c", "drivers/pci/pcie/dpc.c", "drivers/pci/pcie/err.c"),
        "aer",
        {},
        f"pcieport {_PCI}: AER",
    ),
    Subsystem(
        "iSCSI",
        (
            "drivers/scsi/libiscsi*.c",
            "drivers/scsi/scsi_transport_iscsi.c",
            "drivers/scsi/iscsi_tcp.c",
        ),
        "iscsi",
        {
            **_each("iscsi_conn_printk", " connection1:0: ", levelled=True),
            **_each("iscsi_cls_conn_printk", " connection1:0: ", levelled=True),
            **_each("iscsi_session_printk", " session1: ", levelled=True),
            **_each("iscsi_cls_session_printk", " session1: ", levelled=True),
        },
        " session1",
    ),
    Subsystem("FC transport", ("drivers/scsi/scsi_transport_fc.c",), "fc", {}, " rport-0:0-1"),
    Subsystem(
        "mpt3sas",
        ("drivers/scsi/mpt3sas/*.c",),
        "mpt3sas",
        _each("ioc_err", "mpt3sas_cm0: "),
        f"mpt3sas {_PCI}",
        example="mpt3sas_cm0",
    ),
    Subsystem(
        "megaraid_sas",
        ("drivers/scsi/megaraid/megaraid_sas*.c",),
        "megaraid_sas",
        {},
        f"megaraid_sas {_PCI}",
    ),
    Subsystem("hpsa", ("drivers/scsi/hpsa.c",), "hpsa", {}, f"hpsa {_PCI}"),
    Subsystem(
        "aacraid",
        ("drivers/scsi/aacraid/*.c",),
        "aacraid",
        {},
        f"aacraid {_PCI}",
        example="aacraid",
    ),
    Subsystem("smartpqi", ("drivers/scsi/smartpqi/*.c",), "smartpqi", {}, f"smartpqi {_PCI}"),
    Subsystem(
        "lpfc",
        ("drivers/scsi/lpfc/*.c",),
        "lpfc",
        {
            **_each("lpfc_printf_log", f"lpfc {_PCI}: 0:", levelled=True),
            **_each("lpfc_printf_vlog", f"lpfc {_PCI}: 0:(0):", levelled=True),
        },
        f"lpfc {_PCI}",
    ),
    Subsystem(
        "mvsas, pm80xx, ahci",
        ("drivers/scsi/mvsas/*.c", "drivers/scsi/pm8001/*.c", "drivers/ata/ahci.c"),
        "pm80xx",
        {},
        f"mvsas {_PCI}",
    ),
)
"""In the order of the table."""
