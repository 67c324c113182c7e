"""The error catalogue: every error VexFS can report, found by name, errno, code or message.

The rows are in `table`, their form is in `entry`. An errno, a code and a message each lose
something on the way out of VexFS, so a lookup by one of them returns all that could have been
meant, likeliest first. What an errno means to the guard is in `model.errnos`.
"""

import errno
import re
from dataclasses import dataclass
from functools import cache

from vexfsctl.catalogue.entry import ErrorEntry, Upstream, VexfsCode
from vexfsctl.catalogue.table import ERRORS
from vexfsctl.exceptions import NotFound
from vexfsctl.model.errnos import ErrnoClass, classify_errno

__all__ = [
    "ANSWERED",
    "BREAKER_OPEN",
    "ERRORS",
    "KERNEL_CODES",
    "NO_PLACE",
    "REPORTED",
    "TIMEOUT",
    "ErrorEntry",
    "MessageMatch",
    "Upstream",
    "VexfsCode",
    "entry",
    "error_for_code",
    "error_for_errno",
    "errors_for_code",
    "errors_for_errno",
    "find_entry",
    "parse_error_message",
]

_BY_NAME = {error.name: error for error in ERRORS}

_ANSWERS = {
    errno.ENOENT: "NotFound",
    errno.EEXIST: "FileExists",
    errno.ENOTDIR: "NotDirectory",
    errno.EISDIR: "IsDirectory",
    errno.ENOTEMPTY: "DirectoryNotEmpty",
    errno.EACCES: "PermissionDenied",
    errno.EPERM: "InsufficientPermissions",
    errno.EINVAL: "InvalidArgument",
    errno.ENAMETOOLONG: "NameTooLong",
    errno.ELOOP: "InvalidPath",
    errno.EMLINK: "ResourceLimit",
    errno.EXDEV: "InvalidOperation",
    errno.EOPNOTSUPP: "UnsupportedOperation",
    errno.ERANGE: "OutOfRange",
    errno.EFBIG: "FileTooLarge",
    errno.ESPIPE: "InvalidOperation",
    errno.EINTR: "IoError.InterruptedError",
    errno.EDQUOT: "OutOfSpace",
    errno.ENODATA: "EntryNotFound",
    errno.ENOSPC: "OutOfSpace",
    errno.ENXIO: "IoError.InvalidOffset",
}
_FAILURES = {
    errno.ENOSPC: "OutOfSpace",
    errno.ENOMEM: "OutOfMemory",
    errno.EMFILE: "TooManyOpenFiles",
    errno.ENFILE: "TooManyOpenFiles",
    errno.EBUSY: "ResourceBusy",
    errno.ETXTBSY: "ResourceBusy",
    errno.EAGAIN: "WouldBlock",
    errno.EDEADLK: "TransactionError.DeadlockDetected",
    errno.ENODEV: "IoError.DeviceError",
    errno.ENXIO: "IoError.DeviceError",
    errno.ENOLINK: "IoError.ConnectionLost",
    errno.ETIMEDOUT: "IoError.TimeoutError",
    errno.EUCLEAN: "CorruptedData",
    errno.EBADMSG: "ChecksumMismatch",
    errno.EROFS: "ReadOnlyFilesystem",
}

_REQUEST_ERRNOS = frozenset({errno.EIO, errno.ENODATA, errno.EREMOTEIO, errno.EILSEQ})
"""What the block layer says about a request that the device itself failed."""

_FAILED_REQUESTS = {
    "read": "IoError.ReadError",
    "write": "IoError.WriteError",
    "lseek": "IoError.SeekError",
    "fsync": "IoError.FlushError",
    "fsyncdir": "IoError.FlushError",
    "flush": "IoError.FlushError",
    "syncfs": "IoError.FlushError",
}

KERNEL_CODES = range(-133, -1)
"""Return codes that are errnos for certain: -1 is generic, EPERM or unmapped, and says nothing."""
_VEXFS_CODES = range(VexfsCode.RECOVERY_NEEDED, VexfsCode.CIRCUIT_BREAKER + 1)
"""Those that only VexFS returns."""

ANSWERED = frozenset(_ANSWERS.values())
"""Names of the errors that the userspace driver gives as answers, without a record."""


def entry(name: str) -> ErrorEntry:
    """Return the error called *name* (`IoError.ReadError`); raise NotFound if there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        import difflib  # only a mistyped name needs it

        close = " or ".join(difflib.get_close_matches(name, _BY_NAME))
        hint = f"did you mean {close}?" if close else "vexfs-errors(7) lists them"
        raise NotFound(f"VexFS has no error called {name!r}", hint=hint) from None


def find_entry(name: str) -> ErrorEntry | None:
    """Return the error called *name*, None if there is none: a record may hold any name."""
    return _BY_NAME.get(name)


TIMEOUT = entry("Timeout")
"""The error of a call past its deadline."""
BREAKER_OPEN = entry("CircuitBreakerOpen")
"""The error of a call that an open breaker refused."""
NO_PLACE = entry("ResourceBusy")
"""The error of a call that found no place."""
REPORTED = frozenset(
    {
        *_FAILURES.values(),
        *_FAILED_REQUESTS.values(),
        *("IoError.DeviceError", "Other", TIMEOUT.name, BREAKER_OPEN.name),
    }
)
"""Names of the errors that the userspace driver reports as failures."""


def error_for_errno(number: int, call: str) -> ErrorEntry:
    """Return the error that errno *number* stands for as the outcome of *call* below the volume.

    *call* is a FUSE request in lower case. An errno without an error of its own is `Other`, whose
    message is the errno's own.
    """
    kind = classify_errno(number, call)
    if kind is ErrnoClass.ANSWER:
        return _BY_NAME[_ANSWERS[number]]
    if number in _REQUEST_ERRNOS:
        return _BY_NAME[_FAILED_REQUESTS.get(call, "IoError.DeviceError")]
    return _BY_NAME[_FAILURES.get(number, "Other")]


def errors_for_errno(number: int) -> tuple[ErrorEntry, ...]:
    """Return every error that errno *number* (positive) can stand for, whatever the call.

    Among them are errors of another number for which a call below may end with this one: ENXIO is a
    device error, and `Other` may have been any number without an error of its own.
    """
    names = {table[number] for table in (_ANSWERS, _FAILURES) if number in table}
    if number in _REQUEST_ERRNOS:
        names |= {*_FAILED_REQUESTS.values(), "IoError.DeviceError"}
    names = names or {"Other"}
    return tuple(error for error in ERRORS if error.errno == number or error.name in names)


def errors_for_code(code: int) -> tuple[ErrorEntry, ...]:
    """Return every error that *code*, as a VexFS module returns or logs it, can stand for.

    First those that `vexfs_ffi.h` gives the number to, then those that upstream's maps in use (A
    and F) turn into it: -1 is nearly everything. Empty for a number that VexFS never returns.
    """
    meant = [error for error in ERRORS if error.code == code]
    mapped = [
        error
        for error in ERRORS
        if error.code != code and error.upstream and -code in error.upstream.errnos[:2]
    ]
    return (*meant, *mapped)


def error_for_code(code: int, call: str) -> ErrorEntry | None:
    """Return the error that *code*, as a VexFS module returns it from *call*, likeliest stands for.

    *call* is a FUSE request in lower case. None for what says nothing: -1, and any number that
    neither VexFS nor Linux returns.
    """
    if code in _VEXFS_CODES:
        # Others have the code, too, but this is what it is called itself.
        return next(error for error in reversed(ERRORS) if error.code == code)
    if code in KERNEL_CODES:
        return error_for_errno(-code, call)
    return None


@dataclass(frozen=True, slots=True)
class MessageMatch:
    """One reading of a message text."""

    error: ErrorEntry
    payload: tuple[str, ...] = ()
    """What stood where the template has `{}`."""
    context: str | None = None
    """What VexFS put in front of the message, which made it an `Other` for VexFS itself."""


_FURTHER_WORDINGS = (
    ("CircuitBreakerOpen", "Circuit breaker open - operation blocked"),
    ("Timeout", "FFI operation timed out: {}"),
    ("InvalidData", "FFI returned invalid result: {}"),
)
"""What the layer between C and Rust calls them (ffi/error_handling.rs)."""


def _pattern(template: str) -> re.Pattern[str]:
    # A payload inside a message is a number or a word; only one at the end is free text. Reading
    # stays linear that way, whatever the text.
    inner, last = re.escape("{}"), r"(.*)" if template.endswith("{}") else ""
    body = re.escape(template.removesuffix("{}")).replace(inner, r"(\S+?)")
    # The lazy `??` prefers the reading without context.
    return re.compile(rf"(?:(?P<context>.*?): )??{body}{last}", re.DOTALL)


@cache
def _patterns() -> tuple[tuple[ErrorEntry, re.Pattern[str]], ...]:
    # On first use: compiling takes ten times as long as the rest of this package's import.
    templates = [(error, error.message) for error in ERRORS if error.name != "Other"]
    templates += [(_BY_NAME[name], template) for name, template in _FURTHER_WORDINGS]
    return tuple((error, _pattern(template)) for error, template in templates)


def parse_error_message(text: str) -> tuple[MessageMatch, ...]:
    """Return every reading of *text* as an error VexFS displays; never empty.

    Several errors share a message (`Resource busy`), and all of them are returned. Text in front
    of a known message is context, with which VexFS has turned that error into an `Other`: then
    the error it was comes first and `Other` last. Text without a known message is `Other` alone.
    """
    readings = [
        MessageMatch(error, match.groups()[1:], match["context"])
        for error, pattern in _patterns()
        if (match := pattern.fullmatch(text))
    ]
    exact = tuple(reading for reading in readings if reading.context is None)
    if exact:
        return exact
    readings.sort(key=lambda reading: len(reading.context or ""))
    return (*readings, MessageMatch(_BY_NAME["Other"], (text,)))
