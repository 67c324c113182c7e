"""What an errno means to the guard: whether it is a failure, worth a retry, a reason to trip.

It applies to what a system call below the volume returned. Which *error* an errno stands for is in
`catalogue.lookup`. Numbers are positive and those of Linux.
"""

import re
from enum import StrEnum
from errno import (
    EACCES,
    EAGAIN,
    EBADMSG,
    EBUSY,
    EDEADLK,
    EDQUOT,
    EEXIST,
    EFBIG,
    EILSEQ,
    EINTR,
    EINVAL,
    EIO,
    EISDIR,
    ELOOP,
    EMFILE,
    EMLINK,
    ENAMETOOLONG,
    ENFILE,
    ENODATA,
    ENODEV,
    ENOENT,
    ENOLINK,
    ENOMEM,
    ENOSPC,
    ENOTDIR,
    ENOTEMPTY,
    ENOTTY,
    ENXIO,
    EOPNOTSUPP,
    EPERM,
    ERANGE,
    EREMOTEIO,
    EROFS,
    ESPIPE,
    ETIMEDOUT,
    ETXTBSY,
    EUCLEAN,
    EXDEV,
    errorcode,
)

XATTR_CALLS = frozenset({"getxattr", "setxattr", "listxattr", "removexattr"})
"""Calls for which a missing attribute and a full attribute block are answers."""

CORRUPTION_ERRNOS = frozenset({EUCLEAN, EBADMSG})
"""What Linux filesystems call damage (EFSCORRUPTED, EFSBADCRC)."""

MAX_ERRNO = 511
"""Greater numbers are internal to the kernel; it drops a FUSE reply with one: the caller waits."""


class ErrnoClass(StrEnum):
    """What kind of outcome an errno is."""

    ANSWER = "answer"
    """The volume works: no such file, not allowed, no such attribute."""
    RESOURCE = "resource"
    """Something ran out; refusing service would not bring it back, except for memory."""
    BUSY = "busy"
    """Somebody else holds it; passes by itself."""
    DEVICE = "device"
    """The backing device or the way to it failed."""
    CORRUPTION = "corruption"
    """What was read back is not what was written."""
    OTHER = "other"
    """Anything else; a failure, because nothing says that it is harmless."""

    @property
    def counts_as_failure(self) -> bool:
        """Whether the call failed, and an error record is due."""
        return self is not ErrnoClass.ANSWER

    @property
    def retryable(self) -> bool:
        """Whether trying again can help.

        `other` is recorded like a device error but not retried: an unforeseen errno gives no reason
        to expect another outcome.
        """
        return self in (ErrnoClass.BUSY, ErrnoClass.DEVICE)

    def trips_breaker(self, number: int) -> bool:
        """Whether an attempt that ended in errno *number* of this class counts against its breaker.

        Among the resources only memory does: refusing service frees no disk space.
        """
        if self is ErrnoClass.RESOURCE:
            return number == ENOMEM
        return self.counts_as_failure


_CLASSES: dict[ErrnoClass, tuple[int, ...]] = {
    ErrnoClass.ANSWER: (
        *(ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EACCES, EPERM, EINVAL, ENAMETOOLONG, ELOOP),
        *(EMLINK, EXDEV, EOPNOTSUPP, ERANGE, EFBIG, ESPIPE, EINTR, EDQUOT),
    ),
    ErrnoClass.RESOURCE: (ENOSPC, ENOMEM, EMFILE, ENFILE),
    ErrnoClass.BUSY: (EBUSY, EAGAIN, EDEADLK, ETXTBSY),
    ErrnoClass.DEVICE: (EIO, EREMOTEIO, ENOLINK, EILSEQ, ENODEV, ENXIO, ETIMEDOUT, ENODATA),
    ErrnoClass.CORRUPTION: tuple(CORRUPTION_ERRNOS),
}
_CLASS_OF = {number: kind for kind, numbers in _CLASSES.items() for number in numbers}


def classify_errno(number: int, call: str, *, read_only: bool = False) -> ErrnoClass:
    """Return the class of errno *number* as the outcome of *call*, a FUSE request in lower case.

    *read_only* says that `access_mode` or `degradation` makes the volume read-only on purpose:
    EROFS is then an answer. Otherwise the backing filesystem shut itself down, which is `other`.
    """
    if number == EROFS:
        return ErrnoClass.ANSWER if read_only else ErrnoClass.OTHER
    if number in (ENODATA, ENOSPC) and call in XATTR_CALLS:
        return ErrnoClass.ANSWER
    if (number, call) in ((ENXIO, "lseek"), (ENOTTY, "ioctl")):
        return ErrnoClass.ANSWER
    return _CLASS_OF.get(number, ErrnoClass.OTHER)


def application_errno(number: int) -> int:
    """Return what the application gets for a call that ended in errno *number*.

    The cause itself, but EUCLEAN for every kind of corruption, and EIO for what is not an errno:
    the kernel drops a FUSE reply of 512 or more, and the application would wait forever.
    """
    if number in CORRUPTION_ERRNOS:
        return EUCLEAN
    return number if 0 < number <= MAX_ERRNO else EIO


# Two numbers have two names; Python picks the one that strace and the kernel do not.
_NAMES: dict[int, str] = dict(errorcode) | {
    EDEADLK: "EDEADLK",
    EOPNOTSUPP: "EOPNOTSUPP",
    133: "EHWPOISON",  # a page of memory is broken; Python knows no name for it
}
_NUMBERS = {name: number for number, name in _NAMES.items()} | {
    "EDEADLOCK": EDEADLK,
    "ENOTSUP": EOPNOTSUPP,
    "EWOULDBLOCK": EAGAIN,
    "EFSCORRUPTED": EUCLEAN,
    "EFSBADCRC": EBADMSG,
}
_NUMBER = re.compile(r"[0-9]{1,4}")

ERRNOS = tuple(sorted(_NAMES))
"""Every errno that has a name."""


def errno_name(number: int) -> str:
    """Return `EIO` for 5, and the number itself in digits where Linux has no name for it."""
    return _NAMES.get(number, str(number))


def errno_aliases(number: int) -> tuple[str, ...]:
    """Return the further names of an errno: `EWOULDBLOCK` for 11, `EFSCORRUPTED` for 117."""
    own = errno_name(number)
    return tuple(name for name, alias in _NUMBERS.items() if alias == number and name != own)


def errno_number(text: str) -> int:
    """Return the positive number of an errno written as `EIO`, `5`, `-5` or `-EIO`.

    The inverse of `errno_name`, lenient about the sign, which the kernel writes and libc does
    not. Raises ValueError for anything else, for 0, and for more than four digits.
    """
    word = text.removeprefix("-").upper()
    if word in _NUMBERS:
        return _NUMBERS[word]
    if not _NUMBER.fullmatch(word) or not int(word):
        raise ValueError(f"not an errno: {text!r}")
    return int(word)
