"""Lines of filesystems: of those on a block device, of those over a network, FUSE and ZFS."""

from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.fs.btrfs import BTRFS_FORMS
from vexfsctl.logs.kernel.fs.ext4 import EXT4_FORMS
from vexfsctl.logs.kernel.fs.fat import FAT_FORMS
from vexfsctl.logs.kernel.fs.flash import FLASH_FORMS
from vexfsctl.logs.kernel.fs.journal import JOURNAL_FORMS
from vexfsctl.logs.kernel.fs.local import LOCAL_FORMS
from vexfsctl.logs.kernel.fs.remote import REMOTE_FORMS
from vexfsctl.logs.kernel.fs.xfs import XFS_FORMS
from vexfsctl.logs.kernel.fs.zfs import ZFS_FORMS

FS_FORMS: tuple[EvidenceForm, ...] = (
    *EXT4_FORMS,
    *JOURNAL_FORMS,
    *XFS_FORMS,
    *BTRFS_FORMS,
    *FAT_FORMS,
    *FLASH_FORMS,
    *LOCAL_FORMS,
    *REMOTE_FORMS,
    *ZFS_FORMS,
)
"""In the order tried."""
