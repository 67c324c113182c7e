"""The newest kernel module (`vexfs_deadlock_fix`): data of files, and its guards against NULL.

Sources: kernel_module/core/{file,file_enhanced,safe_wrappers}.c and null_safety.h of 29351b8. Its
traces are printed at level ALERT, which means nothing.
"""

from vexfsctl.logs.upstream.form import Form, about
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance

_ERROR = Significance.ERROR
_DAMAGED = Significance.CORRUPTION
_MEDIUM, _HIGH, _CRITICAL = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL

_TRACE = "a trace: its level, ALERT, means nothing"
_FULL = "the filesystem is full, or the file larger than 48 KiB"
_TOO_LARGE = "this build has twelve blocks for a file: 48 KiB"
_GUARD = "a guard of the module kept the kernel from following a NULL pointer"

_BLOCK_NUMBER = (
    Form("fixed_number", "vexfs_get_block_number: block={d:0}, i_block_count={d:1}"),
    Form(
        "fixed_number_too_large",
        "vexfs_get_block_number: block >= VEXFS_DIRECT_BLOCKS, returning 0",
        note="a read beyond 48 KiB, the most a file can have in this build",
    ),
    Form(
        "fixed_number_beyond",
        "vexfs_get_block_number: block >= i_block_count, returning 0",
    ),
    Form(
        "fixed_number_found",
        "vexfs_get_block_number: returning vi->i_blocks[{d:0}] = {block:67}",
    ),
)

_ALLOCATION = (
    Form(
        "fixed_file_block",
        "vexfs_alloc_file_block: called with block={d:0}, i_block_count={d:0}",
    ),
    Form(
        "fixed_file_too_large",
        "vexfs_alloc_file_block: block >= VEXFS_DIRECT_BLOCKS",
        _ERROR,
        severity=_MEDIUM,
        error="FileTooLarge",
        note=_TOO_LARGE,
    ),
    Form("fixed_file_allocating", "vexfs_alloc_file_block: allocating new block"),
    Form(
        "fixed_file_unallocated",
        "vexfs_alloc_file_block: vexfs_alloc_block failed",
        _ERROR,
        severity=_HIGH,
        error="OutOfSpace",
    ),
    Form(
        "fixed_file_allocated",
        "vexfs_alloc_file_block: allocated block {block:67}, storing in vi->i_blocks[{d:0}]",
    ),
    Form("fixed_file_counted", "vexfs_alloc_file_block: updated i_block_count to {d:1}"),
    Form("fixed_file_present", "vexfs_alloc_file_block: block already allocated"),
)

_MAPPING = (
    Form(
        "fixed_map",
        "vexfs_get_block: ENTRY - block={d:0}, create={d:1}, inode={w:00000000c0ffee00}",
        note=_TRACE,
    ),
    Form(
        "fixed_map_no_inode",
        "vexfs_get_block: ERROR - inode is NULL!",
        _ERROR,
        severity=_CRITICAL,
        note=_GUARD,
    ),
    Form(
        "fixed_map_no_buffer",
        "vexfs_get_block: ERROR - buffer_head is NULL!",
        _ERROR,
        severity=_CRITICAL,
        note=_GUARD,
    ),
    Form(
        "fixed_map_looking_up",
        "vexfs_get_block: About to call vexfs_get_block_number",
        note=_TRACE,
    ),
    Form("fixed_map_found", "vexfs_get_block: first lookup returned phys_block={block:67}"),
    Form("fixed_map_allocating", "vexfs_get_block: allocating new block"),
    Form(
        "fixed_map_unallocated",
        "vexfs_get_block: allocation failed with err={code:-28}",
        _ERROR,
        severity=_HIGH,
        note=_FULL,
    ),
    Form("fixed_map_allocated", "vexfs_get_block: after allocation, phys_block={block:67}"),
    Form("fixed_map_mapping", "vexfs_get_block: mapping buffer to phys_block={block:67}"),
    Form("fixed_map_new", "vexfs_get_block: setting BH_New flag for newly allocated block"),
    Form("fixed_map_configured", "vexfs_get_block: buffer head fully configured for block {d:0}"),
    Form(
        "fixed_map_no_block",
        "vexfs_get_block: failed to allocate block despite create=1",
        _ERROR,
        severity=_HIGH,
        error="OutOfSpace",
        note=_FULL,
    ),
    Form(
        "fixed_map_sparse",
        "vexfs_get_block: no physical block for read operation (sparse file)",
    ),
    Form("fixed_map_done", "vexfs_get_block: completed successfully, err={d:0}"),
)

_WRITING = (
    Form(
        "fixed_write_begin",
        "vexfs_write_begin: called with pos={d:0}, len={d:4096}",
        note=_TRACE,
    ),
    Form(
        "fixed_write_begin_failed",
        "vexfs_write_begin: block_write_begin failed with ret={code:-28}",
        _ERROR,
        severity=_HIGH,
        call="write_file",
    ),
    Form("fixed_write_begun", "vexfs_write_begin: block_write_begin succeeded", note=_TRACE),
    Form(
        "fixed_write_end",
        "vexfs_write_end: called with pos={d:0}, len={d:4096}, copied={d:4096}",
        note=_TRACE,
    ),
    *(
        form
        for name, template in (
            ("fixed_write_ended", "vexfs_write_end: generic_write_end returned "),
            ("fixed_write_completed", "vexfs_write_end: completed, returning "),
        )
        for form in (
            Form(name, f"{template}{{count:4096}}", note=_TRACE),
            Form(
                f"{name}_badly",
                f"{template}{{code:-5}}",
                _ERROR,
                severity=_HIGH,
                call="write_file",
            ),
        )
    ),
    Form("fixed_write_dated", "vexfs_write_end: updated timestamps and marked inode dirty"),
    Form(
        "fixed_write_short",
        "vexfs_write_end: partial write, truncating pagecache",
        _ERROR,
        severity=_MEDIUM,
        error="IoError.WriteError",
        call="write_file",
        note="less was written than asked for, and the application was told so",
    ),
)

_ENHANCED = (
    Form(
        "fixed_enhanced_invalid",
        "VexFS: Invalid parameters to get_block_enhanced",
        _ERROR,
        severity=_MEDIUM,
        error="InvalidArgument",
    ),
    Form(
        "fixed_indirect",
        "VexFS: Indirect blocks not yet implemented",
        _ERROR,
        severity=_MEDIUM,
        error="FileTooLarge",
        note=_TOO_LARGE,
    ),
    Form(
        "fixed_block_unallocated",
        "VexFS: Failed to allocate block: {code:-28}",
        _ERROR,
        severity=_HIGH,
    ),
    Form(
        "fixed_inode_not_on_disk",
        "VexFS: Failed to write inode to disk: {code:-5}",
        _ERROR,
        severity=_HIGH,
        error="IoError.WriteError",
    ),
    Form("fixed_block_for_file", "VexFS: Allocated block {block:67} for file block {d:0}"),
)

_GUARDS = (
    Form(
        "fixed_null_at",
        "VexFS: {t:inode} is NULL at {t:vexfs_lookup}:{d:42}",
        _ERROR,
        severity=_CRITICAL,
        note=_GUARD,
    ),
    Form(
        "fixed_inode_without_superblock",
        "VexFS: {w:vexfs_lookup}: inode->i_sb is NULL for inode {inode:12}",
        _ERROR,
        severity=_CRITICAL,
        note=_GUARD,
    ),
    Form(
        "fixed_inode_without_info",
        "VexFS: {w:vexfs_lookup}: inode->i_sb->s_fs_info is NULL for inode {inode:12}",
        _ERROR,
        severity=_CRITICAL,
        note=_GUARD,
    ),
    Form(
        "fixed_null",
        "VexFS: {w:vexfs_lookup}: {w:inode} is NULL",
        _ERROR,
        severity=_CRITICAL,
        note=_GUARD,
    ),
    Form(
        "fixed_info_missing",
        "VexFS: {w:vexfs_lookup}: Failed to get VexFS {w:inode} info",
        _ERROR,
        severity=_CRITICAL,
        note=_GUARD,
    ),
    Form(
        "fixed_block_too_large",
        "VexFS: {w:vexfs_get_block}: block {block:90000} exceeds maximum",
        _ERROR,
        severity=_MEDIUM,
        error="FileTooLarge",
    ),
    Form(
        "fixed_unallocated",
        "VexFS: Failed to allocate {d:4096} bytes",
        _ERROR,
        severity=_HIGH,
        error="OutOfMemory",
    ),
    Form("fixed_debug", "VexFS DEBUG: {t:message} at {t:vexfs_lookup}:{d:42}"),
    Form(
        "fixed_inode_number_invalid",
        "VexFS: Invalid inode number {inode:90000}",
        _DAMAGED,
        operation=OperationType.INODE,
        error="InvalidInode",
    ),
    Form(
        "fixed_inode_block_of",
        "VexFS: Failed to read inode block {block:2} for inode {inode:12}",
        _ERROR,
        operation=OperationType.INODE,
        severity=_HIGH,
        error="IoError.ReadError",
    ),
    Form(
        "fixed_inode_buffer",
        "VexFS: Invalid buffer for inode {inode:12}",
        _ERROR,
        operation=OperationType.INODE,
        severity=_HIGH,
    ),
    *about(
        OperationType.STORAGE,
        *(
            Form(
                name,
                template,
                _DAMAGED,
                error="StorageError.MetadataCorrupted",
                note="metadata names a block that cannot be anybody's; it was not freed",
            )
            for name, template in (
                ("fixed_free_block_zero", "VexFS: Attempt to free block {block=0}"),
                ("fixed_free_reserved", "VexFS: Attempt to free reserved block {block:1}"),
                ("fixed_free_invalid", "VexFS: Attempt to free invalid block {block:90000}"),
                ("fixed_double_free", "VexFS: Double free of block {block:67}"),
            )
        ),
    ),
)

FORMS = (
    *about(OperationType.FILE, *_BLOCK_NUMBER, *_ALLOCATION, *_MAPPING, *_WRITING, *_ENHANCED),
    *_GUARDS,
)
"""In the order tried."""
