"""Requests of the kernel as values: one class for each shape. `parsing` makes them.

Names are bytes, as on disk. Opcodes without a shape become `Unhandled`: those that no filesystem
here requests at INIT (file locks, READDIRPLUS), and INTERRUPT.
"""

from dataclasses import dataclass
from typing import TypeAlias, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def _value(cls: type[_T]) -> type[_T]:
    """A slots dataclass that is frozen for the type checker.

    Freezing at run time costs 1.1 us for each request and its header, a tenth of a whole pread.
    """
    return dataclass(slots=True)(cls)


@_value
class RequestHeader:
    """What every request carries: its number, its node, and its caller."""

    unique: int
    """Number of this request; its answer carries it back."""
    opcode: int
    nodeid: int
    """The node it is about; for requests with a name, the directory."""
    uid: int
    """The caller's fsuid."""
    gid: int
    """The caller's fsgid."""
    pid: int
    """The calling thread; 0 if the kernel itself asks (write-back)."""


@_value
class Lookup:
    """Find *name* in a directory; an answer with a nodeid adds one to that node's lookup count."""

    header: RequestHeader
    name: bytes


@_value
class Forget:
    """Take each (nodeid, count) off the lookup counts. Has no answer."""

    header: RequestHeader
    nodes: tuple[tuple[int, int], ...]


@_value
class GetAttr:
    """Attributes of a node; with *handle* if asked through an open file."""

    header: RequestHeader
    handle: int | None


@_value
class SetAttr:
    """Change the attributes that are not None; the others stay as they are.

    From utimensat(2): UTIME_OMIT is None, UTIME_NOW is `*_now` with the kernel's time in `*_ns`.
    UTIME_NOW needs write permission, a given time ownership.
    """

    header: RequestHeader
    valid: int
    """The raw FATTR_* bits."""
    handle: int | None
    """The open file through which it was asked, as by ftruncate."""
    size: int | None
    mode: int | None
    uid: int | None
    gid: int | None
    atime_ns: int | None
    atime_now: bool
    mtime_ns: int | None
    mtime_now: bool


@_value
class ReadLink:
    """Target of a symbolic link; the answer is the path itself."""

    header: RequestHeader


@_value
class SymLink:
    """Make the symbolic link *name* to *target*."""

    header: RequestHeader
    name: bytes
    target: bytes


@_value
class MkNod:
    """Make a file, socket, FIFO or device; *rdev* as os.mknod takes it."""

    header: RequestHeader
    name: bytes
    mode: int
    rdev: int
    umask: int


@_value
class MkDir:
    """Make a directory."""

    header: RequestHeader
    name: bytes
    mode: int
    umask: int


@_value
class Unlink:
    """Remove a name that is not a directory."""

    header: RequestHeader
    name: bytes


@_value
class RmDir:
    """Remove an empty directory."""

    header: RequestHeader
    name: bytes


@_value
class Rename:
    """Move *name* to *new_name* in *new_parent*; *flags* of renameat2(2)."""

    header: RequestHeader
    name: bytes
    new_name: bytes
    new_parent: int
    flags: int = 0


@_value
class Link:
    """Give the node *old_nodeid* one more name, in the header's directory."""

    header: RequestHeader
    new_name: bytes
    old_nodeid: int


@_value
class Open:
    """Open a file with *flags* of open(2), without O_CREAT and O_EXCL."""

    header: RequestHeader
    flags: int


@_value
class Create:
    """Make and open a regular file in one step; *umask* is not applied yet with DONT_MASK."""

    header: RequestHeader
    name: bytes
    flags: int
    mode: int
    umask: int


@_value
class TmpFile:
    """Make and open a file without a name in a directory (O_TMPFILE); answered like Create."""

    header: RequestHeader
    flags: int
    mode: int
    umask: int


@_value
class Read:
    """Up to *size* bytes at *offset*; a shorter answer is the end of the file."""

    header: RequestHeader
    handle: int
    offset: int
    size: int
    flags: int
    """Present flags of the open file, including changes by fcntl."""


@_value
class Write:
    """Write *data* at *offset*."""

    header: RequestHeader
    handle: int
    offset: int
    data: memoryview
    """Part of the receive buffer: valid only until the handler returns."""
    write_flags: int
    """FUSE_WRITE_* bits: 1 = from the page cache, 4 = clear set-user-id and set-group-id."""
    flags: int


@_value
class StatFs:
    """Statistics of the filesystem."""

    header: RequestHeader


@_value
class Flush:
    """One descriptor of the open file was closed; an error here is close(2)'s."""

    header: RequestHeader
    handle: int
    lock_owner: int


@_value
class Release:
    """The last descriptor of the open file is gone. Nobody sees the answer's errno."""

    header: RequestHeader
    handle: int
    flags: int


@_value
class Fsync:
    """Bring a file to stable storage; *datasync* as by fdatasync(2)."""

    header: RequestHeader
    handle: int
    datasync: bool


@_value
class SetXattr:
    """Set an extended attribute; *flags* of setxattr(2)."""

    header: RequestHeader
    name: bytes
    value: bytes
    flags: int


@_value
class GetXattr:
    """Read an extended attribute: its length if *size* is 0, ERANGE if longer than *size*."""

    header: RequestHeader
    name: bytes
    size: int


@_value
class ListXattr:
    """Names of the extended attributes, each ended by NUL; *size* as for GetXattr."""

    header: RequestHeader
    size: int


@_value
class RemoveXattr:
    """Remove an extended attribute."""

    header: RequestHeader
    name: bytes


@_value
class OpenDir:
    """Open a directory."""

    header: RequestHeader
    flags: int


@_value
class ReadDir:
    """Entries after the cookie *offset* (0 at first), at most *size* bytes; see `pack_dirents`."""

    header: RequestHeader
    handle: int
    offset: int
    size: int


@_value
class ReleaseDir:
    """The last descriptor of an open directory is gone."""

    header: RequestHeader
    handle: int


@_value
class FsyncDir:
    """Bring a directory to stable storage."""

    header: RequestHeader
    handle: int
    datasync: bool


@_value
class Access:
    """May the caller do *mask* (R_OK, W_OK, X_OK)? Not asked with `default_permissions`."""

    header: RequestHeader
    mask: int


@_value
class Poll:
    """Which of *events* are present; with *schedule*, notify *kernel_handle* once they come."""

    header: RequestHeader
    handle: int
    kernel_handle: int
    events: int
    schedule: bool


@_value
class Fallocate:
    """Allocate or punch a range; *mode* of fallocate(2)."""

    header: RequestHeader
    handle: int
    offset: int
    length: int
    mode: int


@_value
class Lseek:
    """Find data or a hole from *offset* on (SEEK_DATA, SEEK_HOLE)."""

    header: RequestHeader
    handle: int
    offset: int
    whence: int


@_value
class CopyFileRange:
    """Copy *length* bytes between two open files; answered like Write."""

    header: RequestHeader
    handle: int
    offset: int
    to_nodeid: int
    to_handle: int
    to_offset: int
    length: int
    flags: int


@_value
class Ioctl:
    """Carry out *command* of ioctl(2) with *data*; at most *out_size* bytes come back."""

    header: RequestHeader
    handle: int
    command: int
    data: memoryview
    """Part of the receive buffer: valid only until the handler returns."""
    out_size: int


@_value
class SyncFs:
    """Bring the whole filesystem to stable storage. The kernel sends it only for some mounts."""

    header: RequestHeader


@_value
class Unhandled:
    """A request of any other opcode, its *body* not decoded. ENOSYS is the answer to it."""

    header: RequestHeader
    body: memoryview


Request: TypeAlias = (
    Lookup
    | Forget
    | GetAttr
    | SetAttr
    | ReadLink
    | SymLink
    | MkNod
    | MkDir
    | Unlink
    | RmDir
    | Rename
    | Link
    | Open
    | Create
    | TmpFile
    | Read
    | Write
    | StatFs
    | Flush
    | Release
    | Fsync
    | SetXattr
    | GetXattr
    | ListXattr
    | RemoveXattr
    | OpenDir
    | ReadDir
    | ReleaseDir
    | FsyncDir
    | Access
    | Poll
    | Fallocate
    | Lseek
    | CopyFileRange
    | Ioctl
    | SyncFs
)
