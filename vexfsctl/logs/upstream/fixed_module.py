"""The newest kernel module (`vexfs_deadlock_fix`, type `vexfs_fixed`): itself and its metadata.

Sources: kernel_module/core/{main,superblock,block,inode,dir,dir_fix}.c of 29351b8. It has neither
ids nor breakers nor states; what matters is in the text, never in the level.
"""

from vexfsctl.logs.upstream.form import Form, about
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamKind

_ERROR = Significance.ERROR
_DAMAGED = Significance.CORRUPTION
_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity

_NO_MOUNT = "the mount fails"
_NO_LOAD = "the module does not load"
_HANGS = "if no line reports its end, it hangs"
_OWN_BUG = "a mistake of the module, not of the device"

_MODULE = (
    Form(
        "fixed_loading",
        "VexFS v2.0-FIXED: Initializing vector filesystem with inode lifecycle fixes",
        kind=UpstreamKind.MODULE_LOADED,
    ),
    Form(
        "fixed_inode_cache_failed",
        "VexFS: Failed to create inode cache",
        _ERROR,
        severity=_CRITICAL,
        error="OutOfMemory",
        note=_NO_LOAD,
    ),
    Form("fixed_registered", "VexFS v2.0: Successfully registered filesystem"),
    Form("fixed_unregistering", "VexFS v2.0: Unregistering vector filesystem"),
    Form(
        "fixed_unloaded",
        "VexFS v2.0: Successfully unregistered filesystem",
        kind=UpstreamKind.MODULE_UNLOADED,
    ),
)

_SUPERBLOCK = about(
    OperationType.SUPERBLOCK,
    Form(
        "fixed_unmounting",
        "VexFS: Starting filesystem unmount",
        kind=UpstreamKind.CALL_STARTED,
        call="kill_sb",
        note=_HANGS,
    ),
    Form("fixed_kill_null", "VexFS: kill_sb called with NULL sb", _ERROR, severity=_MEDIUM),
    Form(
        "fixed_unmounted",
        "VexFS: Filesystem unmount completed",
        kind=UpstreamKind.UNMOUNTED,
        call="kill_sb",
        note="also logged after a mount that failed",
    ),
    Form(
        "fixed_superblock_unreadable",
        "VexFS: Unable to read superblock",
        _ERROR,
        severity=_CRITICAL,
        error="IoError.ReadError",
        note=_NO_MOUNT,
    ),
    Form(
        "fixed_magic_wrong",
        "VexFS: Invalid magic number: {x:0x0}",
        _ERROR,
        severity=_CRITICAL,
        error="InvalidMagic",
        note="the mount fails: no VexFS is there, one of another layout, or its start is damaged",
    ),
    Form(
        "fixed_inode_block_unreadable",
        "VexFS: Failed to read inode block {block:2}",
        _ERROR,
        severity=_CRITICAL,
        error="IoError.ReadError",
        note=_NO_MOUNT,
    ),
    Form("fixed_root_loading", "VexFS: Loading existing root inode"),
    Form(
        "fixed_root_unloadable",
        "VexFS: Failed to load existing root inode",
        _ERROR,
        severity=_CRITICAL,
        note=_NO_MOUNT,
    ),
    Form(
        "fixed_root_creating",
        "VexFS: Creating new root inode",
        note="the inode table was not formatted: its first inode has no mode",
    ),
    Form(
        "fixed_root_directory_failed",
        "VexFS: Failed to initialize root directory: {code:-28}",
        _ERROR,
        severity=_CRITICAL,
        note=_NO_MOUNT,
    ),
    Form(
        "fixed_root_unwritten",
        "VexFS: Failed to write root inode to disk: {code:-5}",
        _ERROR,
        severity=_CRITICAL,
        error="IoError.WriteError",
    ),
    Form(
        "fixed_mounted",
        "VexFS: Mounted filesystem with {d:2048} blocks, {d:1024} inodes",
        kind=UpstreamKind.MOUNTED,
    ),
    Form(
        "fixed_put_super_null",
        "VexFS: put_super called with NULL sb_info",
        _ERROR,
        severity=_LOW,
        note="an unmount after a failed mount",
    ),
    Form(
        "fixed_put_super",
        "VexFS: Starting put_super cleanup",
        kind=UpstreamKind.CALL_STARTED,
        call="put_super",
        note=_HANGS,
    ),
    Form(
        "fixed_put_super_done",
        "VexFS: put_super cleanup completed",
        kind=UpstreamKind.CALL_SUCCEEDED,
        call="put_super",
    ),
)

_SYNC = about(
    OperationType.SYNC,
    Form("fixed_sync_null_sb", "VexFS: sync_fs called with NULL sb", _ERROR, severity=_MEDIUM),
    Form(
        "fixed_sync_null_info",
        "VexFS: sync_fs called with NULL sb_info",
        _ERROR,
        severity=_MEDIUM,
    ),
)

_BLOCKS = about(
    OperationType.STORAGE,
    Form(
        "fixed_no_blocks",
        "VexFS: No free data blocks available (first_data_block={d:66}, total={d:2048})",
        _ERROR,
        severity=_HIGH,
        error="OutOfSpace",
    ),
    Form(
        "fixed_block_allocated",
        "VexFS: Allocated data block {block:67} (first_data_block={d:66})",
    ),
    Form(
        "fixed_block_out_of_range",
        "VexFS: Trying to free invalid block {block:90000}",
        _DAMAGED,
        error="StorageError.MetadataCorrupted",
        note="metadata names a block beyond the end of the filesystem",
    ),
    Form(
        "fixed_bitmap_unreadable",
        "VexFS: Unable to read block bitmap",
        _ERROR,
        severity=_CRITICAL,
        error="IoError.ReadError",
        note="the block that was to be freed stays allocated",
    ),
    Form(
        "fixed_block_freed_twice",
        "VexFS: Trying to free already free block {block:67}",
        _DAMAGED,
        error="StorageError.MetadataCorrupted",
        note="two owners have had the same block",
    ),
)

_INODES = about(
    OperationType.INODE,
    Form(
        "fixed_inode_cache_missing",
        "VexFS: inode cache not initialized",
        _ERROR,
        severity=_HIGH,
        note=_OWN_BUG,
    ),
    Form(
        "fixed_inode_unallocated",
        "VexFS: failed to allocate inode from cache",
        _ERROR,
        severity=_HIGH,
        error="OutOfMemory",
    ),
    Form(
        "fixed_inode_out_of_range",
        "VexFS: Trying to free invalid inode {inode:90000}",
        _DAMAGED,
        error="StorageError.MetadataCorrupted",
        note="a number out of range, or the root",
    ),
    Form(
        "fixed_inode_freed",
        "VexFS: Freed inode {inode:3}",
        note="this build never clears it on disk: the inode cannot be used again",
    ),
    Form(
        "fixed_inode_unreadable",
        "VexFS: Failed to read inode {inode:12}",
        _ERROR,
        severity=_HIGH,
        error="IoError.ReadError",
    ),
    Form(
        "fixed_inode_misplaced",
        "VexFS: Invalid inode {inode:90000} location (block={block:2502}, offset={d:0})",
        _DAMAGED,
        error="InvalidInode",
    ),
    Form(
        "fixed_root_raw",
        "VexFS: Root inode raw data at block={block:2}, offset={d:0}:",
    ),
    Form(
        "fixed_inode_mode",
        "VexFS: i_mode={x:0x41ed}, i_links_count={d:2}, i_uid={d:0}, i_gid={d:0}",
    ),
    Form("fixed_inode_size", "VexFS: i_size={d:4096}, i_blocks={d:1}"),
    Form(
        "fixed_inode_blocks",
        "VexFS: i_block[0]={d:66}, i_block[1]={d:0}, i_block[2]={d:0}",
    ),
    Form(
        "fixed_inode_unused",
        "VexFS: Inode {inode:12} has invalid mode (0)",
        _DAMAGED,
        error="StorageError.MetadataCorrupted",
        note="a directory entry names an inode that is not in use",
    ),
    Form(
        "fixed_inode_loaded",
        "VexFS: Loaded inode {inode:1}: i_block_count={d:1}, i_blocks[0]={d:66}",
    ),
    Form(
        "fixed_inode_unwritten",
        "VexFS: Failed to read block for inode {inode:1}",
        _ERROR,
        severity=_HIGH,
        error="IoError.ReadError",
        note="the inode is not written back",
    ),
)

_DIRECTORIES = about(
    OperationType.DIRECTORY,
    Form(
        "fixed_directory_block",
        "VexFS: vexfs_get_dir_block: inode {inode:1}, i_block_count={d:1},"
        " i_blocks[0]={d:66}, create={d:0}",
    ),
    Form("fixed_directory_allocating", "VexFS: Allocating new directory block for inode {inode:4}"),
    Form(
        "fixed_directory_unallocated",
        "VexFS: Failed to allocate directory block for inode {inode:4}",
        _ERROR,
        severity=_HIGH,
        error="OutOfSpace",
    ),
    Form(
        "fixed_directory_allocated",
        "VexFS: Allocated directory block {block:76} for inode {inode:4}",
    ),
    Form(
        "fixed_directory_empty",
        "VexFS: Directory inode {inode:4} has no blocks and create=0",
        _DAMAGED,
        error="StorageError.MetadataCorrupted",
        note="a directory without data",
    ),
    Form(
        "fixed_directory_existing",
        "VexFS: Using existing directory block {block:66} for inode {inode:1}",
    ),
    Form(
        "fixed_directory_reading", "VexFS: Reading directory block {block:66} for inode {inode:1}"
    ),
    Form(
        "fixed_directory_block_unreadable",
        "VexFS: Failed to read directory block {block:66} for inode {inode:1}",
        _ERROR,
        severity=_HIGH,
        error="IoError.ReadError",
    ),
    Form(
        "fixed_directory_unreadable",
        "VexFS: Failed to read directory block for inode {inode:1}",
        _ERROR,
        severity=_HIGH,
        error="IoError.ReadError",
        call="readdir",
    ),
    Form(
        "fixed_entry_malformed",
        "VexFS: Invalid directory entry record length",
        _DAMAGED,
        error="StorageError.MetadataCorrupted",
        call="readdir",
        note="the directory cannot be listed further",
    ),
)

FORMS = (*_MODULE, *_SUPERBLOCK, *_SYNC, *_BLOCKS, *_INODES, *_DIRECTORIES)
"""In the order tried."""
