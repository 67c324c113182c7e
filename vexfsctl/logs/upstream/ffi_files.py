"""Inodes, files and directories of the kernel module with a Rust part, and of its SAFE variant.

The lines about failures of the Rust part cannot be reached where the module's own answer to a
failed call is 0; only a failed write shows through, with the count of bytes it pretends to have
stored. Each line has its SAFE twin, `(SAFE MODE)`.
"""

from vexfsctl.logs.upstream.form import Form, about
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance

_ERROR = Significance.ERROR
_HIGH = Severity.HIGH

_INODES = about(
    OperationType.INODE,
    Form(
        "ffi_inode_allocating",
        "VexFS: Allocating new inode ({variant:SAFE FFI})",
        note="repeated without end, it is the endless recursion of this build at mount",
    ),
    Form(
        "ffi_inode_init_failed",
        "VexFS: Rust inode initialization failed: {code:-22}, continuing with basic inode",
        _ERROR,
        severity=Severity.MEDIUM,
    ),
    Form("ffi_inode_freeing", "VexFS: Freeing inode {inode:2} ({variant:SAFE FFI})"),
    Form("ffi_inode_writing", "VexFS: Write inode {inode:2} ({variant:SAFE FFI})"),
)

_DIRECTORIES = about(
    OperationType.DIRECTORY,
    Form("ffi_looking_up", "VexFS: Looking up {t:a b} ({variant:SAFE FFI})"),
    Form("ffi_found", "VexFS: Found inode {inode:12} for {t:a b}"),
    Form(
        "ffi_lookup_failed",
        "VexFS: Lookup failed for {t:a b}: {code:0}",
        _ERROR,
        severity=_HIGH,
        error="InvalidData",
        note="the Rust part reported success but gave no inode; the caller got EIO",
    ),
    Form("ffi_directory_creating", "VexFS: Creating directory {t:a b} ({variant:SAFE FFI})"),
    Form("ffi_directory_removing", "VexFS: Removing directory {t:a b} ({variant:SAFE FFI})"),
    Form("ffi_unlinking", "VexFS: Unlinking file {t:a b} ({variant:SAFE FFI})"),
    Form(
        "ffi_directory_reading",
        "VexFS: Reading directory inode {inode:1} at pos {d:0} ({variant:SAFE FFI})",
    ),
    Form(
        "ffi_readdir_failed",
        "VexFS: Rust readdir failed: {code:-5}, using empty directory",
        _ERROR,
        severity=_HIGH,
        note="the directory looked empty to its reader",
    ),
)

_FILES = about(
    OperationType.FILE,
    Form("ffi_file_creating", "VexFS: Creating file {t:a b} ({variant:SAFE FFI})"),
    Form(
        "ffi_create_failed",
        "VexFS: Rust file creation failed: {code:-28}, continuing with basic file",
        _ERROR,
        severity=_HIGH,
        note="the caller was told that the file was created",
    ),
    Form("ffi_file_opening", "VexFS: Opening file inode {inode:2} ({variant:SAFE FFI})"),
    Form(
        "ffi_open_failed",
        "VexFS: Rust file open failed: {code:-5}, continuing with basic open",
        _ERROR,
        severity=_HIGH,
    ),
    Form("ffi_file_releasing", "VexFS: Releasing file inode {inode:2} ({variant:SAFE FFI})"),
    Form(
        "ffi_release_failed",
        "VexFS: Rust file release failed: {code:-5}, continuing with basic release",
        _ERROR,
        severity=Severity.MEDIUM,
    ),
    Form(
        "ffi_file_reading",
        "VexFS: Reading {d:4096} bytes from file inode {inode:2} at offset {d:0}"
        " ({variant:SAFE FFI})",
    ),
    Form(
        "ffi_read_failed",
        "VexFS: Rust file read failed: {code:-5}",
        _ERROR,
        severity=_HIGH,
        error="IoError.ReadError",
    ),
    Form(
        "ffi_file_writing",
        "VexFS: Writing {d:4096} bytes to file inode {inode:2} at offset {d:0}"
        " ({variant:SAFE FFI})",
    ),
    Form(
        "ffi_write_lost",
        "VexFS: Rust file write failed: {lost:3}, using fallback",
        Significance.DATA_LOSS,
        error="IoError.WriteError",
        call="write_file",
        note="the number is a count of bytes: they were acknowledged to the application and are"
        " not stored",
    ),
    Form(
        "ffi_write_failed",
        "VexFS: Rust file write failed: {code:-28}, using fallback",
        _ERROR,
        severity=_HIGH,
        error="IoError.WriteError",
        call="write_file",
    ),
    Form(
        "safe_write_discarded",
        "VexFS: Writing to file (SAFE MODE - accept but don't store)",
        Significance.DATA_LOSS,
        error="IoError.WriteError",
        note="this build discards what is written and says it was stored",
    ),
    Form("safe_reading", "VexFS: Reading from file ({variant:SAFE MODE})"),
    Form("safe_reading_empty", "VexFS: Reading from file (SAFE MODE - {t:return empty})"),
    Form("safe_opening", "VexFS: Opening file ({variant:SAFE MODE})"),
    Form("safe_releasing", "VexFS: Releasing file ({variant:SAFE MODE})"),
    Form("safe_directory", "VexFS: Reading directory ({variant:SAFE MODE})"),
)

_SYNC = about(
    OperationType.SYNC,
    Form("ffi_syncing", "VexFS: Sync filesystem ({variant:SAFE FFI}, wait={d:1})"),
    Form("safe_syncing", "VexFS: Sync filesystem ({variant:SAFE MODE})"),
    Form(
        "ffi_file_syncing",
        "VexFS: Syncing file inode {inode:2} ({variant:SAFE FFI}, datasync={d:0})",
    ),
    Form("safe_file_syncing", "VexFS: Syncing file ({variant:SAFE MODE})"),
    Form(
        "ffi_sync_failed",
        "VexFS: Rust file sync failed: {code:-5}, using fallback",
        _ERROR,
        severity=_HIGH,
        error="IoError.FlushError",
        call="fsync_file",
        note="the caller was told that its data is on the device",
    ),
)

FORMS = (*_INODES, *_DIRECTORIES, *_SYNC, *_FILES)
"""In the order tried."""
