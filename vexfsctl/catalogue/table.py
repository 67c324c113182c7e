"""Every error VexFS can report, one row each: what is right, and beside it what upstream says.

Names, messages and the upstream column come from `VexfsError` and its seven sub-kind enums
(rust/src/shared/errors.rs, error_handling.rs, ffi/mod.rs of VexFS); rows stand in its order.
A row reads: name, message, errno, severity, hints in the order in which to try them, upstream.
`_upstream()` without arguments is what falls into upstream's default arms (errnos 22, 1, 22,
medium, not retryable, retry after 100 ms), so each row shows where upstream decided something.

What is right was decided by four rules, because upstream's default arms decided nothing:

- Severity. Low: an answer to a question, the volume works as it should. Medium: this one call
  cannot be served now. High: the device or the volume fails calls. Critical: something stored is
  damaged, or the filesystem below shut itself down.
- Retry stands first among the hints exactly where the same attempt can succeed later. Upstream
  suggests it for nearly everything and then refuses to do it for nearly everything.
- Damage is EUCLEAN, or EBADMSG if a checksum shows it, as in ext4, xfs and btrfs; never EINVAL,
  which blames the caller. No other error has these two.
- A full device does not ask for read-only mode: deleting is the way out.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from errno import (
    EACCES,
    EAGAIN,
    EBADMSG,
    EBUSY,
    ECANCELED,
    EDEADLK,
    EEXIST,
    EFBIG,
    EINTR,
    EINVAL,
    EIO,
    EISDIR,
    EMFILE,
    ENAMETOOLONG,
    ENODEV,
    ENOENT,
    ENOLCK,
    ENOLINK,
    ENOMEM,
    ENOSPC,
    ENOTDIR,
    ENOTEMPTY,
    EOPNOTSUPP,
    EPERM,
    ERANGE,
    EROFS,
    ETIMEDOUT,
    EUCLEAN,
)

from vexfsctl.catalogue.advice import ADVICE
from vexfsctl.catalogue.entry import ErrorEntry, Upstream, VexfsCode
from vexfsctl.model.errnos import CORRUPTION_ERRNOS
from vexfsctl.model.hints import RecoveryHint
from vexfsctl.model.severity import Severity

Row = tuple[str, str, int, Severity, str, Upstream]
KindRow = tuple[str, str, int, Severity, str]
GuardRow = tuple[str, str, int, Severity, str, Upstream | None, VexfsCode]

LOW, MEDIUM, HIGH, CRITICAL = Severity

_DEVICE = "retry:500 invalidate_cache use_fallback"
_BUSY = "retry:100 reduce_scope"
_AGAIN = "retry:100"
_AT_ONCE = "retry:0"
_MEMORY = "reduce_scope invalidate_cache retry:1000"
_FULL = "reduce_scope manual"
_DAMAGE = "manual read_only"
_NOTHING = ""


def _hints(words: str) -> tuple[RecoveryHint, ...]:
    return tuple(RecoveryHint.from_word(word) for word in words.split())


def _upstream(
    a: int = 22,
    f: int = 1,
    k: int = 22,
    *,
    severity: Severity = MEDIUM,
    retryable: bool = False,
    corruption: bool = False,
    hints: str = _AGAIN,
) -> Upstream:
    return Upstream(severity, retryable, corruption, _hints(hints), (a, f, k))


# fmt: off
_BEFORE_VECTORS: tuple[Row, ...] = (
    # The superblock
    ("InvalidMagic", "Invalid filesystem magic number", EINVAL, HIGH, "manual", _upstream()),
    ("InvalidSuperblock", "Invalid or corrupted superblock", EUCLEAN, CRITICAL, _DAMAGE,
        _upstream(severity=CRITICAL, corruption=True)),
    ("CorruptedData", "Data corruption detected", EUCLEAN, CRITICAL, _DAMAGE,
        _upstream(severity=CRITICAL, corruption=True, hints=_DAMAGE)),
    ("ChecksumMismatch", "Checksum verification failed", EBADMSG, CRITICAL, _DAMAGE,
        _upstream(k=74, severity=CRITICAL, corruption=True, hints=_DAMAGE)),
    ("UnsupportedVersion", "Unsupported filesystem version", EOPNOTSUPP, MEDIUM, _NOTHING,
        _upstream(95)),

    # Inodes and files
    ("InodeNotFound", "Inode {} not found", ENOENT, LOW, _NOTHING, _upstream(2, severity=LOW)),
    ("InvalidInode", "Invalid inode {}", EINVAL, MEDIUM, _NOTHING, _upstream()),
    ("FileTooLarge", "File size exceeds maximum limit", EFBIG, LOW, _NOTHING, _upstream(27, k=27)),
    ("FileNotFound", "File not found", ENOENT, LOW, _NOTHING, _upstream(2, 2, severity=LOW)),
    ("DirectoryNotEmpty", "Directory not empty", ENOTEMPTY, LOW, _NOTHING, _upstream(39)),
    ("NotADirectory", "Not a directory: inode {}", ENOTDIR, LOW, _NOTHING, _upstream(20, 20)),
    ("IsADirectory", "Is a directory", EISDIR, LOW, _NOTHING, _upstream(21)),
)

_AFTER_VECTORS: tuple[Row, ...] = (
    # Memory, space, resources
    ("OutOfMemory", "Out of memory", ENOMEM, HIGH, _MEMORY,
        _upstream(12, 12, 12, severity=HIGH, retryable=True, hints=_MEMORY)),
    ("OutOfSpace", "No space left on device", ENOSPC, HIGH, _FULL,
        _upstream(28, severity=HIGH, hints="reduce_scope read_only")),
    ("StackOverflow", "Stack overflow detected", ENOMEM, HIGH, "manual", _upstream(12)),
    ("ResourceBusy", "Resource busy", EBUSY, MEDIUM, _BUSY,
        _upstream(16, k=16, retryable=True, hints=_BUSY)),
    ("Busy", "Resource busy", EBUSY, MEDIUM, _BUSY, _upstream(16, retryable=True)),
    ("TooManyOpenFiles", "Too many open files", EMFILE, MEDIUM, _FULL, _upstream(24)),

    # Locks
    ("LockError", "Lock error", ENOLCK, MEDIUM, "restart", _upstream()),
    ("LockConflict", "Lock conflict: {}", EAGAIN, MEDIUM, _BUSY, _upstream(hints=_BUSY)),
    ("WouldBlock", "Operation would block", EAGAIN, MEDIUM, _AGAIN, _upstream()),

    # Access
    ("PermissionDenied", "Permission denied: {}", EACCES, LOW, _NOTHING, _upstream(13, k=13)),
    # An intended EROFS is an answer, never reported; if reported, the filesystem below shut down.
    ("ReadOnlyFilesystem", "Read-only filesystem", EROFS, CRITICAL, "manual", _upstream(30)),
    ("InvalidOperation", "Invalid operation: {}", EOPNOTSUPP, LOW, _NOTHING, _upstream(95, k=95)),
)

_AFTER_TRANSACTIONS: tuple[Row, ...] = (
    # Configuration, arguments, paths
    ("InvalidConfiguration", "Invalid configuration", EINVAL, MEDIUM, "manual", _upstream()),
    ("InvalidArgument", "Invalid argument: {}", EINVAL, LOW, _NOTHING, _upstream(22, 22)),
    ("InvalidParameter", "Invalid parameter: {}", EINVAL, LOW, _NOTHING, _upstream()),
    ("OutOfRange", "Value out of range: {}", ERANGE, LOW, _NOTHING, _upstream()),
    ("InvalidData", "Invalid data: {}", EINVAL, MEDIUM, _NOTHING, _upstream()),
    ("InvalidPath", "Invalid path: {}", EINVAL, LOW, _NOTHING, _upstream()),
    ("PathTooLong", "Path too long", ENAMETOOLONG, LOW, _NOTHING, _upstream(36)),
    ("NameTooLong", "Name too long", ENAMETOOLONG, LOW, _NOTHING, _upstream(36)),

    # The filesystem
    ("NotFound", "Not found", ENOENT, LOW, _NOTHING, _upstream(2, k=2, severity=LOW)),
    ("NotMounted", "Not mounted", ENODEV, MEDIUM, "manual", _upstream(19)),
    ("NoSpace", "No space left", ENOSPC, HIGH, _FULL, _upstream(28)),
    ("EntryNotFound", "Entry not found: {}", ENOENT, LOW, _NOTHING, _upstream(2)),
    ("DeviceFull", "Device full", ENOSPC, HIGH, _FULL, _upstream(28)),

    # Cache, allocation, integrity
    ("CacheError", "Cache error", EIO, MEDIUM, "invalidate_cache", _upstream(5)),
    ("CacheLocked", "Cache locked", EBUSY, MEDIUM, _AGAIN, _upstream(16)),
    ("CacheDirty", "Cache dirty", EBUSY, MEDIUM, _AGAIN, _upstream(16)),
    ("AllocationError", "Allocation error", ENOMEM, HIGH, _MEMORY, _upstream(12)),
    ("CorruptionError", "Corruption error", EUCLEAN, CRITICAL, _DAMAGE, _upstream(5)),
    ("ChecksumError", "Checksum error", EBADMSG, CRITICAL, _DAMAGE, _upstream(5)),
    ("VersionMismatch", "Version mismatch", EOPNOTSUPP, MEDIUM, _NOTHING, _upstream(95)),
    ("UnsupportedOperation", "Unsupported operation", EOPNOTSUPP, LOW, _NOTHING, _upstream(95)),
    ("NeedsFsck", "Needs fsck", EUCLEAN, CRITICAL, _DAMAGE, _upstream(5)),
    ("IOError", "I/O error", EIO, HIGH, _DEVICE, _upstream(5)),
    ("InsufficientPermissions", "Insufficient permissions", EPERM, LOW, _NOTHING, _upstream(13)),

    # VexFS itself. Not ENOSYS: FUSE would never ask for that request again.
    ("Internal", "Internal: {}", EIO, HIGH, "manual", _upstream()),
    ("InternalError", "Internal error: {}", EIO, HIGH, "manual", _upstream()),
    ("NotImplemented", "Not implemented: {}", EOPNOTSUPP, LOW, _NOTHING, _upstream()),
    ("InitializationFailed", "Initialization failed", EIO, HIGH, "restart manual", _upstream()),
    ("Other", "{}", EIO, HIGH, "manual", _upstream()),

    # Second names, and what the interface to the kernel needs
    ("NoSpaceLeft", "No space left on device", ENOSPC, HIGH, _FULL, _upstream(f=28)),
    ("FileExists", "File exists", EEXIST, LOW, _NOTHING, _upstream(f=17)),
    ("NotDirectory", "Not a directory", ENOTDIR, LOW, _NOTHING, _upstream()),
    ("IsDirectory", "Is a directory", EISDIR, LOW, _NOTHING, _upstream(f=21)),
    ("AlreadyExists", "File already exists", EEXIST, LOW, _NOTHING, _upstream()),
    ("Timeout", "Operation timed out: {}", ETIMEDOUT, HIGH, _AGAIN, _upstream(110)),
    ("ResourceLimit", "Resource limit exceeded: {}", ENOMEM, MEDIUM, "reduce_scope",
        _upstream(12)),
    ("OperationCancelled", "Operation cancelled: {}", ECANCELED, LOW, _NOTHING, _upstream(125)),
)

_IO_KINDS: tuple[KindRow, ...] = (
    ("ReadError", "read operation failed", EIO, HIGH, _DEVICE),
    ("WriteError", "write operation failed", EIO, HIGH, _DEVICE),
    ("SeekError", "seek operation failed", EIO, HIGH, _DEVICE),
    # The kernel reports a lost write once: a second fsync would succeed and lie.
    ("FlushError", "flush operation failed", EIO, HIGH, "manual"),
    ("DeviceError", "device error", EIO, HIGH, _DEVICE),
    ("TimeoutError", "operation timed out", ETIMEDOUT, HIGH, _DEVICE),
    ("InterruptedError", "operation interrupted", EINTR, LOW, _AT_ONCE),
    ("ConnectionLost", "connection lost", ENOLINK, HIGH, _DEVICE),
    ("BufferTooSmall", "buffer too small", ERANGE, LOW, _NOTHING),
    ("InvalidOffset", "invalid offset", EINVAL, LOW, _NOTHING),
)

_STORAGE_KINDS: tuple[KindRow, ...] = (
    ("BlockNotFound", "block {} not found", EIO, HIGH, "manual"),
    ("BlockCorrupted", "block {} corrupted", EUCLEAN, CRITICAL, _DAMAGE),
    ("AllocationFailed", "block allocation failed", ENOSPC, HIGH, _FULL),
    ("DeallocationFailed", "block deallocation failed", EIO, HIGH, "manual"),
    ("FragmentationError", "storage fragmentation error", ENOSPC, MEDIUM, "reduce_scope"),
    ("BadBlockTable", "bad block table", EIO, HIGH, "manual"),
    ("MetadataCorrupted", "storage metadata corrupted", EUCLEAN, CRITICAL, _DAMAGE),
)

_VECTOR_KINDS: tuple[KindRow, ...] = (
    ("InvalidDimensions", "invalid dimensions: {}", EINVAL, LOW, _NOTHING),
    ("InvalidDimension", "invalid dimension: {}", EINVAL, LOW, _NOTHING),
    ("DimensionMismatch", "dimension mismatch: expected {}, found {}", EINVAL, LOW, _NOTHING),
    ("InvalidComponent", "invalid component: {}", EINVAL, LOW, _NOTHING),
    ("VectorTooLarge", "vector too large", EINVAL, LOW, _NOTHING),
    ("VectorNotFound", "vector not found", ENOENT, LOW, _NOTHING),
    ("MetadataTooLarge", "vector metadata too large", EINVAL, LOW, _NOTHING),
    ("SerializationError", "vector serialization failed", EINVAL, MEDIUM, _NOTHING),
    ("DeserializationError", "vector deserialization failed", EIO, MEDIUM, "use_fallback"),
    ("NormalizationError", "vector normalization failed", EINVAL, LOW, _NOTHING),
    ("SearchError", "vector search error", EIO, MEDIUM, "use_fallback"),
    ("IndexError", "vector index error", EIO, MEDIUM, "use_fallback"),
    ("InvalidVectorId", "invalid vector ID", EINVAL, LOW, _NOTHING),
    ("CorruptedData", "vector data corrupted", EUCLEAN, CRITICAL, _DAMAGE),
    ("NoSpace", "no space for vector storage", ENOSPC, HIGH, _FULL),
    ("IoError", "vector I/O error", EIO, HIGH, _DEVICE),
    ("InvalidVersion", "invalid vector format version", EOPNOTSUPP, MEDIUM, _NOTHING),
    ("ChecksumMismatch", "vector checksum mismatch", EBADMSG, CRITICAL, _DAMAGE),
    ("FileNotFound", "vector file not found", ENOENT, LOW, _NOTHING),
    ("CompressionError", "vector compression error", EIO, MEDIUM, "use_fallback"),
    ("MetadataError", "vector metadata error", EIO, HIGH, "manual"),
    ("AlignmentError", "vector alignment error", EINVAL, LOW, _NOTHING),
)

_INDEX_KINDS: tuple[KindRow, ...] = (
    ("IndexNotFound", "index not found", ENOENT, LOW, _NOTHING),
    ("IndexCorrupted", "index corrupted", EUCLEAN, CRITICAL, _DAMAGE),
    ("IndexFull", "index full", ENOSPC, HIGH, _FULL),
    ("IndexBuildFailed", "index build failed", EIO, HIGH, "restart manual"),
    ("InvalidIndexType", "invalid index type", EINVAL, LOW, _NOTHING),
    ("InvalidParameters", "invalid index parameters", EINVAL, LOW, _NOTHING),
    ("NodeNotFound", "index node not found", EIO, MEDIUM, "use_fallback"),
    ("LayerNotFound", "index layer not found", EIO, MEDIUM, "use_fallback"),
    ("ConnectionError", "index connection error", EIO, MEDIUM, "use_fallback"),
)

_SEARCH_KINDS: tuple[KindRow, ...] = (
    ("InvalidQuery", "invalid search query", EINVAL, LOW, _NOTHING),
    ("InvalidK", "invalid K value: {}", EINVAL, LOW, _NOTHING),
    ("InvalidEf", "invalid ef value: {}", EINVAL, LOW, _NOTHING),
    ("NoResults", "no search results", ENOENT, LOW, _NOTHING),
    ("SearchTimeout", "search timed out", ETIMEDOUT, MEDIUM, _BUSY),
    ("SearchInterrupted", "search interrupted", EINTR, LOW, _AT_ONCE),
    ("InvalidFilter", "invalid search filter", EINVAL, LOW, _NOTHING),
    ("InvalidMetric", "invalid similarity metric", EINVAL, LOW, _NOTHING),
)

_JOURNAL_KINDS: tuple[KindRow, ...] = (
    ("JournalNotFound", "journal not found", EIO, HIGH, "manual"),
    ("JournalCorrupted", "journal corrupted", EUCLEAN, CRITICAL, _DAMAGE),
    ("JournalFull", "journal full", ENOSPC, HIGH, _FULL),
    ("InvalidRecord", "invalid journal record", EIO, HIGH, "manual"),
    ("RecordNotFound", "journal record not found", EIO, MEDIUM, "manual"),
    ("WriteAheadLogError", "write-ahead log error", EIO, HIGH, "manual"),
    ("CheckpointError", "checkpoint error", EIO, HIGH, "manual"),
    ("RecoveryError", "recovery error", EUCLEAN, CRITICAL, _DAMAGE),
)

_TRANSACTION_KINDS: tuple[KindRow, ...] = (
    ("TransactionNotFound", "transaction not found", EINVAL, LOW, _NOTHING),
    ("TransactionAborted", "transaction aborted", ECANCELED, MEDIUM, "restart"),
    ("TransactionConflict", "transaction conflict", EAGAIN, MEDIUM, "retry:200 restart"),
    ("DeadlockDetected", "deadlock detected", EDEADLK, MEDIUM, "retry:200 restart"),
    ("InvalidTransactionState", "invalid transaction state", EINVAL, MEDIUM, "restart"),
    ("TooManyTransactions", "too many transactions", EBUSY, MEDIUM, "retry:200 reduce_scope"),
    ("TransactionTimeout", "transaction timeout", ETIMEDOUT, MEDIUM, "retry:200 restart"),
    ("CommitFailed", "commit failed", EIO, HIGH, "restart manual"),
    # Half a transaction is left behind.
    ("RollbackFailed", "rollback failed", EUCLEAN, CRITICAL, _DAMAGE),
)

# No Rust error stands behind these; only the first has wording and a mapping upstream, where it
# turns into ResourceBusy, which upstream then retries against the breaker that is open.
_OF_THE_GUARD: tuple[GuardRow, ...] = (
    ("CircuitBreakerOpen", "Circuit breaker open for {} operations", EBUSY, MEDIUM, "use_fallback",
        Upstream(MEDIUM, True, False, _hints(_BUSY), (1, None, None)), VexfsCode.CIRCUIT_BREAKER),
    ("RetryExhausted", "Retries exhausted", EIO, HIGH, "use_fallback manual",
        None, VexfsCode.RETRY_EXHAUSTED),
    ("FallbackFailed", "Fallback failed", EIO, HIGH, "manual", None, VexfsCode.FALLBACK_FAILED),
    ("Corruption", "Corruption detected", EUCLEAN, CRITICAL, _DAMAGE, None, VexfsCode.CORRUPTION),
    ("RecoveryNeeded", "Recovery needed", EUCLEAN, CRITICAL, _DAMAGE,
        None, VexfsCode.RECOVERY_NEEDED),
)
# fmt: on

_CODE_OF_ERRNO = {-code: code for code in VexfsCode if code > VexfsCode.CIRCUIT_BREAKER}


def _code(name: str, errno: int) -> VexfsCode:
    if name == "NeedsFsck":
        return VexfsCode.RECOVERY_NEEDED
    if errno in CORRUPTION_ERRNOS:
        return VexfsCode.CORRUPTION
    return _CODE_OF_ERRNO.get(errno, VexfsCode.GENERIC)


def _entry(
    name: str,
    text: str,
    errno: int,
    severity: Severity,
    hints: str,
    upstream: Upstream | None,
    *,
    prefix: str = "",
    code: VexfsCode | None = None,
) -> ErrorEntry:
    advice = ADVICE[name]
    return ErrorEntry(
        name,
        prefix,
        text,
        errno,
        severity,
        _hints(hints),
        _code(name, errno) if code is None else code,
        upstream,
        advice.meaning,
        advice.impact,
        advice.by_itself,
        advice.what_you_do,
        advice.done_when.replace("{name}", name),
    )


def _family(
    family: str,
    prefix: str,
    kinds: Iterable[KindRow],
    upstream: Upstream,
    *,
    retryable: Collection[str] = (),
    corrupted: Collection[str] = (),
) -> Iterator[ErrorEntry]:
    """Make the entries of a family; *retryable* and *corrupted* are upstream's exceptions in it."""
    for kind, text, errno, severity, hints in kinds:
        said = replace(upstream, retryable=kind in retryable, corruption=kind in corrupted)
        yield _entry(f"{family}.{kind}", text, errno, severity, hints, said, prefix=prefix)


ERRORS: tuple[ErrorEntry, ...] = (
    *_family(
        "IoError",
        "I/O error: ",
        _IO_KINDS,
        _upstream(5, 5, 5, severity=HIGH, hints=_DEVICE),
        retryable=("TimeoutError", "InterruptedError"),
    ),
    *_family(
        "StorageError",
        "Storage error: ",
        _STORAGE_KINDS,
        _upstream(5, severity=HIGH),
        corrupted=("BlockCorrupted", "MetadataCorrupted"),
    ),
    *(_entry(*row) for row in _BEFORE_VECTORS),
    *_family("VectorError", "Vector error: ", _VECTOR_KINDS, _upstream()),
    *(_entry(*row) for row in _AFTER_VECTORS),
    *_family(
        "IndexError", "Index error: ", _INDEX_KINDS, _upstream(), corrupted=("IndexCorrupted",)
    ),
    *_family("SearchError", "Search error: ", _SEARCH_KINDS, _upstream()),
    *_family(
        "JournalError",
        "Journal error: ",
        _JOURNAL_KINDS,
        _upstream(),
        corrupted=("JournalCorrupted",),
    ),
    *_family(
        "TransactionError",
        "Transaction error: ",
        _TRANSACTION_KINDS,
        _upstream(hints="retry:200 restart"),
        retryable=("TransactionConflict", "DeadlockDetected"),
    ),
    *(_entry(*row) for row in _AFTER_TRANSACTIONS),
    *(_entry(*row[:-1], code=row[-1]) for row in _OF_THE_GUARD),
)
"""All entries, in upstream's order; the five codes of the guard come last."""
